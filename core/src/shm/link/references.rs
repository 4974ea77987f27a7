//! References to an end, one for each buffer in which memory of it, or of its peer, is handed out. Some are kept for the next buffer:
//! to count one down and up again takes two locked instructions.

use std::sync::{Arc, Weak};

use super::end::End;
use crate::fork;
use crate::shm::biased::Biased;

/// References that are kept: a request and its answer have one each.
const MOST: usize = 4;

/// References to one end.
pub struct References {
    /// For when none is kept.
    end: Weak<End>,
    kept: Biased<Kept>,
}

#[derive(Default)]
struct Kept {
    references: Vec<Arc<End>>,
    /// Nobody uses the end any more: who gives one back drops it.
    is_over: bool,
}

impl References {
    /// Those of this end.
    pub fn to(end: Weak<End>) -> References {
        References { end, kept: Biased::default() }
    }
}

impl End {
    /// A reference to it, for [`End::put_back`]. `None` = it is about to be dropped.
    pub(super) fn reference(&self) -> Option<Arc<End>> {
        let kept = self.references.kept.lock().references.pop();
        kept.or_else(|| self.references.end.upgrade())
    }

    /// A buffer needs its reference no longer.
    pub(super) fn put_back(reference: Arc<End>) {
        let end = Arc::as_ptr(&reference);
        // SAFETY: `reference` is alive; among those kept it stays so until the lock is free, which is the last that is done here.
        let mut kept = unsafe { (*end).references.kept.lock() };
        if !kept.is_over && kept.references.len() < MOST {
            kept.references.push(reference);
            return;
        }
        drop(kept);
        drop(reference);
    }

    /// Whoever made or served calls over it does not any more. It lives until the last buffer is released.
    pub(super) fn is_left(&self) {
        if fork::forked() {
            return;
        }
        let mut kept = self.references.kept.lock();
        kept.is_over = true;
        let references = std::mem::take(&mut kept.references);
        drop(kept);
        drop(references);
    }
}
