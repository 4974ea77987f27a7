//! The handler runs on one of its server's long-lived threads.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender};

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

/// The handler threads of one server; they start when there is work and stay until the server closes.
pub struct Pool {
    number: u64,
    name: String,
    most: usize,
    shared: Arc<Shared>,
    jobs: Mutex<Option<Sender<Job>>>,
    inbox: Receiver<Job>,
}

#[derive(Default)]
struct Shared {
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
            most,
            shared: Arc::default(),
            jobs: Mutex::new(Some(jobs)),
            inbox,
        }
    }

    /// The executor that these threads are, if they are a single thread; else 0.
    pub(crate) fn executor(&self) -> u64 {
        if self.most == 1 { self.number } else { 0 }
    }

    pub(crate) fn submit(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.lock().unwrap_or_else(|e| e.into_inner());
        let closed = || Error::unavailable(format!("server '{}' was closed", self.name));
        let jobs = jobs.as_ref().ok_or_else(closed)?;
        job.service.gate_pin();
        introspect::queued(job.request.body().len() as i64);
        // Streams last: they must not keep calls from their threads, so each brings one more.
        let streams = self.shared.streams.fetch_add(usize::from(job.method.is_stream()), Ordering::SeqCst)
            + usize::from(job.method.is_stream());
        let may_grow = self.shared.threads.load(Ordering::SeqCst) < self.most + streams;
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
            loop {
                shared.idle.fetch_add(1, Ordering::SeqCst);
                let job = inbox.recv();
                shared.idle.fetch_sub(1, Ordering::SeqCst);
                let Ok(job) = job else { break };
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
        self.jobs.lock().unwrap_or_else(|e| e.into_inner()).take();
    }
}

impl Job {
    fn run(self) {
        if self.deadline.passed() || self.call.cancelled() {
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
