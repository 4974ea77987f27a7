//! Forked children inherit descriptors and memory, and must not touch their parent's links.

use std::path::Path;
use std::time::{Duration, Instant};

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::service::ServerOptions;

use crate::bystander::{self, Bystander};
use crate::footprint::Footprint;
use crate::linked::{call, found, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{in_roles, process, start};

fn worker(world: &World) {
    world.host("worker", vec![method("echo", |call, request| reply(call, request.body))]);
    world.server.start().expect("start");
}

/// A server whose child keeps everything open until this test lets it go.
fn parent(world: &World) {
    worker(world);
    // SAFETY: the child only waits, and ends without handlers.
    unsafe {
        if libc::fork() == 0 {
            let mut byte = 0_u8;
            libc::read(0, std::ptr::from_mut(&mut byte).cast(), 1);
            libc::_exit(0);
        }
    }
}

/// Runs this in a forked child; true if it ended well.
fn in_child(run: impl FnOnce()) -> bool {
    // SAFETY: the child uses what a forked child may use, and what the library refuses.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        std::process::exit(i32::from(ended.is_err()));
    }
    let mut status = -1;
    // SAFETY: waits for the child.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    if status != 0 {
        eprintln!("the child ended with status {status:#x}");
    }
    status == 0
}

#[test]
fn a_child_that_ends_leaves_the_links_of_its_parent_alone() {
    const TEST: &str = "forked::a_child_that_ends_leaves_the_links_of_its_parent_alone";
    let alone = |directory: &Path| {
        let world = world_in(directory, ServerOptions::default());
        worker(&world);
        let bystander = Bystander::start(TEST, directory, &world);
        let echo = found(&world.client, "bystander", "echo");
        assert_eq!(call(&echo, b"x"), "x");
        let before = Footprint::now(directory);
        for _ in 0..20 {
            assert!(in_child(|| ()), "a child that only ends");
            let well = in_child(|| {
                // Every function of the C ABI asks this first.
                let refused = hmsffi_core::fork::check().expect_err("a child");
                assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
                // What the parent still uses is closed in the child.
                // SAFETY: the child uses it no more, and ends.
                drop(unsafe { std::ptr::read(&world) });
            });
            assert!(well, "a child that uses the library, and closes all");
            assert_eq!(call(&echo, b"x"), "x");
            bystander.goes_on();
        }
        Footprint::returns_to(&before, directory);
        bystander.end();
    };
    in_roles(TEST, alone, &[bystander::ROLE], &[]);
}

#[test]
fn a_server_whose_child_keeps_the_socket_is_seen_to_die() {
    const TEST: &str = "forked::a_server_whose_child_keeps_the_socket_is_seen_to_die";
    let alone = |directory: &Path| {
        let world = world_in(directory, ServerOptions::default());
        let mut child = start(TEST, "parent", directory);
        let keeps_the_child = child.stdin.take();
        let echo = found(&world.client, "worker", "echo");
        eventually("the server answers", || call(&echo, b"x") == "x");
        let killed = Instant::now();
        process::kill(&mut child);
        let error = loop {
            match echo.call(&Request::bytes(b"x"), &CallOptions::default()) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        assert!(killed.elapsed() < Duration::from_secs(5), "seen late");
        drop(keeps_the_child);
    };
    in_roles(TEST, alone, &[("parent", parent)], &[]);
}
