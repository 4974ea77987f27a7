//! Notices that this process is a forked child of one that used the library.
//!
//! Locks may be held for ever in a child and threads are gone, so a child must be refused before any lock is
//! taken. The mark is a word that the kernel clears in the child: looking at it costs two loads.

use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::error::{Error, Result};

static MARK: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());
static FALLBACK: AtomicU32 = AtomicU32::new(0);
static OWNER: AtomicU32 = AtomicU32::new(0);
static INIT: Once = Once::new();

/// Whether this process was forked from one in which the library was used.
#[inline]
pub fn forked() -> bool {
    let mark = MARK.load(Ordering::Acquire);
    if mark.is_null() {
        set_mark();
        return false;
    }
    // SAFETY: the mark points to a static or to a page that is never unmapped.
    unsafe { (*mark).load(Ordering::Relaxed) == 0 }
}

/// FAILED_PRECONDITION in a forked child.
#[inline]
pub fn check() -> Result<()> {
    if forked() { Err(refusal()) } else { Ok(()) }
}

#[cold]
fn refusal() -> Error {
    Error::precondition(format!(
        "hmsffi belongs to process {}, you are {} (forked). Use it only in processes that were not forked after \
         its first use: start workers with spawn or exec, or fork before the first use",
        OWNER.load(Ordering::Relaxed),
        std::process::id()
    ))
}

#[cold]
fn set_mark() {
    INIT.call_once(|| {
        OWNER.store(std::process::id(), Ordering::Relaxed);
        let mark = wiped_page().unwrap_or_else(fallback);
        MARK.store(mark, Ordering::Release);
    });
}

/// A page that reads as zero in a child.
fn wiped_page() -> Option<*mut AtomicU32> {
    #[cfg(target_os = "linux")]
    // SAFETY: a fresh anonymous mapping of one page; only this module writes to it.
    unsafe {
        let page = libc::mmap(
            ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if page == libc::MAP_FAILED {
            return None;
        }
        if libc::madvise(page, 4096, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, 4096);
            return None;
        }
        let mark = page.cast::<AtomicU32>();
        (*mark).store(1, Ordering::Relaxed);
        Some(mark)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// Where the kernel cannot clear a page, a fork hook clears a static.
fn fallback() -> *mut AtomicU32 {
    extern "C" fn in_child() {
        FALLBACK.store(0, Ordering::Relaxed);
    }
    FALLBACK.store(1, Ordering::Relaxed);
    // SAFETY: the hook only stores to a static.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    ptr::from_ref(&FALLBACK).cast_mut()
}
