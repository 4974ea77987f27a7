//! Tells when processes of a domain come or go.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::inotify::{self, CreateFlags, Event, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::Domain;
use super::entry::{Entry, Role};
use super::failure::failed;
use crate::error::Result;

/// Becomes readable when a process comes or goes.
///
/// The death of a process shows as well, when its lock is closed, yet an instant before the lock is free: for the
/// processes that you are connected to, the hang-up is what counts.
#[derive(Debug)]
pub struct Watch {
    inotify: OwnedFd,
    domain: Domain,
}

impl Watch {
    pub(super) fn new(domain: Domain) -> Result<Watch> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(|e| failed("cannot watch", &domain.directory(), e))?;
        let watch = Watch { inotify, domain };
        watch.begin()?;
        Ok(watch)
    }

    fn begin(&self) -> Result<()> {
        let directory = self.domain.make()?;
        let flags = WatchFlags::MOVED_TO
            | WatchFlags::DELETE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        inotify::add_watch(&self.inotify, directory.handle(), flags)
            .map(drop)
            .map_err(|e| failed("cannot watch", &directory.path, e))
    }

    /// Forgets what happened so far; whether the list of processes may have changed since the last time.
    pub fn drain(&self) -> Result<bool> {
        let (mut changed, mut lost) = (false, false);
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.inotify, &mut room);
        loop {
            match events.next() {
                Ok(event) => {
                    lost |= event.events().intersects(ReadFlags::IGNORED | ReadFlags::MOVE_SELF);
                    changed |= matters(&event);
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(e) => return Err(failed("cannot watch", &self.domain.directory(), e)),
            }
        }
        if lost {
            self.begin()?;
        }
        Ok(changed || lost)
    }
}

fn matters(event: &Event<'_>) -> bool {
    let happened = event.events();
    if happened.contains(ReadFlags::QUEUE_OVERFLOW) {
        return true;
    }
    let file = event.file_name().and_then(|name| name.to_str().ok());
    match file.and_then(Entry::of_file) {
        Some((_, Role::Socket)) => happened.intersects(ReadFlags::MOVED_TO | ReadFlags::DELETE),
        Some((_, Role::Lock)) => happened.contains(ReadFlags::CLOSE_WRITE),
        _ => false,
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}
