//! What was settled when two ends met.

use super::wire::{self, Failure};
use crate::buffer::Buffer;
use crate::error::Error;
use crate::shm::layout::{Header, Kind};

/// What an end can rely on.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// This end serves calls, the other makes them.
    pub serves: bool,
    /// Both ends have the same clock.
    pub shares_clock: bool,
    /// The other process belongs to the same user. What another has lent is copied before it is looked at: it may change.
    pub is_trusted: bool,
}

impl Terms {
    /// What is sent in the place of a frame for which there is no memory. The other end takes it for the end of the call, and
    /// drops what comes after. None where the other end knows nothing of the call.
    pub fn in_place_of(&self, unsent: &Header, why: &Error) -> Option<(Header, Buffer)> {
        let header = |kind| Header { kind, flags: 0, call: unsent.call, number: 0, deadline: 0 };
        match unsent.kind {
            Kind::Reply | Kind::Error | Kind::StreamData if self.serves => {
                Some((header(Kind::Error), Buffer::from(wire::bytes(&Failure::from(why)))))
            }
            Kind::StreamData => Some((header(Kind::Cancel), Buffer::EMPTY)),
            _ => None,
        }
    }
}
