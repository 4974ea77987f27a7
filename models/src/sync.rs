//! What `core/src/shm/sync.rs` names, by the scheduler.

use crate::scheduler::cell;
pub use crate::scheduler::sync::atomic::{AtomicPtr, AtomicU32, Ordering, fence};
pub use crate::scheduler::sync::{Mutex, MutexGuard};

/// A cell whose users must be in an order that the scheduler can see.
#[derive(Default)]
pub struct UnsafeCell<T>(Inner<T>);

struct Inner<T>(cell::UnsafeCell<T>);

impl<T: Default> Default for Inner<T> {
    fn default() -> Self {
        Inner(cell::UnsafeCell::new(T::default()))
    }
}

/// The other thread goes on before this one looks again.
pub fn give_way(_: u32) {
    crate::scheduler::thread::yield_now();
}

impl<T> UnsafeCell<T> {
    pub fn new(content: T) -> Self {
        UnsafeCell(Inner(cell::UnsafeCell::new(content)))
    }

    /// Counts as writing.
    pub fn get(&self) -> *mut T {
        self.0.0.with_mut(|content| content)
    }
}
