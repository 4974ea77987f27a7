//! The right to read a lane, by itself.

use crate::scheduler::sync::Arc;
use crate::scheduler::thread;

use super::super::lead::Lead;
use super::super::sync::{AtomicU32, Ordering, fence};

/// Two threads do something that the leader must see, and knock.
pub fn two_knock() {
    let lead = Arc::new(Lead::default());
    let done = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    assert!(lead.take_or_knock());
    let knocking = [0, 1].map(|n| {
        let (lead, done) = (lead.clone(), done.clone());
        thread::spawn(move || {
            done[n].store(1, Ordering::Relaxed);
            let leads = lead.take_or_knock();
            if leads {
                while !lead.let_go() {}
            }
            leads
        })
    });
    let mut seen = [0, 0];
    loop {
        fence(Ordering::SeqCst);
        for n in 0..2 {
            seen[n] = done[n].load(Ordering::Relaxed);
        }
        if lead.let_go() {
            break;
        }
    }
    let led = knocking.map(|thread| thread.join().unwrap());
    // Whoever led after this thread would have looked itself.
    assert!(led.contains(&true) || seen == [1, 1], "nobody has seen what was done");
}
