//! How long an end looks for what it waits for before it sleeps, by how long it had to wait lately.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use rustix::thread::{CpuSet, sched_setaffinity};

use super::budget::{Budget, allowed_cpus, budget};
use super::futex::{self, Watched};
use crate::call::Deadline;
use crate::call::deadline::now;

/// Nanoseconds that are always worth a look.
const LEAST: u64 = 1_000;
/// The least budget that a wake that was measured to be cheap leaves.
const FLOOR: u64 = 5_000;
/// Bytes that a slow copy moves in a microsecond, from the cache of one CPU to that of another.
const COPIED_PER_US: usize = 8 << 10;
/// The longest copy that is worth waiting for without sleep, in nanoseconds.
const MOST_COPYING: u64 = 200_000;
/// Wakes that are measured.
const ROUNDS: usize = 16;
/// Nanoseconds that measuring may take: far more than it does, unless the two threads keep each other from running, as they do
/// under a tool that runs one at a time.
const MOST_MEASURING: u64 = 100_000_000;

/// The budget of one end.
pub struct Tempo {
    /// What such an end may spin.
    limit: fn(&Budget) -> u64,
    is_asked: bool,
    budget: AtomicU64,
}

impl Tempo {
    /// Of who waits for an answer.
    pub fn of_caller() -> Tempo {
        Tempo::within(|budget| budget.caller)
    }

    /// Of who waits for the next call.
    pub fn of_server() -> Tempo {
        Tempo::within(|budget| budget.server)
    }

    fn within(limit: fn(&Budget) -> u64) -> Tempo {
        let tempo = Tempo { limit, is_asked: budget().is_asked, budget: AtomicU64::new(0) };
        tempo.slept(0);
        tempo
    }

    /// Nanoseconds to look for it now.
    #[inline(always)]
    pub fn budget(&self) -> u64 {
        self.budget.load(Ordering::Relaxed)
    }

    /// Whether nobody asked that it look for that long, also where the other end needs the same CPU.
    #[inline(always)]
    pub fn gives_way(&self) -> bool {
        !self.is_asked || self.budget() == 0
    }

    /// The same where the other end may be copying so many bytes: for as long as that takes it is known to be busy, and who sleeps
    /// then is woken each time. Not beyond where that is little beside the copies.
    #[inline(always)]
    pub fn budget_for(&self, bytes: usize) -> u64 {
        if bytes < COPIED_PER_US { self.budget() } else { self.budget_for_many(bytes) }
    }

    #[inline(never)]
    fn budget_for_many(&self, bytes: usize) -> u64 {
        let copying = (bytes / COPIED_PER_US) as u64 * 1_000;
        match self.budget() {
            asked if asked == 0 || self.is_asked => asked,
            own => own + copying.min(MOST_COPYING),
        }
    }

    /// It came after a sleep of so long. The budget grows at once and shrinks slowly: a sleep too early costs each call a wake. What
    /// wakes cost is no reason to spin less: two ends that sleep would wake each other for ever.
    ///
    /// At most it is twice as long as a wake takes here, and no longer than the limit: then waiting costs no more than twice what
    /// it would if one knew before. Exactly the limit, if somebody asked for it.
    pub fn slept(&self, ns: u64) {
        let budget = budget();
        let limit = (self.limit)(&budget);
        if budget.is_asked || limit == 0 {
            return self.budget.store(limit, Ordering::Relaxed);
        }
        let (before, wake) = (self.budget(), wake_cost());
        let most = limit.min(wake.saturating_mul(2).max(FLOOR));
        // No longer than spinning and the wakes of both ends.
        let was_short = ns <= most + 3 * wake;
        let next = if was_short { most } else { (before - before / 8).clamp(LEAST, most) };
        self.budget.store(next, Ordering::Relaxed);
    }
}

/// Nanoseconds from waking a thread of this process until it runs on another CPU, measured once. That takes ten times as long as
/// on the same one, where the system may put two threads that wait for each other, but not two that look for each other.
fn wake_cost() -> u64 {
    static COST: OnceLock<u64> = OnceLock::new();
    *COST.get_or_init(|| {
        let word = AtomicU32::new(0);
        let allowed = allowed_cpus(2);
        let mut cpus = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        let (one, other) = (cpus.next(), cpus.next());
        thread::scope(|scope| {
            let on = |cpu, run: fn(&AtomicU32) -> u64| {
                let word = &word;
                let on_cpu = move || {
                    stay_on(cpu);
                    run(word)
                };
                thread::Builder::new().name("hms-trial".into()).spawn_scoped(scope, on_cpu)
            };
            let answering = |word: &AtomicU32| {
                let until = Deadline::after(MOST_MEASURING);
                let mut rounds = 0..ROUNDS as u32;
                rounds.all(|round| turn(word, 2 * round + 1, until));
                0
            };
            if on(one, answering).is_err() {
                return FLOOR;
            }
            match on(other, wake_each_other) {
                Ok(asking) => asking.join().unwrap_or(FLOOR),
                // The other one must end, too.
                Err(_) => wake_each_other(&word),
            }
        })
    })
}

/// Has this thread run there, if it may.
fn stay_on(cpu: Option<usize>) {
    let mut only = CpuSet::new();
    cpu.into_iter().for_each(|cpu| only.set(cpu));
    let _ = sched_setaffinity(None, &only);
}

fn wake_each_other(word: &AtomicU32) -> u64 {
    let until = Deadline::after(MOST_MEASURING);
    let mut took = [0; ROUNDS];
    for (round, took) in (0..).zip(&mut took) {
        let began = now();
        word.store(2 * round + 1, Ordering::Release);
        futex::wake_private(word);
        if !wait_for(word, 2 * round + 2, until) {
            return FLOOR;
        }
        *took = (now() - began) / 2;
    }
    took.sort_unstable();
    took[ROUNDS / 2]
}

/// Waits for this value, and makes it one more. False = it did not come in time.
fn turn(word: &AtomicU32, value: u32, until: Deadline) -> bool {
    let has_come = wait_for(word, value, until);
    if has_come {
        word.store(value + 1, Ordering::Release);
        futex::wake_private(word);
    }
    has_come
}

fn wait_for(word: &AtomicU32, value: u32, until: Deadline) -> bool {
    loop {
        let seen = word.load(Ordering::Acquire);
        if seen == value {
            return true;
        }
        if until.passed() {
            return false;
        }
        let watched = Watched { word, value: seen };
        futex::wait(watched, watched, None, Deadline::after(10_000_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measuring_ends_when_the_other_thread_does_not_answer() {
        assert_eq!(wake_each_other(&AtomicU32::new(0)), FLOOR);
    }
}
