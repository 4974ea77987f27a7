//! Memory for what is too large for the ring: blocks that this end lends to the other, in arenas that only this end writes.
//!
//! Who owns which block is known here alone, on this side's heap; the other end gives a loan back by its number. An arena
//! belongs to one link and is never used for another: who maps it can read all of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::wire::Place;
use crate::error::{Error, Result};
use crate::shm::ring::Poisoned;
use crate::shm::segment::OwnSegment;

/// Blocks are whole pages.
const PAGE: u64 = 4096;
/// Bytes of the first arena of a link.
const FIRST: u64 = 4 << 20;
/// Bytes of all arenas of one end of a link.
pub const MOST: u64 = 4 << 30;

/// The arenas of one end.
#[derive(Default)]
pub struct Arenas(Mutex<State>);

#[derive(Default)]
struct State {
    arenas: Vec<Arena>,
    loans: Vec<Loan>,
    free_loans: Vec<u16>,
    /// Bytes of all arenas.
    len: u64,
    /// A further arena was announced, and the other end has not answered.
    is_growing: bool,
}

struct Arena {
    segment: Arc<OwnSegment>,
    /// Free runs of bytes by where they begin.
    free: BTreeMap<u64, u64>,
    is_mapped_by_peer: bool,
}

#[derive(Default)]
struct Loan {
    generation: u16,
    /// Arena, offset and bytes, while it is lent.
    block: Option<(u32, u64, u64)>,
}

/// A block to write to, before its place is told to the other end.
pub struct Block {
    /// Where it will be found.
    pub place: Place,
    memory: *mut u8,
}

/// What can be had for some bytes.
pub enum Room {
    /// A block.
    Block(Block),
    /// Nothing now; a loan that comes back, or an arena that is announced, will change that.
    Later,
    /// The arenas must grow by this many bytes first.
    Grow(u64),
}

impl Block {
    /// Fills it with these parts, one behind the other; they must be as long as was asked for.
    pub fn fill(&self, parts: &[&[u8]]) {
        let mut at = 0;
        for part in parts {
            debug_assert!(at + part.len() <= self.place.len as usize);
            // SAFETY: inside the block, which nobody else writes; the peer reads it only after it was told where.
            unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), self.memory.add(at), part.len()) };
            at += part.len();
        }
    }
}

impl Arenas {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// A block of so many bytes, if there is one.
    pub fn reserve(&self, len: u64) -> Result<Room> {
        let mut state = self.state();
        let size = len.next_multiple_of(PAGE);
        let fits = |arena: &Arena| {
            arena
                .is_mapped_by_peer
                .then(|| arena.free.iter().find(|(_, free)| **free >= size))
                .flatten()
                .map(|(at, _)| *at)
        };
        let found = state.arenas.iter().enumerate().find_map(|(number, arena)| Some((number, fits(arena)?)));
        let Some((number, at)) = found else { return state.grow_or_wait(len, size) };
        let Some(loan) = state.loan(number as u32, at, size) else { return Ok(Room::Later) };
        let arena = &mut state.arenas[number];
        if let Some(free) = arena.free.remove(&at).filter(|free| *free > size) {
            arena.free.insert(at + size, free - size);
        }
        // SAFETY: inside the arena.
        let memory = unsafe { arena.segment.as_ptr().add(at as usize) };
        Ok(Room::Block(Block { place: Place { arena: number as u32, loan, offset: at, len }, memory }))
    }

    /// Keeps an arena that will be announced to the other end; gives its number.
    pub fn add(&self, segment: Arc<OwnSegment>) -> u32 {
        let mut state = self.state();
        let len = segment.len() as u64;
        state.len += len;
        state.arenas.push(Arena { segment, free: BTreeMap::from([(0, len)]), is_mapped_by_peer: false });
        state.arenas.len() as u32 - 1
    }

    /// The other end has mapped an arena, or cannot.
    pub fn answered(&self, number: u32, is_mapped: bool) -> std::result::Result<(), Poisoned> {
        let mut state = self.state();
        let is_newest = number as usize + 1 == state.arenas.len();
        let announced = state.arenas.last_mut().filter(|arena| is_newest && !arena.is_mapped_by_peer);
        let announced = announced.ok_or(Poisoned("an arena was answered that was not announced"))?;
        announced.is_mapped_by_peer = is_mapped;
        if is_mapped {
            announced.segment.opened_by_peer();
        }
        state.is_growing = false;
        if !is_mapped {
            state.drop_unmapped();
        }
        Ok(())
    }

    /// The arena was not made after all.
    pub fn not_growing(&self) {
        let mut state = self.state();
        state.is_growing = false;
        state.drop_unmapped();
    }

    /// Takes a block back.
    pub fn give_back(&self, loan: u32) -> std::result::Result<(), Poisoned> {
        let mut state = self.state();
        let (index, generation) = (loan as u16, (loan >> 16) as u16);
        let known = state.loans.get_mut(usize::from(index)).filter(|known| known.generation == generation);
        let block = known.and_then(|known| {
            known.generation = known.generation.wrapping_add(1);
            known.block.take()
        });
        let (arena, at, size) = block.ok_or(Poisoned("a loan was given back that was not lent"))?;
        state.free_loans.push(index);
        free(&mut state.arenas[arena as usize].free, at, size);
        Ok(())
    }

    /// Blocks that are lent.
    pub fn lent(&self) -> usize {
        let state = self.state();
        state.loans.len() - state.free_loans.len()
    }
}

impl State {
    /// Gives up the newest arena, if the other end has not mapped it; its number is free again.
    fn drop_unmapped(&mut self) {
        if let Some(arena) = self.arenas.pop_if(|arena| !arena.is_mapped_by_peer) {
            self.len -= arena.segment.len() as u64;
        }
    }

    fn grow_or_wait(&mut self, len: u64, size: u64) -> Result<Room> {
        if self.is_growing {
            return Ok(Room::Later);
        }
        let next = self.len.max(FIRST).max(size.next_power_of_two());
        if self.len + next <= MOST {
            self.is_growing = true;
            return Ok(Room::Grow(next));
        }
        if size > MOST / 2 {
            return Err(Error::exhausted(format!(
                "{len} bytes do not fit into the shared memory of a link, {MOST} bytes. Send less at once, or stream it"
            )));
        }
        Ok(Room::Later)
    }

    fn loan(&mut self, arena: u32, at: u64, size: u64) -> Option<u32> {
        let index = match self.free_loans.pop() {
            Some(index) => index,
            None => {
                let index = u16::try_from(self.loans.len()).ok()?;
                self.loans.push(Loan::default());
                index
            }
        };
        let loan = &mut self.loans[usize::from(index)];
        loan.block = Some((arena, at, size));
        Some(u32::from(index) | u32::from(loan.generation) << 16)
    }
}

/// Makes a run free, together with the free ones beside it.
fn free(runs: &mut BTreeMap<u64, u64>, at: u64, size: u64) {
    let (mut at, mut size) = (at, size);
    if let Some((before, len)) = runs.range(..at).next_back().map(|(before, len)| (*before, *len))
        && before + len == at
    {
        runs.remove(&before);
        (at, size) = (before, size + len);
    }
    if let Some(after) = runs.remove(&(at + size)) {
        size += after;
    }
    runs.insert(at, size);
}
