//! The segments of a lane as they are mapped here.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering, fence};

use super::futex::{self, Watched};
use super::layout::{BELL, SEGMENT};
use super::line;
use super::memory::{Memory, Wakes};
use crate::call::Deadline;

/// Mapped segments.
pub struct Mapped {
    own: *mut u8,
    peer: *const u8,
    /// Of the peer's event loops.
    doorbell: OnceLock<OwnedFd>,
}

// SAFETY: all shared words are atomics; who may write which bytes is settled by the ring.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// # Safety
    /// Both must be mapped for [`SEGMENT`] bytes, aligned to pages, for as long as this lives; `own` must be
    /// writable, and written by nobody else.
    pub unsafe fn new(own: *mut u8, peer: *const u8) -> Mapped {
        Mapped { own, peer, doorbell: OnceLock::new() }
    }

    /// What wakes the peer's event loops: an eventfd.
    pub fn hang_doorbell(&self, doorbell: OwnedFd) {
        let _ = self.doorbell.set(doorbell);
    }

    #[inline(always)]
    fn own_word(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at.is_multiple_of(4) && at + 4 <= SEGMENT);
        // SAFETY: inside the segment and aligned; atomics may be shared with another process.
        unsafe { &*self.own.add(at).cast::<AtomicU32>() }
    }

    #[inline(always)]
    fn peer_word(&self, at: usize) -> &AtomicU32 {
        debug_assert!(at.is_multiple_of(4) && at + 4 <= SEGMENT);
        // SAFETY: as above; it is only loaded.
        unsafe { &*self.peer.add(at).cast::<AtomicU32>() }
    }
}

impl Wakes for Mapped {
    fn wake_peer(&self) {
        futex::wake_shared(self.own_word(BELL));
    }

    fn ring_doorbell(&self) {
        if let Some(doorbell) = self.doorbell.get() {
            // Fails only when it cannot be more readable.
            let _ = rustix::io::write(doorbell, &1_u64.to_ne_bytes());
        }
    }

    #[inline(always)]
    fn cpu(&self) -> Option<u32> {
        // SAFETY: it only looks.
        u32::try_from(unsafe { libc::sched_getcpu() }).ok()
    }

    fn sleep(&self, bell: u32, kick: Watched<'_>, word: Option<Watched<'_>>, deadline: Deadline) {
        let bell = Watched { word: self.peer_word(BELL), value: bell };
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
    fn prefetch(&self, at: usize) {
        debug_assert!(at < SEGMENT);
        // SAFETY: inside the peer's segment.
        line::prefetch(unsafe { self.peer.add(at) });
    }

    #[inline(always)]
    fn prefetch_to_write(&self, at: usize) {
        debug_assert!(at < SEGMENT);
        // SAFETY: inside the own segment.
        line::prefetch_to_write(unsafe { self.own.add(at) });
    }

    #[inline(always)]
    fn write(&self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= SEGMENT);
        // SAFETY: inside the own segment, which is aligned and of whose slots the last word is part; the peer reads it only after
        // the stamp.
        unsafe { line::write(self.own, at, bytes) };
    }

    #[inline(always)]
    fn read(&self, at: usize, bytes: &mut [u8]) {
        debug_assert!(at + bytes.len() <= SEGMENT);
        // SAFETY: inside the peer's segment. A peer that changes the bytes meanwhile harms only what they say: they are
        // copied once and looked at in the copy.
        unsafe { std::ptr::copy_nonoverlapping(self.peer.add(at), bytes.as_mut_ptr(), bytes.len()) };
    }

    #[inline(always)]
    fn fence(&self, order: Ordering) {
        match order {
            Ordering::SeqCst => full_fence(),
            order => fence(order),
        }
    }
}

/// A fence(SeqCst). On x86 by a locked instruction, as C compilers make it: it takes a quarter of the time of the `mfence` that is
/// made of `fence`.
#[inline(always)]
fn full_fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: changes nothing; the word at the top of the stack is this thread's.
    unsafe {
        std::arch::asm!("lock or dword ptr [rsp], 0");
    }
    #[cfg(not(target_arch = "x86_64"))]
    fence(Ordering::SeqCst);
}
