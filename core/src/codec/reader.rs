//! A cursor over one value.

use std::borrow::Cow;

use minicbor::data::Type;
use minicbor::decode::Decoder;

use super::item::{self, Item, Kind};
use super::path;
use super::{bigint, cbor};
use crate::error::{Code, Error, Result};

/// Reads a value from front to back, or a map's entries by their keys.
///
/// [`Reader::new`] checks the whole value, so that a reader never finds half of it damaged. A `read_*`
/// of the wrong kind fails with INVALID_ARGUMENT, a number that does not fit with OUT_OF_RANGE, both with
/// the path; neither moves the reader, so that another `read_*` may follow.
///
/// ```
/// # use hmsffi_core::codec::Reader;
/// let mut reader = Reader::new(b"\xa1\x65times\x03")?;
/// reader.enter_map()?;
/// assert!(reader.find("times")?);
/// assert_eq!(reader.read_int()?, 3);
/// reader.leave()?;
/// # Ok::<(), hmsffi_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    decoder: Decoder<'b>,
    frames: Vec<Frame<'b>>,
    done: bool,
}

#[derive(Debug, Clone)]
struct Frame<'b> {
    kind: Kind,
    len: Option<u64>,
    /// Where the first entry begins.
    start: usize,
    at: Place<'b>,
}

/// A place between or inside the entries of a container.
#[derive(Debug, Clone)]
struct Place<'b> {
    /// Items read, or keys read.
    count: u64,
    /// The key read last.
    key: Cow<'b, str>,
    /// That key's value is not read yet.
    value_due: bool,
}

impl Place<'_> {
    fn first() -> Self {
        Place { count: 0, key: Cow::Borrowed(""), value_due: false }
    }
}

/// Why an item is not what was asked for.
enum Miss {
    Kind,
    Range(String),
}

/// Up to here, both ways, a float holds each integer, so that the two may stand for each other.
const SAFE: i128 = 1 << 53;

impl<'b> Reader<'b> {
    /// A reader at the beginning of the value, after [`cbor::validate`] found nothing wrong with it.
    pub fn new(bytes: &'b [u8]) -> Result<Reader<'b>> {
        cbor::validate(bytes)?;
        Ok(Reader { decoder: Decoder::new(bytes), frames: Vec::new(), done: false })
    }

    /// The kind of the value that comes next; [`Kind::End`] after the last one of a list, a map or at all.
    pub fn kind(&self) -> Result<Kind> {
        if self.at_end() {
            return Ok(Kind::End);
        }
        self.value_is_next()?;
        item::peek(&self.decoder).map_err(|why| self.fail(Code::InvalidArgument, why))
    }

    /// Reads null.
    pub fn read_null(&mut self) -> Result<()> {
        self.take("null", |item| matches!(item, Item::Null).then_some(()).ok_or(Miss::Kind))
    }

    /// Reads true or false.
    pub fn read_bool(&mut self) -> Result<bool> {
        self.take("a bool", |item| if let Item::Bool(value) = item { Ok(value) } else { Err(Miss::Kind) })
    }

    /// Reads an integer as a signed one. A float without a fraction counts as one, up to 2^53 both ways.
    pub fn read_int(&mut self) -> Result<i64> {
        self.take("an integer", |item| narrow(item, "a signed 64-bit integer"))
    }

    /// Reads an integer as an unsigned one. A float without a fraction counts as one, up to 2^53.
    pub fn read_uint(&mut self) -> Result<u64> {
        self.take("an integer", |item| narrow(item, "an unsigned 64-bit integer"))
    }

    /// Reads an integer of any size as decimal text.
    pub fn read_bigint(&mut self) -> Result<String> {
        self.take("an integer", |item| match item {
            Item::BigInt { negative, n } => Ok(bigint::decimal(negative, &n)),
            other => whole(other).map(|value| value.to_string()),
        })
    }

    /// Reads a float. An integer counts as one, up to 2^53 both ways: other languages send 1.0 as 1.
    pub fn read_float(&mut self) -> Result<f64> {
        self.take("a float", |item| match item {
            Item::Float(value) => Ok(value),
            Item::BigInt { .. } => Err(Miss::Range("an integer past 64 bits is no float".to_owned())),
            other => match whole(other)? {
                value if (-SAFE..=SAFE).contains(&value) => Ok(value as f64),
                value => Err(Miss::Range(format!("{value} is past 2^53, where a float loses digits"))),
            },
        })
    }

    /// Reads text; borrowed unless it arrived in pieces.
    pub fn read_text(&mut self) -> Result<Cow<'b, str>> {
        self.take("text", |item| if let Item::Text(value) = item { Ok(value) } else { Err(Miss::Kind) })
    }

    /// Reads bytes; borrowed unless they arrived in pieces.
    pub fn read_bytes(&mut self) -> Result<Cow<'b, [u8]>> {
        self.take("bytes", |item| if let Item::Bytes(value) = item { Ok(value) } else { Err(Miss::Kind) })
    }

    /// Reads a date-time as its RFC 3339 text, which has an offset.
    pub fn read_datetime(&mut self) -> Result<Cow<'b, str>> {
        self.take(
            "a date-time",
            |item| if let Item::DateTime(value) = item { Ok(value) } else { Err(Miss::Kind) },
        )
    }

    /// Reads a UUID.
    pub fn read_uuid(&mut self) -> Result<[u8; 16]> {
        self.take("a UUID", |item| if let Item::Uuid(value) = item { Ok(value) } else { Err(Miss::Kind) })
    }

    /// Reads a Decimal as its text.
    pub fn read_decimal(&mut self) -> Result<Cow<'b, str>> {
        self.take(
            "a Decimal",
            |item| if let Item::Decimal(value) = item { Ok(value) } else { Err(Miss::Kind) },
        )
    }

    /// Steps into a list. Its length is known unless it was written in pieces; read until [`Kind::End`].
    pub fn enter_list(&mut self) -> Result<Option<u64>> {
        self.enter(Kind::List)
    }

    /// Steps into a map, in front of its first key. Its length is known unless it was written in pieces.
    pub fn enter_map(&mut self) -> Result<Option<u64>> {
        self.enter(Kind::Map)
    }

    /// The next key of the innermost map, after which the reader is at its value; none at the map's end.
    /// A value that was not read is skipped.
    pub fn next_key(&mut self) -> Result<Option<Cow<'b, str>>> {
        if self.map("next_key")?.at.value_due {
            self.skip()?;
        }
        if self.at_end() {
            return Ok(None);
        }
        let key = item::read_key(&mut self.decoder).map_err(|why| self.fail(Code::Internal, why))?;
        let place = &mut self.map("next_key")?.at;
        *place = Place { count: place.count + 1, key: key.clone(), value_due: true };
        Ok(Some(key))
    }

    /// Goes to the value of this key in the innermost map. If the map has none, the reader stays.
    ///
    /// Looks from here onwards first, so that asking for entries in their order passes the map once.
    pub fn find(&mut self, key: &str) -> Result<bool> {
        let map = self.map("find")?;
        let (start, place) = (map.start, map.at.clone());
        let position = self.decoder.position();
        while let Some(next) = self.next_key()? {
            if next == key {
                return Ok(true);
            }
        }
        self.move_to(start, Place::first())?;
        while self.map("find")?.at.count < place.count {
            if self.next_key()?.is_some_and(|next| next == key) {
                return Ok(true);
            }
        }
        self.move_to(position, place)?;
        Ok(false)
    }

    /// Leaves the innermost list or map; what was not read of it is skipped.
    pub fn leave(&mut self) -> Result<()> {
        let Some(kind) = self.frames.last().map(|frame| frame.kind) else {
            return Err(self.fail(Code::InvalidArgument, "no list or map was entered"));
        };
        if kind == Kind::Map {
            while self.next_key()?.is_some() {}
        } else {
            while !self.at_end() {
                self.skip()?;
            }
        }
        let known = self.frames.pop().is_some_and(|frame| frame.len.is_some());
        if !known {
            self.decoder.set_position(self.decoder.position() + 1);
        }
        self.passed();
        Ok(())
    }

    /// Passes the next value, with all that it holds.
    pub fn skip(&mut self) -> Result<()> {
        self.value_is_next()?;
        self.decoder.skip().map_err(|error| self.fail(Code::Internal, item::malformed(error)))?;
        self.passed();
        Ok(())
    }

    /// Where the reader is, such as `$.rows[3]`.
    pub fn path(&self) -> String {
        path::render(self.frames.iter().filter_map(|frame| match frame.kind {
            Kind::Map if !frame.at.value_due => None,
            Kind::Map => Some(path::Step::Key(&frame.at.key)),
            _ => Some(path::Step::Index(frame.at.count)),
        }))
    }

    fn fail(&self, code: Code, what: impl AsRef<str>) -> Error {
        Error::new(code, format!("{}: {}", self.path(), what.as_ref()))
    }

    fn map(&mut self, verb: &str) -> Result<&mut Frame<'b>> {
        // Looked at twice because the error needs the whole reader.
        if self.frames.last().is_none_or(|frame| frame.kind != Kind::Map) {
            return Err(self.fail(Code::InvalidArgument, format!("{verb} needs a map that was entered")));
        }
        Ok(self.frames.last_mut().expect("there is a frame"))
    }

    fn move_to(&mut self, position: usize, place: Place<'b>) -> Result<()> {
        self.decoder.set_position(position);
        self.map("find")?.at = place;
        Ok(())
    }

    fn at_end(&self) -> bool {
        match self.frames.last() {
            None => self.done,
            Some(frame) if frame.at.value_due => false,
            Some(Frame { len: Some(len), at, .. }) => at.count == *len,
            Some(_) => matches!(self.decoder.datatype(), Ok(Type::Break)),
        }
    }

    fn value_is_next(&self) -> Result<()> {
        if self.at_end() {
            let what = match self.frames.last() {
                None => "the value was already read".to_owned(),
                Some(frame) => format!("{} has no more entries", frame.kind.describe()),
            };
            return Err(self.fail(Code::OutOfRange, what));
        }
        match self.frames.last() {
            Some(frame) if frame.kind == Kind::Map && !frame.at.value_due => {
                Err(self.fail(Code::InvalidArgument, "in a map: call next_key or find before the value"))
            }
            _ => Ok(()),
        }
    }

    /// Counts the value that was just read or skipped.
    fn passed(&mut self) {
        match self.frames.last_mut() {
            None => self.done = true,
            Some(frame) if frame.kind == Kind::Map => frame.at.value_due = false,
            Some(frame) => frame.at.count += 1,
        }
    }

    fn peek(&self) -> Result<(Item<'b>, usize)> {
        self.value_is_next()?;
        let mut ahead = self.decoder.clone();
        let item = item::read(&mut ahead).map_err(|why| self.fail(Code::InvalidArgument, why))?;
        Ok((item, ahead.position()))
    }

    fn take<T>(
        &mut self,
        wanted: &str,
        accept: impl FnOnce(Item<'b>) -> std::result::Result<T, Miss>,
    ) -> Result<T> {
        let (item, end) = self.peek()?;
        let kind = item.kind();
        match accept(item) {
            Ok(value) => {
                self.decoder.set_position(end);
                self.passed();
                Ok(value)
            }
            Err(Miss::Kind) => Err(self.mismatch(wanted, kind)),
            Err(Miss::Range(why)) => Err(self.fail(Code::OutOfRange, why)),
        }
    }

    fn enter(&mut self, kind: Kind) -> Result<Option<u64>> {
        let (item, start) = self.peek()?;
        let len = match item {
            Item::List(len) if kind == Kind::List => len,
            Item::Map(len) if kind == Kind::Map => len,
            other => return Err(self.mismatch(kind.describe(), other.kind())),
        };
        self.decoder.set_position(start);
        self.frames.push(Frame { kind, len, start, at: Place::first() });
        Ok(len)
    }

    fn mismatch(&self, wanted: &str, found: Kind) -> Error {
        self.fail(Code::InvalidArgument, format!("needs {wanted}, found {}", found.describe()))
    }
}

fn narrow<T: TryFrom<i128>>(item: Item<'_>, range: &str) -> std::result::Result<T, Miss> {
    let outside = |value: String| Miss::Range(format!("{value} is not {range}"));
    match item {
        Item::BigInt { .. } => Err(outside("an integer past 64 bits".to_owned())),
        other => {
            let value = whole(other)?;
            T::try_from(value).map_err(|_| outside(value.to_string()))
        }
    }
}

/// The integer that an item of 64 bits is.
fn whole(item: Item<'_>) -> std::result::Result<i128, Miss> {
    match item {
        Item::Int(value) => Ok(value.into()),
        Item::Uint(value) => Ok(value.into()),
        Item::Float(value) if value.fract() == 0.0 && value.abs() <= SAFE as f64 => {
            // -0.0 is the one float without a fraction whose sign an integer would lose.
            if value == 0.0 && value.is_sign_negative() {
                return Err(Miss::Range("-0.0 is not an integer".to_owned()));
            }
            Ok(value as i128)
        }
        Item::Float(value) => Err(Miss::Range(format!("float {value} is not an integer up to 2^53"))),
        _ => Err(Miss::Kind),
    }
}
