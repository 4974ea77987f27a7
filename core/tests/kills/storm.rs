//! SIGKILL at random moments under load, of servers and of clients, several at a time.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hmsffi_core::Error;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use rustix::event::PollFlags;

use crate::bystander::{self, Bystander};
use crate::footprint::{Footprint, heap_kb, resident_kb};
use crate::linked::{found, world_in};
use crate::load::{self, Load, Told};
use crate::support::{World, method, reply};
use crate::{Random, Role, as_role, asked, in_roles, process};

/// Longer than any failure may take.
const HANG: Duration = Duration::from_secs(20);
/// Victims at a time.
const HERD: usize = 4;
/// After so many herds all threads are there that will ever be.
const WARM: u64 = 25;
/// Tables keep the room that so many names took.
const MOST_GROWTH_KB: u64 = 2 << 10;
/// For a minute, the names of a dead process's services are kept.
const NAMES_KB: u64 = 16;
/// In a storm of more rounds, that minute is waited for.
const LONG: u64 = 1000;
const FORGOTTEN: Duration = Duration::from_secs(90);

/// Which of the herd a victim is.
const PLACE: &str = "HMSFFI_TEST_PLACE";
/// The file where a server notes which calls it has run.
const NOTES: &str = "HMSFFI_TEST_NOTES";

fn place() -> usize {
    asked(PLACE, 0) as usize
}

fn service(place: usize) -> String {
    format!("prey-{place}")
}

fn hold(call: Call, _: &Request<'_>) {
    call.retain().expect("retain");
    // Cancelled when nobody waits any more, which ends it here as well.
    let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(Error::aborted("nobody waits"))))));
}

/// A process that serves until it is killed.
fn prey(world: &World) {
    let notes = File::options().write(true).open(std::env::var_os(NOTES).expect("notes")).expect("notes");
    let notes = Arc::new(notes);
    let noted = |name: &str, handler: fn(Call, &Request<'_>)| {
        let notes = notes.clone();
        method(name, move |call, request| {
            load::note(&notes, request.body);
            handler(call, request);
        })
    };
    let echo: fn(Call, &Request<'_>) = |call, request| reply(call, request.body);
    let pooled = MethodSpec { dispatch: Dispatch::Pool, ..noted("pooled", echo) };
    world.host(&service(place()), vec![noted("echo", echo), pooled, noted("hold", hold)]);
    world.server.start().expect("start");
}

/// A process that calls until it is killed.
fn caller(world: &World) {
    let echo = Arc::new(found(&world.client, "home", "echo"));
    let hold = found(&world.client, "home", "hold");
    let place = [place() as u8];
    for _ in 0..5 {
        let _ = hold.submit(&Request::bytes(&place), &CallOptions::default(), Box::new(|_| ()));
    }
    for thread in 0..2 {
        let echo = echo.clone();
        std::thread::spawn(move || {
            let body = vec![7; if thread == 0 { 64 } else { load::LARGE }];
            while echo.call(&Request::bytes(&body), &CallOptions::default()).is_ok() {}
        });
    }
}

struct Victim {
    child: Child,
    /// Hangs up when the process is gone: what the kernel needs to tell.
    bare: UnixStream,
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

/// One place of the herd.
struct Place<'a> {
    test: &'a str,
    directory: &'a Path,
    world: &'a World,
    number: usize,
    notes: PathBuf,
    /// Calls of a client at this place that wait here for ever; they end when it is gone.
    held: Arc<AtomicUsize>,
}

/// How the rest learned of a death.
#[derive(Default)]
struct Death {
    bare: Duration,
    last: Duration,
    told: Told,
}

impl Place<'_> {
    fn victim(&self, role: &str) -> Victim {
        let (bare, theirs) = UnixStream::pair().expect("sockets");
        let mut command = as_role(self.test, role, self.directory);
        command.env(PLACE, self.number.to_string()).env(NOTES, &self.notes).stdin(OwnedFd::from(theirs));
        Victim { child: command.spawn().expect("a process"), bare }
    }

    fn kill_one(&self, random: &mut Random) -> Death {
        if random.below(3) < 2 { self.kill_a_server(random) } else { self.kill_a_client(random) }
    }

    fn kill_a_server(&self, random: &mut Random) -> Death {
        let notes = File::create(&self.notes).expect("notes");
        drop(notes);
        let victim = self.victim("prey");
        let load = Load::on(&self.world.client, &service(self.number));
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        let (killed, bare) = victim.die();
        let (last, told) = load.failures(killed, &File::open(&self.notes).expect("notes"), HANG);
        Death { bare, last, told }
    }

    fn kill_a_client(&self, random: &mut Random) -> Death {
        let victim = self.victim("caller");
        let waiting = |wanted: bool| {
            let end = Instant::now() + HANG;
            while (self.held.load(Ordering::SeqCst) > 0) != wanted {
                assert!(Instant::now() < end, "calls of a client: {}", self.held.load(Ordering::SeqCst));
                std::thread::sleep(Duration::from_micros(100));
            }
        };
        waiting(true);
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        let (killed, bare) = victim.die();
        waiting(false);
        Death { bare, last: killed.elapsed(), told: Told::default() }
    }
}

fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * part) as usize]
}

/// Hosts what clients call, until they are gone.
fn host_home(world: &World, held: Vec<Arc<AtomicUsize>>) {
    let hold = move |call: Call, request: &Request<'_>| {
        let counted = held[usize::from(request.body[0])].clone();
        counted.fetch_add(1, Ordering::SeqCst);
        call.retain().expect("retain");
        let end = Box::new(move || {
            counted.fetch_sub(1, Ordering::SeqCst);
            let _ = call.answer(Err(Error::aborted("nobody waits")));
        });
        let _ = call.on_cancel(end);
    };
    world.host("home", vec![method("echo", |call, request| reply(call, request.body)), method("hold", hold)]);
    world.server.start().expect("start");
}

/// What is allocated must be what it was, but for names.
fn memory_returns(before: u64, rounds: u64, world: &World) {
    let (end, names) = (Instant::now() + FORGOTTEN, if rounds > LONG { 0 } else { NAMES_KB * rounds });
    let at_once = heap_kb();
    while heap_kb() > before + MOST_GROWTH_KB + names {
        assert!(Instant::now() < end, "memory: from {before} to {} kB", heap_kb());
        std::thread::sleep(Duration::from_millis(100));
        world.runtime.look_around();
    }
    let (heap, resident) = (heap_kb(), resident_kb());
    eprintln!("allocated: {before} kB when warm, {at_once} kB after the last kill, {heap} kB at the end");
    eprintln!("resident: {resident} kB");
}

fn survive(test: &str, directory: &Path) {
    let rounds = asked("HMSFFI_KILLS", 1000);
    let mut random = Random::seeded("HMSFFI_KILLS_SEED");
    let notes = tempfile::tempdir().expect("directory");
    let world = world_in(directory, ServerOptions::default());
    let held: Vec<_> = (0..HERD).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    host_home(&world, held.clone());
    let bystander = Bystander::start(test, directory, &world);
    let places: Vec<_> = held
        .into_iter()
        .enumerate()
        .map(|(number, held)| Place {
            test,
            directory,
            world: &world,
            number,
            notes: notes.path().join(number.to_string()),
            held,
        })
        .collect();
    let began = Instant::now();
    let (mut bare, mut detected, mut told) = (Vec::new(), Vec::new(), Told::default());
    let before = Footprint::now(directory);
    let (mut warm, mut warm_kb) = (None, 0);
    for herd in 0..rounds.div_ceil(HERD as u64) {
        let deaths = std::thread::scope(|scope| {
            let kill = |place| {
                let mut random = Random(random.next());
                scope.spawn(move || Place::kill_one(place, &mut random))
            };
            let killing: Vec<_> = places.iter().map(kill).collect();
            killing.into_iter().map(|one| one.join().expect("a death")).collect::<Vec<_>>()
        });
        for death in deaths {
            bare.push(death.bare);
            detected.push(death.last);
            told.add(&death.told);
        }
        bystander.goes_on();
        world.runtime.look_around();
        Footprint::returns_to(&before.with_any_threads(), directory);
        if herd == WARM {
            (warm, warm_kb) = (Some(Footprint::now(directory)), heap_kb());
        }
    }
    if let Some(warm) = warm {
        Footprint::returns_to(&warm, directory);
        memory_returns(warm_kb, rounds, &world);
    }
    let (calls, slowest) = bystander.end();
    eprintln!("{} kills in {:?}; bystander: {calls} calls, slowest {slowest:?}", bare.len(), began.elapsed());
    eprintln!("{told}");
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
