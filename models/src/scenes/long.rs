//! Scenes of many steps: the ring goes round often, armings and laps are counted far, and every thread has led more than once.

use super::super::attend::{Attendant, Ended, Flow, attend};
use super::super::futex::{Kick, Watched};
use super::super::lane::{Lane, Wants};
use super::super::layout::{Kind, SLOTS};
use super::super::ring::{Frame, Poisoned};
use super::super::sync::{AtomicU32, Ordering};
use super::SLEEPY;
use super::callers::Caller;
use super::frames::Both;
use super::outbox::Outbox;
use super::wire::{View, ends};
use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

/// Frames each way, calls of each thread.
const MANY: usize = 10 * SLOTS as usize;

/// The end that serves: threads that take a call each and answer it.
struct Server {
    lane: Arc<Lane<View>>,
    kick: Kick,
    outbox: Outbox,
    /// Calls that were not answered yet, of all that will come.
    left: AtomicU32,
}

impl Server {
    fn new(lane: Arc<Lane<View>>, calls: usize) -> Arc<Server> {
        let left = AtomicU32::new(calls as u32);
        Arc::new(Server { lane, kick: Kick::default(), outbox: Outbox::new(Kind::Reply), left })
    }

    /// Answers until nothing is left.
    fn answer_all(&self) {
        loop {
            let mut taking = Taking { server: self, call: None };
            match attend(&self.lane, &self.kick, &mut taking, SLEEPY).unwrap() {
                // The last answer may have waited for room.
                Ended::Done => return self.kick.kick(),
                Ended::Left { more: true } => self.kick.kick(),
                Ended::Left { more: false } => {}
                Ended::GaveUp => panic!("it has as much time as it needs"),
            }
            if let Some(call) = taking.call {
                self.outbox.send(&self.lane, &self.kick, call, || false);
                self.left.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

struct Taking<'a> {
    server: &'a Server,
    call: Option<u64>,
}

impl Attendant for Taking<'_> {
    fn is_done(&self) -> bool {
        self.server.left.load(Ordering::SeqCst) == 0 && !self.server.outbox.is_waiting()
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        assert!(self.call.is_none(), "a call was taken and forgotten");
        self.call = Some(frame.header.call);
        Ok(Flow::Leave)
    }

    fn look(&mut self) -> bool {
        self.server.outbox.flush(&self.server.lane)
    }

    fn has_ended(&self) -> bool {
        false
    }

    fn fail_all(&mut self) {}

    fn wants(&self) -> Wants {
        self.server.outbox.wants()
    }

    fn is_due(&self) -> bool {
        true
    }

    fn word(&self) -> Option<Watched<'_>> {
        None
    }

    fn rouse_others(&self) {
        self.server.kick.kick();
    }

    fn go_on(&mut self) -> bool {
        true
    }
}

/// Bodies of all lengths that a ring has room for, both ways at once.
pub fn many_frames_each_way() {
    let [a, b] = ends();
    let bodies: Arc<Vec<Vec<u8>>> = Arc::new((0..MANY).map(|n| vec![n as u8; n * 97 % 224]).collect());
    let of_other = bodies.clone();
    let other = thread::spawn(move || {
        let bodies: Vec<&[u8]> = of_other.iter().map(Vec::as_slice).collect();
        Both::attend(&a, &bodies, &bodies);
        a.lead().expect("nobody leads").publish_consumed();
    });
    let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
    Both::attend(&b, &bodies, &bodies);
    b.lead().expect("nobody leads").publish_consumed();
    other.join().unwrap();
}

/// Threads that share a link call one after the other; one thread answers.
pub fn many_calls_of_three_threads() {
    let [a, b] = ends();
    let caller = Caller::with_slots(a, 3);
    let server = Server::new(b, 3 * MANY);
    let answering = thread::spawn(move || server.answer_all());
    let calling = [0, 1, 2].map(|id| {
        let caller = caller.clone();
        thread::spawn(move || (0..MANY).for_each(|_| caller.call(id)))
    });
    calling.into_iter().for_each(|thread| thread.join().unwrap());
    answering.join().unwrap();
}

/// The same, and a crew of two answers.
pub fn many_calls_for_a_crew() {
    let [a, b] = ends();
    let caller = Caller::with_slots(a, 2);
    let server = Server::new(b, 2 * MANY);
    let crew = [(); 2].map(|()| {
        let server = server.clone();
        thread::spawn(move || server.answer_all())
    });
    let other = caller.clone();
    let other = thread::spawn(move || (0..MANY).for_each(|_| other.call(1)));
    (0..MANY).for_each(|_| caller.call(0));
    other.join().unwrap();
    crew.into_iter().for_each(|thread| thread.join().unwrap());
}
