//! Further arenas: this end announces its own, and maps those of the peer.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::end::End;
use super::sending::Growth;
use super::wire::{Arena, Control};
use crate::error::{Error, Result};
use crate::shm::ring::Poisoned;
use crate::shm::segment::{OwnSegment, PeerSegment, Purpose, Received};

impl End {
    pub(super) fn grow(&self, len: u64) -> Result<()> {
        let grown = self.announce_arena(len);
        if grown.is_err() {
            self.arenas.not_growing();
        }
        grown
    }

    fn announce_arena(&self, len: u64) -> Result<()> {
        let segment = Arc::new(OwnSegment::create(self.backend, len as usize, Purpose::Arena)?);
        let ticket = segment.ticket();
        let number = self.arenas.add(segment.clone());
        let arena = Arena { number, len: segment.len() as u64, ticket: ticket.text };
        self.tell(Control::Arena(arena), ticket.descriptor.as_slice())
    }

    /// The peer has announced an arena.
    pub fn open_arena(&self, arena: &Arena, descriptor: Option<OwnedFd>) -> Result<()> {
        let received = Received { descriptor, text: &arena.ticket };
        let opened = PeerSegment::open(self.backend, received, arena.len as usize, Purpose::Arena);
        let answer = match opened {
            Ok(segment) => {
                let is_next = arena.number == self.next_arena();
                let place = self.peer_arenas.get(arena.number as usize).filter(|_| is_next);
                if place.is_none_or(|place| place.set(segment).is_err()) {
                    return Err(Error::internal("an arena has a number out of order"));
                }
                Control::ArenaOk(arena.number)
            }
            Err(error) => {
                crate::log::warning("shm", &format!("an arena of {} cannot be mapped: {error}", self.peer));
                Control::ArenaFailed(arena.number)
            }
        };
        self.tell(answer, &[])
    }

    /// The number of the next arena that the peer announces.
    fn next_arena(&self) -> u32 {
        self.peer_arenas.iter().take_while(|arena| arena.get().is_some()).count() as u32
    }

    /// An arena that the peer has announced.
    #[inline]
    pub(super) fn arena_of_peer(&self, number: u32) -> Option<&PeerSegment> {
        self.peer_arenas.get(number as usize)?.get()
    }

    /// The peer has announced an arena whose descriptor this process had no room for.
    pub fn arena_lost(&self) -> Result<()> {
        crate::log::warning(
            "shm",
            &format!("an arena of {} was lost: too many descriptors are open (ulimit -n)", self.peer),
        );
        self.tell(Control::ArenaFailed(self.next_arena()), &[])
    }

    /// The peer has answered to an arena.
    pub fn arena_answered(&self, number: u32, is_mapped: bool) -> std::result::Result<(), Poisoned> {
        self.arenas.answered(number, is_mapped)?;
        // What needs more memory than the peer could map has failed: to try again at once would fail as well, without end.
        self.flush_with(if is_mapped { Growth::Allowed } else { Growth::Refused });
        if self.has_waiting() || self.unsent.any() {
            self.nudge();
        }
        Ok(())
    }
}
