//! Segments with a name, for where descriptors cannot be passed or memory cannot be sealed.
//!
//! They can do less: whoever has the same user can open the name while it exists, resize and write it. The crate
//! `shared_memory` makes them; what it leaves open is done here (performance.md 5.5): pages are allocated, the peer
//! maps read-only, the name goes as soon as the peer has it, and names that a killed process left are swept.
//!
//! Before the segment lies a page of the back end: a nonce, and a word that says that it is complete.

use std::mem::{self, ManuallyDrop};
use std::os::fd::AsFd;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use shared_memory::{Shmem, ShmemConf, ShmemError};

use super::creator::{self, Creator};
use super::map::{self, Map};
use super::{Object, OwnSegment, PeerSegment, Purpose, Received, SegmentBackend, Ticket, failure, peer};
use crate::error::{Error, Result};
use crate::fork;

/// See the module.
pub(super) struct Named;

/// `hmss`
const READY: u32 = 0x686d_7373;
const READY_AT: usize = 0;
const NONCE_AT: usize = 64;
/// Bytes of a nonce, as text.
const NONCE: usize = 22;

struct WithName {
    at: *mut u8,
    name: String,
    nonce: String,
    held: Mutex<Held>,
}

struct Held {
    shmem: ManuallyDrop<Shmem>,
    /// As long as the name exists.
    creator: Option<Arc<Creator>>,
}

// SAFETY: an address, and what the crate holds, which is used by one thread at a time.
unsafe impl Send for WithName {}
// SAFETY: as above.
unsafe impl Sync for WithName {}

impl SegmentBackend for Named {
    fn create(&self, len: usize, purpose: Purpose) -> Result<OwnSegment> {
        let (creator, nonce) = (Creator::current()?, creator::random::<16>()?);
        let (name, whole) = (creator.new_name()?, len + map::page());
        let shmem = ShmemConf::new().size(whole).os_id(&name).create().map_err(|e| of_crate(&e, whole))?;
        let at = shmem.as_ptr();
        let held = Mutex::new(Held { shmem: ManuallyDrop::new(shmem), creator: Some(creator) });
        let segment = WithName { at, name, nonce, held };
        let file = creator::open(&segment.name, libc::O_RDWR)
            .map_err(|e| failure::of_system("opening a new segment", e.raw_os_error().unwrap_or(0)))?;
        map::allocate(file.as_fd(), whole)?;
        map::keep_from_children(at, whole)?;
        // SAFETY: mapped by the crate and allocated above; nobody has the nonce, without which it is not used.
        unsafe {
            map::populate(at, whole, purpose);
            at.add(NONCE_AT).copy_from_nonoverlapping(segment.nonce.as_ptr(), NONCE);
            (*at.add(READY_AT).cast::<AtomicU32>()).store(READY, Ordering::Release);
        }
        Ok(OwnSegment::new(segment, len))
    }

    fn open(&self, received: Received<'_>, len: usize, purpose: Purpose) -> Result<PeerSegment> {
        if let Some(file) = received.descriptor {
            peer::close_aside(file);
            return Err(failure::refused("a descriptor came with it, although it has a name"));
        }
        let (name, nonce) =
            read_ticket(received.text).ok_or_else(|| failure::refused("its ticket is malformed"))?;
        let file = creator::open(name, libc::O_RDONLY).map_err(|e| {
            Error::not_found(format!(
                "shared memory: segment {name} of the peer cannot be opened ({e}): its owner ended or took it back, or \
                 the two processes see different folders /dev/shm. Let containers share it, or use \
                 HMSFFI_SHM_BACKEND=memfd on both sides, which needs no folder"
            ))
        })?;
        let whole = len + map::page();
        map::check_size(file.as_fd(), whole)?;
        let map = Map::read_only(file.as_fd(), whole)?;
        let mut found = [0; NONCE];
        // SAFETY: inside the first page of the map; the nonce is copied before it is looked at.
        let ready = unsafe {
            let ready = (*map.as_ptr().add(READY_AT).cast::<AtomicU32>()).load(Ordering::Relaxed);
            fence(Ordering::Acquire);
            ptr::copy_nonoverlapping(map.as_ptr().add(NONCE_AT), found.as_mut_ptr(), NONCE);
            ready
        };
        if ready != READY || found != nonce.as_bytes() {
            return Err(failure::refused("it is not the one that was announced"));
        }
        PeerSegment::new(map, map::page(), len, purpose)
    }
}

fn read_ticket(text: &[u8]) -> Option<(&str, &str)> {
    let (name, nonce) = str::from_utf8(text).ok()?.split_once(' ')?;
    (creator::is_segment(name) && nonce.len() == NONCE).then_some((name, nonce))
}

fn of_crate(error: &ShmemError, len: usize) -> Error {
    let what = format!("making a named segment of {len} bytes");
    match error {
        ShmemError::MapCreateFailed(errno) | ShmemError::UnknownOsError(errno) => {
            failure::of_system(&what, *errno as i32)
        }
        other => Error::internal(format!("shared memory: {what} failed: {other}")),
    }
}

impl Object for WithName {
    fn as_ptr(&self) -> *mut u8 {
        self.at.wrapping_add(map::page())
    }

    fn ticket(&self) -> Ticket<'_> {
        Ticket { descriptor: None, text: format!("{} {}", self.name, self.nonce).into_bytes() }
    }

    fn opened_by_peer(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove_name(&self.name);
    }
}

impl Held {
    fn remove_name(&mut self, name: &str) {
        if let Some(creator) = self.creator.take() {
            creator::remove(name);
            // The crate must not remove it again: it may be somebody else's by then.
            self.shmem.set_owner(false);
            drop(creator);
        }
    }
}

impl Drop for WithName {
    fn drop(&mut self) {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The name is the parent's, and what lies in a child at the address may be something else.
        if fork::forked() {
            mem::forget(held.creator.take());
            return;
        }
        held.remove_name(&self.name);
        // SAFETY: dropped here only.
        unsafe { ManuallyDrop::drop(&mut held.shmem) };
    }
}
