//! SIGKILL at random moments under load, of servers and of clients.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use hmsffi_core::call::{Call, Outcome, Request};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::{Code, Error};
use rustix::event::PollFlags;

use crate::bystander::{self, Bystander};
use crate::footprint::Footprint;
use crate::linked::{call, found, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{Random, Role, as_role, asked, in_roles, process};

/// Longer than any failure may take.
const HANG: Duration = Duration::from_secs(20);
const LARGE: usize = 300_000;

fn hold(call: Call, _: &Request<'_>) {
    call.retain().expect("retain");
    // Cancelled when nobody waits any more, which ends it here as well.
    let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(Error::aborted("nobody waits"))))));
}

fn methods() -> Vec<MethodSpec> {
    let echo = || method("echo", |call, request| reply(call, request.body));
    vec![
        echo(),
        MethodSpec { dispatch: Dispatch::Pool, name: "pooled".into(), ..echo() },
        method("hold", hold),
    ]
}

/// A process that serves until it is killed.
fn prey(world: &World) {
    world.host("prey", methods());
    world.server.start().expect("start");
}

/// A process that calls until it is killed.
fn caller(world: &World) {
    let echo = Arc::new(found(&world.client, "home", "echo"));
    let hold = found(&world.client, "home", "hold");
    for _ in 0..5 {
        let _ = hold.submit(&Request::bytes(b"held"), &CallOptions::default(), Box::new(|_| ()));
    }
    for thread in 0..2 {
        let echo = echo.clone();
        std::thread::spawn(move || {
            let body = vec![7; if thread == 0 { 64 } else { LARGE }];
            while echo.call(&Request::bytes(&body), &CallOptions::default()).is_ok() {}
        });
    }
}

/// How a call of a dead server ended, and when.
type Failed = (Instant, Error);

fn call_until_it_fails(binding: Binding, body: Vec<u8>, failed: Sender<Failed>) {
    std::thread::spawn(move || {
        loop {
            match binding.call(&Request::bytes(&body), &CallOptions::default()) {
                Ok(answer) => assert!(answer.body.as_slice() == body, "another answer"),
                Err(error) => return failed.send((Instant::now(), error)).unwrap_or(()),
            }
        }
    });
}

fn submit_until_it_fails(binding: Arc<Binding>, body: Arc<Vec<u8>>, failed: Sender<Failed>) {
    let (again, next, own) = (binding.clone(), body.clone(), failed.clone());
    let completion = move |outcome: Outcome| match outcome {
        Ok(answer) => {
            assert!(answer.body.as_slice() == next.as_slice(), "another answer");
            submit_until_it_fails(again, next, own);
        }
        Err(error) => own.send((Instant::now(), error)).unwrap_or(()),
    };
    if let Err(error) = binding.submit(&Request::bytes(&body), &CallOptions::default(), Box::new(completion))
    {
        let _ = failed.send((Instant::now(), error));
    }
}

/// Loads a server in all ways; gives how many failures are due when it dies.
fn load(world: &World, failed: &Sender<Failed>) -> usize {
    // The one before is remembered, so a binding may be to it until the new one is known.
    eventually("the new one answers", || call(&found(&world.client, "prey", "echo"), b"x") == "x");
    let bind = |name| found(&world.client, "prey", name);
    for (name, len) in [("echo", 64), ("pooled", 64), ("echo", LARGE), ("hold", 0)] {
        call_until_it_fails(bind(name), vec![1; len], failed.clone());
    }
    for (name, len, count) in [("echo", 64, 8), ("pooled", 5000, 4), ("pooled", LARGE, 2), ("hold", 10, 8)] {
        let (binding, body) = (Arc::new(bind(name)), Arc::new(vec![2; len]));
        (0..count).for_each(|_| submit_until_it_fails(binding.clone(), body.clone(), failed.clone()));
    }
    4 + 8 + 4 + 2 + 8
}

struct Victim {
    child: Child,
    /// Hangs up when the process is gone: what the kernel needs to tell.
    bare: UnixStream,
}

fn victim(test: &str, role: &str, directory: &Path) -> Victim {
    let (bare, theirs) = UnixStream::pair().expect("sockets");
    let child = as_role(test, role, directory).stdin(OwnedFd::from(theirs)).spawn().expect("a process");
    Victim { child, bare }
}

impl Victim {
    /// Kills it. Gives when, and how long a bare socket took to tell.
    fn die(mut self) -> (Instant, Duration) {
        let (tell, is_waiting) = channel();
        let waiting = std::thread::spawn(move || {
            let _ = tell.send(());
            assert!(process::happens(&self.bare, PollFlags::HUP, HANG), "the socket hangs up");
            Instant::now()
        });
        let _ = is_waiting.recv();
        let killed = Instant::now();
        self.child.kill().expect("kill");
        let told = waiting.join().expect("told") - killed;
        self.child.wait().expect("wait");
        (killed, told)
    }
}

/// All calls of a dead server fail, and say truly what happened to them.
fn failures(due: usize, killed: Instant, failed: &Receiver<Failed>) -> Duration {
    let mut last = Duration::ZERO;
    for n in 0..due {
        let (when, error) =
            failed.recv_timeout(HANG).unwrap_or_else(|_| panic!("{} of {due} calls hang", due - n));
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        assert!(matches!(error.detail("hms.maybe_executed"), Some("true" | "false")), "{error:?}");
        last = last.max(when.saturating_duration_since(killed));
    }
    last
}

fn kill_a_server(test: &str, directory: &Path, world: &World, random: &mut Random) -> (Duration, Duration) {
    let victim = victim(test, "prey", directory);
    let (failed, failures_of_it) = channel();
    let due = load(world, &failed);
    std::thread::sleep(Duration::from_micros(random.below(20_000)));
    let (killed, bare) = victim.die();
    (bare, failures(due, killed, &failures_of_it))
}

fn kill_a_client(
    test: &str,
    directory: &Path,
    random: &mut Random,
    held: &AtomicUsize,
) -> (Duration, Duration) {
    let victim = victim(test, "caller", directory);
    let waiting = |wanted: bool| {
        let end = Instant::now() + HANG;
        while (held.load(Ordering::SeqCst) > 0) != wanted {
            assert!(Instant::now() < end, "calls of a client: {}", held.load(Ordering::SeqCst));
            std::thread::sleep(Duration::from_micros(100));
        }
    };
    waiting(true);
    std::thread::sleep(Duration::from_micros(random.below(20_000)));
    let (killed, bare) = victim.die();
    waiting(false);
    (bare, killed.elapsed())
}

fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * part) as usize]
}

fn survive(test: &str, directory: &Path) {
    let rounds = asked("HMSFFI_KILLS", 300);
    let mut random = Random::seeded("HMSFFI_KILLS_SEED");
    let world = world_in(directory, ServerOptions::default());
    // Counts the calls that wait here for ever; they end when their caller is gone.
    let held = Arc::new(AtomicUsize::new(0));
    let counted = held.clone();
    let hold = move |call: Call, _: &Request<'_>| {
        counted.fetch_add(1, Ordering::SeqCst);
        call.retain().expect("retain");
        let counted = counted.clone();
        let end = Box::new(move || {
            counted.fetch_sub(1, Ordering::SeqCst);
            let _ = call.answer(Err(Error::aborted("nobody waits")));
        });
        let _ = call.on_cancel(end);
    };
    world.host("home", vec![method("echo", |call, request| reply(call, request.body)), method("hold", hold)]);
    world.server.start().expect("start");
    let bystander = Bystander::start(test, directory, &world);
    let (mut bare, mut detected) = (Vec::new(), Vec::new());
    let mut before = None;
    for round in 0..rounds {
        let (told, last) = if random.below(3) < 2 {
            kill_a_server(test, directory, &world, &mut random)
        } else {
            kill_a_client(test, directory, &mut random, &held)
        };
        bare.push(told);
        detected.push(last);
        bystander.goes_on();
        world.runtime.look_around();
        if round == 5 {
            before = Some(Footprint::now(directory));
        }
    }
    if let Some(before) = before {
        Footprint::returns_to(&before, directory);
    }
    let (calls, slowest) = bystander.end();
    eprintln!("{rounds} kills; bystander: {calls} calls, slowest {slowest:?}");
    for (what, times) in [("bare socket hang-up", &mut bare), ("last pending call", &mut detected)] {
        let (median, p99) = (quantile(times, 0.5), quantile(times, 0.99));
        eprintln!("{what:>20}: p50 {median:?}, p99 {p99:?}, most {:?}", quantile(times, 1.0));
    }
    assert!(quantile(&mut detected, 0.99) < Duration::from_secs(5), "detected late");
}

#[test]
fn processes_are_killed_at_random_and_nobody_else_notices() {
    const TEST: &str = "storm::processes_are_killed_at_random_and_nobody_else_notices";
    let roles: [Role; 3] = [("prey", prey), ("caller", caller), bystander::ROLE];
    in_roles(TEST, |directory| survive(TEST, directory), &roles, &[]);
}
