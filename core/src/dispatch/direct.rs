//! The handler runs on the caller's thread, on its stack.

use std::ptr;

use super::{Dispatched, serve, stack_exhausted};
use crate::call::cell::Waited;
use crate::call::context::Entered;
use crate::call::{Call, CallInfo, Context, Link, Outcome, Request};
use crate::service::Admission;

impl Dispatched<'_> {
    #[inline(always)]
    pub(crate) fn direct(self, admission: Admission, request: &Request<'_>) -> Outcome {
        let thread = self.thread;
        let method: *const _ = ptr::from_ref(&**self.method);
        let above = thread.context.get();
        let depth = match &self.chain {
            // SAFETY: the frame below us on this stack is alive.
            None => unsafe { above.as_ref() }.map_or(0, |above| above.depth + 1),
            Some(parent) => Link::depth(Some(parent)),
        };
        if thread.stack_left() < thread.stack_reserve() {
            return Err(stack_exhausted(self.method, depth));
        }
        let call = Call::open_here(thread, CallInfo { method, deadline: self.deadline, depth }, request);
        // SAFETY: the frames above and the method outlive this frame.
        let context = unsafe {
            match &self.chain {
                None => Context::nested(above, call.id(), method, self.deadline),
                Some(parent) => Context::below(parent.clone(), call.id(), method, self.deadline),
            }
        };
        call.set_context(&context);
        {
            let _entered = Entered::new(thread, &context);
            // SAFETY: admitted.
            let _ = unsafe { serve(self.method, call, request) };
        }
        if !call.settled_here() {
            call.leave_stack();
            call.settle();
            return self.wait_for_late_answer(call, admission);
        }
        let outcome = call.take_on(thread);
        if self.deadline.passed() {
            return Err(self.late());
        }
        outcome
    }

    /// The handler retained the call, or another thread is writing its answer.
    #[cold]
    pub(super) fn wait_for_late_answer(self, call: Call, admission: Admission) -> Outcome {
        let error = match call.wait(self.thread, self.wait_until()) {
            Waited::Answered => return call.take(),
            Waited::TimedOut => self.late(),
            Waited::Interrupted => self.interrupted(),
        };
        match call.abandon(Some(admission)) {
            Ok(()) => Err(error),
            Err(_) => call.take(),
        }
    }
}
