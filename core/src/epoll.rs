//! Waiting for one of several descriptors, by a system call with all of its arguments: rustix leaves the last one unset where there
//! is no signal mask, which valgrind reports.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Events that are fetched at once.
const MOST: usize = 64;

/// The numbers of what is ready, some of it if it is much. Waits at most this long (`None` = for ever) for the first.
pub fn wait(poll: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<impl Iterator<Item = u64>> {
    let mut events = [const { MaybeUninit::<libc::epoll_event>::uninit() }; MOST];
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    });
    // SAFETY: room for so many events, a time that may be null, no signal mask.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            poll.as_raw_fd(),
            events.as_mut_ptr(),
            MOST,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel wrote so many.
    Ok(events.into_iter().take(count).map(|event| unsafe { event.assume_init() }.u64))
}
