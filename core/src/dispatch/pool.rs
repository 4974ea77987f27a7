//! The handler runs on one of its server's long-lived threads.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::serve;
use crate::call::context::Entered;
use crate::call::{Call, Context, Deadline, Link, OwnedRequest};
use crate::error::{Error, Result};
use crate::service::{Method, Service};
use crate::thread::Thread;
use crate::{introspect, log};

/// A call on its way to a handler thread.
pub(crate) struct Job {
    pub call: Call,
    pub service: Arc<Service>,
    pub method: Arc<Method>,
    pub request: Arc<OwnedRequest>,
    pub link: Arc<Link>,
    pub deadline: Deadline,
}

/// How long a thread that a stream brought stays without work.
const IDLE: Duration = Duration::from_secs(2);

/// The handler threads of one server; they start when there is work and stay until the server closes. Those that streams
/// brought end when they have been idle for a while.
pub struct Pool {
    number: u64,
    name: String,
    shared: Arc<Shared>,
    inbox: Receiver<Job>,
}

struct Shared {
    most: usize,
    /// Its lock is also held by who adds or ends a thread.
    jobs: Mutex<Option<Sender<Job>>>,
    threads: AtomicUsize,
    /// Threads that wait for work.
    idle: AtomicUsize,
    /// Streams that wait for a thread, or hold one.
    streams: AtomicUsize,
}

impl Pool {
    /// No threads yet.
    pub(crate) fn new(number: u64, name: &str, threads: usize) -> Pool {
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let most = if threads > 0 {
            threads
        } else {
            std::thread::available_parallelism().map_or(4, |n| n.get().max(4))
        };
        Pool {
            number,
            name: name.to_owned(),
            shared: Arc::new(Shared {
                most,
                jobs: Mutex::new(Some(jobs)),
                threads: AtomicUsize::new(0),
                idle: AtomicUsize::new(0),
                streams: AtomicUsize::new(0),
            }),
            inbox,
        }
    }

    /// The executor that these threads are, if they are a single thread; else 0.
    pub(crate) fn executor(&self) -> u64 {
        if self.shared.most == 1 { self.number } else { 0 }
    }

    pub(crate) fn submit(&self, job: Job) -> Result<()> {
        let jobs = self.shared.jobs();
        let closed = || Error::unavailable(format!("server '{}' was closed", self.name));
        let jobs = jobs.as_ref().ok_or_else(closed)?;
        job.service.gate_pin();
        introspect::queued(job.request.body().len() as i64);
        // Streams last: they must not keep calls from their threads, so each brings one more.
        let streams = self.shared.streams.fetch_add(usize::from(job.method.is_stream()), Ordering::SeqCst)
            + usize::from(job.method.is_stream());
        let may_grow = self.shared.threads.load(Ordering::SeqCst) < self.shared.most + streams;
        // Cannot fail: the pool holds a receiver.
        let _ = jobs.send(job);
        if may_grow && self.inbox.len() > self.shared.idle.load(Ordering::SeqCst) {
            self.start_thread();
        }
        Ok(())
    }

    fn start_thread(&self) {
        let (shared, inbox, number) = (self.shared.clone(), self.inbox.clone(), self.number);
        let executor = self.executor();
        shared.threads.fetch_add(1, Ordering::SeqCst);
        let name = format!("hms-{}", self.name);
        let started = std::thread::Builder::new().name(name.chars().take(15).collect()).spawn(move || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            let thread = Thread::current();
            thread.pool.set(number);
            thread.executor.set(executor);
            while let Some(job) = shared.next(&inbox) {
                introspect::queued(-(job.request.body().len() as i64));
                let streams = usize::from(job.method.is_stream());
                job.run();
                shared.streams.fetch_sub(streams, Ordering::SeqCst);
            }
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        if let Err(error) = started {
            self.shared.threads.fetch_sub(1, Ordering::SeqCst);
            // The job waits for another thread, or for its deadline.
            log::warning(
                "dispatch",
                &format!("server '{}': no handler thread could be started: {error}", self.name),
            );
        }
    }

    /// Ends the threads when the queue is empty.
    pub(crate) fn close(&self) {
        self.shared.jobs().take();
    }
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, Option<Sender<Job>>> {
        self.jobs.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// More threads than there are calls and streams for.
    fn is_large(&self) -> bool {
        self.threads.load(Ordering::SeqCst) > self.most + self.streams.load(Ordering::SeqCst)
    }

    /// Waits for work; `None` = the thread is to end.
    fn next(&self, inbox: &Receiver<Job>) -> Option<Job> {
        self.idle.fetch_add(1, Ordering::SeqCst);
        let job = loop {
            if !self.is_large() {
                break inbox.recv().ok();
            }
            match inbox.recv_timeout(IDLE) {
                Ok(job) => break Some(job),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let _no_job_comes = self.jobs();
            if inbox.is_empty() && self.is_large() {
                self.threads.fetch_sub(1, Ordering::SeqCst);
                self.idle.fetch_sub(1, Ordering::SeqCst);
                return None;
            }
        };
        self.idle.fetch_sub(1, Ordering::SeqCst);
        job
    }
}

impl Job {
    fn run(self) {
        if self.deadline.passed() || self.call.caller_gone() {
            let text = format!("{} waited too long for a handler thread", self.method.qualified);
            let _ = self.call.answer(Err(Error::deadline(text)));
        } else {
            let thread = Thread::current();
            let method = ptr::from_ref(&*self.method);
            // SAFETY: the job keeps the method alive.
            let context = unsafe { Context::first(self.link.clone(), method, self.deadline) };
            let _entered = Entered::new(thread, &context);
            // SAFETY: pinned inside the gate until the end of this function.
            let _ = self.request.with_view(|request| unsafe { serve(&self.method, self.call, request) });
            self.call.settle();
        }
        self.service.gate_unpin();
    }
}
