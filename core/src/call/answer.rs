//! Answers in two words, and where one lies until its caller takes it.

use std::num::NonZeroUsize;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicPtr, AtomicUsize};

use super::Outcome;
use super::message::Response;
use super::tail::Tail;
use crate::buffer::{Block, Buffer};
use crate::codec::Encoding;
use crate::error::{Body, Error};

/// An [`Outcome`] in two words, which travel in registers. The enum goes through memory, and the processor waits where it reads
/// with one wide load what was written with two stores.
pub struct Answer {
    /// The block of the body, or an error.
    first: *mut (),
    /// The tail, or that it is an error. Never 0, so that an optional answer is two words as well.
    tail: NonZeroUsize,
}

/// No tail: it is neither an encoding nor an address.
const ERROR: NonZeroUsize = NonZeroUsize::MAX;

impl Answer {
    /// As an enum.
    pub fn into_outcome(self) -> Outcome {
        let (first, tail) = self.into_words();
        // SAFETY: made from an outcome, and taken once.
        unsafe {
            if tail == ERROR {
                return Err(Error::from_raw(first.cast::<Body>()));
            }
            Ok(Response::from_parts(Buffer::from_block(first.cast::<Block>()), Tail::from_raw(tail)))
        }
    }

    /// An answer with nothing beside its bytes.
    #[inline(always)]
    pub fn plain(body: Buffer, encoding: Encoding) -> Answer {
        Answer { first: body.into_block().cast(), tail: Tail::plain(encoding).into_raw() }
    }

    /// Whether it is an error.
    #[inline(always)]
    pub fn is_error(&self) -> bool {
        self.tail == ERROR
    }

    /// The encoding of an answer that has nothing beside its bytes.
    #[inline(always)]
    pub fn plain_encoding(&self) -> Option<Encoding> {
        Tail::encoding_of(self.tail)
    }

    /// The bytes of an answer; none of an error.
    #[inline(always)]
    pub fn into_body(self) -> Buffer {
        if self.plain_encoding().is_none() {
            return self.into_outcome().map_or(Buffer::EMPTY, |response| response.body);
        }
        let (block, _) = self.into_words();
        // SAFETY: made from a response, and taken once.
        unsafe { Buffer::from_block(block.cast::<Block>()) }
    }

    #[inline(always)]
    fn into_words(self) -> (*mut (), NonZeroUsize) {
        let words = (self.first, self.tail);
        std::mem::forget(self);
        words
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        drop(Answer { first: self.first, tail: self.tail }.into_outcome());
    }
}

impl From<Outcome> for Answer {
    #[inline(always)]
    fn from(outcome: Outcome) -> Answer {
        match outcome {
            Ok(response) => {
                let (body, tail) = response.into_parts();
                Answer { first: body.into_block().cast(), tail: tail.into_raw() }
            }
            Err(error) => error.into(),
        }
    }
}

impl From<Error> for Answer {
    #[inline(always)]
    fn from(error: Error) -> Answer {
        Answer { first: error.into_raw().cast(), tail: ERROR }
    }
}

/// Where an answer lies.
pub(super) struct AnswerSlot {
    first: AtomicPtr<()>,
    tail: AtomicUsize,
}

impl AnswerSlot {
    /// No answer.
    pub const fn empty() -> AnswerSlot {
        AnswerSlot { first: AtomicPtr::new(ptr::null_mut()), tail: AtomicUsize::new(0) }
    }

    /// Puts an answer in. Only the one that won the call's phase may.
    #[inline(always)]
    pub fn put(&self, answer: Answer) {
        let (first, tail) = answer.into_words();
        self.first.store(first, Relaxed);
        self.tail.store(tail.get(), Relaxed);
    }

    /// Takes the answer out. Only its one taker may, once.
    #[inline(always)]
    pub fn take(&self) -> Answer {
        let tail = NonZeroUsize::new(self.tail.load(Relaxed)).unwrap_or(ERROR);
        Answer { first: self.first.load(Relaxed), tail }
    }
}
