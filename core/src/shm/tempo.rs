//! How long an end looks for what it waits for before it sleeps, by how long it had to wait lately.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use super::futex::{self, Watched};
use super::spin;
use crate::call::Deadline;
use crate::call::deadline::now;

/// Nanoseconds that are always worth a look.
const LEAST: u64 = 1_000;
/// The least budget that a wake that was measured to be cheap leaves.
const FLOOR: u64 = 5_000;
/// Wakes that are measured.
const ROUNDS: usize = 16;

/// The budget of one end.
pub struct Tempo {
    most: u64,
    /// Sleeps up to this are short: they are no longer than spinning and the wakes of both ends.
    short: u64,
    /// It follows what comes.
    adapts: bool,
    budget: AtomicU64,
}

impl Tempo {
    /// Of who waits for an answer.
    pub fn of_caller() -> Tempo {
        let budget = spin::budget();
        Tempo::within(budget.caller, budget.is_asked)
    }

    /// Of who waits for the next call.
    pub fn of_server() -> Tempo {
        let budget = spin::budget();
        Tempo::within(budget.server, budget.is_asked)
    }

    /// At most twice as long as a wake takes here, and no longer than the limit: then waiting costs no more than twice what it
    /// would if one knew before. Exactly the limit, if somebody asked for it.
    fn within(limit: u64, is_asked: bool) -> Tempo {
        if is_asked || limit == 0 {
            return Tempo { most: limit, short: 0, adapts: false, budget: AtomicU64::new(limit) };
        }
        let wake = wake_cost();
        let most = limit.min(wake.saturating_mul(2).max(FLOOR));
        Tempo { most, short: most + 3 * wake, adapts: true, budget: AtomicU64::new(most) }
    }

    /// Nanoseconds to look for it now.
    #[inline(always)]
    pub fn budget(&self) -> u64 {
        self.budget.load(Ordering::Relaxed)
    }

    /// It came after a sleep of so long. The budget grows at once and shrinks slowly: a sleep too early costs each call a wake. What
    /// wakes cost is no reason to spin less: two ends that sleep would wake each other for ever.
    pub fn slept(&self, ns: u64) {
        if self.adapts {
            let before = self.budget();
            let next = if ns <= self.short { self.most } else { (before - before / 8).max(LEAST) };
            self.budget.store(next, Ordering::Relaxed);
        }
    }
}

/// Nanoseconds from waking a thread of this process until it runs, measured once.
fn wake_cost() -> u64 {
    static COST: OnceLock<u64> = OnceLock::new();
    *COST.get_or_init(|| {
        let word = AtomicU32::new(0);
        thread::scope(|scope| {
            let answering = thread::Builder::new().name("hms-trial".into());
            let answering = answering.spawn_scoped(scope, || {
                (0..ROUNDS as u32).for_each(|round| turn(&word, 2 * round + 1));
            });
            if answering.is_err() {
                return FLOOR;
            }
            let mut took = [0; ROUNDS];
            for (round, took) in (0..).zip(&mut took) {
                let began = now();
                word.store(2 * round + 1, Ordering::Release);
                futex::wake_private(&word);
                wait_for(&word, 2 * round + 2);
                *took = (now() - began) / 2;
            }
            took.sort_unstable();
            took[ROUNDS / 2]
        })
    })
}

/// Waits for this value, and makes it one more.
fn turn(word: &AtomicU32, value: u32) {
    wait_for(word, value);
    word.store(value + 1, Ordering::Release);
    futex::wake_private(word);
}

fn wait_for(word: &AtomicU32, value: u32) {
    loop {
        let seen = word.load(Ordering::Acquire);
        if seen == value {
            return;
        }
        let watched = Watched { word, value: seen };
        futex::wait(watched, watched, None, Deadline::after(10_000_000));
    }
}
