//! Where an answer lies until its caller takes it.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicU32};

use super::Outcome;
use super::message::{Extra, Response};
use crate::buffer::{Block, Buffer};
use crate::codec::Encoding;
use crate::error::{Body, Error};

/// An outcome in parts. Each is written and read as one word: an answer is taken right after it was put, and the processor
/// forwards a store to a load only if the load is no wider.
pub(super) struct AnswerSlot {
    body: AtomicPtr<Block>,
    encoding: AtomicU32,
    extra: AtomicPtr<Extra>,
    error: AtomicPtr<Body>,
}

impl AnswerSlot {
    /// No answer.
    pub const fn empty() -> AnswerSlot {
        AnswerSlot {
            body: AtomicPtr::new(ptr::null_mut()),
            encoding: AtomicU32::new(0),
            extra: AtomicPtr::new(ptr::null_mut()),
            error: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Puts an answer in. Only the one that won the call's phase may.
    #[inline(always)]
    pub fn put(&self, outcome: Outcome) {
        match outcome {
            Ok(response) => {
                let (body, encoding, extra) = response.into_parts();
                self.body.store(body.into_block(), Relaxed);
                self.encoding.store(encoding as u32, Relaxed);
                self.extra.store(extra.map_or(ptr::null_mut(), Box::into_raw), Relaxed);
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
        let extra = self.extra.load(Relaxed);
        // SAFETY: put in by `put`, and taken once.
        unsafe {
            let extra = (!extra.is_null()).then(|| Box::from_raw(extra));
            let body = Buffer::from_block(self.body.load(Relaxed));
            Ok(Response::from_parts(body, Encoding::numbered(self.encoding.load(Relaxed)), extra))
        }
    }
}
