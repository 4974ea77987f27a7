//! The directory of a domain: its way down, each level made and checked.

use std::env;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use rustix::process::geteuid;

use super::failure::failed;
use crate::error::{Error, Result};

/// Where domains are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    root: PathBuf,
    /// Whether the root is shared with other users, as `/tmp` is, and so not ours to make or to check.
    shared: bool,
    folder: String,
}

impl Place {
    pub fn from_env() -> Place {
        // The standard of base directories says that a relative path is to be ignored.
        match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
            Some(root) => Place::private(root),
            None => {
                let folder = format!("hmsffi-{}", geteuid().as_raw());
                Place { root: env::temp_dir(), shared: true, folder }
            }
        }
    }

    pub fn private(root: PathBuf) -> Place {
        Place { root, shared: false, folder: "hmsffi".to_owned() }
    }

    pub fn folder(&self) -> PathBuf {
        self.root.join(&self.folder)
    }
}

/// An open directory that only this user can write to.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    pub path: PathBuf,
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Directory {
    /// None when it is missing.
    pub fn open(place: &Place, name: &str) -> Result<Option<Directory>> {
        Directory::descend(place, name, Missing::Stays)
    }

    pub fn make(place: &Place, name: &str) -> Result<Directory> {
        Directory::descend(place, name, Missing::Made)?
            .ok_or_else(|| failed("cannot make", &place.folder().join(name), Errno::NOENT))
    }

    fn descend(place: &Place, name: &str, missing: Missing) -> Result<Option<Directory>> {
        let mut path = place.root.clone();
        // The root is the user's own word: it may be a symbolic link.
        let root = if place.shared {
            look(CWD, &path, OFlags::empty()).map_err(|e| failed("cannot open", &path, e)).map(Some)?
        } else {
            enter(CWD, &path, &path, OFlags::empty(), missing)?
        };
        let Some(mut fd) = root else { return Ok(None) };
        for level in [&place.folder, name] {
            path.push(level);
            match enter(fd.as_fd(), Path::new(level), &path, OFlags::NOFOLLOW, missing)? {
                Some(next) => fd = next,
                None => return Ok(None),
            }
        }
        Ok(Some(Directory { fd, path }))
    }

    /// The directory by its descriptor, which needs `/proc`: another path to it may be too long for a socket, or lead
    /// elsewhere by now.
    pub fn handle(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()))
    }

    pub fn address(&self, file: &str) -> Result<SocketAddrUnix> {
        SocketAddrUnix::new(self.handle().join(file))
            .map_err(|e| failed("cannot name", &self.path.join(file), e))
    }

    /// Removes a file, where it is.
    pub fn remove(&self, file: &str) {
        // What cannot be removed is in the way of nobody: its name is never used again.
        let _ = fs::unlinkat(&self.fd, file, fs::AtFlags::empty());
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Missing {
    Made,
    Stays,
}

/// Goes down one level.
fn enter(
    at: BorrowedFd<'_>,
    name: &Path,
    path: &Path,
    follow: OFlags,
    missing: Missing,
) -> Result<Option<OwnedFd>> {
    let mut found = look(at, name, follow);
    if matches!(found, Err(Errno::NOENT)) {
        if missing == Missing::Stays {
            return Ok(None);
        }
        match fs::mkdirat(at, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => found = look(at, name, follow),
            Err(e) => return Err(failed("cannot make the directory", path, e)),
        }
    }
    let fd = found.map_err(|e| failed("cannot open", path, e))?;
    check(&fd, path)?;
    Ok(Some(fd))
}

/// Opens without reading, for which no permission is needed, so that [`check`] can say what is wrong.
fn look(at: BorrowedFd<'_>, name: &Path, follow: OFlags) -> rustix::io::Result<OwnedFd> {
    fs::openat(at, name, OFlags::PATH | OFlags::CLOEXEC | follow, Mode::empty())
}

fn check(fd: &OwnedFd, path: &Path) -> Result<()> {
    let found = fs::fstat(fd).map_err(|e| failed("cannot examine", path, e))?;
    let (shown, us) = (path.display(), geteuid().as_raw());
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return Err(Error::precondition(format!(
            "'{shown}' is in the way of a directory of hmsffi. Move it away: mv '{shown}' '{shown}.old'"
        )));
    }
    if found.st_uid != us {
        return Err(Error::precondition(format!(
            "'{shown}' belongs to user {}, you are {us}: processes meet only where no other user can pose as one of \
             them. Run as that user, or take a directory of your own: \
             mkdir -m 700 ~/.hmsffi; export XDG_RUNTIME_DIR=~/.hmsffi",
            found.st_uid
        )));
    }
    if found.st_mode & 0o022 != 0 {
        return Err(Error::precondition(format!(
            "'{shown}' can be written by others (mode {:04o}), who could pose as one of your processes. Close it: \
             chmod 700 '{shown}'",
            found.st_mode & 0o7777
        )));
    }
    Ok(())
}
