//! Answers for which no thread waits: who takes them from the lane, and hands them on.
//!
//! That is who polls the queue to which they go, or a thread of the link where there is none.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::caller::{Caller, late};
use super::calls::{Ending, Expected, Slot, Terminal, Ticket};
use super::relay::{Relay, Role};
use super::wire;
use crate::call::Deadline;
use crate::dispatch::{Completion, Fetch, Outbound, Queue, Recipient};
use crate::error::{Error, Result};
use crate::service::DEFAULT_MAX_MESSAGE_SIZE;
use crate::shm::attend::{Attendant, Flow, Patience, attend, nudge};
use crate::shm::futex::{Kick, Watched};
use crate::shm::lane::Wants;
use crate::shm::ring::{Frame, Poisoned};
use crate::{introspect, timer};

/// Time for a call when nobody said how long.
const DEFAULT_TIMEOUT: u64 = 30_000_000_000;
/// Between two tries to lead the lane of a link that has ended.
const LEADER_LEAVES: Duration = Duration::from_micros(100);

/// What came for calls that no thread waits for, until it is handed on.
#[derive(Default)]
pub(super) struct Answers {
    arrived: Mutex<Vec<Arrived>>,
    count: AtomicUsize,
    /// Makes the poller look.
    poller: Kick,
    has_poller: AtomicBool,
    /// Calls are to be ended whose deadline has passed.
    some_are_late: AtomicBool,
}

/// What came for a call that no thread waits for.
pub(super) enum Arrived {
    Answer(Terminal),
    /// Something of a stream.
    Stream(Arc<Relay>),
}

impl Answers {
    fn arrived(&self) -> MutexGuard<'_, Vec<Arrived>> {
        self.arrived.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(super) fn any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }
}

impl Caller {
    /// Sends a call whose answer goes to `recipient`, on another thread.
    pub fn submit(
        self: &Arc<Self>,
        method: u32,
        sent: &Outbound<'_>,
        recipient: Recipient<'_>,
    ) -> Result<()> {
        let (Some(pipe), Recipient::Call(call)) = (sent.pipe, recipient) else {
            return match sent.queue {
                Some(queue) if self.is_fetched_by(queue) => {
                    self.submit_to_loop(method, sent, recipient, queue)
                }
                _ => self.submit_to_poller(method, sent, recipient),
            };
        };
        let slot = self.begin(sent, false)?;
        self.calls.await_answer(slot);
        let id = slot.id();
        let stream = pipe.handler_end();
        let on_end = Box::new(move |outcome| drop(call.answer(outcome)));
        let role = Role::Caller(Mutex::new(Some(on_end)));
        let relay = Relay::new(self.end.clone(), id, role, DEFAULT_MAX_MESSAGE_SIZE);
        call.will_be_sent_as(id);
        slot.expect_for(Expected::Stream(call, relay.clone()), Deadline::NONE);
        self.send(method, sent, id, wire::STREAM)?;
        // Who waits for it says how.
        let this: Arc<dyn Fetch> = self.clone();
        stream.comes_from(Arc::downgrade(&this));
        relay.begin(stream);
        self.submitted();
        Ok(())
    }

    fn submit_to_poller(
        self: &Arc<Self>,
        method: u32,
        sent: &Outbound<'_>,
        recipient: Recipient<'_>,
    ) -> Result<()> {
        self.start_poller()?;
        let slot = self.begin(sent, false)?;
        self.calls.await_answer(slot);
        let id = slot.id();
        let deadline = expect(slot, method, sent, recipient);
        self.send(method, sent, id, 0)?;
        timer::watch(deadline);
        self.submitted();
        Ok(())
    }

    fn submitted(self: &Arc<Self>) {
        if self.answers.has_poller.load(Ordering::SeqCst) {
            self.end.nudge();
        }
        // The poller may have left when the link ended, and before it could see this call.
        fence(Ordering::SeqCst);
        if self.end.ended().is_some() {
            let _ = self.start_poller();
        }
    }

    /// Whether who polls this queue can fetch answers from here. Without descriptors for that, a thread does.
    #[inline]
    pub(super) fn is_fetched_by(self: &Arc<Self>, queue: &Queue) -> bool {
        queue.fetches_from(self) && self.end.doorbell.is_usable() || self.will_be_fetched_by(queue)
    }

    #[cold]
    fn will_be_fetched_by(self: &Arc<Self>, queue: &Queue) -> bool {
        let fetched = self.end.hang_doorbell().and_then(|hangs| Ok(hangs && queue.fetch_from(self)?));
        fetched.unwrap_or(false)
    }

    fn submit_to_loop(
        self: &Arc<Self>,
        method: u32,
        sent: &Outbound<'_>,
        recipient: Recipient<'_>,
        queue: &Queue,
    ) -> Result<()> {
        let slot = self.begin(sent, true)?;
        let id = slot.id();
        self.end.doorbell.begins();
        let deadline = expect(slot, method, sent, recipient);
        self.send(method, sent, id, 0)?;
        timer::watch(deadline);
        self.arm_for(queue);
        if self.end.ended().is_some() {
            self.settle();
        }
        Ok(())
    }

    /// Has the doorbell rung for what comes, if the queue sleeps until then.
    pub(super) fn arm_for(&self, queue: &Queue) {
        if queue.is_slept_on() && !self.end.lane().is_armed_for_loop() {
            self.end.nudge();
        }
    }

    /// Nobody waits any more for a call that was submitted. Somebody must read that it has ended.
    pub fn give_up(self: &Arc<Self>, id: u64) {
        self.cancel(id);
        if self.end.doorbell.bell().is_none() {
            self.clone().leave_to_thread();
        }
    }

    /// Somebody who reads the lane for himself has found what others wait for.
    pub(super) fn tell_of_arrivals(&self) {
        if !self.answers.any() {
            return;
        }
        if self.answers.has_poller.load(Ordering::SeqCst) {
            self.answers.poller.kick();
        }
        self.end.doorbell.ring();
    }

    /// Whether no call is under way for which no thread waits, and all that have ended are handed on.
    pub(super) fn is_settled(&self) -> bool {
        // In this order: whoever ends calls does it under the lead, and has noted that they ended when he lets go.
        !self.calls.any_for_call() && !self.end.lane().is_led() && !self.answers.any()
    }

    /// Keeps what somebody has found who does not hand it on himself.
    pub(super) fn arrive(&self, arrived: Arrived) {
        self.answers.arrived().push(arrived);
        self.answers.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Hands answers to those who wait for them: what this thread has found, and what others have left. Runs foreign code.
    pub(super) fn hand_on(&self, found: Vec<Arrived>) {
        if self.answers.any() {
            let left = std::mem::take(&mut *self.answers.arrived());
            self.answers.count.fetch_sub(left.len(), Ordering::SeqCst);
            left.into_iter().for_each(|arrived| self.hand_on_one(arrived));
        }
        found.into_iter().for_each(|arrived| self.hand_on_one(arrived));
    }

    fn hand_on_one(&self, arrived: Arrived) {
        let Terminal { expected, ending, .. } = match arrived {
            Arrived::Stream(relay) => return relay.turn(),
            Arrived::Answer(terminal) => terminal,
        };
        let outcome = match ending {
            Ending::Answer(outcome) => outcome,
            Ending::Late => Err(late(&self.name(&expected))),
            Ending::Gone { sent } => Err(self.gone(&self.name(&expected), sent)),
        };
        match expected {
            // Fails when nobody waits for it any more.
            Expected::Call(call) => drop(call.answer(outcome)),
            Expected::Stream(_, relay) => {
                relay.ended(outcome);
                relay.turn();
            }
            // A queue that was closed, or is no more, has nobody to tell.
            Expected::Queue(Ticket { queue, tag, .. }) => {
                drop(Queue::numbered(queue).map(|queue| queue.push(Completion::Call { tag, outcome })));
            }
            Expected::Nobody => {}
        }
    }

    /// What was called, for errors.
    #[cold]
    fn name(&self, expected: &Expected) -> Arc<str> {
        let name = match expected {
            Expected::Call(call) | Expected::Stream(call, _) => {
                call.method(|method| method.qualified.clone()).ok()
            }
            Expected::Queue(ticket) => self.names().get(&ticket.method).cloned(),
            Expected::Nobody => None,
        };
        name.unwrap_or_else(|| "a call that was given up".into())
    }

    /// Calls of which only queues know, and the earliest of their deadlines.
    pub fn for_queues(&self) -> (u64, Option<u64>) {
        self.calls.for_queues()
    }

    /// Has those ended whose deadline has passed. Runs foreign code.
    pub fn end_late(&self) {
        self.answers.some_are_late.store(true, Ordering::SeqCst);
        if nudge(self.end.lane(), || self.end.wants(), || self.look()) {
            self.end.rouse();
        }
        self.hand_on(Vec::new());
    }

    /// Ends them, if that was asked for. Only under the lead.
    pub(super) fn end_those_late(&self) -> bool {
        let answers = &self.answers;
        if !answers.some_are_late.load(Ordering::SeqCst)
            || !answers.some_are_late.swap(false, Ordering::SeqCst)
        {
            return false;
        }
        let late = self.calls.end_late();
        let any = !late.is_empty();
        for (id, terminal) in late {
            self.arrive(Arrived::Answer(terminal));
            self.cancel(id);
        }
        if any {
            self.tell_of_arrivals();
        }
        any
    }

    /// Starts the thread that leads the lane when answers are due for which no thread waits.
    pub(super) fn start_poller(self: &Arc<Self>) -> Result<()> {
        if self.answers.has_poller.load(Ordering::Acquire)
            || self.answers.has_poller.swap(true, Ordering::AcqRel)
        {
            return Ok(());
        }
        let caller = self.clone();
        let started = std::thread::Builder::new().name("hms-answers".into()).spawn(move || {
            introspect::THREADS.fetch_add(1, Ordering::SeqCst);
            caller.poll();
            introspect::THREADS.fetch_sub(1, Ordering::SeqCst);
        });
        started.map(drop).map_err(|e| {
            self.answers.has_poller.store(false, Ordering::Release);
            Error::exhausted(format!("no thread could be started for asynchronous calls: {e}"))
        })
    }

    fn poll(&self) {
        let patience = Patience { spin: 0, deadline: Deadline::NONE, otherwise: 0, slice: 0 };
        while self.end.ended().is_none() {
            let mut poller = Poller { caller: self, found: Vec::new() };
            if let Err(broken) = attend(self.end.lane(), &self.end.kick, &mut poller, patience) {
                self.end.poison(broken);
                self.settle();
            }
            self.hand_on(poller.found);
        }
        loop {
            // Whoever leads ends the calls, and leaves their answers to this thread.
            while !self.settle() {
                std::thread::sleep(LEADER_LEAVES);
            }
            self.hand_on(Vec::new());
            self.answers.has_poller.store(false, Ordering::Release);
            fence(Ordering::SeqCst);
            if self.is_settled() || self.answers.has_poller.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    /// The other end cannot ring for event loops.
    pub fn doorbell_failed(self: &Arc<Self>) {
        self.end.doorbell.refused();
        self.clone().leave_to_thread();
    }
}

/// The answer of a call that will be sent from there goes to its recipient. Gives the deadline that the timer is to watch: after
/// sending, whose fence lets either the timer see the call, or the caller that the timer has looked.
#[inline]
fn expect(slot: &Slot, method: u32, sent: &Outbound<'_>, recipient: Recipient<'_>) -> Deadline {
    match recipient {
        Recipient::Call(call) => {
            call.will_be_sent_as(slot.id());
            slot.expect_for(Expected::Call(call), Deadline::NONE);
            Deadline::NONE
        }
        Recipient::Queue(queue, tag) => {
            let deadline = match sent.deadline {
                Deadline::NONE => Deadline::about(DEFAULT_TIMEOUT),
                deadline => deadline,
            };
            slot.expect_for(Expected::Queue(Ticket { queue: queue.number(), tag, method }), deadline);
            deadline
        }
    }
}

/// The thread that hands on answers for which no thread waits.
struct Poller<'a> {
    caller: &'a Caller,
    /// What it hands on when it has let go of the lane.
    found: Vec<Arrived>,
}

impl Attendant for Poller<'_> {
    fn is_done(&self) -> bool {
        !self.found.is_empty() || self.caller.answers.any() || self.caller.end.ended().is_some()
    }

    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        self.found.extend(self.caller.frame(frame)?);
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

    fn is_due(&self) -> bool {
        self.caller.calls.awaited() > 0
            || self.caller.end.doorbell.calls() > 0
            || self.caller.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        Some(self.caller.answers.poller.watched())
    }

    fn rouse_others(&self) {
        self.caller.end.rouse();
    }

    fn go_on(&mut self) -> bool {
        true
    }
}
