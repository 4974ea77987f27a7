//! A method that was resolved once, and the calls through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{CallOptions, Client, ClientOptions};
use crate::binding::Expectation;
use crate::buffer::Buffer;
use crate::call::{Answer, Call, Context, Deadline, Link, OnOutcome, Outcome, Request};
use crate::dispatch::{Dispatched, Doors, Queue};
use crate::error::{Code, Error, Result};
use crate::proto::TransportType;
use crate::service::{ALWAYS_FITS, Admission, Dispatch, Method, Passage, Service};
use crate::stream::Stream;
use crate::thread::{Thread, count};

/// One method, resolved. A snapshot: when the registry has changed, [`Binding::refreshed`] makes a new one.
pub struct Binding {
    pub(super) client: Arc<Client>,
    pub(super) query: String,
    pub(super) method: String,
    pub(super) expectation: Option<Arc<Expectation>>,
    pub(super) epoch: u64,
    pub(super) targets: Vec<Target>,
    /// Not all of them rest.
    pub(super) serves: bool,
    pub(super) next: AtomicUsize,
}

/// One replica.
pub(super) struct Target {
    service: Arc<Service>,
    method: Arc<Method>,
    /// The handler runs on the caller's stack, and nobody set a timeout, an interceptor or a schema.
    is_plain: bool,
    /// Another process hosts it, answers once, and nobody set a timeout.
    is_plain_elsewhere: bool,
    /// See [`ClientOptions::spin_ns`].
    spin_ns: Option<u64>,
}

impl Target {
    pub(super) fn new(service: Arc<Service>, method: Arc<Method>, client: &ClientOptions) -> Target {
        let untimed = client.timeout_ns == 0 && method.timeout_ns == 0;
        let is_bare =
            untimed && !method.is_stream() && method.contract.is_none() && !service.is_intercepted();
        let is_plain = is_bare && method.dispatch == Dispatch::Direct && method.door.is_none();
        let is_plain_elsewhere = is_bare && method.door.is_some();
        Target { service, method, is_plain, is_plain_elsewhere, spin_ns: client.spin_ns }
    }

    pub(super) fn transport(&self) -> TransportType {
        self.method.transport()
    }

    /// Counts a call, and begins to dispatch it.
    #[inline(always)]
    fn dispatched(&self, thread: &'static Thread) -> Dispatched<'_> {
        count(&thread.visible.calls, 1);
        Dispatched {
            thread,
            service: &self.service,
            method: &self.method,
            deadline: Deadline::NONE,
            enforced: false,
            chain: None,
            spin_ns: self.spin_ns,
            queue: None,
        }
    }
}

/// What a call inherits and is given.
struct Terms {
    deadline: Deadline,
    enforced: bool,
    chain: Option<Arc<Link>>,
}

impl Binding {
    /// The client that it calls for.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Whether the registry has changed since this was resolved.
    #[inline]
    pub fn is_stale(&self) -> bool {
        self.epoch != self.client.runtime.registry.epoch()
    }

    /// The same method, resolved anew.
    pub fn refreshed(&self) -> Result<Binding> {
        self.bound_within(self.client.options.doors)
    }

    fn bound_within(&self, doors: Doors) -> Result<Binding> {
        self.client.bind_within(&self.query, &self.method, self.expectation.as_ref(), doors)
    }

    /// The client's service id or query.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The method as it is hosted.
    pub fn method(&self) -> &Arc<Method> {
        &self.targets[0].method
    }

    /// Memory for a request of `len` bytes to this method, to be filled and sent: where the method is hosted elsewhere, it
    /// is sent without a copy.
    pub fn loan(&self, len: usize) -> Result<Buffer> {
        self.client.check_open()?;
        let turn = if self.targets.len() > 1 { self.next.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let method = &self.targets[turn % self.targets.len()].method;
        method.check_size("request", len)?;
        let lent = method.door.as_ref().and_then(|door| door.loan(len));
        Ok(lent.unwrap_or_else(|| Buffer::zeroed(len)))
    }

    /// The same method, where these doors lead; `None` = this binding keeps to them.
    fn within(&self, doors: Doors) -> Result<Option<Binding>> {
        if doors == Doors::ALL || self.targets.iter().all(|target| doors.allow(target.transport())) {
            return Ok(None);
        }
        let doors = self.client.options.doors.and(doors);
        let binding = self.bound_within(doors)?;
        binding.next.store(self.next.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Ok(Some(binding))
    }

    /// The replica for which the memory of a request was lent.
    fn holder_of(&self, body: &[u8]) -> Option<usize> {
        if body.len() <= ALWAYS_FITS {
            return None;
        }
        self.targets
            .iter()
            .position(|target| target.method.door.as_ref().is_some_and(|door| door.holds(body)))
    }

    #[inline(always)]
    fn terms(&self, thread: &Thread, method: &Method, options: &CallOptions) -> Result<Terms> {
        let (inherited, chain) = match options.parent {
            Some(parent) => {
                let (chain, deadline) = parent.inherited()?;
                (deadline, Some(chain))
            }
            // SAFETY: set only while the frame below us on this stack is alive.
            None => (unsafe { thread.context.get().as_ref() }.map_or(Deadline::NONE, |c| c.deadline), None),
        };
        let callers =
            if options.timeout_ns != 0 { options.timeout_ns } else { self.client.options.timeout_ns };
        let own = [callers, method.timeout_ns].into_iter().filter(|timeout| *timeout != 0).min();
        let deadline = inherited.earliest(Deadline::after(own.unwrap_or(0)));
        if inherited.passed() {
            return Err(no_time(method));
        }
        Ok(Terms { deadline, enforced: options.timeout_ns != 0, chain })
    }

    /// Admits a call at one of the replicas, beginning with the one whose turn it is.
    #[inline]
    fn admit(&self, thread: &Thread, body: &[u8]) -> Result<(&Target, Admission)> {
        if let [only] = self.targets.as_slice() {
            return Ok((only, only.service.admit(thread)?));
        }
        self.admit_one_of_many(thread, body)
    }

    fn admit_one_of_many(&self, thread: &Thread, body: &[u8]) -> Result<(&Target, Admission)> {
        // Memory that was lent for one of them has taken its turn.
        let first = self.holder_of(body).unwrap_or_else(|| self.next.fetch_add(1, Ordering::Relaxed));
        let attempts = self.targets.len().min(self.client.retries as usize + 1);
        let mut refused = None;
        for attempt in 0..attempts {
            let target = &self.targets[first.wrapping_add(attempt) % self.targets.len()];
            match target.service.admit(thread) {
                Ok(admission) => return Ok((target, admission)),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| Error::unavailable(format!("no replica of '{}' is left", self.query))))
    }

    // In place: what comes back by memory is copied in wide pieces, before it has arrived there.
    #[inline(always)]
    fn dispatched<'a>(
        &self,
        thread: &'static Thread,
        target: &'a Target,
        request: &Request<'_>,
        options: &CallOptions,
    ) -> Result<Dispatched<'a>> {
        target.method.check_size("request", request.body.len())?;
        let Terms { deadline, enforced, chain } = self.terms(thread, &target.method, options)?;
        Ok(Dispatched { deadline, enforced, chain, ..target.dispatched(thread) })
    }

    /// Calls the method and waits for the answer.
    pub fn call(&self, request: &Request<'_>, options: &CallOptions) -> Outcome {
        self.call_on(Thread::current(), request, options)
    }

    /// The same, on this thread.
    #[inline]
    pub fn call_on(&self, thread: &'static Thread, request: &Request<'_>, options: &CallOptions) -> Outcome {
        if options.timeout_ns == 0
            && options.parent.is_none()
            && options.doors == Doors::ALL
            && !options.reported
        {
            return self.call_without_options(thread, request).into_outcome();
        }
        self.client.check_open()?;
        let other = self.within(options.doors)?;
        other.as_ref().unwrap_or(self).call_with_terms(thread, request, options).into_outcome()
    }

    /// The same, with options that are all default.
    #[inline(always)]
    pub fn call_without_options(&self, thread: &'static Thread, request: &Request<'_>) -> Answer {
        if let Err(closed) = self.client.check_open() {
            return closed.into();
        }
        if let [only] = self.targets.as_slice()
            && only.is_plain
            && request.body.len() <= ALWAYS_FITS
            && !Context::has_deadline(thread)
        {
            return match only.service.admit(thread) {
                Ok(admission) => only.dispatched(thread).direct(admission, request),
                Err(refused) => refused.into(),
            };
        }
        self.call_with_terms(thread, request, &CallOptions::default())
    }

    /// The call has a deadline, options of its own, or replicas to choose from.
    #[inline(never)]
    fn call_with_terms(
        &self,
        thread: &'static Thread,
        request: &Request<'_>,
        options: &CallOptions,
    ) -> Answer {
        let (target, admission) = match self.admit(thread, request.body) {
            Ok(admitted) => admitted,
            Err(refused) => return refused.into(),
        };
        let answer = self.call_target(thread, target, admission, request, options);
        if answer.is_error() && target.method.idempotent {
            return self.call_again(thread, request, options, answer.into_outcome()).into();
        }
        answer
    }

    fn call_target(
        &self,
        thread: &'static Thread,
        target: &Target,
        admission: Admission,
        request: &Request<'_>,
        options: &CallOptions,
    ) -> Answer {
        let (passage, completed) = match target.service.enter(&target.method, request) {
            Ok(None) => (None, None),
            Ok(Some((passage, completed))) => (Some(passage), completed),
            Err(refused) => return refused.into(),
        };
        let request = &*request.completed(completed.as_ref());
        let answer = match self.dispatched(thread, target, request, options) {
            Ok(dispatched) => dispatched.call(admission, request),
            Err(refused) => return refused.into(),
        };
        thread.taken.set(target.transport());
        match passage {
            Some(passage) => passage.leave(answer.into_outcome()).into(),
            None => answer,
        }
    }

    /// An idempotent method failed: if it was unavailable, other replicas may serve it.
    #[cold]
    fn call_again(
        &self,
        thread: &'static Thread,
        request: &Request<'_>,
        options: &CallOptions,
        failed: Outcome,
    ) -> Outcome {
        let others = self.targets.len().saturating_sub(1).min(self.client.retries as usize);
        let mut outcome = failed;
        for _ in 0..others {
            if outcome.as_ref().err().is_none_or(|error| error.code() != Code::Unavailable) {
                break;
            }
            // Whoever lent the request's memory has just failed: it is the turn of another.
            let (target, admission) = self.admit(thread, &[])?;
            outcome = self.call_target(thread, target, admission, request, options).into_outcome();
        }
        outcome
    }

    /// Starts a call; `completion` gets the answer on another thread.
    pub fn submit(
        &self,
        request: &Request<'_>,
        options: &CallOptions,
        completion: OnOutcome,
    ) -> Result<Call> {
        self.submit_for(None, request, options, completion)
    }

    /// The same; with a queue, `completion` may also get the answer on a thread that polls it.
    pub fn submit_for(
        &self,
        queue: Option<&Queue>,
        request: &Request<'_>,
        options: &CallOptions,
        completion: OnOutcome,
    ) -> Result<Call> {
        self.submit_with(request, options, |dispatched, admission, request, passage| {
            let dispatched = Dispatched { queue, ..dispatched };
            dispatched.submit(admission, request, Passage::leave_by(passage, completion))
        })
    }

    /// As [`Binding::submit_tagged`], on this thread, with options that are all default.
    #[inline]
    pub fn submit_tagged_without_options(
        &self,
        thread: &'static Thread,
        queue: &Queue,
        tag: u64,
        request: &Request<'_>,
    ) -> Result<()> {
        if let [only] = self.targets.as_slice()
            && only.is_plain_elsewhere
            && let Some(door) = &only.method.door
            && request.body.len() <= ALWAYS_FITS
            && thread.context.get().is_null()
        {
            self.client.check_open()?;
            let admission = only.service.admit(thread)?;
            thread.taken.set(only.transport());
            let sent = only.dispatched(thread).submit_through(&**door, request, queue, tag);
            drop(admission);
            return sent;
        }
        self.submit_tagged(queue, tag, request, &CallOptions::default())
    }

    /// Starts a call; the queue gets a completion with this tag when it has ended. Nobody knows the call by another name.
    #[inline(never)]
    pub fn submit_tagged(
        &self,
        queue: &Queue,
        tag: u64,
        request: &Request<'_>,
        options: &CallOptions,
    ) -> Result<()> {
        self.submit_with(request, options, |dispatched, admission, request, passage| {
            if let (None, Some(door)) = (&passage, &dispatched.method.door) {
                dispatched.refuse_stream()?;
                return dispatched.submit_through(&**door, request, queue, tag);
            }
            let dispatched = Dispatched { queue: Some(queue), ..dispatched };
            let completion = Passage::leave_by(passage, queue.completion(tag));
            dispatched.submit(admission, request, completion).map(drop)
        })
    }

    #[inline(always)]
    fn submit_with<R>(
        &self,
        request: &Request<'_>,
        options: &CallOptions,
        submit: impl FnOnce(Dispatched<'_>, Admission, &Request<'_>, Option<Passage>) -> Result<R>,
    ) -> Result<R> {
        self.client.check_open()?;
        let other = self.within(options.doors)?;
        let thread = Thread::current();
        let (target, admission) = other.as_ref().unwrap_or(self).admit(thread, request.body)?;
        thread.taken.set(target.transport());
        let (passage, completed) = target.service.enter(&target.method, request)?.unzip();
        let completed = completed.flatten();
        let request = &*request.completed(completed.as_ref());
        submit(self.dispatched(thread, target, request, options)?, admission, request, passage)
    }

    /// Opens a stream; the request goes to the handler first.
    pub fn open_stream(&self, request: &Request<'_>, options: &CallOptions) -> Result<Stream> {
        self.client.check_open()?;
        let other = self.within(options.doors)?;
        let thread = Thread::current();
        let (target, admission) = other.as_ref().unwrap_or(self).admit(thread, request.body)?;
        thread.taken.set(target.transport());
        let (passage, completed) = target.service.enter(&target.method, request)?.unzip();
        let completed = completed.flatten();
        let request = &*request.completed(completed.as_ref());
        self.dispatched(thread, target, request, options)?
            .open_stream(admission, request, |completion| Passage::leave_by(passage, completion))
    }
}

#[cold]
fn no_time(method: &Method) -> Error {
    Error::deadline(format!("no time was left to call {}", method.qualified)).with_source(&*method.qualified)
}
