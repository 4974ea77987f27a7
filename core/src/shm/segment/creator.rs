//! Who made the names of shared memory, so that those whose maker was killed can be found and removed.
//!
//! A process that makes names holds a lock on a file beside them for as long as one of them exists. The kernel drops
//! the lock with the process, however it ends; whoever gets the lock may remove the names.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{fs, io, str};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{failure, map};
use crate::error::{Error, Result};
use crate::fork;

/// Where Linux shows the names.
const FOLDER: &str = "/dev/shm";
const PREFIX: &str = "hmsffi-";
/// Behind the prefix: the creator, and what tells its segments apart. 128 random bits, in 30 characters with the slash,
/// which is the most that all systems allow.
const CREATOR: usize = 8;
const SEGMENT: usize = 22;

/// This process, while it has names. The lock file goes with the last of them.
pub(super) struct Creator {
    id: String,
    _lock: OwnedFd,
}

static CURRENT: Mutex<Weak<Creator>> = Mutex::new(Weak::new());

impl Creator {
    /// This process. Where it begins to make names, those of processes that are gone are removed first.
    pub(super) fn current() -> Result<Arc<Creator>> {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(creator) = current.upgrade() {
            return Ok(creator);
        }
        sweep();
        let creator = Arc::new(Creator::new()?);
        *current = Arc::downgrade(&creator);
        Ok(creator)
    }

    fn new() -> Result<Creator> {
        loop {
            let id = random::<6>()?;
            let lock = match open(&lock_name(&id), libc::O_RDWR | libc::O_CREAT | libc::O_EXCL) {
                Ok(lock) => lock,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => {
                    let what = format!("making a lock in {FOLDER}");
                    return Err(failure::of_system(&what, e.raw_os_error().unwrap_or(0)));
                }
            };
            // A sweep may have found the file before it was locked, and then has removed it.
            if lock_now(&lock) && map::stat(lock.as_fd()).is_ok_and(|stat| stat.st_nlink > 0) {
                return Ok(Creator { id, _lock: lock });
            }
            remove(&lock_name(&id));
        }
    }

    /// A name that nothing has.
    pub(super) fn new_name(&self) -> Result<String> {
        Ok(format!("/{PREFIX}{}{}", self.id, random::<10>()?))
    }
}

impl Drop for Creator {
    fn drop(&mut self) {
        if !fork::forked() {
            remove(&lock_name(&self.id));
        }
    }
}

/// Removes the names of segments whose creators are gone, and says how many there were.
pub fn sweep() -> usize {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for entry in fs::read_dir(FOLDER).into_iter().flatten().flatten() {
        let name = format!("/{}", entry.file_name().to_string_lossy());
        if let Some(creator) = creator_of(&name) {
            let names = found.entry(creator.to_owned()).or_default();
            names.extend(is_segment(&name).then_some(name));
        }
    }
    let mut removed = 0;
    for (creator, names) in found {
        let lock = open(&lock_name(&creator), libc::O_RDONLY);
        let gone = match &lock {
            Ok(lock) => lock_now(lock),
            // The lock file is made before the first name and removed behind the last one.
            Err(e) => e.kind() == io::ErrorKind::NotFound,
        };
        if gone {
            removed += names.iter().filter(|name| remove(name)).count();
            remove(&lock_name(&creator));
        }
    }
    removed
}

/// Whether this is a name as [`Creator::new_name`] makes them.
pub(super) fn is_segment(name: &str) -> bool {
    behind_prefix(name).is_some_and(|rest| rest.len() == SEGMENT && is_random(rest))
}

fn creator_of(name: &str) -> Option<&str> {
    let rest = behind_prefix(name)?;
    let creator = if is_segment(name) { &rest[..CREATOR] } else { rest.strip_suffix(".lock")? };
    (creator.len() == CREATOR && is_random(creator)).then_some(creator)
}

fn behind_prefix(name: &str) -> Option<&str> {
    name.strip_prefix('/')?.strip_prefix(PREFIX)
}

fn is_random(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn lock_name(creator: &str) -> String {
    format!("/{PREFIX}{creator}.lock")
}

/// Random bytes, as text.
pub(super) fn random<const N: usize>() -> Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::unavailable(format!("no random bytes from the system: {e}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Opens shared memory by name, for this user only.
pub(super) fn open(name: &str, flags: i32) -> io::Result<OwnedFd> {
    let name = CString::new(name)?;
    // SAFETY: a text that ends with a zero.
    let fd = unsafe { libc::shm_open(name.as_ptr(), flags | libc::O_CLOEXEC, 0o600) };
    // SAFETY: new, and nobody else has it.
    if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(fd) }) }
}

/// Removes a name. What is mapped stays.
pub(super) fn remove(name: &str) -> bool {
    // SAFETY: a text that ends with a zero.
    CString::new(name).is_ok_and(|name| unsafe { libc::shm_unlink(name.as_ptr()) } == 0)
}

fn lock_now(file: &OwnedFd) -> bool {
    // SAFETY: a call on a descriptor that is open.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) == 0 }
}
