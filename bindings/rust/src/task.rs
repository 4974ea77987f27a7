//! Futures of asynchronous handlers.
//!
//! A future is polled at once, on the thread that makes the call: one that never waits costs no more than its
//! allocation. One that waits moves to a few threads of this crate, which poll it whenever it is woken. They
//! start with the first future that waits.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use crate::call::Scope;
use crate::panics::caught;
use crate::payload::Payload;
use crate::serve::{Answering, finish, lost};
use crate::{Error, ErrorCode, Result};

/// Runs a future to the answer of its call.
pub(crate) fn run(scope: Scope, mut future: Answering) {
    // Most futures are ready at once. For them there is no task, so that their waker wakes nothing; others
    // are polled again with the task's.
    match poll(&scope, &mut future, Waker::noop()) {
        Some(answer) => finish(&scope, answer),
        None => wait(scope, future),
    }
}

fn poll(scope: &Scope, future: &mut Answering, waker: &Waker) -> Option<Result<Payload<'static>>> {
    let polled = scope.run(|| {
        caught(|| match future.as_mut().poll(&mut Context::from_waker(waker)) {
            Poll::Ready(answer) => answer.map(Some),
            Poll::Pending => Ok(None),
        })
    });
    polled.transpose()
}

/// Drops a future, as part of the handler.
fn discard(scope: &Scope, future: Answering) {
    let drop_it = || {
        drop(future);
        Ok(())
    };
    // Its destructors may panic, and the call has ended.
    let _ = scope.run(|| caught(drop_it));
}

fn wait(mut scope: Scope, future: Answering) {
    let call = scope.call;
    if let Err(error) = call.retain() {
        return call.fail(&error);
    }
    scope.on_stack = false;
    let task = Arc::new(Task {
        work: Mutex::new(Some((scope, future))),
        queued: AtomicBool::new(false),
        cancelled: AtomicBool::new(false),
    });
    let weak = Arc::downgrade(&task);
    let hooked = call.on_cancel(move || {
        if let Some(task) = weak.upgrade() {
            task.cancelled.store(true, Ordering::Release);
            task.wake();
        }
    });
    match hooked {
        Ok(()) => task.poll(),
        Err(error) => call.fail(&error),
    }
}

/// A future that waits.
struct Task {
    /// None when the answer is given.
    work: Mutex<Option<(Scope, Answering)>>,
    /// It is on its way to a thread.
    queued: AtomicBool,
    /// Nobody waits for the answer.
    cancelled: AtomicBool,
}

impl Task {
    fn work(&self) -> MutexGuard<'_, Option<(Scope, Answering)>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(self: Arc<Task>) {
        let mut place = self.work();
        // From here on a wake-up counts again.
        self.queued.store(false, Ordering::Release);
        let Some((scope, mut future)) = place.take() else { return };
        if self.cancelled.load(Ordering::Acquire) {
            // The way of Rust to cancel a future.
            discard(&scope, future);
            return scope.call.fail(&Error::new(ErrorCode::Cancelled, "the caller does not wait any more"));
        }
        match poll(&scope, &mut future, &Waker::from(self.clone())) {
            Some(answer) => finish(&scope, answer),
            None => *place = Some((scope, future)),
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Task>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            submit(self);
        }
    }
}

/// Nothing can wake the future any more.
impl Drop for Task {
    fn drop(&mut self) {
        if let Some((scope, future)) = self.work.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            discard(&scope, future);
            scope.call.fail(&lost("the handler's future waits for something that was dropped"));
        }
    }
}

/// Gives a task to the threads.
fn submit(task: Arc<Task>) {
    static TASKS: OnceLock<Sender<Arc<Task>>> = OnceLock::new();
    let tasks = TASKS.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        start(receiver);
        sender
    });
    // The threads never end; if none could be started, the task is dropped and its call fails.
    drop(tasks.send(task));
}

fn start(tasks: Receiver<Arc<Task>>) {
    let tasks = Arc::new(Mutex::new(tasks));
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(4);
    for number in 0..threads {
        let tasks = tasks.clone();
        let serve = move || {
            loop {
                let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                match next {
                    Ok(task) => task.poll(),
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = thread::Builder::new().name(format!("hmsffi-task-{number}")).spawn(serve) {
            log::error!(target: "hmsffi", "a thread for asynchronous handlers did not start: {error}");
        }
    }
}
