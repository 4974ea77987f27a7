//! Memory of an arena that this side holds and fills: what lies there is sent without a copy.

use std::sync::Arc;
use std::time::Duration;

use super::arena::{Block, Room, User};
use super::end::End;
use super::sending::MOST_BODY;
use crate::buffer::{Buffer, Owner};
use crate::call::Lender;
use crate::thread::{Thread, count};

/// Beside the number of a loan: it is this end's, and held here. The others are the peer's.
const HELD: u64 = 1 << 32;
/// Time for the other end to map an arena that is announced.
const GROWTH: Duration = Duration::from_secs(1);

impl Lender for End {
    fn loan(&self, len: usize) -> Buffer {
        let filled = self.block_to_fill(len);
        let held = filled.and_then(|Block { place, memory }| self.holding(place.loan, memory, len));
        held.unwrap_or_else(|| Buffer::zeroed(len))
    }

    fn copy(&self, bytes: &[u8]) -> Option<Buffer> {
        if bytes.len() <= MOST_BODY {
            return None;
        }
        match self.arenas.reserve(bytes.len() as u64, User::Copier).ok()? {
            Room::Block(block) => {
                block.fill(&[bytes]);
                count(&Thread::current().visible.bytes_copied, bytes.len() as u64);
                self.holding(block.place.loan, block.memory, bytes.len())
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
    pub(super) fn keep(&self, bytes: &[u8]) -> Buffer {
        let loan = self.arenas.hold(bytes);
        let held = loan.and_then(|loan| self.holding(loan, bytes.as_ptr().cast_mut(), bytes.len()));
        held.unwrap_or_else(|| Buffer::copy_of(bytes))
    }

    fn holding(&self, loan: u32, memory: *mut u8, len: usize) -> Option<Buffer> {
        let end = self.reference()?;
        // SAFETY: the arena is mapped for as long as the end is there.
        Some(unsafe { Buffer::lent(memory, len, end, HELD | u64::from(loan)) })
    }

    /// Whether these bytes lie in a block that is held here.
    #[inline]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        bytes.len() > MOST_BODY && self.arenas.holds(bytes)
    }
}

impl Owner for End {
    fn released(self: Arc<Self>, number: u64) {
        let loan = number as u32;
        if number & HELD == 0 {
            self.released_by_receiver(loan);
        } else {
            self.arenas.let_go(loan);
            // What waits for room may have it now.
            if self.ended().is_none() && self.has_waiting() {
                self.nudge();
            }
        }
        End::put_back(self);
    }

    fn released_quietly(self: Arc<Self>) {
        End::put_back(self);
    }
}
