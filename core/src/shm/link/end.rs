//! What both ends of a link have: the lane, arenas, what waits to be sent, and how it all ends.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use super::arena::{Arenas, Room, User};
use super::doorbell::Doorbell;
use super::references::References;
use super::returns::Returns;
use super::terms::Terms;
use super::unsent::Unsent;
use super::wire::{self, Arena, Control, EXTRA, EXTRA_PLACED, GIVES_BACK, PAYLOAD_PLACED, Packet, Place};
use crate::buffer::Buffer;
use crate::call::Deadline;
use crate::error::{Error, Result};
use crate::shm::attend::nudge;
use crate::shm::control;
use crate::shm::futex::Kick;
use crate::shm::lane::{Lane, Wants};
use crate::shm::layout::{HEADER, Header, Kind, MOST_INLINE};
use crate::shm::mapped::Mapped;
use crate::shm::ring::{NotWritten, Poisoned};
use crate::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};
use crate::thread::{Thread, count};

/// Bytes of a body that travel in the ring.
pub(super) const MOST_BODY: usize = MOST_INLINE - HEADER;
/// Bytes of an extra part that travel in the ring when the payload does not.
const MOST_EXTRA: usize = 2048;
/// Bytes of the number of a loan that a frame gives back: a whole word, so that what comes behind it lies at one.
const LOAN: usize = 8;
/// Frames that may wait for room: more than calls, their cancellation and streams within their windows make.
const MOST_WAITING: usize = 1 << 16;
/// Arenas that a peer may announce.
const MOST_ARENAS: usize = 64;

/// One end of a link.
pub struct End {
    lane: Lane<Mapped>,
    pub(super) arenas: Arenas,
    /// Those that the peer has announced, by number.
    peer_arenas: Box<[OnceLock<PeerSegment>]>,
    /// What could not be sent yet, in order.
    outbox: Mutex<VecDeque<Parcel>>,
    /// Its length, to be seen without the lock.
    waiting: AtomicUsize,
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
    backend: Backend,
    pub(super) terms: Terms,
    /// Mapped for as long as the lane.
    segments: (OwnSegment, PeerSegment),
}

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
enum Growth {
    Allowed,
    /// The peer could not map the last one.
    Refused,
}

/// The same, kept until there is room.
struct Parcel {
    header: Header,
    extra: Option<Vec<u8>>,
    payload: Buffer,
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
            outbox: Mutex::default(),
            waiting: AtomicUsize::new(0),
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

    fn outbox(&self) -> MutexGuard<'_, VecDeque<Parcel>> {
        self.outbox.lock().unwrap_or_else(|e| e.into_inner())
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

    /// Sends something, or keeps it until there is room. Never waits.
    #[inline]
    pub fn send(self: &Arc<Self>, outgoing: &Outgoing<'_>) -> Result<()> {
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
        if self.waiting.load(Ordering::Relaxed) == 0 || outgoing.header.kind.is_control() {
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
            let mut outbox = self.outbox();
            match outgoing.header.kind.is_control() {
                true => outbox.push_front(parcel),
                false => outbox.push_back(parcel),
            }
            let too_many = outbox.len() > MOST_WAITING;
            let dropped = if too_many { std::mem::take(&mut *outbox) } else { VecDeque::new() };
            self.waiting.store(outbox.len(), Ordering::SeqCst);
            drop(outbox);
            drop(dropped);
            too_many
        };
        if too_many {
            self.poison(Poisoned("it asks for more than it reads"));
        }
        self.flush();
        if self.waiting.load(Ordering::SeqCst) > 0 || self.unsent.any() {
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
        let parts =
            [part(&loan), part(&extra_at), part(&extra_head), inline_extra, part(&payload_at), inline];
        let sent = self.lane.send(&header, &parts);
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

    /// Sends what waits, as far as there is room. True if something was sent.
    pub fn flush(&self) -> bool {
        self.flush_with(Growth::Allowed)
    }

    fn flush_with(&self, growth: Growth) -> bool {
        let gave_back = self.flush_returns();
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return gave_back;
        }
        // Dropped without the lock: what ends their use is foreign code, or looks at this queue.
        let mut done = Vec::new();
        let mut outbox = self.outbox();
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
        self.waiting.store(outbox.len(), Ordering::SeqCst);
        drop(outbox);
        gave_back || !done.is_empty()
    }

    /// What to be rung for besides frames.
    pub fn wants(&self) -> Wants {
        let waits = self.waiting.load(Ordering::SeqCst) > 0;
        let doorbell = self.doorbell.is_wanted();
        Wants { room: waits || self.returns.any(), memory: waits, doorbell }
    }

    /// Whether something waits to be sent.
    pub fn has_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Takes something that was not sent yet out of the queue. False if it was sent.
    pub fn forget(&self, call: u64) -> bool {
        let mut outbox = self.outbox();
        let (forgotten, kept) = outbox.drain(..).partition(|parcel| parcel.header.call == call);
        *outbox = kept;
        self.waiting.store(outbox.len(), Ordering::SeqCst);
        drop(outbox);
        let forgotten: VecDeque<Parcel> = forgotten;
        !forgotten.is_empty()
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

/// A part of a body that is not always there.
fn part<const LEN: usize>(bytes: &Option<[u8; LEN]>) -> &[u8] {
    bytes.as_ref().map_or(&[], <[u8; LEN]>::as_slice)
}
