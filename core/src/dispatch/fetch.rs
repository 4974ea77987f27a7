//! Answers of other processes that who polls a queue fetches himself, without a thread between.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};

use super::Queue;
use crate::error::{Error, Result};

/// A way on which answers come that nobody reads but who polls.
pub trait Fetch: Send + Sync {
    /// Told each time that something has come while nobody looked.
    fn doorbell(&self) -> Option<BorrowedFd<'_>>;
    /// Whether answers are under way.
    fn is_due(&self) -> bool;
    /// Hands on what has come, for who is not going to wait.
    fn fetch_now(&self);
    /// Has a queue fetch from here what comes for streams. False = it cannot.
    fn serve_streams(self: Arc<Self>, queue: &Arc<Queue>) -> bool;
    /// Hands on what has come. May look for the first answer for so many nanoseconds, until `enough`. `parks` = nobody will look
    /// before the doorbell has been rung.
    fn fetch(&self, most_spin: u64, parks: bool, enough: &dyn Fn() -> bool);
    /// Has a thread fetch them from now on: somebody waits who does not poll.
    fn leave_to_thread(self: Arc<Self>);
    /// Nothing comes any more.
    fn is_over(&self) -> bool;
}

/// What a queue sleeps on, and where its answers come from.
pub(super) struct Bells {
    /// All of them in one descriptor.
    poll: OwnedFd,
    /// Readable while the queue has something.
    ready: OwnedFd,
    sources: ArcSwap<Vec<Arc<dyn Fetch>>>,
    changing: Mutex<()>,
    /// One of them, for which nearly all calls are.
    newest: AtomicPtr<()>,
    /// Somebody waits for the descriptor, at times that only he knows.
    is_watched: AtomicBool,
    sleepers: AtomicUsize,
}

impl Bells {
    pub fn new() -> Result<Bells> {
        let made = || {
            let poll = epoll::create(CreateFlags::CLOEXEC)?;
            let ready = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            epoll::add(&poll, &ready, EventData::new_u64(0), EventFlags::IN)?;
            Ok((poll, ready))
        };
        let (poll, ready) = made().map_err(|e: rustix::io::Errno| {
            Error::exhausted(format!(
                "no descriptor for a queue: {e}. Close files, or raise the limit (ulimit -n)"
            ))
        })?;
        Ok(Bells {
            poll,
            ready,
            sources: ArcSwap::default(),
            changing: Mutex::new(()),
            newest: AtomicPtr::default(),
            is_watched: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
        })
    }

    /// The descriptor for an event loop.
    pub fn watched(&self) -> RawFd {
        self.is_watched.store(true, Ordering::SeqCst);
        self.poll.as_raw_fd()
    }

    /// Whether somebody looks only when the descriptor says so.
    pub fn are_slept_on(&self) -> bool {
        self.is_watched.load(Ordering::SeqCst) || self.sleepers.load(Ordering::SeqCst) > 0
    }

    /// Makes the descriptor readable, or not.
    pub fn show(&self, ready: bool) {
        if ready {
            let _ = rustix::io::write(&self.ready, &1_u64.to_ne_bytes());
        } else {
            let _ = rustix::io::read(&self.ready, &mut [0; 8]);
        }
    }

    /// Whether it fetches from there.
    #[inline]
    pub fn know<F: Fetch>(&self, source: &Arc<F>) -> bool {
        // What is there lives, so nothing else has its address.
        ptr::addr_eq(self.newest.load(Ordering::Acquire), Arc::as_ptr(source))
            || self.sources.load().iter().any(|known| ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(source)))
    }

    /// Fetches from there too.
    pub fn add<F: Fetch + 'static>(&self, source: Arc<F>) -> Result<()> {
        let _one = self.changing.lock().unwrap_or_else(|e| e.into_inner());
        if !self.know(&source) {
            // Each ring is an event of its own, and no more once it was fetched: the doorbell need not be read.
            let flags = EventFlags::IN | EventFlags::ET;
            if let Some(doorbell) = source.doorbell() {
                epoll::add(&self.poll, doorbell, EventData::new_u64(0), flags)
                    .map_err(|e| Error::exhausted(format!("a descriptor cannot be waited for: {e}")))?;
            }
            let mut sources = Vec::clone(&self.sources.load());
            sources.push(source.clone());
            self.sources.store(Arc::new(sources));
            self.newest.store(Arc::as_ptr(&source).cast_mut().cast(), Ordering::Release);
        }
        Ok(())
    }

    /// Forgets the sources for which this is true.
    fn forget(&self, which: impl Fn(&dyn Fetch) -> bool) {
        let _one = self.changing.lock().unwrap_or_else(|e| e.into_inner());
        self.newest.store(ptr::null_mut(), Ordering::Release);
        let (gone, left): (Vec<_>, Vec<_>) =
            self.sources.load().iter().cloned().partition(|source| which(&**source));
        for source in &gone {
            if let Some(doorbell) = source.doorbell() {
                let _ = epoll::delete(&self.poll, doorbell);
            }
        }
        self.sources.store(Arc::new(left));
    }

    /// Fetches what has come. The doorbells are silenced before, so that one that rings later is heard.
    pub fn fetch(&self, most_spin: u64, parks: bool, enough: &dyn Fn() -> bool) {
        let sources = self.sources.load_full();
        if sources.is_empty() {
            return;
        }
        let parks = parks || self.is_watched.load(Ordering::SeqCst);
        if parks {
            self.wait(Duration::ZERO);
        }
        let alone = sources.iter().filter(|source| source.is_due()).count() == 1;
        for source in &*sources {
            source.fetch(if alone { most_spin } else { 0 }, parks, enough);
        }
        if sources.iter().any(|source| source.is_over()) {
            self.forget(|source| source.is_over());
        }
    }

    /// Sleeps until a bell rings, or for so long, after `look` has looked once more.
    pub fn sleep(&self, at_most: Duration, look: impl FnOnce() -> bool) {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        if !look() {
            self.wait(at_most);
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }

    fn wait(&self, at_most: Duration) {
        let _ = crate::epoll::wait(self.poll.as_fd(), Some(at_most));
    }

    /// Nobody need poll for what is under way.
    pub fn leave_to_threads(&self) {
        let sources = self.sources.load_full();
        sources.iter().filter(|source| source.is_due()).for_each(|source| source.clone().leave_to_thread());
    }

    /// Nobody polls any more.
    pub fn close(&self) {
        self.leave_to_threads();
        self.forget(|_| true);
    }
}
