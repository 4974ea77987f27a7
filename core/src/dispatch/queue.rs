//! Completions for event loops: polled in batches, with a descriptor that is readable while there are some.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::RawFd;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use super::fetch::{Bells, Fetch};
use crate::call::{Call, Deadline, OnOutcome, Outcome};
use crate::error::{Error, Result};
use crate::executor;
use crate::thread::Thread;

/// How often a waiting thread asks its host whether to go on.
const SLICE: Duration = Duration::from_millis(100);
/// A wait that is shorter is spent looking: the timers of the system are no finer.
const SHORT: Duration = Duration::from_micros(50);

/// Something that a loop has to look at.
pub enum Completion {
    /// An asynchronous call ended.
    Call {
        /// As given at submission.
        tag: u64,
        /// How it ended.
        outcome: Outcome,
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

/// All that live, by their numbers.
static QUEUES: Mutex<BTreeMap<u64, Weak<Queue>>> = Mutex::new(BTreeMap::new());

fn queues() -> MutexGuard<'static, BTreeMap<u64, Weak<Queue>>> {
    QUEUES.lock().unwrap_or_else(|e| e.into_inner())
}

/// Collects completions.
pub struct Queue {
    number: u64,
    this: Weak<Queue>,
    /// One thread alone serves it: a caller that waits on that thread blocks it.
    single: bool,
    state: Mutex<State>,
    bells: Bells,
}

#[derive(Default)]
struct State {
    items: VecDeque<Completion>,
    /// The descriptor is readable because of them.
    is_shown: bool,
    /// Calls that were handed out; those without an answer fail when the queue closes.
    delivered: Vec<Call>,
    closed: bool,
}

impl Queue {
    /// An empty queue.
    pub fn new(single: bool) -> Result<Arc<Queue>> {
        let (number, bells) = (executor::number(), Bells::new()?);
        let queue = Arc::new_cyclic(|this| Queue {
            number,
            this: this.clone(),
            single,
            state: Mutex::default(),
            bells,
        });
        queues().insert(number, Arc::downgrade(&queue));
        Ok(queue)
    }

    /// No other queue of this process has, or had, this number.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The queue with this number, if it still lives.
    pub(crate) fn numbered(number: u64) -> Option<Arc<Queue>> {
        queues().get(&number).and_then(Weak::upgrade)
    }

    /// What hands the outcome of a call to this queue, as a completion with this tag.
    pub(crate) fn completion(&self, tag: u64) -> OnOutcome {
        let told = self.this.upgrade();
        // A queue that was closed has nobody to tell.
        Box::new(move |outcome| drop(told.map(|told| told.push(Completion::Call { tag, outcome }))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The executor that serves it, if that is a single thread; else 0. Nobody serves a closed queue.
    pub fn executor(&self) -> u64 {
        if self.single && !self.state().closed { self.number } else { 0 }
    }

    /// Readable while there are completions, or may be.
    pub fn fd(&self) -> RawFd {
        self.bells.watched()
    }

    /// Has whoever polls fetch answers from there. False = it was closed.
    pub(crate) fn fetch_from<F: Fetch + 'static>(&self, source: &Arc<F>) -> Result<bool> {
        // One that is closed has no sources.
        if self.bells.know(source) {
            return Ok(true);
        }
        if self.state().closed {
            return Ok(false);
        }
        self.bells.add(source.clone()).map(|()| true)
    }

    /// Whether it fetches from there already.
    #[inline]
    pub(crate) fn fetches_from<F: Fetch>(&self, source: &Arc<F>) -> bool {
        self.bells.know(source)
    }

    /// Whether whoever polls looks for answers only when he is told.
    pub(crate) fn is_slept_on(&self) -> bool {
        self.bells.are_slept_on()
    }

    /// Somebody waits for an answer who does not poll.
    pub(crate) fn leave_to_threads(&self) {
        self.bells.leave_to_threads();
    }

    /// Adds a completion. Gives it back when the queue was closed.
    pub fn push(&self, completion: Completion) -> std::result::Result<(), Completion> {
        let thread = Thread::current();
        if ptr::eq(thread.polls.get(), self) && matches!(completion, Completion::Call { .. }) {
            // Who fetches it himself need not be told.
            thread.fetched.borrow_mut().push(completion);
            return Ok(());
        }
        let mut state = self.state();
        if state.closed {
            return Err(completion);
        }
        state.items.push_back(completion);
        self.show(&mut state);
        Ok(())
    }

    fn show(&self, state: &mut State) {
        let is_due = !state.items.is_empty() || state.closed;
        if std::mem::replace(&mut state.is_shown, is_due) != is_due {
            self.bells.show(is_due);
        }
    }

    /// Takes up to `capacity` completions; waits at most this long (`None` = for ever) for the first.
    pub fn poll(&self, capacity: usize, timeout: Option<Duration>) -> Result<Vec<Completion>> {
        let thread = Thread::current();
        if self.single {
            thread.executor.set(self.number);
        }
        let deadline =
            timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let waits = timeout != Some(Duration::ZERO);
        let is_short = timeout.is_some_and(|timeout| timeout < SHORT);
        loop {
            let most_spin = deadline.left().map_or(u64::MAX, |left| left.as_nanos() as u64);
            let fetched = self.fetch(thread, most_spin, false);
            if let Some(batch) = self.take(fetched, capacity)? {
                return Ok(batch);
            }
            if !waits || deadline.passed() {
                return Ok(Vec::new());
            }
            if is_short {
                std::hint::spin_loop();
                continue;
            }
            let slice = deadline.left().map_or(SLICE, |left| left.min(SLICE));
            self.bells.sleep(slice, || {
                let fetched = self.fetch(thread, 0, true);
                self.keep(fetched);
                self.has_something()
            });
            if thread.interrupted() && !self.has_something() {
                return Ok(Vec::new());
            }
        }
    }

    /// What has come for this queue.
    fn fetch(&self, thread: &Thread, most_spin: u64, parks: bool) -> Vec<Completion> {
        let (polls, fetched) = (thread.polls.replace(self), thread.fetched.take());
        self.bells.fetch(most_spin, parks, &|| self.has_something());
        thread.polls.set(polls);
        thread.fetched.replace(fetched)
    }

    fn keep(&self, fetched: Vec<Completion>) {
        let mut state = self.state();
        // A queue that was closed has nobody to tell.
        if !state.closed {
            state.items.extend(fetched);
        }
    }

    fn has_something(&self) -> bool {
        let state = self.state();
        !state.items.is_empty() || state.closed
    }

    /// What is there, and behind it what was fetched.
    fn take(&self, fetched: Vec<Completion>, capacity: usize) -> Result<Option<Vec<Completion>>> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        if state.items.is_empty() && fetched.len() <= capacity {
            return Ok((!fetched.is_empty()).then_some(fetched));
        }
        state.items.extend(fetched);
        let taken = state.items.len().min(capacity);
        let batch: Vec<Completion> = state.items.drain(..taken).collect();
        self.show(&mut state);
        state.remember(&batch);
        Ok(Some(batch))
    }

    /// No more completions: calls without an answer fail with UNAVAILABLE, those that come are refused.
    pub fn close(&self) {
        let (items, delivered) = {
            let mut state = self.state();
            state.closed = true;
            self.show(&mut state);
            (std::mem::take(&mut state.items), std::mem::take(&mut state.delivered))
        };
        self.bells.close();
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
        queues().remove(&self.number);
        self.close();
    }
}

#[cold]
pub(crate) fn closed() -> Error {
    Error::unavailable("the event loop that serves this was closed")
}
