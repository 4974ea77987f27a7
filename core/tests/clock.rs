//! The wall clock may jump: nobody waits by it. In this test program it jumps by years each time it is read.

mod linked;
mod process;
mod support;
#[allow(dead_code)] // one instruction at a time is not for here
#[path = "kills/traced.rs"]
mod traced;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant, SystemTime};

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};

use linked::roles::{as_role, in_roles, start};
use linked::{found, world_in};
use support::{World, method, reply};
use traced::Watched;

/// How often the wall clock was read.
static READ: AtomicU64 = AtomicU64::new(0);
/// Ten years.
const JUMP: i64 = 10 * 365 * 86_400;

/// What the C library has, but for the wall clock.
///
/// # Safety
/// `time` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: promised by the caller.
    let outcome = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if clock == libc::CLOCK_REALTIME && outcome == 0 {
        let is_late = READ.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        // SAFETY: promised by the caller.
        unsafe { (*time).tv_sec += if is_late { JUMP } else { -JUMP } };
    }
    outcome as libc::c_int
}

fn hold(call: Call, _: &Request<'_>) {
    call.retain().expect("retain");
    let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(hmsffi_core::Error::aborted("given up"))))));
}

fn serve(world: &World) {
    let echo = || method("echo", |call, request| reply(call, request.body));
    let pooled = MethodSpec { dispatch: Dispatch::Pool, name: "pooled".into(), ..echo() };
    world.host("clock", vec![echo(), pooled, method("hold", hold)]);
    world.server.start().expect("start");
}

fn within(timeout: Duration) -> CallOptions {
    CallOptions { timeout_ns: timeout.as_nanos() as u64, ..CallOptions::default() }
}

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(20);

/// Fails neither early nor late.
fn is_late(begun: Instant, error: &hmsffi_core::Error) {
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < LONG, "after {:?}", begun.elapsed());
}

/// Waits for answers and for deadlines in each way that there is.
fn wait_in_all_ways(bind: impl Fn(&str) -> Binding) {
    for name in ["echo", "pooled"] {
        for len in [1, 100_000] {
            let body = vec![1; len];
            let answer = bind(name).call(&Request::bytes(&body), &within(LONG)).expect("in time");
            assert!(answer.body.as_slice() == body);
        }
    }
    let begun = Instant::now();
    let error = bind("hold").call(&Request::bytes(b""), &within(SHORT)).expect_err("too late");
    is_late(begun, &error);
    let (tell, told) = channel();
    let begun = Instant::now();
    let completion = Box::new(move |outcome| drop(tell.send(outcome)));
    bind("hold").submit(&Request::bytes(b""), &within(SHORT), completion).expect("begun");
    is_late(begun, &told.recv_timeout(LONG).expect("an end").expect_err("too late"));
}

fn call_while_watched(world: &World) {
    traced::mark();
    wait_in_all_ways(|name| found(&world.client, "clock", name));
    traced::mark();
}

/// Runs a test in processes of its own.
fn in_processes(test: &str, alone: impl FnOnce(&Path)) {
    in_roles(test, alone, &[("server", serve), ("caller", call_while_watched)], &[]);
}

#[test]
fn calls_keep_their_deadlines_while_the_wall_clock_jumps() {
    const TEST: &str = "calls_keep_their_deadlines_while_the_wall_clock_jumps";
    in_processes(TEST, |directory| {
        let (one, other) = (SystemTime::now(), SystemTime::now());
        let apart = one.duration_since(other).unwrap_or_else(|e| e.duration());
        assert!(apart > Duration::from_secs(JUMP as u64), "the wall clock jumps");
        let world = world_in(directory, ServerOptions::default());
        serve(&world);
        wait_in_all_ways(|name| world.bind("clock", name));
        drop(world);
        let world = world_in(directory, ServerOptions::default());
        let mut server = start(TEST, "server", directory);
        wait_in_all_ways(|name| found(&world.client, "clock", name));
        process::kill(&mut server);
        let echo = found(&world.client, "clock", "echo");
        let error = echo.call(&Request::bytes(b"x"), &within(LONG)).expect_err("it is gone");
        assert_eq!(error.code(), Code::Unavailable, "{error}");
    });
}

/// Whether this asks the kernel to wait until the wall clock says something.
fn waits_by_the_wall_clock(number: u64, arguments: &[u64; 6]) -> bool {
    let realtime = |clock: u64| clock as libc::clockid_t == libc::CLOCK_REALTIME;
    match number as libc::c_long {
        libc::SYS_futex => {
            let (operation, timeout) = (arguments[1] as i32, arguments[3]);
            let waits =
                matches!(operation & libc::FUTEX_CMD_MASK, libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET);
            waits && timeout != 0 && operation & libc::FUTEX_CLOCK_REALTIME != 0
        }
        libc::SYS_futex_waitv => arguments[3] != 0 && realtime(arguments[4]),
        libc::SYS_clock_nanosleep => realtime(arguments[0]) && arguments[1] & libc::TIMER_ABSTIME as u64 != 0,
        libc::SYS_timer_create | libc::SYS_timerfd_create => realtime(arguments[0]),
        _ => false,
    }
}

#[test]
fn the_kernel_is_never_asked_to_wait_by_the_wall_clock() {
    const TEST: &str = "the_kernel_is_never_asked_to_wait_by_the_wall_clock";
    in_processes(TEST, |directory| {
        if !traced::is_allowed() {
            return;
        }
        let world = world_in(directory, ServerOptions::default());
        serve(&world);
        let (mut calls, mut waits) = (0, 0);
        std::thread::scope(|scope| {
            // On a thread of its own: it must be the tracer's only child.
            let watching = scope.spawn(|| {
                let (mut caller, _child) = Watched::start(&mut as_role(TEST, "caller", directory));
                while let Some(stop) = caller.next(|| false) {
                    let Some((number, arguments)) = stop.call else { continue };
                    calls += 1;
                    waits += u64::from(number as libc::c_long == libc::SYS_futex_waitv);
                    assert!(
                        !waits_by_the_wall_clock(number, &arguments),
                        "call {number} with {arguments:x?}"
                    );
                }
                caller.kill();
            });
            watching.join().expect("only the steady clock");
        });
        eprintln!("{calls} calls of the system, {waits} waits on a lane");
        assert!(waits > 0, "it waits");
    });
}
