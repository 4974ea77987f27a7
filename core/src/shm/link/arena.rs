//! Memory for what is too large for the ring: blocks that this end lends to the other, in arenas that only this end writes.
//!
//! Who owns which block is known here alone, on this side's heap; the other end gives a loan back by its number. A block
//! may also be held on this side, by who fills it before it is sent. An arena belongs to one link and is never used for
//! another: who maps it can read all of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::wire::Place;
use crate::error::{Error, Result};
use crate::shm::biased::{Biased, Guard};
use crate::shm::ring::Poisoned;
use crate::shm::segment::OwnSegment;

/// Blocks are whole pages.
const PAGE: u64 = 4096;
/// Bytes of the first arena of a link.
const FIRST: u64 = 4 << 20;
/// Free loans that keep their block for the next that is as long: most are.
const MOST_RESTING: usize = 16;
/// Bytes of all arenas of one end of a link.
pub const MOST: u64 = 4 << 30;

/// The arenas of one end.
#[derive(Default)]
pub struct Arenas {
    state: Biased<State>,
    /// Held by who looks whether an arena is still announced, before it waits for the answer.
    growing: Mutex<()>,
    /// An announced arena was answered.
    grown: Condvar,
}

#[derive(Default)]
struct State {
    arenas: Vec<Arena>,
    loans: Vec<Loan>,
    /// Loans without a block.
    free_loans: Vec<u16>,
    /// Loans that nobody uses, each with its block; the last is the one that came back last.
    resting: Vec<u16>,
    /// Bytes of all arenas.
    len: u64,
    /// A further arena was announced, and the other end has not answered.
    is_growing: bool,
}

struct Arena {
    segment: Arc<OwnSegment>,
    /// Free runs of bytes by where they begin.
    free: BTreeMap<u64, u64>,
    /// Indices of the loans that have a block, by where it begins.
    blocks: BTreeMap<u64, u16>,
    is_mapped_by_peer: bool,
}

#[derive(Default)]
struct Loan {
    generation: u16,
    /// Its block, if it has one.
    run: Option<Run>,
    /// Users on this side: who fills it, and what waits to be sent.
    holders: u32,
    /// What it holds was copied there.
    is_copy: bool,
    /// Its only holder has sent it and will let go of it: when it comes back it is free, whether that has happened or not.
    is_leaving: bool,
    /// Frames that told the other end of it, and for which it has not given it back.
    sent: u32,
}

#[derive(Clone, Copy)]
struct Run {
    arena: u32,
    at: u64,
    size: u64,
}

/// Who uses a block first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// Somebody on this side, until [`Arenas::let_go`].
    Holder,
    /// The same, who only copies into it what lies elsewhere.
    Copier,
    /// The other end, which is told of it in the next frame, until it gives it back.
    Peer,
}

/// Bytes in a block that is held here, which the other end will be told of.
pub struct Held {
    /// Where they are.
    pub place: Place,
    /// They were copied there.
    pub is_copy: bool,
}

/// A block to write to, before its place is told to the other end.
pub struct Block {
    /// Where it will be found.
    pub place: Place,
    /// Its first byte.
    pub memory: *mut u8,
}

/// What can be had for some bytes.
pub enum Room {
    /// A block.
    Block(Block),
    /// Nothing now; a loan that comes back will change that.
    Later,
    /// Nothing now; an arena is announced.
    Growing,
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
    fn state(&self) -> Guard<'_, State> {
        self.state.lock()
    }

    /// A block of so many bytes, if there is one.
    pub fn reserve(&self, len: u64, user: User) -> Result<Room> {
        let mut state = self.state();
        let size = len.next_multiple_of(PAGE);
        let index = match state.rested(size) {
            Some(index) => index,
            None => {
                let Some((arena, at)) = state.room_for(size) else { return state.grow_or_wait(len, size) };
                let Some(index) = state.loan_for(Run { arena, at, size }) else { return Ok(Room::Later) };
                index
            }
        };
        let loan = &mut state.loans[usize::from(index)];
        match user {
            User::Holder | User::Copier => loan.holders = 1,
            User::Peer => loan.sent = 1,
        }
        (loan.is_copy, loan.is_leaving) = (user == User::Copier, false);
        let number = loan.number(index);
        let Some(Run { arena, at, .. }) = loan.run else { return Ok(Room::Later) };
        // SAFETY: inside the arena.
        let memory = unsafe { state.arenas[arena as usize].segment.as_ptr().add(at as usize) };
        Ok(Room::Block(Block { place: Place { arena, loan: number, offset: at, len }, memory }))
    }

    /// What there is to tell the other end of bytes that lie in a block that is held here. Who sends them may be a holder who then
    /// lets go.
    pub fn send(&self, bytes: &[u8], leaves: bool) -> Option<Held> {
        let mut state = self.state();
        let (index, arena, offset) = state.find(bytes)?;
        let loan = &mut state.loans[usize::from(index)];
        loan.sent += 1;
        loan.is_leaving = leaves && loan.holders == 1;
        let place = Place { arena, loan: loan.number(index), offset, len: bytes.len() as u64 };
        Some(Held { place, is_copy: loan.is_copy })
    }

    /// Whether bytes lie in a block that is held here.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.state().find(bytes).is_some()
    }

    /// Holds the block in which these bytes lie once more; gives its number.
    pub fn hold(&self, bytes: &[u8]) -> Option<u32> {
        let mut state = self.state();
        let (index, ..) = state.find(bytes)?;
        let loan = &mut state.loans[usize::from(index)];
        loan.holders += 1;
        loan.is_leaving = false;
        Some(loan.number(index))
    }

    /// A holder needs a block no longer.
    pub fn let_go(&self, loan: u32) {
        let mut state = self.state();
        let index = loan as u16;
        let held = &mut state.loans[usize::from(index)];
        // Another has it already if it came back in the meantime.
        if held.number(index) == loan {
            held.holders -= 1;
            state.rest_unused(index);
        }
    }

    /// Waits until an arena that was announced is answered. False = not in this time.
    pub fn wait_for_growth(&self, at_most: Duration) -> bool {
        let looking = self.growing.lock().unwrap_or_else(|e| e.into_inner());
        let waited = self.grown.wait_timeout_while(looking, at_most, |()| self.state().is_growing);
        !waited.unwrap_or_else(|e| e.into_inner()).1.timed_out()
    }

    /// Wakes those who wait for the answer to an arena; the state says that it has come.
    fn has_grown(&self) {
        // Whoever has looked before waits by now.
        drop(self.growing.lock());
        self.grown.notify_all();
    }

    /// Keeps an arena that will be announced to the other end; gives its number.
    pub fn add(&self, segment: Arc<OwnSegment>) -> u32 {
        let mut state = self.state();
        let len = segment.len() as u64;
        state.len += len;
        let free = BTreeMap::from([(0, len)]);
        state.arenas.push(Arena { segment, free, blocks: BTreeMap::new(), is_mapped_by_peer: false });
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
        drop(state);
        self.has_grown();
        Ok(())
    }

    /// The arena was not made after all.
    pub fn not_growing(&self) {
        let mut state = self.state();
        state.is_growing = false;
        state.drop_unmapped();
        drop(state);
        self.has_grown();
    }

    /// The other end needs a block no longer.
    pub fn give_back(&self, loan: u32) -> std::result::Result<(), Poisoned> {
        let mut state = self.state();
        let index = loan as u16;
        let known = state.loans.get_mut(usize::from(index));
        let known = known.filter(|known| known.number(index) == loan && known.sent > 0);
        let known = known.ok_or(Poisoned("a loan was given back that was not lent"))?;
        known.sent -= 1;
        if known.sent == 0 && known.is_leaving {
            known.holders = 0;
        }
        state.rest_unused(index);
        Ok(())
    }

    /// The other end was not told of a block after all.
    pub fn take_back(&self, loan: u32) {
        let mut state = self.state();
        if let Some(known) = state.loans.get_mut(usize::from(loan as u16)) {
            known.is_leaving = false;
        }
        drop(state);
        let _ = self.give_back(loan);
    }

    /// Blocks in use, here or there.
    pub fn lent(&self) -> usize {
        let state = self.state();
        state.loans.len() - state.free_loans.len() - state.resting.len()
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
            return Ok(Room::Growing);
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

    /// A free loan whose block is just as long.
    fn rested(&mut self, size: u64) -> Option<u16> {
        let fits = |index: &u16| self.loans[usize::from(*index)].run.is_some_and(|run| run.size == size);
        let found = self.resting.iter().rposition(fits)?;
        Some(self.resting.remove(found))
    }

    /// Where there is a free run of so many bytes: its arena, and where it begins there.
    fn room_for(&mut self, size: u64) -> Option<(u32, u64)> {
        let found = self.first_fit(size);
        if found.is_some() || self.resting.is_empty() {
            return found;
        }
        for index in std::mem::take(&mut self.resting) {
            self.give_up_block(index);
        }
        self.first_fit(size)
    }

    fn first_fit(&self, size: u64) -> Option<(u32, u64)> {
        let fits = |arena: &Arena| arena.free.iter().find(|(_, free)| **free >= size).map(|(at, _)| *at);
        let mut mapped = self.arenas.iter().enumerate().filter(|(_, arena)| arena.is_mapped_by_peer);
        mapped.find_map(|(number, arena)| Some((number as u32, fits(arena)?)))
    }

    /// A loan with this block, which was free.
    fn loan_for(&mut self, run: Run) -> Option<u16> {
        let index = match self.free_loans.pop() {
            Some(index) => index,
            None => {
                let index = u16::try_from(self.loans.len()).ok()?;
                self.loans.push(Loan::default());
                index
            }
        };
        self.loans[usize::from(index)].run = Some(run);
        let arena = &mut self.arenas[run.arena as usize];
        arena.blocks.insert(run.at, index);
        if let Some(free) = arena.free.remove(&run.at).filter(|free| *free > run.size) {
            arena.free.insert(run.at + run.size, free - run.size);
        }
        Some(index)
    }

    /// The loan that is held here and in which all of these bytes lie: its index, its arena, and where they begin there.
    fn find(&self, bytes: &[u8]) -> Option<(u16, u32, u64)> {
        let inside = |arena: &Arena| {
            let offset = (bytes.as_ptr() as u64).checked_sub(arena.segment.as_ptr() as u64)?;
            (offset < arena.segment.len() as u64).then_some(offset)
        };
        let (number, offset) =
            self.arenas.iter().enumerate().find_map(|(number, arena)| Some((number, inside(arena)?)))?;
        let (_, index) = self.arenas[number].blocks.range(..=offset).next_back()?;
        let loan = &self.loans[usize::from(*index)];
        let run = loan.run.filter(|_| loan.holders > 0)?;
        (offset + bytes.len() as u64 <= run.at + run.size).then_some((*index, number as u32, offset))
    }

    /// Frees a loan when nobody here or there uses it. Its block stays with it for a while.
    fn rest_unused(&mut self, index: u16) {
        let loan = &mut self.loans[usize::from(index)];
        if loan.holders > 0 || loan.sent > 0 {
            return;
        }
        loan.generation = loan.generation.wrapping_add(1);
        if self.resting.len() == MOST_RESTING {
            let eldest = self.resting.remove(0);
            self.give_up_block(eldest);
        }
        self.resting.push(index);
    }

    fn give_up_block(&mut self, index: u16) {
        if let Some(Run { arena, at, size }) = self.loans[usize::from(index)].run.take() {
            let arena = &mut self.arenas[arena as usize];
            arena.blocks.remove(&at);
            free(&mut arena.free, at, size);
            self.free_loans.push(index);
        }
    }
}

impl Loan {
    /// The number by which the other end knows it.
    fn number(&self, index: u16) -> u32 {
        u32::from(index) | u32::from(self.generation) << 16
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
