//! Sending frames of any length, in the ring or through an arena, or later: nobody waits for room.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::arena::{Room, User};
use super::end::End;
use super::wire::{EXTRA, EXTRA_PLACED, GIVES_BACK, PAYLOAD_PLACED, Place};
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::shm::layout::{HEADER, Header, Kind, MOST_INLINE};
use crate::shm::ring::{NotWritten, Poisoned};
use crate::thread::{Thread, count};

/// Bytes of a body that travel in the ring.
pub(super) const MOST_BODY: usize = MOST_INLINE - HEADER;
/// Bytes of an extra part that travel in the ring when the payload does not.
const MOST_EXTRA: usize = 2048;
/// Bytes of the number of a loan that a frame gives back: a whole word, so that what comes behind it lies at one.
const LOAN: usize = 8;
/// Frames that may wait for room: more than calls, their cancellation and streams within their windows make.
const MOST_WAITING: usize = 1 << 16;

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// What it is; the flags are those of the payload's encoding.
    pub header: &'a Header,
    /// The extra part.
    pub extra: Option<&'a [u8]>,
    /// The payload.
    pub payload: &'a [u8],
    /// Who holds the payload's memory lets go of it when it is sent.
    pub is_last_use: bool,
}

/// Whether a further arena may be announced for what is to be sent.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Growth {
    Allowed,
    /// The peer could not map the last one.
    Refused,
}

/// What could not be sent yet, in order.
#[derive(Default)]
pub struct Outbox {
    parcels: Mutex<VecDeque<Parcel>>,
    /// Their number, to be seen without the lock.
    waiting: AtomicUsize,
}

/// What is to be sent, kept until there is room.
struct Parcel {
    header: Header,
    extra: Option<Vec<u8>>,
    payload: Buffer,
}

impl Outbox {
    fn parcels(&self) -> MutexGuard<'_, VecDeque<Parcel>> {
        self.parcels.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl End {
    /// Sends something, or keeps it until there is room. Never waits.
    #[inline]
    pub fn send(&self, outgoing: &Outgoing<'_>) -> Result<()> {
        self.send_or(outgoing, || self.keep(outgoing.payload))
    }

    /// Sends a payload that has memory of its own.
    #[inline(always)]
    pub fn send_buffer(&self, header: &Header, extra: Option<&[u8]>, payload: Buffer) -> Result<()> {
        // SAFETY: the view is used only while `payload` lives: it is moved into the outbox after the last use.
        let view = unsafe { &*std::ptr::from_ref::<[u8]>(payload.as_slice()) };
        self.send_or(&Outgoing { header, extra, payload: view, is_last_use: true }, || payload)
    }

    #[inline(always)]
    fn send_or(&self, outgoing: &Outgoing<'_>, kept: impl FnOnce() -> Buffer) -> Result<()> {
        // What is granted or cancelled must not wait behind messages that wait for just that.
        if self.outbox.waiting.load(Ordering::Relaxed) == 0 || outgoing.header.kind.is_control() {
            if outgoing.extra.is_none() && outgoing.payload.len() <= MOST_BODY && !self.returns.has_next() {
                match self.lane.send(outgoing.header, &[outgoing.payload]) {
                    Ok(()) => {
                        count(&Thread::current().visible.bytes_copied, outgoing.payload.len() as u64);
                        return Ok(());
                    }
                    Err(NotWritten::Full) => {}
                    Err(NotWritten::Poisoned) => return Err(self.broken()),
                }
            } else if self.try_send(outgoing, Growth::Allowed)? {
                return Ok(());
            }
        }
        let parcel =
            Parcel { header: *outgoing.header, extra: outgoing.extra.map(<[u8]>::to_vec), payload: kept() };
        let too_many = {
            let mut outbox = self.outbox.parcels();
            match outgoing.header.kind.is_control() {
                true => outbox.push_front(parcel),
                false => outbox.push_back(parcel),
            }
            let too_many = outbox.len() > MOST_WAITING;
            let dropped = if too_many { std::mem::take(&mut *outbox) } else { VecDeque::new() };
            self.outbox.waiting.store(outbox.len(), Ordering::SeqCst);
            drop(outbox);
            drop(dropped);
            too_many
        };
        if too_many {
            self.poison(Poisoned("it asks for more than it reads"));
        }
        self.flush();
        if self.outbox.waiting.load(Ordering::SeqCst) > 0 || self.unsent.any() {
            self.nudge();
        }
        Ok(())
    }

    #[cold]
    fn broken(&self) -> Error {
        self.poison(Poisoned("it has consumed more than there was"));
        self.ended().cloned().unwrap_or_else(|| Error::unavailable("the link has ended"))
    }

    /// Sends something if that is possible now.
    fn try_send(&self, outgoing: &Outgoing<'_>, growth: Growth) -> Result<bool> {
        let Outgoing { header, extra, payload, is_last_use } = *outgoing;
        let mut header = *header;
        let extra_len = extra.map_or(0, |extra| extra.len() + 4);
        let len = extra_len + payload.len();
        let place_payload = len > MOST_BODY;
        let place_extra = extra_len > MOST_EXTRA && place_payload;
        let (mut extra_place, mut extra_head, mut inline_extra) = (None, None, &[][..]);
        if let Some(extra) = extra {
            header.flags |= EXTRA;
            if place_extra {
                header.flags |= EXTRA_PLACED;
                let Some(place) = self.place(extra, growth)? else { return Ok(false) };
                extra_place = Some(place);
            } else {
                extra_head = Some((extra.len() as u32).to_le_bytes());
                inline_extra = extra;
            }
        }
        let (mut payload_place, mut inline) = (None, payload);
        if place_payload && !payload.is_empty() {
            header.flags |= PAYLOAD_PLACED;
            let (placed, copied) = match self.arenas.send(payload, is_last_use) {
                Some(held) => (Ok(Some(held.place)), if held.is_copy { payload.len() } else { 0 }),
                None => (self.place(payload, growth), payload.len()),
            };
            let Ok(Some(place)) = placed else {
                self.take_back([extra_place, None]);
                return placed.map(|_| false);
            };
            if header.kind == Kind::Reply && payload.len() > MOST_BODY {
                header.deadline += copied as u64;
            }
            (payload_place, inline) = (Some(place), &[]);
        }
        let has_room = place_payload || len + LOAN <= MOST_BODY;
        let returned =
            if header.kind.takes_loan_along() && has_room { self.returns.take_next() } else { None };
        if returned.is_some() {
            header.flags |= GIVES_BACK;
        }
        let loan = returned.map(|loan| u64::from(loan).to_le_bytes());
        let (extra_at, payload_at) = (extra_place.map(Place::to_bytes), payload_place.map(Place::to_bytes));
        let sent = match extra {
            None => self.lane.send(&header, &[part(&loan), part(&payload_at), inline]),
            Some(_) => self.lane.send(
                &header,
                &[part(&loan), part(&extra_at), part(&extra_head), inline_extra, part(&payload_at), inline],
            ),
        };
        if sent.is_ok() {
            count(&Thread::current().visible.bytes_copied, inline.len() as u64);
            return Ok(true);
        }
        if let Some(loan) = returned {
            self.returns.add(loan);
        }
        self.take_back([extra_place, payload_place]);
        match sent {
            Err(NotWritten::Poisoned) => Err(self.broken()),
            _ => Ok(false),
        }
    }

    fn take_back(&self, places: [Option<Place>; 2]) {
        for place in places.iter().flatten() {
            self.arenas.take_back(place.loan);
        }
    }

    /// Copies bytes into an arena. `None` = not now.
    fn place(&self, bytes: &[u8], growth: Growth) -> Result<Option<Place>> {
        match self.arenas.reserve(bytes.len() as u64, User::Peer)? {
            Room::Block(block) => {
                block.fill(&[bytes]);
                count(&Thread::current().visible.bytes_copied, bytes.len() as u64);
                Ok(Some(block.place))
            }
            Room::Later | Room::Growing => Ok(None),
            Room::Grow(len) if growth == Growth::Allowed => self.grow(len).map(|()| None),
            Room::Grow(_) => {
                self.arenas.not_growing();
                Err(Error::exhausted(format!(
                    "{} cannot take up {} bytes: it lacks memory, addresses or descriptors. Send less at once, or raise \
                     its limits: memory of its container or control group, ulimit -n, ulimit -v",
                    self.peer,
                    bytes.len()
                )))
            }
        }
    }

    /// Sends what waits, as far as there is room. True if something was sent.
    pub fn flush(&self) -> bool {
        self.flush_with(Growth::Allowed)
    }

    pub(super) fn flush_with(&self, growth: Growth) -> bool {
        let gave_back = self.flush_returns();
        if self.outbox.waiting.load(Ordering::SeqCst) == 0 {
            return gave_back;
        }
        // Dropped without the lock: what ends their use is foreign code, or looks at this queue.
        let mut done = Vec::new();
        let mut outbox = self.outbox.parcels();
        while let Some(parcel) = outbox.front() {
            let outgoing = Outgoing {
                header: &parcel.header,
                extra: parcel.extra.as_deref(),
                payload: parcel.payload.as_slice(),
                is_last_use: true,
            };
            match self.try_send(&outgoing, growth) {
                Ok(true) => done.extend(outbox.pop_front()),
                Ok(false) => break,
                Err(_) if self.ended().is_some() => done.extend(outbox.drain(..)),
                Err(error) => {
                    let header = parcel.header;
                    match self.terms.in_place_of(&header, &error) {
                        Some((header, payload)) => {
                            let instead = Parcel { header, extra: None, payload };
                            done.push(std::mem::replace(&mut outbox[0], instead));
                        }
                        None => done.extend(outbox.pop_front()),
                    }
                    self.unsent.add(header, error);
                }
            }
        }
        self.outbox.waiting.store(outbox.len(), Ordering::SeqCst);
        drop(outbox);
        gave_back || !done.is_empty()
    }

    /// Whether something waits to be sent.
    pub fn has_waiting(&self) -> bool {
        self.outbox.waiting.load(Ordering::SeqCst) > 0
    }

    /// Takes something that was not sent yet out of the queue. False if it was sent.
    pub fn forget(&self, call: u64) -> bool {
        let mut outbox = self.outbox.parcels();
        let (forgotten, kept) = outbox.drain(..).partition(|parcel| parcel.header.call == call);
        *outbox = kept;
        self.outbox.waiting.store(outbox.len(), Ordering::SeqCst);
        drop(outbox);
        let forgotten: VecDeque<Parcel> = forgotten;
        !forgotten.is_empty()
    }
}

/// A part of a body that is not always there.
fn part<const LEN: usize>(bytes: &Option<[u8; LEN]>) -> &[u8] {
    bytes.as_ref().map_or(&[], <[u8; LEN]>::as_slice)
}
