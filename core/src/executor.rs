//! Finds calls that would wait for themselves.
//!
//! A single-threaded executor (an event loop, a pool of one thread) that waits for a call cannot serve another. A call
//! that needs such an executor while it is held, directly or through others, by the callers above it would never be
//! answered. The chain of a call shows the executors held above it; the table of waits shows who waits for whom, which
//! the chain alone misses when two loops call each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::call::Link;
use crate::error::{Error, Result};

static NEXT: AtomicU64 = AtomicU64::new(1);
static WAITS: Mutex<Vec<Wait>> = Mutex::new(Vec::new());

/// A number for an executor, or for anything else that must not be confused with one.
pub fn number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An executor that is held by a caller, and the one that it waits for.
struct Wait {
    held: u64,
    needed: u64,
    method: std::sync::Arc<str>,
}

fn waits() -> MutexGuard<'static, Vec<Wait>> {
    WAITS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Records a wait for as long as it lives.
pub(crate) struct Waiting {
    held: Vec<u64>,
    needed: u64,
}

impl Waiting {
    /// A caller on `own` (0 = no executor) with this chain above it will wait for `needed` to run `method`.
    /// ABORTED, with the cycle, when that can never happen.
    pub fn begin(
        own: u64,
        chain: Option<&Link>,
        needed: u64,
        method: &std::sync::Arc<str>,
    ) -> Result<Waiting> {
        let mut held: Vec<u64> = std::iter::successors(chain, |link| link.waiting_parent())
            .filter(|link| link.is_here())
            .map(|link| link.blocks)
            .chain([own])
            .filter(|executor| *executor != 0)
            .collect();
        held.sort_unstable();
        held.dedup();
        if held.is_empty() || needed == 0 {
            return Ok(Waiting { held: Vec::new(), needed });
        }
        let mut waits = waits();
        let mut path = Vec::new();
        let mut seen = vec![needed];
        let mut next = needed;
        loop {
            if held.contains(&next) {
                return Err(cycle(chain, method, &path));
            }
            let Some(wait) = waits.iter().find(|wait| wait.held == next && !seen.contains(&wait.needed))
            else {
                break;
            };
            path.push(wait.method.to_string());
            next = wait.needed;
            seen.push(next);
        }
        waits.extend(held.iter().map(|held| Wait { held: *held, needed, method: method.clone() }));
        Ok(Waiting { held, needed })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let mut waits = waits();
        for held in &self.held {
            if let Some(index) = waits.iter().rposition(|w| w.held == *held && w.needed == self.needed) {
                waits.swap_remove(index);
            }
        }
    }
}

#[cold]
fn cycle(chain: Option<&Link>, method: &str, path: &[String]) -> Error {
    let above = chain.map_or_else(|| vec!["the event loop's own code"], Link::methods);
    let mut steps: Vec<&str> = above;
    steps.push(method);
    steps.extend(path.iter().map(String::as_str));
    Error::aborted(format!(
        "call would wait for itself: {}. Its event loop is blocked by the callers above it: await the call there instead of \
         blocking, or serve the method on handler threads",
        steps.join(" -> ")
    ))
    .with_source(method)
}
