//! The end of a link that serves calls.
//!
//! Its threads are all alike: one leads the lane, takes a call, lets the lane go and runs the handler itself; meanwhile another
//! may lead. So a handler that takes its time, or calls back, holds up nobody.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

use super::crew::{Crew, Work};
use super::end::End;
use super::incoming::Incoming;
use super::pace::Pace;
use super::relay::{Relay, Role};
use super::running::RunningCalls;
use super::sending::{MOST_BODY, Outgoing};
use super::wire::{self, Extra, Failure, Pair, Resolve};
use crate::buffer::Buffer;
use crate::call::{Answer, Deadline, Lender, Memory, OnOutcome, Origin, Outcome, Request, Response, Sole};
use crate::codec::Encoding;
use crate::dispatch::Dispatched;
use crate::error::{Error, Result};
use crate::service::{Method, Passage, Service};
use crate::shm::attend::{Ended, Patience, attend};
use crate::shm::layout::{Header, Kind};
use crate::shm::ring::Poisoned;
use crate::shm::tempo::Tempo;
use crate::thread::Thread;
use crate::{introspect, log};

/// Number of the method that gives others their numbers.
pub const RESOLVE: u32 = 0;
/// Number of the method that lists services.
pub const SERVICES: u32 = 1;
/// Number of the first method that was resolved.
pub(super) const FIRST: u32 = 2;
/// Threads that wait for calls while there is no work.
const AT_REST: usize = 2;
/// Threads of one link.
const MOST_THREADS: usize = 512;
/// Nanoseconds that a thread too many stays.
const IDLE: u64 = 2_000_000_000;

/// Where the services are.
pub trait Host: Send + Sync {
    /// The method that is asked for.
    fn resolve(&self, wanted: &Resolve) -> Result<(Arc<Service>, Arc<Method>)>;
    /// What is hosted here, as an answer to [`SERVICES`].
    fn services(&self) -> Vec<u8>;
}

/// The end that serves.
pub struct Serving {
    pub(super) end: Arc<End>,
    /// The same: who lends memory for answers.
    lender: Arc<dyn Lender>,
    host: Arc<dyn Host>,
    pub(super) tempo: Tempo,
    pub(super) methods: RwLock<Vec<Arc<Served>>>,
    pub(super) pace: Pace,
    pub(super) running: RunningCalls,
    /// The streams beside calls, by their ids on the link.
    streams: Mutex<HashMap<u64, Arc<Relay>>>,
    threads: AtomicUsize,
    /// Threads that wait for work or lead.
    pub(super) idle: AtomicUsize,
}

/// A method that was resolved.
pub(super) struct Served {
    pub(super) service: Arc<Service>,
    method: Arc<Method>,
    /// So many of its calls are still served with the lane let go: its handler has kept others waiting.
    pub keeps_waiting: AtomicU32,
}

impl Serving {
    /// Begins to serve.
    pub fn start(end: Arc<End>, host: Arc<dyn Host>, most_calls: u32) -> Result<Arc<Serving>> {
        let serving = Arc::new(Serving {
            lender: end.clone(),
            end,
            host,
            tempo: Tempo::of_server(),
            methods: RwLock::default(),
            pace: Pace::default(),
            running: RunningCalls::new(most_calls),
            streams: Mutex::default(),
            threads: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
        });
        for _ in 0..AT_REST {
            serving.start_thread()?;
        }
        Ok(serving)
    }

    /// What both ends have.
    pub fn end(&self) -> &Arc<End> {
        &self.end
    }

    /// Tells the other end that what is hosted here has changed.
    pub fn announce(&self) {
        if self.end.ended().is_none()
            && let Err(error) = self.end.tell(wire::Control::ServicesChanged(0), &[])
        {
            log::warning("shm", &format!("services have changed: {error}"));
        }
    }

    /// Calls that are being served.
    pub fn running(&self) -> usize {
        self.running.count()
    }

    /// Ends the link: nobody waits for the calls that run.
    pub fn close(&self, why: Error) {
        self.end.end(why);
        // Whoever leads sees it before it sleeps.
        self.end.nudge();
        self.running.cancel_all();
    }

    fn start_thread(self: &Arc<Self>) -> Result<()> {
        if self.threads.fetch_add(1, Ordering::SeqCst) >= MOST_THREADS {
            self.threads.fetch_sub(1, Ordering::SeqCst);
            return Ok(());
        }
        self.idle.fetch_add(1, Ordering::SeqCst);
        let serving = self.clone();
        let started = std::thread::Builder::new().name("hms-serve".into()).spawn(move || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            serving.serve();
            serving.threads.fetch_sub(1, Ordering::SeqCst);
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        started.map(drop).map_err(|e| {
            self.threads.fetch_sub(1, Ordering::SeqCst);
            self.idle.fetch_sub(1, Ordering::SeqCst);
            Error::exhausted(format!("no thread could be started to serve {}: {e}", self.end.peer))
        })
    }

    fn serve(self: &Arc<Self>) {
        let thread = Thread::current();
        let mut bytes = 0;
        loop {
            let mut crew = Crew::new(self, thread, bytes);
            let is_spare = self.idle.load(Ordering::SeqCst) > AT_REST;
            let deadline = if is_spare { Deadline::after(IDLE) } else { Deadline::NONE };
            // How long it spins, the crew says for each frame.
            let patience = Patience { spin: 0, deadline, otherwise: 0, slice: 0 };
            let ended = attend(self.end.lane(), &self.end.kick, &mut crew, patience);
            bytes = crew.bytes;
            match ended {
                Ok(Ended::Left { more }) => {
                    if crew.watches {
                        self.pace.leave_watch();
                    }
                    let Some(work) = &mut crew.work else { continue };
                    if self.idle.fetch_sub(1, Ordering::SeqCst) == 1 {
                        if let Err(error) = self.start_thread() {
                            log::warning("shm", &error.to_string());
                        }
                    } else if more {
                        self.end.kick.kick();
                    }
                    self.work(thread, work, crew.last.as_deref());
                    self.idle.fetch_add(1, Ordering::SeqCst);
                }
                Ok(Ended::Done) => break,
                Ok(Ended::GaveUp) if crew.watches => {
                    let has_ended = || self.end.ended().is_some();
                    // Its thread runs a handler, and waits for work no longer.
                    let taken = || {
                        self.idle.fetch_sub(1, Ordering::SeqCst);
                    };
                    self.pace.watch(self.end.lane(), has_ended, taken);
                }
                Ok(Ended::GaveUp) => {
                    let one_less = |n: usize| (n > AT_REST).then(|| n - 1);
                    if self.idle.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                        return;
                    }
                }
                Err(broken) => {
                    self.end.poison(broken);
                    self.running.cancel_all();
                    break;
                }
            }
        }
        self.idle.fetch_sub(1, Ordering::SeqCst);
    }

    /// Does what a frame asked for. What came with it may be taken out.
    pub(super) fn work(self: &Arc<Self>, thread: &'static Thread, work: &mut Work, served: Option<&Served>) {
        match work {
            Work::Cancel(id) => self.running.cancel(*id),
            Work::Stream(relay) => relay.turn(),
            Work::Call(header, incoming) => {
                let is_lent = header.flags & wire::PAYLOAD_PLACED != 0 && self.end.terms.is_trusted;
                let copied = if is_lent { 0 } else { incoming.bytes().len() };
                let answer = match header.number {
                    RESOLVE => Some(self.resolve(incoming.bytes()).into()),
                    SERVICES => {
                        // The first that a caller asks. So it has opened what this end writes.
                        self.end.opened();
                        let listed = Buffer::from(self.host.services());
                        Some(Answer::plain(listed, Encoding::Protobuf))
                    }
                    _ => self.call(thread, header, incoming, copied, served),
                };
                if let Some(answer) = answer {
                    self.ended(header.call);
                    reply(&self.end, header.call, copied, answer);
                }
            }
        }
    }

    fn resolve(&self, wanted: &[u8]) -> Outcome {
        let (service, method) = self.host.resolve(&wire::read(wanted)?)?;
        let mut methods = self.methods.write().unwrap_or_else(|e| e.into_inner());
        let known = methods.iter().position(|served| Arc::ptr_eq(&served.method, &method));
        let index = known.unwrap_or_else(|| {
            methods.push(Arc::new(Served { service, method, keeps_waiting: AtomicU32::new(0) }));
            methods.len() - 1
        });
        Ok(Response::new(Buffer::copy_of(&(index as u32 + FIRST).to_le_bytes()), Encoding::Bytes))
    }

    /// `None` = the answer comes later.
    fn call(
        self: &Arc<Self>,
        thread: &'static Thread,
        header: &Header,
        incoming: &mut Incoming,
        copied: usize,
        served: Option<&Served>,
    ) -> Option<Answer> {
        let id = header.call;
        let running = match self.running.place(id) {
            Some(running) => running,
            None => return Some(Error::exhausted("more calls are under way than this end takes").into()),
        };
        let Some(Served { service, method, .. }) = served else {
            return Some(
                Error::not_found(format!("there is no method with number {}", header.number)).into(),
            );
        };
        let len = incoming.payload_len();
        // What is large is not copied when the call leaves this thread.
        let large = incoming.take_large().map(Sole::new);
        let is_large = large.is_some();
        let chain = incoming.extra.as_mut().and_then(|extra| extra.chain(self.end.home));
        let extra = incoming.extra.as_deref();
        let pairs = extra.map_or(&[][..], |extra| &extra.metadata);
        let metadata: Vec<(&str, &str)> =
            pairs.iter().map(|Pair { key, value }| (key.as_str(), value.as_str())).collect();
        let request = Request {
            body: large.as_ref().map_or(incoming.bytes(), Sole::as_slice),
            encoding: incoming.encoding,
            content_type: extra.and_then(|extra| extra.content_type.as_deref()).unwrap_or_default(),
            metadata: &metadata,
            origin: Some(Origin { lender: Some(&self.lender), memory: large.as_ref().map(Memory::Sole) }),
        };
        let passage = Cell::new(None::<Passage>);
        let later = || -> OnOutcome {
            let serving = self.clone();
            // What is small is copied for whoever answers.
            let copied = copied + if is_large { 0 } else { request.body.len() };
            let completion = Box::new(move |outcome| {
                serving.ended(id);
                reply(&serving.end, id, copied, Answer::from(outcome));
            });
            Passage::leave_by(passage.take(), completion)
        };
        let deadline = self.end.deadline_received(header.deadline);
        let is_stream = header.flags & wire::STREAM != 0;
        let answer = (|| {
            method.check_size("request", len)?;
            if is_stream && !method.is_stream() {
                return Err(Error::invalid(format!(
                    "{} is not a streaming method; call it",
                    method.qualified
                )));
            }
            let admission = service.admit(thread)?;
            let completed = match service.enter(method, &request)? {
                None => None,
                Some((entered, completed)) => {
                    passage.set(Some(entered));
                    completed
                }
            };
            let request = &*request.completed(completed.as_ref());
            let dispatched = Dispatched {
                thread,
                service,
                method,
                deadline,
                enforced: false,
                chain,
                spin_ns: None,
                queue: None,
            };
            if is_stream && let Some(relay) = self.stream(id) {
                let (ended, passage) = (self.clone(), passage.take());
                let around = |completion: OnOutcome| -> OnOutcome {
                    Box::new(move |outcome| {
                        ended.ended(id);
                        completion(match passage {
                            Some(passage) => passage.leave(outcome),
                            None => outcome,
                        });
                    })
                };
                let stream = dispatched.open_stream(admission, request, around)?;
                if let Some(call) = stream.call() {
                    running.begin_away(id, call);
                    running.goes_on(id, || self.end.ended().is_some());
                }
                relay.begin(stream);
                return Ok(None);
            }
            let on_stack = dispatched.runs_here();
            let answer = dispatched.inbound(
                admission,
                request,
                header.flags & wire::DETACHED == 0,
                |call| match on_stack {
                    true => running.begin_on_stack(call),
                    false => running.begin_away(id, call),
                },
                || running.leave_stack(),
                later,
            );
            if answer.is_none() {
                running.goes_on(id, || self.end.ended().is_some());
            }
            Ok(match passage.take() {
                Some(passage) => answer.map(|answer| passage.leave(answer.into_outcome()).into()),
                None => answer,
            })
        })();
        let answer = answer.unwrap_or_else(|refused: Error| {
            if is_stream {
                self.streams().remove(&id);
            }
            Some(refused.into())
        });
        if answer.is_some()
            && let Some(lent) = large
        {
            self.end.give_back_with_answer(lent);
        }
        answer
    }

    /// Sends what waits. Callers whose answers will never be sent have been told so.
    pub(super) fn look(&self) -> bool {
        let was_sent = self.end.flush();
        for (header, error) in self.end.unsent.take() {
            log::warning("shm", &format!("an answer to {} was lost: {error}", self.end.peer));
            if let Some(relay) = self.stream(header.call) {
                relay.fail(error);
            }
        }
        was_sent
    }

    fn ended(&self, id: u64) {
        if let Some(running) = self.running.place(id) {
            running.end(id);
        }
    }

    pub(super) fn expect_stream(&self, id: u64, most: u64) -> std::result::Result<(), Poisoned> {
        let mut streams = self.streams();
        streams.retain(|_, relay| !relay.is_over());
        if streams.len() > self.running.most() {
            return Err(Poisoned("it opens more streams than were agreed"));
        }
        streams.insert(id, Relay::new(self.end.clone(), id, Role::Server(OnceLock::new()), most));
        Ok(())
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, Arc<Relay>>> {
        self.streams.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(super) fn stream(&self, id: u64) -> Option<Arc<Relay>> {
        self.streams().get(&id).cloned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end.is_left();
    }
}

/// Sends the answer of a call, for whose request so many bytes were copied here.
#[inline]
pub(super) fn reply(end: &Arc<End>, id: u64, copied: usize, answer: Answer) {
    let Some(encoding) = answer.plain_encoding() else {
        return reply_with(end, id, copied, answer.into_outcome());
    };
    let body = answer.into_body();
    let header = reply_header(id, copied, body.as_slice(), encoding);
    if let Err(error) = end.send_buffer(&header, None, body) {
        lost(end, id, error);
    }
}

/// The same for an answer that is an error, or has something beside its bytes.
#[inline(never)]
fn reply_with(end: &Arc<End>, id: u64, copied: usize, outcome: Outcome) {
    let sent = match outcome {
        Ok(response) => {
            let header = reply_header(id, copied, response.body.as_slice(), response.encoding());
            let extra = Extra::of_answer(response.own_content_type(), response.metadata());
            let extra = extra.map(|extra| wire::bytes(&extra));
            end.send_buffer(&header, extra.as_deref(), response.body)
        }
        Err(error) => send_failure(end, id, &error),
    };
    if let Err(error) = sent {
        lost(end, id, error);
    }
}

#[inline(always)]
fn reply_header(id: u64, copied: usize, body: &[u8], encoding: Encoding) -> Header {
    // What becomes of a larger one is seen when it is sent.
    let copied = copied + if body.len() > MOST_BODY { 0 } else { body.len() };
    Header { kind: Kind::Reply, flags: encoding as u16, call: id, number: 0, deadline: copied as u64 }
}

fn send_failure(end: &Arc<End>, id: u64, error: &Error) -> Result<()> {
    let failure = wire::bytes(&Failure::from(error));
    let header = Header { kind: Kind::Error, flags: 0, call: id, number: 0, deadline: 0 };
    end.send(&Outgoing { header: &header, extra: None, payload: &failure, is_last_use: false })
}

#[cold]
fn lost(end: &Arc<End>, id: u64, error: Error) {
    if end.ended().is_none() {
        log::warning("shm", &format!("an answer to {} was lost: {error}", end.peer));
        let _ = send_failure(end, id, &error);
    }
}
