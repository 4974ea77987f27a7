//! The calls that one end serves for the other, so that they can be cancelled.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::call::Call;
use crate::error::{Code, Error};

const IDLE: u32 = 0;
/// The handler runs on the stack of a thread that serves the link, which owns the call.
const ON_STACK: u32 = 1;
/// The handler runs elsewhere, or answers later.
const AWAY: u32 = 2;
/// Somebody tells the call that it was cancelled; it must not end meanwhile.
const BEING_TOLD: u32 = 3;

/// The calls that are served, by the index that the caller gave them.
pub struct RunningCalls(Box<[Running]>);

/// A call that is served, or a place for one.
#[derive(Default)]
pub struct Running {
    state: AtomicU32,
    /// Its id on the link.
    id: AtomicU64,
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

    /// The caller waits no longer for a call. Runs foreign code.
    pub fn cancel(&self, id: u64) {
        if let Some(running) = self.place(id).filter(|running| running.id.load(Ordering::SeqCst) == id) {
            running.cancel();
        }
    }

    /// The caller is gone: nobody waits for any of them. Runs foreign code.
    pub fn cancel_all(&self) {
        self.0.iter().for_each(Running::cancel);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().filter(|running| running.state.load(Ordering::Relaxed) != IDLE).count()
    }
}

impl Running {
    /// The handler is about to run on this thread's stack.
    #[inline]
    pub fn begin_on_stack(&self, id: u64, call: Call) {
        self.begin(id, call, ON_STACK);
    }

    /// The handler runs elsewhere.
    pub fn begin_away(&self, id: u64, call: Call) {
        self.begin(id, call, AWAY);
    }

    #[inline(always)]
    fn begin(&self, id: u64, call: Call, state: u32) {
        self.call.store(call.id(), Ordering::Relaxed);
        self.id.store(id, Ordering::Relaxed);
        self.state.store(state, Ordering::Release);
    }

    /// The handler has returned; what is left of the call does not belong to the stack any more.
    #[inline]
    pub fn leave_stack(&self) {
        while self.state.compare_exchange(ON_STACK, AWAY, Ordering::AcqRel, Ordering::Acquire).is_err() {
            std::hint::spin_loop();
        }
    }

    /// The call has ended.
    #[inline]
    pub fn end(&self) {
        self.state.store(IDLE, Ordering::Release);
    }

    fn cancel(&self) {
        let call = Call::find(self.call.load(Ordering::SeqCst));
        let told = self.state.compare_exchange(ON_STACK, BEING_TOLD, Ordering::AcqRel, Ordering::Acquire);
        match told {
            Ok(_) => {
                // On the stack it is the call of this place, and stays so until we are done.
                if let Ok(call) = Call::find(self.call.load(Ordering::SeqCst)) {
                    call.give_up_on_stack();
                }
                self.state.store(ON_STACK, Ordering::Release);
            }
            // Its id tells whether it is still the same.
            Err(AWAY) => {
                if let Ok(call) = call {
                    call.cancel(Error::new(Code::Cancelled, "the caller waits no longer"));
                }
            }
            Err(_) => {}
        }
    }
}
