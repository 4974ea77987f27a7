//! The directory of a domain: its way down, each level made and checked.

use std::env;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{self, CWD, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use rustix::process::geteuid;

use super::access::Access;
use super::failure::failed;
use crate::error::Result;

/// Where the processes of a domain meet.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Below a root, for this user alone.
    Below {
        root: PathBuf,
        /// Whether the root is shared with other users, as `/tmp` is, and so not ours to make or to check.
        shared: bool,
        folder: String,
        name: String,
    },
    /// This very directory, for those whom it lets in.
    Given(PathBuf),
}

impl Place {
    pub fn from_env(name: String) -> Place {
        // The standard of base directories says that a relative path is to be ignored.
        match env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute()) {
            Some(root) => Place::private(root, name),
            None => {
                let folder = format!("hmsffi-{}", geteuid().as_raw());
                Place::Below { root: env::temp_dir(), shared: true, folder, name }
            }
        }
    }

    pub fn private(root: PathBuf, name: String) -> Place {
        Place::Below { root, shared: false, folder: "hmsffi".to_owned(), name }
    }

    pub fn path(&self) -> PathBuf {
        match self {
            Place::Below { root, folder, name, .. } => root.join(folder).join(name),
            Place::Given(path) => path.clone(),
        }
    }
}

/// An open directory to which only those can write who may be in the domain.
#[derive(Debug)]
pub(super) struct Directory {
    fd: OwnedFd,
    pub path: PathBuf,
    pub access: Access,
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Directory {
    /// None when it is missing.
    pub fn open(place: &Place) -> Result<Option<Directory>> {
        Directory::descend(place, Missing::Stays)
    }

    pub fn make(place: &Place) -> Result<Directory> {
        Directory::descend(place, Missing::Made)?
            .ok_or_else(|| failed("cannot make", &place.path(), Errno::NOENT))
    }

    fn descend(place: &Place, missing: Missing) -> Result<Option<Directory>> {
        let (root, shared, levels) = match place {
            Place::Below { root, shared, folder, name } => (root, *shared, [folder, name]),
            Place::Given(path) => {
                let found = enter(CWD, path, path, OFlags::empty(), missing, Access::given)?;
                return Ok(found.map(|(fd, access)| Directory { fd, path: path.clone(), access }));
            }
        };
        let mut path = root.clone();
        // The root is the user's own word: it may be a symbolic link.
        let mut fd = if shared {
            look(CWD, &path, OFlags::empty()).map_err(|e| failed("cannot open", &path, e))?
        } else {
            match enter(CWD, &path, &path, OFlags::empty(), missing, Access::private)? {
                Some((root, _)) => root,
                None => return Ok(None),
            }
        };
        let mut access = None;
        for level in levels {
            path.push(level);
            match enter(fd.as_fd(), Path::new(level), &path, OFlags::NOFOLLOW, missing, Access::private)? {
                Some((next, found)) => (fd, access) = (next, Some(found)),
                None => return Ok(None),
            }
        }
        Ok(access.map(|access| Directory { fd, path, access }))
    }

    /// The directory by its descriptor, which needs `/proc`: another path to it may be too long for a socket, or lead
    /// elsewhere by now.
    pub fn handle(&self) -> PathBuf {
        by_descriptor(self.fd.as_fd())
    }

    pub fn address(&self, file: &str) -> Result<SocketAddrUnix> {
        SocketAddrUnix::new(self.handle().join(file))
            .map_err(|e| failed("cannot name", &self.path.join(file), e))
    }

    /// Gives a file of ours this mode, if a group shares the directory. By its descriptor: where a group can write, another
    /// file may be at its path by now.
    pub fn share(&self, file: BorrowedFd<'_>, mode: Mode) -> rustix::io::Result<()> {
        if !self.access.is_shared() {
            return Ok(());
        }
        // fchmod() takes no descriptor that was opened without reading.
        fs::chmod(by_descriptor(file), mode)
    }

    /// Removes a file, where it is.
    pub fn remove(&self, file: &str) {
        // What cannot be removed is in the way of nobody: its name is never used again.
        let _ = fs::unlinkat(&self.fd, file, fs::AtFlags::empty());
    }
}

fn by_descriptor(file: BorrowedFd<'_>) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[derive(Clone, Copy, PartialEq)]
enum Missing {
    Made,
    Stays,
}

type Check = fn(&Stat, &Path) -> Result<Access>;

/// Goes down one level.
fn enter(
    at: BorrowedFd<'_>,
    name: &Path,
    path: &Path,
    follow: OFlags,
    missing: Missing,
    check: Check,
) -> Result<Option<(OwnedFd, Access)>> {
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
    let access =
        fs::fstat(&fd).map_err(|e| failed("cannot examine", path, e)).and_then(|stat| check(&stat, path))?;
    Ok(Some((fd, access)))
}

/// Opens without reading, for which no permission is needed, so that [`Access`] can say what is wrong.
fn look(at: BorrowedFd<'_>, name: &Path, follow: OFlags) -> rustix::io::Result<OwnedFd> {
    fs::openat(at, name, OFlags::PATH | OFlags::CLOEXEC | follow, Mode::empty())
}
