//! Finds equal items of a list: each is written in the one form that all its equals have.

use crate::codec::Frame;
use crate::codec::cbor::{Step, Walk};
use crate::codec::item::{Item, Kind};
use crate::codec::json;
use crate::error::Result;

/// The items of a list.
#[derive(Default)]
pub(super) struct Items {
    /// One after the other, in their one form.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Items {
    /// Adds an item, as CBOR that was found to be in order.
    pub fn add(&mut self, cbor: &[u8]) {
        let start = self.bytes.len();
        if write(cbor, &mut self.bytes).is_err() {
            self.bytes.truncate(start);
            self.text(b'?', cbor);
        }
        self.ends.push(self.bytes.len());
    }

    /// Adds an item, as JSON that was found to be in order.
    pub fn add_json(&mut self, text: &str) {
        match json::to_cbor(text.as_bytes()) {
            Ok(cbor) => self.add(&cbor),
            // Integers past 64 bits are equal where their digits are.
            Err(_) => {
                self.text(b'?', text.as_bytes());
                self.ends.push(self.bytes.len());
            }
        }
    }

    fn text(&mut self, tag: u8, bytes: &[u8]) {
        text(&mut self.bytes, tag, bytes);
    }

    /// The places of two items that are equal.
    pub fn equal(self) -> Option<(usize, usize)> {
        let start = |index: usize| if index == 0 { 0 } else { self.ends[index - 1] };
        let item = |index: usize| &self.bytes[start(index)..self.ends[index]];
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        order.sort_unstable_by(|a, b| item(*a).cmp(item(*b)).then(a.cmp(b)));
        let pairs = order.windows(2).filter(|pair| item(pair[0]) == item(pair[1]));
        pairs.map(|pair| (pair[0], pair[1])).min_by_key(|(_, later)| *later)
    }
}

fn text(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
}

/// Writes a value so that equal values have equal bytes: integers and floats as the numbers that they are, maps in order.
fn write(cbor: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let mut walk = Walk::new(cbor);
    let mut frames: Vec<Frame> = Vec::new();
    while let Some(step) = walk.next()? {
        match step {
            Step::Key => {
                if let Some(frame) = frames.last_mut() {
                    frame.entry(out);
                }
                text(out, b'k', walk.key().as_bytes());
            }
            Step::Value(Item::List(_)) => {
                out.push(b'[');
                frames.push(Frame::begin(Kind::List, out));
            }
            Step::Value(Item::Map(_)) => {
                out.push(b'{');
                frames.push(Frame::begin(Kind::Map, out));
            }
            Step::Value(scalar) => write_scalar(&scalar, out),
            Step::End(_) => {
                if let Some(frame) = frames.pop() {
                    frame.sort(out);
                }
                out.push(b'.');
            }
        }
    }
    Ok(())
}

fn write_scalar(scalar: &Item<'_>, out: &mut Vec<u8>) {
    let number = |out: &mut Vec<u8>, value: i128| {
        out.push(b'i');
        out.extend(value.to_be_bytes());
    };
    match scalar {
        Item::Bool(value) => out.extend([b'b', u8::from(*value)]),
        Item::Int(value) => number(out, (*value).into()),
        Item::Uint(value) => number(out, (*value).into()),
        // Beyond, a float is no sum of ones any more, but still an integer.
        Item::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => number(out, *value as i128),
        Item::Float(value) => text(out, b'f', &if value.is_nan() { f64::NAN } else { *value }.to_be_bytes()),
        Item::BigInt { negative, n } => text(out, if *negative { b'-' } else { b'+' }, n),
        Item::Text(value) => text(out, b't', value.as_bytes()),
        Item::Bytes(value) => text(out, b'x', value),
        Item::DateTime(value) => text(out, b'd', value.as_bytes()),
        Item::Uuid(value) => text(out, b'u', value),
        Item::Decimal(value) => text(out, b'#', value.as_bytes()),
        // Null; lists, maps and breaks never come here.
        _ => out.push(b'n'),
    }
}
