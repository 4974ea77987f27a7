//! The end of a link that makes calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::answers::{Answers, Arrived};
use super::calls::{Calls, Ending, Expected, Slot, Terminal};
use super::end::End;
use super::everyone;
use super::incoming::Incoming;
use super::sending::Outgoing;
use super::wire::{self, Extra, Failure};
use crate::call::{Answer, Link, Outcome, Response};
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
    /// `service.method` of those that were asked for, by their numbers at the other end.
    names: Mutex<HashMap<u32, Arc<str>>>,
}

impl Caller {
    /// A caller that may have so many calls under way.
    pub fn new(end: Arc<End>, most_calls: u32) -> Arc<Caller> {
        let caller = Arc::new(Caller {
            end,
            tempo: Tempo::of_caller(),
            calls: Calls::new(most_calls),
            answers: Answers::default(),
            names: Mutex::default(),
        });
        everyone::add(&caller);
        caller
    }

    /// A method has this number at the other end.
    pub fn is_named(&self, number: u32, name: &str) {
        self.names().insert(number, name.into());
    }

    pub(super) fn names(&self) -> MutexGuard<'_, HashMap<u32, Arc<str>>> {
        self.names.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What both ends have.
    pub fn end(&self) -> &Arc<End> {
        &self.end
    }

    /// Sends a call and waits for its answer on this thread.
    pub fn call(&self, method: u32, sent: &Outbound<'_>) -> Answer {
        let slot = match self.begin(sent, false) {
            Ok(slot) => slot,
            Err(refused) => return refused.into(),
        };
        slot.expect_here();
        let id = slot.id();
        if let Err(error) = self.send(method, sent, id, 0) {
            return error.into();
        }
        let mut waiting = Waiting {
            caller: self,
            thread: Thread::current(),
            slot,
            id,
            answer: None,
            chain: sent.chain.as_deref(),
            stopped: None,
            gives_way: sent.spin_ns.map_or_else(|| self.tempo.gives_way(), |spin| spin == 0),
        };
        let patience = Patience {
            spin: sent.spin_ns.unwrap_or_else(|| self.tempo.budget_for(sent.request.body.len())),
            deadline: sent.deadline,
            otherwise: DEFAULT_TIMEOUT,
            slice: SLICE,
        };
        let ended = attend(self.end.lane(), &self.end.kick, &mut waiting, patience);
        let Waiting { answer, stopped, .. } = waiting;
        match answer {
            Some(answer) => {
                self.calls.free(slot);
                answer
            }
            None => self.ended_otherwise(slot, sent, ended, stopped).into(),
        }
    }

    /// A thread waits no longer, and has not taken its answer from the lane itself.
    #[inline(never)]
    fn ended_otherwise(
        &self,
        slot: &Slot,
        sent: &Outbound<'_>,
        ended: std::result::Result<Ended, Poisoned>,
        stopped: Option<Error>,
    ) -> Outcome {
        match ended {
            Ok(Ended::Done) => {}
            Ok(_) => {
                let id = slot.id();
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
            Ending::Late => Err(late(sent.name)),
            Ending::Gone { sent: was_sent } => Err(self.gone(sent.name, was_sent)),
        }
    }

    /// A slot for a call. Its answer is fetched by an event loop or not.
    #[inline]
    pub(super) fn begin(&self, sent: &Outbound<'_>, is_fetched: bool) -> Result<&Slot> {
        if self.end.ended().is_some() {
            return Err(self.gone(sent.name, false));
        }
        match self.calls.take(is_fetched) {
            Some(slot) => Ok(slot),
            None => self.begin_when_some_end(sent, is_fetched),
        }
    }

    #[cold]
    fn begin_when_some_end(&self, sent: &Outbound<'_>, is_fetched: bool) -> Result<&Slot> {
        // Some may have ended, and nobody has read that.
        self.fetch_now();
        self.calls.take(is_fetched).ok_or_else(|| {
            Error::exhausted(format!(
                "{} calls to {} are under way, as many as it takes. Call again later",
                self.calls.most(),
                self.end.peer
            ))
            .with_source(sent.name)
        })
    }

    #[inline]
    pub(super) fn send(&self, method: u32, sent: &Outbound<'_>, id: u64, flags: u16) -> Result<()> {
        let extra = Extra::of_request(sent.request, sent.chain.as_deref(), self.end.home)
            .map(|extra| wire::bytes(&extra));
        let header = Header {
            kind: Kind::Call,
            flags: flags | sent.request.encoding as u16 | if sent.detached { wire::DETACHED } else { 0 },
            call: id,
            number: method,
            deadline: self.end.deadline_to_send(sent.deadline),
        };
        // Who has lent it may send it again.
        let outgoing = Outgoing {
            header: &header,
            extra: extra.as_deref(),
            payload: sent.request.body,
            is_last_use: false,
        };
        self.end.send(&outgoing).or_else(|error| self.was_not_sent(sent, id, error))
    }

    #[cold]
    fn was_not_sent(&self, sent: &Outbound<'_>, id: u64, error: Error) -> Result<()> {
        match error.code() {
            // Who has ended it meanwhile says how.
            _ if !self.drop_unsent(id) => Ok(()),
            Code::Unavailable => Err(not_sent(error).with_source(sent.name)),
            _ => Err(error),
        }
    }

    /// Gives the place of a call back that was not sent. False = somebody has ended it before.
    fn drop_unsent(&self, id: u64) -> bool {
        let dropped = self.calls.drop_unsent(id);
        if dropped.is_fetched {
            self.end.doorbell.ends(1);
        }
        dropped.is_ours
    }

    /// Nobody waits for a call any more.
    pub(super) fn cancel(&self, id: u64) {
        if self.end.forget(id) {
            // The other end never heard of it, so it will not end it either.
            self.drop_unsent(id);
            return;
        }
        let _ = send_cancel(&self.end, id);
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
                let outcome = self.answer(frame)?.into_outcome();
                if outcome.is_err() && self.calls.stream(frame.header.call).is_some() {
                    // Its handler may not know: what it has sent may have been too much for its end of the link.
                    send_cancel(&self.end, frame.header.call)
                        .map_err(|_| Poisoned("it cannot be told of a cancel"))?;
                }
                Ok(self.calls.end(frame.header.call, outcome)?.and_then(|terminal| self.ended(terminal)))
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

    /// A call for which no thread waits has ended. Gives what somebody is to be told.
    #[inline]
    fn ended(&self, terminal: Terminal) -> Option<Arrived> {
        if terminal.is_fetched {
            self.end.doorbell.ends(1);
        }
        (!matches!(terminal.expected, Expected::Nobody)).then_some(Arrived::Answer(terminal))
    }

    #[inline(always)]
    fn answer(&self, frame: &Frame) -> std::result::Result<Answer, Poisoned> {
        if frame.header.kind == Kind::Reply
            && let Some((payload, encoding)) = self.end.read_plain(frame)
        {
            return Ok(Answer::plain(payload, encoding));
        }
        self.outcome(frame).map(Answer::from)
    }

    #[inline(never)]
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
        was_sent | self.end_unsent() | self.end_those_late()
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
                    let ended = self.calls.end(header.call, Err(not_sent(error)));
                    let arrived = ended.ok().flatten().and_then(|terminal| self.ended(terminal));
                    arrived.into_iter().for_each(|arrived| self.arrive(arrived));
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
        let ended = self.calls.end_all(|id| self.end.forget(id));
        let arrived = ended.into_iter().filter_map(|terminal| self.ended(terminal));
        arrived.for_each(|arrived| self.arrive(arrived));
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

impl Drop for Caller {
    fn drop(&mut self) {
        self.end.is_left();
    }
}

/// Tells the other end that nobody waits for a call any more.
pub(super) fn send_cancel(end: &Arc<End>, id: u64) -> Result<()> {
    let header = Header { kind: Kind::Cancel, flags: 0, call: id, number: 0, deadline: 0 };
    end.send(&Outgoing { header: &header, extra: None, payload: &[], is_last_use: false })
}

#[cold]
pub(super) fn late(name: &str) -> Error {
    Error::new(Code::DeadlineExceeded, format!("{name} did not answer in time")).with_source(name)
}

/// A thread that waits for the answer of its own call.
struct Waiting<'a> {
    caller: &'a Caller,
    thread: &'static Thread,
    slot: &'a Slot,
    id: u64,
    answer: Option<Answer>,
    chain: Option<&'a Link>,
    /// Why it waits no longer, if that is not the deadline.
    stopped: Option<Error>,
    gives_way: bool,
}

impl Attendant for Waiting<'_> {
    #[inline(always)]
    fn is_done(&self) -> bool {
        self.answer.is_some() || self.slot.is_done()
    }

    #[inline(always)]
    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        if frame.header.call == self.id && matches!(frame.header.kind, Kind::Reply | Kind::Error) {
            self.answer = Some(self.caller.answer(frame)?);
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

    fn begins_to_wait(&mut self) {
        if !self.slot.is_awaited() {
            self.caller.calls.await_answer(self.slot);
        }
    }

    #[inline(always)]
    fn is_due(&self) -> bool {
        let own = usize::from(self.slot.is_awaited());
        self.caller.calls.awaited() > own
            || self.caller.end.doorbell.calls() > 0
            || self.caller.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(self.slot.word())
    }

    #[inline(always)]
    fn gives_way(&self) -> bool {
        self.gives_way
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
