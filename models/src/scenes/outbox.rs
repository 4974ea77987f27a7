//! Frames that wait for room, as `link::outbox` has them.

use super::super::attend::nudge;
use super::super::futex::Kick;
use super::super::lane::{Lane, Wants};
use super::super::layout::Kind;
use super::super::ring::NotWritten;
use super::super::sync::{AtomicU32, Ordering};
use super::frames::header;
use super::wire::View;
use crate::scheduler::sync::Mutex;

/// A frame that no body goes with.
const EMPTY: &[&[u8]; 0] = &[];

/// What one end sends of one kind.
pub struct Outbox {
    kind: Kind,
    calls: Mutex<Vec<u64>>,
    waiting: AtomicU32,
}

impl Outbox {
    pub fn new(kind: Kind) -> Outbox {
        Outbox { kind, calls: Mutex::new(Vec::new()), waiting: AtomicU32::new(0) }
    }

    /// Sends a frame, now or when there is room; `has_ended` is looked at with what waits.
    pub fn send(&self, lane: &Lane<View>, kick: &Kick, call: u64, has_ended: impl Fn() -> bool) {
        match lane.send(&header(self.kind, call), EMPTY) {
            Ok(()) => return,
            Err(NotWritten::Full) => {}
            Err(NotWritten::Poisoned) => panic!("more was consumed than was sent"),
        }
        {
            let mut calls = self.calls.lock().unwrap();
            calls.push(call);
            self.waiting.store(calls.len() as u32, Ordering::SeqCst);
        }
        self.flush(lane);
        if self.is_waiting() && nudge(lane, || self.wants(), || self.flush(lane) | has_ended()) {
            kick.kick();
        }
    }

    /// Sends what waits and has room now. True = something was sent.
    pub fn flush(&self, lane: &Lane<View>) -> bool {
        if !self.is_waiting() {
            return false;
        }
        let mut calls = self.calls.lock().unwrap();
        let before = calls.len();
        while let Some(call) = calls.first() {
            if lane.send(&header(self.kind, *call), EMPTY).is_err() {
                break;
            }
            calls.remove(0);
        }
        self.waiting.store(calls.len() as u32, Ordering::SeqCst);
        before != calls.len()
    }

    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    pub fn wants(&self) -> Wants {
        Wants { room: self.is_waiting(), ..Wants::default() }
    }
}
