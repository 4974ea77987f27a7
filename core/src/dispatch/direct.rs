//! The handler runs on the caller's thread, on its stack.

use std::ptr;
use std::sync::Arc;

use super::wait::{Wait, late};
use super::{Dispatched, serve, stack_exhausted};
use crate::call::context::Entered;
use crate::call::{Answer, Call, CallInfo, Context, Deadline, Link, OnOutcome, Request};
use crate::service::{Admission, Method};
use crate::thread::Thread;

impl Dispatched<'_> {
    #[inline(always)]
    pub(crate) fn direct(self, admission: Admission, request: &Request<'_>) -> Answer {
        // In parts: what is used by address anywhere lies in memory, on the hot path as well.
        let Dispatched { thread, service, method, deadline, chain, .. } = self;
        let call = match run_here(thread, method, deadline, chain, request, |_| (), || ()) {
            Ok(answer) => return answer,
            Err(Some(call)) => call,
            Err(None) => return stack_exhausted(method, Context::depth_on(thread)).into(),
        };
        let wait = Wait { thread, service, method, deadline };
        wait.for_answer(call, admission).into()
    }

    /// Serves a call that came from another process, where its caller waits or not. `opened` is told of the call when it is there; `closing` before it
    /// ends on this stack, and must not be told of it after. `None` = `later` makes what gets the answer.
    #[inline(always)]
    pub(crate) fn inbound(
        self,
        admission: Admission,
        request: &Request<'_>,
        waits: bool,
        opened: impl FnOnce(Call),
        closing: impl FnOnce(),
        later: impl FnOnce() -> OnOutcome,
    ) -> Option<Answer> {
        if !self.runs_here() {
            let submitted = match waits {
                true => self.submit_for_waiting(admission, request, later()),
                false => self.submit(admission, request, later()),
            };
            return match submitted {
                Ok(call) => {
                    opened(call);
                    None
                }
                Err(refused) => Some(refused.into()),
            };
        }
        let Dispatched { thread, service, method, deadline, chain, .. } = self;
        match run_here(thread, method, deadline, chain, request, opened, closing) {
            Ok(answer) => Some(answer),
            Err(Some(call)) => call.answered_or_later(admission, service, later).map(Answer::from),
            Err(None) => Some(stack_exhausted(method, Context::depth_on(thread)).into()),
        }
    }
}

/// Runs the handler on this stack. `Err` = the call, which the handler has retained, or another thread is answering; or
/// nothing, as there is too little stack.
#[inline(always)]
fn run_here(
    thread: &'static Thread,
    method: &Arc<Method>,
    deadline: Deadline,
    chain: Option<Arc<Link>>,
    request: &Request<'_>,
    opened: impl FnOnce(Call),
    closing: impl FnOnce(),
) -> std::result::Result<Answer, Option<Call>> {
    let target: *const _ = ptr::from_ref(&**method);
    let above = thread.context.get();
    let depth = match &chain {
        // SAFETY: the frame below us on this stack is alive.
        None => unsafe { above.as_ref() }.map_or(0, |above| above.depth + 1),
        Some(parent) => Link::depth(Some(parent)),
    };
    if thread.stack_is_short() {
        return Err(None);
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
    opened(call);
    {
        let _entered = Entered::new(thread, &context);
        // SAFETY: admitted.
        let _ = unsafe { serve(method, call, request) };
    }
    closing();
    // The handler retained the call, or another thread is writing its answer.
    let Some(answer) = call.take_settled(thread) else {
        call.leave_stack();
        call.settle();
        return Err(Some(call));
    };
    if deadline.passed() {
        return Ok(late(method).into());
    }
    Ok(answer)
}
