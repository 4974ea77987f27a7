//! Ends calls whose deadline passes while no thread waits for them.
//!
//! One thread, which starts with the first such call and ends when there is none left. It keeps no list: when the earliest
//! deadline passes it looks at all calls, and so finds the next one. A call whose deadline is not the earliest, as nearly all, costs
//! its caller no more than a look at a number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::call::deadline::now;
use crate::call::{Deadline, cell};
use crate::error::Error;
use crate::shm::link::everyone;
use crate::{introspect, log};

/// How often the thread looks whether there are calls left, and how long it stays without any.
const IDLE: Duration = Duration::from_millis(200);
const NEVER: u64 = u64::MAX;

/// Not later than the earliest deadline. Lowered under the lock, by who then wakes the thread.
static NEXT: AtomicU64 = AtomicU64::new(NEVER);
/// The thread runs.
static RUNNING: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();

fn running() -> MutexGuard<'static, bool> {
    RUNNING.lock().unwrap_or_else(|e| e.into_inner())
}

/// Ends a call that says so in its state with DEADLINE_EXCEEDED at its deadline, unless it has ended by then.
#[inline]
pub(crate) fn watch(deadline: Deadline) {
    // The thread first forgets what is next and then looks at the calls: it sees this one, or this sees that it forgot.
    if deadline != Deadline::NONE && deadline.0 < NEXT.load(Ordering::SeqCst) {
        wake_before(deadline);
    }
}

#[cold]
fn wake_before(deadline: Deadline) {
    let mut running = running();
    let is_next = deadline.0 < NEXT.fetch_min(deadline.0, Ordering::SeqCst);
    if *running {
        if is_next {
            CHANGED.notify_one();
        }
        return;
    }
    *running = true;
    if let Err(error) = std::thread::Builder::new().name("hms-timer".into()).spawn(run) {
        *running = false;
        NEXT.store(NEVER, Ordering::SeqCst);
        drop(running);
        log::warning(
            "timer",
            &format!("deadlines of asynchronous calls are not kept: no thread could be started: {error}"),
        );
    }
}

fn run() {
    introspect::THREADS.fetch_add(1, Ordering::SeqCst);
    let mut held = running();
    loop {
        NEXT.store(NEVER, Ordering::SeqCst);
        drop(held);
        let began = now();
        let late = || Error::deadline("the call did not end in time");
        let found = cell::end_late(late).min(everyone::end_late());
        // However many calls there are, the thread rests as long as it looks.
        let rested = Duration::from_nanos(now() - began);
        held = running();
        let next = found.min(NEXT.fetch_min(found, Ordering::SeqCst));
        let left = Deadline(next).left().map_or(IDLE, |left| left.min(IDLE));
        let (woken, waited) = CHANGED.wait_timeout(held, left.max(rested)).unwrap_or_else(|e| e.into_inner());
        held = woken;
        if next == NEVER && waited.timed_out() && NEXT.load(Ordering::SeqCst) == NEVER {
            break;
        }
    }
    *held = false;
    drop(held);
    introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
}
