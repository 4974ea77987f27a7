//! Lanes between two processes: frames arrive once and in order, and nobody sleeps through one.

mod cpus;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cpus::one_of;
use hmsffi_core::call::Deadline;
use hmsffi_core::shm::attend::{Attendant, Ended, Flow, Patience, attend};
use hmsffi_core::shm::futex::{Kick, Watched};
use hmsffi_core::shm::lane::{Lane, Wants};
use hmsffi_core::shm::layout::{CPU, Header, Kind, SEGMENT};
use hmsffi_core::shm::mapped::Mapped;
use hmsffi_core::shm::memory::{Memory, Wakes};
use hmsffi_core::shm::ring::{Frame, NotWritten, Poisoned};
use rustix::thread::{sched_getaffinity, sched_setaffinity};

fn shared() -> *mut u8 {
    // SAFETY: fresh memory that a forked child shares.
    let memory = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            SEGMENT,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(memory, libc::MAP_FAILED);
    memory.cast()
}

fn header(kind: Kind, call: u64) -> Header {
    Header { kind, flags: 0, call, number: 0, deadline: 0 }
}

/// Waits for `wanted` frames in order, checks each and answers it if `echo`.
struct Reader<'a> {
    lane: &'a Lane<Mapped>,
    next: u64,
    wanted: u64,
    echo: bool,
}

fn pattern(n: u64, len: usize) -> Vec<u8> {
    (0..len).map(|i| (n as u8).wrapping_mul(31).wrapping_add(i as u8)).collect()
}

fn len_of(n: u64) -> usize {
    // All sizes from empty to the largest that a ring takes, mostly small.
    if n.is_multiple_of(7) { (n.wrapping_mul(2_654_435_761) % 4000) as usize } else { (n % 97) as usize }
}

impl Attendant for Reader<'_> {
    fn is_done(&self) -> bool {
        self.next >= self.wanted
    }
    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        assert_eq!(frame.header.call, self.next);
        assert_eq!(frame.len, len_of(self.next));
        let mut body = vec![0; frame.len];
        frame.read(self.lane.memory(), 0, &mut body);
        assert!(body == pattern(self.next, frame.len), "body of frame {}", self.next);
        if self.echo {
            assert_eq!(self.lane.send(&header(Kind::Reply, self.next), &[&body]), Ok(()));
        }
        self.next += 1;
        Ok(Flow::Next)
    }
    fn look(&mut self) -> bool {
        false
    }
    fn has_ended(&self) -> bool {
        false
    }
    fn fail_all(&mut self) {}
    fn wants(&self) -> Wants {
        Wants::default()
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

fn patience(spin: u64) -> Patience {
    Patience { spin, deadline: Deadline::after(60_000_000_000), otherwise: 0, slice: 0 }
}

/// Runs `child` in a forked process, whose exit code tells whether it went well.
fn beside(child: impl FnOnce(), parent: impl FnOnce()) {
    // SAFETY: the child uses nothing that another thread may hold, and ends without handlers.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends the child.
        unsafe { libc::_exit(i32::from(ended.is_err())) };
    }
    parent();
    let mut status = 0;
    // SAFETY: waits for the child.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(status, 0, "the child failed");
}

/// Time for which this thread had a CPU.
fn cpu_time() -> Duration {
    // SAFETY: all zeros are one, and it is filled in.
    let time = unsafe {
        let mut time: libc::timespec = std::mem::zeroed();
        assert_eq!(libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time), 0);
        time
    };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn echo(rounds: u64, spin: u64) {
    let (a, b) = (shared(), shared());
    beside(
        || {
            // SAFETY: mapped for both processes.
            let lane = Lane::new(unsafe { Mapped::new(b, a) });
            let mut reader = Reader { lane: &lane, next: 0, wanted: rounds, echo: true };
            assert_eq!(attend(&lane, &Kick::default(), &mut reader, patience(spin)), Ok(Ended::Done));
        },
        || {
            // SAFETY: as above.
            let lane = Lane::new(unsafe { Mapped::new(a, b) });
            let mut reader = Reader { lane: &lane, next: 0, wanted: 0, echo: false };
            for n in 0..rounds {
                assert_eq!(lane.send(&header(Kind::Call, n), &[&pattern(n, len_of(n))]), Ok(()));
                reader.wanted = n + 1;
                assert_eq!(attend(&lane, &Kick::default(), &mut reader, patience(spin)), Ok(Ended::Done));
            }
        },
    );
}

#[test]
fn calls_are_answered_while_both_ends_are_awake() {
    echo(200_000, 20_000);
}

#[test]
fn calls_are_answered_when_both_ends_sleep_at_once() {
    echo(20_000, 0);
}

/// Both ends send as fast as they can and read what comes, waiting for room with the inbound ring drained.
fn flood(lane: &Lane<Mapped>, messages: u64) {
    struct Flooder<'a> {
        reader: Reader<'a>,
        sent: u64,
        lane: &'a Lane<Mapped>,
    }
    impl Flooder<'_> {
        fn push(&mut self) -> bool {
            let before = self.sent;
            while self.sent < self.reader.wanted {
                let body = pattern(self.sent, len_of(self.sent));
                match self.lane.send(&header(Kind::Call, self.sent), &[&body]) {
                    Ok(()) => self.sent += 1,
                    Err(NotWritten::Full) => break,
                    Err(NotWritten::Poisoned) => panic!("poisoned"),
                }
            }
            self.sent != before
        }
    }
    impl Attendant for Flooder<'_> {
        fn is_done(&self) -> bool {
            self.reader.is_done() && self.sent == self.reader.wanted
        }
        fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
            self.reader.frame(frame)
        }
        fn look(&mut self) -> bool {
            self.push()
        }
        fn has_ended(&self) -> bool {
            false
        }
        fn fail_all(&mut self) {}
        fn wants(&self) -> Wants {
            Wants { room: self.sent < self.reader.wanted, ..Wants::default() }
        }
        fn is_due(&self) -> bool {
            true
        }
        fn word(&self) -> Option<Watched<'_>> {
            self.reader.word()
        }
        fn rouse_others(&self) {}
        fn go_on(&mut self) -> bool {
            true
        }
    }
    let reader = Reader { lane, next: 0, wanted: messages, echo: false };
    let mut flooder = Flooder { reader, sent: 0, lane };
    let patience =
        Patience { deadline: Deadline::after(60_000_000_000 + messages * 30_000), ..patience(1_000) };
    assert_eq!(attend(lane, &Kick::default(), &mut flooder, patience), Ok(Ended::Done));
    // The other end may still wait for room.
    if let Some(mut leading) = lane.lead() {
        leading.publish_consumed();
    }
}

/// Keeps this thread, and what it starts, to one CPU meanwhile.
fn on_one_cpu(run: impl FnOnce()) {
    let all = sched_getaffinity(None).expect("CPUs");
    sched_setaffinity(None, &one_of(&all, 0)).expect("one CPU");
    run();
    sched_setaffinity(None, &all).expect("all CPUs");
}

#[test]
fn who_waits_for_an_end_on_its_own_cpu_leaves_it_that_cpu() {
    on_one_cpu(|| {
        let before = cpu_time();
        // Who looks has the CPU until the system takes it away, which it does after milliseconds.
        echo(1_000, 1_000_000_000);
        let taken = cpu_time() - before;
        assert!(taken < Duration::from_millis(300), "{taken:?}");
    });
}

#[test]
fn who_gets_the_cpu_back_late_sleeps_instead_of_leaving_it() {
    const ROUNDS: u32 = 1_000;
    on_one_cpu(|| {
        let is_over = AtomicBool::new(false);
        let at_the_latest = Instant::now() + Duration::from_secs(60);
        let taken = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) && Instant::now() < at_the_latest {
                    std::hint::spin_loop();
                }
                cpu_time()
            });
            echo(ROUNDS.into(), 20_000);
            is_over.store(true, Ordering::Relaxed);
            other.join().expect("its time")
        });
        // Who is left a CPU by two that wait for each other keeps it for some milliseconds each time.
        assert!(taken < ROUNDS * Duration::from_millis(1), "{taken:?}");
    });
}

#[test]
fn two_ends_that_flood_each_other_never_stand_still() {
    let messages = std::env::var("HMSFFI_FLOOD").ok().and_then(|n| n.parse().ok()).unwrap_or(400_000);
    let (a, b) = (shared(), shared());
    // SAFETY: mapped for both processes.
    let lanes = unsafe { [Lane::new(Mapped::new(a, b)), Lane::new(Mapped::new(b, a))] };
    beside(|| flood(&lanes[1], messages), || flood(&lanes[0], messages));
}

#[test]
fn a_payload_is_never_taken_for_a_stamp() {
    // Each word of the payload is what a stamp of the next laps looks like.
    let (a, b) = (shared(), shared());
    // SAFETY: mapped.
    let lanes = unsafe { [Lane::<Mapped>::new(Mapped::new(a, b)), Lane::new(Mapped::new(b, a))] };
    for n in 0..10_000_u32 {
        let lap = n * 9 / 256 + 2;
        let body: Vec<u8> = lap.to_le_bytes().repeat((n as usize * 37) % 1000);
        assert_eq!(lanes[0].send(&header(Kind::Call, u64::from(n)), &[&body]), Ok(()));
        let mut leading = lanes[1].lead().expect("the lead is free");
        let frame = leading.next_frame().expect("no poison").expect("a frame");
        assert_eq!((frame.header.call, frame.len), (u64::from(n), body.len()));
        leading.consume(&frame);
        assert!(matches!(leading.next_frame(), Ok(None)), "nothing but what was sent");
        assert!(leading.let_go().is_ok());
    }
}

/// Waits until it is to stop, and notes how long the lane slept.
struct Resting<'a> {
    stop: &'a AtomicBool,
    slept: Vec<Duration>,
    /// The link has.
    has_ended: bool,
}

impl Attendant for Resting<'_> {
    fn is_done(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
    fn frame(&mut self, _: &Frame) -> Result<Flow, Poisoned> {
        Ok(Flow::Next)
    }
    fn look(&mut self) -> bool {
        false
    }
    fn has_ended(&self) -> bool {
        self.has_ended
    }
    fn fail_all(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
    fn wants(&self) -> Wants {
        Wants::default()
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
    fn slept(&mut self, ns: u64) {
        self.slept.push(Duration::from_nanos(ns));
    }
}

#[test]
fn a_sleep_of_the_lane_is_told_to_one_thread_alone() {
    const REST: Duration = Duration::from_millis(600);
    // SAFETY: mapped for good; nobody is at the other end.
    let lane = Lane::new(unsafe { Mapped::new(shared(), shared()) });
    let (kick, stop) = (Kick::default(), AtomicBool::new(false));
    let rest = || {
        let mut resting = Resting { stop: &stop, slept: Vec::new(), has_ended: false };
        assert_eq!(attend(&lane, &kick, &mut resting, patience(0)), Ok(Ended::Done));
        resting.slept
    };
    let slept = std::thread::scope(|scope| {
        // Each has led before it sleeps: the lead is free when it comes.
        let threads = [(); 3].map(|()| {
            let thread = scope.spawn(rest);
            std::thread::sleep(REST);
            thread
        });
        kick.kick();
        std::thread::sleep(REST);
        stop.store(true, Ordering::SeqCst);
        kick.kick();
        threads.map(|thread| thread.join().expect("rested")).concat()
    });
    // From when the last one fell asleep.
    assert_eq!(slept.iter().filter(|slept| **slept > REST / 2).count(), 1, "{slept:?}");
}

#[test]
fn who_shares_a_cpu_with_an_end_that_died_is_told_of_the_end_of_the_link() {
    on_one_cpu(|| {
        let (a, b) = (shared(), shared());
        // SAFETY: mapped for good.
        let (dead, lane) = unsafe { (Mapped::new(a, b), Lane::new(Mapped::new(b, a))) };
        dead.set(CPU, dead.cpu().expect("a CPU") + 1, Ordering::Relaxed);
        // It takes some until it notices that it shares the CPU.
        for wait in 0..30 {
            let stop = AtomicBool::new(false);
            let mut waiting = Resting { stop: &stop, slept: Vec::new(), has_ended: true };
            let patience = Patience { deadline: Deadline::after(5_000_000_000), ..patience(20_000) };
            assert_eq!(attend(&lane, &Kick::default(), &mut waiting, patience), Ok(Ended::Done), "{wait}");
        }
    });
}

#[test]
fn what_no_peer_that_keeps_the_rules_writes_poisons_the_lane() {
    let broken = |change: &dyn Fn(&Mapped)| {
        let (a, b) = (shared(), shared());
        // SAFETY: mapped.
        let (liar, lane) = unsafe { (Mapped::new(a, b), Lane::<Mapped>::new(Mapped::new(b, a))) };
        change(&liar);
        let mut leading = lane.lead().expect("the lead is free");
        let result = leading.next_frame().map(|frame| frame.is_some());
        let _ = leading.let_go();
        result
    };
    use hmsffi_core::shm::layout::RING;
    let word = |at: usize, value: u32| move |m: &Mapped| m.set(RING + at, value, Ordering::Release);
    assert_eq!(broken(&word(0, 2)), Err(Poisoned("a slot has a stamp of another lap")));
    assert_eq!(broken(&word(0, 1)), Err(Poisoned("a frame is of no known kind")));
    let frame = |slots: u32, len: u32| {
        move |m: &Mapped| {
            m.set(RING + 4, u32::from(Kind::Call as u8) | slots << 16, Ordering::Relaxed);
            m.set(RING + 20, len, Ordering::Relaxed);
            m.set(RING, 1, Ordering::Release);
        }
    };
    assert_eq!(broken(&frame(0, 0)), Err(Poisoned("a frame goes beyond the ring")));
    assert_eq!(broken(&frame(257, 0)), Err(Poisoned("a frame goes beyond the ring")));
    assert_eq!(broken(&frame(1, 97)), Err(Poisoned("a frame is longer than its slots")));
    assert_eq!(broken(&frame(1, 96)), Ok(true));
}
