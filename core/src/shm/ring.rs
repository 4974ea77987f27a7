//! One direction of a lane: a ring of slots that its producer alone writes.
//!
//! A frame lies in slots side by side, and the stamp of the first says in which lap of the ring it was written. The
//! reader waits for that one word and writes nothing into the ring (performance.md 4.2 and 8.3).

use super::layout::{
    CONSUMED, HEADER, Header, Kind, MOST_OWED, RESERVED, SLOT, SLOTS, lap, lap_before, slot_at, slots_for,
};
use super::memory::Memory;
use super::sync::Ordering::{Acquire, Relaxed, Release};

/// The kind of a frame, below its flags.
const KIND: u8 = 0xf;
const KIND_BITS: u32 = KIND.count_ones();
/// Of frames that follow each other closely, the slot so far on is fetched before it is written. Nearer, the reader may already look at it.
const AHEAD: u32 = 4;
/// Words with a bit for each slot.
const INNER: usize = (SLOTS as usize).div_ceil(64);

/// The end that writes. One thread at a time.
pub struct Producer {
    /// Slots written, modulo 2^32.
    produced: u32,
    /// Slots that the reader was seen to have consumed.
    consumed: u32,
    /// Slots that last lay inside a frame: what is there is no stamp.
    inner: [u64; INNER],
}

/// The end that reads. One thread at a time.
#[derive(Default)]
pub struct Consumer {
    position: u32,
    /// What was published of it.
    published: u32,
}

/// A frame that lies in the ring until it is consumed.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// What it says.
    pub header: Header,
    /// Bytes of its body.
    pub len: usize,
    slots: u32,
    position: u32,
}

/// Why a frame was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWritten {
    /// There is no room now.
    Full,
    /// The peer has broken the rules.
    Poisoned,
}

/// The peer has broken the rules; only its own link suffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poisoned(pub &'static str);

impl Default for Producer {
    fn default() -> Producer {
        // The first lap finds no stamps, and needs none: memory begins as zeros, which is the lap before the first.
        Producer { produced: 0, consumed: 0, inner: [0; INNER] }
    }
}

impl Producer {
    /// Writes a frame whose body is these parts, one behind the other, and makes it visible. Rings nobody.
    #[inline]
    pub fn write<const PARTS: usize>(
        &mut self,
        memory: &impl Memory,
        header: &Header,
        parts: &[&[u8]; PARTS],
    ) -> Result<(), NotWritten> {
        let len = parts.iter().map(|part| part.len()).sum();
        let slots = slots_for(len);
        let to_end = SLOTS - self.produced % SLOTS;
        let skipped = if slots > to_end { to_end } else { 0 };
        let reserve = if header.kind.is_control() { 0 } else { RESERVED };
        if !self.has_room(memory, slots + skipped + reserve)? {
            return Err(NotWritten::Full);
        }
        if skipped > 0 {
            let skip = Header { kind: Kind::Skip, flags: 0, call: 0, number: 0, deadline: 0 };
            self.put(memory, &skip, skipped, 0, &[]);
        }
        self.put(memory, header, slots, len, parts);
        Ok(())
    }

    #[inline]
    fn has_room(&mut self, memory: &impl Memory, slots: u32) -> Result<bool, NotWritten> {
        if SLOTS - self.produced.wrapping_sub(self.consumed) >= slots {
            return Ok(true);
        }
        let seen = memory.peer(CONSUMED);
        memory.fence(Acquire);
        if seen.wrapping_sub(self.consumed) > self.produced.wrapping_sub(self.consumed) {
            return Err(NotWritten::Poisoned);
        }
        self.consumed = seen;
        Ok(SLOTS - self.produced.wrapping_sub(seen) >= slots)
    }

    #[inline(always)]
    fn put<const PARTS: usize>(
        &mut self,
        memory: &impl Memory,
        header: &Header,
        slots: u32,
        len: usize,
        parts: &[&[u8]; PARTS],
    ) {
        let at = slot_at(self.produced);
        // The line with the stamp last: the reader looks at it, and would take it away in between.
        let mut to = at + HEADER;
        for part in parts {
            memory.write(to, part);
            to += part.len();
        }
        // Word by word, from registers: what is put together in memory first is waited for.
        let form = u32::from(header.kind as u16 | header.flags << KIND_BITS) | slots << 16;
        memory.write(at + 4, &form.to_le_bytes());
        memory.write(at + 8, &header.call.to_le_bytes());
        memory.write(at + 16, &(u64::from(header.number) | (len as u64) << 32).to_le_bytes());
        memory.write(at + 24, &header.deadline.to_le_bytes());
        let next = self.produced.wrapping_add(slots);
        // The reader will look for a stamp there, where now may lie payload.
        if self.is_inner(next) {
            memory.set(slot_at(next), lap_before(next), Relaxed);
        }
        self.mark(self.produced, slots);
        memory.set(at, lap(self.produced), Release);
        self.produced = next;
        let ahead = slot_at(next.wrapping_add(AHEAD));
        memory.prefetch_to_write(ahead);
        memory.prefetch_to_write(ahead + SLOT / 2);
    }

    #[inline(always)]
    fn is_inner(&self, position: u32) -> bool {
        let slot = (position % SLOTS) as usize;
        self.inner[slot / 64] >> (slot % 64) & 1 == 1
    }

    #[inline(always)]
    fn mark(&mut self, position: u32, slots: u32) {
        let first = (position % SLOTS) as usize;
        self.inner[first / 64] &= !(1 << (first % 64));
        for slot in first + 1..first + slots as usize {
            self.inner[slot / 64] |= 1 << (slot % 64);
        }
    }
}

impl Consumer {
    /// Whether there is a frame, or something that is none: one word is looked at.
    #[inline(always)]
    pub fn is_ready(&self, memory: &impl Memory) -> bool {
        memory.peer(slot_at(self.position)) != lap_before(self.position)
    }

    /// The next frame, if there is one. Its header was copied and checked; its body is read with [`Frame::read`], before
    /// the frame is consumed.
    #[inline(always)]
    pub fn next(&mut self, memory: &impl Memory) -> Result<Option<Frame>, Poisoned> {
        loop {
            let at = slot_at(self.position);
            let stamp = memory.peer(at);
            // The rest of a small body comes along with its stamp, instead of after it.
            memory.prefetch(at + SLOT / 2);
            if stamp == lap_before(self.position) {
                return Ok(None);
            }
            if stamp != lap(self.position) {
                return Err(Poisoned("a slot has a stamp of another lap"));
            }
            memory.fence(Acquire);
            let frame = self.read_header(memory)?;
            if frame.header.kind != Kind::Skip {
                return Ok(Some(frame));
            }
            self.consume(&frame);
        }
    }

    #[inline(always)]
    fn read_header(&self, memory: &impl Memory) -> Result<Frame, Poisoned> {
        let at = slot_at(self.position);
        let eight = |offset: usize| {
            let mut bytes = [0; 8];
            memory.read(at + offset, &mut bytes);
            u64::from_le_bytes(bytes)
        };
        let (form, call, lengths, deadline) = ((eight(0) >> 32) as u32, eight(8), eight(16), eight(24));
        let kind = Kind::from_number(form as u8 & KIND).ok_or(Poisoned("a frame is of no known kind"))?;
        let (slots, len) = (form >> 16, (lengths >> 32) as usize);
        if slots == 0 || slots > SLOTS - self.position % SLOTS {
            return Err(Poisoned("a frame goes beyond the ring"));
        }
        if len > slots as usize * SLOT - HEADER {
            return Err(Poisoned("a frame is longer than its slots"));
        }
        let header = Header { kind, flags: form as u16 >> KIND_BITS, call, number: lengths as u32, deadline };
        Ok(Frame { header, len, slots, position: self.position })
    }

    /// Gives the slots of a frame back, when the reader is done with it. Published later.
    #[inline(always)]
    pub fn consume(&mut self, frame: &Frame) {
        self.position = self.position.wrapping_add(frame.slots);
    }

    /// Whether so much is owed that it must be published now.
    #[inline(always)]
    pub fn owes_much(&self) -> bool {
        self.position.wrapping_sub(self.published) >= MOST_OWED
    }

    /// Publishes what was consumed. True if there was something; the peer may have to be rung then.
    #[inline]
    pub fn publish(&mut self, memory: &impl Memory) -> bool {
        if self.published == self.position {
            return false;
        }
        self.published = self.position;
        memory.set(CONSUMED, self.position, Release);
        true
    }
}

impl Frame {
    /// Copies bytes of the body, from `offset`; as many as fit. The rest of `bytes` is left.
    #[inline(always)]
    pub fn read(&self, memory: &impl Memory, offset: usize, bytes: &mut [u8]) {
        let len = bytes.len().min(self.len.saturating_sub(offset));
        memory.read(slot_at(self.position) + HEADER + offset.min(self.len), &mut bytes[..len]);
    }
}
