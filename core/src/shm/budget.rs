//! How long a thread that waits for a frame looks for it before it sleeps.
//!
//! Waking a sleeper costs several microseconds, on virtual machines tens of them; spinning costs a CPU. With one usable CPU, or
//! a quota below two, spinning only keeps the other end from running, so there is none.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::call::deadline::now;

/// With so many CPUs or more, a caller may spin this long.
const MANY: u32 = 4;
const ON_MANY: u64 = 50_000;
/// With two or three.
const ON_FEW: u64 = 20_000;

/// How long a caller looks for its answer, and a server for its next call, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Of who waits for an answer.
    pub caller: u64,
    /// Of who waits for the next call.
    pub server: u64,
    /// Somebody asked for it; otherwise it is a limit.
    pub is_asked: bool,
}

/// For so long what was found of the CPUs is taken to be true, in nanoseconds.
const LOOK_AGAIN: u64 = 3_000_000_000;

/// The budget of this process: `HMSFFI_SPIN` in microseconds (0 = never spin), otherwise by the CPUs that it may use now. Asks
/// the system once in a few seconds.
pub fn budget() -> Budget {
    static ASKED: OnceLock<Option<u64>> = OnceLock::new();
    let asked = *ASKED.get_or_init(|| {
        let us = std::env::var("HMSFFI_SPIN").ok()?.trim().parse::<u64>().ok()?;
        Some(us.saturating_mul(1000))
    });
    let ns = asked.unwrap_or_else(found);
    Budget { caller: ns, server: ns.min(ON_FEW), is_asked: asked.is_some() }
}

/// What the CPUs allow, as they were not long ago.
fn found() -> u64 {
    static FOUND: AtomicU64 = AtomicU64::new(0);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (next, now) = (NEXT.load(Ordering::Acquire), now());
    if next == 0 {
        FOUND.store(by_cpus(usable_cpus()), Ordering::Relaxed);
        NEXT.store(now + LOOK_AGAIN, Ordering::Release);
    } else if now >= next
        && NEXT.compare_exchange(next, now + LOOK_AGAIN, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    {
        // One thread at a time; the others go on with what they know.
        FOUND.store(by_cpus(usable_cpus()), Ordering::Relaxed);
    }
    FOUND.load(Ordering::Relaxed)
}

fn by_cpus(cpus: f64) -> u64 {
    match cpus {
        cpus if cpus >= f64::from(MANY) => ON_MANY,
        cpus if cpus >= 2.0 => ON_FEW,
        _ => 0,
    }
}

/// CPUs that this process may use: those it may run on, or fewer if a control group limits their time.
fn usable_cpus() -> f64 {
    let own = sched_getaffinity(None).map_or(0, |own| own.count());
    // Of the older control groups the standard library tells: less than this thread is allowed.
    let granted = std::thread::available_parallelism().map_or(own, |n| n.get() as u32);
    let granted = if granted < own { granted } else { u32::MAX };
    quota().unwrap_or(f64::INFINITY).min(f64::from(allowed_cpus(MANY).count().min(granted)))
}

/// CPUs that threads of this process may run on, as soon as so many are found.
pub fn allowed_cpus(enough: u32) -> CpuSet {
    let mut allowed = sched_getaffinity(None).unwrap_or_default();
    // Threads may be kept each to a CPU of its own.
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        if allowed.count() >= enough {
            break;
        }
        let number = thread.file_name().to_str().and_then(|name| Pid::from_raw(name.parse().ok()?));
        let theirs = number.and_then(|number| sched_getaffinity(Some(number)).ok()).unwrap_or_default();
        (0..CpuSet::MAX_CPU).filter(|cpu| theirs.is_set(*cpu)).for_each(|cpu| allowed.set(cpu));
    }
    allowed
}

/// CPUs' worth of time that the control group of this process has.
fn quota() -> Option<f64> {
    let group = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = group.lines().find_map(|line| line.strip_prefix("0::"))?;
    let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/cpu.max")).ok()?;
    let (time, period) = limit.trim().split_once(' ')?;
    Some(time.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}
