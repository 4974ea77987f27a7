//! The two segments of a lane as one end sees them: its own, which it writes, and the peer's, which it only reads.
//!
//! Another process may change what the peer's segment holds at any moment. So nothing in it is ever behind a reference
//! to plain bytes: words are loaded one by one, Relaxed, with a fence behind them (a stronger or wider load may fault on
//! a page that can only be read), and bodies are copied out.

use super::futex::{self, Watched};
use super::sync::{AtomicU32, Ordering, fence};
use crate::call::Deadline;

/// Where a lane lies. Models put another memory in its place.
pub trait Memory {
    /// A word of the own segment.
    fn own(&self, at: usize) -> u32;
    /// Changes a word of the own segment.
    fn set(&self, at: usize, value: u32, order: Ordering);
    /// Adds one to a word of the own segment.
    fn add(&self, at: usize);
    /// A word of the peer's segment, Relaxed.
    fn peer(&self, at: usize) -> u32;
    /// Writes bytes into the own segment.
    fn write(&self, at: usize, bytes: &[u8]);
    /// Reads bytes of the peer's segment.
    fn read(&self, at: usize, bytes: &mut [u8]);
    /// Orders what is before it and what is behind it.
    fn fence(&self, order: Ordering);
}

/// How the ends wake each other.
pub trait Wakes {
    /// Wakes one of the other end's sleepers on this end's bell.
    fn wake_peer(&self);
    /// Wakes one of this end's sleepers on the other end's bell.
    fn wake_own(&self);
    /// Sleeps until the other end's bell is no longer `bell`, or a word of this process has changed or is woken, or the
    /// deadline passes, or for no reason.
    fn sleep(&self, bell: u32, kick: Watched<'_>, word: Option<Watched<'_>>, deadline: Deadline);
}

/// Mapped segments.
pub struct Mapped {
    own: *mut u8,
    peer: *const u8,
}

// SAFETY: all shared words are atomics; who may write which bytes is settled by the ring.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// # Safety
    /// Both must be mapped for [`super::layout::SEGMENT`] bytes, aligned to pages, for as long as this lives; `own` must be
    /// writable, and written by nobody else.
    pub unsafe fn new(own: *mut u8, peer: *const u8) -> Mapped {
        Mapped { own, peer }
    }

    #[inline(always)]
    fn own_word(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at.is_multiple_of(4) && at + 4 <= super::layout::SEGMENT);
        // SAFETY: inside the segment and aligned; atomics may be shared with another process.
        unsafe { &*self.own.add(at).cast::<AtomicU32>() }
    }

    #[inline(always)]
    fn peer_word(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at.is_multiple_of(4) && at + 4 <= super::layout::SEGMENT);
        // SAFETY: as above; it is only loaded.
        unsafe { &*self.peer.add(at).cast::<AtomicU32>() }
    }
}

impl Wakes for Mapped {
    fn wake_peer(&self) {
        futex::wake_shared(self.own_word(super::layout::BELL));
    }

    fn wake_own(&self) {
        futex::wake_shared(self.peer_word(super::layout::BELL));
    }

    fn sleep(&self, bell: u32, kick: Watched<'_>, word: Option<Watched<'_>>, deadline: Deadline) {
        let bell = Watched { word: self.peer_word(super::layout::BELL), value: bell };
        futex::wait(bell, kick, word, deadline);
    }
}

impl Memory for Mapped {
    #[inline(always)]
    fn own(&self, at: usize) -> u32 {
        self.own_word(at).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn set(&self, at: usize, value: u32, order: Ordering) {
        self.own_word(at).store(value, order);
    }

    #[inline(always)]
    fn add(&self, at: usize) {
        self.own_word(at).fetch_add(1, Ordering::Release);
    }

    #[inline(always)]
    fn peer(&self, at: usize) -> u32 {
        self.peer_word(at).load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn write(&self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= super::layout::SEGMENT);
        // SAFETY: inside the own segment; the peer reads it only after the stamp.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.own.add(at), bytes.len()) };
    }

    #[inline(always)]
    fn read(&self, at: usize, bytes: &mut [u8]) {
        debug_assert!(at + bytes.len() <= super::layout::SEGMENT);
        // SAFETY: inside the peer's segment. A peer that changes the bytes meanwhile harms only what they say: they are
        // copied once and looked at in the copy.
        unsafe { std::ptr::copy_nonoverlapping(self.peer.add(at), bytes.as_mut_ptr(), bytes.len()) };
    }

    #[inline(always)]
    fn fence(&self, order: Ordering) {
        fence(order);
    }
}
