//! A process that is killed after each instruction of what it does on a lane.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hmsffi_core::call::Deadline;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::attend::{Attendant, Ended, Flow, Patience, attend};
use hmsffi_core::shm::futex::{Kick, Watched};
use hmsffi_core::shm::lane::{Event, Lane, Wants};
use hmsffi_core::shm::layout::{Kind, SEGMENT, SLEEP};
use hmsffi_core::shm::ring::{Frame, NotWritten, Poisoned};
use hmsffi_core::shm::{mapped::Mapped, memory::Memory};

use crate::bystander::{self, Bystander};
use crate::liar::header;
use crate::linked::world_in;
use crate::traced::{self, Step, Stepped};
use crate::{Random, asked, in_roles};

/// Longer than anything here takes.
const HANG: Duration = Duration::from_secs(20);

/// The memory of a lane, shared with forked children.
struct Shared([*mut u8; 2]);

impl Shared {
    fn new() -> Shared {
        // SAFETY: fresh memory.
        let map = || unsafe {
            let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
            libc::mmap(std::ptr::null_mut(), SEGMENT, access, kind, -1, 0)
        };
        let memory = [map(), map()];
        assert!(memory.iter().all(|memory| *memory != libc::MAP_FAILED));
        Shared(memory.map(|memory| memory.cast()))
    }

    /// Both ends, with nothing sent yet.
    fn lane(&mut self) -> [Lane<Mapped>; 2] {
        let [one, other] = self.0;
        // SAFETY: mapped, and used by nobody now.
        unsafe {
            one.write_bytes(0, SEGMENT);
            other.write_bytes(0, SEGMENT);
            [Lane::new(Mapped::new(one, other)), Lane::new(Mapped::new(other, one))]
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by us.
        self.0.iter().for_each(|memory| unsafe { assert_eq!(libc::munmap(memory.cast(), SEGMENT), 0) });
    }
}

fn pattern(number: u64, len: usize) -> Vec<u8> {
    (0..len).map(|i| (number as u8).wrapping_mul(31).wrapping_add(i as u8)).collect()
}

/// Sends the message with this number; how long it is follows from that.
fn send(lane: &Lane<Mapped>, number: u64) -> Result<(), NotWritten> {
    lane.send(&header(Kind::Call, number, 0), &[&pattern(number, len_of(number))])
}

fn len_of(number: u64) -> usize {
    [0, 97, 10, 2000, 96][number as usize % 5]
}

/// One end of the lane: reads what comes, which must be whole and in order, and sends what it has as soon as there is
/// room.
struct Reader<'a> {
    lane: &'a Lane<Mapped>,
    got: u64,
    wanted: u64,
    sent: u64,
    to_send: u64,
    wants_memory: bool,
    has_ended: &'a AtomicBool,
    is_over: bool,
}

impl Attendant for Reader<'_> {
    fn is_done(&self) -> bool {
        self.is_over || self.got == self.wanted
    }
    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        if frame.header.kind == Kind::Call {
            assert_eq!((frame.header.call, frame.len), (self.got, len_of(self.got)));
        }
        let mut body = vec![0; frame.len];
        frame.read(self.lane.memory(), 0, &mut body);
        assert!(body == pattern(frame.header.call, frame.len), "half a frame");
        self.got += 1;
        Ok(Flow::Next)
    }
    fn look(&mut self) -> bool {
        let before = self.sent;
        while self.sent < self.to_send {
            match send(self.lane, self.sent) {
                Ok(()) => self.sent += 1,
                Err(NotWritten::Full) => break,
                Err(NotWritten::Poisoned) => panic!("the victim has broken the rules"),
            }
        }
        self.sent != before
    }
    fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }
    fn fail_all(&mut self) {
        self.is_over = true;
    }
    fn wants(&self) -> Wants {
        Wants { room: self.sent < self.to_send, memory: self.wants_memory, doorbell: false }
    }
    fn is_due(&self) -> bool {
        true
    }
    fn word(&self) -> Option<Watched<'_>> {
        None
    }
    fn rouse_others(&self) {}
    fn go_on(&mut self) -> bool {
        true
    }
}

/// What a victim does on its end, and what happens before, beside and after it.
struct Scene {
    name: &'static str,
    /// What both ends have done before.
    before: fn(&Lane<Mapped>, &Lane<Mapped>) -> u64,
    /// What the victim does, with the bodies that it may send.
    act: fn(&Lane<Mapped>, &[Vec<u8>]),
    /// Frames that the survivor sends when it can, besides those that it has sent before.
    more: u64,
    /// The survivor wakes the victim, if it sleeps, with one more frame.
    wakes: bool,
    wants_memory: bool,
    /// Frames that the survivor gets if the victim lives.
    frames: u64,
}

const SCENES: [Scene; 4] = [
    Scene {
        name: "publish",
        before: |survivor, victim| {
            // What comes then goes over the end of the ring.
            nearly_once_around(victim, survivor);
            0
        },
        act: |lane, bodies| {
            for (number, body) in (0..).zip(bodies) {
                lane.send(&header(Kind::Call, number, 0), &[body]).expect("room");
            }
        },
        more: 0,
        wakes: false,
        wants_memory: false,
        frames: 4,
    },
    Scene {
        name: "consume",
        before: |survivor, _| {
            (0..).find(|number| send(survivor, *number).is_err()).expect("a ring has an end")
        },
        act: |lane, _| {
            let mut leading = lane.lead().expect("the lead is free");
            let mut body = [0; 2000];
            for _ in 0..6 {
                let frame = leading.next_frame().expect("an honest survivor").expect("a frame");
                frame.read(lane.memory(), 0, &mut body);
                leading.consume(&frame);
            }
            leading.publish_consumed();
            assert!(leading.let_go().is_ok());
        },
        more: 3,
        wakes: false,
        wants_memory: false,
        frames: 0,
    },
    Scene {
        name: "park",
        before: |_, _| 0,
        act: |lane, _| {
            let has_ended = AtomicBool::new(false);
            let mut reader = reader(lane, &has_ended);
            reader.wanted = 1;
            assert_eq!(attend(lane, &Kick::default(), &mut reader, patience()), Ok(Ended::Done));
        },
        more: 0,
        wakes: true,
        wants_memory: false,
        frames: 0,
    },
    Scene {
        name: "release",
        before: |_, _| 0,
        act: |lane, bodies| {
            let loans = &bodies[1][..12];
            lane.producer().write(lane.memory(), &header(Kind::Release, 1, 0), &[loans]).expect("room");
            lane.ring(Event::Memory);
        },
        more: 0,
        wakes: false,
        wants_memory: true,
        frames: 1,
    },
];

fn nearly_once_around(from: &Lane<Mapped>, to: &Lane<Mapped>) {
    for number in 0..250 {
        from.send(&header(Kind::Call, number, 0), &[]).expect("room");
        let mut leading = to.lead().expect("the lead is free");
        let frame = leading.next_frame().expect("honest").expect("a frame");
        leading.consume(&frame);
        leading.publish_consumed();
        assert!(leading.let_go().is_ok());
    }
}

fn reader<'a>(lane: &'a Lane<Mapped>, has_ended: &'a AtomicBool) -> Reader<'a> {
    let wanted = u64::MAX;
    Reader { lane, got: 0, wanted, sent: 0, to_send: 0, wants_memory: false, has_ended, is_over: false }
}

fn patience() -> Patience {
    Patience { spin: 0, deadline: Deadline::after(HANG.as_nanos() as u64), otherwise: 0, slice: 0 }
}

/// Runs a scene and kills the victim after so many steps. Gives how many frames the survivor has got, and whether the
/// victim had done all.
fn kill_after(scene: &Scene, shared: &mut Shared, steps: u64) -> (u64, bool) {
    let [survivor, victim] = shared.lane();
    let sent = (scene.before)(&survivor, &victim);
    let (kick, has_ended) = (Kick::default(), AtomicBool::new(false));
    let mut end = Reader {
        sent,
        to_send: sent + scene.more,
        wants_memory: scene.wants_memory,
        ..reader(&survivor, &has_ended)
    };
    let bodies: Vec<_> = (0..scene.frames.max(2)).map(|number| pattern(number, len_of(number))).collect();
    let mut child = Stepped::fork(|| (scene.act)(&victim, &bodies));
    let is_over = std::thread::scope(|scope| {
        let surviving = scope.spawn(|| attend(&survivor, &kick, &mut end, patience()));
        // Asleep, so that the victim must ring.
        while survivor.memory().own(SLEEP) == 0 && !surviving.is_finished() {
            std::thread::yield_now();
        }
        let wake = || assert_eq!(send(&survivor, 0), Ok(()));
        let is_over = take(&mut child, steps, scene.wakes.then_some(&wake));
        child.kill();
        has_ended.store(true, Ordering::SeqCst);
        kick.kick();
        let ended = surviving.join().expect("a survivor that finds nothing wrong");
        assert_eq!(ended, Ok(Ended::Done), "{}: the survivor hangs, or calls the victim a liar", scene.name);
        is_over
    });
    assert!(end.sent >= sent);
    (end.got, is_over)
}

/// Lets a victim take so many steps; true if it has done all. One that sleeps in its last step is left asleep.
fn take(child: &mut Stepped, steps: u64, wake: Option<&impl Fn()>) -> bool {
    for left in (0..steps).rev() {
        let step = if wake.is_some() { child.step_or_sleep() } else { child.step() };
        match step {
            Step::Taken => {}
            Step::Over => return true,
            Step::Asleep if left == 0 => return false,
            Step::Asleep => {
                wake.expect("a scene in which it sleeps")();
                if child.wake() == Step::Over {
                    return true;
                }
            }
        }
    }
    false
}

fn survive(test: &str, directory: &Path) {
    if !traced::is_allowed() {
        return;
    }
    let world = world_in(directory, ServerOptions::default());
    let bystander = Bystander::start(test, directory, &world);
    let every = asked("HMSFFI_STEP_EVERY", 5);
    let first = 1 + Random::seeded("HMSFFI_STEP_SEED").below(every);
    eprintln!("killed after every step number {first} + n * {every}");
    let mut shared = Shared::new();
    for scene in &SCENES {
        let began = Instant::now();
        let mut outcomes = vec![0_u64; scene.frames as usize + 1];
        let mut steps = first;
        loop {
            let (got, is_over) = kill_after(scene, &mut shared, steps);
            outcomes[got as usize] += 1;
            if is_over {
                assert_eq!(got, scene.frames, "{}: all that was done arrives", scene.name);
                break;
            }
            steps += every;
            if outcomes.iter().sum::<u64>().is_multiple_of(64) {
                bystander.goes_on();
            }
        }
        eprintln!(
            "{:>8}: killed {} times up to step {steps}, in {:?}; frames that arrived, and how often: {:?}",
            scene.name,
            outcomes.iter().sum::<u64>(),
            began.elapsed(),
            outcomes.iter().enumerate().collect::<Vec<_>>()
        );
        assert!(every > 1 || outcomes.iter().all(|times| *times > 0), "{}: each of them happens", scene.name);
    }
    bystander.goes_on();
    bystander.end();
}

#[test]
fn a_process_is_killed_after_each_instruction_and_its_frames_are_whole_or_never_were() {
    const TEST: &str =
        "stepped::a_process_is_killed_after_each_instruction_and_its_frames_are_whole_or_never_were";
    in_roles(TEST, |directory| survive(TEST, directory), &[bystander::ROLE], &[]);
}
