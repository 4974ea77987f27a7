//! The calls that one end has under way, by index and generation.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::relay::Relay;
use crate::call::{Call, Outcome};
use crate::shm::futex::{self, Watched};
use crate::shm::ring::Poisoned;

const FREE: u32 = 0;
/// A thread waits for the answer.
const HERE: u32 = 1;
/// The answer goes to a call that no thread waits for.
const FOR_CALL: u32 = 2;
/// The answer is there.
const DONE: u32 = 3;
/// The thread has given up; the answer, which still comes, frees the slot.
const GIVEN_UP: u32 = 4;

/// The calls under way.
pub struct Calls {
    slots: Box<[Slot]>,
    /// The slot that was freed last, by its index and 1; 0 = none. Above it a number that changes each time, so that it is not
    /// taken for the same when it has been taken and freed meanwhile.
    free: AtomicU64,
    /// Calls under way but those that event loops fetch.
    open: AtomicUsize,
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
    content: UnsafeCell<Content>,
}

enum Content {
    Nothing,
    Ending(Ending),
    Expected(Expected),
}

/// What gets the answer of a call that no thread waits for.
pub struct Expected {
    /// The call.
    pub call: Call,
    /// The stream beside it.
    pub stream: Option<Arc<Relay>>,
}

/// How a call ended.
pub enum Ending {
    /// The other end has answered.
    Answer(Outcome),
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
            content: UnsafeCell::new(Content::Nothing),
        };
        Calls {
            slots: (0..most).map(slot).collect(),
            free: AtomicU64::new(u64::from(most.min(1))),
            open: AtomicUsize::new(0),
        }
    }

    /// How many there can be.
    pub fn most(&self) -> usize {
        self.slots.len()
    }

    /// How many are under way, without those whose answers event loops fetch.
    #[inline(always)]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
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
        if !is_fetched {
            self.open.fetch_add(1, Ordering::SeqCst);
        }
        Some(slot)
    }

    /// Gives a slot back whose answer was taken.
    #[inline]
    pub fn free(&self, slot: &Slot) {
        slot.state.store(FREE, Ordering::Release);
        self.put_back(slot);
    }

    /// Of several that find a slot in a state, one frees it.
    fn free_from(&self, slot: &Slot, state: u32) -> bool {
        let is_ours = slot.state.compare_exchange(state, FREE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if is_ours {
            self.put_back(slot);
        }
        is_ours
    }

    #[inline(always)]
    fn put_back(&self, slot: &Slot) {
        slot.generation.store(slot.generation.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        if !slot.is_fetched.load(Ordering::Relaxed) {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
        let mut free = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store(free as u32, Ordering::Relaxed);
            let more = changed(free, slot.index + 1);
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

    /// Gives a slot back whose call the other end never heard of. True if an event loop would have fetched its answer.
    pub fn drop_unsent(&self, id: u64) -> bool {
        let Some(slot) = self.find(id) else { return false };
        let is_fetched = slot.is_fetched.load(Ordering::Relaxed);
        self.free_from(slot, slot.state.load(Ordering::Acquire)) && is_fetched
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
                self.free_from(slot, GIVEN_UP);
                None
            }
            _ => None,
        }
    }

    /// The stream beside a call, if it has not ended. Only the leader of the lane may ask.
    pub fn stream(&self, id: u64) -> Option<Arc<Relay>> {
        let slot = self.find(id).filter(|slot| slot.state.load(Ordering::Acquire) == FOR_CALL)?;
        // SAFETY: the leader's.
        match unsafe { &*slot.content.get() } {
            Content::Expected(expected) => expected.stream.clone(),
            _ => None,
        }
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

    /// This thread will wait for the answer.
    #[inline(always)]
    pub fn expect_here(&self) {
        self.state.store(HERE, Ordering::Release);
    }

    /// The answer will go there.
    pub fn expect_for(&self, expected: Expected) {
        // SAFETY: nobody knows of the slot yet.
        unsafe { *self.content.get() = Content::Expected(expected) };
        self.state.store(FOR_CALL, Ordering::Release);
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
