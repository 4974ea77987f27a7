//! What both ends of a link have: the lane, arenas, what waits to be sent, and how it all ends.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

use super::arena::{Arenas, Room, User};
use super::wire::{self, Arena, Control, ENCODING, EXTRA, EXTRA_PLACED, PAYLOAD_PLACED, Packet, Place};
use crate::buffer::Buffer;
use crate::call::Deadline;
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::shm::attend::nudge;
use crate::shm::control;
use crate::shm::futex::Kick;
use crate::shm::lane::{Event, Lane, Wants};
use crate::shm::layout::{HEADER, Header, Kind, MOST_INLINE};
use crate::shm::memory::Mapped;
use crate::shm::ring::{Frame, NotWritten, Poisoned};
use crate::shm::segment::{Backend, OwnSegment, PeerSegment, Purpose, Received};
use crate::thread::{Thread, count};

/// Bytes of a body that travel in the ring.
pub(super) const MOST_BODY: usize = MOST_INLINE - HEADER;
/// Bytes of an extra part that travel in the ring when the payload does not.
const MOST_EXTRA: usize = 2048;
/// Loans in one frame that gives them back.
const LOANS: usize = 24;
/// Frames that may wait for room: more than calls, their cancellation and streams within their windows make.
const MOST_WAITING: usize = 1 << 16;
/// Arenas that a peer may announce.
const MOST_ARENAS: usize = 64;

/// One end of a link.
pub struct End {
    lane: Lane<Mapped>,
    pub(super) arenas: Arenas,
    peer_arenas: RwLock<Vec<Arc<PeerSegment>>>,
    /// What could not be sent yet, in order.
    outbox: Mutex<VecDeque<Parcel>>,
    /// Its length, to be seen without the lock.
    waiting: AtomicUsize,
    /// Loans of the peer that are done with and not yet given back.
    to_give_back: Mutex<Vec<u32>>,
    /// Makes those who sleep on this end look.
    pub kick: Kick,
    ended: OnceLock<Error>,
    socket: OwnedFd,
    /// The number of this process.
    pub home: u64,
    /// The peer, for errors: `greet (process 4711)`.
    pub peer: String,
    backend: Backend,
    /// Both ends have the same clock.
    shares_clock: bool,
    /// Mapped for as long as the lane.
    segments: (OwnSegment, PeerSegment),
}

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// What it is; the flags are those of the payload's encoding.
    pub header: Header,
    /// The extra part.
    pub extra: Option<&'a [u8]>,
    /// The payload.
    pub payload: &'a [u8],
}

/// The same, kept until there is room.
struct Parcel {
    header: Header,
    extra: Option<Vec<u8>>,
    payload: Buffer,
}

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
    /// An end over segments that both sides have mapped.
    pub fn new(
        segments: (OwnSegment, PeerSegment),
        backend: Backend,
        socket: OwnedFd,
        (home, peer): (u64, String),
        shares_clock: bool,
    ) -> End {
        // SAFETY: both are as long as a segment is, and live as long as the lane.
        let memory = unsafe { Mapped::new(segments.0.as_ptr(), segments.1.as_ptr()) };
        End {
            lane: Lane::new(memory),
            arenas: Arenas::default(),
            peer_arenas: RwLock::default(),
            outbox: Mutex::default(),
            waiting: AtomicUsize::new(0),
            to_give_back: Mutex::default(),
            kick: Kick::default(),
            ended: OnceLock::new(),
            socket,
            home,
            peer,
            backend,
            shares_clock,
            segments,
        }
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
        if self.shares_clock || deadline == Deadline::NONE {
            return deadline.0;
        }
        deadline.left().map_or(0, |left| left.as_nanos().max(1) as u64)
    }

    /// A deadline as it came.
    #[inline]
    pub fn deadline_received(&self, deadline: u64) -> Deadline {
        if self.shares_clock { Deadline(deadline) } else { Deadline::after(deadline) }
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
    pub fn send_buffer(&self, header: Header, extra: Option<&[u8]>, payload: Buffer) -> Result<()> {
        // SAFETY: the view is used only while `payload` lives: it is moved into the outbox after the last use.
        let view = unsafe { &*std::ptr::from_ref::<[u8]>(payload.as_slice()) };
        self.send_or(&Outgoing { header, extra, payload: view }, || payload)
    }

    #[inline(always)]
    fn send_or(&self, outgoing: &Outgoing<'_>, kept: impl FnOnce() -> Buffer) -> Result<()> {
        // What is granted or cancelled must not wait behind messages that wait for just that.
        if self.waiting.load(Ordering::Relaxed) == 0 || outgoing.header.kind.is_control() {
            if outgoing.extra.is_none() && outgoing.payload.len() <= MOST_BODY {
                match self.lane.send(&outgoing.header, &[outgoing.payload]) {
                    Ok(()) => {
                        count(&Thread::current().visible.bytes_copied, outgoing.payload.len() as u64);
                        return Ok(());
                    }
                    Err(NotWritten::Full) => {}
                    Err(NotWritten::Poisoned) => return Err(self.broken()),
                }
            } else if self.try_send(outgoing)? {
                return Ok(());
            }
        }
        let parcel =
            Parcel { header: outgoing.header, extra: outgoing.extra.map(<[u8]>::to_vec), payload: kept() };
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
        if self.waiting.load(Ordering::SeqCst) > 0 {
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
    fn try_send(&self, outgoing: &Outgoing<'_>) -> Result<bool> {
        let Outgoing { mut header, extra, payload } = *outgoing;
        let extra_len = extra.map_or(0, |extra| extra.len() + 4);
        let place_payload = extra_len + payload.len() > MOST_BODY;
        let place_extra = extra_len > MOST_EXTRA && place_payload;
        let mut head = Vec::with_capacity(Place::SIZE * 2 + 4);
        let mut loans = Vec::new();
        if let Some(extra) = extra {
            header.flags |= EXTRA;
            if place_extra {
                header.flags |= EXTRA_PLACED;
                let Some(place) = self.place(extra)? else { return Ok(false) };
                loans.push(place.loan);
                head.extend_from_slice(&place.to_bytes());
            } else {
                head.extend_from_slice(&(extra.len() as u32).to_le_bytes());
                head.extend_from_slice(extra);
            }
        }
        if place_payload && !payload.is_empty() {
            header.flags |= PAYLOAD_PLACED;
            let held = self.arenas.place_of(payload);
            let place = match held {
                Some(place) => Some(place),
                None => self.place(payload)?,
            };
            let Some(place) = place else {
                return self.take_back(&loans);
            };
            loans.push(place.loan);
            head.extend_from_slice(&place.to_bytes());
        }
        let inline = if header.flags & PAYLOAD_PLACED == 0 { payload } else { &[] };
        match self.lane.send(&header, &[&head, inline]) {
            Ok(()) => Ok(true),
            Err(NotWritten::Full) => self.take_back(&loans),
            Err(NotWritten::Poisoned) => Err(self.broken()),
        }
    }

    fn take_back(&self, loans: &[u32]) -> Result<bool> {
        for loan in loans {
            let _ = self.arenas.give_back(*loan);
        }
        Ok(false)
    }

    /// Copies bytes into an arena. `None` = not now.
    fn place(&self, bytes: &[u8]) -> Result<Option<Place>> {
        match self.arenas.reserve(bytes.len() as u64, User::Peer)? {
            Room::Block(block) => {
                block.fill(&[bytes]);
                count(&Thread::current().visible.bytes_copied, bytes.len() as u64);
                Ok(Some(block.place))
            }
            Room::Later | Room::Growing => Ok(None),
            Room::Grow(len) => self.grow(len).map(|()| None),
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
        let gave_back = self.flush_loans();
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return gave_back;
        }
        // Dropped without the lock: what ends their use is foreign code, or looks at this queue.
        let mut done = Vec::new();
        let mut outbox = self.outbox();
        while let Some(parcel) = outbox.front() {
            let outgoing = Outgoing {
                header: parcel.header,
                extra: parcel.extra.as_deref(),
                payload: parcel.payload.as_slice(),
            };
            match self.try_send(&outgoing) {
                Ok(true) => done.extend(outbox.pop_front()),
                Ok(false) => break,
                Err(error) => {
                    // It will never be sent: its call ends at its deadline, or with the link.
                    crate::log::warning("shm", &format!("nothing was sent to {}: {error}", self.peer));
                    done.extend(outbox.pop_front());
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
        Wants { room: waits || !self.loans().is_empty(), memory: waits }
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
        if nudge(&self.lane, || self.wants(), || self.flush() | self.ended().is_some()) {
            self.kick.kick();
        }
    }

    fn loans(&self) -> MutexGuard<'_, Vec<u32>> {
        self.to_give_back.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The receiver of a loan is done with it.
    fn done_with(&self, loan: u32) {
        self.loans().push(loan);
        self.flush_loans();
        if !self.loans().is_empty() {
            self.nudge();
        }
    }

    fn flush_loans(&self) -> bool {
        let mut loans = self.loans();
        let mut gave_back = false;
        while !loans.is_empty() {
            let batch = loans.len().min(LOANS);
            let body: Vec<u8> = loans[..batch].iter().flat_map(|loan| loan.to_le_bytes()).collect();
            let header = Header { kind: Kind::Release, flags: 0, call: 0, number: 0, deadline: 0 };
            if self.lane.producer().write(self.lane.memory(), &header, &[&body]).is_err() {
                break;
            }
            loans.drain(..batch);
            gave_back = true;
        }
        drop(loans);
        if gave_back {
            self.lane.ring(Event::Memory);
        }
        gave_back
    }

    /// The peer gives loans back.
    pub fn given_back(&self, frame: &Frame) -> std::result::Result<(), Poisoned> {
        if frame.len > LOANS * 4 || !frame.len.is_multiple_of(4) {
            return Err(Poisoned("loans cannot be read"));
        }
        let mut body = [0; LOANS * 4];
        frame.read(self.lane.memory(), 0, &mut body);
        for loan in body[..frame.len].chunks_exact(4) {
            self.arenas.give_back(u32::from_le_bytes([loan[0], loan[1], loan[2], loan[3]]))?;
        }
        Ok(())
    }

    /// Blocks that are lent to the peer.
    pub fn lent(&self) -> usize {
        self.arenas.lent()
    }

    /// The peer has announced an arena.
    pub fn open_arena(&self, arena: &Arena, descriptor: Option<OwnedFd>) -> Result<()> {
        let received = Received { descriptor, text: &arena.ticket };
        let opened = PeerSegment::open(self.backend, received, arena.len as usize, Purpose::Arena);
        let mut arenas = self.peer_arenas.write().unwrap_or_else(|e| e.into_inner());
        let answer = match opened {
            Ok(segment) if arena.number as usize == arenas.len() && arenas.len() < MOST_ARENAS => {
                arenas.push(Arc::new(segment));
                Control::ArenaOk(arena.number)
            }
            Ok(_) => return Err(Error::internal("an arena has a number out of order")),
            Err(error) => {
                crate::log::warning("shm", &format!("an arena of {} cannot be mapped: {error}", self.peer));
                Control::ArenaFailed(arena.number)
            }
        };
        drop(arenas);
        self.tell(answer, &[])
    }

    /// The peer has answered to an arena.
    pub fn arena_answered(&self, number: u32, is_mapped: bool) -> std::result::Result<(), Poisoned> {
        self.arenas.answered(number, is_mapped)?;
        self.flush();
        if self.has_waiting() {
            self.nudge();
        }
        Ok(())
    }

    /// What a frame carries.
    pub fn read(self: &Arc<Self>, frame: &Frame) -> std::result::Result<Incoming, Poisoned> {
        let encoding = Encoding::numbered(u32::from(frame.header.flags & ENCODING));
        if frame.header.flags & (EXTRA | PAYLOAD_PLACED) == 0 {
            let payload = Buffer::filled(Thread::current(), frame.len, |bytes| {
                frame.read(self.lane.memory(), 0, bytes)
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
        frame.read(self.lane.memory(), 0, &mut body);
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

    /// Memory of the peer, which gets it back when the buffer is dropped.
    fn lent_by_peer(self: &Arc<Self>, place: &[u8]) -> std::result::Result<Buffer, Poisoned> {
        let place = Place::from_bytes(place).ok_or(Poisoned("a place cannot be read"))?;
        let arenas = self.peer_arenas.read().unwrap_or_else(|e| e.into_inner());
        let arena = arenas.get(place.arena as usize).ok_or(Poisoned("a place is in no known arena"))?;
        let end = place.offset.checked_add(place.len).ok_or(Poisoned("a place is beyond its arena"))?;
        if end > arena.len() as u64 {
            return Err(Poisoned("a place is beyond its arena"));
        }
        // SAFETY: inside the arena.
        let data = unsafe { arena.as_ptr().add(place.offset as usize) };
        let held = Box::new(Held { end: self.clone(), _arena: arena.clone(), loan: place.loan });
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
