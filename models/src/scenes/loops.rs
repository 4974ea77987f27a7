//! An event loop at the end that calls, as `link::answers` has it: it takes what is there, arms the lane, and sleeps on its
//! doorbell alone.

use std::cell::Cell;

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::attend::{Attendant, Ended, Flow, attend, fetch, nudge};
use super::super::futex::{self, Kick, Watched};
use super::super::lane::{Lane, Wants};
use super::super::layout::Kind;
use super::super::ring::{Frame, Poisoned};
use super::super::sync::{AtomicU32, Ordering};
use super::SLEEPY;
use super::callers::{answer, take_calls};
use super::frames::header;
use super::wire::{View, ends};

/// The call for which a thread waits; the others are the loop's.
const OF_THREAD: u64 = 0;

struct Caller {
    lane: Arc<Lane<View>>,
    /// Calls under way.
    open: AtomicU32,
    /// Those of them that are the loop's.
    of_loop: AtomicU32,
    /// Answers for the loop that it has not taken.
    arrived: AtomicU32,
    /// The answer of the thread has come.
    answered: AtomicU32,
    kick: Kick,
}

impl Caller {
    /// With so many calls of the loop under way, and perhaps one of a thread.
    fn new(lane: Arc<Lane<View>>, of_loop: u32, of_thread: u32) -> Arc<Caller> {
        Arc::new(Caller {
            lane,
            open: AtomicU32::new(of_loop + of_thread),
            of_loop: AtomicU32::new(of_loop),
            arrived: AtomicU32::new(0),
            answered: AtomicU32::new(0),
            kick: Kick::default(),
        })
    }

    fn wants(&self) -> Wants {
        Wants { doorbell: self.of_loop.load(Ordering::SeqCst) > 0, ..Wants::default() }
    }

    fn take(&self, frame: &Frame) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        if frame.header.call == OF_THREAD {
            self.answered.store(1, Ordering::Release);
            futex::wake_private(&self.answered);
        } else {
            self.of_loop.fetch_sub(1, Ordering::SeqCst);
            self.arrived.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A call of the loop. It relies on a lane that is armed already.
    fn submit(&self, id: u64) {
        self.open.fetch_add(1, Ordering::SeqCst);
        self.of_loop.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.lane.send(&header(Kind::Call, id), &[]), Ok(()));
        if !self.lane.is_armed_for_loop() && nudge(&self.lane, || self.wants(), || false) {
            self.rouse();
        }
    }

    fn rouse(&self) {
        self.kick.kick();
        self.lane.memory().own_doorbell().ring();
    }

    /// The loop: sleeps until so many answers have come in all.
    fn run(&self, wanted: u32) {
        let mut taken = 0;
        loop {
            fetch(&self.lane, &mut Fetching(self), 0).unwrap();
            taken += self.arrived.swap(0, Ordering::SeqCst);
            if taken == wanted {
                return;
            }
            self.lane.memory().own_doorbell().wait();
        }
    }

    /// The thread.
    fn wait(&self) {
        let mut waiting = Waiting(self, Cell::new(false));
        assert_eq!(attend(&self.lane, &self.kick, &mut waiting, SLEEPY), Ok(Ended::Done));
    }
}

struct Fetching<'a>(&'a Caller);

impl Attendant for Fetching<'_> {
    fn is_done(&self) -> bool {
        self.0.arrived.load(Ordering::SeqCst) > 0
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        self.0.take(frame);
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
        self.0.wants()
    }

    fn is_due(&self) -> bool {
        true
    }

    fn word(&self) -> Option<Watched<'_>> {
        None
    }

    fn rouse_others(&self) {
        self.0.rouse();
    }

    fn go_on(&mut self) -> bool {
        true
    }
}

struct Waiting<'a>(&'a Caller, Cell<bool>);

impl Attendant for Waiting<'_> {
    fn is_done(&self) -> bool {
        self.1.get() || self.0.answered.load(Ordering::Acquire) == 1
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        self.0.take(frame);
        if frame.header.call == OF_THREAD {
            self.1.set(true);
        } else {
            self.0.lane.memory().own_doorbell().ring();
        }
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
        self.0.wants()
    }

    fn is_due(&self) -> bool {
        self.0.open.load(Ordering::SeqCst) > 0
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(Watched { word: &self.0.answered, value: self.0.answered.load(Ordering::Acquire) })
    }

    fn rouse_others(&self) {
        self.0.rouse();
    }

    fn go_on(&mut self) -> bool {
        true
    }
}

/// Answers come while the loop goes to sleep.
pub fn an_event_loop() {
    let [a, b] = ends();
    let caller = Caller::new(a, 2, 0);
    let answering = thread::spawn(move || {
        answer(&b, 1);
        answer(&b, 2);
    });
    caller.run(2);
    answering.join().unwrap();
}

/// A thread that waits for its own answer may find that of the loop, and leaves the lane to it.
pub fn a_thread_beside_an_event_loop() {
    let [a, b] = ends();
    let caller = Caller::new(a, 1, 1);
    let waiting = caller.clone();
    let waiting = thread::spawn(move || waiting.wait());
    let answering = thread::spawn(move || {
        answer(&b, OF_THREAD);
        answer(&b, 1);
    });
    caller.run(1);
    waiting.join().unwrap();
    answering.join().unwrap();
}

/// A call of the loop begins while the thread that leads goes: one of both arms the lane for its answer.
pub fn a_call_beside_a_leader_that_leaves() {
    let [a, b] = ends();
    let caller = Caller::new(a, 1, 1);
    let waiting = caller.clone();
    let waiting = thread::spawn(move || waiting.wait());
    let answering = thread::spawn(move || {
        answer(&b, OF_THREAD);
        let calls = take_calls(&b, 1);
        answer(&b, 1);
        calls.into_iter().for_each(|call| answer(&b, call));
    });
    caller.submit(2);
    caller.lane.memory().own_doorbell().wait();
    caller.run(2);
    waiting.join().unwrap();
    answering.join().unwrap();
}
