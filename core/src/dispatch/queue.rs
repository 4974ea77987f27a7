//! Completions for event loops: polled in batches, with a descriptor that is readable while there are some.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::call::{Call, Deadline, Outcome};
use crate::error::{Error, Result};
use crate::executor;
use crate::thread::Thread;

/// How often a waiting thread asks its host whether to go on.
const SLICE: Duration = Duration::from_millis(100);

/// Something that a loop has to look at.
pub enum Completion {
    /// An asynchronous call ended.
    Call {
        /// As given at submission.
        tag: u64,
        /// How it ended.
        outcome: Arc<Outcome>,
    },
    /// A stream can be received from.
    Readable {
        /// As given at submission.
        tag: u64,
    },
    /// A stream has room.
    Writable {
        /// As given at submission.
        tag: u64,
    },
    /// A call arrived for a method of this queue.
    Request {
        /// The method's.
        tag: u64,
        /// The call.
        call: Call,
    },
    /// The caller of a call of this queue went away.
    Cancelled {
        /// The method's.
        tag: u64,
        /// The call.
        call: Call,
    },
}

/// Collects completions.
pub struct Queue {
    number: u64,
    /// One thread alone serves it: a caller that waits on that thread blocks it.
    single: bool,
    state: Mutex<State>,
    filled: Condvar,
    ready: OwnedFd,
}

#[derive(Default)]
struct State {
    items: VecDeque<Completion>,
    /// Calls that were handed out; those without an answer fail when the queue closes.
    delivered: Vec<Call>,
    closed: bool,
}

impl Queue {
    /// An empty queue.
    pub fn new(single: bool) -> Result<Queue> {
        // SAFETY: makes a new descriptor.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(Error::exhausted(format!(
                "no event descriptor: {}",
                std::io::Error::last_os_error()
            )));
        }
        // SAFETY: just made, ours alone.
        let ready = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Queue {
            number: executor::number(),
            single,
            state: Mutex::default(),
            filled: Condvar::new(),
            ready,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The executor that serves it, if that is a single thread; else 0. Nobody serves a closed queue.
    pub fn executor(&self) -> u64 {
        if self.single && !self.state().closed { self.number } else { 0 }
    }

    /// Readable while there are completions.
    pub fn fd(&self) -> RawFd {
        self.ready.as_raw_fd()
    }

    /// Adds a completion. Gives it back when the queue was closed.
    pub fn push(&self, completion: Completion) -> std::result::Result<(), Completion> {
        let mut state = self.state();
        if state.closed {
            return Err(completion);
        }
        state.items.push_back(completion);
        if state.items.len() == 1 {
            let one = 1u64.to_ne_bytes();
            // SAFETY: writes 8 bytes of ours; can only fail when the counter is full, which is readable all the same.
            unsafe { libc::write(self.fd(), one.as_ptr().cast(), one.len()) };
        }
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes up to `capacity` completions; waits at most this long (`None` = for ever) for the first.
    pub fn poll(&self, capacity: usize, timeout: Option<Duration>) -> Result<Vec<Completion>> {
        let thread = Thread::current();
        if self.single {
            thread.executor.set(self.number);
        }
        let deadline =
            timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let mut state = self.state();
        while state.items.is_empty() {
            if state.closed {
                return Err(closed());
            }
            if timeout.is_some_and(|timeout| timeout.is_zero()) || deadline.passed() {
                return Ok(Vec::new());
            }
            let slice = deadline.left().map_or(SLICE, |left| left.min(SLICE));
            state = self.filled.wait_timeout(state, slice).unwrap_or_else(|e| e.into_inner()).0;
            if state.items.is_empty() {
                drop(state);
                if thread.interrupted() {
                    return Ok(Vec::new());
                }
                state = self.state();
            }
        }
        let taken = state.items.len().min(capacity);
        let batch: Vec<Completion> = state.items.drain(..taken).collect();
        if state.items.is_empty() {
            let mut count = [0u8; 8];
            // SAFETY: reads 8 bytes into memory of ours; the descriptor does not block.
            unsafe { libc::read(self.fd(), count.as_mut_ptr().cast(), count.len()) };
        }
        state.remember(&batch);
        Ok(batch)
    }

    /// No more completions: calls without an answer fail with UNAVAILABLE, those that come are refused.
    pub fn close(&self) {
        let (items, delivered) = {
            let mut state = self.state();
            state.closed = true;
            (std::mem::take(&mut state.items), std::mem::take(&mut state.delivered))
        };
        self.filled.notify_all();
        let waiting = items.into_iter().filter_map(|item| match item {
            Completion::Request { call, .. } => Some(call),
            _ => None,
        });
        for call in waiting.chain(delivered) {
            let _ = call.answer(Err(closed()));
        }
    }
}

impl State {
    fn remember(&mut self, batch: &[Completion]) {
        self.delivered.extend(batch.iter().filter_map(|completion| match completion {
            Completion::Request { call, .. } => Some(*call),
            _ => None,
        }));
        if self.delivered.len() >= 64 && self.delivered.len().is_power_of_two() {
            self.delivered.retain(|call| call.is_open());
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.close();
    }
}

#[cold]
pub(crate) fn closed() -> Error {
    Error::unavailable("the event loop that serves this was closed")
}
