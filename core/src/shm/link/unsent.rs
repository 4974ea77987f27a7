//! What waited to be sent and never will be, for want of memory: whoever waits for it must be told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::error::Error;
use crate::shm::layout::Header;

/// Frames that will never be sent, and why.
#[derive(Default)]
pub struct Unsent {
    list: Mutex<Vec<(Header, Error)>>,
    /// Its length, to be seen without the lock.
    count: AtomicUsize,
}

impl Unsent {
    fn list(&self) -> MutexGuard<'_, Vec<(Header, Error)>> {
        self.list.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// One more.
    pub fn add(&self, header: Header, why: Error) {
        let mut list = self.list();
        list.push((header, why));
        self.count.store(list.len(), Ordering::SeqCst);
    }

    /// Whether there are some.
    #[inline]
    pub fn any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// All of them, which are told by whoever takes them.
    #[inline]
    pub fn take(&self) -> Vec<(Header, Error)> {
        if !self.any() {
            return Vec::new();
        }
        let mut list = self.list();
        self.count.store(0, Ordering::SeqCst);
        std::mem::take(&mut *list)
    }
}
