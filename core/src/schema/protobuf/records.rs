//! The records that a message's bytes are: each a number and what is written under it.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::codec::MAX_DEPTH;

/// The numbers of a map entry's two fields.
pub(in crate::schema) const KEY: u32 = 1;
pub(in crate::schema) const VALUE: u32 = 2;

const ENDS: &str = "the bytes end inside the value";

/// The records of a message, one after the other.
pub(in crate::schema) struct Records<'b> {
    bytes: &'b [u8],
}

/// One of them.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Record<'b> {
    pub number: u32,
    pub raw: Raw<'b>,
    /// The value with the length before it.
    pub whole: &'b [u8],
}

/// A value as it is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) enum Raw<'b> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'b [u8]),
    Group,
}

impl<'b> Records<'b> {
    pub fn of(bytes: &'b [u8]) -> Records<'b> {
        Records { bytes }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// The next record; `None` at the end.
    #[inline]
    pub fn next(&mut self) -> Result<Option<Record<'b>>, String> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (number, wire) = key(&mut self.bytes)?;
        let before = self.bytes;
        let raw = match wire {
            WireType::StartGroup => skip_group(number, &mut self.bytes)?,
            WireType::EndGroup => return Err(format!("field {number} ends a group that was not begun")),
            _ => Raw::read(wire, &mut self.bytes)?,
        };
        let whole = &before[..before.len() - self.bytes.len()];
        Ok(Some(Record { number, raw, whole }))
    }
}

impl<'b> Records<'b> {
    /// Key and value of the entry of a map that they are.
    pub fn entry(mut self) -> Result<[Option<Record<'b>>; 2], String> {
        let mut found = [None, None];
        while let Some(record) = self.next()? {
            let part = match record.number {
                KEY => &mut found[0],
                VALUE => &mut found[1],
                _ => continue,
            };
            if part.replace(record).is_some() {
                return Err("the entry of a map has a key or a value twice".to_owned());
            }
        }
        Ok(found)
    }
}

impl<'b> Raw<'b> {
    /// Reads a value from the beginning of the bytes. A length is held against what is there before anything is done with it.
    pub fn read(wire: WireType, bytes: &mut &'b [u8]) -> Result<Raw<'b>, String> {
        match wire {
            WireType::Varint => varint(bytes).map(Raw::Varint),
            WireType::SixtyFourBit => fixed(bytes).map(u64::from_le_bytes).map(Raw::Fixed64),
            WireType::ThirtyTwoBit => fixed(bytes).map(u32::from_le_bytes).map(Raw::Fixed32),
            WireType::LengthDelimited => {
                let length = varint(bytes)?;
                let at = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length));
                let (value, rest) = at.ok_or(ENDS)?;
                *bytes = rest;
                Ok(Raw::Bytes(value))
            }
            WireType::StartGroup | WireType::EndGroup => Err("a group where a value is due".to_owned()),
        }
    }

    /// What it is, for messages.
    pub fn describe(self) -> &'static str {
        match self {
            Raw::Varint(_) => "a varint",
            Raw::Fixed64(_) => "8 bytes",
            Raw::Fixed32(_) => "4 bytes",
            Raw::Bytes(_) => "bytes with their length",
            Raw::Group => "a group",
        }
    }
}

fn key(bytes: &mut &[u8]) -> Result<(u32, WireType), String> {
    decode_key(bytes).map_err(|why| format!("not well-formed Protobuf: {why}"))
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    // A byte without its highest bit ends a varint.
    if bytes.iter().take(10).all(|byte| byte & 0x80 != 0) && bytes.len() < 10 {
        return Err(ENDS.to_owned());
    }
    decode_varint(bytes).map_err(|why| format!("not well-formed Protobuf: {why}"))
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (value, rest) = bytes.split_first_chunk().ok_or(ENDS)?;
    *bytes = rest;
    Ok(*value)
}

/// Skips what is inside of a group. Groups inside of it are on a list, not on the stack.
fn skip_group<'b>(number: u32, bytes: &mut &'b [u8]) -> Result<Raw<'b>, String> {
    let mut open = vec![number];
    while let Some(innermost) = open.last().copied() {
        if bytes.is_empty() {
            return Err(ENDS.to_owned());
        }
        match key(bytes)? {
            (number, WireType::EndGroup) if number == innermost => {
                open.pop();
            }
            (number, WireType::EndGroup) => {
                return Err(format!("field {number} ends a group that field {innermost} began"));
            }
            (_, WireType::StartGroup) if open.len() == MAX_DEPTH => {
                return Err(format!("more than {MAX_DEPTH} groups inside each other"));
            }
            (number, WireType::StartGroup) => open.push(number),
            (_, wire) => {
                Raw::read(wire, bytes)?;
            }
        }
    }
    Ok(Raw::Group)
}
