//! Whether the process that listens is alive, though somebody else may have a copy of its socket.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Whether the process at the other end of a fresh connection is dead.
///
/// A child that it forked keeps its lock and its socket open, and nobody would ever accept. The kernel names the
/// process that called listen(), which is the one that made the claim: a forked child cannot serve. False where the
/// kernel cannot tell, before Linux 6.5.
pub(super) fn ended(connection: &OwnedFd) -> bool {
    match process(connection) {
        Ok(process) => {
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
        }
        // Until Linux 6.15 there is no descriptor of a process that is gone altogether.
        Err(e) => matches!(e.raw_os_error(), Some(libc::ESRCH | libc::EINVAL)),
    }
}

fn process(connection: &OwnedFd) -> io::Result<OwnedFd> {
    let mut process: RawFd = -1;
    let mut length = size_of::<RawFd>() as libc::socklen_t;
    // SAFETY: the kernel writes a descriptor into the integer, whose size it is told.
    let outcome = unsafe {
        libc::getsockopt(
            connection.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERPIDFD,
            (&raw mut process).cast(),
            &raw mut length,
        )
    };
    if outcome != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and ours.
    Ok(unsafe { OwnedFd::from_raw_fd(process) })
}
