//! How the threads of the end that serves take frames from the lane.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::incoming::Incoming;
use super::relay::Relay;
use super::serving::{FIRST, RESOLVE, Served, Serving};
use super::wire;
use crate::service::ALWAYS_FITS;
use crate::shm::attend::{Attendant, Flow};
use crate::shm::futex::Watched;
use crate::shm::lane::Wants;
use crate::shm::layout::{Header, Kind};
use crate::shm::ring::{Frame, Poisoned};
use crate::thread::Thread;

/// What a frame asked for that is done without the lead.
pub(super) enum Work {
    Call(Header, Incoming),
    Cancel(u64),
    /// Something came for a stream.
    Stream(Arc<Relay>),
}

/// A thread that waits for calls.
pub(super) struct Crew<'a> {
    serving: &'a Arc<Serving>,
    thread: &'static Thread,
    pub(super) work: Option<Work>,
    /// The method that was called last, and its number.
    number: u32,
    pub(super) last: Option<Arc<Served>>,
    /// Bytes of the last call's payload.
    pub(super) bytes: usize,
    /// It will watch those who run handlers without letting go of the lane.
    pub(super) watches: bool,
}

impl<'a> Crew<'a> {
    /// `bytes` = those of the last call that this thread took.
    pub(super) fn new(serving: &'a Arc<Serving>, thread: &'static Thread, bytes: usize) -> Crew<'a> {
        Crew { serving, thread, work: None, number: RESOLVE, last: None, bytes, watches: false }
    }

    fn find(&mut self, number: u32) {
        if self.number != number {
            let methods = self.serving.methods.read().unwrap_or_else(|e| e.into_inner());
            self.last = methods.get(number.wrapping_sub(FIRST) as usize).cloned();
            self.number = number;
        }
    }

    /// Bytes of a message that the method takes.
    fn most(&self) -> u64 {
        self.last.as_ref().map_or(ALWAYS_FITS as u64, |served| served.service.max_message_size)
    }
}

impl Attendant for Crew<'_> {
    fn is_done(&self) -> bool {
        self.serving.end.ended().is_some()
    }

    fn frame(&mut self, frame: &Frame) -> std::result::Result<Flow, Poisoned> {
        let end = &self.serving.end;
        match frame.header.kind {
            Kind::Call => {
                let is_stream = frame.header.flags & wire::STREAM != 0;
                self.serving.running.claim(frame.header.call, is_stream)?;
                self.find(frame.header.number);
                if is_stream {
                    // Before the call is opened: its first messages may come at once.
                    self.serving.expect_stream(frame.header.call, self.most())?;
                }
                let incoming = end.read(frame, || self.most())?;
                self.bytes = incoming.payload_len();
                self.work = Some(Work::Call(frame.header, incoming));
                let may_run = frame.header.flags & wire::STREAM == 0 && self.last.is_some();
                return Ok(self.serving.pace.flow(self.last.as_ref().filter(|_| may_run), &end.kick));
            }
            Kind::StreamData | Kind::StreamEnd | Kind::Window => {
                let Some(relay) = self.serving.stream(frame.header.call) else {
                    // It has ended here, and the caller did not know yet.
                    end.read(frame, || 0)?;
                    return Ok(Flow::Next);
                };
                relay.frame(frame)?;
                self.work = Some(Work::Stream(relay));
            }
            Kind::Cancel => {
                if let Some(relay) = self.serving.stream(frame.header.call) {
                    relay.ignore();
                }
                self.work = Some(Work::Cancel(frame.header.call));
            }
            Kind::Release => {
                end.given_back(frame)?;
                end.flush();
                return Ok(Flow::Next);
            }
            _ => return Err(Poisoned("a frame came that only a server sends")),
        }
        Ok(Flow::Leave)
    }

    fn look(&mut self) -> bool {
        self.serving.look()
    }

    fn has_ended(&self) -> bool {
        self.is_done()
    }

    fn fail_all(&mut self) {}

    fn wants(&self) -> Wants {
        self.serving.end.wants()
    }

    fn is_due(&self) -> bool {
        true
    }

    fn word(&self) -> Option<Watched<'_>> {
        None
    }

    /// Who has sent much copies as much for its next call.
    #[inline(always)]
    fn spins(&self, _: u64) -> u64 {
        self.serving.tempo.budget_for(self.bytes)
    }

    #[inline(always)]
    fn gives_way(&self) -> bool {
        self.serving.tempo.gives_way()
    }

    fn slept(&mut self, ns: u64) {
        self.serving.tempo.slept(ns);
        self.serving.pace.slept(ns);
    }

    fn rouse_others(&self) {
        self.serving.end.rouse();
    }

    fn go_on(&mut self) -> bool {
        self.watches = self.serving.pace.needs_watch();
        !self.watches
    }

    fn run(&mut self) {
        if let Some(work) = &mut self.work {
            self.serving.work(self.thread, work, self.last.as_deref());
            self.work = None;
        }
    }

    fn overtaken(&mut self) {
        self.serving.idle.fetch_add(1, Ordering::SeqCst);
    }
}
