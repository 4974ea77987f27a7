//! ServiceClient.CallAsync, GetAsyncResult and CancelCall.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{
    AsyncCallResponse, CallRequest, CallResponse, CallStatus, CancelCallRequest, CancelCallResponse,
    GetAsyncResultRequest,
};

use super::{CLIENT, ENCODINGS, Message, ask, ask_in, hosting, told_code};
use crate::support::{World, eventually, method};

fn to(method: &str, parameters: &[u8]) -> CallRequest {
    CallRequest {
        service_id: "s".into(),
        method: method.into(),
        parameters: parameters.into(),
        ..Default::default()
    }
}

fn start(world: &World, request: &CallRequest) -> String {
    let answer: AsyncCallResponse = ask(world, CLIENT, "CallAsync", request).expect("start");
    assert_eq!((answer.status, answer.estimated_completion_time), (CallStatus::InProgress as i32, 0));
    answer.call_id
}

fn result(world: &World, id: &str, wait: bool, max_wait_ms: i32) -> CallResponse {
    let request = GetAsyncResultRequest { call_id: id.into(), wait, max_wait_ms };
    ask(world, CLIENT, "GetAsyncResult", &request).expect("result")
}

fn cancel(world: &World, id: &str) -> CancelCallResponse {
    ask(world, CLIENT, "CancelCall", &CancelCallRequest { call_id: id.into() }).expect("cancel")
}

/// Adds a method `held` that answers when told to.
fn holding(world: &World) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let held = method("held", move |call: Call, _: &Request<'_>| {
        let _ = wait.lock().expect("lock").recv();
        let _ = call.answer(Ok(hmsffi_core::call::Response::new(
            hmsffi_core::buffer::Buffer::copy_of(b"held"),
            Encoding::Bytes,
        )));
    });
    world.server.add_method("s", held).expect("add");
    go
}

#[test]
fn a_result_is_read_by_id_as_often_as_one_likes() {
    let world = hosting();
    let id = start(&world, &to("echo", b"hello"));
    for _ in 0..3 {
        let answer = result(&world, &id, true, 0);
        assert_eq!((answer.status, answer.result.as_slice()), (CallStatus::Ok as i32, &b"hello"[..]));
    }
    let id = start(&world, &to("fail", b""));
    assert_eq!(result(&world, &id, true, 0).error.expect("error").stack_trace, "in fail");
}

#[test]
fn a_call_that_runs_is_in_progress_until_it_has_ended() {
    let world = hosting();
    let go = holding(&world);
    let id = start(&world, &to("held", b""));
    let running = CallResponse { status: CallStatus::InProgress as i32, ..Default::default() };
    assert_eq!(result(&world, &id, false, 0), running);
    let began = Instant::now();
    assert_eq!(result(&world, &id, true, 50), running);
    assert!(began.elapsed() >= Duration::from_millis(50));
    go.send(()).expect("go");
    assert_eq!(result(&world, &id, true, 10_000).result, b"held");
}

#[test]
fn waiting_blocks_only_the_thread_that_waits() {
    let world = hosting();
    let go = holding(&world);
    let id = start(&world, &to("held", b""));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| result(&world, &id, true, 0));
        for _ in 0..20 {
            let answer: CallResponse = ask(&world, CLIENT, "Call", &to("echo", b"x")).expect("call");
            assert_eq!(answer.result, b"x");
        }
        assert!(!waiting.is_finished());
        go.send(()).expect("go");
        assert_eq!(waiting.join().expect("join").result, b"held");
    });
}

#[test]
fn waiting_ends_with_the_waiting_call() {
    let world = hosting();
    let go = holding(&world);
    let id = start(&world, &to("held", b""));
    let body = GetAsyncResultRequest { call_id: id, wait: true, max_wait_ms: 0 }.written(Encoding::Cbor);
    let request = Request { encoding: Encoding::Cbor, ..Request::bytes(&body) };
    let options = CallOptions { timeout_ns: 30_000_000, ..CallOptions::default() };
    let error = world.bind(CLIENT, "GetAsyncResult").call(&request, &options).expect_err("late");
    assert_eq!(error.code(), hmsffi_core::Code::DeadlineExceeded);
    go.send(()).expect("go");
    world.runtime.close(Some(Duration::from_secs(10))).expect("the handler that waited has ended");
}

#[test]
fn the_call_outlives_the_call_that_started_it() {
    let world = hosting();
    let body = to("sleep", &[10]).written(Encoding::Cbor);
    let request = Request { encoding: Encoding::Cbor, ..Request::bytes(&body) };
    let options = CallOptions { timeout_ns: 50_000_000, ..CallOptions::default() };
    let answer = world.bind(CLIENT, "CallAsync").call(&request, &options).expect("start");
    let id = AsyncCallResponse::read(Encoding::Cbor, answer.body.as_slice()).call_id;
    assert_eq!(result(&world, &id, true, 0).result, b"slept");
}

#[test]
fn a_timeout_is_that_of_the_call() {
    let world = hosting();
    let id = start(&world, &CallRequest { timeout_ms: 20, ..to("sleep", &[50]) });
    assert_eq!(result(&world, &id, true, 0).status, CallStatus::Timeout as i32);
}

#[test]
fn a_cancelled_call_ends_at_once_and_its_handler_is_told() {
    let world = hosting();
    let told = Arc::new(AtomicBool::new(false));
    let (seen, entered) = (told.clone(), Arc::new(AtomicBool::new(false)));
    let inside = entered.clone();
    let listen = method("listen", move |call: Call, _: &Request<'_>| {
        inside.store(true, Ordering::SeqCst);
        while !call.cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        seen.store(true, Ordering::SeqCst);
    });
    world.server.add_method("s", listen).expect("add");
    let id = start(&world, &to("listen", b""));
    eventually("the handler runs", || entered.load(Ordering::SeqCst));
    assert_eq!(cancel(&world, &id), CancelCallResponse { success: true, ..Default::default() });
    assert_eq!(result(&world, &id, false, 0).status, CallStatus::Cancelled as i32);
    eventually("the handler was told", || told.load(Ordering::SeqCst));
    assert_eq!(
        cancel(&world, &id).error_message,
        format!("FAILED_PRECONDITION (9): call '{id}' has ended. Read how with GetAsyncResult")
    );
}

#[test]
fn an_id_that_names_nothing_is_not_found() {
    let world = hosting();
    let request = GetAsyncResultRequest { call_id: "x".into(), ..Default::default() };
    let error = ask::<_, CallResponse>(&world, CLIENT, "GetAsyncResult", &request).expect_err("unknown");
    let text = "NOT_FOUND (5): no asynchronous call 'x'. Results are kept for 5 minutes after a call ended";
    assert_eq!(error.to_string(), text);
    for encoding in ENCODINGS {
        let request = CancelCallRequest { call_id: "x".into() };
        let answer = ask_in(&world, encoding, CLIENT, "CancelCall", &request).expect("answer");
        assert_eq!(told_code(&answer), Some("5"));
        let answer = CancelCallResponse::read(encoding, answer.body.as_slice());
        assert_eq!((answer.success, answer.error_message.as_str()), (false, text));
    }
}

#[test]
fn a_call_that_cannot_start_has_no_id() {
    let world = hosting();
    let error =
        ask::<_, AsyncCallResponse>(&world, CLIENT, "CallAsync", &to("ecko", b"")).expect_err("no method");
    assert_eq!(error.code(), hmsffi_core::Code::NotFound);
    let error = ask::<_, CallResponse>(
        &world,
        CLIENT,
        "GetAsyncResult",
        &GetAsyncResultRequest { max_wait_ms: -1, ..Default::default() },
    );
    assert_eq!(
        error.expect_err("refused").message(),
        "max_wait_ms is -1; it must be 0 (the default) or more"
    );
}

#[test]
fn an_id_is_good_for_every_client_of_the_runtime() {
    let world = hosting();
    let id = world.runtime.results.submit(
        &world.bind("s", "echo"),
        &Request::bytes(b"x"),
        &CallOptions::default(),
        None,
    );
    assert_eq!(result(&world, &id.expect("submit"), true, 0).result, b"x");
    let id = start(&world, &to("echo", b"y"));
    let outcome = world.runtime.results.result(&id, None, || true).expect("result").expect("ended");
    assert_eq!(outcome.as_ref().as_ref().expect("answer").body.as_slice(), b"y");
}
