//! Where things lie in a segment, in units that both ends agree on (performance.md 8.2).
//!
//! A segment is written by its owner only. It holds the owner's words and the ring of what the owner sends.

/// Bytes of a slot.
pub const SLOT: usize = 128;
/// Bytes of a frame's header, at the beginning of its first slot.
pub const HEADER: usize = 32;
/// Slots of a ring, a power of two.
pub const SLOTS: u32 = 256;
/// Slots that frames with payload leave free, so that control frames seldom have to queue.
pub const RESERVED: u32 = 16;
/// Bytes of a frame that travel in the ring; larger ones go through an arena.
pub const MOST_INLINE: usize = 4096;
/// Slots that the reader may owe before it publishes what it has consumed.
pub const MOST_OWED: u32 = 32;

/// The header page: who made the segment, for whom.
pub const MAGIC: usize = 0x000;
/// Changed by the owner exactly when it rings: what the peer sleeps on.
pub const BELL: usize = 0x1000;
/// How the owner sleeps, and for what it wants to be rung.
pub const SLEEP: usize = 0x1080;
/// On which CPU the owner waits, see `cpu.rs`.
pub const CPU: usize = SLEEP + 4;
/// Slots of the peer's ring that the owner has consumed, modulo 2^32.
pub const CONSUMED: usize = 0x1100;
/// The ring.
pub const RING: usize = 0x1200;
/// Bytes of a segment with one ring, in whole pages.
pub const SEGMENT: usize = (RING + SLOTS as usize * SLOT).next_multiple_of(4096);

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A call, to the end that serves.
    Call = 1,
    /// An answer. Ends the call.
    Reply = 2,
    /// A failure. Ends the call.
    Error = 3,
    /// A message of a stream.
    StreamData = 4,
    /// The sender sends no more messages.
    StreamEnd = 5,
    /// How much of a stream its receiver has taken.
    Window = 6,
    /// Nobody waits for the answer of a call any more.
    Cancel = 7,
    /// Blocks of an arena that the receiver has done with.
    Release = 8,
    /// Fills the slots that are left at the end of the ring.
    Skip = 9,
}

impl Kind {
    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Kind> {
        const ALL: [Kind; 9] = [
            Kind::Call,
            Kind::Reply,
            Kind::Error,
            Kind::StreamData,
            Kind::StreamEnd,
            Kind::Window,
            Kind::Cancel,
            Kind::Release,
            Kind::Skip,
        ];
        ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }

    /// Whether a loan may go back with it.
    pub fn takes_loan_along(self) -> bool {
        matches!(self, Kind::Call | Kind::Reply | Kind::Error)
    }

    /// Whether it may use the slots that frames with payload leave free.
    pub fn is_control(self) -> bool {
        matches!(self, Kind::Window | Kind::Cancel | Kind::Release)
    }
}

/// What a frame says besides its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Encoding of the body, and how it is made up: 12 bits.
    pub flags: u16,
    /// Index and generation in the table of the end that made the call.
    pub call: u64,
    /// Method of a call; sequence number of a message; else 0.
    pub number: u32,
    /// When the caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never. Of a reply: the bytes that its sender
    /// copied for the call.
    pub deadline: u64,
}

/// Slots of a frame with a body of this length.
pub const fn slots_for(len: usize) -> u32 {
    (HEADER + len).div_ceil(SLOT) as u32
}

/// The stamp of a slot at a position: the lap of the ring, modulo what positions can tell apart.
pub const fn lap(position: u32) -> u32 {
    (position / SLOTS + 1) & (u32::MAX / SLOTS)
}

/// The stamp of a slot that waits for this position.
pub const fn lap_before(position: u32) -> u32 {
    lap(position).wrapping_sub(1) & (u32::MAX / SLOTS)
}

/// Where the slot of a position is.
pub const fn slot_at(position: u32) -> usize {
    RING + (position % SLOTS) as usize * SLOT
}
