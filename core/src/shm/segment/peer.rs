//! A segment that another process writes and this one reads.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{ptr, thread};

use super::map::Map;
use super::{Backend, Purpose, Received};
use crate::error::{Code, Error, Result};
use crate::fork;

/// A segment of the peer, mapped read-only.
///
/// The peer may change it at any moment, so it is never behind a reference to bytes: words are loaded one by one, and
/// everything else is copied out once and looked at in the copy.
pub struct PeerSegment {
    map: Map,
    skip: usize,
    len: usize,
}

impl PeerSegment {
    /// Opens what the peer sent. `len` is what the peer announced, and must be exact.
    pub fn open(
        backend: Backend,
        received: Received<'_>,
        len: usize,
        purpose: Purpose,
    ) -> Result<PeerSegment> {
        fork::check()?;
        super::check_len(len)?;
        backend.implementation().open(received, len, purpose)
    }

    /// `skip` bytes at the beginning of the map belong to the back end.
    pub(super) fn new(map: Map, skip: usize, len: usize, purpose: Purpose) -> Result<PeerSegment> {
        // A forked worker may go on reading a view of an arena that it inherited; rings are nothing for it.
        if purpose == Purpose::Ring {
            map.keep_from_children()?;
        }
        Ok(PeerSegment { map, skip, len })
    }

    /// Its first byte. Read-only: to write there is a fault.
    pub fn as_ptr(&self) -> *const u8 {
        self.map.as_ptr().wrapping_add(self.skip)
    }

    /// Bytes.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The word at `offset`, Relaxed. A fence behind it orders it: stronger loads may fault on read-only pages.
    ///
    /// # Panics
    /// When it is not a whole word of the segment.
    #[inline]
    pub fn word(&self, offset: usize) -> u32 {
        assert!(offset.is_multiple_of(4) && offset < self.len, "no word of the segment");
        // SAFETY: inside, as lengths are multiples of pages, and aligned; it is only loaded.
        unsafe { (*self.word_ptr(offset)).load(Ordering::Relaxed) }
    }

    /// Where the word at `offset` lies; valid to load as long as the segment lives, if it is inside.
    #[inline(always)]
    pub fn word_ptr(&self, offset: usize) -> *const AtomicU32 {
        debug_assert!(offset.is_multiple_of(4) && offset < self.len);
        self.as_ptr().wrapping_add(offset).cast()
    }

    /// Copies the bytes from `offset` on. OUT_OF_RANGE if they go beyond the segment.
    pub fn copy_out(&self, offset: usize, bytes: &mut [u8]) -> Result<()> {
        if offset > self.len || bytes.len() > self.len - offset {
            return Err(Error::new(
                Code::OutOfRange,
                format!(
                    "shared memory: the peer speaks of {} bytes at {offset} of a segment of {}. Nothing was read; \
                     the peer is broken or hostile",
                    bytes.len(),
                    self.len
                ),
            ));
        }
        // SAFETY: inside, as was checked. A peer that changes the bytes meanwhile harms only what they say.
        unsafe { ptr::copy_nonoverlapping(self.as_ptr().add(offset), bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }
}

/// Closes what a peer sent instead of memory: its file system may block the one who does.
pub(super) fn close_aside(file: OwnedFd) {
    // Without a thread the descriptor is closed here, by the closure that did not run.
    let _ = thread::Builder::new().name("hms-close".into()).spawn(move || drop(file));
}
