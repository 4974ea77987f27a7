//! Who may be in a domain, as its directory says: its mode and its group.
//!
//! The kernel keeps others out: to be found one must write to the directory, and to connect one must write to the socket.
//! Whoever has come in is asked once more who he is, for a socket may have been handed on.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::process::{getegid, geteuid, getgroups};

use crate::error::{Code, Error, Result};
use crate::shm::control::Credentials;

/// Others may write.
const OPEN: u32 = 0o002;
/// The group may write.
const SHARED: u32 = 0o020;
/// What is made in the directory belongs to the group of the directory.
const INHERITED: u32 = 0o2000;

/// Who may be in a domain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    owner: u32,
    /// Its members may, beside the owner.
    group: Option<u32>,
}

impl Access {
    /// Of a directory that must be this user's alone.
    pub fn private(found: &Stat, path: &Path) -> Result<Access> {
        let (shown, us) = (path.display(), geteuid().as_raw());
        check_kind(found, path)?;
        if found.st_uid != us {
            return Err(Error::precondition(format!(
                "'{shown}' belongs to user {}, you are {us}: processes meet only where no other user can pose as one of \
                 them. Run as that user, take a directory of your own: mkdir -m 700 ~/.hmsffi; export \
                 XDG_RUNTIME_DIR=~/.hmsffi, or share one within a group: {}",
                found.st_uid, SHARING
            )));
        }
        if found.st_mode & (OPEN | SHARED) != 0 {
            return Err(Error::precondition(format!(
                "'{shown}' can be written by others (mode {:04o}), who could pose as one of your processes. Close it: \
                 chmod 700 '{shown}'",
                found.st_mode & 0o7777
            )));
        }
        Ok(Access { owner: us, group: None })
    }

    /// Of a directory that may be shared: a group that can write to it is let in.
    pub fn given(found: &Stat, path: &Path) -> Result<Access> {
        if found.st_mode & SHARED == 0 {
            return Access::private(found, path);
        }
        check_kind(found, path)?;
        let (shown, group) = (path.display(), found.st_gid);
        if found.st_mode & OPEN != 0 || found.st_mode & INHERITED == 0 {
            return Err(Error::precondition(format!(
                "'{shown}' has mode {:04o}. A directory that a group shares must be closed to others, and hand its group \
                 on to what is made in it: chmod 2770 '{shown}'",
                found.st_mode & 0o7777
            )));
        }
        if found.st_uid != geteuid().as_raw() && !own_groups().contains(&group) {
            return Err(Error::precondition(format!(
                "'{shown}' is for group {group}, to which this process does not belong. Join the group (usermod -aG) and \
                 log in anew"
            )));
        }
        Ok(Access { owner: found.st_uid, group: Some(group) })
    }

    /// Whether a group may be in it.
    pub fn is_shared(&self) -> bool {
        self.group.is_some()
    }

    /// Refuses who may not be here. The socket is the connection to him.
    pub fn admit(&self, socket: BorrowedFd<'_>, from: &Credentials) -> Result<()> {
        let us = geteuid().as_raw();
        if from.uid == us {
            return Ok(());
        }
        let who = format!("process {} belongs to user {}, this one to {us}", from.pid, from.uid);
        let Some(group) = self.group else {
            return Err(Error::new(
                Code::PermissionDenied,
                format!("{who}. Run both as one user, or let a group share the domain: {SHARING}"),
            ));
        };
        if from.uid == self.owner || from.gid == group || groups_of(socket).contains(&group) {
            return Ok(());
        }
        Err(Error::new(
            Code::PermissionDenied,
            format!("{who}, and it is no member of the domain's group {group}"),
        ))
    }
}

const SHARING: &str = "mkdir -m 2770 /srv/team; chgrp team /srv/team; export HMSFFI_DOMAIN=/srv/team";

fn check_kind(found: &Stat, path: &Path) -> Result<()> {
    if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
        return Ok(());
    }
    let shown = path.display();
    Err(Error::precondition(format!(
        "'{shown}' is in the way of a directory of hmsffi. Move it away: mv '{shown}' '{shown}.old'"
    )))
}

fn own_groups() -> Vec<u32> {
    let others = getgroups().unwrap_or_default().into_iter();
    others.chain([getegid()]).map(|group| group.as_raw()).collect()
}

/// The further groups of the process at the other end, as it was when it connected or began to listen.
fn groups_of(socket: BorrowedFd<'_>) -> Vec<u32> {
    let mut groups = vec![0_u32; 64];
    loop {
        let mut length = (groups.len() * size_of::<u32>()) as libc::socklen_t;
        // SAFETY: the kernel writes no more than the length that it is told, and says how much there is.
        let outcome = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let found = length as usize / size_of::<u32>();
        if outcome == 0 {
            groups.truncate(found);
            return groups;
        }
        let is_short = io::Error::last_os_error().raw_os_error() == Some(libc::ERANGE);
        if !is_short || found <= groups.len() {
            return Vec::new();
        }
        groups.resize(found, 0);
    }
}
