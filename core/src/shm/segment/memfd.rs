//! Segments without a name, sealed so that nobody can resize them and only their owner can write them.
//!
//! The order of the steps is part of the safety (performance.md 8.1): the seal against writing does not cover maps that
//! were made before it, so the descriptor is given away last; and a size means nothing before the seals are known.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::map::{self, Map};
use super::{Object, OwnSegment, PeerSegment, Purpose, Received, SegmentBackend, Ticket, failure, peer};
use crate::error::Result;

/// See the module.
pub(super) struct Memfd;

/// What both ends rely on. There may be more: a memfd that cannot be executed carries a seal that says so.
const SEALS: i32 = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_FUTURE_WRITE | libc::F_SEAL_SEAL;

struct Anonymous {
    file: OwnedFd,
    map: Map,
}

impl SegmentBackend for Memfd {
    fn create(&self, len: usize, purpose: Purpose) -> Result<OwnSegment> {
        let file = create_file()?;
        map::allocate(file.as_fd(), len)?;
        let map = Map::writable(file.as_fd(), len)?;
        map.keep_from_children()?;
        // SAFETY: mapped and allocated above, and nobody else has it.
        unsafe { map::populate(map.as_ptr(), len, purpose) };
        // SAFETY: a call on a descriptor that is open.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, SEALS) } != 0 {
            return Err(failure::of_last_call("sealing a segment (Linux 5.1 or later)"));
        }
        Ok(OwnSegment::new(Anonymous { file, map }, len))
    }

    fn open(&self, received: Received<'_>, len: usize, purpose: Purpose) -> Result<PeerSegment> {
        let file = received.descriptor.ok_or_else(|| failure::refused("no descriptor came with it"))?;
        // Files of other kinds are refused here without a call of their file system.
        // SAFETY: a call on a descriptor that is open.
        let seals = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
        if seals < 0 {
            peer::close_aside(file);
            return Err(failure::refused("its descriptor is no sealed memory"));
        }
        if seals & SEALS != SEALS {
            return Err(failure::refused(format_args!("it has the seals {seals:#x}, {SEALS:#x} are needed")));
        }
        check_is_tmpfs(file.as_fd())?;
        map::check_size(file.as_fd(), len)?;
        PeerSegment::new(Map::read_only(file.as_fd(), len)?, 0, len, purpose)
    }
}

fn create_file() -> Result<OwnedFd> {
    let create = |flags| {
        // SAFETY: the name ends with a zero.
        let fd = unsafe { libc::memfd_create(c"hmsffi".as_ptr(), libc::MFD_CLOEXEC | flags) };
        // SAFETY: new, and nobody else has it.
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(fd) }) }
    };
    const NOEXEC_SEAL: u32 = 8;
    create(libc::MFD_ALLOW_SEALING | NOEXEC_SEAL)
        .or_else(|e| match e.raw_os_error() {
            // Kernels before 6.3.
            Some(libc::EINVAL) => create(libc::MFD_ALLOW_SEALING),
            _ => Err(e),
        })
        .map_err(|e| failure::of_system("memfd_create", e.raw_os_error().unwrap_or(0)))
}

/// Huge pages can be sealed too, but count otherwise.
fn check_is_tmpfs(file: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: all zeros are a statfs, and the call fills it.
    let kind = unsafe {
        let mut stat: libc::statfs = std::mem::zeroed();
        (libc::fstatfs(file.as_raw_fd(), &mut stat) == 0).then_some(stat.f_type as u64)
    };
    if kind != Some(libc::TMPFS_MAGIC as u64) {
        return Err(failure::refused("it is not made of plain pages of memory"));
    }
    Ok(())
}

impl Object for Anonymous {
    fn as_ptr(&self) -> *mut u8 {
        self.map.as_ptr()
    }

    fn ticket(&self) -> Ticket<'_> {
        Ticket { descriptor: Some(self.file.as_fd()), text: Vec::new() }
    }

    fn opened_by_peer(&self) {}
}
