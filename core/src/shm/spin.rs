//! How long a thread that waits for a frame looks for it before it sleeps.
//!
//! Waking a sleeper costs several microseconds, on virtual machines tens of them; spinning costs a CPU. With one usable CPU, or
//! a quota below two, spinning only keeps the other end from running, so there is none.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds spent spinning so far, in vain or not.
static SPUN: AtomicU64 = AtomicU64::new(0);

/// With four CPUs or more, a caller may spin this long.
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

/// The budget of this process: `HMSFFI_SPIN` in microseconds (0 = never spin), otherwise by the CPUs that it may use.
pub fn budget() -> Budget {
    static BUDGET: OnceLock<Budget> = OnceLock::new();
    *BUDGET.get_or_init(|| {
        let asked = std::env::var("HMSFFI_SPIN").ok().and_then(|text| text.trim().parse::<u64>().ok());
        let ns = asked.map_or_else(|| by_cpus(usable_cpus()), |us| us.saturating_mul(1000));
        Budget { caller: ns, server: ns.min(ON_FEW), is_asked: asked.is_some() }
    })
}

fn by_cpus(cpus: f64) -> u64 {
    match cpus {
        cpus if cpus >= 4.0 => ON_MANY,
        cpus if cpus >= 2.0 => ON_FEW,
        _ => 0,
    }
}

/// CPUs that this process may use: those it may run on, or fewer if a control group limits their time.
fn usable_cpus() -> f64 {
    let allowed = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
    quota().map_or(allowed, |quota| quota.min(allowed))
}

/// CPUs' worth of time that the control group of this process has.
fn quota() -> Option<f64> {
    let group = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = group.lines().find_map(|line| line.strip_prefix("0::"))?;
    let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/cpu.max")).ok()?;
    let (time, period) = limit.trim().split_once(' ')?;
    Some(time.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// Adds to the time spent spinning.
pub fn count(ns: u64) {
    SPUN.fetch_add(ns, Ordering::Relaxed);
}

/// Nanoseconds spent spinning so far.
pub fn spun() -> u64 {
    SPUN.load(Ordering::Relaxed)
}
