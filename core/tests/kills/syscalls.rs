//! A process that is killed before and after each call of the system, while it makes a link, uses it and lets it grow.
//!
//! Others see of a process what it writes into shared memory, which `stepped.rs` is about, and what it asks the system
//! for: so between two calls of the system there is nothing else to see of a handshake, of a segment on its way or of a
//! new arena.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::service::ServerOptions;

use crate::bystander::{self, Bystander};
use crate::footprint::Footprint;
use crate::linked::{found, world_in};
use crate::support::{World, method, reply};
use crate::traced::{self, Watched, mark};
use crate::{Random, Role, as_role, asked, in_roles};

/// Longer than anything here takes.
const HANG: Duration = Duration::from_secs(20);
/// Bytes of a call in the ring, and of one that needs an arena in either direction.
const BODIES: [usize; 2] = [10, 200_000];

fn host(world: &World, name: &str) {
    world.host(name, vec![method("echo", |call, request| reply(call, request.body))]);
    world.server.start().expect("start");
}

fn server(world: &World) {
    mark();
    host(world, "prey");
}

fn client(world: &World) {
    mark();
    let echo = found(&world.client, "home", "echo");
    for len in BODIES {
        let body = vec![1; len];
        let answer = echo.call(&Request::bytes(&body), &CallOptions::default()).expect("an answer");
        assert!(answer.body.as_slice() == body);
    }
    mark();
}

/// Calls a server until it has answered all, or has died; whatever is said of it meanwhile must be true. Gives how much
/// it has answered.
fn call_it(world: &World, is_dead: &AtomicBool) -> usize {
    let options = CallOptions { timeout_ns: HANG.as_nanos() as u64, ..CallOptions::default() };
    let mut answered = 0;
    while answered < BODIES.len() && !is_dead.load(Ordering::SeqCst) {
        let body = vec![2; BODIES[answered]];
        let outcome =
            world.client.bind("prey", "echo").and_then(|echo| echo.call(&Request::bytes(&body), &options));
        match outcome {
            Ok(answer) => {
                assert!(answer.body.as_slice() == body, "another answer");
                answered += 1;
            }
            Err(error) => {
                assert!(matches!(error.code(), Code::NotFound | Code::Unavailable), "{error}");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    answered
}

/// Kills a process at a stop beside a call of the system; false if it did not come so far before it had nothing to do.
fn kill_at(test: &str, role: &str, directory: &Path, stop: u64, is_idle: impl Fn() -> bool) -> bool {
    let (mut watched, _child) = Watched::start(&mut as_role(test, role, directory));
    let has_come = (0..stop).all(|_| watched.next(&is_idle).is_some());
    watched.kill();
    has_come
}

fn survive(test: &str, directory: &Path) {
    if !traced::is_allowed() {
        return;
    }
    let world = world_in(directory, ServerOptions::default());
    host(&world, "home");
    let bystander = Bystander::start(test, directory, &world);
    let every = asked("HMSFFI_SYSCALL_EVERY", 5);
    let first = 1 + Random::seeded("HMSFFI_SYSCALL_SEED").below(every);
    eprintln!("killed at every stop number {first} + n * {every} before or after a call of the system");
    let before = Footprint::now(directory).with_any_threads();
    for role in ["client", "server"] {
        let (began, mut stop) = (Instant::now(), first);
        let mut answered = [0; BODIES.len() + 1];
        loop {
            let (is_dead, has_answered) = (AtomicBool::new(false), AtomicBool::new(false));
            let has_come = std::thread::scope(|scope| {
                let killing = scope.spawn(|| {
                    let has_come =
                        kill_at(test, role, directory, stop, || has_answered.load(Ordering::SeqCst));
                    is_dead.store(true, Ordering::SeqCst);
                    has_come
                });
                if role == "server" {
                    let answers = call_it(&world, &is_dead);
                    answered[answers] += 1;
                    has_answered.store(answers == BODIES.len(), Ordering::SeqCst);
                }
                killing.join().expect("a victim")
            });
            bystander.goes_on();
            world.runtime.look_around();
            Footprint::returns_to(&before, directory);
            if !has_come {
                break;
            }
            stop += every;
        }
        eprintln!(
            "{role}: killed {} times up to stop {stop}, in {:?}",
            (stop - first) / every,
            began.elapsed()
        );
        assert!(stop > 50, "{role}: it makes calls of the system");
        if role == "server" {
            eprintln!(
                "answers before it died, and how often: {:?}",
                answered.iter().enumerate().collect::<Vec<_>>()
            );
            assert!(answered.iter().all(|times| *times > 0), "it dies before, between and after its answers");
        }
    }
    bystander.end();
}

#[test]
fn a_process_is_killed_beside_each_call_of_the_system_and_leaves_nothing() {
    const TEST: &str = "syscalls::a_process_is_killed_beside_each_call_of_the_system_and_leaves_nothing";
    let roles: [Role; 3] = [("server", server), ("client", client), bystander::ROLE];
    in_roles(TEST, |directory| survive(TEST, directory), &roles, &[]);
}
