//! What came in a frame: copied, or memory that the peer has lent.

use std::sync::Arc;

use super::end::End;
use super::wire::{self, ENCODING, EXTRA, EXTRA_PLACED, PAYLOAD_PLACED, Place};
use crate::buffer::Buffer;
use crate::codec::Encoding;
use crate::error::Error;
use crate::service::too_large;
use crate::shm::ring::{Frame, Poisoned};
use crate::shm::segment::PeerSegment;
use crate::thread::Thread;

/// What came in a frame.
pub struct Incoming {
    /// Its extra part.
    pub extra: Option<wire::Extra>,
    /// How the payload is encoded.
    pub encoding: Encoding,
    /// The payload: a copy, or memory that the peer has lent.
    pub payload: Taken,
}

impl Incoming {
    /// The bytes of the payload, none if they are too many.
    pub fn bytes(&self) -> &[u8] {
        self.payload.as_ref().map_or(&[], Buffer::as_slice)
    }
}

/// A payload, unless it is too long to be taken.
pub type Taken = std::result::Result<Buffer, Oversized>;

/// What another user's process has lent is not copied: it is longer than was to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oversized {
    /// Its bytes.
    pub len: usize,
    /// Bytes that would have been taken.
    pub most: u64,
}

impl Oversized {
    /// What its receiver is told.
    pub fn error(self, what: &str, from: &str) -> Error {
        too_large(from, what, self.len, self.most)
    }
}

impl End {
    /// What a frame carries. Of what must be copied out of an arena, no more than `most` bytes are.
    pub fn read(
        self: &Arc<Self>,
        frame: &Frame,
        most: impl FnOnce() -> u64,
    ) -> std::result::Result<Incoming, Poisoned> {
        let encoding = Encoding::numbered(u32::from(frame.header.flags & ENCODING));
        if frame.header.flags & (EXTRA | PAYLOAD_PLACED) == 0 {
            let payload = Buffer::filled(Thread::current(), frame.len, |bytes| {
                frame.read(self.lane().memory(), 0, bytes)
            });
            return Ok(Incoming { extra: None, encoding, payload: Ok(payload) });
        }
        self.read_parts(frame, encoding, most())
    }

    fn read_parts(
        self: &Arc<Self>,
        frame: &Frame,
        encoding: Encoding,
        most: u64,
    ) -> std::result::Result<Incoming, Poisoned> {
        let mut body = vec![0; frame.len];
        frame.read(self.lane().memory(), 0, &mut body);
        let mut rest = body.as_slice();
        let short = Poisoned("a body is shorter than it says");
        let (mut extra, mut oversized) = (None, None);
        if frame.header.flags & EXTRA != 0 {
            let lent;
            let bytes = if frame.header.flags & EXTRA_PLACED != 0 {
                lent = self.lent_by_peer(take(&mut rest, Place::SIZE).ok_or(short)?, most)?;
                oversized = lent.as_ref().err().copied();
                lent.as_ref().map_or(&[][..], Buffer::as_slice)
            } else {
                let len = take(&mut rest, 4).ok_or(short)?;
                let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
                take(&mut rest, len).ok_or(short)?
            };
            extra = Some(wire::read(bytes).map_err(|_| Poisoned("an extra part cannot be read"))?);
        }
        let payload = if frame.header.flags & PAYLOAD_PLACED != 0 {
            self.lent_by_peer(take(&mut rest, Place::SIZE).ok_or(short)?, most)?
        } else {
            Ok(Buffer::copy_of(rest))
        };
        Ok(Incoming { extra, encoding, payload: oversized.map_or(payload, Err) })
    }

    /// Memory of the peer, which gets it back when the buffer is dropped, or a copy of no more than `most` bytes.
    fn lent_by_peer(self: &Arc<Self>, place: &[u8], most: u64) -> std::result::Result<Taken, Poisoned> {
        let place = Place::from_bytes(place).ok_or(Poisoned("a place cannot be read"))?;
        let arenas = self.peer_arenas.read().unwrap_or_else(|e| e.into_inner());
        let arena = arenas.get(place.arena as usize).ok_or(Poisoned("a place is in no known arena"))?.clone();
        drop(arenas);
        let end = place.offset.checked_add(place.len).ok_or(Poisoned("a place is beyond its arena"))?;
        if end > arena.len() as u64 {
            return Err(Poisoned("a place is beyond its arena"));
        }
        if !self.terms.is_trusted && place.len > most {
            self.done_with(place.loan);
            return Ok(Err(Oversized { len: place.len as usize, most }));
        }
        if !self.terms.is_trusted {
            let mut is_whole = true;
            let copy = Buffer::filled(Thread::current(), place.len as usize, |bytes| {
                is_whole = arena.copy_out(place.offset as usize, bytes).is_ok();
            });
            self.done_with(place.loan);
            return if is_whole { Ok(Ok(copy)) } else { Err(Poisoned("a place is beyond its arena")) };
        }
        // SAFETY: inside the arena.
        let data = unsafe { arena.as_ptr().add(place.offset as usize) };
        let held = Box::new(Held { end: self.clone(), _arena: arena, loan: place.loan });
        // SAFETY: mapped for as long as it is held. The peer promised not to change what it has lent; one that does
        // harms what the bytes say, as it could have before it lent them.
        let view =
            unsafe { Buffer::foreign(data, place.len as usize, give_back, Box::into_raw(held).cast()) };
        Ok(Ok(view))
    }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

/// A loan of the peer that is in use.
struct Held {
    end: Arc<End>,
    _arena: Arc<PeerSegment>,
    loan: u32,
}

/// # Safety
/// `ctx` must be a `Held` that was boxed for this.
unsafe extern "C" fn give_back(ctx: *mut std::ffi::c_void) {
    // SAFETY: boxed by `lent_by_peer`, and released once.
    let held = unsafe { Box::from_raw(ctx.cast::<Held>()) };
    if held.end.ended().is_none() {
        held.end.done_with(held.loan);
    }
}
