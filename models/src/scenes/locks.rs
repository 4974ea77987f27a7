//! The lock that favours one thread, by itself.

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::biased::Biased;

/// Times that a thread takes the lock: by the ordinary way, and favoured.
const TURNS: u32 = 2;

/// Threads count together.
fn count(threads: u32) {
    let count = Arc::new(Biased::new(0));
    let turns = |count: &Biased<u32>| (0..TURNS).for_each(|_| *count.lock() += 1);
    let others = (1..threads).map(|_| {
        let count = count.clone();
        thread::spawn(move || turns(&count))
    });
    let others: Vec<_> = others.collect();
    turns(&count);
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(*count.lock(), threads * TURNS, "two were inside at once");
}

pub fn a_lock_changes_hands() {
    count(2);
}

/// The first may still be about to announce itself when the third is favoured.
pub fn a_lock_goes_round() {
    count(3);
}
