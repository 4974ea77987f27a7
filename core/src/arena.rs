//! A table of things that are never freed, only used again: an index stays valid for ever, so a stale id can
//! be looked at safely and told from a live one by its generation.

use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::id::SLOTS;

const CHUNK: usize = 256;
const CHUNKS: usize = SLOTS as usize / CHUNK;

/// A growing table with stable addresses.
pub struct Arena<T: 'static> {
    chunks: [AtomicPtr<T>; CHUNKS],
    len: AtomicU32,
    growth: Mutex<()>,
}

impl<T: Send + Sync> Default for Arena<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + Sync> Arena<T> {
    /// An empty table.
    pub const fn new() -> Arena<T> {
        Arena {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            len: AtomicU32::new(0),
            growth: Mutex::new(()),
        }
    }

    /// The element at an index, if the table has grown that far.
    #[inline]
    pub fn get(&self, index: u32) -> Option<&'static T> {
        if index >= self.len.load(Ordering::Acquire) {
            return None;
        }
        let chunk = self.chunks[index as usize / CHUNK].load(Ordering::Acquire);
        // SAFETY: below `len` every chunk is set, initialised and never freed.
        Some(unsafe { &*chunk.add(index as usize % CHUNK) })
    }

    /// Grows by one chunk made by `make`; gives the new elements, or none when the table is full.
    pub fn grow(&self, mut make: impl FnMut(u32) -> T) -> &'static [T] {
        let _growing = self.growth.lock().unwrap_or_else(|e| e.into_inner());
        let first = self.len.load(Ordering::Relaxed);
        if first >= SLOTS {
            return &[];
        }
        let chunk: Box<[T]> = (first..first + CHUNK as u32).map(&mut make).collect();
        let chunk: &'static mut [T] = Box::leak(chunk);
        self.chunks[first as usize / CHUNK].store(chunk.as_mut_ptr(), Ordering::Release);
        self.len.store(first + CHUNK as u32, Ordering::Release);
        chunk
    }

    /// All elements.
    pub fn iter(&self) -> impl Iterator<Item = &'static T> + '_ {
        (0..self.len.load(Ordering::Acquire)).filter_map(|index| self.get(index))
    }
}
