//! A lock for what one thread at a time mostly uses alone. That thread needs no locked instruction, until another one comes.
//!
//! The lock favours a thread that has taken it often enough in a row. That one announces itself with a plain store and looks
//! again whether it is still favoured. Any other takes the favour away, makes all threads pass a barrier and waits until the
//! announcement is gone; from there on the lock is an ordinary one, until it favours a thread again.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr;

use super::sync::{AtomicPtr, AtomicU32, Mutex, MutexGuard, Ordering, UnsafeCell, give_way};
use crate::barrier;
use crate::thread::{Thread, Visible};

/// The number of no thread.
const NOBODY: u32 = u32::MAX;
/// Turns in a row after which a thread is favoured for the first time.
const FEWEST: u32 = 32;
/// The same where others have come again and again: to take the favour away costs as much as a thousand turns without it.
const MOST: u32 = 4096;

/// A lock that favours one thread. Like a `Mutex` it must not be taken by who has it; unlike one it is not poisoned.
pub struct Biased<T> {
    /// Number of the thread that needs no locked instruction.
    favoured: AtomicU32,
    turns: Mutex<Turns>,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time gets at the value.
unsafe impl<T: Send> Sync for Biased<T> {}

/// Who has taken the lock by the ordinary way.
struct Turns {
    thread: u32,
    in_a_row: u32,
    needed: u32,
}

/// The lock, held by this thread.
pub struct Guard<'a, T> {
    lock: &'a Biased<T>,
    held: How<'a>,
    /// It is given back by the thread that took it.
    _thread: PhantomData<*const ()>,
}

enum How<'a> {
    /// By the announcement that lies there.
    Announced(&'static AtomicPtr<()>),
    Locked(MutexGuard<'a, Turns>),
}

impl<T> Biased<T> {
    /// A lock that favours nobody yet.
    pub fn new(value: T) -> Biased<T> {
        let turns = Turns { thread: NOBODY, in_a_row: 0, needed: FEWEST };
        Biased { favoured: AtomicU32::new(NOBODY), turns: Mutex::new(turns), value: UnsafeCell::new(value) }
    }

    /// Takes the lock.
    #[inline(always)]
    pub fn lock(&self) -> Guard<'_, T> {
        let thread = Thread::current();
        if self.favoured.load(Ordering::Relaxed) == thread.number() {
            let place = &thread.visible.inside;
            // Taken where it is inside another such lock, or, by mistake, inside this one.
            if place.load(Ordering::Relaxed).is_null() {
                place.store(self.name(), Ordering::Release);
                barrier::light();
                if self.favoured.load(Ordering::Acquire) == thread.number() {
                    return Guard { lock: self, held: How::Announced(place), _thread: PhantomData };
                }
                place.store(ptr::null_mut(), Ordering::Release);
            }
        }
        self.lock_with_turns()
    }

    /// What announces a thread that is inside.
    fn name(&self) -> *mut () {
        ptr::from_ref(self).cast_mut().cast()
    }

    #[inline(never)]
    fn lock_with_turns(&self) -> Guard<'_, T> {
        let mut turns = self.turns.lock().unwrap_or_else(|e| e.into_inner());
        let favoured = self.favoured.load(Ordering::Relaxed);
        if favoured != NOBODY {
            self.favoured.store(NOBODY, Ordering::SeqCst);
            barrier::heavy();
            self.wait_for(favoured);
            turns.needed = (2 * turns.needed).min(MOST);
        }
        Guard { lock: self, held: How::Locked(turns), _thread: PhantomData }
    }

    fn wait_for(&self, thread: u32) {
        let inside = &Visible::of(thread).inside;
        let mut looks = 0;
        while inside.load(Ordering::Acquire) == self.name() {
            looks += 1;
            give_way(looks);
        }
    }

    /// Notes that a thread had the lock, and favours it if it is always the same.
    fn count(&self, turns: &mut Turns) {
        let thread = Thread::current().number();
        if turns.thread != thread {
            (turns.thread, turns.in_a_row) = (thread, 0);
        }
        turns.in_a_row += 1;
        if turns.in_a_row >= turns.needed {
            turns.in_a_row = 0;
            self.favoured.store(thread, Ordering::Release);
        }
    }
}

impl<T: Default> Default for Biased<T> {
    fn default() -> Biased<T> {
        Biased::new(T::default())
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        match &mut self.held {
            How::Announced(place) => place.store(ptr::null_mut(), Ordering::Release),
            How::Locked(turns) => self.lock.count(turns),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    const TURNS: u32 = 20_000;

    #[test]
    fn threads_that_come_in_bursts_lose_no_turn() {
        let count = Arc::new(Biased::new(0_u32));
        let begin = Arc::new(Barrier::new(4));
        let counting = |thread: u32| {
            let (count, begin) = (count.clone(), begin.clone());
            thread::spawn(move || {
                begin.wait();
                for turn in 0..TURNS {
                    *count.lock() += 1;
                    // Another is favoured meanwhile.
                    if turn % (1000 * (thread + 1)) == 0 {
                        thread::yield_now();
                    }
                }
            })
        };
        let threads: Vec<_> = (0..4).map(counting).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("counted"));
        assert_eq!(*count.lock(), 4 * TURNS);
    }

    #[test]
    fn who_comes_alone_is_favoured_until_another_comes() {
        let lock = Arc::new(Biased::new(()));
        let is_favoured =
            |lock: &Biased<()>| lock.favoured.load(Ordering::SeqCst) == Thread::current().number();
        (0..FEWEST).for_each(|_| drop(lock.lock()));
        assert!(is_favoured(&lock));
        let other = lock.clone();
        thread::spawn(move || drop(other.lock())).join().expect("locked");
        assert!(!is_favoured(&lock));
        (0..2 * FEWEST).for_each(|_| drop(lock.lock()));
        assert!(is_favoured(&lock));
    }

    #[test]
    fn one_lock_is_taken_inside_another() {
        let [outer, inner] = [0, 0].map(Biased::new);
        for turn in 1..=3 * FEWEST {
            let mut held = outer.lock();
            *inner.lock() += 1;
            *held += 1;
            assert_eq!((*held, *inner.lock()), (turn, turn));
        }
    }

    #[test]
    fn who_comes_waits_for_the_favoured_one() {
        let lock = Arc::new(Biased::new(0));
        (0..FEWEST).for_each(|_| drop(lock.lock()));
        let mut held = lock.lock();
        let other = lock.clone();
        let waiting = thread::spawn(move || *other.lock());
        // Long enough to be told that it cannot be ours any more.
        thread::sleep(std::time::Duration::from_millis(20));
        *held = 7;
        drop(held);
        assert_eq!(waiting.join().expect("locked"), 7);
    }
}
