//! What both ends of a link have, and how it all ends.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};

use super::arena::Arenas;
use super::doorbell::Doorbell;
use super::references::References;
use super::returns::Returns;
use super::sending::Outbox;
use super::terms::Terms;
use super::unsent::Unsent;
use super::wire::{self, Control, Packet};
use crate::call::Deadline;
use crate::error::{Error, Result};
use crate::shm::attend::nudge;
use crate::shm::control;
use crate::shm::futex::Kick;
use crate::shm::lane::{Lane, Wants};
use crate::shm::mapped::Mapped;
use crate::shm::ring::Poisoned;
use crate::shm::segment::{Backend, OwnSegment, PeerSegment};

/// Arenas that a peer may announce.
const MOST_ARENAS: usize = 64;

/// One end of a link.
pub struct End {
    pub(super) lane: Lane<Mapped>,
    pub(super) arenas: Arenas,
    /// Those that the peer has announced, by number.
    pub(super) peer_arenas: Box<[OnceLock<PeerSegment>]>,
    pub(super) outbox: Outbox,
    /// What will never be sent, for those who read the lane to tell.
    pub unsent: Unsent,
    /// Loans of the peer that are done with and not yet given back.
    pub(super) returns: Returns,
    pub(super) references: References,
    /// Makes those who sleep on this end look.
    pub kick: Kick,
    /// Wakes the event loops of this end.
    pub doorbell: Doorbell,
    ended: OnceLock<Error>,
    socket: OwnedFd,
    /// The number of this process.
    pub home: u64,
    /// The peer, for errors: `greet (process 4711)`.
    pub peer: String,
    pub(super) backend: Backend,
    pub(super) terms: Terms,
    /// Mapped for as long as the lane.
    segments: (OwnSegment, PeerSegment),
}

impl End {
    /// An end over segments that both sides have mapped.
    pub fn new(
        segments: (OwnSegment, PeerSegment),
        backend: Backend,
        socket: OwnedFd,
        (home, peer): (u64, String),
        terms: Terms,
    ) -> Arc<End> {
        // SAFETY: both are as long as a segment is, and live as long as the lane.
        let memory = unsafe { Mapped::new(segments.0.as_ptr(), segments.1.as_ptr()) };
        Arc::new_cyclic(|end| End {
            lane: Lane::new(memory),
            references: References::to(end.clone()),
            arenas: Arenas::default(),
            peer_arenas: (0..MOST_ARENAS).map(|_| OnceLock::new()).collect(),
            outbox: Outbox::default(),
            unsent: Unsent::default(),
            returns: Returns::default(),
            kick: Kick::default(),
            doorbell: Doorbell::default(),
            ended: OnceLock::new(),
            socket,
            home,
            peer,
            backend,
            terms,
            segments,
        })
    }

    /// Its lane.
    pub fn lane(&self) -> &Lane<Mapped> {
        &self.lane
    }

    /// The segment that this end writes.
    pub fn own_segment(&self) -> &OwnSegment {
        &self.segments.0
    }

    /// The other end has opened this end's segment.
    pub fn opened(&self) {
        self.segments.0.opened_by_peer();
    }

    /// A deadline as it is sent: a point in time if both ends share a clock, else the time left.
    #[inline]
    pub fn deadline_to_send(&self, deadline: Deadline) -> u64 {
        if self.terms.shares_clock || deadline == Deadline::NONE {
            return deadline.0;
        }
        deadline.left().map_or(0, |left| left.as_nanos().max(1) as u64)
    }

    /// A deadline as it came.
    #[inline]
    pub fn deadline_received(&self, deadline: u64) -> Deadline {
        if self.terms.shares_clock { Deadline(deadline) } else { Deadline::after(deadline) }
    }

    /// The control socket.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Why the link has ended, if it has.
    pub fn ended(&self) -> Option<&Error> {
        self.ended.get()
    }

    /// Ends the link, once. Who reads it acts on that; whoever sleeps is woken.
    pub fn end(&self, why: Error) {
        if self.ended.set(why).is_ok() {
            let _ = control::shutdown(self.socket());
            self.kick.kick();
        }
    }

    /// The peer has broken the rules: nothing it says counts any more.
    pub fn poison(&self, Poisoned(how): Poisoned) {
        crate::log::warning("shm", &format!("link to {}: {how}; the link is closed", self.peer));
        self.end(Error::unavailable(format!("the link to {} was closed: {how}", self.peer)));
    }

    /// Sends a packet on the control socket.
    pub fn tell(&self, control: Control, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
        let bytes = wire::bytes(&Packet { control: Some(control) });
        match control::send(self.socket(), &bytes, descriptors) {
            Ok(control::Sent::Done) => Ok(()),
            Ok(control::Sent::WouldBlock) => {
                Err(Error::unavailable(format!("{} does not read its control socket", self.peer)))
            }
            Err(e) => Err(Error::unavailable(format!("{} cannot be told: {e}", self.peer))),
        }
    }

    /// What to be rung for besides frames.
    pub fn wants(&self) -> Wants {
        let waits = self.has_waiting();
        let doorbell = self.doorbell.is_wanted();
        Wants { room: waits || self.returns.any(), memory: waits, doorbell }
    }

    /// Lets whoever reads the lane know of something that it must look at: the leader looks before it lets go, and if
    /// nobody leads, the lane is armed anew for what is wanted now.
    pub fn nudge(&self) {
        if nudge(&self.lane, || self.wants(), || self.flush() | self.unsent.any() | self.ended().is_some()) {
            self.rouse();
        }
    }

    /// Makes all look at the lane who sleep until something comes.
    pub fn rouse(&self) {
        self.kick.kick();
        if self.doorbell.is_wanted() {
            self.doorbell.ring();
        }
    }
}
