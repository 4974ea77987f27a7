//! Who learns that nobody waits for a call any more: the call, and those that its handler waits for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

use super::{CALLER_GONE, CELLS, Call, OPEN, PHASE, TOUCHED, WATCHED};
use crate::call::Deadline;
use crate::call::deadline::now;
use crate::dispatch::Door;
use crate::error::{Error, Result};

/// The deadline of a call whose caller, in another process, waits no longer. It has passed long ago.
const GIVEN_UP: Deadline = Deadline(1);

/// Runs at most once, whichever of the calls it is known to is cancelled.
pub(super) struct CancelHook(Mutex<Option<Box<dyn FnOnce() + Send>>>);

/// Ends the calls that are watched and whose deadline has passed; gives the earliest deadline of the others, `u64::MAX` when there
/// is none. Runs foreign code.
pub(crate) fn end_late(late: impl Fn() -> Error) -> u64 {
    let now = now();
    let mut next = u64::MAX;
    for cell in CELLS.iter() {
        let state = cell.state.load(Ordering::SeqCst);
        if state & (PHASE | WATCHED | CALLER_GONE) != OPEN | WATCHED {
            continue;
        }
        let deadline = cell.deadline.load(Ordering::Relaxed);
        if deadline > now {
            next = next.min(deadline);
        } else {
            // Its generation tells whether it is still the same.
            Call { cell, generation: (state >> 32) as u32 }.cancel(late());
        }
    }
    next
}

impl CancelHook {
    pub fn run(&self) {
        let hook = self.0.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(hook) = hook {
            hook();
        }
    }
}

impl Call {
    /// Another process will know it by this number, and be told when nobody waits any more. Before it is sent.
    #[inline]
    pub(crate) fn will_be_sent_as(self, number: u64) {
        self.cell.sent_as.store(number, Ordering::SeqCst);
    }

    /// It was sent. Tells the other process if nobody waits any more, which may be so since before it had a number there.
    #[inline]
    pub(crate) fn was_sent(self, door: &dyn Door) {
        let number = self.cell.sent_as.load(Ordering::SeqCst);
        // Who gives up changes the state and then looks for the number: one of both sees what the other did.
        let state = self.cell.state.load(Ordering::SeqCst);
        if (state >> 32) as u32 == self.generation && state & CALLER_GONE != 0 {
            door.give_up(number);
        }
    }

    /// Whether nobody waits for the answer any more, or for that of a call above which waits for this one.
    pub fn cancelled(self) -> bool {
        self.caller_gone() || self.inherited().is_ok_and(|(chain, _)| chain.is_abandoned())
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn caller_gone(self) -> bool {
        self.deadline() == GIVEN_UP || self.state().map_or(true, |state| state & CALLER_GONE != 0)
    }

    /// The caller, in another process, waits no longer. The handler runs on the stack of a thread that serves that process
    /// and owns the state, so this is said in the deadline, which is only looked at. The call must not end meanwhile.
    pub(crate) fn give_up_on_stack(self) {
        self.cell.deadline.store(GIVEN_UP.0, Ordering::SeqCst);
        if self.cell.state.load(Ordering::SeqCst) & TOUCHED == 0 {
            return;
        }
        let mut late = self.cell.late();
        let hooks = std::mem::take(&mut late.on_cancel);
        let below = std::mem::take(&mut late.on_cancel_below);
        drop(late);
        below.iter().filter_map(Weak::upgrade).chain(hooks).for_each(|hook| hook.run());
    }

    /// Runs `hook` when the caller, or that of a call above which waits for this one, stops waiting; at once if it has.
    pub fn on_cancel(self, hook: Box<dyn FnOnce() + Send>) -> Result<()> {
        let hook = Arc::new(CancelHook(Mutex::new(Some(hook))));
        let (chain, _) = self.inherited()?;
        self.touch(|late| late.on_cancel.push(hook.clone()))?;
        for above in chain.waiting().filter(|above| above.is_here()) {
            let known = Call::find(above.call).and_then(|above| {
                above.touch(|late| {
                    if late.on_cancel_below.len() >= 16 && late.on_cancel_below.len().is_power_of_two() {
                        late.on_cancel_below.retain(|hook| hook.strong_count() > 0);
                    }
                    late.on_cancel_below.push(Arc::downgrade(&hook));
                })
            });
            // It has ended, or it is on the stack of another thread, where nobody can cancel it.
            drop(known);
        }
        if self.caller_gone() || chain.is_abandoned() {
            hook.run();
        }
        Ok(())
    }
}
