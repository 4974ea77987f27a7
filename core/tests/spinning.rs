//! How long a thread looks for a frame before it sleeps.

mod cpus;
mod linked;
mod process;
mod support;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use cpus::one_of;
use hmsffi_core::client::{Client, ClientOptions};
use hmsffi_core::introspect;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::tempo::Tempo;
use linked::roles::{in_roles, start};
use linked::{call, found, world_in};
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use support::{World, eventually, method, reply};

/// Nanoseconds that are always worth a look.
const LEAST: u64 = 1_000;

#[test]
fn who_waits_long_looks_for_less_time_and_who_waits_shortly_for_all_of_it_again() {
    for tempo in [Tempo::of_caller(), Tempo::of_server()] {
        // Zero where one CPU alone may be used.
        let at_first = tempo.budget();
        assert!(at_first <= 50_000, "{at_first}");
        let before = tempo.budget();
        tempo.slept(1_000_000_000);
        assert!(tempo.budget() <= before);
        for _ in 0..100 {
            tempo.slept(1_000_000_000);
        }
        assert_eq!(tempo.budget(), at_first.min(LEAST));
        tempo.slept(0);
        assert_eq!(tempo.budget(), at_first);
    }
}

#[test]
fn who_sent_or_got_much_looks_for_as_much_longer_as_it_may_be_copied() {
    let tempo = Tempo::of_caller();
    let own = tempo.budget();
    // Not where one CPU alone may be used.
    let longer_by = |us: u64| if own == 0 { 0 } else { own + us * 1_000 };
    assert_eq!(tempo.budget_for(64), own);
    assert_eq!(tempo.budget_for(1 << 20), longer_by(128));
    assert_eq!(tempo.budget_for(1 << 30), longer_by(200));
}

fn slow(world: &World) {
    let slow = method("slow", |call, _| {
        sleep(Duration::from_millis(1));
        reply(call, b"done");
    });
    world.host("slow", vec![slow]);
    world.server.start().expect("start");
}

#[test]
fn what_was_asked_for_stays() {
    let test = "what_was_asked_for_stays";
    if process::role().is_none() {
        let mut child =
            process::again(test, "asked").env("HMSFFI_SPIN", "7").spawn().expect("another process");
        assert!(child.wait().expect("wait").success());
        return;
    }
    let tempo = Tempo::of_caller();
    tempo.slept(1_000_000_000);
    assert_eq!((tempo.budget(), tempo.budget_for(1 << 20)), (7_000, 7_000));
}

/// Keeps all threads of this process, and those that they start, to these CPUs.
fn keep_to(cpus: &CpuSet) {
    for thread in std::fs::read_dir("/proc/self/task").expect("threads") {
        let name = thread.expect("a thread").file_name();
        let number = name.to_str().expect("text").parse().expect("a number");
        // One that has just ended need not be kept anywhere.
        let _ = sched_setaffinity(Pid::from_raw(number), cpus);
    }
}

/// Keeps this thread to one of the usable CPUs. On one together with the other end it would not look for anything.
fn stay_on(number: usize) {
    let all = sched_getaffinity(Pid::from_raw(std::process::id() as i32)).expect("CPUs");
    // There may be just one.
    let _ = sched_setaffinity(None, &one_of(&all, number));
}

#[test]
fn a_process_that_is_left_one_cpu_stops_to_spin_until_it_has_more_again() {
    let test = "a_process_that_is_left_one_cpu_stops_to_spin_until_it_has_more_again";
    let alone = |directory: &Path| {
        let all = sched_getaffinity(None).expect("CPUs");
        if all.count() < 2 {
            return eprintln!("{test}: there is one CPU from the beginning");
        }
        let one = one_of(&all, 0);
        let mut server = start(test, "slow", directory);
        let world = world_in(directory, ServerOptions::default());
        let slow = found(&world.client, "slow", "slow");
        let spins = || {
            let before = introspect::snapshot().spun_ns_total;
            (0..5).for_each(|_| assert_eq!(call(&slow, b""), "done"));
            introspect::snapshot().spun_ns_total > before
        };
        assert!(spins(), "it waits in vain for a moment before it sleeps");
        keep_to(&one);
        eventually("it spins no more", || !spins());
        keep_to(&all);
        eventually("it spins again", spins);
        process::kill(&mut server);
    };
    in_roles(test, alone, &[("slow", slow)], &[]);
}

#[test]
fn a_client_spins_as_long_as_it_says() {
    const CALLS: u64 = 20;
    let test = "a_client_spins_as_long_as_it_says";
    if let Some(directory) = process::role() {
        let world = world_in(&PathBuf::from(directory), ServerOptions::default());
        slow(&world);
        process::stay();
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let mut server = process::again(test, directory.path()).spawn().expect("another process");
    let world = world_in(directory.path(), ServerOptions::default());
    let spun = |spin_ns| {
        let options = ClientOptions { spin_ns: Some(spin_ns), ..ClientOptions::default() };
        let slow = found(&Client::new(world.runtime.clone(), options).expect("client"), "slow", "slow");
        // The first call asks for the method's number.
        assert_eq!(call(&slow, b""), "done");
        let before = introspect::snapshot().spun_ns_total;
        for _ in 0..CALLS {
            assert_eq!(call(&slow, b""), "done");
        }
        introspect::snapshot().spun_ns_total - before
    };
    assert_eq!(spun(0), 0);
    assert!(spun(100_000) >= CALLS * 100_000);
    drop(world);
    drop(server.stdin.take());
    assert!(server.wait().expect("wait").success());
}

#[test]
fn a_server_that_got_much_looks_longer_for_the_next_call() {
    const CALLS: u64 = 10;
    /// What its caller copies in 128 us.
    const MUCH: usize = 1 << 20;
    let test = "a_server_that_got_much_looks_longer_for_the_next_call";
    let take = |world: &World| {
        let spun = method("spun", |call, _| {
            stay_on(0);
            reply(call, introspect::snapshot().spun_ns_total.to_string().as_bytes());
        });
        let take = method("take", |call, _| {
            stay_on(0);
            reply(call, b"taken");
        });
        world.host("take", vec![take, spun]);
        world.server.start().expect("start");
    };
    let caller = |directory: &Path| {
        if Tempo::of_server().budget() == 0 {
            return eprintln!("{test}: there is one CPU");
        }
        let mut server = start(test, "take", directory);
        stay_on(1);
        let world = world_in(directory, ServerOptions::default());
        let (take, spun) = (found(&world.client, "take", "take"), found(&world.client, "take", "spun"));
        let asked = || call(&spun, b"").parse::<u64>().expect("a number");
        let spun = (0..CALLS).map(|_| {
            let before = asked();
            assert_eq!(call(&take, &vec![0; MUCH]), "taken");
            sleep(Duration::from_millis(20));
            asked() - before
        });
        let spun = spun.sum::<u64>();
        assert!(spun > CALLS * 100_000, "{spun}");
        process::kill(&mut server);
    };
    in_roles(test, caller, &[("take", take)], &[]);
}
