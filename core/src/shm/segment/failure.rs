//! What is said when the system or the peer does not give a segment.

use std::io;

use crate::error::{Code, Error};

/// The error of a system call that was made to do `what`.
pub(super) fn of_system(what: &str, errno: i32) -> Error {
    let said = io::Error::from_raw_os_error(errno);
    let (code, next) = match errno {
        libc::ENOSPC | libc::ENOMEM | libc::EDQUOT => (
            Code::ResourceExhausted,
            "No memory is left for it. Send less at once, close links, or raise the limit: memory of the container \
             or control group, vm.max_map_count, with HMSFFI_SHM_BACKEND=named also the size of /dev/shm",
        ),
        libc::EMFILE | libc::ENFILE => (
            Code::ResourceExhausted,
            "Too many descriptors are open. Close links, or raise the limit: ulimit -n",
        ),
        libc::EFBIG => {
            (Code::ResourceExhausted, "Files may not be so large here. Raise the limit: ulimit -f")
        }
        libc::EPERM | libc::EACCES | libc::ENOSYS => (
            Code::Unavailable,
            "A sandbox or an old kernel forbids it. HMSFFI_SHM_BACKEND=memfd needs memfd_create and sealing, \
             HMSFFI_SHM_BACKEND=named a folder /dev/shm that can be written; set it on both sides",
        ),
        _ => (Code::Unavailable, "Calls between processes need it; check the limits of this process"),
    };
    Error::new(code, format!("shared memory: {what} failed ({said}). {next}"))
}

/// As [`of_system`], of the call that has just failed.
pub(super) fn of_last_call(what: &str) -> Error {
    of_system(what, io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// The peer's segment is not what it must be.
pub(super) fn refused(why: impl std::fmt::Display) -> Error {
    Error::precondition(format!(
        "shared memory: the peer's segment was refused: {why}. Nothing of it was used. Run the same version of hmsffi \
         on both sides; if they are the same, the peer is broken or hostile"
    ))
}
