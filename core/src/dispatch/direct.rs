//! The handler runs on the caller's thread, on its stack.

use std::ptr;

use super::wait::{Wait, late};
use super::{Dispatched, serve, stack_exhausted};
use crate::call::context::Entered;
use crate::call::{Answer, Call, CallInfo, Context, Link, Request};
use crate::service::Admission;

impl Dispatched<'_> {
    #[inline(always)]
    pub(crate) fn direct(self, admission: Admission, request: &Request<'_>) -> Answer {
        // In parts: what is used by address anywhere lies in memory, on the hot path as well.
        let Dispatched { thread, service, method, deadline, chain, .. } = self;
        let target: *const _ = ptr::from_ref(&**method);
        let above = thread.context.get();
        let depth = match &chain {
            // SAFETY: the frame below us on this stack is alive.
            None => unsafe { above.as_ref() }.map_or(0, |above| above.depth + 1),
            Some(parent) => Link::depth(Some(parent)),
        };
        if thread.stack_is_short() {
            return stack_exhausted(method, depth).into();
        }
        let call = Call::open_here(thread, CallInfo { method: target, deadline, depth }, request);
        // SAFETY: the frames above and the method outlive this frame.
        let context = unsafe {
            match chain {
                None => Context::nested(above, depth, call.id(), target, deadline),
                Some(parent) => Context::below(parent, call.id(), target, deadline),
            }
        };
        call.set_context(&context);
        {
            let _entered = Entered::new(thread, &context);
            // SAFETY: admitted.
            let _ = unsafe { serve(method, call, request) };
        }
        // The handler retained the call, or another thread is writing its answer.
        let Some(answer) = call.take_settled(thread) else {
            call.leave_stack();
            call.settle();
            let wait = Wait { thread, service, method, deadline };
            return wait.for_answer(call, admission).into();
        };
        if deadline.passed() {
            return late(method).into();
        }
        answer
    }
}
