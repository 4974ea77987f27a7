//! Sleeping on words, and waking those who do.

use std::io;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::call::Deadline;

/// A word to sleep on, and the value that it had when that was decided.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// The word.
    pub word: &'a AtomicU32,
    /// Its value.
    pub value: u32,
}

/// Sleeps until a word has changed or is woken, or the deadline passes, or for no reason. `shared` lies in memory that
/// another process writes, the others do not.
pub fn wait(shared: Watched<'_>, private: Watched<'_>, another: Option<Watched<'_>>, deadline: Deadline) {
    let waiter = |watched: &Watched<'_>, flags| Waiter {
        value: u64::from(watched.value),
        address: ptr::from_ref(watched.word) as u64,
        flags,
        reserved: 0,
    };
    let (first, second) = (waiter(&shared, SIZE_U32), waiter(&private, SIZE_U32 | PRIVATE));
    let third = waiter(&another.unwrap_or(private), SIZE_U32 | PRIVATE);
    let all = [first, second, third];
    let count = if another.is_some() { 3 } else { 2 };
    let until = timespec(deadline);
    // SAFETY: words that are mapped, and a time that may be null.
    unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            all.as_ptr(),
            count,
            0,
            if deadline == Deadline::NONE { ptr::null() } else { ptr::from_ref(&until) },
            libc::CLOCK_MONOTONIC,
        );
    }
}

/// Whether the kernel can wait for several words at once; a sandbox may forbid it.
pub fn can_wait_for_several() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        // SAFETY: refused before it reads anything.
        unsafe { libc::syscall(libc::SYS_futex_waitv, ptr::null::<Waiter>(), 0, 0, ptr::null::<()>(), 0) };
        io::Error::last_os_error().raw_os_error() == Some(libc::EINVAL)
    })
}

/// Wakes one sleeper on a word of shared memory, in whatever process.
pub fn wake_shared(word: &AtomicU32) {
    wake(word, libc::FUTEX_WAKE, 1);
}

/// Wakes all sleepers of this process on a word.
pub fn wake_private(word: &AtomicU32) {
    wake(word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX);
}

fn wake(word: &AtomicU32, operation: i32, most: i32) {
    // SAFETY: a word that is mapped.
    unsafe { libc::syscall(libc::SYS_futex, ptr::from_ref(word), operation, most) };
}

/// A private word that many sleep on: changed by whoever wants them to look.
#[derive(Default)]
pub struct Kick(AtomicU32);

impl Kick {
    /// To be taken before one looks at what it is about.
    pub fn watched(&self) -> Watched<'_> {
        Watched { word: &self.0, value: self.0.load(Ordering::Acquire) }
    }

    /// Makes all sleepers look.
    pub fn kick(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        wake_private(&self.0);
    }
}

const SIZE_U32: u32 = 2;
const PRIVATE: u32 = 128;

#[repr(C)]
struct Waiter {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

fn timespec(deadline: Deadline) -> libc::timespec {
    libc::timespec {
        tv_sec: (deadline.0 / 1_000_000_000) as libc::time_t,
        tv_nsec: (deadline.0 % 1_000_000_000) as _,
    }
}
