//! Futexes as the kernel has them: it compares and goes to sleep under a lock that who wakes takes too.
//!
//! Who sleeps on several words stands in several queues, first come first served, and leaves them only when it runs again. So
//! a wake of one on a word may be spent on a thread that was already woken by another word.

use crate::scheduler::sync::{Arc, Condvar, Mutex};

use crate::call::Deadline;
use crate::sync::{AtomicU32, Ordering};

/// A word to sleep on, and the value that it had when that was decided.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    pub word: &'a AtomicU32,
    pub value: u32,
}

struct Place {
    word: usize,
    sleeper: usize,
}

#[derive(Default)]
struct Queues {
    places: Vec<Place>,
    /// Sleepers that were not woken yet.
    asleep: Vec<(usize, Arc<Condvar>)>,
    next: usize,
}

crate::scheduler::lazy_static! {
    static ref QUEUES: Mutex<Queues> = Mutex::new(Queues::default());
}

fn address(word: &AtomicU32) -> usize {
    std::ptr::from_ref(word).addr()
}

/// Time passes only as far as it must: with a deadline, this sleeps for no time.
pub fn wait(shared: Watched<'_>, private: Watched<'_>, another: Option<Watched<'_>>, deadline: Deadline) {
    if deadline != Deadline::NONE {
        return crate::scheduler::thread::yield_now();
    }
    let all = || [Some(shared), Some(private), another].into_iter().flatten();
    let mut queues = QUEUES.lock().unwrap();
    if all().any(|watched| watched.word.load(Ordering::Relaxed) != watched.value) {
        return;
    }
    let sleeper = queues.next;
    queues.next += 1;
    let woken = Arc::new(Condvar::new());
    queues.asleep.push((sleeper, woken.clone()));
    queues.places.extend(all().map(|watched| Place { word: address(watched.word), sleeper }));
    while queues.asleep.iter().any(|(asleep, _)| *asleep == sleeper) {
        queues = woken.wait(queues).unwrap();
    }
    queues.places.retain(|place| place.sleeper != sleeper);
}

pub fn wake_shared(word: &AtomicU32) {
    wake(word, 1);
}

pub fn wake_private(word: &AtomicU32) {
    wake(word, usize::MAX);
}

fn wake(word: &AtomicU32, most: usize) {
    let mut queues = QUEUES.lock().unwrap();
    for _ in 0..most {
        let Some(first) = queues.places.iter().position(|place| place.word == address(word)) else { return };
        let Place { sleeper, .. } = queues.places.remove(first);
        if let Some(at) = queues.asleep.iter().position(|(asleep, _)| *asleep == sleeper) {
            queues.asleep.remove(at).1.notify_one();
        }
    }
}

/// A private word that many sleep on.
#[derive(Default)]
pub struct Kick(AtomicU32);

impl Kick {
    pub fn watched(&self) -> Watched<'_> {
        Watched { word: &self.0, value: self.0.load(Ordering::Acquire) }
    }

    pub fn kick(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        wake_private(&self.0);
    }
}
