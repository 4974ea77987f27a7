use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;

use super::{beside, call, found};
use crate::process;
use crate::support::{World, eventually, method, reply};

fn serve(world: &World) {
    let die = |_: Call, _: &Request<'_>| std::process::abort();
    let echo = |call, request: &Request<'_>| reply(call, request.body);
    let pid = |call, _: &Request<'_>| reply(call, std::process::id().to_string().as_bytes());
    world.host("mortal", vec![method("die", die), method("echo", echo), method("pid", pid)]);
}

#[test]
fn a_call_whose_server_dies_is_unavailable_and_says_that_it_may_have_run() {
    beside(
        "dying::a_call_whose_server_dies_is_unavailable_and_says_that_it_may_have_run",
        serve,
        |world, child, _| {
            let die = found(&world.client, "mortal", "die");
            let echo = found(&world.client, "mortal", "echo");
            let error = die.call(&Request::bytes(b""), &CallOptions::default()).expect_err("dead");
            assert_eq!(error.code(), Code::Unavailable, "{error}");
            assert_eq!(error.detail("hms.maybe_executed"), Some("true"), "{error}");
            let error = echo.call(&Request::bytes(b""), &CallOptions::default()).expect_err("dead");
            assert_eq!(error.code(), Code::Unavailable, "{error}");
            assert_eq!(error.detail("hms.maybe_executed"), Some("false"), "{error}");
            let _ = child.wait();
            // Looking around removes what the dead one left.
            world.runtime.look_around();
        },
    );
}

#[test]
fn a_server_that_comes_back_is_called_again() {
    beside("dying::a_server_that_comes_back_is_called_again", serve, |world, child, directory| {
        let call = || call(&found(&world.client, "mortal", "echo"), b"x");
        assert_eq!(call(), "x");
        process::kill(child);
        let mut second = process::again("dying::a_server_that_comes_back_is_called_again", directory)
            .spawn()
            .expect("again");
        eventually("the second is called", || call() == "x");
        process::kill(&mut second);
        world.runtime.look_around();
    });
}

#[test]
fn who_has_seen_a_replica_die_calls_it_no_more_through_what_it_had_resolved_before() {
    const TEST: &str =
        "dying::who_has_seen_a_replica_die_calls_it_no_more_through_what_it_had_resolved_before";
    beside(TEST, serve, |world, child, directory| {
        let mut other = process::again(TEST, directory).spawn().expect("another process");
        let mut pid = found(&world.client, "mortal", "pid");
        eventually("both are found", || {
            world.runtime.look_around();
            pid = pid.refreshed().expect("bound");
            call(&pid, b"") != call(&pid, b"")
        });
        let die = found(&world.client, "mortal", "die");
        die.call(&Request::bytes(b""), &CallOptions::default()).expect_err("dead");
        let first = call(&pid, b"");
        let left = [child.id().to_string(), other.id().to_string()].contains(&first);
        assert!(left, "{first}");
        for _ in 0..10 {
            assert_eq!(call(&pid, b""), first);
        }
        let _ = other.kill();
        let _ = other.wait();
        world.runtime.look_around();
    });
}
