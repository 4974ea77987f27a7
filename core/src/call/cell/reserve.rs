//! Cells at rest: each thread keeps a few, the others are there for all.

use std::sync::Mutex;

use super::{CELLS, CallCell};
use crate::thread::Thread;

static FREE_CELLS: Mutex<Vec<&'static CallCell>> = Mutex::new(Vec::new());

impl CallCell {
    #[inline(always)]
    pub(super) fn take(thread: &Thread) -> &'static CallCell {
        thread.cells.take().unwrap_or_else(|| Self::take_shared(thread))
    }

    #[inline(always)]
    pub(super) fn put(thread: &Thread, cell: &'static CallCell) {
        if let Err(cell) = thread.cells.put(cell) {
            Self::put_shared(thread, cell);
        }
    }

    #[cold]
    fn take_shared(thread: &Thread) -> &'static CallCell {
        let mut free = FREE_CELLS.lock().unwrap_or_else(|e| e.into_inner());
        loop {
            if let Some(cell) = thread.cells.take_from(&mut free) {
                return cell;
            }
            let fresh = CELLS.grow(CallCell::new);
            assert!(!fresh.is_empty(), "more than 16 million calls are open");
            free.extend(fresh);
        }
    }

    /// Gives a thread's cells to all threads.
    pub(crate) fn give_back(cells: Vec<&'static CallCell>) {
        if !cells.is_empty() {
            FREE_CELLS.lock().unwrap_or_else(|e| e.into_inner()).extend(cells);
        }
    }

    #[cold]
    fn put_shared(thread: &Thread, cell: &'static CallCell) {
        thread.cells.put_into(&mut FREE_CELLS.lock().unwrap_or_else(|e| e.into_inner()), cell);
    }
}
