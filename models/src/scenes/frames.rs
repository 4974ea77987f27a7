//! One thread that reads at an end: what is sent comes, once and in order, and room comes back.

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::attend::{Attendant, Ended, Flow, attend};
use super::super::futex::{Kick, Watched};
use super::super::lane::{Event, Lane, Wants};
use super::super::layout::{Header, Kind};
use super::super::ring::{Frame, NotWritten, Poisoned};
use super::SLEEPY;
use super::wire::{View, ends};

/// A frame with this number.
pub fn header(kind: Kind, call: u64) -> Header {
    Header { kind, flags: 0, call, number: 0, deadline: 0 }
}

/// Sends `lens.len()` frames and takes as many as `wanted` says, with one thread.
pub struct Both<'a> {
    lane: &'a Lane<View>,
    bodies: &'a [&'a [u8]],
    sent: usize,
    wanted: &'a [&'a [u8]],
    taken: usize,
}

impl<'a> Both<'a> {
    pub fn attend(lane: &'a Lane<View>, bodies: &'a [&'a [u8]], wanted: &'a [&'a [u8]]) {
        let mut both = Both { lane, bodies, sent: 0, wanted, taken: 0 };
        assert_eq!(attend(lane, &Kick::default(), &mut both, SLEEPY), Ok(Ended::Done));
    }
}

impl Attendant for Both<'_> {
    fn is_done(&self) -> bool {
        self.taken == self.wanted.len() && self.sent == self.bodies.len()
    }

    fn frame(&mut self, frame: &Frame) -> Result<Flow, Poisoned> {
        assert!(self.taken < self.wanted.len(), "a frame that nobody has sent");
        assert_eq!(frame.header.call, self.taken as u64, "in order");
        let mut body = vec![0; frame.len];
        frame.read(self.lane.memory(), 0, &mut body);
        assert!(body == self.wanted[self.taken], "what was sent");
        self.taken += 1;
        Ok(Flow::Next)
    }

    fn look(&mut self) -> bool {
        let before = self.sent;
        while self.sent < self.bodies.len() {
            match self.lane.send(&header(Kind::Call, self.sent as u64), &[self.bodies[self.sent]]) {
                Ok(()) => self.sent += 1,
                Err(NotWritten::Full) => break,
                Err(NotWritten::Poisoned) => panic!("more was consumed than was sent"),
            }
        }
        self.sent != before
    }

    fn has_ended(&self) -> bool {
        false
    }

    fn fail_all(&mut self) {}

    fn wants(&self) -> Wants {
        Wants { room: self.sent < self.bodies.len(), ..Wants::default() }
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

fn nothing_is_left(lane: &Lane<View>) {
    let mut leading = lane.lead().expect("nobody leads");
    assert!(matches!(leading.next_frame(), Ok(None)), "nothing but what was sent");
    assert!(leading.let_go().is_ok());
}

/// Whatever is sent comes while the reader goes to sleep and wakes up.
pub fn one_by_one() {
    let [a, b] = ends();
    let sender = thread::spawn(move || {
        for n in 0..3 {
            assert_eq!(a.send(&header(Kind::Call, n), &[b"x"]), Ok(()));
        }
    });
    Both::attend(&b, &[], &[b"x", b"x", b"x"]);
    nothing_is_left(&b);
    sender.join().unwrap();
}

/// Several frames, rung for once.
pub fn in_a_batch() {
    let [a, b] = ends();
    let sender = thread::spawn(move || {
        for n in 0..2 {
            assert_eq!(a.producer().write(a.memory(), &header(Kind::Call, n), &[b"x"]), Ok(()));
        }
        a.ring(Event::Frame);
        assert_eq!(a.send(&header(Kind::Call, 2), &[b"x"]), Ok(()));
    });
    Both::attend(&b, &[], &[b"x", b"x", b"x"]);
    nothing_is_left(&b);
    sender.join().unwrap();
}

/// Two threads of one end send; what they know of the other's sleep they share.
pub fn two_threads_send() {
    let [a, b] = ends();
    let order = Arc::new(crate::scheduler::sync::Mutex::new(0));
    let send = |lane: Arc<Lane<View>>, order: Arc<crate::scheduler::sync::Mutex<u64>>| {
        move || {
            {
                let mut next = order.lock().unwrap();
                assert_eq!(lane.producer().write(lane.memory(), &header(Kind::Call, *next), &[b"x"]), Ok(()));
                *next += 1;
            }
            lane.ring(Event::Frame);
        }
    };
    let senders = [thread::spawn(send(a.clone(), order.clone())), thread::spawn(send(a, order))];
    Both::attend(&b, &[], &[b"x", b"x"]);
    for sender in senders {
        sender.join().unwrap();
    }
}

/// Who waits for room is rung when there is some.
pub fn a_full_ring() {
    let [a, b] = ends();
    const BIG: &[u8] = &[7; 300];
    let sender = thread::spawn(move || Both::attend(&a, &[BIG, BIG, BIG], &[]));
    Both::attend(&b, &[], &[BIG, BIG, BIG]);
    // It will read no more, so it says what it has taken.
    b.lead().expect("nobody leads").publish_consumed();
    sender.join().unwrap();
}

/// Both ends wait for room, and read what comes meanwhile.
pub fn both_rings_full() {
    let [a, b] = ends();
    const BIG: &[u8] = &[7; 300];
    let other = thread::spawn(move || {
        Both::attend(&a, &[BIG, BIG], &[BIG, BIG]);
        a.lead().expect("nobody leads").publish_consumed();
    });
    Both::attend(&b, &[BIG, BIG], &[BIG, BIG]);
    b.lead().expect("nobody leads").publish_consumed();
    other.join().unwrap();
}

/// Sends these, takes them, and finds nothing behind them.
fn exactly(bodies: fn() -> Vec<Vec<u8>>) {
    fn parts(bodies: &[Vec<u8>]) -> Vec<&[u8]> {
        bodies.iter().map(Vec::as_slice).collect()
    }
    let [a, b] = ends();
    let sender = thread::spawn(move || Both::attend(&a, &parts(&bodies()), &[]));
    Both::attend(&b, &[], &parts(&bodies()));
    nothing_is_left(&b);
    b.lead().expect("nobody leads").publish_consumed();
    sender.join().unwrap();
}

/// A body of these bytes, each word of which is what a stamp looks like.
fn like_stamp(lap: u32, len: usize) -> Vec<u8> {
    lap.to_le_bytes().repeat(len / 4)
}

/// In the next lap a frame ends where payload lies that looks like its stamp.
pub fn payload_like_a_stamp() {
    exactly(|| vec![like_stamp(2, 224), vec![], vec![], vec![]]);
}

/// A frame does not fit at the end of the ring, so what is left there is skipped.
pub fn a_frame_that_does_not_fit() {
    exactly(|| vec![like_stamp(2, 224), vec![], like_stamp(3, 300), vec![]]);
}
