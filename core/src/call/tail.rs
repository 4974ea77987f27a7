//! How an answer is encoded, and what few answers have beside their bytes, in one word: an answer is two words then, and
//! travels in registers.

use std::fmt;
use std::num::NonZeroUsize;

use super::message::Metadata;
use crate::codec::Encoding;

/// What few answers have.
#[derive(Debug, Clone)]
pub(super) struct Extra {
    pub encoding: Encoding,
    pub content_type: Option<Box<str>>,
    pub metadata: Metadata,
}

/// An encoding, or a box with an [`Extra`].
pub(super) struct Tail(NonZeroUsize);

/// Numbers up to here are encodings; no box has such an address.
const LAST_ENCODING: usize = Encoding::Bytes as usize + 1;

impl Tail {
    #[inline(always)]
    pub fn plain(encoding: Encoding) -> Tail {
        Tail(NonZeroUsize::MIN.saturating_add(encoding as usize))
    }

    /// The encoding in what [`Tail::into_raw`] gave, if that is all and has a number.
    #[inline(always)]
    pub fn encoding_of(raw: NonZeroUsize) -> Option<Encoding> {
        let number = raw.get() - 1;
        (1..LAST_ENCODING).contains(&number).then(|| Encoding::numbered(number as u32))
    }

    pub fn with(extra: Extra) -> Tail {
        let address = Box::into_raw(Box::new(extra)) as usize;
        Tail(NonZeroUsize::new(address).unwrap_or(NonZeroUsize::MIN))
    }

    #[inline(always)]
    pub fn encoding(&self) -> Encoding {
        match self.extra() {
            None => Encoding::numbered(self.0.get() as u32 - 1),
            Some(extra) => extra.encoding,
        }
    }

    #[inline(always)]
    pub fn extra(&self) -> Option<&Extra> {
        // SAFETY: beyond the encodings it is the address of a box that this owns.
        (self.0.get() > LAST_ENCODING).then(|| unsafe { &*(self.0.get() as *const Extra) })
    }

    pub fn extra_mut(&mut self) -> Option<&mut Extra> {
        // SAFETY: as above, and borrowed mutably.
        (self.0.get() > LAST_ENCODING).then(|| unsafe { &mut *(self.0.get() as *mut Extra) })
    }

    #[inline(always)]
    pub fn into_raw(self) -> NonZeroUsize {
        let raw = self.0;
        std::mem::forget(self);
        raw
    }

    /// # Safety
    /// Given by [`Tail::into_raw`], and taken once.
    #[inline(always)]
    pub unsafe fn from_raw(raw: NonZeroUsize) -> Tail {
        Tail(raw)
    }
}

impl Clone for Tail {
    fn clone(&self) -> Tail {
        self.extra().map_or_else(|| Tail::plain(self.encoding()), |extra| Tail::with(extra.clone()))
    }
}

impl Drop for Tail {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.get() > LAST_ENCODING {
            // SAFETY: the address of a box that this owns.
            drop(unsafe { Box::from_raw(self.0.get() as *mut Extra) });
        }
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.extra() {
            None => self.encoding().fmt(f),
            Some(extra) => extra.fmt(f),
        }
    }
}
