//! Too few descriptors, too many signals, too many calls.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::service::ServerOptions;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::footprint::lowest_free_descriptor;
use crate::linked::{call, found, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{in_roles, process, start};

fn hold(call: Call, _: &Request<'_>) {
    call.retain().expect("retain");
    let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(hmsffi_core::Error::aborted("given up"))))));
}

fn worker(world: &World) {
    let echo = method("echo", |call, request| reply(call, request.body));
    world.host("worker", vec![echo, method("hold", hold)]);
    world.server.start().expect("start");
}

/// A test of one process that calls `worker`.
fn beside_worker(test: &'static str, run: fn(&World)) {
    let alone = |directory: &Path| {
        let world = world_in(directory, ServerOptions::default());
        let mut child = start(test, "worker", directory);
        run(&world);
        process::kill(&mut child);
    };
    in_roles(test, alone, &[("worker", worker)], &[]);
}

#[test]
fn without_descriptors_what_needs_one_fails_and_works_again_later() {
    let run = |world: &World| {
        let echo = found(&world.client, "worker", "echo");
        assert_eq!(call(&echo, b"x"), "x");
        let free = lowest_free_descriptor();
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(free), ..limit }).expect("limit");
        let error = echo.call(&Request::bytes(&[1; 100_000]), &CallOptions::default()).expect_err("no arena");
        assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
        assert_eq!(call(&echo, b"y"), "y", "small calls go on");
        setrlimit(Resource::Nofile, limit).expect("limit");
        let large = vec![2; 100_000];
        let answer = echo.call(&Request::bytes(&large), &CallOptions::default()).expect("an arena now");
        assert!(answer.body.as_slice() == large);
    };
    beside_worker("scarce::without_descriptors_what_needs_one_fails_and_works_again_later", run);
}

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: i32) {
    SIGNALS.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_storm_of_signals_interrupts_nothing() {
    let run = |world: &World| {
        let every = libc::timeval { tv_sec: 0, tv_usec: 100 };
        let timer = |interval| {
            let value = libc::itimerval { it_interval: interval, it_value: interval };
            // SAFETY: values that live during the call.
            unsafe { libc::setitimer(libc::ITIMER_REAL, &value, std::ptr::null_mut()) };
        };
        // SAFETY: the handler only counts. Without SA_RESTART each call of the system is interrupted.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = count as *const () as usize;
            libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut());
        }
        timer(every);
        let echo = found(&world.client, "worker", "echo");
        let end = Instant::now() + Duration::from_secs(2);
        let mut len = 1;
        while Instant::now() < end {
            let body = vec![3; len];
            let answer = echo.call(&Request::bytes(&body), &CallOptions::default()).expect("an answer");
            assert!(answer.body.as_slice() == body);
            len = if len > 8_000_000 { 1 } else { len * 3 };
        }
        timer(libc::timeval { tv_sec: 0, tv_usec: 0 });
        assert!(SIGNALS.load(Ordering::SeqCst) > 1_000, "a storm");
    };
    beside_worker("scarce::a_storm_of_signals_interrupts_nothing", run);
}

#[test]
fn a_full_table_of_calls_is_said_and_empties_by_deadlines() {
    let run = |world: &World| {
        let (echo, hold) = (found(&world.client, "worker", "echo"), found(&world.client, "worker", "hold"));
        let patient = CallOptions { timeout_ns: 5_000_000_000, ..CallOptions::default() };
        let ended = Arc::new(AtomicUsize::new(0));
        let mut begun = 0;
        let full = loop {
            let counted = ended.clone();
            let completion = Box::new(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
            });
            match hold.submit(&Request::bytes(b""), &patient, completion) {
                Ok(_) => begun += 1,
                Err(error) => break error,
            }
            assert!(begun < 5_000, "a table without end");
        };
        assert_eq!(full.code(), Code::ResourceExhausted, "{full}");
        eventually("handlers that never answer are given up", || ended.load(Ordering::SeqCst) >= begun);
        eventually("there is room again", || call(&echo, b"x") == "x");
    };
    beside_worker("scarce::a_full_table_of_calls_is_said_and_empties_by_deadlines", run);
}
