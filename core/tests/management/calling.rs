//! ServiceClient.Call.

use std::time::Duration;

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Context, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{CallRequest, CallResponse, CallStatus};

use super::{CLIENT, Message, ask, hosting};
use crate::support::{World, method, reply};

fn to(method: &str, parameters: &[u8]) -> CallRequest {
    CallRequest {
        service_id: "s".into(),
        method: method.into(),
        parameters: parameters.into(),
        ..Default::default()
    }
}

fn with(request: CallRequest, key: &str, value: &str) -> CallRequest {
    let mut request = request;
    request.metadata.insert(key.into(), value.into());
    request
}

fn call(world: &World, request: &CallRequest) -> CallResponse {
    ask(world, CLIENT, "Call", request).expect("answer")
}

fn refusal(world: &World, request: &CallRequest) -> String {
    ask::<_, CallResponse>(world, CLIENT, "Call", request).expect_err("refused").to_string()
}

#[test]
fn parameters_are_cbor_unless_the_metadata_says_otherwise() {
    let world = hosting();
    for (given, arrives) in [
        (None, "application/cbor"),
        (Some("application/json"), "application/json"),
        (Some("application/octet-stream"), "application/octet-stream"),
        (Some("text/plain"), "text/plain"),
    ] {
        let request = to("echo", b"\x01");
        let request =
            given.map_or_else(|| request.clone(), |given| with(request.clone(), "content-type", given));
        let answer = call(&world, &request);
        assert_eq!((answer.status, answer.result.as_slice()), (CallStatus::Ok as i32, &b"\x01"[..]));
        assert_eq!(answer.metadata, [("content-type".to_owned(), arrives.to_owned())].into());
    }
}

#[test]
fn metadata_reaches_the_handler_and_comes_back() {
    let answer = call(&hosting(), &with(to("echo", b""), "trace", "7"));
    assert_eq!(answer.metadata["trace"], "7");
}

#[test]
fn a_failure_is_told_with_its_stack_and_what_is_behind_it() {
    let answer = call(&hosting(), &to("fail", b""));
    assert_eq!(answer.status, CallStatus::Failed as i32);
    let error = answer.error.expect("error");
    assert_eq!((error.code, error.message.as_str()), (11, "bmi is 99"));
    assert_eq!((error.source.as_str(), error.stack_trace.as_str()), ("s.fail", "in fail"));
    let expected = [
        ("field", "bmi"),
        ("hms.cause.code", "5"),
        ("hms.cause.message", "no record"),
        ("hms.cause.source", "inner.get"),
        ("hms.cause.stack", "in get"),
        ("hms.cause.detail.id", "P007"),
        ("hms.cause.cause.code", "15"),
        ("hms.cause.cause.message", "disk"),
    ];
    assert_eq!(error.details, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
}

#[test]
fn a_service_or_method_that_is_not_there_is_the_outcome_of_the_call() {
    let world = hosting();
    let request = CallRequest { service_id: "t".into(), ..to("echo", b"") };
    for request in [request, to("ecko", b"")] {
        let answer = call(&world, &request);
        assert_eq!((answer.status, answer.error.expect("error").code), (CallStatus::Failed as i32, 5));
    }
}

#[test]
fn a_timeout_is_kept_even_if_the_handler_sleeps() {
    let answer = call(&hosting(), &CallRequest { timeout_ms: 20, ..to("sleep", &[50]) });
    assert_eq!(answer.status, CallStatus::Timeout as i32);
    assert_eq!(answer.error.expect("error").code, 4);
}

#[test]
fn the_time_that_is_left_travels_with_the_call() {
    let world = hosting();
    let left = method("left", |call: Call, _: &Request<'_>| {
        let left = Context::current().and_then(|context| context.deadline.left()).expect("a deadline");
        reply(call, &(left.as_millis() as u64).to_le_bytes());
    });
    world.server.add_method("s", left).expect("add");
    let body = to("left", b"").written(Encoding::Cbor);
    let request = Request { encoding: Encoding::Cbor, ..Request::bytes(&body) };
    let options = CallOptions { timeout_ns: 5_000_000_000, ..CallOptions::default() };
    let answer = world.bind(CLIENT, "Call").call(&request, &options).expect("answer");
    let answer = CallResponse::read(Encoding::Cbor, answer.body.as_slice());
    let left = Duration::from_millis(u64::from_le_bytes(answer.result.try_into().expect("8 bytes")));
    assert!(left <= Duration::from_secs(5) && left > Duration::from_secs(3), "{left:?}");
}

#[test]
fn a_version_is_chosen_by_name_or_metadata() {
    let world = hosting();
    let named = |id: &str| call(&world, &CallRequest { service_id: id.into(), ..to("echo", b"") }).status;
    assert_eq!(named("s@^1.0"), CallStatus::Ok as i32);
    assert_eq!(named("s@2"), CallStatus::Failed as i32);
    assert_eq!(call(&world, &with(to("echo", b""), "hms-version", "^1.0")).status, CallStatus::Ok as i32);
    let answer = call(&world, &with(to("echo", b""), "hms-version", "2"));
    assert_eq!(answer.error.expect("error").message, "no version of service 's' fits 's@2'. Here: 1.0.0");
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let world = hosting();
    let token = CallRequest { auth_token: "secret".into(), ..to("echo", b"") };
    assert_eq!(
        refusal(&world, &token),
        "UNIMPLEMENTED (12): auth_token is set, but this version checks no identities. Call without it"
    );
    assert_eq!(
        refusal(&world, &with(to("echo", b""), "authorization", "x")),
        "UNIMPLEMENTED (12): metadata 'authorization' is set, but this version checks no identities. Call without it"
    );
    assert_eq!(
        refusal(&world, &CallRequest { timeout_ms: -1, ..to("echo", b"") }),
        "INVALID_ARGUMENT (3): timeout_ms is -1; it must be 0 (the default) or more"
    );
    assert_eq!(
        refusal(&world, &with(to("echo", b""), "hms-call-id", "x")),
        "INVALID_ARGUMENT (3): metadata 'hms-call-id' starts with 'hms-', which is kept for the library"
    );
}

#[test]
fn a_handler_may_call_through_it() {
    let world = hosting();
    let client = std::sync::Arc::downgrade(&world.client);
    let through = method("through", move |call: Call, request: &Request<'_>| {
        let client = client.upgrade().expect("client");
        let body = to("echo", request.body).written(Encoding::Protobuf);
        let inner = Request { encoding: Encoding::Protobuf, ..Request::bytes(&body) };
        let answer =
            client.bind(CLIENT, "Call").expect("bind").call(&inner, &CallOptions::default()).expect("call");
        reply(call, &CallResponse::read(Encoding::Protobuf, answer.body.as_slice()).result);
    });
    world.server.add_method("s", through).expect("add");
    let answer = call(&world, &to("through", b"hello"));
    assert_eq!(answer.result, b"hello");
    // And the service itself, through itself.
    let itself = CallRequest {
        service_id: CLIENT.into(),
        method: "Call".into(),
        ..to("", &to("echo", b"deep").written(Encoding::Cbor))
    };
    let inner = CallResponse::read(Encoding::Cbor, &call(&world, &itself).result);
    assert_eq!(inner.result, b"deep");
}

#[test]
fn calls_of_a_closed_runtime_are_refused() {
    let world = hosting();
    let binding = world.bind(CLIENT, "Call");
    world.runtime.close(None).expect("close");
    let error = binding.call(&Request::bytes(b""), &CallOptions::default()).expect_err("closed");
    assert_eq!(error.code(), Code::Unavailable);
}
