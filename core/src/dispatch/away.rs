//! Calls that leave the caller's thread: to a handler thread, or to the loop that polls the method's queue.

use std::ptr;
use std::sync::Arc;

use super::pool::Job;
use super::queue::{self, Completion};
use super::{Dispatched, Outbound, Recipient, Target, Wait};
use crate::call::{Call, CallInfo, Context, Deadline, Link, OnOutcome, Outcome, Request};
use crate::error::{Error, Result};
use crate::executor::Waiting;
use crate::service::Admission;
use crate::stream::{Pipe, Stream};
use crate::timer;

/// Who makes a call.
struct Caller {
    chain: Option<Arc<Link>>,
    /// The executor that it blocks; 0 = none.
    blocks: u64,
    detached: bool,
}

/// How a call ends for which no thread waits.
struct Ending<'a> {
    admission: Admission,
    completion: OnOutcome,
    /// The stream beside it.
    pipe: Option<&'a Arc<Pipe>>,
}

impl Dispatched<'_> {
    #[inline]
    pub(super) fn chain(&self) -> Option<Arc<Link>> {
        self.chain.clone().or_else(|| Context::on(self.thread).map(Context::link))
    }

    /// Sends the call and waits.
    pub(super) fn away(self, target: Target<'_>, admission: Admission, request: &Request<'_>) -> Outcome {
        let deadline = self.wait().until();
        let chain = self.chain();
        let own = self.thread.executor.get();
        let _waiting = Waiting::begin(own, chain.as_deref(), target.executor(), &self.method.qualified)?;
        let caller = Caller { chain, blocks: own, detached: false };
        let call = self.send(target, request, deadline, caller, None)?;
        Wait { deadline, ..self.wait() }.for_answer(call, admission)
    }

    /// Sends the call; `completion` gets the answer.
    pub fn submit(self, admission: Admission, request: &Request<'_>, completion: OnOutcome) -> Result<Call> {
        self.refuse_stream()?;
        let target = self.away_target()?;
        self.submit_to(target, admission, request, true, completion)
    }

    /// The same for a caller in another process that waits for the answer.
    pub(super) fn submit_for_waiting(
        self,
        admission: Admission,
        request: &Request<'_>,
        completion: OnOutcome,
    ) -> Result<Call> {
        self.refuse_stream()?;
        let target = self.away_target()?;
        let chain = self.chain.as_deref();
        let waiting = Waiting::begin(0, chain, target.executor(), &self.method.qualified)?;
        let completion = Box::new(move |outcome| {
            drop(waiting);
            completion(outcome);
        });
        self.submit_to(target, admission, request, false, completion)
    }

    fn submit_to(
        self,
        target: Target<'_>,
        admission: Admission,
        request: &Request<'_>,
        detached: bool,
        completion: OnOutcome,
    ) -> Result<Call> {
        let deadline = self.wait().until();
        let caller = Caller { chain: self.chain(), blocks: 0, detached };
        self.send(target, request, deadline, caller, Some(Ending { admission, completion, pipe: None }))
    }

    /// Opens a stream: sends the call, with a pipe beside it.
    pub fn open_stream(
        self,
        admission: Admission,
        request: &Request<'_>,
        around: impl FnOnce(OnOutcome) -> OnOutcome,
    ) -> Result<Stream> {
        if !self.method.is_stream() {
            return Err(Error::invalid(format!(
                "{} is not a streaming method; call it",
                self.method.qualified
            ))
            .with_source(&*self.method.qualified));
        }
        let limit = self.service.max_message_size;
        let pipe = Pipe::new(self.method, self.deadline, limit);
        let (target, caller) =
            (self.away_target()?, Caller { chain: self.chain(), blocks: 0, detached: true });
        let ended = pipe.clone();
        let completion = around(Box::new(move |outcome| ended.end(outcome)));
        let ending = Ending { admission, completion, pipe: Some(&pipe) };
        self.send(target, request, self.deadline, caller, Some(ending))?;
        Ok(pipe.caller_end())
    }

    fn send(
        &self,
        target: Target<'_>,
        request: &Request<'_>,
        deadline: Deadline,
        caller: Caller,
        ending: Option<Ending<'_>>,
    ) -> Result<Call> {
        let Caller { chain: parent, blocks, detached } = caller;
        let depth = Link::depth(parent.as_deref());
        let info = CallInfo { method: ptr::from_ref(&**self.method), deadline, depth };
        let call = Call::open(self.thread, info, request.encoding);
        let pipe = ending.as_ref().and_then(|ending| ending.pipe);
        if let Some(pipe) = pipe {
            pipe.attach(call);
        }
        let keep = |request, chain| {
            let is_watched = ending.is_some();
            call.leaves_thread(|late| {
                late.service = Some(self.service.clone());
                late.request = request;
                late.chain = chain;
                if let Some(Ending { admission, completion, pipe }) = ending {
                    late.admission = Some(admission.shared());
                    late.completion = Some(completion);
                    late.pipe = pipe.cloned();
                }
            });
            if is_watched {
                timer::watch(deadline);
            }
        };
        let link = |parent| {
            let method = self.method.qualified.clone();
            Arc::new(Link { call: call.id(), home: 0, method, blocks, detached, parent })
        };
        let sent = match target {
            Target::Pool(server) => {
                let (request, link) = (Arc::new(request.to_owned()), link(parent));
                keep(Some(request.clone()), Some(link.clone()));
                let (service, method) = (self.service.clone(), self.method.clone());
                server.pool().submit(Job { call, service, method, request, link, deadline })
            }
            Target::Queue(queue, tag) => {
                keep(Some(Arc::new(request.to_owned())), Some(link(parent)));
                let told = queue.clone();
                let _ =
                    call.on_cancel(Box::new(move || drop(told.push(Completion::Cancelled { tag, call }))));
                queue.push(Completion::Request { tag, call }).map_err(|_| queue::closed())
            }
            Target::Door(door) => {
                // No handler in this process asks for the calls above.
                keep(None, None);
                let outbound = Outbound::new(&self.method.qualified, request, deadline);
                let queue = self.queue;
                let outbound = Outbound { chain: parent, detached, queue, pipe, ..outbound };
                let sent = door.submit(&outbound, Recipient::Call(call));
                call.was_sent(door);
                sent
            }
        };
        match sent {
            Ok(()) => Ok(call),
            Err(error) => {
                call.discard();
                Err(error)
            }
        }
    }
}
