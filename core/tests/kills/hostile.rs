//! A peer that breaks the rules in every way it can: its own link ends, or is slow, and nobody else notices.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::domain::Domain;
use hmsffi_core::proto::ServiceStatus;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::layout::{CONSUMED, Kind, RING, SEGMENT, SLEEP, SLOT, SLOTS, lap};
use hmsffi_core::shm::link::serving::RESOLVE;
use hmsffi_core::shm::link::wire::{
    self, Above, Control, EXTRA, EXTRA_PLACED, Extra, GIVES_BACK, PAYLOAD_PLACED, Place,
};
use hmsffi_core::shm::segment::{Backend, OwnSegment, Purpose};

use crate::bystander::{self, Bystander};
use crate::footprint::{Footprint, resident_kb};
use crate::liar::{Liar, header, plain_file, tell};
use crate::linked::{found, world_in};
use crate::support::{World, eventually, method, reply};
use crate::{Random, as_role, in_roles, process};

/// What a liar does, and whether it must be thrown out for it.
type Attack = (&'static str, fn(&Liar), bool);

const LIE: &str = "HMSFFI_TEST_LIE";
/// How long an attack that need not end the link goes on.
const WHILE: Duration = Duration::from_millis(300);

fn for_a_while(mut step: impl FnMut()) {
    let end = Instant::now() + WHILE;
    while Instant::now() < end {
        step();
    }
}

fn raw_frame(liar: &Liar, kind: u8, slots: u16, len: u32) {
    liar.set(RING + 4, u32::from(kind) | u32::from(slots) << 16);
    liar.set(RING + 20, len);
    liar.set(RING, 1);
    liar.ring();
}

fn garbage(liar: &Liar) {
    let mut random = Random::seeded("HMSFFI_LIES_SEED");
    for_a_while(|| {
        let at = RING + (random.below(u64::from(SLOTS) * SLOT as u64 / 4) * 4) as usize;
        liar.set(at, random.below(4) as u32);
        liar.ring();
    });
}

fn placed(liar: &Liar, kind: Kind, place: Place) {
    let mut head = header(kind, 1 << 32, 2);
    head.flags = PAYLOAD_PLACED;
    liar.send(&head, &place.to_bytes());
}

fn gives_back(liar: &Liar, kind: Kind, call: u64) {
    let mut head = header(kind, call, 2);
    head.flags = GIVES_BACK;
    liar.send(&head, &7_u64.to_le_bytes());
}

/// Answers the calls that wait with this.
fn answer(liar: &Liar, answer: impl Fn(u64)) {
    answer(liar.next_frame().header.call);
}

fn frames_without_end(liar: &Liar) {
    // Gives back nothing, which the rules allow, faster than it can be read.
    let mut position = 0_u32;
    for_a_while(|| {
        for _ in 0..SLOTS {
            let at = RING + (position % SLOTS) as usize * SLOT;
            liar.set(at + 4, Kind::Release as u32 | 1 << 16);
            liar.set(at + 20, 0);
            liar.set(at, lap(position));
            position = position.wrapping_add(1);
        }
        liar.ring();
    });
}

fn floods_the_socket(liar: &Liar) {
    for_a_while(|| tell(&liar.socket, Control::ServicesChanged(1), &[]));
}

fn rewrites_consumed(liar: &Liar) {
    let mut random = Random::seeded("HMSFFI_LIES_SEED");
    for_a_while(|| {
        liar.send(&header(Kind::Call, (1 << 32) | random.below(64), RESOLVE), b"");
        liar.set(CONSUMED, random.next() as u32);
    });
}

fn changes_how_it_sleeps(liar: &Liar) {
    let mut random = Random::seeded("HMSFFI_LIES_SEED");
    for_a_while(|| {
        liar.set(SLEEP, random.next() as u32);
        liar.send(&header(Kind::Call, (1 << 32) | random.below(64), RESOLVE), b"");
    });
}

/// Both kinds of links can be attacked so.
const ON_BOTH: [Attack; 14] = [
    ("writes garbage", garbage, false),
    (
        "stamps another lap",
        |liar| {
            // Wherever its reader is by now.
            (0..SLOTS as usize).for_each(|slot| liar.set(RING + slot * SLOT, 77));
            liar.ring()
        },
        true,
    ),
    ("a frame of no slots", |liar| fresh(liar, Kind::Release as u8, 0, 0), true),
    ("a frame beyond the ring", |liar| fresh(liar, Kind::Release as u8, 300, 0), true),
    ("a frame longer than its slots", |liar| fresh(liar, Kind::Release as u8, 1, 97), true),
    ("a frame of no kind", |liar| fresh(liar, 77, 1, 0), true),
    (
        "gives back what was not lent",
        |liar| liar.send(&header(Kind::Release, 0, 0), &7_u32.to_le_bytes()),
        true,
    ),
    ("says it has mapped what was not announced", |liar| tell(&liar.socket, Control::ArenaOk(3), &[]), true),
    ("says hello twice", |liar| tell(&liar.socket, Control::Refuse(Default::default()), &[]), true),
    ("announces an arena without memory", |liar| liar.announce(0, 4096, None), false),
    ("announces a device", |liar| liar.announce(0, 4096, Some(plain_file().as_fd())), false),
    ("announces with a wrong size", wrong_size, false),
    ("sends frames without end", frames_without_end, false),
    ("floods the control socket", floods_the_socket, false),
];

/// A frame at the first place that was not used yet, whatever came before: in a fresh link that is the first.
fn fresh(liar: &Liar, kind: u8, slots: u16, len: u32) {
    for slot in 0..SLOTS {
        let at = RING + slot as usize * SLOT;
        liar.set(at + 4, u32::from(kind) | u32::from(slots) << 16);
        liar.set(at + 20, len);
        liar.set(at, 1);
    }
    raw_frame(liar, kind, slots, len);
}

fn wrong_size(liar: &Liar) {
    let own = OwnSegment::create(Backend::Memfd, 8192, Purpose::Arena).expect("segment");
    for (number, len) in [(0, 4096), (0, 1 << 40), (0, 0), (0, 12_345), (0, u64::MAX)] {
        liar.announce(number, len, own.ticket().descriptor);
    }
}

/// What only one who calls can do.
const BY_CALLER: [Attack; 10] = [
    ("gives back in a call what was not lent", |liar| gives_back(liar, Kind::Call, 1 << 32), true),
    ("answers a server", |liar| liar.send(&header(Kind::Reply, 1 << 32, 0), b"x"), true),
    (
        "calls what is not there",
        |liar| {
            for n in 0..1000 {
                liar.send(&header(Kind::Call, 1 << 32 | n, 99), b"")
            }
        },
        false,
    ),
    (
        "a place in no arena",
        |liar| placed(liar, Kind::Call, Place { arena: 9, loan: 0, offset: 0, len: 1 }),
        true,
    ),
    ("a place beyond its arena", beyond_arena, true),
    ("calls twice by the same number", same_number, true),
    ("calls and never reads", never_reads, false),
    ("a chain of a million calls", endless_chain, false),
    ("rewrites what it has consumed", rewrites_consumed, false),
    ("changes how it sleeps", changes_how_it_sleeps, false),
];

fn beyond_arena(liar: &Liar) {
    let own = OwnSegment::create(Backend::Memfd, 4096, Purpose::Arena).expect("segment");
    liar.announce(0, 4096, own.ticket().descriptor);
    std::thread::sleep(Duration::from_millis(50));
    placed(liar, Kind::Call, Place { arena: 0, loan: 0, offset: u64::MAX, len: 2 });
    placed(liar, Kind::Call, Place { arena: 0, loan: 0, offset: 4000, len: 97 });
}

fn same_number(liar: &Liar) {
    let (slow, echo) = (liar.resolve("slow"), liar.resolve("echo"));
    for _ in 0..20 {
        liar.send(&header(Kind::Call, 5 << 32, slow), b"");
        liar.send(&header(Kind::Call, 5 << 32, echo), b"");
        liar.send(&header(Kind::Cancel, 5 << 32, 0), b"");
    }
}

fn never_reads(liar: &Liar) {
    let echo = liar.resolve("echo");
    let body = vec![3; 4000];
    let end = Instant::now() + Duration::from_secs(3);
    let mut n = 0_u64;
    while Instant::now() < end {
        liar.send(&header(Kind::Call, n % 1000, echo), &body);
        n += 1;
    }
}

fn endless_chain(liar: &Liar) {
    let extra = Extra { chain: vec![Above::default(); 1_000_000], ..Extra::default() };
    let bytes = wire::bytes(&extra);
    let echo = liar.resolve("echo");
    let own = OwnSegment::create(Backend::Memfd, bytes.len(), Purpose::Arena).expect("segment");
    // SAFETY: inside the segment.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), own.as_ptr(), bytes.len()) };
    liar.announce(0, own.len() as u64, own.ticket().descriptor);
    std::thread::sleep(Duration::from_millis(100));
    let mut head = header(Kind::Call, 1 << 32, echo);
    head.flags = EXTRA | EXTRA_PLACED;
    liar.send(&head, &Place { arena: 0, loan: 0, offset: 0, len: bytes.len() as u64 }.to_bytes());
    liar.next_frame();
}

/// What only one who is called can do.
const BY_SERVER: [Attack; 9] = [
    (
        "gives back in an answer what was not lent",
        |liar| answer(liar, |id| gives_back(liar, Kind::Reply, id)),
        true,
    ),
    (
        "gives back in a failure what was not lent",
        |liar| answer(liar, |id| gives_back(liar, Kind::Error, id)),
        true,
    ),
    ("answers no call", |liar| liar.send(&header(Kind::Reply, 77 << 32, 0), b"x"), true),
    (
        "answers twice",
        |liar| answer(liar, |id| (0..2).for_each(|_| liar.send(&header(Kind::Reply, id, 0), b"x"))),
        true,
    ),
    (
        "a failure that cannot be read",
        |liar| answer(liar, |id| liar.send(&header(Kind::Error, id, 0), &[0xff; 9])),
        true,
    ),
    ("calls its caller", |liar| liar.send(&header(Kind::Call, 1, 2), b"x"), true),
    ("cancels its caller", |liar| liar.send(&header(Kind::Cancel, 1, 2), b"x"), true),
    (
        "an answer in no arena",
        |liar| {
            answer(liar, |id| {
                let mut head = header(Kind::Reply, id, 0);
                head.flags = PAYLOAD_PLACED;
                liar.send(&head, &Place { arena: 0, loan: 0, offset: 0, len: 5 }.to_bytes());
            })
        },
        true,
    ),
    ("never answers", |_| std::thread::sleep(WHILE), false),
];

fn find(attacks: impl IntoIterator<Item = &'static Attack>) -> &'static Attack {
    let name = std::env::var(LIE).expect("which lie");
    attacks.into_iter().find(|(known, ..)| *known == name).expect("a known lie")
}

fn attack(liar: &Liar, (name, attack, is_fatal): &Attack) {
    attack(liar);
    assert!(!is_fatal || liar.is_thrown_out(), "{name}: not thrown out");
}

/// Attacks the process that started this one.
fn lying_caller(directory: &Path) {
    let domain = Domain::within(directory, "test").expect("domain");
    let entries = domain.entries().expect("entries");
    let wanted = std::os::unix::process::parent_id();
    let connect = |entry| Liar::connect(domain.connect(entry).expect("a connection"), wanted);
    let liar = entries.iter().find_map(connect).expect("who started this");
    attack(&liar, find(ON_BOTH.iter().chain(&BY_CALLER)));
}

/// Attacks the one who calls `liar.go`.
fn lying_server(directory: &Path) {
    let liar = Liar::accept(directory);
    attack(&liar, find(ON_BOTH.iter().chain(&BY_SERVER)));
    process::stay();
}

/// A process that lies; true if all went as the attack wants it.
fn liar(test: &str, role: &str, directory: &Path, name: &str) -> std::process::Child {
    as_role(test, role, directory).env(LIE, name).spawn().expect("a process")
}

fn survivor(directory: &Path) -> (World, Arc<AtomicUsize>) {
    let panics = Arc::new(AtomicUsize::new(0));
    let (counted, before) = (panics.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        counted.fetch_add(1, Ordering::SeqCst);
        before(info);
    }));
    let world = world_in(directory, ServerOptions::default());
    let slow = |call: Call, _: &Request<'_>| {
        std::thread::sleep(Duration::from_millis(20));
        reply(call, b"");
    };
    world.host("home", vec![method("echo", |call, request| reply(call, request.body)), method("slow", slow)]);
    world.server.start().expect("start");
    (world, panics)
}

/// Runs attacks one after the other; nobody but the liar notices.
fn endure<'a>(
    test: &str,
    directory: &Path,
    attacks: impl Iterator<Item = &'a Attack>,
    mut suffer: impl FnMut(&World, &'static str),
) {
    let (world, panics) = survivor(directory);
    let bystander = Bystander::start(test, directory, &world);
    let before = Footprint::now(directory);
    let memory = resident_kb();
    for (name, ..) in attacks {
        eprintln!("{name}");
        suffer(&world, name);
        bystander.goes_on();
        Footprint::returns_to(&before, directory);
        assert_eq!(panics.load(Ordering::SeqCst), 0, "{name}: a panic");
        let now = resident_kb();
        assert!(now < memory + 100_000, "{name}: from {memory} to {now} kB");
    }
    bystander.end();
}

#[test]
fn a_caller_that_breaks_the_rules_loses_its_own_link_only() {
    const TEST: &str = "hostile::a_caller_that_breaks_the_rules_loses_its_own_link_only";
    let alone = |directory: &Path| {
        endure(TEST, directory, ON_BOTH.iter().chain(&BY_CALLER), |_, name| {
            let mut liar = liar(TEST, "caller", directory, name);
            assert!(liar.wait().expect("wait").success(), "{name}");
        });
    };
    in_roles(TEST, alone, &[bystander::ROLE], &[("caller", lying_caller)]);
}

#[test]
fn a_server_that_breaks_the_rules_loses_its_own_link_only() {
    const TEST: &str = "hostile::a_server_that_breaks_the_rules_loses_its_own_link_only";
    let alone = |directory: &Path| {
        endure(TEST, directory, ON_BOTH.iter().chain(&BY_SERVER), |world, name| {
            let mut liar = liar(TEST, "server", directory, name);
            let options = CallOptions { timeout_ns: 500_000_000, ..CallOptions::default() };
            let began = Instant::now();
            eventually("this liar is found", || {
                world.runtime.look_around();
                matches!(world.runtime.registry.get("liar"), Ok((_, ServiceStatus::Available)))
            });
            let go = found(&world.client, "liar", "go");
            for _ in 0..5 {
                let _ = go.call(&Request::bytes(&[5; 2000]), &options);
            }
            assert!(began.elapsed() < Duration::from_secs(15), "{name}: calls outlive their deadlines");
            drop(liar.stdin.take());
            assert!(liar.wait().expect("wait").success(), "{name}");
            world.runtime.look_around();
        });
    };
    in_roles(TEST, alone, &[bystander::ROLE], &[("server", lying_server)]);
}

#[test]
fn who_does_not_say_hello_properly_is_turned_away() {
    const TEST: &str = "hostile::who_does_not_say_hello_properly_is_turned_away";
    let alone = |directory: &Path| {
        endure(TEST, directory, [("strangers", (|_| ()) as fn(&Liar), false)].iter(), |_, _| {
            let domain = Domain::within(directory, "test").expect("domain");
            let entries = domain.entries().expect("entries");
            let own = OwnSegment::create(Backend::Memfd, SEGMENT, Purpose::Ring).expect("segment");
            for entry in entries.iter().cycle().take(100) {
                let connect = || domain.connect(entry).expect("a connection");
                let silent: OwnedFd = connect();
                tell(connect(), Control::ServicesChanged(1), &[]);
                tell(connect(), Control::Hello(Default::default()), own.ticket().descriptor.as_slice());
                tell(connect(), Control::Hello(Default::default()), &[plain_file().as_fd()]);
                let _ = hmsffi_core::shm::control::send(connect().as_fd(), &[0xff; 100], &[]);
                drop(silent);
            }
        });
    };
    in_roles(TEST, alone, &[bystander::ROLE], &[]);
}
