//! Where an answer lies until its caller takes it.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicUsize};

use super::Outcome;
use super::message::Response;
use super::tail::Tail;
use crate::buffer::{Block, Buffer};
use crate::error::{Body, Error};

/// An outcome in parts. Each is written and read as one word: an answer is taken right after it was put, and the processor
/// forwards a store to a load only if the load is no wider.
pub(super) struct AnswerSlot {
    body: AtomicPtr<Block>,
    tail: AtomicUsize,
    error: AtomicPtr<Body>,
}

impl AnswerSlot {
    /// No answer.
    pub const fn empty() -> AnswerSlot {
        AnswerSlot {
            body: AtomicPtr::new(ptr::null_mut()),
            tail: AtomicUsize::new(0),
            error: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Puts an answer in. Only the one that won the call's phase may.
    #[inline(always)]
    pub fn put(&self, outcome: Outcome) {
        match outcome {
            Ok(response) => {
                let (body, tail) = response.into_parts();
                self.body.store(body.into_block(), Relaxed);
                self.tail.store(tail.into_raw(), Relaxed);
            }
            Err(error) => self.error.store(error.into_raw(), Relaxed),
        }
    }

    /// Takes the answer out. Only its one taker may, once.
    #[inline(always)]
    pub fn take(&self) -> Outcome {
        let error = self.error.load(Relaxed);
        if !error.is_null() {
            self.error.store(ptr::null_mut(), Relaxed);
            // SAFETY: put in by `put`, and taken once.
            return Err(unsafe { Error::from_raw(error) });
        }
        // SAFETY: put in by `put`, and taken once.
        unsafe {
            let body = Buffer::from_block(self.body.load(Relaxed));
            Ok(Response::from_parts(body, Tail::from_raw(self.tail.load(Relaxed))))
        }
    }
}
