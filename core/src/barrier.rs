//! Barriers for pairs of which one side is hot: `light` on the hot side costs nothing, `heavy` on the other side makes every
//! thread of the process pass a full barrier, so that together they order as two full barriers would.

use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

use once_cell::sync::OnceCell;

/// The kernel cannot do it: both sides use full barriers.
static SYMMETRIC: AtomicBool = AtomicBool::new(true);
static INIT: OnceCell<()> = OnceCell::new();

const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;

#[cfg(target_os = "linux")]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: a system call without pointers.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn membarrier(_: libc::c_int) -> bool {
    false
}

/// Finds out what the kernel can do; before the first thread uses `light`.
pub(crate) fn init() {
    INIT.get_or_init(|| {
        if membarrier(REGISTER_PRIVATE_EXPEDITED) {
            SYMMETRIC.store(false, Ordering::SeqCst);
        }
    });
}

/// The hot side.
#[inline(always)]
pub fn light() {
    if SYMMETRIC.load(Ordering::Relaxed) {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
}

/// The other side.
pub fn heavy() {
    fence(Ordering::SeqCst);
    if !SYMMETRIC.load(Ordering::Relaxed) && !membarrier(PRIVATE_EXPEDITED) {
        // Cannot fail once registered; if it did, nothing but waiting would help.
        std::thread::yield_now();
    }
}
