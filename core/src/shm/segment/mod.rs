//! Memory that one process writes and another one reads.
//!
//! A segment is made and written by its owner, passed to one peer, and mapped read-only there. What is passed is a
//! [`Ticket`]: a descriptor, or a name. See docs/shared-memory.md.

mod creator;
mod failure;
mod map;
mod memfd;
mod named;
mod peer;

use std::env;
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::error::{Error, Result};
use crate::fork;

pub use creator::sweep;
pub use peer::PeerSegment;

/// How segments are made and reach the other process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Without a name and sealed; the descriptor is passed.
    Memfd,
    /// With a name in `/dev/shm` until the peer has opened it; the name is passed.
    Named,
}

/// What a segment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The ring of a lane. All its pages are mapped at once.
    Ring,
    /// Large bodies. Its pages are allocated at once, and mapped when they are touched.
    Arena,
}

/// What is sent to the peer, so that it can open a segment. [`OwnSegment::len`] goes with it.
#[derive(Debug)]
pub struct Ticket<'a> {
    /// The descriptor, where the back end has one.
    pub descriptor: Option<BorrowedFd<'a>>,
    /// What a peer needs that gets no descriptor; else empty.
    pub text: Vec<u8>,
}

/// A ticket as it arrives.
#[derive(Debug)]
pub struct Received<'a> {
    /// The descriptor that came with it. Closed when the segment is mapped or refused.
    pub descriptor: Option<OwnedFd>,
    /// The text of the ticket.
    pub text: &'a [u8],
}

/// One way to make and open segments. Lengths are whole pages.
trait SegmentBackend: Sync {
    /// Makes a segment that is ready to be passed on.
    fn create(&self, len: usize, purpose: Purpose) -> Result<OwnSegment>;
    /// Opens a segment of another process, which is trusted in nothing.
    fn open(&self, received: Received<'_>, len: usize, purpose: Purpose) -> Result<PeerSegment>;
}

/// What a back end holds for a segment of its own. Unmaps when dropped.
trait Object: Send + Sync {
    fn as_ptr(&self) -> *mut u8;
    fn ticket(&self) -> Ticket<'_>;
    fn opened_by_peer(&self);
}

impl Backend {
    /// The back end that `HMSFFI_SHM_BACKEND` asks for.
    pub fn from_env() -> Result<Backend> {
        match env::var_os("HMSFFI_SHM_BACKEND") {
            None => Ok(Backend::Memfd),
            Some(name) => Backend::from_name(&name.to_string_lossy()).map_err(|e| {
                Error::invalid(format!("HMSFFI_SHM_BACKEND: {}. Leave it unset for 'memfd'", e.message()))
            }),
        }
    }

    /// The back end with this name, as a peer or a user says it.
    pub fn from_name(name: &str) -> Result<Backend> {
        match name {
            "memfd" => Ok(Backend::Memfd),
            "named" => Ok(Backend::Named),
            _ => Err(Error::invalid(format!(
                "no back end of shared memory is called '{name}'; there are 'memfd' and 'named'"
            ))),
        }
    }

    /// `memfd` or `named`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Memfd => "memfd",
            Backend::Named => "named",
        }
    }

    fn implementation(self) -> &'static dyn SegmentBackend {
        match self {
            Backend::Memfd => &memfd::Memfd,
            Backend::Named => &named::Named,
        }
    }
}

/// A segment that this process made, and alone writes.
pub struct OwnSegment {
    at: *mut u8,
    len: usize,
    object: Box<dyn Object>,
}

// SAFETY: an address whose users settle who writes what; the rest is Send and Sync.
unsafe impl Send for OwnSegment {}
// SAFETY: as above.
unsafe impl Sync for OwnSegment {}

impl OwnSegment {
    fn new(object: impl Object + 'static, len: usize) -> OwnSegment {
        OwnSegment { at: object.as_ptr(), len, object: Box::new(object) }
    }

    /// A segment of at least `len` bytes, all zeros. RESOURCE_EXHAUSTED when there is not enough memory for all of it.
    pub fn create(backend: Backend, len: usize, purpose: Purpose) -> Result<OwnSegment> {
        fork::check()?;
        let len = len.checked_next_multiple_of(map::page()).unwrap_or(0);
        check_len(len)?;
        map::check_fits(len)?;
        backend.implementation().create(len, purpose)
    }

    /// Its first byte, aligned to a page.
    pub fn as_ptr(&self) -> *mut u8 {
        self.at
    }

    /// Bytes, whole pages.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// What the peer needs to open it.
    pub fn ticket(&self) -> Ticket<'_> {
        self.object.ticket()
    }

    /// To be called when the one peer has opened it: a name is taken away then.
    pub fn opened_by_peer(&self) {
        self.object.opened_by_peer();
    }
}

fn check_len(len: usize) -> Result<()> {
    // Far beyond any memory, and such that sums of lengths do not overflow.
    const MOST: usize = isize::MAX as usize / 4;
    if len == 0 || len > MOST || !len.is_multiple_of(map::page()) {
        return Err(Error::invalid(format!(
            "shared memory: a segment cannot have {len} bytes: it has whole pages of {}, at least one",
            map::page()
        )));
    }
    Ok(())
}
