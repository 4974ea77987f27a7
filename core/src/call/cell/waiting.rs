//! Waiting for an answer, and giving it up.

use std::sync::Weak;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{ANSWERED, CALLER_GONE, Call, PHASE, TOUCHED, WAITING};
use crate::call::Deadline;
use crate::error::Error;
use crate::service::Admission;
use crate::thread::Thread;

/// How often a waiting thread asks its host, and the calls above, whether to go on.
const SLICE: Duration = Duration::from_millis(100);

/// How a synchronous wait ended.
pub(crate) enum Waited {
    Answered,
    TimedOut,
    Interrupted,
    /// Nobody waits any more for a call above it.
    CallerGone,
}

impl Call {
    /// Waits for the answer until the deadline.
    pub(crate) fn wait(self, thread: &Thread, deadline: Deadline) -> Waited {
        let cell = self.cell;
        let mut late = cell.late();
        loop {
            let state = cell.state.fetch_or(WAITING | TOUCHED, Ordering::AcqRel);
            if state & PHASE == ANSWERED {
                return Waited::Answered;
            }
            let left = deadline.left();
            if left.is_some_and(|left| left.is_zero()) {
                return Waited::TimedOut;
            }
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            late = cell.ready.wait_timeout(late, slice).unwrap_or_else(|e| e.into_inner()).0;
            let chain = late.chain.clone();
            drop(late);
            if thread.interrupted() {
                return Waited::Interrupted;
            }
            // Its own deadline, which is not later than theirs, tells more.
            if !deadline.passed() && chain.is_some_and(|chain| chain.is_abandoned()) {
                return Waited::CallerGone;
            }
            late = cell.late();
        }
    }

    /// The caller stops waiting. `Err` gives the admission back: the answer came first and must be taken.
    pub(crate) fn abandon(self, admission: Option<Admission>) -> std::result::Result<(), Option<Admission>> {
        let mut late = self.cell.late();
        late.admission = late.admission.take().or(admission.map(Admission::shared));
        if self.change(|state| state | CALLER_GONE | TOUCHED).is_err() {
            return Err(late.admission.take());
        }
        let hooks = std::mem::take(&mut late.on_cancel);
        let below = std::mem::take(&mut late.on_cancel_below);
        let number = self.cell.sent_as.load(Ordering::SeqCst);
        // SAFETY: the service is kept until the call is freed, which waits for the lock that we hold.
        let method = unsafe { &*self.cell.method.load(Ordering::Relaxed) };
        let door = if number != 0 { method.door.clone() } else { None };
        drop(late);
        if let Some(door) = door {
            door.give_up(number);
        }
        below.iter().filter_map(Weak::upgrade).chain(hooks).for_each(|hook| hook.run());
        Ok(())
    }

    /// Cancels a call that has a completion: it completes with `error` now. False when it ended before.
    pub(crate) fn cancel(self, error: Error) -> bool {
        let Ok(completion) = self.touch(|late| late.completion.take()) else { return false };
        let Some(completion) = completion else { return false };
        let in_time = self.abandon(None).is_ok();
        completion(if in_time { Err(error) } else { self.take() });
        in_time
    }
}
