//! Streams between a caller and a handler.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::dispatch::{Completion, Queue};
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::service::{Dispatch, MethodSpec, Server, ServerOptions, ServiceSpec};
use hmsffi_core::stream::{Item, Received, Stream, WINDOW_MESSAGES};
use hmsffi_core::{Code, Error, introspect};
use support::{World, eventually, method, reply, stream_method, world};

fn item(body: &[u8]) -> Item {
    Item { body: Buffer::copy_of(body), encoding: Encoding::Bytes, content_type: None }
}

fn open(world: &World, method: &str, request: &[u8]) -> Stream {
    world.bind("s", method).open_stream(&Request::bytes(request), &CallOptions::default()).expect("open")
}

fn received(stream: &Stream) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Received::Item(item) = stream.receive(Some(Duration::from_secs(10))).expect("receive") {
        all.push(item.body.as_slice().to_vec());
    }
    all
}

/// Sends `request[0]` messages, each its number.
fn count(call: Call, request: &Request<'_>) {
    let stream = call.stream().expect("stream");
    for n in 0..request.body[0] {
        stream.send(item(&[n]), None).expect("send");
    }
    reply(call, b"");
}

fn sum(call: Call, _: &Request<'_>) {
    let stream = call.stream().expect("stream");
    let mut total = 0u64;
    while let Ok(Received::Item(item)) = stream.receive(None) {
        total += item.body.as_slice().iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    // Nobody waits for it when the stream was cancelled.
    let _ = call.answer(Ok(Response::new(Buffer::copy_of(&total.to_le_bytes()), Encoding::Bytes)));
}

fn echo(call: Call, _: &Request<'_>) {
    let stream = call.stream().expect("stream");
    while let Received::Item(item) = stream.receive(None).expect("receive") {
        stream.send(item, None).expect("send");
    }
    reply(call, b"");
}

fn hosting() -> World {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![
            stream_method("count", StreamType::ServerStreaming, count),
            stream_method("sum", StreamType::ClientStreaming, sum),
            stream_method("echo", StreamType::BidirectionalStreaming, echo),
            stream_method("fail", StreamType::ServerStreaming, |call: Call, _: &Request<'_>| {
                call.stream().expect("stream").send(item(b"first"), None).expect("send");
                call.answer(Err(Error::new(Code::DataLoss, "broken").with_stack("here"))).expect("fail");
            }),
            stream_method("full", StreamType::ServerStreaming, |call: Call, _: &Request<'_>| {
                reply(call, b"late")
            }),
            support::method("unary", |call: Call, request: &Request<'_>| reply(call, request.body)),
        ],
    );
    world
}

#[test]
fn a_server_stream_gives_its_messages_in_order_and_then_ends() {
    let world = hosting();
    let stream = open(&world, "count", &[200]);
    assert_eq!(received(&stream), (0..200).map(|n| vec![n]).collect::<Vec<_>>());
    assert_eq!(stream.counts(), (0, 200));
    assert!(stream.is_closed());
}

#[test]
fn a_client_stream_gives_the_one_answer_as_its_only_message() {
    let world = hosting();
    let stream = open(&world, "sum", b"");
    for _ in 0..1000 {
        stream.send(item(&[1; 5000]), None).expect("send");
    }
    stream.finish();
    assert_eq!(received(&stream), vec![5_000_000u64.to_le_bytes().to_vec()]);
}

#[test]
fn a_bidirectional_stream_answers_while_it_is_sent_to() {
    let world = hosting();
    let stream = open(&world, "echo", b"");
    for n in 0..100u8 {
        stream.send(item(&[n]), None).expect("send");
        let Ok(Received::Item(back)) = stream.receive(None) else { panic!("no message") };
        assert_eq!(back.body.as_slice(), [n]);
    }
    stream.finish();
    assert!(received(&stream).is_empty());
}

#[test]
fn a_failure_arrives_after_the_messages_that_were_sent_before_it() {
    let world = hosting();
    let stream = open(&world, "fail", b"");
    assert!(matches!(stream.receive(None), Ok(Received::Item(_))));
    let error = stream.receive(None).expect_err("the failure");
    assert_eq!((error.code(), error.message(), error.stack()), (Code::DataLoss, "broken", "here"));
}

#[test]
fn a_sender_waits_while_its_receiver_lags_behind_by_a_window() {
    let world = world(ServerOptions::default());
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    world.host(
        "s",
        vec![stream_method("pour", StreamType::ServerStreaming, move |call: Call, _: &Request<'_>| {
            let stream = call.stream().expect("stream");
            for _ in 0..3 * WINDOW_MESSAGES {
                stream.send(item(b"x"), None).expect("send");
                counter.fetch_add(1, Ordering::SeqCst);
            }
            reply(call, b"");
        })],
    );
    let stream = open(&world, "pour", b"");
    eventually("the window is full", || sent.load(Ordering::SeqCst) == WINDOW_MESSAGES);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(sent.load(Ordering::SeqCst), WINDOW_MESSAGES);
    assert_eq!(received(&stream).len(), 3 * WINDOW_MESSAGES);
}

#[test]
fn sending_without_room_in_time_gives_the_message_back() {
    let world = world(ServerOptions::default());
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    world.host(
        "s",
        vec![stream_method("idle", StreamType::ClientStreaming, move |call: Call, _: &Request<'_>| {
            wait.lock().expect("lock").recv().expect("go");
            reply(call, b"done");
        })],
    );
    let stream = open(&world, "idle", b"");
    stream.send(item(&[0; 1 << 20]), Some(Duration::ZERO)).expect("send");
    let back =
        stream.send(item(b"more"), Some(Duration::from_millis(10))).expect("no room").expect("the message");
    assert_eq!(back.body.as_slice(), b"more");
    go.send(()).expect("go");
    assert_eq!(received(&stream), vec![b"done".to_vec()]);
}

#[test]
fn cancelling_reaches_the_handler_and_frees_what_was_on_its_way() {
    let world = world(ServerOptions::default());
    let (seen, handler_saw) = mpsc::channel();
    let noticed = Arc::new(AtomicBool::new(false));
    let hook = noticed.clone();
    world.host(
        "s",
        vec![stream_method(
            "listen",
            StreamType::BidirectionalStreaming,
            move |call: Call, _: &Request<'_>| {
                let hook = hook.clone();
                call.on_cancel(Box::new(move || hook.store(true, Ordering::SeqCst))).expect("hook");
                let stream = call.stream().expect("stream");
                stream.send(item(b"ready"), None).expect("send");
                seen.send(stream.receive(None).expect_err("cancelled").code()).expect("tell");
            },
        )],
    );
    let stream = open(&world, "listen", b"");
    assert!(matches!(stream.receive(None), Ok(Received::Item(_))));
    stream.cancel();
    assert_eq!(handler_saw.recv_timeout(Duration::from_secs(10)), Ok(Code::Cancelled));
    assert!(noticed.load(Ordering::SeqCst));
    assert_eq!(stream.receive(None).expect_err("cancelled").code(), Code::Cancelled);
    drop(stream);
    eventually("nothing is inside", || world.server.stop(Some(Duration::from_secs(1))).is_ok());
}

#[test]
fn dropping_the_callers_end_cancels_the_stream() {
    let world = hosting();
    drop(open(&world, "sum", b""));
    assert!(world.server.stop(Some(Duration::from_secs(10))).is_ok());
}

#[test]
fn a_stream_with_a_timeout_ends_in_time_on_both_sides() {
    let world = world(ServerOptions::default());
    let (seen, handler_saw) = mpsc::channel();
    world.host(
        "s",
        vec![stream_method(
            "wait",
            StreamType::BidirectionalStreaming,
            move |call: Call, _: &Request<'_>| {
                let stream = call.stream().expect("stream");
                seen.send(stream.receive(None).expect_err("late").code()).expect("tell");
            },
        )],
    );
    let options = CallOptions { timeout_ns: 30_000_000, ..CallOptions::default() };
    let stream = world.bind("s", "wait").open_stream(&Request::bytes(b""), &options).expect("open");
    assert_eq!(stream.receive(None).expect_err("late").code(), Code::DeadlineExceeded);
    let seen = handler_saw.recv_timeout(Duration::from_secs(10)).expect("the handler ends");
    assert!(matches!(seen, Code::DeadlineExceeded | Code::Cancelled), "{seen:?}");
}

#[test]
fn a_stream_is_not_called_and_a_call_is_not_opened() {
    let world = hosting();
    let called = world.bind("s", "count").call(&Request::bytes(b""), &CallOptions::default());
    assert_eq!(called.expect_err("refused").code(), Code::InvalidArgument);
    let opened = world.bind("s", "unary").open_stream(&Request::bytes(b""), &CallOptions::default());
    assert_eq!(opened.err().expect("refused").code(), Code::InvalidArgument);
}

#[test]
fn a_server_stream_takes_no_messages_and_its_answer_must_be_empty() {
    let world = hosting();
    let stream = open(&world, "count", &[1]);
    assert_eq!(stream.send(item(b"x"), None).expect_err("refused").code(), Code::FailedPrecondition);
    let stream = open(&world, "full", b"");
    assert_eq!(stream.receive(None).expect_err("refused").code(), Code::Internal);
}

#[test]
fn more_streams_than_handler_threads_do_not_keep_calls_from_being_served() {
    let world = world(ServerOptions { pool_threads: 1, ..ServerOptions::default() });
    world.host(
        "s",
        vec![
            stream_method("sum", StreamType::ClientStreaming, sum),
            support::method("unary", |call: Call, request: &Request<'_>| reply(call, request.body)),
        ],
    );
    let streams: Vec<Stream> = (0..8).map(|_| open(&world, "sum", b"")).collect();
    let options = CallOptions { timeout_ns: 10_000_000_000, ..CallOptions::default() };
    let answer = world.bind("s", "unary").call(&Request::bytes(b"hello"), &options);
    assert_eq!(answer.expect("served").body.as_slice(), b"hello");
    for stream in &streams {
        stream.finish();
        assert_eq!(received(stream).len(), 1);
    }
}

#[test]
fn a_queue_tells_when_a_stream_can_be_received_from() {
    let world = hosting();
    let queue = Queue::new(false).expect("queue");
    let stream = open(&world, "echo", b"");
    let told = queue.clone();
    stream.when_readable(Some(&queue), Arc::new(move || drop(told.push(Completion::Readable { tag: 7 }))));
    assert!(queue.poll(8, Some(Duration::from_millis(20))).expect("poll").is_empty());
    stream.send(item(b"x"), None).expect("send");
    let batch = queue.poll(8, Some(Duration::from_secs(10))).expect("poll");
    assert!(matches!(batch.as_slice(), [Completion::Readable { tag: 7 }]));
    assert!(matches!(stream.receive(Some(Duration::ZERO)), Ok(Received::Item(_))));
}

#[test]
fn bytes_on_their_way_are_counted_until_they_are_received() {
    let world = hosting();
    let stream = open(&world, "count", &[0]);
    assert!(received(&stream).is_empty());
    drop(stream);
    drop(world);
    eventually("nothing is queued", || introspect::snapshot().queued_bytes == 0);
}

#[test]
fn threads_that_streams_brought_end_when_they_are_idle() {
    let world = world(ServerOptions::default());
    let named = ServerOptions { name: "brought".into(), pool_threads: 1, ..Default::default() };
    let server = Server::new(&world.runtime, named).expect("server");
    server.start().expect("start");
    let definition = ServiceDefinition { service_id: "s".into(), ..ServiceDefinition::default() };
    let methods = vec![
        stream_method("echo", StreamType::BidirectionalStreaming, echo),
        MethodSpec { dispatch: Dispatch::Pool, ..method("call", |call, _| reply(call, b"")) },
    ];
    server.register(ServiceSpec { definition, methods }).expect("register");
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("tasks");
        let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.trim() == "hms-brought").count()
    };
    let streams: Vec<Stream> = (0..4).map(|_| open(&world, "echo", b"")).collect();
    for stream in &streams {
        stream.send(item(b"x"), None).expect("send");
        stream.receive(None).expect("receive");
    }
    assert_eq!(threads(), 4);
    streams.iter().for_each(Stream::finish);
    eventually("one is left", || threads() <= 1);
    let call = world.bind("s", "call").call(&Request::bytes(b""), &CallOptions::default());
    assert!(call.is_ok());
}
