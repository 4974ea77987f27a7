//! All orders, as far as threads are stopped in the middle of what they do a few times at most.

use std::time::{Duration, Instant};

pub use loom::{cell, lazy_static, sync, thread, thread_local};

/// What is stored becomes visible as late and in as odd an order as the memory model allows.
pub const HAS_WEAK_MEMORY: bool = true;
/// Scenes of many steps have no end here.
pub const RUNS_LONG_SCENES: bool = false;

/// Runs a scene in all orders with `bound` preemptions. False = there was no time for all of them.
pub fn explore(bound: usize, longest: Duration, act: impl Fn() + Send + Sync + 'static) -> bool {
    let began = Instant::now();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.max_branches = 20_000;
    builder.max_duration = Some(longest);
    builder.check(act);
    began.elapsed() < longest
}
