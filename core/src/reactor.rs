//! One thread of the process that waits for descriptors: sockets, processes, directories.
//!
//! It starts with the first source and ends with the last. It never waits for a peer and runs no foreign code.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use crate::call::Deadline;
use crate::error::{Error, Result};
use crate::{introspect, log};

/// Names the event by which the thread is told to look at its sources.
const WAKE: u64 = 0;

static STATE: Mutex<Option<State>> = Mutex::new(None);
/// The number given last. Numbers are never used again, not even by another thread of this kind: an event that was fetched before
/// a source went cannot hit another, and who removes a source twice removes no other.
static LAST: AtomicU64 = AtomicU64::new(WAKE);

struct State {
    poll: Arc<OwnedFd>,
    wake: Arc<OwnedFd>,
    sources: HashMap<u64, Arc<dyn Source>>,
}

/// Something that waits for a descriptor.
pub trait Source: Send + Sync {
    /// The descriptor.
    fn descriptor(&self) -> BorrowedFd<'_>;
    /// It can be read, or its deadline has passed. False = it is over.
    fn ready(&self) -> bool;
    /// When it is called even if nothing can be read.
    fn deadline(&self) -> Deadline {
        Deadline::NONE
    }
}

fn lock() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(|e| e.into_inner())
}

fn failed(what: &str, e: Errno) -> Error {
    Error::exhausted(format!("{what}: {e}. Close files, or raise the limit (ulimit -n)"))
}

/// Waits for a source from now on; gives its number.
pub fn add(source: Arc<dyn Source>) -> Result<u64> {
    let mut lock = lock();
    if lock.is_none() {
        *lock = Some(start()?);
    }
    let Some(state) = lock.as_mut() else { return Err(Error::internal("the reactor did not start")) };
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    epoll::add(&*state.poll, source.descriptor(), EventData::new_u64(number), EventFlags::IN)
        .map_err(|e| failed("a descriptor cannot be waited for", e))?;
    let has_deadline = source.deadline() != Deadline::NONE;
    state.sources.insert(number, source);
    if has_deadline {
        wake(state);
    }
    Ok(number)
}

/// Waits for a source no longer. It may be called once more if that is under way.
pub fn remove(number: u64) {
    let removed = {
        let mut lock = lock();
        let Some(state) = lock.as_mut() else { return };
        let removed = state.sources.remove(&number);
        if let Some(source) = &removed {
            let _ = epoll::delete(&*state.poll, source.descriptor());
        }
        if state.sources.is_empty() {
            wake(state);
        }
        removed
    };
    // Out of the lock: sources may own others.
    drop(removed);
}

/// To be called when a source has another deadline than before.
pub fn look_at_deadlines() {
    if let Some(state) = lock().as_ref() {
        wake(state);
    }
}

fn wake(state: &State) {
    let _ = rustix::io::write(&*state.wake, &1_u64.to_ne_bytes());
}

fn start() -> Result<State> {
    let poll = epoll::create(CreateFlags::CLOEXEC).map_err(|e| failed("the reactor cannot start", e))?;
    let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
        .map_err(|e| failed("the reactor cannot start", e))?;
    epoll::add(&poll, wake.as_fd(), EventData::new_u64(WAKE), EventFlags::IN)
        .map_err(|e| failed("the reactor cannot start", e))?;
    let (poll, wake) = (Arc::new(poll), Arc::new(wake));
    let own = poll.clone();
    introspect::THREADS.fetch_add(1, Ordering::SeqCst);
    let started = std::thread::Builder::new().name("hms-links".into()).spawn(move || {
        run(&own);
        introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
    });
    if let Err(e) = started {
        introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        return Err(Error::exhausted(format!("no thread could be started for links: {e}")));
    }
    Ok(State { poll, wake, sources: HashMap::new() })
}

fn run(poll: &Arc<OwnedFd>) {
    loop {
        let Some(timeout) = next_timeout(poll) else { return };
        let mut due: Vec<u64> = match crate::epoll::wait(poll.as_fd(), timeout) {
            Ok(ready) => ready.collect(),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => Vec::new(),
            Err(e) => {
                log::warning("links", &format!("the reactor has ended: {e}"));
                return;
            }
        };
        due.extend(overdue());
        for number in due {
            serve(number);
        }
    }
}

/// How long to wait; `None` = there is nothing left to wait for, and another thread may be started.
fn next_timeout(poll: &Arc<OwnedFd>) -> Option<Option<Duration>> {
    let mut lock = lock();
    let state = lock.as_ref().filter(|state| Arc::ptr_eq(&state.poll, poll))?;
    if state.sources.is_empty() {
        *lock = None;
        return None;
    }
    let deadlines = state.sources.values().map(|source| source.deadline());
    let next = deadlines.fold(Deadline::NONE, Deadline::earliest);
    Some(next.left())
}

fn overdue() -> Vec<u64> {
    let lock = lock();
    let sources = lock.as_ref().map(|state| &state.sources);
    let passed = sources.into_iter().flatten().filter(|(_, source)| source.deadline().passed());
    passed.map(|(number, _)| *number).collect()
}

fn serve(number: u64) {
    let source = {
        let lock = lock();
        let Some(state) = lock.as_ref() else { return };
        if number == WAKE {
            let mut told = [0; 8];
            let _ = rustix::io::read(&*state.wake, &mut told);
            return;
        }
        state.sources.get(&number).cloned()
    };
    if source.is_some_and(|source| !source.ready()) {
        remove(number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    use super::*;

    struct Tells(OwnedFd, Sender<()>);

    impl Source for Tells {
        fn descriptor(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }

        fn ready(&self) -> bool {
            self.1.send(()).is_ok()
        }
    }

    fn source(tells: &Sender<()>) -> Result<u64> {
        let event = eventfd(1, EventfdFlags::CLOEXEC).map_err(|e| failed("no event", e))?;
        add(Arc::new(Tells(event, tells.clone())))
    }

    #[test]
    fn who_removes_a_source_twice_removes_no_other_though_all_had_gone_meanwhile() {
        let (tells, _told) = channel();
        let gone = source(&tells).expect("added");
        remove(gone);
        while lock().is_some() {
            std::thread::yield_now();
        }
        let (tells, told) = channel();
        let other = source(&tells).expect("added");
        remove(gone);
        while told.try_recv().is_ok() {}
        told.recv_timeout(Duration::from_secs(10)).expect("the other is still waited for");
        remove(other);
    }
}
