//! What came in a frame: copied, or memory that the peer has lent.

use super::end::End;
use super::sending::MOST_BODY;
use super::wire::{self, ENCODING, EXTRA, EXTRA_PLACED, GIVES_BACK, PAYLOAD_PLACED, Place};
use crate::buffer::Buffer;
use crate::codec::Encoding;
use crate::error::Error;
use crate::service::too_large;
use crate::shm::line::prefetch;
use crate::shm::mapped::Mapped;
use crate::shm::ring::{Frame, Poisoned};
use crate::thread::Thread;

/// What came in a frame.
pub struct Incoming {
    /// Its extra part.
    pub extra: Option<Box<wire::Extra>>,
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

    /// How long the payload is, also if it was too long to be taken.
    pub fn payload_len(&self) -> usize {
        self.payload.as_ref().map_or_else(|oversized| oversized.len, |payload| payload.as_slice().len())
    }

    /// Takes a payload out that would not have fitted into a frame.
    pub fn take_large(&mut self) -> Option<Buffer> {
        let payload = self.payload.as_mut().ok()?;
        (payload.as_slice().len() > MOST_BODY).then(|| std::mem::take(payload))
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
    pub fn read(&self, frame: &Frame, most: impl FnOnce() -> u64) -> std::result::Result<Incoming, Poisoned> {
        if let Some((payload, encoding)) = self.read_plain(frame) {
            return Ok(Incoming { extra: None, encoding, payload: Ok(payload) });
        }
        self.read_parts(frame, most())
    }

    /// The payload of a frame that has nothing beside it, if all of it lies in the ring.
    #[inline(always)]
    pub fn read_plain(&self, frame: &Frame) -> Option<(Buffer, Encoding)> {
        if frame.header.flags & (EXTRA | PAYLOAD_PLACED | GIVES_BACK) != 0 {
            return None;
        }
        let payload =
            Buffer::filled(Thread::current(), frame.len, |bytes| frame.read(self.lane().memory(), 0, bytes));
        Some((payload, encoding_of(frame)))
    }

    fn read_parts(&self, frame: &Frame, most: u64) -> std::result::Result<Incoming, Poisoned> {
        let mut parts = Parts { frame, memory: self.lane().memory(), at: 0 };
        let flags = frame.header.flags;
        if flags & GIVES_BACK != 0 {
            let loan = u64::from_le_bytes(parts.take()?);
            self.arenas.give_back(u32::try_from(loan).map_err(|_| Poisoned("a loan has no such number"))?)?;
            if self.has_waiting() {
                self.flush();
            }
        }
        let (mut extra, mut oversized) = (None, None);
        if flags & EXTRA != 0 {
            let bytes = if flags & EXTRA_PLACED != 0 {
                let lent = self.lent_by_peer(parts.place()?, most)?;
                oversized = lent.as_ref().err().copied();
                lent.unwrap_or_default()
            } else {
                let len = u32::from_le_bytes(parts.take()?) as usize;
                let at = parts.next(len)?;
                let mut bytes = vec![0; len];
                frame.read(self.lane().memory(), at, &mut bytes);
                Buffer::from(bytes)
            };
            let read = wire::read(bytes.as_slice());
            extra = Some(Box::new(read.map_err(|_| Poisoned("an extra part cannot be read"))?));
        }
        let payload = if flags & PAYLOAD_PLACED != 0 {
            self.lent_by_peer(parts.place()?, most)?
        } else {
            let (at, len) = (parts.at, frame.len - parts.at);
            let read = |bytes: &mut [u8]| frame.read(self.lane().memory(), at, bytes);
            Ok(Buffer::filled(Thread::current(), len, read))
        };
        Ok(Incoming { extra, encoding: encoding_of(frame), payload: oversized.map_or(payload, Err) })
    }

    /// Memory of the peer, which gets it back when the buffer is dropped, or a copy of no more than `most` bytes.
    fn lent_by_peer(&self, place: Place, most: u64) -> std::result::Result<Taken, Poisoned> {
        let arena = self.arena_of_peer(place.arena).ok_or(Poisoned("a place is in no known arena"))?;
        let end = place.offset.checked_add(place.len).ok_or(Poisoned("a place is beyond its arena"))?;
        if end > arena.len() as u64 {
            return Err(Poisoned("a place is beyond its arena"));
        }
        if !self.terms.is_trusted && place.len > most {
            self.give_back(place.loan);
            return Ok(Err(Oversized { len: place.len as usize, most }));
        }
        if !self.terms.is_trusted {
            let mut is_whole = true;
            let copy = Buffer::filled(Thread::current(), place.len as usize, |bytes| {
                is_whole = arena.copy_out(place.offset as usize, bytes).is_ok();
            });
            self.give_back(place.loan);
            return if is_whole { Ok(Ok(copy)) } else { Err(Poisoned("a place is beyond its arena")) };
        }
        let reference = self.reference().ok_or(Poisoned("something came over a link that is gone"))?;
        // SAFETY: inside the arena.
        let data = unsafe { arena.as_ptr().add(place.offset as usize) };
        // It comes nearer while the call is on its way to who reads it.
        prefetch(data);
        // SAFETY: mapped for as long as the end is there. The peer promised not to change what it has lent; one that does
        // harms what the bytes say, as it could have before it lent them.
        Ok(Ok(unsafe { Buffer::lent(data, place.len as usize, reference, u64::from(place.loan)) }))
    }
}

#[inline(always)]
fn encoding_of(frame: &Frame) -> Encoding {
    Encoding::numbered(u32::from(frame.header.flags & ENCODING))
}

/// The parts of a body, one behind the other.
struct Parts<'a> {
    frame: &'a Frame,
    memory: &'a Mapped,
    /// Where the next one begins; never behind the end.
    at: usize,
}

impl Parts<'_> {
    /// Where the next part begins, which must have so many bytes.
    fn next(&mut self, len: usize) -> std::result::Result<usize, Poisoned> {
        if len > self.frame.len - self.at {
            return Err(Poisoned("a body is shorter than it says"));
        }
        self.at += len;
        Ok(self.at - len)
    }

    fn take<const LEN: usize>(&mut self) -> std::result::Result<[u8; LEN], Poisoned> {
        let at = self.next(LEN)?;
        let mut part = [0; LEN];
        self.frame.read(self.memory, at, &mut part);
        Ok(part)
    }

    fn place(&mut self) -> std::result::Result<Place, Poisoned> {
        Ok(Place::from_bytes(&self.take()?))
    }
}
