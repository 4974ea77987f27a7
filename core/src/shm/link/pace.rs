//! How calls are served while one comes after the other.
//!
//! A thread that lets go of the lane for each handler pays for it with several locked instructions and a cache line that
//! travels to the caller. While calls follow each other closely, the leader only lends the lane, and another thread looks
//! every millisecond whether a handler keeps it too long. That one then takes the lead, and the method is served with the
//! lane let go for a while. When calls get rare, nobody looks and nobody is woken.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::serving::Served;
use crate::shm::attend::Flow;
use crate::shm::futex::Kick;
use crate::shm::lane::{Lane, Wants};
use crate::shm::mapped::Mapped;

/// Calls without a rest of more than a tick between them, after which the lane is lent.
const CLOSE: u32 = 64;
/// Calls of a method whose handler took too long, until it is tried again: the machine may have been what was slow, and a handler that
/// is slow each time keeps others waiting once in so many ticks.
const SLOW: u32 = 4096;
/// How often it is looked whether a handler takes too long.
const TICK: Duration = Duration::from_millis(1);

/// How closely calls follow each other.
#[derive(Default)]
pub struct Pace {
    /// Calls since the last rest of more than a tick.
    streak: AtomicU32,
    is_watched: AtomicBool,
    /// Handlers that have run under a lent lane, and the method of the last.
    runs: AtomicU64,
    running: Mutex<Option<Arc<Served>>>,
    /// Where that method is: it is the same for most calls, which need not lock then. `running` keeps it there.
    last: AtomicPtr<Served>,
}

impl Pace {
    /// What is done with a call of this method. Only the leader may ask.
    #[inline]
    pub fn flow(&self, served: Option<&Arc<Served>>, kick: &Kick) -> Flow {
        let streak = self.streak.load(Ordering::Relaxed).saturating_add(1);
        self.streak.store(streak, Ordering::Relaxed);
        let Some(served) = served.filter(|_| streak >= CLOSE) else { return Flow::Leave };
        let keeps_waiting = served.keeps_waiting.load(Ordering::Relaxed);
        if keeps_waiting > 0 {
            served.keeps_waiting.store(keeps_waiting - 1, Ordering::Relaxed);
            return Flow::Leave;
        }
        if !self.is_watched.load(Ordering::Acquire) {
            if streak.is_multiple_of(CLOSE) {
                kick.kick();
            }
            return Flow::Leave;
        }
        self.runs.store(self.runs.load(Ordering::Relaxed) + 1, Ordering::Release);
        let place = Arc::as_ptr(served).cast_mut();
        if self.last.load(Ordering::Relaxed) != place {
            *self.running.lock().unwrap_or_else(|e| e.into_inner()) = Some(served.clone());
            self.last.store(place, Ordering::Relaxed);
        }
        Flow::Run
    }

    /// The leader has slept for so many nanoseconds.
    pub fn slept(&self, ns: u64) {
        if u128::from(ns) > TICK.as_nanos() {
            self.rest();
        }
    }

    fn rest(&self) {
        self.streak.store(0, Ordering::Relaxed);
    }

    /// Whether this thread is the one that must watch.
    pub fn needs_watch(&self) -> bool {
        self.streak.load(Ordering::Relaxed) >= CLOSE && !self.is_watched.swap(true, Ordering::AcqRel)
    }

    /// The thread that was to watch has found something else to do.
    pub fn leave_watch(&self) {
        self.is_watched.store(false, Ordering::Release);
    }

    /// Watches until calls get rare, the link has ended, or the lane was taken from a handler; then it calls `taken`.
    pub fn watch(&self, lane: &Lane<Mapped>, has_ended: impl Fn() -> bool, taken: impl FnOnce()) {
        let mut seen = 0;
        while self.streak.load(Ordering::Relaxed) >= CLOSE && !has_ended() {
            std::thread::sleep(TICK);
            let runs = self.runs.load(Ordering::Acquire);
            if runs != std::mem::replace(&mut seen, runs) {
                continue;
            }
            let Some(mut leading) = lane.take_over() else {
                self.rest();
                break;
            };
            if let Some(slow) = &*self.running.lock().unwrap_or_else(|e| e.into_inner()) {
                slow.keeps_waiting.store(SLOW, Ordering::Relaxed);
            }
            taken();
            self.rest();
            // This thread attends the lane next, and looks at everything.
            loop {
                leading.arm(Wants::default());
                match leading.let_go() {
                    Ok(()) => break,
                    Err(kept) => leading = kept,
                }
            }
            break;
        }
        self.leave_watch();
    }
}
