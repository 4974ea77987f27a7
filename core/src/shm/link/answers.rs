//! Answers for which no thread waits: who takes them from the lane, and hands them on.
//!
//! That is who polls the queue to which they go, or a thread of the link where there is none.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::caller::Caller;
use super::calls::{Ending, Expected, Terminal};
use super::relay::{Relay, Role};
use super::wire;
use crate::call::{Call, Deadline};
use crate::dispatch::{Fetch, Outbound, Queue};
use crate::error::{Error, Result};
use crate::service::DEFAULT_MAX_MESSAGE_SIZE;
use crate::shm::attend::{Attendant, Flow, Patience, attend, fetch};
use crate::shm::futex::{Kick, Watched};
use crate::shm::lane::Wants;
use crate::shm::ring::{Frame, Poisoned};
use crate::{introspect, log};

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

    fn any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }
}

impl Caller {
    /// Sends a call whose answer goes to `call`, on another thread.
    pub fn submit(self: &Arc<Self>, method: u32, sent: &Outbound<'_>, call: Call) -> Result<()> {
        let Some(pipe) = sent.pipe else {
            return match sent.queue {
                Some(queue) if self.is_fetched_by(queue) => self.submit_to_loop(method, sent, call, queue),
                _ => self.submit_to_poller(method, sent, call),
            };
        };
        let slot = self.begin(sent, false)?;
        let id = slot.id();
        let stream = pipe.handler_end();
        let on_end = Box::new(move |outcome| drop(call.answer(outcome)));
        let role = Role::Caller(Mutex::new(Some(on_end)));
        let relay = Relay::new(self.end.clone(), id, role, DEFAULT_MAX_MESSAGE_SIZE);
        call.will_be_sent_as(id);
        slot.expect_for(Expected { call, stream: Some(relay.clone()) });
        self.send(method, sent, id, wire::STREAM)?;
        // Who waits for it says how.
        let this: Arc<dyn Fetch> = self.clone();
        stream.comes_from(Arc::downgrade(&this));
        relay.begin(stream);
        self.submitted();
        Ok(())
    }

    fn submit_to_poller(self: &Arc<Self>, method: u32, sent: &Outbound<'_>, call: Call) -> Result<()> {
        self.start_poller()?;
        let slot = self.begin(sent, false)?;
        let id = slot.id();
        call.will_be_sent_as(id);
        slot.expect_for(Expected { call, stream: None });
        self.send(method, sent, id, 0)?;
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
    fn is_fetched_by(self: &Arc<Self>, queue: &Queue) -> bool {
        let fetched = self.end.hang_doorbell().and_then(|hangs| Ok(hangs && queue.fetch_from(self)?));
        fetched.unwrap_or(false)
    }

    fn submit_to_loop(
        self: &Arc<Self>,
        method: u32,
        sent: &Outbound<'_>,
        call: Call,
        queue: &Queue,
    ) -> Result<()> {
        let slot = self.begin(sent, true)?;
        let id = slot.id();
        call.will_be_sent_as(id);
        self.end.doorbell.begins();
        slot.expect_for(Expected { call, stream: None });
        self.send(method, sent, id, 0)?;
        self.arm_for(queue);
        if self.end.ended().is_some() {
            self.settle();
        }
        Ok(())
    }

    /// Has the doorbell rung for what comes, if the queue sleeps until then.
    fn arm_for(&self, queue: &Queue) {
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

    /// Keeps what somebody has found who does not hand it on himself.
    pub(super) fn arrive(&self, arrived: Arrived) {
        self.answers.arrived().push(arrived);
        self.answers.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Hands answers to those who wait for them: what this thread has found, and what others have left. Runs foreign code.
    fn hand_on(&self, found: Vec<Arrived>) {
        if self.answers.any() {
            let left = std::mem::take(&mut *self.answers.arrived());
            self.answers.count.fetch_sub(left.len(), Ordering::SeqCst);
            left.into_iter().for_each(|arrived| self.hand_on_one(arrived));
        }
        found.into_iter().for_each(|arrived| self.hand_on_one(arrived));
    }

    fn hand_on_one(&self, arrived: Arrived) {
        let Terminal { expected: Expected { call, stream }, ending, .. } = match arrived {
            Arrived::Stream(relay) => return relay.turn(),
            Arrived::Answer(terminal) => terminal,
        };
        let outcome = match ending {
            Ending::Answer(outcome) => outcome,
            Ending::Gone { sent } => {
                let name = call.method(|method| method.qualified.clone());
                Err(self.gone(name.as_deref().unwrap_or("a call that was given up"), sent))
            }
        };
        match stream {
            // Fails when nobody waits for it any more.
            None => drop(call.answer(outcome)),
            Some(relay) => {
                relay.ended(outcome);
                relay.turn();
            }
        }
    }

    /// Starts the thread that leads the lane when answers are due for which no thread waits.
    fn start_poller(self: &Arc<Self>) -> Result<()> {
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
            if !self.calls.any_for_call() || self.answers.has_poller.swap(true, Ordering::AcqRel) {
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

impl Fetch for Caller {
    fn doorbell(&self) -> Option<BorrowedFd<'_>> {
        self.end.doorbell.bell()
    }

    fn is_due(&self) -> bool {
        let doorbell = &self.end.doorbell;
        doorbell.calls() > 0 || self.answers.any() || doorbell.is_wanted() && self.calls.open() > 0
    }

    fn fetch_now(&self) {
        self.fetch_for(0, false, &|| true);
    }

    fn serve_streams(self: Arc<Self>, queue: &Arc<Queue>) -> bool {
        let is_served = self.is_fetched_by(queue);
        if is_served {
            self.end.doorbell.serve_streams();
            self.arm_for(queue);
        }
        is_served
    }

    fn fetch(&self, most_spin: u64, parks: bool, enough: &dyn Fn() -> bool) {
        if self.is_due() {
            self.fetch_for(most_spin, parks, enough);
        }
    }

    fn leave_to_thread(self: Arc<Self>) {
        if let Err(error) = self.start_poller() {
            log::warning("shm", error.message());
        }
    }

    fn is_over(&self) -> bool {
        self.end.ended().is_some() && !self.answers.any() && !self.calls.any_for_call()
    }
}

impl Caller {
    fn fetch_for(&self, most_spin: u64, parks: bool, enough: &dyn Fn() -> bool) {
        let budget = if enough() { 0 } else { self.tempo.budget().min(most_spin) };
        let mut fetching = Fetching { caller: self, parks, enough, found: Vec::new() };
        if let Err(broken) = fetch(self.end.lane(), &mut fetching, budget) {
            self.end.poison(broken);
            self.settle();
        }
        self.hand_on(fetching.found);
    }
}

/// Who polls a queue.
struct Fetching<'a> {
    caller: &'a Caller,
    /// Looks again only when the doorbell is rung.
    parks: bool,
    enough: &'a dyn Fn() -> bool,
    /// What it hands on when it has let go of the lane.
    found: Vec<Arrived>,
}

impl Attendant for Fetching<'_> {
    fn is_done(&self) -> bool {
        !self.found.is_empty() || self.caller.answers.any() || (self.enough)()
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
        self.parks || self.caller.calls.open() > 0 || self.caller.end.has_waiting()
    }

    fn word(&self) -> Option<Watched<'_>> {
        None
    }

    fn rouse_others(&self) {
        self.caller.end.rouse();
    }

    fn go_on(&mut self) -> bool {
        true
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
        self.caller.calls.open() > 0 || self.caller.end.doorbell.calls() > 0 || self.caller.end.has_waiting()
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
