//! What lives in the process returns to what it was. One test: the counts are the process's.

mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::introspect::{Snapshot, snapshot};
use hmsffi_core::proto::StreamType;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::stream::{Item, Received};
use hmsffi_core::{Code, Error};

use support::{eventually, method, reply, stream_method, world};

/// What must not grow.
fn live() -> Snapshot {
    Snapshot { calls_total: 0, bytes_copied_total: 0, ..snapshot() }
}

fn everything_once() {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![
            method("echo", |call: Call, request: &Request<'_>| reply(call, request.body)),
            method("fail", |call: Call, _: &Request<'_>| {
                call.answer(Err(Error::aborted("no"))).expect("fail")
            }),
            method("panic", |_: Call, _: &Request<'_>| panic!("on purpose")),
            method("silent", |_: Call, _: &Request<'_>| {}),
            method("late", |call: Call, _: &Request<'_>| {
                call.retain().expect("retain");
                thread::spawn(move || reply(call, &[0; 100]));
            }),
            method("slow", |call: Call, _: &Request<'_>| {
                thread::sleep(Duration::from_millis(20));
                let _ = call.answer(Ok(Response::new(Buffer::copy_of(&[0; 100]), Encoding::Bytes)));
            }),
            stream_method("back", StreamType::BidirectionalStreaming, |call: Call, _: &Request<'_>| {
                let stream = call.stream().expect("stream");
                while let Ok(Received::Item(item)) = stream.receive(None) {
                    let _ = stream.send(item, None);
                }
                let _ = call.answer(Ok(Response::new(Buffer::copy_of(b""), Encoding::Bytes)));
            }),
        ],
    );
    let within = |ms: u64| CallOptions { timeout_ns: ms * 1_000_000, ..CallOptions::default() };
    let request = Request::bytes(&[7; 5000]);
    for options in [within(0), within(5000)] {
        for (name, code) in [
            ("echo", None),
            ("fail", Some(Code::Aborted)),
            ("panic", Some(Code::Internal)),
            ("silent", Some(Code::Internal)),
            ("late", None),
        ] {
            assert_eq!(
                world.bind("s", name).call(&request, &options).err().map(|error| error.code()),
                code,
                "{name}"
            );
        }
    }
    assert!(world.bind("s", "slow").call(&request, &within(2)).is_err());
    let results = &world.runtime.results;
    for name in ["echo", "fail", "late", "slow"] {
        let id = results.submit(&world.bind("s", name), &request, &within(0), None).expect("submit");
        results.cancel(&id).expect("cancel");
    }
    let item = || Item { body: Buffer::copy_of(&[1; 1000]), encoding: Encoding::Bytes, content_type: None };
    for finished in [true, false] {
        let stream = world.bind("s", "back").open_stream(&request, &within(0)).expect("open");
        stream.send(item(), None).expect("send");
        if finished {
            assert!(matches!(stream.receive(None), Ok(Received::Item(_))));
            stream.finish();
            assert!(matches!(stream.receive(None), Ok(Received::End)));
        }
    }
    world.runtime.close(Some(Duration::from_secs(10))).expect("close");
}

/// A direct call copies no request; any other copies it once.
fn copies_are_counted() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("none", |call: Call, _: &Request<'_>| reply(call, b""))]);
    let copied = |options: &CallOptions| {
        let before = snapshot().bytes_copied_total;
        world.bind("s", "none").call(&Request::bytes(&[1; 5000]), options).expect("answer");
        snapshot().bytes_copied_total - before
    };
    assert_eq!(copied(&CallOptions::default()), 0);
    assert_eq!(live().threads, 0, "nobody has needed a thread");
    assert_eq!(copied(&CallOptions { timeout_ns: 5_000_000_000, ..CallOptions::default() }), 5000);
    drop(world);
    eventually("the handler thread has ended", || live().threads == 0);
}

#[test]
fn threads_buffers_calls_and_queued_bytes_return_to_what_they_were() {
    let before = live();
    assert_eq!(before.threads, 0);
    copies_are_counted();
    let copied = snapshot().bytes_copied_total;
    for _ in 0..20 {
        everything_once();
    }
    eventually("everything was given back", || live() == before);
    let total = snapshot();
    assert!(total.calls_total >= 20 * 17 && total.bytes_copied_total > copied);

    let world = Arc::new(world(ServerOptions::default()));
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let binding = world.bind("s", "echo");
                for _ in 0..50_000 {
                    binding.call(&Request::bytes(&[1; 64]), &CallOptions::default()).expect("answer");
                }
            });
        }
    });
    assert_eq!(live(), before);
}
