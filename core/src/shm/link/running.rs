//! The calls that one end serves for the other, so that they can be cancelled.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

use crate::barrier;
use crate::call::Call;
use crate::error::{Code, Error};
use crate::shm::ring::Poisoned;

const IDLE: u32 = 0;
/// The handler runs on the stack of a thread that serves the link, which owns the call.
const ON_STACK: u32 = 1;
/// The handler runs elsewhere, or answers later.
const AWAY: u32 = 2;
/// The same, about to be written down.
const BEGINNING: u32 = 3;

/// The calls that are served, by the index that the caller gave them.
pub struct RunningCalls(Box<[Running]>);

/// A call that is served, or a place for one.
#[derive(Default)]
pub struct Running {
    state: AtomicU32,
    /// Somebody tells the call on the stack that it was cancelled; it must not leave meanwhile.
    is_being_told: AtomicBool,
    /// Its id on the link, until its answer is sent; 0 = none. A caller must not use its index again before.
    id: AtomicU64,
    /// The id of the last call that its caller gave up.
    given_up: AtomicU64,
    is_stream: AtomicBool,
    /// Its id here.
    call: AtomicU64,
}

impl RunningCalls {
    /// Room for so many.
    pub fn new(most: u32) -> RunningCalls {
        RunningCalls((0..most).map(|_| Running::default()).collect())
    }

    /// The place of a call, by its id on the link; `None` = the caller may not have so many.
    #[inline]
    pub fn place(&self, id: u64) -> Option<&Running> {
        self.0.get(id as u32 as usize)
    }

    /// Keeps the place of a call that has come, until it ends. Only the leader of the lane may.
    #[inline]
    pub fn claim(&self, id: u64, is_stream: bool) -> Result<(), Poisoned> {
        let place = self.place(id).ok_or(Poisoned("a call has a number beyond what was agreed"))?;
        // The answer of a stream may be sent while its handler still runs.
        if place.is_stream.load(Ordering::Relaxed) && place.id.swap(0, Ordering::AcqRel) != 0 {
            let _ = place.state.compare_exchange(AWAY, IDLE, Ordering::AcqRel, Ordering::Acquire);
        }
        if place.is_stream.load(Ordering::Relaxed) != is_stream {
            place.is_stream.store(is_stream, Ordering::Relaxed);
        }
        // Without a locked instruction: others only ever take an id away.
        if id == 0 || place.id.load(Ordering::Acquire) != 0 {
            return Err(Poisoned("a call has the number of one that is under way"));
        }
        place.id.store(id, Ordering::Release);
        Ok(())
    }

    /// The caller waits no longer for a call. Runs foreign code.
    pub fn cancel(&self, id: u64) {
        if let Some(running) = self.place(id).filter(|running| running.id.load(Ordering::SeqCst) == id) {
            running.given_up.store(id, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            running.cancel(Some(id));
        }
    }

    /// The caller is gone: nobody waits for any of them. Runs foreign code.
    pub fn cancel_all(&self) {
        self.0.iter().for_each(|running| running.cancel(None));
    }

    /// How many there can be.
    pub fn most(&self) -> usize {
        self.0.len()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().filter(|running| running.state.load(Ordering::Relaxed) != IDLE).count()
    }
}

impl Running {
    /// The handler is about to run on this thread's stack.
    #[inline]
    pub fn begin_on_stack(&self, call: Call) {
        self.call.store(call.id(), Ordering::Relaxed);
        self.state.store(ON_STACK, Ordering::Release);
    }

    /// The handler runs elsewhere, and may have answered: then the place may be another call's.
    pub fn begin_away(&self, id: u64, call: Call) {
        let begins =
            self.state.compare_exchange(IDLE, BEGINNING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if begins {
            self.call.store(call.id(), Ordering::Relaxed);
            let still = self.id.load(Ordering::SeqCst) == id;
            let next = if still { AWAY } else { IDLE };
            let _ = self.state.compare_exchange(BEGINNING, next, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// The answer comes later. Tells the call if its caller has gone, or given up, before it could be told.
    pub fn goes_on(&self, id: u64, is_gone: impl FnOnce() -> bool) {
        fence(Ordering::SeqCst);
        let is_ours = self.id.load(Ordering::SeqCst) == id;
        if is_gone() || is_ours && self.given_up.load(Ordering::SeqCst) == id {
            self.cancel(None);
        }
    }

    /// The handler has returned; what is left of the call does not belong to the stack any more.
    #[inline]
    pub fn leave_stack(&self) {
        self.state.store(AWAY, Ordering::Release);
        // Whoever tells it sees that it leaves, or is seen here.
        barrier::light();
        while self.is_being_told.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
    }

    /// The call has ended; its answer may be sent.
    #[inline]
    pub fn end(&self, id: u64) {
        if self.id.load(Ordering::Acquire) == id {
            self.state.store(IDLE, Ordering::Release);
            self.id.store(0, Ordering::Release);
        }
    }

    fn cancel(&self, only: Option<u64>) {
        let call = Call::find(self.call.load(Ordering::SeqCst));
        if self.state.load(Ordering::SeqCst) == ON_STACK && self.tell_on_stack(only) {
            return;
        }
        // Its id tells whether it is still the same.
        if self.state.load(Ordering::SeqCst) == AWAY
            && let Ok(call) = call
        {
            call.cancel(Error::new(Code::Cancelled, "the caller waits no longer"));
        }
    }

    /// False = it has left the stack.
    fn tell_on_stack(&self, only: Option<u64>) -> bool {
        if self.is_being_told.swap(true, Ordering::AcqRel) {
            return true;
        }
        barrier::heavy();
        let is_on_stack = self.state.load(Ordering::Acquire) == ON_STACK;
        // It is the call of this place, and stays so until we are done.
        if is_on_stack
            && only.is_none_or(|id| self.id.load(Ordering::Acquire) == id)
            && let Ok(call) = Call::find(self.call.load(Ordering::SeqCst))
        {
            call.give_up_on_stack();
        }
        self.is_being_told.store(false, Ordering::Release);
        is_on_stack
    }
}
