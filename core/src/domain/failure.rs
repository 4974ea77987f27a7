//! What a refused system call means to the user.

use std::path::Path;

use rustix::io::Errno;

use crate::error::{Code, Error};

/// What was tried on which path, why it failed, and what may help.
#[cold]
pub(super) fn failed(tried: &str, path: &Path, errno: Errno) -> Error {
    let (code, help) = match errno {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => (
            Code::PermissionDenied,
            "Give yourself write access to it, or set XDG_RUNTIME_DIR to a directory of your own",
        ),
        Errno::MFILE | Errno::NFILE => (Code::ResourceExhausted, "Raise the limit of open files: ulimit -n"),
        Errno::NOSPC | Errno::DQUOT => (Code::ResourceExhausted, "Free some space or inodes there"),
        Errno::NOMEM | Errno::NOBUFS => (Code::ResourceExhausted, "Free some memory"),
        _ => (
            Code::FailedPrecondition,
            "Set XDG_RUNTIME_DIR to a directory of your own on a local file system",
        ),
    };
    let why = std::io::Error::from(errno);
    Error::new(code, format!("{tried} '{}': {why}. {help}", path.display()))
}
