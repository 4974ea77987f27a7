//! What an event loop sleeps on while answers are under way for it: an eventfd of its own, which the other end writes when it
//! rings (mode FD of performance.md 8.4).
//!
//! Whoever has the descriptor can also read it, or make it block: only ends of one user give it to each other.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::event::{EventfdFlags, eventfd};

use super::end::End;
use super::wire::Control;
use crate::error::{Error, Result};
use crate::shm::memory::Wakes;

/// The doorbell of one end.
#[derive(Default)]
pub struct Doorbell {
    bell: OnceLock<OwnedFd>,
    /// The other end has no room for it.
    refused: OnceLock<()>,
    calls: AtomicUsize,
    /// An event loop fetches what comes for streams, too.
    serves_streams: AtomicBool,
}

impl Doorbell {
    /// The bell, once it was made.
    pub fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.bell.get().map(AsFd::as_fd)
    }

    /// Whether the other end can ring it, as far as is known.
    pub fn is_usable(&self) -> bool {
        self.refused.get().is_none()
    }

    /// The other end cannot ring it.
    pub fn refused(&self) {
        let _ = self.refused.set(());
    }

    /// Whether an event loop may wait for something.
    pub fn is_wanted(&self) -> bool {
        self.calls() > 0 || self.serves_streams.load(Ordering::SeqCst)
    }

    /// From now on an event loop fetches what comes for streams.
    pub fn serve_streams(&self) {
        self.serves_streams.store(true, Ordering::SeqCst);
    }

    /// Calls whose answers an event loop fetches.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// One more. Before it is sent.
    pub fn begins(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }

    /// So many less.
    pub fn ends(&self, calls: usize) {
        self.calls.fetch_sub(calls, Ordering::SeqCst);
    }

    /// Rings it from this side.
    pub fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
        }
    }
}

impl End {
    /// Has a doorbell that the other end can ring, and makes one if there is none. False = there can be none.
    pub fn hang_doorbell(&self) -> Result<bool> {
        if !self.terms.is_trusted || !self.doorbell.is_usable() {
            return Ok(false);
        }
        if self.doorbell.bell().is_some() {
            return Ok(true);
        }
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let bell = eventfd(0, flags).map_err(|e| {
            Error::exhausted(format!("no descriptor for an event loop: {e}. Raise the limit (ulimit -n)"))
        })?;
        // Another thread may have been faster. The one that is kept is told of; until the other end has it, nobody rings.
        if self.doorbell.bell.set(bell).is_ok()
            && let Some(bell) = self.doorbell.bell()
            && let Err(error) = self.tell(Control::Doorbell(0), &[bell])
        {
            self.doorbell.refused();
            return Err(error);
        }
        Ok(true)
    }

    /// The other end has a doorbell. What was to be rung for before it came is rung for now.
    pub fn doorbell_came(&self, descriptor: Option<OwnedFd>) -> Result<()> {
        let usable = descriptor.filter(|descriptor| self.terms.is_trusted && is_eventfd(descriptor.as_fd()));
        let Some(bell) = usable else { return self.tell(Control::DoorbellFailed(0), &[]) };
        let memory = self.lane().memory();
        memory.hang_doorbell(bell);
        memory.ring_doorbell();
        Ok(())
    }
}

fn is_eventfd(descriptor: BorrowedFd<'_>) -> bool {
    let target = std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd()));
    target.is_ok_and(|target| target.as_os_str() == "anon_inode:[eventfd]")
}
