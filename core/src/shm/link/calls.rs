//! The calls that one end has under way, by index and generation.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::relay::Relay;
use crate::call::deadline::now;
use crate::call::{Call, Deadline, Outcome};
use crate::shm::futex::{self, Watched};
use crate::shm::ring::Poisoned;

const FREE: u32 = 0;
/// A thread waits for the answer.
const HERE: u32 = 1;
/// The answer goes to a call that no thread waits for, or to a queue.
const FOR_CALL: u32 = 2;
/// The answer is there.
const DONE: u32 = 3;
/// Nobody waits any more; the answer, which still comes, frees the slot.
const GIVEN_UP: u32 = 4;

/// The calls under way.
pub struct Calls {
    slots: Box<[Slot]>,
    /// The slot that was freed last, by its index and 1; 0 = none. Above it a number that changes each time, so that it is not
    /// taken for the same when it has been taken and freed meanwhile.
    free: AtomicU64,
    /// Calls under way for whose answers somebody must be rung.
    awaited: AtomicUsize,
}

/// A place for a call that waits for its answer.
#[repr(align(128))]
pub struct Slot {
    index: u32,
    /// The one that was freed before, as in [`Calls::free`].
    next_free: AtomicU32,
    generation: AtomicU32,
    state: AtomicU32,
    /// An event loop fetches its answer.
    is_fetched: AtomicBool,
    /// When a call ends of which only a queue knows; 0 = those of others know themselves.
    deadline: AtomicU64,
    /// It is among those that are awaited.
    is_awaited: AtomicBool,
    content: UnsafeCell<Content>,
}

enum Content {
    Nothing,
    Ending(Ending),
    Expected(Expected),
}

/// What gets the answer of a call that no thread waits for.
pub enum Expected {
    /// A call.
    Call(Call),
    /// A call, and the stream beside it.
    Stream(Call, Arc<Relay>),
    /// A queue.
    Queue(Ticket),
    /// Nobody: it was given up.
    Nobody,
}

/// A call of which only a queue knows.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    /// The number of the queue.
    pub queue: u64,
    /// As given at submission.
    pub tag: u64,
    /// The method's number on this link.
    pub method: u32,
}

/// How a call ended.
pub enum Ending {
    /// The other end has answered.
    Answer(Outcome),
    /// Its deadline has passed.
    Late,
    /// The link has ended.
    Gone {
        /// The call had been sent, and may have run.
        sent: bool,
    },
}

/// The end of a call that no thread waits for.
pub struct Terminal {
    /// What gets the answer.
    pub expected: Expected,
    /// An event loop fetches it.
    pub is_fetched: bool,
    /// How it ended.
    pub ending: Ending,
}

/// Slots that are given back at once, by their indices.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain {
    first: u32,
    last: u32,
    /// How many they are.
    pub len: usize,
}

/// A call that was not sent.
pub struct Dropped {
    /// Nobody has ended it before.
    pub is_ours: bool,
    /// An event loop would have fetched its answer.
    pub is_fetched: bool,
}

// SAFETY: the state says who may touch the content: who took the slot until it sends the call, then the leader of the lane
// until DONE, then who waits.
unsafe impl Sync for Slot {}
// SAFETY: as above.
unsafe impl Send for Slot {}

impl Calls {
    /// Room for so many.
    pub fn new(most: u32) -> Calls {
        let slot = |index| Slot {
            index,
            next_free: AtomicU32::new(if index + 1 < most { index + 2 } else { 0 }),
            generation: AtomicU32::new(1),
            state: AtomicU32::new(FREE),
            is_fetched: AtomicBool::new(false),
            deadline: AtomicU64::new(0),
            is_awaited: AtomicBool::new(false),
            content: UnsafeCell::new(Content::Nothing),
        };
        Calls {
            slots: (0..most).map(slot).collect(),
            free: AtomicU64::new(u64::from(most.min(1))),
            awaited: AtomicUsize::new(0),
        }
    }

    /// How many there can be.
    pub fn most(&self) -> usize {
        self.slots.len()
    }

    /// How many are under way that are awaited.
    #[inline(always)]
    pub fn awaited(&self) -> usize {
        self.awaited.load(Ordering::SeqCst)
    }

    /// Has a call counted for whose answer somebody must be rung: from the beginning if no thread waits for it; otherwise when its
    /// thread does not lead the lane itself any more, which most never come to. Only who took the slot may.
    pub fn await_answer(&self, slot: &Slot) {
        self.awaited.fetch_add(1, Ordering::SeqCst);
        slot.is_awaited.store(true, Ordering::Release);
    }

    /// A free slot, for a call whose answer an event loop fetches or not.
    #[inline]
    pub fn take(&self, is_fetched: bool) -> Option<&Slot> {
        let mut free = self.free.load(Ordering::Acquire);
        let slot = loop {
            let slot = self.slots.get((free as u32).checked_sub(1)? as usize)?;
            let left = changed(free, slot.next_free.load(Ordering::Relaxed));
            match self.free.compare_exchange(free, left, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break slot,
                Err(now) => free = now,
            }
        };
        slot.is_fetched.store(is_fetched, Ordering::Relaxed);
        Some(slot)
    }

    /// Gives a slot back whose answer was taken.
    #[inline]
    pub fn free(&self, slot: &Slot) {
        slot.state.store(FREE, Ordering::Release);
        self.put_back_one(slot);
    }

    /// Of several that find a slot in a state, one frees it.
    fn free_from(&self, slot: &Slot, state: u32) -> bool {
        let is_ours = slot.state.compare_exchange(state, FREE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if is_ours {
            self.put_back_one(slot);
        }
        is_ours
    }

    /// The slot and the tag of a call of which only this queue knows, and whose answer it fetches. Only the leader of the lane
    /// may ask.
    #[inline]
    pub fn fetched_by(&self, id: u64, queue: u64) -> Option<(&Slot, u64)> {
        let slot = self.slots.get(id as u32 as usize)?;
        let is_fetched = slot.id() == id
            && slot.state.load(Ordering::Acquire) == FOR_CALL
            && slot.is_fetched.load(Ordering::Relaxed);
        // SAFETY: the leader's.
        match is_fetched.then(|| unsafe { &*slot.content.get() })? {
            Content::Expected(Expected::Queue(ticket)) if ticket.queue == queue => Some((slot, ticket.tag)),
            _ => None,
        }
    }

    /// Its answer has come. Chains the slot with others that are to be given back. False = it was given back just now.
    #[inline]
    pub fn end_fetched(&self, slot: &Slot, chain: &mut Chain) -> bool {
        if slot.state.compare_exchange(FOR_CALL, FREE, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return false;
        }
        slot.ends();
        match chain.len {
            0 => chain.last = slot.index,
            _ => slot.next_free.store(chain.first + 1, Ordering::Relaxed),
        }
        (chain.first, chain.len) = (slot.index, chain.len + 1);
        true
    }

    #[inline(always)]
    fn put_back_one(&self, slot: &Slot) {
        slot.ends();
        if slot.is_awaited.load(Ordering::Acquire) {
            slot.is_awaited.store(false, Ordering::Relaxed);
            self.awaited.fetch_sub(1, Ordering::SeqCst);
        }
        self.put_back(Chain { first: slot.index, last: slot.index, len: 1 });
    }

    /// Gives slots back that were chained. There is at least one.
    #[inline(always)]
    pub fn put_back(&self, chain: Chain) {
        let Some(last) = self.slots.get(chain.last as usize) else { return };
        let mut free = self.free.load(Ordering::Relaxed);
        loop {
            last.next_free.store(free as u32, Ordering::Relaxed);
            let more = changed(free, chain.first + 1);
            match self.free.compare_exchange(free, more, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => free = now,
            }
        }
    }

    fn find(&self, id: u64) -> Option<&Slot> {
        let slot = self.slots.get(id as u32 as usize)?;
        (slot.id() == id && slot.state.load(Ordering::Acquire) != FREE).then_some(slot)
    }

    /// Gives a slot back whose call the other end never heard of.
    pub fn drop_unsent(&self, id: u64) -> Dropped {
        let Some(slot) = self.find(id) else { return Dropped { is_ours: false, is_fetched: false } };
        let (is_fetched, state) =
            (slot.is_fetched.load(Ordering::Relaxed), slot.state.load(Ordering::Acquire));
        let is_freed = self.free_from(slot, state);
        Dropped { is_ours: is_freed && state != GIVEN_UP, is_fetched: is_freed && is_fetched }
    }

    /// The answer of a call has come. Only the leader of the lane may say so. Gives back what no thread waits for.
    pub fn end(&self, id: u64, outcome: Outcome) -> Result<Option<Terminal>, Poisoned> {
        let slot = self.find(id).ok_or(Poisoned("an answer came to no call"))?;
        Ok(self.end_slot(slot, Ending::Answer(outcome)))
    }

    /// Whether there are calls that no thread waits for.
    pub fn any_for_call(&self) -> bool {
        self.slots.iter().any(|slot| slot.state.load(Ordering::Acquire) == FOR_CALL)
    }

    fn end_slot(&self, slot: &Slot, ending: Ending) -> Option<Terminal> {
        match slot.state.load(Ordering::Acquire) {
            HERE => {
                // SAFETY: the leader's until DONE.
                unsafe { *slot.content.get() = Content::Ending(ending) };
                if slot.state.compare_exchange(HERE, DONE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    futex::wake_private(&slot.state);
                } else {
                    // SAFETY: the thread has given up and will not look.
                    unsafe { *slot.content.get() = Content::Nothing };
                    self.free_from(slot, GIVEN_UP);
                }
                None
            }
            FOR_CALL => {
                // SAFETY: the leader's.
                let content = std::mem::replace(unsafe { &mut *slot.content.get() }, Content::Nothing);
                let Content::Expected(expected) = content else { return None };
                let is_fetched = slot.is_fetched.load(Ordering::Relaxed);
                self.free_from(slot, FOR_CALL).then_some(Terminal { expected, is_fetched, ending })
            }
            GIVEN_UP => {
                let is_fetched = slot.is_fetched.load(Ordering::Relaxed);
                let expected = Expected::Nobody;
                self.free_from(slot, GIVEN_UP).then_some(Terminal { expected, is_fetched, ending })
            }
            _ => None,
        }
    }

    /// The stream beside a call, if it has not ended. Only the leader of the lane may ask.
    pub fn stream(&self, id: u64) -> Option<Arc<Relay>> {
        let slot = self.find(id).filter(|slot| slot.state.load(Ordering::Acquire) == FOR_CALL)?;
        // SAFETY: the leader's.
        match unsafe { &*slot.content.get() } {
            Content::Expected(Expected::Stream(_, relay)) => Some(relay.clone()),
            _ => None,
        }
    }

    /// Calls of which only queues know, and the earliest of their deadlines.
    pub fn for_queues(&self) -> (u64, Option<u64>) {
        let deadlines = self.slots.iter().filter_map(Slot::deadline_for_queue);
        deadlines.fold((0, None), |(count, next), deadline| {
            (count + 1, deadline.min(next.unwrap_or(u64::MAX)).into())
        })
    }

    /// Ends those whose deadline has passed; gives their ids beside. Only the leader of the lane may.
    pub fn end_late(&self) -> Vec<(u64, Terminal)> {
        let now = now();
        let late = self.slots.iter().filter(|slot| slot.deadline_for_queue().is_some_and(|at| at <= now));
        late.filter_map(|slot| {
            // SAFETY: the leader's.
            let content = std::mem::replace(unsafe { &mut *slot.content.get() }, Content::Nothing);
            let Content::Expected(expected) = content else { return None };
            let ours = slot.state.compare_exchange(FOR_CALL, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire);
            // Its answer is still under way, and counted.
            let terminal = Terminal { expected, is_fetched: false, ending: Ending::Late };
            ours.is_ok().then(|| (slot.id(), terminal))
        })
        .collect()
    }

    /// Ends all calls. Only the leader of the lane may. `unsent` takes a call back that was not sent, if it was not.
    pub fn end_all(&self, unsent: impl Fn(u64) -> bool) -> Vec<Terminal> {
        let open = self
            .slots
            .iter()
            .filter(|slot| matches!(slot.state.load(Ordering::Acquire), HERE | FOR_CALL | GIVEN_UP));
        open.filter_map(|slot| self.end_slot(slot, Ending::Gone { sent: !unsent(slot.id()) })).collect()
    }
}

/// The head of the free slots with another first one.
#[inline(always)]
fn changed(free: u64, first: u32) -> u64 {
    ((free >> 32).wrapping_add(1) << 32) | u64::from(first)
}

impl Slot {
    /// The call's id on this link.
    #[inline(always)]
    pub fn id(&self) -> u64 {
        u64::from(self.generation.load(Ordering::Relaxed)) << 32 | u64::from(self.index)
    }

    /// Its call is known by its id no more.
    #[inline(always)]
    fn ends(&self) {
        self.generation.store(self.generation.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// Whether somebody must be rung for its answer.
    #[inline(always)]
    pub fn is_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed)
    }

    /// This thread will wait for the answer.
    #[inline(always)]
    pub fn expect_here(&self) {
        self.state.store(HERE, Ordering::Release);
    }

    /// The answer will go there; at the deadline, if there is one, it is given up.
    pub fn expect_for(&self, expected: Expected, deadline: Deadline) {
        self.deadline.store(deadline.0, Ordering::Relaxed);
        // SAFETY: nobody knows of the slot yet.
        unsafe { *self.content.get() = Content::Expected(expected) };
        self.state.store(FOR_CALL, Ordering::Release);
    }

    fn deadline_for_queue(&self) -> Option<u64> {
        (self.state.load(Ordering::SeqCst) == FOR_CALL)
            .then_some(self.deadline.load(Ordering::Relaxed))
            .filter(|at| *at != 0)
    }

    /// Whether the answer is there.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.state.load(Ordering::Acquire) == DONE
    }

    /// The thread that waits has taken the answer from the lane itself.
    #[inline(always)]
    pub fn answered(&self) {
        self.state.store(DONE, Ordering::Release);
    }

    /// The waiting thread gives up. False = the answer is there after all.
    pub fn give_up(&self) -> bool {
        self.state.compare_exchange(HERE, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// How the call ended, if it has.
    pub fn take_ending(&self) -> Option<Ending> {
        if !self.is_done() {
            return None;
        }
        // SAFETY: DONE, so it is the waiting thread's.
        match std::mem::replace(unsafe { &mut *self.content.get() }, Content::Nothing) {
            Content::Ending(ending) => Some(ending),
            _ => None,
        }
    }

    /// What its thread sleeps on.
    pub fn word(&self) -> Watched<'_> {
        Watched { word: &self.state, value: self.state.load(Ordering::Acquire) }
    }
}
