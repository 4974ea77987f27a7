//! Pages of a file in the memory of this process.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::{io, ptr};

use super::{Purpose, failure};
use crate::error::Result;
use crate::fork;

/// A shared mapping of a whole file, from its beginning.
pub(super) struct Map {
    at: *mut u8,
    len: usize,
}

// SAFETY: an address and a length; how the memory is accessed is settled by who uses it.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

impl Map {
    pub(super) fn writable(file: BorrowedFd<'_>, len: usize) -> Result<Map> {
        Map::new(file, len, libc::PROT_READ | libc::PROT_WRITE)
    }

    pub(super) fn read_only(file: BorrowedFd<'_>, len: usize) -> Result<Map> {
        Map::new(file, len, libc::PROT_READ)
    }

    fn new(file: BorrowedFd<'_>, len: usize, protection: i32) -> Result<Map> {
        // SAFETY: at an address that the kernel chooses.
        let at =
            unsafe { libc::mmap(ptr::null_mut(), len, protection, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if at == libc::MAP_FAILED {
            return Err(failure::of_last_call(&format!("mapping a segment of {len} bytes")));
        }
        Ok(Map { at: at.cast(), len })
    }

    pub(super) fn as_ptr(&self) -> *mut u8 {
        self.at
    }

    /// Keeps it out of forked children: they would hold a second writable map, or run another process's ring.
    pub(super) fn keep_from_children(&self) -> Result<()> {
        keep_from_children(self.at, self.len)
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // In a forked child something else may lie there by now; what was inherited goes when the child ends.
        if !fork::forked() {
            // SAFETY: mapped by this value, whose users are gone with it.
            unsafe { libc::munmap(self.at.cast(), self.len) };
        }
    }
}

/// See [`Map::keep_from_children`].
pub(super) fn keep_from_children(at: *mut u8, len: usize) -> Result<()> {
    // SAFETY: changes what a fork does; no byte of it.
    if unsafe { libc::madvise(at.cast(), len, libc::MADV_DONTFORK) } != 0 {
        return Err(failure::of_last_call("keeping a segment from forked children"));
    }
    Ok(())
}

/// Refuses what no machine with this memory can hold: to allocate it would end other processes first.
pub(super) fn check_fits(len: usize) -> Result<()> {
    // SAFETY: all zeros are a sysinfo, and the call fills it.
    let (known, info) = unsafe {
        let mut info: libc::sysinfo = std::mem::zeroed();
        (libc::sysinfo(&mut info) == 0, info)
    };
    let memory = (info.totalram + info.totalswap).saturating_mul(u64::from(info.mem_unit));
    if known && len as u64 > memory {
        let what = format!("allocating {len} bytes for a segment on a machine with {memory}");
        return Err(failure::of_system(&what, libc::ENOMEM));
    }
    Ok(())
}

/// Allocates every page of the file, so that a lack of memory is an error here and no SIGBUS later.
pub(super) fn allocate(file: BorrowedFd<'_>, len: usize) -> Result<()> {
    // A signal undoes the piece that it interrupts, so pieces are small.
    const PIECE: usize = 1 << 20;
    let mut done = 0;
    while done < len {
        let piece = PIECE.min(len - done);
        // SAFETY: a call on a descriptor that is open.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), done as libc::off_t, piece as libc::off_t) } {
            0 => done += piece,
            libc::EINTR => {}
            errno => return Err(failure::of_system(&format!("allocating {len} bytes for a segment"), errno)),
        }
    }
    Ok(())
}

/// Brings allocated pages into the memory of this process where that is wanted: the first lap of a ring is then as fast
/// as the others.
///
/// # Safety
/// Mapped for writing, allocated, and not yet shared.
pub(super) unsafe fn populate(at: *mut u8, len: usize, purpose: Purpose) {
    if purpose == Purpose::Arena {
        return;
    }
    // SAFETY: promised above; the contents stay.
    if unsafe { libc::madvise(at.cast(), len, libc::MADV_POPULATE_WRITE) } != 0 {
        // Kernels before 5.14.
        for page in (0..len).step_by(page()) {
            // SAFETY: as above; fresh pages hold zeros.
            unsafe { at.add(page).write_volatile(0) };
        }
    }
}

/// What the system says about an open file.
pub(super) fn stat(file: BorrowedFd<'_>) -> io::Result<libc::stat> {
    // SAFETY: all zeros are a stat, and the call fills it.
    unsafe {
        let mut stat = std::mem::zeroed();
        if libc::fstat(file.as_raw_fd(), &mut stat) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(stat)
    }
}

/// Refuses a file of another size, and one with holes: to read them would allocate memory, or end in SIGBUS.
pub(super) fn check_size(file: BorrowedFd<'_>, len: usize) -> Result<()> {
    let stat = stat(file).map_err(|e| failure::refused(format_args!("its size cannot be read ({e})")))?;
    if stat.st_mode & libc::S_IFMT != libc::S_IFREG {
        return Err(failure::refused("it is no file of memory"));
    }
    if u64::try_from(stat.st_size) != Ok(len as u64) {
        return Err(failure::refused(format_args!("it has {} bytes, {len} were announced", stat.st_size)));
    }
    if (stat.st_blocks as u64).saturating_mul(512) < len as u64 {
        return Err(failure::refused("not all of its pages are allocated"));
    }
    Ok(())
}

/// Bytes of a page.
pub(super) fn page() -> usize {
    // SAFETY: asks for a constant of the system.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
