//! The end of a link that makes calls.

use std::sync::Arc;

use super::answers::{Answers, Arrived};
use super::calls::{Calls, Ending, Slot, Terminal};
use super::end::{End, Outgoing};
use super::incoming::Incoming;
use super::wire::{self, Extra, Failure};
use crate::call::{Link, Outcome, Response};
use crate::dispatch::{Fetch, Outbound};
use crate::error::{Code, Error, Result};
use crate::meta;
use crate::service::DEFAULT_MAX_MESSAGE_SIZE;
use crate::shm::attend::{Attendant, Ended, Flow, Patience, attend};
use crate::shm::futex::Watched;
use crate::shm::lane::Wants;
use crate::shm::layout::{Header, Kind, SLOTS};
use crate::shm::ring::{Frame, Poisoned};
use crate::shm::tempo::Tempo;
use crate::thread::Thread;

/// How often a waiting thread asks its host, and the calls above, whether to go on.
const SLICE: u64 = 100_000_000;
/// Time for a call when nobody said how long.
const DEFAULT_TIMEOUT: u64 = 30_000_000_000;

/// The end that makes calls.
pub struct Caller {
    pub(super) end: Arc<End>,
    pub(super) tempo: Tempo,
    pub(super) calls: Calls,
    pub(super) answers: Answers,
}

impl Caller {
    /// A caller that may have so many calls under way.
    pub fn new(end: Arc<End>, most_calls: u32) -> Arc<Caller> {
        Arc::new(Caller {
            end,
            tempo: Tempo::of_caller(),
            calls: Calls::new(most_calls),
            answers: Answers::default(),
        })
    }

    /// What both ends have.
    pub fn end(&self) -> &Arc<End> {
        &self.end
    }

    /// Sends a call and waits for its answer on this thread.
    pub fn call(&self, method: u32, sent: &Outbound<'_>) -> Outcome {
        let slot = self.begin(sent, false)?;
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
            spin: sent.spin_ns.unwrap_or_else(|| self.tempo.budget_for(sent.request.body.len())),
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
        match ending {
            Ending::Answer(outcome) => outcome,
            Ending::Gone { sent: was_sent } => Err(self.gone(sent.name, was_sent)),
        }
    }

    pub(super) fn begin(&self, sent: &Outbound<'_>, is_fetched: bool) -> Result<&Slot> {
        if self.end.ended().is_some() {
            return Err(self.gone(sent.name, false));
        }
        let free = self.calls.take(is_fetched).or_else(|| {
            // Some may have ended, and nobody has read that.
            self.fetch_now();
            self.calls.take(is_fetched)
        });
        free.ok_or_else(|| {
            Error::exhausted(format!(
                "{} calls to {} are under way, as many as it takes. Call again later",
                self.calls.most(),
                self.end.peer
            ))
            .with_source(sent.name)
        })
    }

    pub(super) fn send(&self, method: u32, sent: &Outbound<'_>, id: u64, flags: u8) -> Result<()> {
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
            self.drop_unsent(id);
            match error.code() {
                Code::Unavailable => not_sent(error).with_source(sent.name),
                _ => error,
            }
        })
    }

    fn drop_unsent(&self, id: u64) {
        if self.calls.drop_unsent(id) {
            self.end.doorbell.ends();
        }
    }

    /// Nobody waits for a call any more.
    pub(super) fn cancel(&self, id: u64) {
        if self.end.forget(id) {
            // The other end never heard of it, so it will not end it either.
            self.drop_unsent(id);
            return;
        }
        let _ = self.end.send(&cancel(id));
    }

    /// The link has ended: why, for a call.
    #[cold]
    pub(super) fn gone(&self, name: &str, sent: bool) -> Error {
        let why = self.end.ended().map_or("the link was closed", Error::message);
        let may = if sent { "It may have run" } else { "It was not sent" };
        Error::unavailable(format!("{name} cannot be reached: {why}. {may}"))
            .with_source(name)
            .with_detail(meta::MAYBE_EXECUTED, if sent { "true" } else { "false" })
    }

    /// Does what a frame asks for that is not the answer for which this thread waits. Gives what must be handed on.
    pub(super) fn frame(&self, frame: &Frame) -> std::result::Result<Option<Arrived>, Poisoned> {
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
                Ok(self.calls.end(frame.header.call, outcome)?.map(|terminal| self.ended(terminal)))
            }
            Kind::StreamData | Kind::StreamEnd | Kind::Window => {
                // A stream that was given up may still have messages on their way.
                let Some(relay) = self.calls.stream(frame.header.call) else {
                    return self.end.read(frame, || 0).map(|_| None);
                };
                relay.frame(frame)?;
                Ok(Some(Arrived::Stream(relay)))
            }
            Kind::Release => {
                self.end.given_back(frame)?;
                self.end.flush();
                Ok(None)
            }
            _ => Err(Poisoned("a frame came that only a caller sends")),
        }
    }

    /// A call for which no thread waits has ended.
    fn ended(&self, terminal: Terminal) -> Arrived {
        if terminal.is_fetched {
            self.end.doorbell.ends();
        }
        Arrived::Answer(terminal)
    }

    fn outcome(&self, frame: &Frame) -> std::result::Result<Outcome, Poisoned> {
        let Incoming { extra, encoding, payload } = self.end.read(frame, || DEFAULT_MAX_MESSAGE_SIZE)?;
        let payload = match payload {
            Ok(payload) => payload,
            Err(oversized) => return Ok(Err(oversized.error("answer", &self.end.peer))),
        };
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
    pub(super) fn look(&self) -> bool {
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
                    if let Ok(Some(terminal)) = self.calls.end(header.call, Err(not_sent(error))) {
                        self.arrive(self.ended(terminal));
                    }
                }
            }
        }
        if any {
            self.tell_of_arrivals();
        }
        any
    }

    /// Ends all calls of a link that has ended. Only under the lead, when no frame is left.
    pub(super) fn fail_all(&self) {
        for terminal in self.calls.end_all(|id| self.end.forget(id)) {
            self.arrive(self.ended(terminal));
        }
        self.tell_of_arrivals();
    }

    /// Ends the link: calls that were answered before are answered, the others fail.
    pub fn close(&self, why: Error) {
        self.end.end(why);
        self.settle();
    }

    /// False = somebody else leads, who sees that the link has ended and does the same.
    pub(super) fn settle(&self) -> bool {
        let Some(mut leading) = self.end.lane().lead() else { return false };
        loop {
            // One ring's worth: a peer that lives may send without end.
            for _ in 0..SLOTS {
                let Ok(Some(frame)) = leading.next_frame() else { break };
                let taken = self.frame(&frame);
                leading.consume(&frame);
                match taken {
                    Ok(found) => found.into_iter().for_each(|arrived| self.arrive(arrived)),
                    Err(_) => break,
                }
            }
            self.fail_all();
            match leading.let_go() {
                Ok(()) => return true,
                Err(kept) => leading = kept,
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
            if let Some(arrived) = self.caller.frame(frame)? {
                self.caller.arrive(arrived);
            }
            self.caller.tell_of_arrivals();
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
        self.caller.calls.open() > 1 || self.caller.end.doorbell.calls() > 0 || self.caller.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(self.slot.word())
    }

    fn slept(&mut self, ns: u64) {
        self.caller.tempo.slept(ns);
    }

    fn rouse_others(&self) {
        self.caller.end.rouse();
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

/// Says that what another process could not be told of has not run: it may have died without anybody knowing yet.
fn not_sent(error: Error) -> Error {
    match error.code() {
        Code::Unavailable => error.with_detail(meta::MAYBE_EXECUTED, "false"),
        _ => error,
    }
}
