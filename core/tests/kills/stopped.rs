//! SIGSTOP: a process that does not run for a while is slow, and nothing else.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::proto::ServiceStatus;
use hmsffi_core::service::ServerOptions;

use crate::bystander::{self, Bystander};
use crate::linked::{call, found, walk, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{asked, in_roles, process, start};

fn worker(world: &World) {
    world.host("worker", vec![method("echo", |call, request| reply(call, request.body))]);
    world.server.start().expect("start");
}

fn late(world: &World) {
    world.host("late", vec![method("echo", |call, request| reply(call, request.body))]);
    world.server.start().expect("start");
}

fn signal(child: &Child, signal: i32) {
    // SAFETY: a child that was not waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

/// Stops a process and waits until all its threads have stopped.
fn stop(child: &Child) {
    signal(child, libc::SIGSTOP);
    let mut status = 0;
    // SAFETY: a child that was not waited for; one that has only stopped is still there afterwards.
    let stopped = unsafe { libc::waitpid(child.id() as i32, &mut status, libc::WUNTRACED) };
    assert!(stopped == child.id() as i32 && libc::WIFSTOPPED(status));
}

fn survive(test: &str, directory: &Path) {
    let stopped_for = Duration::from_secs(asked("HMSFFI_STOP_SECONDS", 5));
    let world = world_in(directory, ServerOptions::default());
    let bystander = Bystander::start(test, directory, &world);
    let mut child = start(test, "worker", directory);
    let echo = found(&world.client, "worker", "echo");
    assert_eq!(call(&echo, b"x"), "x");
    stop(&child);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for len in [10, 200_000] {
            let echo = &echo;
            scope.spawn(move || {
                // Goes on when the server does.
                let body = vec![1; len];
                let answer =
                    echo.call(&Request::bytes(&body), &CallOptions::default()).expect("an answer in the end");
                assert!(answer.body.as_slice() == body);
                assert!(began.elapsed() >= stopped_for);
            });
        }
        let hurried = CallOptions { timeout_ns: 100_000_000, ..CallOptions::default() };
        for _ in 0..3 {
            let error = echo.call(&Request::bytes(b"x"), &hurried).expect_err("stopped");
            assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
        }
        assert!(began.elapsed() < stopped_for, "deadlines are kept");
        // A service that comes now is found all the same.
        let mut other = start(test, "late", directory);
        assert_eq!(call(&found(&world.client, "late", "echo"), b"y"), "y");
        assert!(began.elapsed() < stopped_for, "others are found meanwhile");
        process::kill(&mut other);
        while began.elapsed() < stopped_for {
            bystander.goes_on();
        }
        signal(&child, libc::SIGCONT);
    });
    assert_eq!(call(&echo, b"z"), "z", "the link goes on");
    bystander.end();
    process::kill(&mut child);
}

#[test]
fn a_stopped_server_is_slow_and_holds_up_nobody_else() {
    const TEST: &str = "stopped::a_stopped_server_is_slow_and_holds_up_nobody_else";
    let roles = [bystander::ROLE, ("worker", worker as fn(&World)), ("late", late)];
    in_roles(TEST, |directory| survive(TEST, directory), &roles, &[]);
}

#[test]
fn a_process_that_was_stopped_when_it_was_found_is_called_later() {
    const TEST: &str = "stopped::a_process_that_was_stopped_when_it_was_found_is_called_later";
    let alone = |directory: &Path| {
        let world = world_in(directory, ServerOptions::default());
        let mut child = start(TEST, "worker", directory);
        eventually("it serves", || {
            walk(directory).iter().any(|file| file.extension() == Some("sock".as_ref()))
        });
        stop(&child);
        assert_eq!(world.client.bind("worker", "echo").err().expect("left out").code(), Code::NotFound);
        signal(&child, libc::SIGCONT);
        // Nobody looks, and nobody comes or goes.
        let serves = || matches!(world.runtime.registry.get("worker"), Ok((_, ServiceStatus::Available)));
        eventually("it is asked again", serves);
        process::kill(&mut child);
    };
    in_roles(TEST, alone, &[("worker", worker)], &[]);
}
