//! What spinning has cost.

use std::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds spent spinning so far, in vain or not.
static SPUN: AtomicU64 = AtomicU64::new(0);

/// Adds to the time spent spinning.
pub fn count(ns: u64) {
    SPUN.fetch_add(ns, Ordering::Relaxed);
}

/// Nanoseconds spent spinning so far.
pub fn spun() -> u64 {
    SPUN.load(Ordering::Relaxed)
}
