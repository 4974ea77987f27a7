//! Methods served by an event loop, and calls that would wait for themselves.

mod support;

use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::dispatch::{Completion, Queue};
use hmsffi_core::results::shared;
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::{Code, Error, Result};
use support::{World, method, reply, text, world};

fn queued(name: &str, queue: &Arc<Queue>) -> MethodSpec {
    MethodSpec {
        name: name.into(),
        dispatch: Dispatch::Hop,
        queue: Some((queue.clone(), 1)),
        ..MethodSpec::default()
    }
}

/// A loop that serves a queue on a thread of its own until the queue closes.
fn serve(queue: Arc<Queue>, mut handler: impl FnMut(Call) + Send + 'static) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while let Ok(batch) = queue.poll(16, None) {
            for completion in batch {
                if let Completion::Request { call, .. } = completion {
                    handler(call);
                }
            }
        }
    })
}

fn echo(call: Call) {
    let body = call.request(|request| request.body.to_vec()).expect("request");
    reply(call, &body);
}

fn call(binding: &Binding, body: &[u8]) -> Result<String> {
    binding.call(&Request::bytes(body), &CallOptions::default()).map(|answer| text(Ok(answer)))
}

/// Two services, each on a loop of its own: `a.call_b` calls `b.call_a` or `b.echo`, as the body says.
fn pooled(world: &World, service: &'static str, target: &'static str) -> MethodSpec {
    let client = world.client.clone();
    let _ = service;
    MethodSpec {
        dispatch: Dispatch::Pool,
        ..method("through", move |call: Call, request: &Request<'_>| {
            let (service, method) = target.split_once('.').expect("service.method");
            let outcome = client
                .bind(service, method)
                .and_then(|binding| binding.call(request, &CallOptions::default()))
                .map_err(|error| Error::new(error.code(), error.message()).with_cause(error));
            let _ = call.answer(outcome);
        })
    }
}

#[test]
fn a_loop_serves_calls_from_other_threads() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("echo", &queue)]);
    let served = serve(queue.clone(), echo);
    let binding = world.bind("loop", "echo");
    for n in 0..100 {
        assert_eq!(call(&binding, format!("hello {n}").as_bytes()).expect("answer"), format!("hello {n}"));
    }
    queue.close();
    served.join().expect("the loop ends");
}

#[test]
fn closing_a_queue_fails_what_is_pending_and_what_comes() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("never", &queue)]);
    let (taken, seen) = mpsc::channel();
    let served = serve(queue.clone(), move |call| taken.send(call.id()).expect("tell"));
    let closer = queue.clone();
    std::thread::spawn(move || {
        seen.recv_timeout(Duration::from_secs(10)).expect("delivered");
        closer.close();
    });
    let binding = world.bind("loop", "never");
    assert_eq!(call(&binding, b"").expect_err("pending").code(), Code::Unavailable);
    assert_eq!(call(&binding, b"").expect_err("late").code(), Code::Unavailable);
    served.join().expect("the loop ends");
}

#[test]
fn a_loop_is_told_when_a_caller_went_away() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("slow", &queue)]);
    let options = CallOptions { timeout_ns: 30_000_000, ..CallOptions::default() };
    let late = world.bind("loop", "slow").call(&Request::bytes(b""), &options).expect_err("late");
    assert_eq!(late.code(), Code::DeadlineExceeded);
    let batch = queue.poll(8, Some(Duration::from_secs(10))).expect("poll");
    let [Completion::Request { call, .. }, Completion::Cancelled { call: gone, .. }] = batch.as_slice()
    else {
        panic!("{} completions", batch.len());
    };
    assert_eq!(call.id(), gone.id());
    assert_eq!(
        call.answer(Err(Error::internal("too late"))).expect_err("nobody waits").code(),
        Code::Cancelled
    );
}

#[test]
fn a_loop_that_waits_for_itself_is_refused() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("echo", &queue)]);
    // This thread is the loop: it polls the queue.
    assert!(queue.poll(1, Some(Duration::ZERO)).expect("poll").is_empty());
    let error = call(&world.bind("loop", "echo"), b"").expect_err("refused");
    assert_eq!(error.code(), Code::Aborted);
    assert!(error.message().contains("loop.echo"), "{error}");
}

#[test]
fn a_loop_that_waits_for_itself_through_a_handler_thread_is_refused_with_the_cycle() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("echo", &queue)]);
    world.host("pool", vec![pooled(&world, "pool", "loop.echo")]);
    assert!(queue.poll(1, Some(Duration::ZERO)).expect("poll").is_empty());
    let error = call(&world.bind("pool", "through"), b"").expect_err("refused");
    assert_eq!(error.code(), Code::Aborted);
    assert!(error.message().contains("pool.through -> loop.echo"), "{error}");
}

#[test]
fn a_loop_may_be_called_through_a_handler_thread_by_others() {
    let world = world(ServerOptions::default());
    let queue = Queue::new(true).expect("queue");
    world.host("loop", vec![queued("echo", &queue)]);
    world.host("pool", vec![pooled(&world, "pool", "loop.echo")]);
    let served = serve(queue.clone(), echo);
    assert_eq!(call(&world.bind("pool", "through"), b"hello").expect("answer"), "hello");
    queue.close();
    served.join().expect("the loop ends");
}

#[test]
fn of_two_loops_that_call_each_other_at_once_one_is_refused_and_neither_hangs() {
    let world = Arc::new(world(ServerOptions::default()));
    let queues = [Queue::new(true).expect("queue"), Queue::new(true).expect("queue")];
    let (report, outcomes) = mpsc::channel();
    let mut loops = Vec::new();
    for (n, other) in [(0usize, "loop1"), (1, "loop0")] {
        world.host(&format!("loop{n}"), vec![queued("go", &queues[n])]);
        let (world, report) = (world.clone(), report.clone());
        loops.push(serve(queues[n].clone(), move |call| {
            let kick = call.request(|request| request.body == b"kick").expect("request");
            if kick {
                // Both loops are in here before either calls.
                std::thread::sleep(Duration::from_millis(100));
                let outcome = self::call(&world.bind(other, "go"), b"plain");
                report.send(outcome.map_err(|error| error.code())).expect("tell");
            }
            reply(call, b"done");
        }));
    }
    let kicks: Vec<_> = [0, 1]
        .map(|n| {
            let binding = world.bind(&format!("loop{n}"), "go");
            std::thread::spawn(move || call(&binding, b"kick"))
        })
        .into_iter()
        .collect();
    let seen: Vec<_> =
        (0..2).map(|_| outcomes.recv_timeout(Duration::from_secs(10)).expect("no hang")).collect();
    assert!(seen.contains(&Err(Code::Aborted)), "{seen:?}");
    assert!(seen.contains(&Ok("done".to_owned())), "{seen:?}");
    for kick in kicks {
        assert_eq!(kick.join().expect("thread").expect("answer"), "done");
    }
    queues.iter().for_each(|queue| queue.close());
    loops.into_iter().for_each(|served| served.join().expect("the loop ends"));
}

#[test]
fn a_pool_of_one_thread_that_waits_for_itself_runs_the_handler_in_place() {
    let world = world(ServerOptions { pool_threads: 1, ..ServerOptions::default() });
    let echo_on_pool = MethodSpec {
        dispatch: Dispatch::Pool,
        ..method("echo", |call: Call, r: &Request<'_>| reply(call, r.body))
    };
    world.host("pool", vec![pooled(&world, "pool", "pool.echo"), echo_on_pool]);
    assert_eq!(call(&world.bind("pool", "through"), b"hello").expect("answer"), "hello");
}

#[test]
fn an_asynchronous_call_reaches_the_queue_of_its_caller() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let queue = Queue::new(false).expect("queue");
    let binding = world.bind("s", "echo");
    for tag in 0..10 {
        let queue = queue.clone();
        let notify = Box::new(move |outcome: &Arc<_>| {
            drop(queue.push(Completion::Call { tag, outcome: shared(outcome) }));
        });
        let (request, options) = (Request::bytes(b"hello"), CallOptions::default());
        world.runtime.results.submit(&binding, &request, &options, Some(notify)).expect("submit");
    }
    let mut tags = Vec::new();
    while tags.len() < 10 {
        for completion in queue.poll(4, Some(Duration::from_secs(10))).expect("poll") {
            let Completion::Call { tag, outcome } = completion else { panic!("another completion") };
            assert_eq!(outcome.as_ref().expect("answer").body.as_slice(), b"hello");
            tags.push(tag);
        }
    }
    tags.sort_unstable();
    assert_eq!(tags, (0..10).collect::<Vec<_>>());
}
