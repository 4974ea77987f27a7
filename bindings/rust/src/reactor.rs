//! Tells futures that what they wait for has come.
//!
//! One completion queue and one thread that polls it serve the whole program; they start with the first
//! asynchronous call or the first stream that is awaited.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use crate::raw::buffer::Buffer;
use crate::raw::outbound::Metadata;
use crate::raw::queue::{Completion, QueueHandle};
use crate::{Error, ErrorCode, Result};

/// Takes what was waited for.
pub(crate) type Notify = Box<dyn FnOnce(Option<Result<(Buffer, Metadata)>>) + Send>;

pub(crate) struct Reactor {
    queue: QueueHandle,
    waiting: Mutex<HashMap<u64, Notify>>,
    next_tag: AtomicU64,
}

impl Reactor {
    /// The program's reactor.
    pub fn get() -> Result<&'static Reactor> {
        static REACTOR: OnceLock<&'static Reactor> = OnceLock::new();
        static START: Mutex<()> = Mutex::new(());
        if let Some(reactor) = REACTOR.get() {
            return Ok(reactor);
        }
        let _one_at_a_time = START.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reactor) = REACTOR.get() {
            return Ok(reactor);
        }
        // Lives as long as its thread, which is as long as the program.
        let reactor: &Reactor = Box::leak(Box::new(Reactor {
            queue: QueueHandle::new()?,
            waiting: Mutex::default(),
            next_tag: AtomicU64::new(1),
        }));
        thread::Builder::new().name("hmsffi-reactor".to_owned()).spawn(|| reactor.turn()).map_err(
            |error| {
                Error::new(
                    ErrorCode::ResourceExhausted,
                    format!("no thread for asynchronous calls could be started: {error}"),
                )
            },
        )?;
        Ok(REACTOR.get_or_init(|| reactor))
    }

    /// Waits for what `submit` asks the queue for under a tag.
    pub fn wait<R>(&self, notify: Notify, submit: impl FnOnce(&QueueHandle, u64) -> Result<R>) -> Result<R> {
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed);
        self.waiting().insert(tag, notify);
        submit(&self.queue, tag).inspect_err(|_| drop(self.waiting().remove(&tag)))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, Notify>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) {
        loop {
            match self.queue.poll() {
                Ok(batch) => batch.into_iter().for_each(|completion| self.tell(completion)),
                Err(error) => {
                    log::error!(target: "hmsffi", "asynchronous calls are not told any more: {error}");
                    return;
                }
            }
        }
    }

    fn tell(&self, Completion { tag, outcome }: Completion) {
        let notify = self.waiting().remove(&tag);
        if let Some(notify) = notify {
            // A waker is foreign code, whose panic must not end this thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| notify(outcome)));
        }
    }
}
