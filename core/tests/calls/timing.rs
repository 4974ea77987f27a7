//! Deadlines, and callers that stop waiting.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Context, Request, Response};
use hmsffi_core::client::{CallOptions, Client, ClientOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::{Code, Error, Result};

use super::{TO_BEGIN, call, call_within};
use crate::support::{World, eventually, method, reply, world};

const MS: u64 = 1_000_000;

fn sleeping(dispatch: Dispatch, timeout_ns: u64) -> MethodSpec {
    let handler = |call: Call, _: &Request<'_>| {
        thread::sleep(Duration::from_millis(200));
        // Nobody may be waiting any more.
        let _ = call.answer(Ok(Response::new(Buffer::copy_of(b"late"), Encoding::Bytes)));
    };
    MethodSpec { dispatch, timeout_ns, ..method("sleep", handler) }
}

#[test]
fn a_timeout_of_the_calls_own_ends_the_wait_while_the_handler_sleeps() {
    let world = world(ServerOptions::default());
    world.host("s", vec![sleeping(Dispatch::Direct, 0)]);
    let began = Instant::now();
    let error = call_within(&world.bind("s", "sleep"), b"", 20).expect_err("late");
    assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
    assert_eq!(
        (error.code(), error.message(), error.source()),
        (Code::DeadlineExceeded, "s.sleep did not answer in time", "s.sleep")
    );
}

#[test]
fn the_timeout_of_a_client_or_method_discards_a_late_answer_of_a_direct_handler() {
    let world = world(ServerOptions::default());
    world.host("method", vec![sleeping(Dispatch::Direct, 20 * MS)]);
    world.host("client", vec![sleeping(Dispatch::Direct, 0)]);
    let hasty = Client::new(
        world.runtime.clone(),
        ClientOptions { timeout_ns: 20 * MS, max_retries: 0, ..ClientOptions::default() },
    )
    .expect("client");
    for binding in [world.bind("method", "sleep"), hasty.bind("client", "sleep").expect("bind")] {
        let began = Instant::now();
        assert_eq!(call(&binding, b"").expect_err("late").code(), Code::DeadlineExceeded);
        assert!(began.elapsed() >= Duration::from_millis(200), "the handler ran to its end");
    }
}

#[test]
fn the_timeout_of_a_server_ends_the_wait_for_a_handler_thread() {
    let world = world(ServerOptions { call_timeout_ns: 20 * MS, ..Default::default() });
    world.host("s", vec![sleeping(Dispatch::Pool, 0)]);
    let began = Instant::now();
    assert_eq!(call(&world.bind("s", "sleep"), b"").expect_err("late").code(), Code::DeadlineExceeded);
    assert!(began.elapsed() < Duration::from_millis(150));
}

#[test]
fn a_longer_timeout_of_the_calls_own_leaves_those_of_method_and_server() {
    let world = world(ServerOptions { call_timeout_ns: 20 * MS, ..Default::default() });
    world.host("server", vec![sleeping(Dispatch::Direct, 0)]);
    world.host(
        "method",
        vec![
            sleeping(Dispatch::Direct, 10 * MS),
            MethodSpec { name: "pool".into(), ..sleeping(Dispatch::Pool, 10 * MS) },
        ],
    );
    for (service, method) in [("server", "sleep"), ("method", "sleep"), ("method", "pool")] {
        let began = Instant::now();
        let error = call_within(&world.bind(service, method), b"", 60_000).expect_err("late");
        assert_eq!(error.code(), Code::DeadlineExceeded);
        assert!(began.elapsed() < Duration::from_millis(150), "{service}.{method}: {:?}", began.elapsed());
    }
    let patient = Client::new(
        world.runtime.clone(),
        ClientOptions { timeout_ns: 60_000 * MS, max_retries: 0, ..ClientOptions::default() },
    )
    .expect("client");
    assert_eq!(
        call(&patient.bind("method", "pool").expect("bind"), b"").expect_err("late").code(),
        Code::DeadlineExceeded
    );
}

/// A world with a method `left` that answers with the milliseconds that it has left; 0 = for ever.
fn telling() -> World {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![method("left", |call: Call, _: &Request<'_>| {
            let left = Context::current().and_then(|context| context.deadline.left());
            reply(call, &left.map_or(0, |left| left.as_millis() as u64).to_le_bytes());
        })],
    );
    let client = Arc::downgrade(&world.client);
    let through = method("through", move |call: Call, request: &Request<'_>| {
        let ms = u64::from(request.body.first().copied().unwrap_or(0)) * 100;
        let binding = client.upgrade().expect("client").bind("s", "left").expect("bind");
        call.answer(call_within(&binding, b"", ms)).expect("reply");
    });
    world.server.add_method("s", through).expect("add");
    world
}

fn left(outcome: Result<Response>) -> u64 {
    u64::from_le_bytes(outcome.expect("answer").body.as_slice().try_into().expect("8 bytes"))
}

#[test]
fn a_nested_call_has_the_time_that_is_left_or_less() {
    let world = telling();
    let through = world.bind("s", "through");
    assert_eq!(left(call(&through, b"")), 0, "no deadline anywhere");
    assert!((1..=5000).contains(&left(call_within(&through, b"", 5000))));
    assert!((1..=200).contains(&left(call_within(&through, &[2], 5000))), "its own is earlier");
    assert!((1..=1000).contains(&left(call_within(&through, &[200], 1000))), "its own is later");
}

#[test]
fn a_nested_call_without_time_is_not_made() {
    let world = telling();
    let client = Arc::downgrade(&world.client);
    let (tell, told) = mpsc::channel();
    let wasteful = method("wasteful", move |call: Call, _: &Request<'_>| {
        while !call.cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        let binding = client.upgrade().expect("client").bind("s", "left").expect("bind");
        tell.send(super::call(&binding, b"")).expect("tell");
        let _ = call.close();
    });
    world.server.add_method("s", wasteful).expect("add");
    assert_eq!(
        call_within(&world.bind("s", "wasteful"), b"", TO_BEGIN).expect_err("late").code(),
        Code::DeadlineExceeded
    );
    let nested = told.recv_timeout(Duration::from_secs(10)).expect("told").expect_err("no time");
    assert_eq!(
        (nested.code(), nested.message()),
        (Code::DeadlineExceeded, "no time was left to call s.left")
    );
}

#[test]
fn a_handler_learns_that_its_caller_is_gone_and_may_still_finish() {
    let world = world(ServerOptions::default());
    let hooked = Arc::new(AtomicBool::new(false));
    let (tell, told) = mpsc::channel();
    let hook = hooked.clone();
    world.host(
        "s",
        vec![method("m", move |call: Call, _: &Request<'_>| {
            let hook = hook.clone();
            call.on_cancel(Box::new(move || hook.store(true, Ordering::SeqCst))).expect("hook");
            while !call.cancelled() {
                thread::sleep(Duration::from_millis(1));
            }
            let late = call.answer(Err(Error::aborted("too late")));
            tell.send(late.expect_err("nobody waits")).expect("tell");
        })],
    );
    assert_eq!(
        call_within(&world.bind("s", "m"), b"", TO_BEGIN).expect_err("late").code(),
        Code::DeadlineExceeded
    );
    let error = told.recv_timeout(Duration::from_secs(10)).expect("told");
    assert_eq!(
        (error.code(), error.message()),
        (Code::Cancelled, "the caller does not wait for this answer any more")
    );
    assert!(hooked.load(Ordering::SeqCst));
}

#[test]
fn an_abandoned_handler_counts_until_it_has_ended() {
    let world = world(ServerOptions { max_concurrent_calls: 1, ..Default::default() });
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    world.host(
        "s",
        vec![
            method("hold", move |call: Call, _: &Request<'_>| {
                let _ = wait.lock().expect("lock").recv();
                let _ = call.close();
            }),
            method("echo", |call: Call, request: &Request<'_>| reply(call, request.body)),
        ],
    );
    assert_eq!(
        call_within(&world.bind("s", "hold"), b"", TO_BEGIN).expect_err("late").code(),
        Code::DeadlineExceeded
    );
    let echo = world.bind("s", "echo");
    assert_eq!(call(&echo, b"").expect_err("full").code(), Code::ResourceExhausted);
    let draining = world.server.stop(Some(Duration::from_millis(20))).expect_err("one still runs");
    assert_eq!(draining.code(), Code::DeadlineExceeded);
    world.server.start().expect("start");
    go.send(()).expect("go");
    eventually("the handler has ended", || call(&echo, b"").is_ok());
}

#[test]
fn cancelling_an_asynchronous_call_ends_it_at_once() {
    let world = world(ServerOptions::default());
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    world.host(
        "s",
        vec![method("hold", move |call: Call, _: &Request<'_>| {
            let _ = wait.lock().expect("lock").recv();
            let _ = call.close();
        })],
    );
    let results = &world.runtime.results;
    let id = results
        .submit(&world.bind("s", "hold"), &Request::bytes(b""), &CallOptions::default(), None)
        .expect("submit");
    assert!(results.cancel(&id).expect("cancel"));
    let outcome = results.result(&id, None, || true).expect("result").expect("ended");
    let error = outcome.as_ref().as_ref().expect_err("cancelled");
    assert_eq!(
        (error.code(), error.message().to_owned()),
        (Code::Cancelled, format!("call {id} was cancelled"))
    );
    assert!(!results.cancel(&id).expect("cancel"), "it has ended");
    go.send(()).expect("go");
    assert!(world.server.stop(Some(Duration::from_secs(10))).is_ok());
}

#[test]
fn cancelling_a_call_reaches_those_that_its_handler_waits_for_also_further_down() {
    let world = world(ServerOptions::default());
    let (entered, inside) = mpsc::channel();
    let (tell, told) = mpsc::channel();
    let calling = |to: &'static str| {
        let (client, tell) = (Arc::downgrade(&world.client), tell.clone());
        move |inbound: Call, _: &Request<'_>| {
            let binding = client.upgrade().expect("client").bind("s", to).expect("bind");
            let outcome = super::call(&binding, b"");
            let _ = tell.send(outcome.as_ref().map_err(|error| error.code()).map(drop));
            let _ = inbound.answer(outcome);
        }
    };
    let entered_later = entered.clone();
    let retained = move |call: Call, _: &Request<'_>| {
        call.retain().expect("retain");
        entered_later.send(()).expect("entered");
    };
    let polling = move |call: Call, _: &Request<'_>| {
        let hooked = Arc::new(AtomicBool::new(false));
        let hook = hooked.clone();
        call.on_cancel(Box::new(move || hook.store(true, Ordering::SeqCst))).expect("hook");
        entered.send(()).expect("entered");
        eventually("it sees that it is cancelled", || call.cancelled() && hooked.load(Ordering::SeqCst));
        call.answer(Err(Error::new(Code::Cancelled, "seen"))).expect("its own caller waits");
    };
    let methods = [("outer", "middle"), ("middle", "inner"), ("far", "near"), ("near", "later")];
    let methods = methods.map(|(name, to)| method(name, calling(to))).into_iter();
    let ends = [method("inner", polling), method("later", retained)];
    world.host("s", methods.chain(ends).collect());
    let results = &world.runtime.results;
    for name in ["outer", "far"] {
        let id = results
            .submit(&world.bind("s", name), &Request::bytes(b""), &CallOptions::default(), None)
            .expect("submit");
        inside.recv_timeout(Duration::from_secs(10)).expect("inside");
        assert!(results.cancel(&id).expect("cancel"));
        for caller in ["the inner", name] {
            let ended = told.recv_timeout(Duration::from_secs(10)).expect("told");
            assert_eq!(ended, Err(Code::Cancelled), "{caller}");
        }
    }
}

#[test]
fn a_wait_that_nobody_limits_ends_after_thirty_seconds() {
    let world = telling();
    let binding = world.bind("s", "left");
    let (tell, told) = mpsc::channel();
    let completion = Box::new(move |outcome| tell.send(outcome).expect("tell"));
    binding.submit(&Request::bytes(b""), &CallOptions::default(), completion).expect("submit");
    let left = left(told.recv_timeout(Duration::from_secs(10)).expect("told"));
    assert!((20_000..=30_000).contains(&left), "{left}");
}

#[test]
fn a_completion_runs_where_the_call_is_answered_cancelled_or_late() {
    let world = world(ServerOptions::default());
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let name = || thread::current().name().map(str::to_owned);
    world.host(
        "s",
        vec![
            method("who", move |call: Call, _: &Request<'_>| reply(call, name().expect("named").as_bytes())),
            method("hold", move |call: Call, _: &Request<'_>| {
                let _ = wait.lock().expect("lock").recv();
                let _ = call.close();
            }),
        ],
    );
    let submit = |method: &str, timeout_ns| {
        let (tell, told) = mpsc::channel();
        let completion = Box::new(move |outcome| tell.send((outcome, name())).expect("tell"));
        let options = CallOptions { timeout_ns, ..CallOptions::default() };
        let binding = world.bind("s", method);
        let _ = binding.submit(&Request::bytes(b""), &options, completion).expect("submit");
        told.recv_timeout(Duration::from_secs(10)).expect("told")
    };
    let (answer, completed) = submit("who", 0);
    assert_eq!(Some(crate::support::text(answer)), completed, "on the thread that answered");
    let (late, completed) = submit("hold", 20 * MS);
    assert_eq!(late.expect_err("late").code(), Code::DeadlineExceeded);
    assert_eq!(completed.as_deref(), Some("hms-timer"));

    let (tell, told) = mpsc::channel();
    let notify = Box::new(move |_: &_| tell.send(thread::current().id()).expect("tell"));
    let results = &world.runtime.results;
    let id = results
        .submit(&world.bind("s", "hold"), &Request::bytes(b""), &CallOptions::default(), Some(notify))
        .expect("submit");
    assert!(results.cancel(&id).expect("cancel"));
    assert_eq!(told.try_recv(), Ok(thread::current().id()), "on the thread that cancelled");
    for _ in 0..2 {
        go.send(()).expect("go");
    }
}

#[test]
fn as_many_handlers_run_on_handler_threads_at_once_as_there_are() {
    let cpus = thread::available_parallelism().expect("cpus").get();
    for (pool_threads, most) in [(1, 1), (2, 2), (0, cpus.max(4))] {
        let world = world(ServerOptions { pool_threads, ..Default::default() });
        let (inside, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (now, end) = (inside.clone(), over.clone());
        world.host(
            "s",
            vec![method("hold", move |call: Call, _: &Request<'_>| {
                now.fetch_add(1, Ordering::SeqCst);
                while !end.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                let _ = call.close();
            })],
        );
        let binding = world.bind("s", "hold");
        for _ in 0..most + 3 {
            binding.submit(&Request::bytes(b""), &CallOptions::default(), Box::new(drop)).expect("submit");
        }
        eventually("all threads are taken", || inside.load(Ordering::SeqCst) == most);
        thread::sleep(Duration::from_millis(30));
        assert_eq!(inside.load(Ordering::SeqCst), most);
        over.store(true, Ordering::SeqCst);
        assert!(world.server.stop(Some(Duration::from_secs(10))).is_ok());
        assert_eq!(inside.load(Ordering::SeqCst), most + 3, "the others were served later");
    }
}

#[test]
fn a_cancel_hook_may_use_the_library() {
    let world = telling();
    let client = Arc::downgrade(&world.client);
    let (tell, told) = mpsc::channel();
    let hooked = method("hooked", move |call: Call, _: &Request<'_>| {
        let (client, tell) = (client.clone(), tell.clone());
        let hook = move || {
            let binding = client.upgrade().expect("client").bind("s", "left").expect("bind");
            tell.send((super::call(&binding, b"").is_ok(), call.is_open(), call.cancelled())).expect("tell");
        };
        call.on_cancel(Box::new(hook)).expect("hook");
        while !call.cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        let _ = call.close();
    });
    world.server.add_method("s", hooked).expect("add");
    assert!(call_within(&world.bind("s", "hooked"), b"", TO_BEGIN).is_err());
    let (called, _, cancelled) = told.recv_timeout(Duration::from_secs(10)).expect("told");
    assert!(called && cancelled);
}

#[test]
fn a_call_that_waits_too_long_for_a_handler_thread_is_not_served() {
    let world = world(ServerOptions { pool_threads: 1, ..Default::default() });
    let served = Arc::new(Mutex::new(Vec::new()));
    let seen = served.clone();
    world.host(
        "s",
        vec![method("m", move |call: Call, request: &Request<'_>| {
            seen.lock().expect("lock").push(request.body[0]);
            thread::sleep(Duration::from_millis(100));
            let _ = call.close();
        })],
    );
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        scope.spawn(|| call_within(&binding, &[1], 5000));
        eventually("the thread is taken", || !served.lock().expect("lock").is_empty());
        assert_eq!(call_within(&binding, &[2], 10).expect_err("late").code(), Code::DeadlineExceeded);
    });
    assert!(world.server.stop(Some(Duration::from_secs(10))).is_ok());
    assert_eq!(*served.lock().expect("lock"), [1]);
}
