//! Memory of an arena that this side holds and fills: what lies there is sent without a copy.

use std::sync::Arc;
use std::time::Duration;

use super::arena::{Block, Room, User};
use super::end::{End, MOST_BODY};
use crate::buffer::{Buffer, Owner};
use crate::call::Lender;
use crate::thread::{Thread, count};

/// Beside the number of a loan: it is this end's, and held here. The others are the peer's.
const HELD: u64 = 1 << 32;
/// Time for the other end to map an arena that is announced.
const GROWTH: Duration = Duration::from_secs(1);

impl Lender for End {
    fn loan(self: Arc<Self>, len: usize) -> Buffer {
        match self.block_to_fill(len) {
            Some(Block { place, memory }) => self.holding(place.loan, memory, len),
            None => Buffer::zeroed(len),
        }
    }

    fn copy(self: Arc<Self>, bytes: &[u8]) -> Option<Buffer> {
        if bytes.len() <= MOST_BODY {
            return None;
        }
        match self.arenas.reserve(bytes.len() as u64, User::Copier).ok()? {
            Room::Block(block) => {
                block.fill(&[bytes]);
                count(&Thread::current().visible.bytes_copied, bytes.len() as u64);
                Some(self.holding(block.place.loan, block.memory, bytes.len()))
            }
            Room::Grow(len) => {
                let _ = self.grow(len);
                None
            }
            Room::Growing | Room::Later => None,
        }
    }
}

impl End {
    /// A block, if bytes of this length go through an arena and there is room.
    fn block_to_fill(&self, len: usize) -> Option<Block> {
        if len <= MOST_BODY {
            return None;
        }
        let mut has_grown = false;
        while self.ended().is_none() {
            match self.arenas.reserve(len as u64, User::Holder).ok()? {
                Room::Block(block) => return Some(block),
                // The other end could not map it.
                Room::Grow(_) if has_grown => {
                    self.arenas.not_growing();
                    return None;
                }
                Room::Grow(len) => {
                    self.grow(len).ok()?;
                    has_grown = true;
                }
                Room::Growing if self.arenas.wait_for_growth(GROWTH) => {}
                Room::Growing | Room::Later => return None,
            }
        }
        None
    }

    /// The same bytes for later: not copied when they lie in a block that is held here.
    pub(super) fn keep(self: &Arc<Self>, bytes: &[u8]) -> Buffer {
        match self.arenas.hold(bytes) {
            Some(loan) => self.clone().holding(loan, bytes.as_ptr().cast_mut(), bytes.len()),
            None => Buffer::copy_of(bytes),
        }
    }

    fn holding(self: Arc<Self>, loan: u32, memory: *mut u8, len: usize) -> Buffer {
        // SAFETY: the arena is mapped for as long as the end is there.
        unsafe { Buffer::lent(memory, len, self, HELD | u64::from(loan)) }
    }

    /// Whether these bytes lie in a block that is held here.
    #[inline]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        bytes.len() > MOST_BODY && self.arenas.holds(bytes)
    }
}

impl Owner for End {
    fn released(&self, number: u64) {
        let loan = number as u32;
        if number & HELD == 0 {
            return self.released_by_receiver(loan);
        }
        self.arenas.let_go(loan);
        // What waits for room may have it now.
        if self.ended().is_none() && self.has_waiting() {
            self.nudge();
        }
    }
}
