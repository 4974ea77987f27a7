//! Building a value step by step.

use std::convert::Infallible;

use minicbor::data::Int;
use minicbor::encode::{Encoder, Error as EncodeError};

use super::cbor::{duplicate, validate_inside};
use super::item::{Item, Kind};
use super::path::{self, quoted};
use super::{MAX_DEPTH, bigint, tagged};
use crate::error::{Error, Result};

/// Builds one value as CBOR, always in the same form: shortest heads, floats of 64 bits, known lengths.
///
/// A step that does not fit (a value where a key is due, a list ended as a map, text that is no
/// date-time) fails with INVALID_ARGUMENT and the path. The first failure is final: later steps and
/// [`Writer::finish`] repeat it, so that a caller may look only at the end.
///
/// ```
/// # use hmsffi_core::codec::Writer;
/// let mut writer = Writer::new();
/// writer.begin_map(None)?;
/// writer.key("times")?;
/// writer.int(3)?;
/// writer.end_map()?;
/// assert_eq!(writer.finish()?, b"\xa1\x65times\x03");
/// # Ok::<(), hmsffi_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    out: Encoder<Vec<u8>>,
    frames: Vec<Frame>,
    /// Where in `out` the keys of all open maps lie, outermost first.
    keys: Vec<(usize, usize)>,
    done: bool,
    failure: Option<Error>,
}

#[derive(Debug)]
struct Frame {
    kind: Kind,
    announced: Option<u64>,
    /// Where the head lies that gets its length at the end.
    head: usize,
    /// Entries begun.
    count: u64,
    value_due: bool,
    first_key: usize,
}

type Written<'w> = std::result::Result<&'w mut Encoder<Vec<u8>>, EncodeError<Infallible>>;

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

impl Writer {
    /// A writer of one value.
    pub fn new() -> Writer {
        Writer {
            out: Encoder::new(Vec::with_capacity(64)),
            frames: Vec::new(),
            keys: Vec::new(),
            done: false,
            failure: None,
        }
    }

    /// Writes null.
    pub fn null(&mut self) -> Result<()> {
        self.scalar(|out| out.null())
    }

    /// Writes true or false.
    pub fn bool(&mut self, value: bool) -> Result<()> {
        self.scalar(|out| out.bool(value))
    }

    /// Writes a signed integer.
    pub fn int(&mut self, value: i64) -> Result<()> {
        self.scalar(|out| out.i64(value))
    }

    /// Writes an unsigned integer.
    pub fn uint(&mut self, value: u64) -> Result<()> {
        self.scalar(|out| out.u64(value))
    }

    /// Writes an integer of any size up to 1024 bytes, given as decimal text such as `-18446744073709551617`.
    pub fn bigint(&mut self, decimal: &str) -> Result<()> {
        let (negative, n) = match bigint::parse(decimal) {
            Ok(parsed) => parsed,
            Err(why) => return self.refuse(why),
        };
        if n.len() > 8 {
            let tag = if negative { tagged::NEGATIVE } else { tagged::POSITIVE };
            return self.scalar(|out| out.tag(minicbor::data::Tag::new(tag))?.bytes(&n));
        }
        let magnitude = n.iter().fold(0i128, |value, byte| value << 8 | i128::from(*byte));
        let value = Int::try_from(if negative { -1 - magnitude } else { magnitude });
        self.scalar(|out| out.int(value.expect("8 bytes and a sign are a CBOR integer")))
    }

    /// Writes a float. It stays a float when it has no fraction; all NaNs are one.
    pub fn float(&mut self, value: f64) -> Result<()> {
        self.scalar(|out| out.f64(if value.is_nan() { f64::NAN } else { value }))
    }

    /// Writes text.
    pub fn text(&mut self, value: &str) -> Result<()> {
        self.scalar(|out| out.str(value))
    }

    /// Writes bytes.
    pub fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.scalar(|out| out.bytes(value))
    }

    /// Writes a date-time, given as RFC 3339 text with an offset such as `2013-03-21T20:04:00.5+02:00`.
    pub fn datetime(&mut self, rfc3339: &str) -> Result<()> {
        self.tagged_text(tagged::DATE_TIME, rfc3339, tagged::check_date_time)
    }

    /// Writes a UUID.
    pub fn uuid(&mut self, value: [u8; 16]) -> Result<()> {
        self.scalar(|out| out.tag(minicbor::data::Tag::new(tagged::UUID))?.bytes(&value))
    }

    /// Writes a Decimal, given as text such as `-12.50` or `1E+3`; its digits are kept.
    pub fn decimal(&mut self, text: &str) -> Result<()> {
        self.tagged_text(tagged::DECIMAL_TAG, text, tagged::check_decimal)
    }

    /// Writes a value that was encoded before, as it is, after the checks of [`super::cbor::validate`].
    pub fn encoded(&mut self, cbor: &[u8]) -> Result<()> {
        self.place()?;
        if let Err(why) = validate_inside(cbor, self.frames.len()) {
            // Its path goes on from here.
            let rest = why.message().strip_prefix('$').unwrap_or(why.message());
            return self.fail_at(self.frames.len(), rest);
        }
        self.out.writer_mut().extend_from_slice(cbor);
        self.placed();
        Ok(())
    }

    /// Writes a scalar that was read.
    pub(crate) fn item(&mut self, item: &Item<'_>) -> Result<()> {
        match item {
            Item::Null => self.null(),
            Item::Bool(value) => self.bool(*value),
            Item::Int(value) => self.int(*value),
            Item::Uint(value) => self.uint(*value),
            Item::BigInt { negative, n } => self.bigint(&bigint::decimal(*negative, n)),
            Item::Float(value) => self.float(*value),
            Item::Text(value) => self.text(value),
            Item::Bytes(value) => self.bytes(value),
            Item::DateTime(text) => self.datetime(text),
            Item::Uuid(value) => self.uuid(*value),
            Item::Decimal(text) => self.decimal(text),
            Item::List(_) | Item::Map(_) | Item::Break => self.refuse("a list or map where a scalar is due"),
        }
    }

    /// Begins a list. A length given here is held to; without one the list is as long as it gets.
    pub fn begin_list(&mut self, len: Option<u64>) -> Result<()> {
        self.begin(Kind::List, len)
    }

    /// Ends the innermost container, which must be a list.
    pub fn end_list(&mut self) -> Result<()> {
        self.end(Kind::List)
    }

    /// Begins a map. A number of entries given here is held to; without one the map is as long as it gets.
    pub fn begin_map(&mut self, len: Option<u64>) -> Result<()> {
        self.begin(Kind::Map, len)
    }

    /// Ends the innermost container, which must be a map without a key that occurs twice.
    pub fn end_map(&mut self) -> Result<()> {
        self.end(Kind::Map)
    }

    /// Writes a key of the innermost map; its value follows.
    pub fn key(&mut self, key: &str) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match self.frames.last_mut() {
            Some(frame) if frame.kind == Kind::Map && !frame.value_due => {
                if frame.announced == Some(frame.count) {
                    return self.refuse_outside("the map has all the entries that it was begun with");
                }
                frame.count += 1;
                frame.value_due = true;
            }
            Some(frame) if frame.kind == Kind::Map => return self.refuse("a value is due, not another key"),
            _ => return self.refuse("a key outside of a map"),
        }
        put(self.out.str(key));
        let end = self.out.writer().len();
        self.keys.push((end - key.len(), end));
        Ok(())
    }

    /// The bytes of the value, if it is complete and no step failed.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        if self.failure.is_none() && !self.done {
            match self.frames.last() {
                Some(frame) => self.refuse_outside(format!("{} is not ended", frame.kind.describe()))?,
                None => self.refuse("no value was written")?,
            }
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.out.into_writer()),
        }
    }

    /// Makes what is wrong at this place the writer's failure, with the path before it, and gives it.
    pub fn refuse(&mut self, what: impl AsRef<str>) -> Result<()> {
        self.fail(self.frames.len(), what.as_ref())
    }

    fn refuse_outside(&mut self, what: impl AsRef<str>) -> Result<()> {
        self.fail(self.frames.len().saturating_sub(1), what.as_ref())
    }

    fn fail(&mut self, depth: usize, what: &str) -> Result<()> {
        self.fail_at(depth, &format!(": {what}"))
    }

    /// What is wrong, after the rest of the path to it.
    fn fail_at(&mut self, depth: usize, rest: &str) -> Result<()> {
        let path = self.path_below(depth);
        let failure = self.failure.get_or_insert_with(|| Error::invalid(format!("{path}{rest}")));
        Err(failure.clone())
    }

    fn path_below(&self, depth: usize) -> String {
        let steps = self.frames[..depth].iter().enumerate().filter_map(|(level, frame)| {
            let end = self.frames.get(level + 1).map_or(self.keys.len(), |inner| inner.first_key);
            match frame.kind {
                Kind::Map if !frame.value_due => None,
                Kind::Map => Some(path::Step::Key(self.key_at(self.keys[end - 1]))),
                _ => Some(path::Step::Index(frame.count)),
            }
        });
        path::render(steps)
    }

    fn key_at(&self, (start, end): (usize, usize)) -> &str {
        std::str::from_utf8(&self.out.writer()[start..end]).expect("keys were written from text")
    }

    /// Makes sure that a value may stand here.
    fn place(&mut self) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match self.frames.last() {
            None if self.done => self.refuse("the value is already complete"),
            Some(frame) if frame.kind == Kind::Map && !frame.value_due => {
                self.refuse("a key is due before the value")
            }
            Some(frame) if frame.kind == Kind::List && frame.announced == Some(frame.count) => {
                self.refuse_outside("the list has all the items that it was begun with")
            }
            _ => Ok(()),
        }
    }

    /// Counts the value that was just completed.
    fn placed(&mut self) {
        match self.frames.last_mut() {
            None => self.done = true,
            Some(frame) if frame.kind == Kind::Map => frame.value_due = false,
            Some(frame) => frame.count += 1,
        }
    }

    fn scalar(&mut self, write: impl for<'w> FnOnce(&'w mut Encoder<Vec<u8>>) -> Written<'w>) -> Result<()> {
        self.place()?;
        put(write(&mut self.out));
        self.placed();
        Ok(())
    }

    fn tagged_text(
        &mut self,
        tag: u64,
        text: &str,
        check: fn(&str) -> std::result::Result<(), String>,
    ) -> Result<()> {
        match check(text) {
            Ok(()) => self.scalar(|out| out.tag(minicbor::data::Tag::new(tag))?.str(text)),
            Err(why) => self.refuse(why),
        }
    }

    fn begin(&mut self, kind: Kind, announced: Option<u64>) -> Result<()> {
        self.place()?;
        if self.frames.len() == MAX_DEPTH {
            return self.refuse(format!("more than {MAX_DEPTH} lists and maps inside each other"));
        }
        let head = self.out.writer().len();
        put(write_head(&mut self.out, kind, announced.unwrap_or(0)));
        let first_key = self.keys.len();
        self.frames.push(Frame { kind, announced, head, count: 0, value_due: false, first_key });
        Ok(())
    }

    fn end(&mut self, kind: Kind) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let (count, announced, head, first_key) = match self.frames.last() {
            Some(frame) if frame.kind != kind => {
                let open = frame.kind.describe();
                return self.refuse(format!("{} is ended where {open} is open", kind.describe()));
            }
            Some(frame) if frame.value_due => return self.refuse("the key has no value"),
            Some(frame) => (frame.count, frame.announced, frame.head, frame.first_key),
            None => return self.refuse(format!("{} is ended that was not begun", kind.describe())),
        };
        if announced.is_some_and(|announced| announced != count) {
            let announced = announced.unwrap_or_default();
            return self.refuse_outside(format!(
                "{} was begun with {announced} entries and has {count}",
                kind.describe()
            ));
        }
        if let Some(key) = self.duplicate_from(first_key) {
            return self.refuse_outside(format!("key {} occurs twice", quoted(&key)));
        }
        if announced.is_none() && count > 0 {
            self.set_length(head, kind, count);
        }
        self.keys.truncate(first_key);
        self.frames.pop();
        self.placed();
        Ok(())
    }

    fn duplicate_from(&mut self, first_key: usize) -> Option<String> {
        let out = self.out.writer();
        let bytes = |range: &(usize, usize)| &out[range.0..range.1];
        let found = *duplicate(&mut self.keys[first_key..], |a, b| bytes(a).cmp(bytes(b)))?;
        Some(self.key_at(found).to_owned())
    }

    /// Replaces the one-byte head of a container whose length was not known by the right one.
    fn set_length(&mut self, head: usize, kind: Kind, count: u64) {
        let mut right = Encoder::new(Vec::with_capacity(9));
        put(write_head(&mut right, kind, count));
        self.out.writer_mut().splice(head..=head, right.into_writer());
    }
}

fn write_head(out: &mut Encoder<Vec<u8>>, kind: Kind, len: u64) -> Written<'_> {
    if kind == Kind::Map { out.map(len) } else { out.array(len) }
}

/// Writing to memory cannot fail, though the encoder's type allows for it.
fn put(written: Written<'_>) {
    written.expect("a Vec takes every byte");
}
