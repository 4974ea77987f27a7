//! Who is there: tells the living from what the dead left behind, and removes that.

use std::collections::BTreeMap;

use rustix::fs::{self, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::directory::Directory;
use super::entry::{Entry, Role};
use super::failure::failed;
use crate::error::Result;

pub(super) fn entries(directory: &Directory) -> Result<Vec<Entry>> {
    let mut living = Vec::new();
    for (entry, ready) in read(directory)? {
        if held(directory, &entry)? && ready {
            living.push(entry);
        }
    }
    Ok(living)
}

/// All names, and whether they have a socket that listens.
fn read(directory: &Directory) -> Result<BTreeMap<Entry, bool>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let failure = |e| failed("cannot list", &directory.path, e);
    let readable = fs::openat(directory, ".", flags, Mode::empty()).map_err(failure)?;
    let mut found = BTreeMap::new();
    for file in Dir::new(readable).map_err(failure)? {
        let file = file.map_err(failure)?;
        if let Some((entry, role)) = file.file_name().to_str().ok().and_then(Entry::of_file) {
            *found.entry(entry).or_default() |= role == Role::Socket;
        }
    }
    Ok(found)
}

/// Whether a process holds this name. Removes its files when none does.
fn held(directory: &Directory, entry: &Entry) -> Result<bool> {
    let file = entry.file(Role::Lock);
    let failure = |e| failed("cannot examine", &directory.path.join(&file), e);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = match fs::openat(directory, &file, flags, Mode::empty()) {
        Ok(lock) => Some(lock),
        // The lock is there before the socket and goes after it: what else there is, is stale.
        Err(Errno::NOENT) => None,
        Err(Errno::LOOP | Errno::ACCESS | Errno::NXIO) => return Ok(false),
        Err(e) => return Err(failure(e)),
    };
    if let Some(lock) = &lock {
        // Shared, as others who list must not take us for its holder.
        match fs::flock(lock, FlockOperation::NonBlockingLockShared) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(true),
            Err(e) => return Err(failure(e)),
        }
    }
    // The lock last: should we die on the way, the next one finds it and goes on.
    for role in [Role::Socket, Role::Unready, Role::Lock] {
        directory.remove(&entry.file(role));
    }
    Ok(false)
}
