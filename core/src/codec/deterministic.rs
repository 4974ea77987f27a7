//! The one form of a value that RFC 8949 calls deterministic (4.2.1): shortest heads and floats, known lengths, keys in order.

use minicbor::data::{Int, Tag};
use minicbor::encode::Encoder;

use super::cbor::{Step, Walk};
use super::item::{Item, Kind};
use super::tagged;
use crate::error::Result;

const IN_MEMORY: &str = "memory takes what is written";

/// The same value, checked as by [`super::cbor::validate`], in its deterministic form.
///
/// Integers stay integers and floats floats: 1 and 1.0 are two values. A date-time, a UUID and a Decimal keep their tags.
pub fn deterministic(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut walk = Walk::new(bytes);
    let mut out = Encoder::new(Vec::with_capacity(bytes.len()));
    let mut frames: Vec<Frame> = Vec::new();
    while let Some(step) = walk.next()? {
        match step {
            Step::Key => {
                if let Some(frame) = frames.last_mut() {
                    frame.entry(out.writer());
                }
                out.str(walk.key()).expect(IN_MEMORY);
            }
            Step::Value(item) => {
                if let Some(frame) = frames.last_mut().filter(|frame| frame.kind == Kind::List) {
                    frame.entry(out.writer());
                }
                match item {
                    Item::List(_) => frames.push(Frame::begin(Kind::List, out.writer())),
                    Item::Map(_) => frames.push(Frame::begin(Kind::Map, out.writer())),
                    scalar => write_scalar(&scalar, &mut out),
                }
            }
            Step::End(_) => {
                if let Some(frame) = frames.pop() {
                    frame.end(&mut out);
                }
            }
        }
    }
    Ok(out.into_writer())
}

/// A list or map that is being written, without its head so far.
pub(crate) struct Frame {
    kind: Kind,
    start: usize,
    /// Where its entries begin.
    entries: Vec<usize>,
}

impl Frame {
    /// One whose entries come next.
    pub fn begin(kind: Kind, out: &[u8]) -> Frame {
        Frame { kind, start: out.len(), entries: Vec::new() }
    }

    /// An entry comes next.
    pub fn entry(&mut self, out: &[u8]) {
        self.entries.push(out.len());
    }

    /// Puts the entries of a map in the order of their bytes.
    pub fn sort(&self, out: &mut Vec<u8>) {
        if self.kind != Kind::Map {
            return;
        }
        let body = out.split_off(self.start);
        let begins = self.entries.iter().map(|entry| entry - self.start);
        let ends = begins.clone().skip(1).chain([body.len()]);
        let mut entries: Vec<&[u8]> = begins.zip(ends).map(|(begin, end)| &body[begin..end]).collect();
        entries.sort_unstable();
        entries.into_iter().for_each(|entry| out.extend(entry));
    }

    fn end(self, out: &mut Encoder<Vec<u8>>) {
        self.sort(out.writer_mut());
        let mut head = Encoder::new(Vec::with_capacity(9));
        let len = self.entries.len() as u64;
        if self.kind == Kind::Map { head.map(len) } else { head.array(len) }.expect(IN_MEMORY);
        out.writer_mut().splice(self.start..self.start, head.into_writer());
    }
}

fn write_scalar(scalar: &Item<'_>, out: &mut Encoder<Vec<u8>>) {
    let tag = |out: &mut Encoder<Vec<u8>>, number| {
        out.tag(Tag::new(number)).expect(IN_MEMORY);
    };
    match scalar {
        Item::Bool(value) => out.bool(*value),
        Item::Int(value) => out.i64(*value),
        Item::Uint(value) => out.u64(*value),
        Item::BigInt { negative, n } => {
            // Negative numbers that need 65 bits have a form of their own, before bytes under a tag.
            let small = n.iter().fold(0i128, |value, byte| value << 8 | i128::from(*byte));
            match Int::try_from(-1 - small).ok().filter(|_| *negative && n.len() <= 8) {
                Some(value) => out.int(value),
                None => {
                    tag(out, if *negative { tagged::NEGATIVE } else { tagged::POSITIVE });
                    out.bytes(n)
                }
            }
        }
        Item::Float(value) => return write_float(*value, out),
        Item::Text(value) => out.str(value),
        Item::Bytes(value) => out.bytes(value),
        Item::DateTime(text) => {
            tag(out, tagged::DATE_TIME);
            out.str(text)
        }
        Item::Decimal(text) => {
            tag(out, tagged::DECIMAL_TAG);
            out.str(text)
        }
        Item::Uuid(uuid) => {
            tag(out, tagged::UUID);
            out.bytes(uuid)
        }
        // Null; lists, maps and breaks never come here.
        _ => out.null(),
    }
    .expect(IN_MEMORY);
}

/// Writes the shortest float that is the same number.
fn write_float(value: f64, out: &mut Encoder<Vec<u8>>) {
    let single = value as f32;
    let is_single = f64::from(single).to_bits() == value.to_bits();
    let mut half = Encoder::new(Vec::with_capacity(3));
    half.f16(single).expect(IN_MEMORY);
    let is_half = minicbor::decode::Decoder::new(half.writer())
        .f16()
        .is_ok_and(|read| read.to_bits() == single.to_bits());
    if value.is_nan() {
        out.f16(f32::NAN)
    } else if is_single && is_half {
        out.f16(single)
    } else if is_single {
        out.f32(single)
    } else {
        out.f64(value)
    }
    .expect(IN_MEMORY);
}
