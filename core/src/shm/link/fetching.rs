//! Who polls a queue takes answers from the lane himself.

use std::cell::Cell;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use super::answers::Arrived;
use super::caller::Caller;
use super::calls::Chain;
use crate::call::Response;
use crate::dispatch::{Completion, Fetch, Queue};
use crate::log;
use crate::shm::attend::{Attendant, Flow, fetch};
use crate::shm::futex::Watched;
use crate::shm::lane::Wants;
use crate::shm::layout::Kind;
use crate::shm::ring::{Frame, Poisoned};
use crate::thread::Thread;

impl Fetch for Caller {
    fn doorbell(&self) -> Option<BorrowedFd<'_>> {
        self.end.doorbell.bell()
    }

    fn is_due(&self) -> bool {
        let doorbell = &self.end.doorbell;
        doorbell.calls() > 0 || self.answers.any() || doorbell.is_wanted() && self.calls.awaited() > 0
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
        self.end.ended().is_some() && self.is_settled()
    }
}

impl Caller {
    fn fetch_for(&self, most_spin: u64, parks: bool, enough: &dyn Fn() -> bool) {
        let budget = if enough() { 0 } else { self.tempo.budget().min(most_spin) };
        let thread = Thread::current();
        // SAFETY: set only while the frame below us on this stack is alive.
        let polled = unsafe { thread.polls.get().as_ref() }.map_or(0, Queue::number);
        let mut fetching = Fetching {
            caller: self,
            thread,
            polled,
            parks,
            waits: budget > 0,
            enough,
            found: Vec::new(),
            ended: Cell::default(),
            has_fetched: false,
        };
        if let Err(broken) = fetch(self.end.lane(), &mut fetching, budget) {
            self.end.poison(broken);
            self.settle();
        }
        fetching.give_back();
        self.hand_on(fetching.found);
    }
}

/// Slots that are given back at once.
const TOGETHER: usize = 32;

/// Who polls a queue.
struct Fetching<'a> {
    caller: &'a Caller,
    thread: &'static Thread,
    /// The number of the queue; 0 = it polls none.
    polled: u64,
    /// Looks again only when the doorbell is rung.
    parks: bool,
    waits: bool,
    enough: &'a dyn Fn() -> bool,
    /// What it hands on when it has let go of the lane.
    found: Vec<Arrived>,
    /// Calls of the queue itself that have ended, and are still counted.
    ended: Cell<Chain>,
    /// Something has come for the queue itself.
    has_fetched: bool,
}

impl Fetching<'_> {
    /// Counts the calls that have ended. Before the lane is armed: see [`Lane::is_armed_for_loop`](crate::shm::lane::Lane).
    fn give_back(&self) {
        let ended = self.ended.take();
        if ended.len > 0 {
            self.caller.calls.put_back(ended);
            self.caller.end.doorbell.ends(ended.len);
        }
    }
}

impl Attendant for Fetching<'_> {
    fn is_done(&self) -> bool {
        self.has_fetched || !self.found.is_empty() || self.caller.answers.any() || (self.enough)()
    }

    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        if frame.header.kind == Kind::Reply
            && !self.caller.end.unsent.any()
            && let Some((slot, tag)) = self.caller.calls.fetched_by(frame.header.call, self.polled)
            && let Some((payload, encoding)) = self.caller.end.read_plain(frame)
        {
            let mut ended = self.ended.get();
            if self.caller.calls.end_fetched(slot, &mut ended) {
                let outcome = Ok(Response::new(payload, encoding));
                self.thread.fetched.borrow_mut().push(Completion::Call { tag, outcome });
                self.has_fetched = true;
            }
            self.ended.set(ended);
            if ended.len == TOGETHER {
                self.give_back();
            }
            return Ok(Flow::Next);
        }
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
        self.give_back();
        self.caller.end.wants()
    }

    fn is_due(&self) -> bool {
        self.give_back();
        self.parks || self.caller.calls.awaited() > 0 || self.caller.end.has_waiting()
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

    fn gives_way(&self) -> bool {
        self.waits && self.caller.tempo.gives_way()
    }
}
