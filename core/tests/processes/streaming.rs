use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::StreamType;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::stream::{Item, Received, Stream};
use hmsffi_core::{Code, Error};

use super::{beside, call, found, world_in};
use crate::support::{World, method, reply, stream_method};

const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

fn item(bytes: &[u8]) -> Item {
    Item { body: Buffer::copy_of(bytes), encoding: Encoding::Bytes, content_type: None }
}

fn send(stream: &Stream, bytes: &[u8]) {
    assert!(stream.send(item(bytes), PATIENCE).expect("send").is_none(), "room in time");
}

/// The next message; `None` at the end.
fn next(stream: &Stream) -> Option<Vec<u8>> {
    match stream.receive(PATIENCE).expect("receive") {
        Received::Item(item) => Some(item.body.as_slice().to_vec()),
        Received::End => None,
        Received::Pending => panic!("nothing came in time"),
    }
}

fn end(call: Call) {
    call.answer(Ok(Response::new(Buffer::EMPTY, Encoding::Bytes))).expect("end");
}

fn body(n: u32) -> Vec<u8> {
    let len = if n.is_multiple_of(50) { 300_000 } else { n as usize % 200 };
    n.to_le_bytes().into_iter().cycle().take(len.max(4)).collect()
}

const MESSAGES: u32 = 2_000;

fn serve(world: &World) {
    let count = |call: Call, request: &Request<'_>| {
        let stream = call.stream().expect("stream");
        let most = u32::from_le_bytes(request.body.try_into().expect("a number"));
        (0..most).for_each(|n| send(&stream, &body(n)));
        end(call);
    };
    let sum = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        let mut sum = 0_u64;
        while let Some(message) = next(&stream) {
            sum += message.len() as u64;
        }
        reply(call, sum.to_string().as_bytes());
    };
    let echo = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        while let Some(message) = next(&stream) {
            send(&stream, &message);
        }
        end(call);
    };
    let fail = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        send(&stream, b"one");
        call.answer(Err(Error::new(Code::DataLoss, "torn").with_stack("here"))).expect("answer");
    };
    let endless = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        let mut sent = 0_u64;
        while let Ok(None) = stream.send(item(&sent.to_le_bytes()), PATIENCE) {
            sent += 1;
        }
        let _ = call.answer(Err(Error::aborted("cancelled")));
    };
    world.host(
        "streams",
        vec![
            stream_method("count", StreamType::ServerStreaming, count),
            stream_method("sum", StreamType::ClientStreaming, sum),
            stream_method("echo", StreamType::BidirectionalStreaming, echo),
            stream_method("fail", StreamType::ServerStreaming, fail),
            stream_method("endless", StreamType::ServerStreaming, endless),
            method("plain", |call, request| reply(call, request.body)),
        ],
    );
}

fn open(world: &World, method: &str, request: &[u8]) -> Stream {
    let binding = found(&world.client, "streams", method);
    binding.open_stream(&Request::bytes(request), &CallOptions::default()).expect("open")
}

#[test]
fn a_server_stream_arrives_whole_and_in_order() {
    beside("streaming::a_server_stream_arrives_whole_and_in_order", serve, |world, _, _| {
        let stream = open(world, "count", &MESSAGES.to_le_bytes());
        for n in 0..MESSAGES {
            assert!(next(&stream).as_deref() == Some(&body(n)), "message {n}");
        }
        assert_eq!(next(&stream), None);
    });
}

#[test]
fn a_client_stream_ends_with_one_answer() {
    beside("streaming::a_client_stream_ends_with_one_answer", serve, |world, _, _| {
        let stream = open(world, "sum", b"");
        let mut sum = 0;
        for n in 0..MESSAGES {
            send(&stream, &body(n));
            sum += body(n).len();
        }
        stream.finish();
        assert_eq!(next(&stream), Some(sum.to_string().into_bytes()));
        assert_eq!(next(&stream), None);
    });
}

#[test]
fn both_sides_of_a_stream_talk_at_once() {
    beside("streaming::both_sides_of_a_stream_talk_at_once", serve, |world, _, _| {
        let stream = open(world, "echo", b"");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                (0..MESSAGES).for_each(|n| send(&stream, &body(n)));
                stream.finish();
            });
            for n in 0..MESSAGES {
                assert!(next(&stream).as_deref() == Some(&body(n)), "message {n}");
            }
            assert_eq!(next(&stream), None);
        });
    });
}

#[test]
fn an_error_ends_a_stream_after_what_was_sent_before() {
    beside("streaming::an_error_ends_a_stream_after_what_was_sent_before", serve, |world, _, _| {
        let stream = open(world, "fail", b"");
        assert_eq!(next(&stream).as_deref(), Some(&b"one"[..]));
        let error = stream.receive(PATIENCE).expect_err("torn");
        assert_eq!((error.code(), error.message(), error.stack()), (Code::DataLoss, "torn", "here"));
    });
}

#[test]
fn a_receiver_that_stops_stops_its_sender_and_nobody_else() {
    beside("streaming::a_receiver_that_stops_stops_its_sender_and_nobody_else", serve, |world, _, _| {
        let stream = open(world, "endless", b"");
        assert_eq!(next(&stream), Some(0_u64.to_le_bytes().to_vec()));
        let plain = found(&world.client, "streams", "plain");
        for _ in 0..2_000 {
            assert_eq!(call(&plain, b"on"), "on");
        }
        // Of what the handler could send meanwhile, only what fits into the windows on the way was sent.
        let (_, received) = stream.counts();
        assert_eq!(received, 1);
        for n in 1..1_000_u64 {
            assert_eq!(next(&stream), Some(n.to_le_bytes().to_vec()));
        }
        stream.cancel();
        assert_eq!(call(&plain, b"on"), "on");
    });
}

#[test]
fn what_is_no_stream_is_not_opened_as_one_and_the_other_way_round() {
    beside(
        "streaming::what_is_no_stream_is_not_opened_as_one_and_the_other_way_round",
        serve,
        |world, _, _| {
            let plain = found(&world.client, "streams", "plain");
            let refused =
                plain.open_stream(&Request::bytes(b""), &CallOptions::default()).err().expect("refused");
            assert_eq!(
                refused.to_string(),
                "INVALID_ARGUMENT (3): streams.plain is not a streaming method; call it"
            );
            let count = found(&world.client, "streams", "count");
            assert_eq!(
                call(&count, b""),
                "INVALID_ARGUMENT (3): streams.count is a streaming method; open a stream instead of calling it"
            );
        },
    );
}

#[test]
fn a_stream_whose_server_dies_is_unavailable() {
    beside("streaming::a_stream_whose_server_dies_is_unavailable", serve, |world, child, _| {
        let stream = open(world, "echo", b"");
        send(&stream, b"one");
        assert_eq!(next(&stream).as_deref(), Some(&b"one"[..]));
        crate::process::kill(child);
        assert_eq!(stream.receive(PATIENCE).expect_err("gone").code(), Code::Unavailable);
        world.runtime.look_around();
    });
}

#[test]
fn a_message_that_is_more_than_the_server_takes_ends_its_stream_and_nothing_else() {
    let directory = tempfile::tempdir().expect("directory");
    let most = ServerOptions { max_message_size: 100_000, ..ServerOptions::default() };
    let there = world_in(directory.path(), most);
    serve(&there);
    there.server.start().expect("start");
    let here = world_in(directory.path(), ServerOptions::default());
    for method in ["sum", "echo"] {
        let stream = open(&here, method, b"");
        send(&stream, &[1; 100_000]);
        send(&stream, &[1; 100_001]);
        stream.finish();
        let refused = loop {
            match stream.receive(PATIENCE) {
                Ok(Received::Item(item)) => assert_eq!(item.body.as_slice().len(), 100_000),
                Ok(other) => panic!("{method} ended: {other:?}"),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
        assert!(refused.message().contains("message of 100001 bytes is over the limit"), "{refused}");
    }
    assert_eq!(call(&found(&here.client, "streams", "plain"), b"on"), "on");
}
