//! The end of a link that makes calls.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::calls::{Calls, Ending, Expected, Slot, Terminal};
use super::end::{End, Outgoing};
use super::incoming::Incoming;
use super::relay::{Relay, Role};
use super::wire::{self, Extra, Failure};
use crate::call::{Call, Deadline, Link, Outcome, Response};
use crate::dispatch::Outbound;
use crate::error::{Code, Error, Result};
use crate::introspect;
use crate::meta;
use crate::shm::attend::{Attendant, Ended, Flow, Patience, attend};
use crate::shm::futex::{Kick, Watched};
use crate::shm::lane::Wants;
use crate::shm::layout::{Header, Kind, SLOTS};
use crate::shm::ring::{Frame, Poisoned};
use crate::shm::tempo::Tempo;
use crate::thread::Thread;

/// How often a waiting thread asks its host, and the calls above, whether to go on.
const SLICE: u64 = 100_000_000;
/// Time for a call when nobody said how long.
const DEFAULT_TIMEOUT: u64 = 30_000_000_000;
/// Between two tries to lead the lane of a link that has ended.
const LEADER_LEAVES: Duration = Duration::from_micros(100);

/// The end that makes calls.
pub struct Caller {
    end: Arc<End>,
    tempo: Tempo,
    calls: Calls,
    /// What came for calls that no thread waits for, until the poller hands it on.
    arrived: Mutex<Vec<Arrived>>,
    has_arrived: AtomicUsize,
    /// Makes the poller look.
    poller: Kick,
    has_poller: AtomicBool,
}

/// What came for a call that no thread waits for.
enum Arrived {
    Answer(Terminal),
    /// Something of a stream.
    Stream(Arc<Relay>),
}

impl Caller {
    /// A caller that may have so many calls under way.
    pub fn new(end: Arc<End>, most_calls: u32) -> Arc<Caller> {
        Arc::new(Caller {
            end,
            tempo: Tempo::of_caller(),
            calls: Calls::new(most_calls),
            arrived: Mutex::default(),
            has_arrived: AtomicUsize::new(0),
            poller: Kick::default(),
            has_poller: AtomicBool::new(false),
        })
    }

    /// What both ends have.
    pub fn end(&self) -> &Arc<End> {
        &self.end
    }

    /// Sends a call and waits for its answer on this thread.
    pub fn call(&self, method: u32, sent: &Outbound<'_>) -> Outcome {
        let slot = self.begin(sent)?;
        slot.expect_here();
        let id = slot.id();
        self.send(method, sent, id, 0)?;
        let mut waiting = Waiting {
            caller: self,
            thread: Thread::current(),
            slot,
            id,
            outcome: None,
            chain: sent.chain.as_deref(),
            stopped: None,
        };
        let patience = Patience {
            spin: self.tempo.budget(),
            deadline: sent.deadline,
            otherwise: DEFAULT_TIMEOUT,
            slice: SLICE,
        };
        let ended = attend(self.end.lane(), &self.end.kick, &mut waiting, patience);
        if let Some(outcome) = waiting.outcome {
            self.calls.free(slot);
            return outcome;
        }
        let stopped = waiting.stopped;
        match ended {
            Ok(Ended::Done) => {}
            Ok(_) => {
                if slot.give_up() {
                    self.cancel(id);
                    return Err(stopped.unwrap_or_else(|| late(sent.name)));
                }
            }
            Err(broken) => {
                self.end.poison(broken);
                self.settle();
            }
        }
        let ending = slot.take_ending().unwrap_or(Ending::Gone { sent: true });
        self.calls.free(slot);
        self.outcome_of(ending, sent.name)
    }

    fn outcome_of(&self, ending: Ending, name: &str) -> Outcome {
        match ending {
            Ending::Answer(outcome) => outcome,
            Ending::Gone { sent } => Err(self.gone(name, sent)),
        }
    }

    /// Sends a call whose answer goes to `call`, on another thread. Gives the id by which it is cancelled.
    pub fn submit(self: &Arc<Self>, method: u32, sent: &Outbound<'_>, call: Call) -> Result<u64> {
        self.start_poller()?;
        let slot = self.begin(sent)?;
        let id = slot.id();
        let Ok(stream) = call.stream() else {
            slot.expect_for(Expected { call, stream: None });
            self.send(method, sent, id, 0)?;
            self.submitted();
            return Ok(id);
        };
        let on_end = Box::new(move |outcome| drop(call.answer(outcome)));
        let relay = Relay::new(self.end.clone(), id, Role::Caller(Mutex::new(Some(on_end))));
        slot.expect_for(Expected { call, stream: Some(relay.clone()) });
        self.send(method, sent, id, wire::STREAM)?;
        relay.begin(stream);
        self.submitted();
        Ok(id)
    }

    fn submitted(self: &Arc<Self>) {
        self.end.nudge();
        // The poller may have left when the link ended, and before it could see this call.
        fence(Ordering::SeqCst);
        if self.end.ended().is_some() {
            let _ = self.start_poller();
        }
    }

    fn begin(&self, sent: &Outbound<'_>) -> Result<&Slot> {
        if self.end.ended().is_some() {
            return Err(self.gone(sent.name, false));
        }
        self.calls.take().ok_or_else(|| {
            Error::exhausted(format!(
                "{} calls to {} are under way, as many as it takes. Call again later",
                self.calls.most(),
                self.end.peer
            ))
            .with_source(sent.name)
        })
    }

    fn send(&self, method: u32, sent: &Outbound<'_>, id: u64, flags: u8) -> Result<()> {
        let extra = Extra::of_request(sent.request, sent.chain.as_deref(), self.end.home)
            .map(|extra| wire::bytes(&extra));
        let header = Header {
            kind: Kind::Call,
            flags: flags | sent.request.encoding as u8 | if sent.detached { wire::DETACHED } else { 0 },
            call: id,
            number: method,
            deadline: self.end.deadline_to_send(sent.deadline),
        };
        let outgoing = Outgoing { header, extra: extra.as_deref(), payload: sent.request.body };
        self.end.send(&outgoing).map_err(|error| {
            self.calls.drop_unsent(id);
            match error.code() {
                Code::Unavailable => error.with_source(sent.name).with_detail(meta::MAYBE_EXECUTED, "false"),
                _ => error,
            }
        })
    }

    /// Nobody waits for a call any more.
    pub fn cancel(&self, id: u64) {
        if self.end.forget(id) {
            // The other end never heard of it, so it will not end it either.
            self.calls.drop_unsent(id);
            return;
        }
        let _ = self.end.send(&cancel(id));
    }

    /// The link has ended: why, for a call.
    #[cold]
    fn gone(&self, name: &str, sent: bool) -> Error {
        let why = self.end.ended().map_or("the link was closed", Error::message);
        let may = if sent { "It may have run" } else { "It was not sent" };
        Error::unavailable(format!("{name} cannot be reached: {why}. {may}"))
            .with_source(name)
            .with_detail(meta::MAYBE_EXECUTED, if sent { "true" } else { "false" })
    }

    /// Does what a frame asks for that is not the answer for which this thread waits.
    fn frame(&self, frame: &Frame) -> std::result::Result<(), Poisoned> {
        match frame.header.kind {
            Kind::Reply | Kind::Error => {
                // What could not be sent says more than how the other end took it.
                self.end_unsent();
                let outcome = self.outcome(frame)?;
                if outcome.is_err() && self.calls.stream(frame.header.call).is_some() {
                    // Its handler may not know: what it has sent may have been too much for its end of the link.
                    self.end
                        .send(&cancel(frame.header.call))
                        .map_err(|_| Poisoned("it cannot be told of a cancel"))?;
                }
                if let Some(terminal) = self.calls.end(frame.header.call, outcome)? {
                    self.arrive(Arrived::Answer(terminal));
                }
                Ok(())
            }
            Kind::StreamData | Kind::StreamEnd | Kind::Window => {
                // A stream that was given up may still have messages on their way.
                let Some(relay) = self.calls.stream(frame.header.call) else {
                    return self.end.read(frame).map(drop);
                };
                relay.frame(frame, || self.end.read(frame))?;
                self.arrive(Arrived::Stream(relay));
                Ok(())
            }
            Kind::Release => {
                self.end.given_back(frame)?;
                self.end.flush();
                Ok(())
            }
            _ => Err(Poisoned("a frame came that only a caller sends")),
        }
    }

    fn outcome(&self, frame: &Frame) -> std::result::Result<Outcome, Poisoned> {
        let Incoming { extra, encoding, payload } = self.end.read(frame)?;
        if frame.header.kind == Kind::Error {
            let failure: Failure =
                wire::read(payload.as_slice()).map_err(|_| Poisoned("a failure cannot be read"))?;
            return Ok(Err(Error::from(failure)));
        }
        let response = Response::new(payload, encoding);
        Ok(Ok(match extra {
            None => response,
            Some(mut extra) => {
                let content_type = extra.content_type.take().map(String::into_boxed_str);
                response.with(content_type, extra.into_metadata())
            }
        }))
    }

    /// Sends what waits, and ends the calls that will never be sent. Only under the lead.
    fn look(&self) -> bool {
        let was_sent = self.end.flush();
        was_sent | self.end_unsent()
    }

    fn end_unsent(&self) -> bool {
        let unsent = self.end.unsent.take();
        let any = !unsent.is_empty();
        for (header, error) in unsent {
            match self.calls.stream(header.call).filter(|_| header.kind == Kind::StreamData) {
                Some(relay) => {
                    relay.fail(error);
                    self.arrive(Arrived::Stream(relay));
                }
                None => {
                    if let Ok(Some(terminal)) = self.calls.end(header.call, Err(error)) {
                        self.arrive(Arrived::Answer(terminal));
                    }
                }
            }
        }
        if any && self.has_arrived.load(Ordering::SeqCst) > 0 {
            self.poller.kick();
        }
        any
    }

    fn arrive(&self, arrived: Arrived) {
        self.arrived().push(arrived);
        self.has_arrived.fetch_add(1, Ordering::SeqCst);
    }

    fn arrived(&self) -> MutexGuard<'_, Vec<Arrived>> {
        self.arrived.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Hands answers to those who wait for them. Runs foreign code.
    fn hand_on(&self) {
        let arrived = std::mem::take(&mut *self.arrived());
        self.has_arrived.fetch_sub(arrived.len(), Ordering::SeqCst);
        for arrived in arrived {
            match arrived {
                Arrived::Answer(Terminal { expected: Expected { call, stream }, ending }) => {
                    let name = call.method(|method| method.qualified.clone());
                    let outcome =
                        self.outcome_of(ending, name.as_deref().unwrap_or("a call that was given up"));
                    match stream {
                        // Fails when nobody waits for it any more.
                        None => drop(call.answer(outcome)),
                        Some(relay) => {
                            relay.ended(outcome);
                            relay.turn();
                        }
                    }
                }
                Arrived::Stream(relay) => relay.turn(),
            }
        }
    }

    /// Ends all calls of a link that has ended. Only under the lead, when no frame is left.
    fn fail_all(&self) {
        for terminal in self.calls.end_all(|id| self.end.forget(id)) {
            self.arrive(Arrived::Answer(terminal));
        }
        if self.has_arrived.load(Ordering::SeqCst) > 0 {
            self.poller.kick();
        }
    }

    /// Ends the link: calls that were answered before are answered, the others fail.
    pub fn close(&self, why: Error) {
        self.end.end(why);
        self.settle();
    }

    /// False = somebody else leads, who sees that the link has ended and does the same.
    fn settle(&self) -> bool {
        let Some(mut leading) = self.end.lane().lead() else { return false };
        loop {
            // One ring's worth: a peer that lives may send without end.
            for _ in 0..SLOTS {
                let Ok(Some(frame)) = leading.next_frame() else { break };
                let taken = self.frame(&frame);
                leading.consume(&frame);
                if taken.is_err() {
                    break;
                }
            }
            self.fail_all();
            match leading.let_go() {
                Ok(()) => return true,
                Err(kept) => leading = kept,
            }
        }
    }

    /// Starts the thread that leads the lane when answers are due for which no thread waits.
    fn start_poller(self: &Arc<Self>) -> Result<()> {
        if self.has_poller.load(Ordering::Acquire) || self.has_poller.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let caller = self.clone();
        let started = std::thread::Builder::new().name("hms-answers".into()).spawn(move || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            caller.poll();
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        started.map(drop).map_err(|e| {
            self.has_poller.store(false, Ordering::Release);
            Error::exhausted(format!("no thread could be started for asynchronous calls: {e}"))
        })
    }

    fn poll(&self) {
        let patience = Patience { spin: 0, deadline: Deadline::NONE, otherwise: 0, slice: 0 };
        while self.end.ended().is_none() {
            if let Err(broken) = attend(self.end.lane(), &self.end.kick, &mut Poller(self), patience) {
                self.end.poison(broken);
                self.settle();
            }
            self.hand_on();
        }
        loop {
            // Whoever leads ends the calls, and leaves their answers to this thread.
            while !self.settle() {
                std::thread::sleep(LEADER_LEAVES);
            }
            self.hand_on();
            self.has_poller.store(false, Ordering::Release);
            fence(Ordering::SeqCst);
            if !self.calls.any_for_call() || self.has_poller.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }
}

pub(super) fn cancel(id: u64) -> Outgoing<'static> {
    let header = Header { kind: Kind::Cancel, flags: 0, call: id, number: 0, deadline: 0 };
    Outgoing { header, extra: None, payload: &[] }
}

#[cold]
fn late(name: &str) -> Error {
    Error::new(Code::DeadlineExceeded, format!("{name} did not answer in time")).with_source(name)
}

/// A thread that waits for the answer of its own call.
struct Waiting<'a> {
    caller: &'a Caller,
    thread: &'static Thread,
    slot: &'a Slot,
    id: u64,
    outcome: Option<Outcome>,
    chain: Option<&'a Link>,
    /// Why it waits no longer, if that is not the deadline.
    stopped: Option<Error>,
}

impl Attendant for Waiting<'_> {
    #[inline(always)]
    fn is_done(&self) -> bool {
        self.outcome.is_some() || self.slot.is_done()
    }

    #[inline(always)]
    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        if frame.header.call == self.id && matches!(frame.header.kind, Kind::Reply | Kind::Error) {
            self.outcome = Some(self.caller.outcome(frame)?);
            self.thread.copied_elsewhere.set(frame.header.deadline);
            self.slot.answered();
        } else {
            self.caller.frame(frame)?;
            if self.caller.has_arrived.load(Ordering::Relaxed) > 0 {
                self.caller.poller.kick();
            }
        }
        Ok(Flow::Next)
    }

    fn look(&mut self) -> bool {
        self.caller.look()
    }

    fn has_ended(&self) -> bool {
        self.caller.end.ended().is_some()
    }

    fn fail_all(&mut self) {
        self.caller.fail_all();
    }

    fn wants(&self) -> Wants {
        self.caller.end.wants()
    }

    #[inline(always)]
    fn is_due(&self) -> bool {
        self.caller.calls.open() > 1 || self.caller.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(self.slot.word())
    }

    fn slept(&mut self, ns: u64) {
        self.caller.tempo.slept(ns);
    }

    fn go_on(&mut self) -> bool {
        let why = if self.thread.interrupted() {
            "was interrupted"
        } else if self.chain.is_some_and(Link::is_over) {
            "ended: nobody waits any more for the call that made it"
        } else {
            return true;
        };
        self.stopped = Some(Error::new(
            Code::Cancelled,
            format!("waiting for an answer of {} {why}", self.caller.end.peer),
        ));
        false
    }
}

/// The thread that hands on answers for which no thread waits.
struct Poller<'a>(&'a Caller);

impl Attendant for Poller<'_> {
    fn is_done(&self) -> bool {
        self.0.has_arrived.load(Ordering::SeqCst) > 0 || self.0.end.ended().is_some()
    }

    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        self.0.frame(frame).map(|()| Flow::Next)
    }

    fn look(&mut self) -> bool {
        self.0.look()
    }

    fn has_ended(&self) -> bool {
        self.0.end.ended().is_some()
    }

    fn fail_all(&mut self) {
        self.0.fail_all();
    }

    fn wants(&self) -> Wants {
        self.0.end.wants()
    }

    fn is_due(&self) -> bool {
        self.0.calls.open() > 0 || self.0.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(self.0.poller.watched())
    }

    fn go_on(&mut self) -> bool {
        true
    }
}
