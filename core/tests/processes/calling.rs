use std::sync::Mutex;
use std::time::Duration;

use hmsffi_core::Code;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::{Dispatch, MethodSpec};
use hmsffi_core::{Error, proto};

use super::{beside, call, found};
use crate::support::{World, method, reply};

fn echo() -> MethodSpec {
    method("echo", |call, request| reply(call, request.body))
}

fn serve_echo(world: &World) {
    world
        .host("echo", vec![echo(), MethodSpec { dispatch: Dispatch::Pool, name: "pooled".into(), ..echo() }]);
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn bytes_of_any_length_come_back_as_they_went() {
    beside("calling::bytes_of_any_length_come_back_as_they_went", serve_echo, |world, _, _| {
        for name in ["echo", "pooled"] {
            let echo = found(&world.client, "echo", name);
            for len in [0, 1, 64, 95, 96, 97, 4000, 4064, 4065, 5000, 65_536, 1 << 20, 20 << 20] {
                let sent = bytes(len);
                let answer = echo.call(&Request::bytes(&sent), &CallOptions::default()).expect("answer");
                assert!(answer.body.as_slice() == sent, "{name}: {len} bytes");
                assert_eq!(answer.encoding(), Encoding::Bytes);
            }
        }
    });
}

#[test]
fn many_calls_one_after_the_other_and_at_once() {
    beside("calling::many_calls_one_after_the_other_and_at_once", serve_echo, |world, _, _| {
        let echo = found(&world.client, "echo", "echo");
        std::thread::scope(|scope| {
            for thread in 0..8_u32 {
                let echo = &echo;
                scope.spawn(move || {
                    for n in 0..5_000_u32 {
                        let sent = [thread.to_le_bytes(), n.to_le_bytes()].concat();
                        let answer =
                            echo.call(&Request::bytes(&sent), &CallOptions::default()).expect("answer");
                        assert_eq!(answer.body.as_slice(), sent);
                    }
                });
            }
        });
    });
}

#[test]
fn metadata_and_encodings_travel_both_ways() {
    let serve = |world: &World| {
        let show = |call: Call, request: &Request<'_>| {
            let mut metadata: Vec<_> =
                request.metadata.iter().map(|(k, v)| (v.to_string(), k.to_string())).collect();
            metadata.push(("type".into(), request.content_type().into()));
            let response = Response::new(Buffer::copy_of(request.body), Encoding::Other);
            call.answer(Ok(response.with(Some("text/csv".into()), metadata))).expect("answer");
        };
        world.host("show", vec![method("show", show)]);
    };
    beside("calling::metadata_and_encodings_travel_both_ways", serve, |world, _, _| {
        let show = found(&world.client, "show", "show");
        let large = "x".repeat(100_000);
        for value in ["v", &large] {
            let request = Request {
                encoding: Encoding::Other,
                content_type: "text/tab",
                metadata: &[("k", value), ("", "empty")],
                ..Request::bytes(b"a,b")
            };
            let answer = show.call(&request, &CallOptions::default()).expect("answer");
            assert_eq!((answer.body.as_slice(), answer.content_type()), (&b"a,b"[..], "text/csv"));
            let expected = [(value, "k"), ("empty", ""), ("type", "text/tab")];
            let got: Vec<(&str, &str)> =
                answer.metadata().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert!(got == expected, "metadata of {} bytes", value.len());
        }
    });
}

#[test]
fn an_error_arrives_with_everything_that_it_had() {
    fn error() -> Error {
        let cause = Error::new(Code::OutOfRange, "deeper").with_stack("line\n".repeat(3000));
        Error::new(Code::NotFound, "no such patient")
            .with_source("records.find")
            .with_stack("find (records.rs:1)")
            .with_detail("id", "17")
            .with_cause(cause)
    }
    let serve = |world: &World| {
        world.host("fail", vec![method("fail", |call, _| call.answer(Err(error())).expect("answer"))]);
    };
    beside("calling::an_error_arrives_with_everything_that_it_had", serve, |world, _, _| {
        let fail = found(&world.client, "fail", "fail");
        let got = fail.call(&Request::bytes(b""), &CallOptions::default()).expect_err("an error");
        assert_eq!(got, error());
    });
}

#[test]
fn a_panic_of_a_handler_is_internal_and_the_server_goes_on() {
    let serve = |world: &World| {
        std::panic::set_hook(Box::new(|_| ()));
        world.host("bad", vec![method("panic", |_, _| panic!("oh")), echo()]);
    };
    beside("calling::a_panic_of_a_handler_is_internal_and_the_server_goes_on", serve, |world, _, _| {
        let panic = found(&world.client, "bad", "panic");
        assert_eq!(call(&panic, b""), "INTERNAL (13): bad.panic panicked: oh");
        assert_eq!(call(&found(&world.client, "bad", "echo"), b"x"), "x");
    });
}

#[test]
fn a_deadline_ends_the_wait_and_the_handler_learns_of_it() {
    let serve = |world: &World| {
        let (tell, told) = std::sync::mpsc::channel();
        let (tell, told) = (Mutex::new(tell), Mutex::new(told));
        let wait = move |call: Call, _: &Request<'_>| {
            while !call.cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            tell.lock().expect("lock").send(()).expect("heard");
            let _ = call.answer(Err(Error::aborted("given up")));
        };
        let marked = move |call: Call, _: &Request<'_>| {
            told.lock().expect("lock").recv().expect("told");
            reply(call, b"cancelled");
        };
        world.host("slow", vec![method("wait", wait), method("marked", marked)]);
    };
    beside("calling::a_deadline_ends_the_wait_and_the_handler_learns_of_it", serve, |world, _, _| {
        let wait = found(&world.client, "slow", "wait");
        let options = CallOptions { timeout_ns: 50_000_000, ..CallOptions::default() };
        let late = wait.call(&Request::bytes(b""), &options).expect_err("late");
        assert_eq!(late.to_string(), "DEADLINE_EXCEEDED (4): slow.wait did not answer in time");
        assert_eq!(call(&found(&world.client, "slow", "marked"), b""), "cancelled");
    });
}

#[test]
fn handlers_that_wait_for_each_other_run_at_once() {
    // Eight calls, none of which is answered before all have begun.
    let serve = |world: &World| {
        let barrier = std::sync::Barrier::new(8);
        let meet = move |call: Call, _: &Request<'_>| {
            barrier.wait();
            reply(call, b"met");
        };
        world.host("meet", vec![method("meet", meet)]);
    };
    beside("calling::handlers_that_wait_for_each_other_run_at_once", serve, |world, _, _| {
        let meet = found(&world.client, "meet", "meet");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(call(&meet, b""), "met"));
            }
        });
    });
}

#[test]
fn a_handler_may_answer_later_from_another_thread() {
    let serve = |world: &World| {
        let later = |call: Call, request: &Request<'_>| {
            call.retain().expect("retain");
            let body = request.body.to_vec();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(5));
                reply(call, &body);
            });
        };
        world.host("later", vec![method("later", later)]);
    };
    beside("calling::a_handler_may_answer_later_from_another_thread", serve, |world, _, _| {
        let later = found(&world.client, "later", "later");
        for n in 0..20_u8 {
            assert_eq!(
                later.call(&Request::bytes(&[n]), &CallOptions::default()).expect("answer").body.as_slice(),
                [n]
            );
        }
    });
}

#[test]
fn asynchronous_calls_are_read_and_cancelled_by_id() {
    let serve = |world: &World| {
        let forever = |call: Call, _: &Request<'_>| {
            while !call.cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = call.answer(Err(Error::aborted("given up")));
        };
        world.host("work", vec![echo(), method("forever", forever)]);
    };
    beside("calling::asynchronous_calls_are_read_and_cancelled_by_id", serve, |world, _, _| {
        let echo = found(&world.client, "work", "echo");
        let results = &world.runtime.results;
        let ids: Vec<String> = (0..200_u32)
            .map(|n| {
                results
                    .submit(&echo, &Request::bytes(&n.to_le_bytes()), &CallOptions::default(), None)
                    .expect("id")
            })
            .collect();
        for (n, id) in ids.iter().enumerate() {
            let outcome =
                results.result(id, Some(Duration::from_secs(10)), || true).expect("known").expect("in time");
            let answer = outcome.as_ref().as_ref().expect("answer");
            assert_eq!(answer.body.as_slice(), (n as u32).to_le_bytes());
        }
        let forever = found(&world.client, "work", "forever");
        let id = results.submit(&forever, &Request::bytes(b""), &CallOptions::default(), None).expect("id");
        assert_eq!(results.status(&id).expect("known"), proto::CallStatus::InProgress);
        assert!(results.cancel(&id).expect("known"));
        assert_eq!(results.status(&id).expect("known"), proto::CallStatus::Cancelled);
        assert_eq!(call(&echo, b"on"), "on", "the link goes on");
    });
}

#[test]
fn threads_of_any_number_call_beside_calls_that_are_answered_later() {
    const TEST: &str = "calling::threads_of_any_number_call_beside_calls_that_are_answered_later";
    // More than the gate of a service counts one by one.
    const THREADS: usize = 40;
    let hold = |call: Call, _: &Request<'_>| {
        call.retain().expect("retain");
        let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(Error::aborted("nobody waits"))))));
    };
    let serve = move |world: &World| world.host("echo", vec![echo(), method("hold", hold)]);
    beside(TEST, serve, |world, _, _| {
        let (echo, hold) = (found(&world.client, "echo", "echo"), found(&world.client, "echo", "hold"));
        let all_hold = std::sync::Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let held = hold.submit(&Request::bytes(b""), &CallOptions::default(), Box::new(|_| ()));
                    all_hold.wait();
                    held.expect("let in");
                    assert_eq!(call(&echo, b"x"), "x");
                });
            }
        });
    });
}
