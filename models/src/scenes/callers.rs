//! Several threads of the end that calls, as `link::caller` has them: each waits for its own answer, and one of them leads.

use std::cell::Cell;

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::attend::{Attendant, Ended, Flow, Patience, attend, nudge};
use super::super::futex::{self, Kick, Watched};
use super::super::lane::{Lane, Wants};
use super::super::layout::Kind;
use super::super::ring::{Frame, Poisoned};
use super::super::sync::{AtomicU32, Ordering};
use super::frames::header;
use super::outbox::Outbox;
use super::wire::{View, ends, ends_on_one_cpu};
use super::{AT_ONCE, SLEEPY};

const WAITS: u32 = 1;
const DONE: u32 = 2;
const FAILED: u32 = 3;

/// A frame that no body goes with.
const EMPTY: &[&[u8]; 0] = &[];
/// A frame that fills the ring.
const WHOLE: &[&[u8]; 1] = &[&[0; 400]];

/// The end that calls.
pub struct Caller {
    lane: Arc<Lane<View>>,
    slots: Vec<AtomicU32>,
    /// Threads that wait and do not lead, or have not always.
    awaited: AtomicU32,
    /// Calls that are not sent yet.
    outbox: Outbox,
    ended: AtomicU32,
    kick: Kick,
}

impl Caller {
    /// With two calls at most.
    fn new(lane: Arc<Lane<View>>) -> Arc<Caller> {
        Caller::with_slots(lane, 2)
    }

    pub fn with_slots(lane: Arc<Lane<View>>, slots: usize) -> Arc<Caller> {
        Arc::new(Caller {
            lane,
            slots: (0..slots).map(|_| AtomicU32::default()).collect(),
            awaited: AtomicU32::new(0),
            outbox: Outbox::new(Kind::Call),
            ended: AtomicU32::new(0),
            kick: Kick::default(),
        })
    }

    /// Takes note of a call that will be answered.
    fn begin(&self, id: usize) {
        self.slots[id].store(WAITS, Ordering::Release);
    }

    fn send(&self, id: usize) {
        self.outbox.send(&self.lane, &self.kick, id as u64, || self.has_ended());
    }

    fn nudge(&self) {
        if nudge(&self.lane, || self.wants(), || self.outbox.flush(&self.lane) | self.has_ended()) {
            self.kick.kick();
        }
    }

    fn wants(&self) -> Wants {
        self.outbox.wants()
    }

    /// Waits for an answer. False = it gave up.
    fn wait(&self, id: usize, patience: Patience, gives_up: bool) -> bool {
        let mut waiting = Waiting { caller: self, id, gives_up, answered: Cell::new(false), is_awaited: false };
        let ended = attend(&self.lane, &self.kick, &mut waiting, patience).unwrap();
        let is_done = waiting.is_done();
        assert!(is_done || ended == Ended::GaveUp);
        // The answer of one that gave up still comes.
        if is_done && waiting.is_awaited {
            self.awaited.fetch_sub(1, Ordering::SeqCst);
        }
        is_done
    }

    pub fn call(&self, id: usize) {
        self.begin(id);
        self.send(id);
        assert!(self.wait(id, SLEEPY, false));
    }

    fn end_slot(&self, id: usize, how: u32) {
        if self.slots[id].compare_exchange(WAITS, how, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            futex::wake_private(&self.slots[id]);
        }
    }

    fn answer(&self, frame: &Frame) {
        self.end_slot(frame.header.call as usize, DONE);
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == 1
    }

    fn fail_all(&self) {
        for id in 0..self.slots.len() {
            self.end_slot(id, FAILED);
        }
    }

    /// What the watcher does when it has seen the peer's end.
    fn close(&self) {
        self.ended.store(1, Ordering::SeqCst);
        self.kick.kick();
        let Some(mut leading) = self.lane.lead() else { return };
        loop {
            while let Ok(Some(frame)) = leading.next_frame() {
                self.answer(&frame);
                leading.consume(&frame);
            }
            self.fail_all();
            match leading.let_go() {
                Ok(()) => return,
                Err(kept) => leading = kept,
            }
        }
    }
}

/// A thread that waits for its own answer.
struct Waiting<'a> {
    caller: &'a Caller,
    id: usize,
    gives_up: bool,
    answered: Cell<bool>,
    is_awaited: bool,
}

impl Attendant for Waiting<'_> {
    fn is_done(&self) -> bool {
        self.answered.get() || self.caller.slots[self.id].load(Ordering::Acquire) > WAITS
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        assert!(matches!(frame.header.kind, Kind::Reply));
        if frame.header.call == self.id as u64 {
            self.answered.set(true);
            self.caller.slots[self.id].store(DONE, Ordering::Release);
        } else {
            self.caller.answer(frame);
        }
        Ok(Flow::Next)
    }

    fn look(&mut self) -> bool {
        self.caller.outbox.flush(&self.caller.lane)
    }

    fn has_ended(&self) -> bool {
        self.caller.has_ended()
    }

    fn fail_all(&mut self) {
        self.caller.fail_all();
    }

    fn wants(&self) -> Wants {
        self.caller.wants()
    }

    fn begins_to_wait(&mut self) {
        if !std::mem::replace(&mut self.is_awaited, true) {
            self.caller.awaited.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn is_due(&self) -> bool {
        let own = u32::from(self.is_awaited);
        self.caller.awaited.load(Ordering::SeqCst) > own || self.caller.outbox.is_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        let word = &self.caller.slots[self.id];
        Some(Watched { word, value: word.load(Ordering::Acquire) })
    }

    fn rouse_others(&self) {
        self.caller.kick.kick();
    }

    fn go_on(&mut self) -> bool {
        !self.gives_up
    }
}

/// The end that answers, one thread: takes calls and answers all at once when it has them.
struct Answering {
    calls: Vec<u64>,
    wanted: usize,
}

impl Attendant for Answering {
    fn is_done(&self) -> bool {
        self.calls.len() == self.wanted
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        if matches!(frame.header.kind, Kind::Call) {
            self.calls.push(frame.header.call);
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

pub fn take_calls(lane: &Lane<View>, wanted: usize) -> Vec<u64> {
    let mut answering = Answering { calls: Vec::new(), wanted };
    assert_eq!(attend(lane, &Kick::default(), &mut answering, SLEEPY), Ok(Ended::Done));
    answering.calls
}

pub fn answer(lane: &Lane<View>, id: u64) {
    assert_eq!(lane.send(&header(Kind::Reply, id), EMPTY), Ok(()));
}

/// Two threads wait for answers that come one after the other: whoever leads leaves with its own, and the other must get
/// the next.
pub fn a_leader_leaves() {
    let [a, b] = ends();
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let second = caller.clone();
    let second = thread::spawn(move || assert!(second.wait(1, SLEEPY, false)));
    let answering = thread::spawn(move || {
        answer(&b, 0);
        answer(&b, 1);
    });
    assert!(caller.wait(0, SLEEPY, false));
    second.join().unwrap();
    answering.join().unwrap();
}

/// A call is made while the thread that leads leaves.
pub fn a_caller_arrives() {
    let [a, b] = ends();
    let caller = Caller::new(a);
    caller.begin(0);
    let second = caller.clone();
    let second = thread::spawn(move || second.call(1));
    let answering = thread::spawn(move || {
        answer(&b, 0);
        take_calls(&b, 1).into_iter().for_each(|call| answer(&b, call));
    });
    assert!(caller.wait(0, SLEEPY, false));
    second.join().unwrap();
    answering.join().unwrap();
}

/// A thread gives up when it is woken, perhaps by what the other waits for.
pub fn a_caller_gives_up() {
    let [a, b] = ends();
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let second = caller.clone();
    let second = thread::spawn(move || assert!(second.wait(1, SLEEPY, false)));
    let answering = thread::spawn(move || {
        answer(&b, 0);
        answer(&b, 1);
    });
    caller.wait(0, SLEEPY, true);
    second.join().unwrap();
    answering.join().unwrap();
}

/// A thread's time is over while the other waits.
pub fn a_caller_is_late() {
    let [a, b] = ends();
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let second = caller.clone();
    let second = thread::spawn(move || assert!(second.wait(1, SLEEPY, false)));
    let answering = thread::spawn(move || answer(&b, 1));
    caller.wait(0, AT_ONCE, false);
    second.join().unwrap();
    answering.join().unwrap();
}

/// A call waits for room when the only thread that reads sleeps, or leaves, or has not come yet.
pub fn a_call_waits_for_room() {
    let [a, b] = ends();
    assert_eq!(a.send(&header(Kind::Cancel, 9), WHOLE), Ok(()));
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let sending = caller.clone();
    let sending = thread::spawn(move || sending.send(0));
    let answering = thread::spawn(move || {
        answer(&b, 1);
        take_calls(&b, 1).into_iter().for_each(|call| answer(&b, call));
    });
    assert!(caller.wait(1, SLEEPY, false));
    assert!(caller.wait(0, SLEEPY, false));
    sending.join().unwrap();
    answering.join().unwrap();
}

/// The same with a thread that stays asleep when the leader leaves.
pub fn a_leader_leaves_a_call_unsent() {
    let [a, b] = ends();
    assert_eq!(a.send(&header(Kind::Cancel, 9), WHOLE), Ok(()));
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let waiting = caller.clone();
    let waiting = thread::spawn(move || assert!(waiting.wait(0, SLEEPY, false)));
    let answering = thread::spawn(move || {
        answer(&b, 1);
        take_calls(&b, 1).into_iter().for_each(|call| answer(&b, call));
    });
    caller.send(0);
    assert!(caller.wait(1, SLEEPY, false));
    waiting.join().unwrap();
    answering.join().unwrap();
}

/// A thread that reads nothing arms the lane anew while the one that waits goes to sleep.
pub fn a_nudge() {
    let [a, b] = ends();
    let caller = Caller::new(a);
    caller.begin(0);
    let nudging = caller.clone();
    let nudging = thread::spawn(move || nudging.nudge());
    let answering = thread::spawn(move || answer(&b, 0));
    assert!(caller.wait(0, SLEEPY, false));
    nudging.join().unwrap();
    answering.join().unwrap();
}

/// The peer publishes an answer and dies before it rings: the answer counts, and nobody waits for the other one.
pub fn the_peer_dies() {
    one_of_them_dies(ends());
}

/// The same where the survivor leaves the CPU to the other end.
pub fn the_peer_dies_on_the_same_cpu() {
    one_of_them_dies(ends_on_one_cpu());
}

fn one_of_them_dies([a, b]: [Arc<Lane<View>>; 2]) {
    let caller = Caller::new(a);
    caller.begin(0);
    caller.begin(1);
    let watching = caller.clone();
    let watching = thread::spawn(move || {
        assert_eq!(b.producer().write(b.memory(), &header(Kind::Reply, 0), EMPTY), Ok(()));
        watching.close();
    });
    let second = caller.clone();
    let second = thread::spawn(move || {
        assert!(second.wait(1, SLEEPY, false));
        assert_eq!(second.slots[1].load(Ordering::Acquire), FAILED);
    });
    assert!(caller.wait(0, SLEEPY, false));
    assert_eq!(caller.slots[0].load(Ordering::Acquire), DONE, "it was answered before the end");
    second.join().unwrap();
    watching.join().unwrap();
}
