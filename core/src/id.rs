//! Ids of things that outside code holds: kind, generation and slot in 64 bits.

/// A checked id: 8 bits of kind, 32 of generation, 24 of slot. Zero is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    /// What it names.
    pub kind: u8,
    /// How often the slot was used before, plus one.
    pub generation: u32,
    /// Where it is.
    pub slot: u32,
}

/// The kinds that the core itself hands out; the C ABI's numbers.
pub mod kind {
    /// An inbound call.
    pub const CALL: u8 = 6;
    /// A buffer.
    pub const BUFFER: u8 = 11;
}

/// One more than the highest slot.
pub const SLOTS: u32 = 1 << 24;

impl Id {
    /// The id as a number.
    #[inline]
    pub fn pack(self) -> u64 {
        (u64::from(self.kind) << 56) | (u64::from(self.generation) << 24) | u64::from(self.slot)
    }

    /// The parts of a number.
    #[inline]
    pub fn unpack(id: u64) -> Id {
        Id { kind: (id >> 56) as u8, generation: (id >> 24) as u32, slot: (id as u32) & (SLOTS - 1) }
    }
}
