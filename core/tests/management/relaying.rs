//! ServiceClient's streams.

use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{CallRequest, CallResponse, CallStatus, StreamRequest, StreamResponse, StreamType};
use hmsffi_core::stream::{Item, Received, Stream};
use hmsffi_core::{Code, Error, introspect};

use super::{CLIENT, ENCODINGS, Message, hosting};
use crate::support::{World, eventually, reply, stream_method};

fn bytes(body: &[u8]) -> Item {
    Item { body: Buffer::copy_of(body), encoding: Encoding::Bytes, content_type: None }
}

fn streaming() -> World {
    let world = hosting();
    let count = |call: Call, request: &Request<'_>| {
        let stream = call.stream().expect("stream");
        for n in 0..request.body[0] {
            if stream.send(bytes(&[n]), None).is_err() {
                return;
            }
        }
        match request.body.get(1) {
            None => reply(call, b""),
            Some(_) => call.answer(Err(Error::new(Code::DataLoss, "broken"))).expect("fail"),
        }
    };
    let sum = |call: Call, request: &Request<'_>| {
        assert_eq!(
            (request.encoding, request.body),
            (Encoding::Cbor, &[0xf6][..]),
            "nothing, in the stream's encoding"
        );
        let stream = call.stream().expect("stream");
        let mut total = 0;
        while let Ok(Received::Item(item)) = stream.receive(None) {
            total += item.body.as_slice().iter().map(|byte| u64::from(*byte)).sum::<u64>();
        }
        let _ = call.answer(Ok(Response::new(Buffer::copy_of(&total.to_le_bytes()), Encoding::Bytes)));
    };
    let echo = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        while let Ok(Received::Item(item)) = stream.receive(None) {
            if item.body.as_slice() == b"stop" {
                call.answer(Err(Error::new(Code::Aborted, "stopped"))).expect("fail");
                return;
            }
            stream.send(item, None).expect("send");
        }
        let _ = call.answer(Ok(Response::new(Buffer::copy_of(b""), Encoding::Bytes)));
    };
    for method in [
        stream_method("count", StreamType::ServerStreaming, count),
        stream_method("sum", StreamType::ClientStreaming, sum),
        stream_method("back", StreamType::BidirectionalStreaming, echo),
    ] {
        world.server.add_method("s", method).expect("add");
    }
    world
}

fn open<Q: Message>(world: &World, encoding: Encoding, method: &str, request: &Q) -> Stream {
    let body = request.written(encoding);
    let request = Request { encoding, ..Request::bytes(&body) };
    world.bind(CLIENT, method).open_stream(&request, &CallOptions::default()).expect("open")
}

fn to(method: &str, parameters: &[u8]) -> CallRequest {
    CallRequest {
        service_id: "s".into(),
        method: method.into(),
        parameters: parameters.into(),
        ..Default::default()
    }
}

fn chunk(method: &str, sequence: i32, data: &[u8]) -> StreamRequest {
    let (service_id, method) = if sequence == 0 { ("s".into(), method.into()) } else { Default::default() };
    StreamRequest { service_id, method, sequence, data: data.into(), ..Default::default() }
}

fn send(stream: &Stream, encoding: Encoding, message: &StreamRequest) {
    let body = Buffer::copy_of(&message.written(encoding));
    stream.send(Item { body, encoding, content_type: None }, None).expect("send");
}

fn next<M: Message>(stream: &Stream, encoding: Encoding) -> M {
    let received = stream.receive(Some(Duration::from_secs(10))).expect("receive");
    let Received::Item(item) = received else { panic!("no message: {received:?}") };
    assert_eq!(item.encoding, encoding);
    M::read(encoding, item.body.as_slice())
}

fn ended(stream: &Stream) {
    assert!(matches!(stream.receive(Some(Duration::from_secs(10))), Ok(Received::End)));
}

#[test]
fn a_server_stream_is_passed_on_with_sequence_numbers_and_an_end() {
    let world = streaming();
    for encoding in ENCODINGS {
        let stream = open(&world, encoding, "StreamCall", &to("count", &[100]));
        for n in 0..100 {
            let message: StreamResponse = next(&stream, encoding);
            assert_eq!((message.sequence, message.data, message.end_of_stream), (n, vec![n as u8], false));
            assert_eq!(message.metadata["content-type"], "application/octet-stream");
        }
        let last: StreamResponse = next(&stream, encoding);
        assert_eq!(last, StreamResponse { sequence: 100, end_of_stream: true, ..Default::default() });
        ended(&stream);
    }
}

#[test]
fn a_stream_that_fails_says_so_in_its_last_message() {
    let world = streaming();
    let stream = open(&world, Encoding::Cbor, "StreamCall", &to("count", &[1, 1]));
    assert_eq!(next::<StreamResponse>(&stream, Encoding::Cbor).data, [0]);
    let last: StreamResponse = next(&stream, Encoding::Cbor);
    assert_eq!((last.end_of_stream, last.error.expect("error").code), (true, 15));
    ended(&stream);
    let stream = open(&world, Encoding::Cbor, "StreamCall", &to("echo", b""));
    let error = next::<StreamResponse>(&stream, Encoding::Cbor).error.expect("error");
    assert_eq!(
        (error.code, error.message.as_str()),
        (3, "s.echo is not a SERVER_STREAMING method; use Call")
    );
}

#[test]
fn a_client_stream_gives_one_answer() {
    let world = streaming();
    for encoding in ENCODINGS {
        let stream = open(&world, encoding, "ClientStreamCall", &StreamRequest::default());
        for n in 0..200 {
            send(&stream, encoding, &chunk("sum", n, &[1; 10]));
        }
        stream.finish();
        let answer: CallResponse = next(&stream, encoding);
        assert_eq!((answer.status, answer.result), (CallStatus::Ok as i32, 2000u64.to_le_bytes().to_vec()));
        ended(&stream);
    }
}

#[test]
fn the_request_that_opens_a_stream_may_be_its_first_message_and_a_message_its_last() {
    let world = streaming();
    let stream = open(&world, Encoding::Cbor, "ClientStreamCall", &chunk("sum", 0, &[1]));
    send(&stream, Encoding::Cbor, &StreamRequest { end_of_stream: true, ..chunk("sum", 1, &[2]) });
    assert_eq!(next::<CallResponse>(&stream, Encoding::Cbor).result, 3u64.to_le_bytes());
}

#[test]
fn a_bidirectional_stream_goes_both_ways_at_once() {
    let world = streaming();
    for encoding in ENCODINGS {
        let stream = open(&world, encoding, "BidirectionalStreamCall", &StreamRequest::default());
        for n in 0..50 {
            send(&stream, encoding, &chunk("back", n, &[n as u8]));
            let message: StreamResponse = next(&stream, encoding);
            assert_eq!((message.sequence, message.data), (n, vec![n as u8]));
        }
        stream.finish();
        assert!(next::<StreamResponse>(&stream, encoding).end_of_stream);
        ended(&stream);
    }
}

#[test]
fn a_method_may_end_a_stream_that_its_caller_has_not_finished() {
    let world = streaming();
    let stream = open(&world, Encoding::Cbor, "BidirectionalStreamCall", &chunk("back", 0, b"stop"));
    let last: StreamResponse = next(&stream, Encoding::Cbor);
    assert_eq!(last.error.expect("error").message, "stopped");
    ended(&stream);
}

#[test]
fn sequence_numbers_begin_at_0_and_go_up_by_one() {
    let world = streaming();
    for (numbers, code) in
        [(&[1][..], Code::DataLoss), (&[0, 2], Code::DataLoss), (&[0, 0], Code::InvalidArgument)]
    {
        for method in ["ClientStreamCall", "BidirectionalStreamCall"] {
            let stream = open(&world, Encoding::Cbor, method, &StreamRequest::default());
            let name = if method == "ClientStreamCall" { "sum" } else { "back" };
            for sequence in numbers {
                send(&stream, Encoding::Cbor, &StreamRequest { sequence: *sequence, ..chunk(name, 0, b"x") });
            }
            let error = loop {
                match stream.receive(Some(Duration::from_secs(10))) {
                    Ok(received) => assert!(matches!(received, Received::Item(_)), "{received:?}"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.code(), code, "{method} {numbers:?}: {error}");
        }
    }
}

#[test]
fn what_a_first_message_cannot_ask_for_is_refused_by_name() {
    let world = streaming();
    let refused = |key: &str, value: &str| {
        let first = StreamRequest { metadata: [(key.into(), value.into())].into(), ..chunk("sum", 0, b"") };
        let stream = open(&world, Encoding::Cbor, "ClientStreamCall", &first);
        stream.receive(Some(Duration::from_secs(10))).expect_err("refused").to_string()
    };
    assert_eq!(
        refused("hms-timeout-ms", "soon"),
        "INVALID_ARGUMENT (3): metadata 'hms-timeout-ms' is 'soon', not a number of milliseconds"
    );
    assert!(refused("authorization", "x").starts_with("UNIMPLEMENTED (12): metadata 'authorization' is set"));
    let stream = open(&world, Encoding::Cbor, "ClientStreamCall", &StreamRequest::default());
    stream.finish();
    let error = stream.receive(Some(Duration::from_secs(10))).expect_err("refused");
    assert_eq!(error.message(), "the stream ended before a message named service_id and method");
}

#[test]
fn a_time_in_the_metadata_ends_the_stream() {
    let world = streaming();
    let first =
        StreamRequest { metadata: [("hms-timeout-ms".into(), "30".into())].into(), ..chunk("sum", 0, b"") };
    let stream = open(&world, Encoding::Cbor, "ClientStreamCall", &first);
    let answer: CallResponse = next(&stream, Encoding::Cbor);
    assert_eq!(answer.status, CallStatus::Timeout as i32);
}

#[test]
fn cancelling_reaches_the_method_and_leaves_nothing_behind() {
    let world = streaming();
    let threads = introspect::snapshot().threads;
    for (method, name) in [("ClientStreamCall", "sum"), ("BidirectionalStreamCall", "back")] {
        let stream = open(&world, Encoding::Cbor, method, &chunk(name, 0, b"x"));
        std::thread::sleep(Duration::from_millis(20));
        drop(stream);
    }
    drop(open(&world, Encoding::Cbor, "StreamCall", &to("count", &[255])));
    world.server.stop(Some(Duration::from_secs(10))).expect("the methods have ended");
    drop(world);
    eventually("no thread is left", || introspect::snapshot().threads <= threads);
}
