//! The calling ends of all links: calls of which only queues know are counted, and ended when they are late.

use std::sync::{Arc, Mutex, Weak};

use super::caller::Caller;
use crate::call::deadline::now;

static CALLERS: Mutex<Vec<Weak<Caller>>> = Mutex::new(Vec::new());

/// One more.
pub(super) fn add(caller: &Arc<Caller>) {
    let mut callers = CALLERS.lock().unwrap_or_else(|e| e.into_inner());
    callers.retain(|caller| caller.strong_count() > 0);
    callers.push(Arc::downgrade(caller));
}

fn all() -> Vec<Arc<Caller>> {
    CALLERS.lock().unwrap_or_else(|e| e.into_inner()).iter().filter_map(Weak::upgrade).collect()
}

/// Calls without an answer of which only queues know.
pub(crate) fn open_calls() -> u64 {
    all().iter().map(|caller| caller.for_queues().0).sum()
}

/// Ends those whose deadline has passed; gives the earliest deadline of the others, `u64::MAX` when there is none. Runs foreign code.
pub(crate) fn end_late() -> u64 {
    let now = now();
    let mut next = u64::MAX;
    for caller in all() {
        match caller.for_queues() {
            (_, Some(earliest)) if earliest <= now => {
                caller.end_late();
                next = next.min(caller.for_queues().1.unwrap_or(u64::MAX));
            }
            (_, earliest) => next = next.min(earliest.unwrap_or(u64::MAX)),
        }
    }
    next
}
