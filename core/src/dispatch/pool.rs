//! The handler runs on one of its server's long-lived threads.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender};

use super::{Dispatched, serve};
use crate::call::context::Entered;
use crate::call::{Call, CallInfo, Context, Deadline, Link, Outcome, OwnedRequest, Request};
use crate::error::{Code, Error, Result};
use crate::{introspect, log};
use crate::service::{Admission, Method, Service};
use crate::thread::Thread;

/// A call on its way to a handler thread.
pub(crate) struct Job {
    call: Call,
    service: Arc<Service>,
    method: Arc<Method>,
    request: Arc<OwnedRequest>,
    chain: Option<Arc<Link>>,
    deadline: Deadline,
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
    /// Threads that wait for work, less the jobs that wait for threads.
    idle: AtomicUsize,
}

impl Pool {
    /// No threads yet.
    pub(crate) fn new(number: u64, name: &str, threads: usize) -> Pool {
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let most = if threads > 0 { threads } else { std::thread::available_parallelism().map_or(4, |n| n.get().max(4)) };
        Pool { number, name: name.to_owned(), most, shared: Arc::default(), jobs: Mutex::new(Some(jobs)), inbox }
    }

    pub(crate) fn submit(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.lock().unwrap_or_else(|e| e.into_inner());
        let closed = || Error::unavailable(format!("server '{}' was closed", self.name));
        let jobs = jobs.as_ref().ok_or_else(closed)?;
        job.service.gate_pin();
        introspect::queued(job.request.body().len() as i64);
        // Cannot fail: the pool holds a receiver.
        let _ = jobs.send(job);
        let waiting = self.inbox.len();
        if waiting > self.shared.idle.load(Ordering::SeqCst) && self.shared.threads.load(Ordering::SeqCst) < self.most {
            self.start_thread();
        }
        Ok(())
    }

    fn start_thread(&self) {
        let (shared, inbox, number) = (self.shared.clone(), self.inbox.clone(), self.number);
        shared.threads.fetch_add(1, Ordering::SeqCst);
        let name = format!("hms-{}", self.name);
        let started = std::thread::Builder::new().name(name.chars().take(15).collect()).spawn(move || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            Thread::current().pool.set(number);
            loop {
                shared.idle.fetch_add(1, Ordering::SeqCst);
                let job = inbox.recv();
                shared.idle.fetch_sub(1, Ordering::SeqCst);
                let Ok(job) = job else { break };
                introspect::queued(-(job.request.body().len() as i64));
                job.run();
            }
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        if let Err(error) = started {
            self.shared.threads.fetch_sub(1, Ordering::SeqCst);
            // The job waits for another thread, or for its deadline.
            log::warning("dispatch", &format!("server '{}': no handler thread could be started: {error}", self.name));
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
            let _ = self.call.answer(Err(Error::new(Code::DeadlineExceeded, text)));
        } else {
            let thread = Thread::current();
            let method = ptr::from_ref(&*self.method);
            // SAFETY: the job keeps the method alive.
            let context = unsafe { Context::first(self.chain.clone(), self.call.id(), method, self.deadline, 0) };
            let _entered = Entered::new(thread, &context);
            // SAFETY: pinned inside the gate until the end of this function.
            let _ = self.request.with_view(|request| unsafe { serve(&self.method, self.call, request) });
            self.call.settle();
        }
        self.service.gate_unpin();
    }
}

impl Dispatched<'_> {
    fn to_pool(&self, request: &Request<'_>, deadline: Deadline, prepare: impl FnOnce(Call)) -> Result<Call> {
        let server = self.service.server().ok_or_else(|| Error::unavailable("the server was closed"))?;
        let chain = self.chain.clone().or_else(|| Context::current().map(Context::link));
        let depth = Link::depth(chain.as_deref());
        let info = CallInfo { method: ptr::from_ref(&**self.method), deadline, depth };
        let call = Call::open(self.thread, info, request.encoding);
        let request = Arc::new(request.to_owned());
        call.own(request.clone(), chain.clone(), self.service.clone());
        prepare(call);
        let (service, method) = (self.service.clone(), self.method.clone());
        match server.pool().submit(Job { call, service, method, request, chain, deadline }) {
            Ok(()) => Ok(call),
            Err(error) => {
                call.discard();
                Err(error)
            }
        }
    }

    /// Sends the call to a handler thread and waits.
    pub(super) fn through_pool(self, admission: Admission, request: &Request<'_>) -> Outcome {
        let deadline = self.wait_until();
        let call = self.to_pool(request, deadline, |_| ())?;
        Dispatched { deadline, ..self }.wait_for_late_answer(call, admission)
    }

    /// Sends the call to a handler thread; `completion` gets the answer.
    pub fn submit(
        self,
        admission: Admission,
        request: &Request<'_>,
        completion: Box<dyn FnOnce(Outcome) + Send>,
    ) -> Result<Call> {
        let deadline = self.wait_until();
        self.to_pool(request, deadline, |call| call.complete_with(admission, completion))
    }
}
