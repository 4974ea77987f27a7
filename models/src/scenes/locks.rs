//! The lock that favours one thread, by itself.

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::biased::Biased;
use super::super::sync::{AtomicU32, Ordering};

/// Times that a thread takes the lock: by the ordinary way, and favoured.
const TURNS: u32 = 2;

/// Looks and then adds: another may come in between.
fn take_turns(count: &Biased<AtomicU32>) {
    for _ in 0..TURNS {
        let count = count.lock();
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// Threads count together.
fn count(threads: u32) {
    let count = Arc::new(Biased::new(AtomicU32::new(0)));
    let others = (1..threads).map(|_| {
        let count = count.clone();
        thread::spawn(move || take_turns(&count))
    });
    let others: Vec<_> = others.collect();
    take_turns(&count);
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(count.lock().load(Ordering::Relaxed), threads * TURNS, "two were inside at once");
}

pub fn a_lock_changes_hands() {
    count(2);
}

/// The first may still be about to announce itself when the third is favoured.
pub fn a_lock_goes_round() {
    count(3);
}
