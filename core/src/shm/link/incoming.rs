//! What came in a frame: copied, or memory that the peer has lent.

use std::sync::Arc;

use super::end::End;
use super::wire::{self, ENCODING, EXTRA, EXTRA_PLACED, PAYLOAD_PLACED, Place};
use crate::buffer::Buffer;
use crate::codec::Encoding;
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
    pub payload: Buffer,
}

impl End {
    /// What a frame carries.
    pub fn read(self: &Arc<Self>, frame: &Frame) -> std::result::Result<Incoming, Poisoned> {
        let encoding = Encoding::numbered(u32::from(frame.header.flags & ENCODING));
        if frame.header.flags & (EXTRA | PAYLOAD_PLACED) == 0 {
            let payload = Buffer::filled(Thread::current(), frame.len, |bytes| {
                frame.read(self.lane().memory(), 0, bytes)
            });
            return Ok(Incoming { extra: None, encoding, payload });
        }
        self.read_parts(frame, encoding)
    }

    fn read_parts(
        self: &Arc<Self>,
        frame: &Frame,
        encoding: Encoding,
    ) -> std::result::Result<Incoming, Poisoned> {
        let mut body = vec![0; frame.len];
        frame.read(self.lane().memory(), 0, &mut body);
        let mut rest = body.as_slice();
        let short = Poisoned("a body is shorter than it says");
        let mut extra = None;
        if frame.header.flags & EXTRA != 0 {
            let lent;
            let bytes = if frame.header.flags & EXTRA_PLACED != 0 {
                lent = self.lent_by_peer(take(&mut rest, Place::SIZE).ok_or(short)?)?;
                lent.as_slice()
            } else {
                let len = take(&mut rest, 4).ok_or(short)?;
                let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
                take(&mut rest, len).ok_or(short)?
            };
            extra = Some(wire::read(bytes).map_err(|_| Poisoned("an extra part cannot be read"))?);
        }
        let payload = if frame.header.flags & PAYLOAD_PLACED != 0 {
            self.lent_by_peer(take(&mut rest, Place::SIZE).ok_or(short)?)?
        } else {
            Buffer::copy_of(rest)
        };
        Ok(Incoming { extra, encoding, payload })
    }

    /// Memory of the peer, which gets it back when the buffer is dropped, or a copy.
    fn lent_by_peer(self: &Arc<Self>, place: &[u8]) -> std::result::Result<Buffer, Poisoned> {
        let place = Place::from_bytes(place).ok_or(Poisoned("a place cannot be read"))?;
        let arenas = self.peer_arenas.read().unwrap_or_else(|e| e.into_inner());
        let arena = arenas.get(place.arena as usize).ok_or(Poisoned("a place is in no known arena"))?.clone();
        drop(arenas);
        let end = place.offset.checked_add(place.len).ok_or(Poisoned("a place is beyond its arena"))?;
        if end > arena.len() as u64 {
            return Err(Poisoned("a place is beyond its arena"));
        }
        if !self.terms.is_trusted {
            let mut is_whole = true;
            let copy = Buffer::filled(Thread::current(), place.len as usize, |bytes| {
                is_whole = arena.copy_out(place.offset as usize, bytes).is_ok();
            });
            self.done_with(place.loan);
            return if is_whole { Ok(copy) } else { Err(Poisoned("a place is beyond its arena")) };
        }
        // SAFETY: inside the arena.
        let data = unsafe { arena.as_ptr().add(place.offset as usize) };
        let held = Box::new(Held { end: self.clone(), _arena: arena, loan: place.loan });
        // SAFETY: mapped for as long as it is held. The peer promised not to change what it has lent; one that does
        // harms what the bytes say, as it could have before it lent them.
        Ok(unsafe { Buffer::foreign(data, place.len as usize, give_back, Box::into_raw(held).cast()) })
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
