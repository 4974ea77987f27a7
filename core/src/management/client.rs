//! `ServiceClient`: calls, and asynchronous calls by id.

use std::time::Duration;

use super::adapter::{Inbound, Refusal, method, refusable, unary};
use super::asked::{Asked, milliseconds, told};
use super::{Held, relay};
use crate::call::{Context, Deadline};
use crate::error::{Error, Result};
use crate::proto::{
    AsyncCallResponse, CallRequest, CallResponse, CallStatus, CancelCallRequest, CancelCallResponse,
    GetAsyncResultRequest, StreamType,
};
use crate::service::MethodSpec;
use crate::thread::Thread;

pub fn methods(runtime: &Held) -> Vec<MethodSpec> {
    vec![
        unary(runtime, "Call", call),
        unary(runtime, "CallAsync", call_async),
        MethodSpec { idempotent: true, ..unary(runtime, "GetAsyncResult", get_async_result) },
        method(runtime, "StreamCall", StreamType::ServerStreaming, relay::server_stream),
        method(runtime, "ClientStreamCall", StreamType::ClientStreaming, relay::client_stream),
        method(runtime, "BidirectionalStreamCall", StreamType::BidirectionalStreaming, relay::both_ways),
        refusable(runtime, "CancelCall", cancel_call),
    ]
}

/// How the call ended is in the answer, also when there is no such service; an error is about the request itself.
fn call(inbound: &Inbound, request: CallRequest) -> Result<CallResponse> {
    let asked = Asked::of_call(&request)?;
    let outcome = asked.bind(&inbound.runtime).and_then(|binding| {
        asked.with_request(&request.parameters, |parameters| binding.call(parameters, &asked.options))
    });
    Ok(told(&outcome))
}

fn call_async(inbound: &Inbound, request: CallRequest) -> Result<AsyncCallResponse> {
    let asked = Asked::of_call(&request)?;
    let binding = asked.bind(&inbound.runtime)?;
    // The call outlives this one, whose deadline does not concern it.
    let call_id = Thread::current().outside_handlers(|| {
        asked.with_request(&request.parameters, |parameters| {
            inbound.runtime.results.submit(&binding, parameters, &asked.options, None)
        })
    })?;
    Ok(AsyncCallResponse { call_id, status: CallStatus::InProgress as i32, ..Default::default() })
}

/// Waits, if asked to, at most `max_wait_ms` (0 = as long as the caller does).
fn get_async_result(inbound: &Inbound, request: GetAsyncResultRequest) -> Result<CallResponse> {
    let longest = Deadline::after(milliseconds("max_wait_ms", request.max_wait_ms)?);
    let callers = Context::current().map_or(Deadline::NONE, |context| context.deadline);
    let wait = if request.wait { callers.earliest(longest).left() } else { Some(Duration::ZERO) };
    let thread = Thread::current();
    let go_on = || !thread.interrupted() && !inbound.call.cancelled();
    match inbound.runtime.results.result(&request.call_id, wait, go_on)? {
        Some(outcome) => Ok(told(&outcome)),
        None if callers.passed() => {
            Err(Error::deadline(format!("call '{}' did not end in time", request.call_id)))
        }
        None => Ok(CallResponse { status: CallStatus::InProgress as i32, ..Default::default() }),
    }
}

fn cancel_call(inbound: &Inbound, request: CancelCallRequest) -> Result<CancelCallResponse> {
    match inbound.runtime.results.cancel(&request.call_id)? {
        true => Ok(CancelCallResponse { success: true, ..Default::default() }),
        false => Err(Error::precondition(format!(
            "call '{}' has ended. Read how with GetAsyncResult",
            request.call_id
        ))),
    }
}

impl Refusal for CancelCallResponse {
    fn refused(error_message: String) -> Self {
        CancelCallResponse { error_message, ..Default::default() }
    }
}
