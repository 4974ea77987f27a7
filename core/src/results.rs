//! Asynchronous calls by id: their status and, for five minutes after they ended, their result (B17).

use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use crate::buffer::Buffer;
use crate::call::{Call, Deadline, Outcome, Request};
use crate::client::{Binding, CallOptions};
use crate::dispatch::Queue;
use crate::error::{Code, Error, Result};
use crate::proto::CallStatus;

/// How long a result can be read after the call ended.
const KEPT: Duration = Duration::from_secs(300);
/// How often a waiting thread asks its host whether to go on.
const SLICE: Duration = Duration::from_millis(100);

/// What a caller wants to be told when its call has ended.
pub type Notify = Box<dyn FnOnce(&Arc<Outcome>) + Send>;

/// The asynchronous calls of a runtime.
#[derive(Default)]
pub struct Results {
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<String, Arc<Entry>>,
    /// Calls that ended, the first to be forgotten in front.
    ended: VecDeque<(Instant, String)>,
}

#[derive(Default)]
struct Entry {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    call: Option<Call>,
    outcome: Option<Arc<Outcome>>,
    /// Whoever polls it fetches the answer.
    queue: Option<Weak<Queue>>,
}

impl Entries {
    fn forget_old(&mut self) {
        while self.ended.front().is_some_and(|(ended, _)| ended.elapsed() >= KEPT) {
            if let Some((_, id)) = self.ended.pop_front() {
                self.by_id.remove(&id);
            }
        }
    }
}

impl Entry {
    /// Whoever asks for it here does not poll, so its answer must be fetched otherwise.
    fn leave_to_thread(&self) {
        let queue = self.state().queue.take().and_then(|queue| queue.upgrade());
        if let Some(queue) = queue {
            queue.leave_to_threads();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(|e| e.into_inner())
}

/// The status that the specification gives to an outcome (B5).
pub fn status_of(outcome: &Outcome) -> CallStatus {
    match outcome {
        Ok(_) => CallStatus::Ok,
        Err(error) if error.code() == Code::Cancelled => CallStatus::Cancelled,
        Err(error) if error.code() == Code::DeadlineExceeded => CallStatus::Timeout,
        Err(_) => CallStatus::Failed,
    }
}

/// An outcome that shares the bytes of one that is kept.
pub fn shared(outcome: &Arc<Outcome>) -> Outcome {
    unsafe extern "C" fn release(ctx: *mut c_void) {
        // SAFETY: made by Arc::into_raw below.
        drop(unsafe { Arc::from_raw(ctx.cast::<Outcome>()) });
    }
    let kept = (**outcome).as_ref().map_err(Error::clone)?;
    let bytes = kept.body.as_slice();
    let body = if bytes.is_empty() {
        Buffer::EMPTY
    } else {
        let owner = Arc::into_raw(outcome.clone()).cast_mut().cast();
        // SAFETY: the bytes live as long as the outcome, which the buffer keeps.
        unsafe { Buffer::foreign(bytes.as_ptr(), bytes.len(), release, owner) }
    };
    Ok(kept.with_body(body))
}

impl Results {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }

    fn find(&self, id: &str) -> Result<Arc<Entry>> {
        let mut entries = self.entries();
        entries.forget_old();
        entries.by_id.get(id).cloned().ok_or_else(|| {
            Error::not_found(format!(
                "no asynchronous call '{id}'. Results are kept for 5 minutes after a call ended"
            ))
        })
    }

    /// Starts a call and gives its id. `notify` runs once when the call has ended, on another thread.
    pub fn submit(
        &self,
        binding: &Binding,
        request: &Request<'_>,
        options: &CallOptions,
        notify: Option<Notify>,
    ) -> Result<String> {
        self.submit_for(None, binding, request, options, notify)
    }

    /// The same; with a queue, `notify` may also run on a thread that polls it.
    pub fn submit_for(
        &self,
        queue: Option<&Arc<Queue>>,
        binding: &Binding,
        request: &Request<'_>,
        options: &CallOptions,
        notify: Option<Notify>,
    ) -> Result<String> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
        let id = format!("{:032x}", u128::from_ne_bytes(random));
        let entry = Arc::new(Entry::default());
        let mut entries = self.entries();
        entries.forget_old();
        entries.by_id.insert(id.clone(), entry.clone());
        drop(entries);
        let (ended, entries, own) = (entry.clone(), self.entries.clone(), id.clone());
        let completion = Box::new(move |outcome: Outcome| {
            let outcome = Arc::new(outcome);
            let mut state = ended.state();
            state.call = None;
            state.outcome = Some(outcome.clone());
            drop(state);
            lock(&entries).ended.push_back((Instant::now(), own));
            ended.done.notify_all();
            if let Some(notify) = notify {
                notify(&outcome);
            }
        });
        match binding.submit_for(queue.map(|queue| &**queue), request, options, completion) {
            Ok(call) => {
                let mut state = entry.state();
                if state.outcome.is_none() {
                    state.call = Some(call);
                    state.queue = queue.map(Arc::downgrade);
                }
                drop(state);
                Ok(id)
            }
            Err(error) => {
                self.entries().by_id.remove(&id);
                Err(error)
            }
        }
    }

    /// Status of a call.
    pub fn status(&self, id: &str) -> Result<CallStatus> {
        let entry = self.find(id)?;
        entry.leave_to_thread();
        let state = entry.state();
        Ok(state.outcome.as_ref().map_or(CallStatus::InProgress, |outcome| status_of(outcome)))
    }

    /// The result of a call. Waits at most this long (`None` = for ever) and while `go_on` says so; no result = it
    /// still runs. May be read any number of times.
    pub fn result(
        &self,
        id: &str,
        wait: Option<Duration>,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Option<Arc<Outcome>>> {
        let entry = self.find(id)?;
        entry.leave_to_thread();
        let deadline = wait.map_or(Deadline::NONE, |wait| Deadline::after(wait.as_nanos().max(1) as u64));
        let mut state = entry.state();
        loop {
            if let Some(outcome) = &state.outcome {
                return Ok(Some(outcome.clone()));
            }
            if deadline.passed() {
                return Ok(None);
            }
            let slice = deadline.left().map_or(SLICE, |left| left.min(SLICE));
            state = entry.done.wait_timeout(state, slice).unwrap_or_else(|e| e.into_inner()).0;
            if state.outcome.is_none() {
                drop(state);
                if !go_on() {
                    return Err(Error::new(Code::Cancelled, "waiting for the result was interrupted"));
                }
                state = entry.state();
            }
        }
    }

    /// Cancels a call. False when it had ended before.
    pub fn cancel(&self, id: &str) -> Result<bool> {
        let call = self.find(id)?.state().call;
        Ok(call
            .is_some_and(|call| call.cancel(Error::new(Code::Cancelled, format!("call {id} was cancelled")))))
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.entries() = Entries::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_forgotten_after_five_minutes_without_another_call() {
        let results = Results::default();
        let now = Instant::now();
        let fresh = (now, "fresh".to_owned());
        // A machine that has just started knows no time so long ago.
        let old = now.checked_sub(KEPT).map(|ended| (ended, "old".to_owned()));
        for (ended, id) in old.into_iter().chain([fresh]) {
            let mut entries = results.entries();
            entries.by_id.insert(id.clone(), Arc::default());
            entries.ended.push_back((ended, id));
        }
        assert!(results.status("fresh").is_ok());
        assert_eq!(results.status("old").expect_err("forgotten").code(), Code::NotFound);
        assert_eq!(results.entries().by_id.len(), 1);
    }
}
