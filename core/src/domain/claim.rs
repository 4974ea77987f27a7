//! A name in the domain, held by this process.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{self, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{self, Shutdown};
use rustix::process::geteuid;

use super::directory::Directory;
use super::entry::{Entry, Role};
use super::failure::failed;
use crate::error::Result;
use crate::fork;

/// The kernel cuts it to its own limit.
const BACKLOG: i32 = 4096;

/// A name in the domain and the socket that listens there, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    directory: Directory,
    entry: Entry,
    listener: OwnedFd,
    _lock: OwnedFd,
}

impl Claim {
    pub(super) fn new(directory: Directory) -> Result<Claim> {
        fork::check()?;
        let listener = super::socket().map_err(|e| failed("cannot open a socket for", &directory.path, e))?;
        let (entry, lock) = lock(&directory)?;
        // From here on dropping it removes what is made.
        let claim = Claim { directory, entry, listener, _lock: lock };
        claim.listen()?;
        Ok(claim)
    }

    /// What others see in their list.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.entry.name()
    }

    /// The socket gets its name once it listens, so that whoever sees it can connect.
    fn listen(&self) -> Result<()> {
        let Claim { directory, entry, listener, .. } = self;
        let (unready, ready) = (entry.file(Role::Unready), entry.file(Role::Socket));
        let address = directory.address(&unready)?;
        // The mode before bind() is the mode of the file: it never exists with another.
        fs::fchmod(listener, Mode::RUSR | Mode::WUSR)
            .and_then(|()| net::bind(listener, &address))
            .and_then(|()| share(directory, &unready))
            .and_then(|()| net::listen(listener, BACKLOG))
            .and_then(|()| fs::renameat(directory, &unready, directory, &ready))
            .map_err(|e| failed("cannot listen at", &directory.path.join(&ready), e))
    }
}

/// Lets the group that shares the directory connect. The mode before bind() is cut by the user's mask, so this is done after.
fn share(directory: &Directory, socket: &str) -> rustix::io::Result<()> {
    if !directory.access.is_shared() {
        return Ok(());
    }
    let file =
        fs::openat(directory, socket, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let found = fs::fstat(&file)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::Socket || found.st_uid != geteuid().as_raw() {
        return Err(Errno::STALE);
    }
    directory.share(file.as_fd(), Mode::from_raw_mode(0o660))
}

/// A name that nobody had, and its lock.
fn lock(directory: &Directory) -> Result<(Entry, OwnedFd)> {
    loop {
        let entry = Entry::random()?;
        let file = entry.file(Role::Lock);
        // Open for writing: closing it, be it by the death of the process, is an event for who watches.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let made = fs::openat(directory, &file, flags, Mode::RUSR | Mode::WUSR);
        let failure = |e| failed("cannot make", &directory.path.join(&file), e);
        let lock = match made {
            Err(Errno::EXIST) => continue,
            made => made.map_err(failure)?,
        };
        let shared = directory.share(lock.as_fd(), Mode::from_raw_mode(0o640));
        // Somebody who lists the domain may have found it without a holder: he has it, or has removed it.
        let held = shared
            .and_then(|()| fs::flock(&lock, FlockOperation::NonBlockingLockExclusive))
            .and_then(|()| fs::fstat(&lock));
        match held {
            Ok(found) if found.st_nlink > 0 => return Ok((entry, lock)),
            Ok(_) | Err(Errno::WOULDBLOCK) => directory.remove(&file),
            Err(e) => {
                directory.remove(&file);
                return Err(failure(e));
            }
        }
    }
}

impl AsFd for Claim {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Claim {
    /// Takes the name back, so that nobody finds this process any more. Nothing happens in a forked child, which has copies
    /// of the descriptors: name and socket are its parent's.
    pub fn leave(&self) {
        if fork::forked() {
            return;
        }
        for role in [Role::Socket, Role::Unready, Role::Lock] {
            self.directory.remove(&self.entry.file(role));
        }
        // Closing alone would leave those who connected waiting, if a forked child has a copy.
        let _ = net::shutdown(&self.listener, Shutdown::Both);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.leave();
    }
}
