//! Where a handler runs, and how it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::{Code, Error};

use super::{call, call_within};
use crate::support::{method, reply, text, world};

fn name_of(thread: ThreadId) -> String {
    format!("{thread:?}")
}

#[test]
fn a_handler_runs_on_its_callers_thread_unless_it_is_marked_or_timed() {
    let world = world(ServerOptions::default());
    let here = |call: Call, _: &Request<'_>| reply(call, name_of(thread::current().id()).as_bytes());
    world.host(
        "s",
        vec![method("direct", here), MethodSpec { dispatch: Dispatch::Pool, ..method("pool", here) }],
    );
    let own = name_of(thread::current().id());
    assert_eq!(text(call(&world.bind("s", "direct"), b"")), own);
    assert_ne!(text(call(&world.bind("s", "pool"), b"")), own);
    assert_ne!(text(call_within(&world.bind("s", "direct"), b"", 10_000)), own);
}

#[test]
fn body_encoding_and_metadata_go_both_ways() {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![method("echo", |call: Call, request: &Request<'_>| {
            let metadata = request.metadata.iter().map(|(k, v)| ((*v).into(), (*k).into())).collect();
            let answer = Response::new(Buffer::copy_of(request.body), request.encoding);
            call.answer(Ok(answer.with(Some(request.content_type().into()), metadata))).expect("reply");
        })],
    );
    let request = Request {
        encoding: Encoding::Other,
        content_type: "text/plain",
        metadata: &[("key", "value")],
        ..Request::bytes(b"x")
    };
    let answer = world.bind("s", "echo").call(&request, &Default::default()).expect("answer");
    assert_eq!((answer.content_type(), answer.body.as_slice()), ("text/plain", &b"x"[..]));
    assert_eq!(answer.metadata(), [("value".to_owned(), "key".to_owned())]);
}

#[test]
fn a_direct_handler_reads_its_callers_own_memory() {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![method("where", |call: Call, request: &Request<'_>| {
            reply(call, &(request.body.as_ptr() as usize).to_le_bytes());
        })],
    );
    let body = [1; 100];
    let own = (body.as_ptr() as usize).to_le_bytes();
    assert_eq!(call(&world.bind("s", "where"), &body).expect("answer").body.as_slice(), own);
    assert_ne!(call_within(&world.bind("s", "where"), &body, 10_000).expect("answer").body.as_slice(), own);
}

#[test]
fn an_answer_outlives_all_that_made_it_and_its_thread() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let answer = call(&world.bind("s", "echo"), b"kept").expect("answer");
    world.runtime.close(None).expect("close");
    drop(world);
    thread::spawn(move || assert_eq!(answer.body.as_slice(), b"kept")).join().expect("join");
}

#[test]
fn an_answer_may_come_later_from_another_thread() {
    let world = world(ServerOptions::default());
    let late = |call: Call, _: &Request<'_>| {
        call.retain().expect("retain");
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            let body = call.request(|request| request.body.to_vec()).expect("the request is still there");
            reply(call, &body);
        });
    };
    world.host(
        "s",
        vec![method("late", late), MethodSpec { dispatch: Dispatch::Pool, ..method("pool", late) }],
    );
    assert_eq!(text(call(&world.bind("s", "late"), b"hello")), "hello");
    assert_eq!(text(call(&world.bind("s", "pool"), b"hello")), "hello");
}

#[test]
fn a_call_that_was_not_retained_belongs_to_its_thread() {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![method("m", |call: Call, _: &Request<'_>| {
            let elsewhere =
                thread::spawn(move || call.answer(Err(Error::aborted("x")))).join().expect("join");
            assert_eq!(elsewhere.expect_err("refused").code(), Code::FailedPrecondition);
            reply(call, b"mine");
        })],
    );
    assert_eq!(text(call(&world.bind("s", "m"), b"")), "mine");
}

#[test]
fn a_call_is_answered_once() {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![method("twice", |call: Call, _: &Request<'_>| {
            reply(call, b"first");
            let error = call
                .answer(Ok(Response::new(Buffer::copy_of(b"second"), Encoding::Bytes)))
                .expect_err("second");
            assert_eq!(error.message(), "the call was answered or closed before. Answer each call once");
        })],
    );
    assert_eq!(text(call(&world.bind("s", "twice"), b"")), "first");
}

#[test]
fn a_handler_that_does_not_answer_is_a_bug() {
    let world = world(ServerOptions::default());
    let none = |_: Call, _: &Request<'_>| {};
    world.host(
        "s",
        vec![method("none", none), MethodSpec { dispatch: Dispatch::Pool, ..method("pool", none) }],
    );
    for (name, message) in
        [("none", "s.none ended without an answer"), ("pool", "s.pool ended without an answer")]
    {
        let error = call(&world.bind("s", name), b"").expect_err("no answer");
        assert_eq!((error.code(), error.message()), (Code::Internal, message));
    }
}

#[test]
fn a_panic_is_internal_and_the_next_call_is_served() {
    let world = world(ServerOptions { pool_threads: 1, ..Default::default() });
    let calls = Arc::new(AtomicUsize::new(0));
    let handler = move |call: Call, _: &Request<'_>| {
        assert!(calls.fetch_add(1, Ordering::SeqCst) % 2 == 1, "every other time");
        reply(call, b"fine");
    };
    world.host("s", vec![method("m", handler)]);
    let binding = world.bind("s", "m");
    for within in [0, 10_000] {
        let error = call_within(&binding, b"", within).expect_err("panic");
        assert_eq!((error.code(), error.source()), (Code::Internal, "s.m"));
        assert_eq!(error.message(), "s.m panicked: every other time");
        assert_eq!(text(call_within(&binding, b"", within)), "fine");
    }
}

#[test]
fn an_error_arrives_as_the_handler_made_it() {
    let world = world(ServerOptions::default());
    let made =
        Error::new(Code::DataLoss, "torn").with_source("disk").with_stack("at read").with_detail("page", "7");
    let made = made.with_cause(Error::new(Code::Unknown, "bad sector"));
    let given = made.clone();
    world.host(
        "s",
        vec![method("m", move |call: Call, _: &Request<'_>| call.answer(Err(given.clone())).expect("fail"))],
    );
    assert_eq!(call(&world.bind("s", "m"), b"").expect_err("error"), made);
}
