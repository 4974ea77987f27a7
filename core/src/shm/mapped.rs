//! The segments of a lane as they are mapped here.

use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering, fence};

use super::futex::{self, Watched};
use super::layout::{BELL, SEGMENT};
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
        prefetch(unsafe { self.peer.add(at) });
    }

    #[inline(always)]
    fn write(&self, at: usize, bytes: &[u8]) {
        debug_assert!(at + bytes.len() <= SEGMENT);
        // SAFETY: inside the own segment; the peer reads it only after the stamp.
        unsafe { write_line_by_line(self.own.add(at), bytes) };
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

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Copies into memory that the peer looks at meanwhile. No store touches two lines: it would have to own both at once, while the
/// other end pulls at each. memcpy makes such stores for its ends.
///
/// # Safety
/// `to` must be valid for so many bytes.
#[inline(always)]
unsafe fn write_line_by_line(to: *mut u8, bytes: &[u8]) {
    let to_line = to.align_offset(LINE).min(bytes.len());
    let whole = (bytes.len() - to_line) / LINE * LINE;
    // SAFETY: parts of what is valid.
    unsafe {
        write_words(to, &bytes[..to_line]);
        if whole > 0 {
            std::ptr::copy_nonoverlapping(bytes[to_line..].as_ptr(), to.add(to_line), whole);
        }
        write_words(to.add(to_line + whole), &bytes[to_line + whole..]);
    }
}

/// Copies words by words. Atomics, because the compiler would make wide stores of others.
///
/// # Safety
/// `to` must be valid for so many bytes.
#[inline(always)]
unsafe fn write_words(to: *mut u8, bytes: &[u8]) {
    const WORD: usize = size_of::<u64>();
    let write_bytes = |to: *mut u8, bytes: &[u8]| {
        for (at, byte) in bytes.iter().enumerate() {
            // SAFETY: inside, as the caller says.
            unsafe { AtomicU8::from_ptr(to.add(at)) }.store(*byte, Ordering::Relaxed);
        }
    };
    let (head, rest) = bytes.split_at(to.align_offset(WORD).min(bytes.len()));
    write_bytes(to, head);
    // SAFETY: behind the head, inside.
    let to = unsafe { to.add(head.len()) };
    let (words, tail) = rest.as_chunks::<WORD>();
    for (number, word) in words.iter().enumerate() {
        // SAFETY: inside and aligned.
        unsafe { AtomicU64::from_ptr(to.add(number * WORD).cast()) }
            .store(u64::from_ne_bytes(*word), Ordering::Relaxed);
    }
    write_bytes(to.wrapping_add(words.len() * WORD), tail);
}

/// Has the line of the cache in which this lies come nearer, if the machine can.
#[inline(always)]
pub fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it only moves a line of the cache; an address that is not mapped does nothing.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch(at.cast(), _MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
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
