//! Walking a CBOR value from its first byte to its last, and refusing what the profile does not carry.

use std::borrow::Cow;
use std::cmp::Ordering;

use minicbor::decode::Decoder;

use super::MAX_DEPTH;
use super::item::{self, Item, Kind};
use super::path::{self, quoted};
use crate::error::{Error, Result};

/// Checks that the bytes are one value of the profile in `docs/values.md` and nothing else.
///
/// Refused with INVALID_ARGUMENT and the path: bytes that are not well-formed CBOR or go on after the
/// value, text that is not UTF-8, map keys that are not text or occur twice, tags and simple values
/// without a place in the table, and more than [`MAX_DEPTH`] lists and maps inside each other.
pub fn validate(bytes: &[u8]) -> Result<()> {
    validate_inside(bytes, 0)
}

/// The same for a part of a value, which that many lists and maps are open around.
pub(super) fn validate_inside(bytes: &[u8], around: usize) -> Result<()> {
    let mut walk = Walk { around, ..Walk::new(bytes) };
    while walk.next()?.is_some() {}
    Ok(())
}

/// What a walk comes by.
#[derive(Debug)]
pub(crate) enum Step<'b> {
    /// A scalar, or the beginning of a list or map.
    Value(Item<'b>),
    /// A key of the innermost map; [`Walk::key`] has it.
    Key,
    /// The end of the innermost list or map, and which of the two it was.
    End(Kind),
}

/// A checked walk over a value. Its own stack replaces recursion, so that it runs on small stacks too.
pub(crate) struct Walk<'b> {
    decoder: Decoder<'b>,
    frames: Vec<Frame>,
    /// The keys of all open maps, outermost first: one list serves the path and the search for duplicates.
    keys: Vec<Cow<'b, str>>,
    begun: bool,
    /// Lists and maps that are open around the bytes.
    around: usize,
}

struct Frame {
    map: bool,
    /// Entries still to come, if the container said how many it has.
    left: Option<u64>,
    /// Entries begun.
    count: u64,
    /// A key was read and its value not yet.
    value_due: bool,
    first_key: usize,
}

impl<'b> Walk<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Walk<'b> {
        Walk { decoder: Decoder::new(bytes), frames: Vec::new(), keys: Vec::new(), begun: false, around: 0 }
    }

    /// All of the bytes.
    pub(crate) fn input(&self) -> &'b [u8] {
        self.decoder.input()
    }

    /// Where the next step begins.
    pub(crate) fn position(&self) -> usize {
        self.decoder.position()
    }

    /// The key that the last [`Step::Key`] announced.
    pub(crate) fn key(&self) -> &str {
        self.keys.last().map_or("", AsRef::as_ref)
    }

    /// The next step; none when the value is complete and nothing follows it.
    pub(crate) fn next(&mut self) -> Result<Option<Step<'b>>> {
        let Some(frame) = self.frames.last_mut() else {
            if self.begun {
                return self.nothing_follows().map(|()| None);
            }
            self.begun = true;
            return self.value().map(Some);
        };
        if frame.value_due {
            frame.value_due = false;
            return self.value().map(Some);
        }
        match &mut frame.left {
            Some(0) => return self.end().map(Some),
            Some(left) => *left -= 1,
            None if self.decoder.input().get(self.decoder.position()) == Some(&BREAK) => {
                self.decoder.set_position(self.decoder.position() + 1);
                return self.end().map(Some);
            }
            None => {}
        }
        if frame.map {
            self.read_key().map(Some)
        } else {
            frame.count += 1;
            self.value().map(Some)
        }
    }

    /// An error at the place that was read last.
    pub(super) fn fail(&self, what: impl AsRef<str>) -> Error {
        self.fail_below(self.frames.len(), what)
    }

    /// An error about the innermost container rather than its last entry.
    fn fail_outside(&self, what: impl AsRef<str>) -> Error {
        self.fail_below(self.frames.len().saturating_sub(1), what)
    }

    fn fail_below(&self, depth: usize, what: impl AsRef<str>) -> Error {
        let steps = (0..depth).map(|level| {
            let frame = &self.frames[level];
            if frame.map {
                let end = self.frames.get(level + 1).map_or(self.keys.len(), |inner| inner.first_key);
                path::Step::Key(&self.keys[end - 1])
            } else {
                path::Step::Index(frame.count - 1)
            }
        });
        Error::invalid(format!("{}: {}", path::render(steps), what.as_ref()))
    }

    #[inline(always)]
    fn value(&mut self) -> Result<Step<'b>> {
        let item = item::read(&mut self.decoder).map_err(|why| self.fail(why))?;
        match item {
            Item::Break => return Err(self.fail("not well-formed CBOR: a break where a value is due")),
            Item::List(left) => self.begin(false, left)?,
            Item::Map(left) => self.begin(true, left)?,
            _ => {}
        }
        Ok(Step::Value(item))
    }

    fn begin(&mut self, map: bool, left: Option<u64>) -> Result<()> {
        if self.around + self.frames.len() == MAX_DEPTH {
            return Err(self.fail(format!("more than {MAX_DEPTH} lists and maps inside each other")));
        }
        if self.frames.is_empty() {
            // Most values need no more, and growing step by step takes longer than looking at them.
            self.frames.reserve(8);
            self.keys.reserve(24);
        }
        self.frames.push(Frame { map, left, count: 0, value_due: false, first_key: self.keys.len() });
        Ok(())
    }

    #[inline(always)]
    fn read_key(&mut self) -> Result<Step<'b>> {
        let key = item::read_key(&mut self.decoder).map_err(|why| self.fail_outside(why))?;
        self.keys.push(key);
        let frame = self.frames.last_mut().expect("a key is read only in an open map");
        frame.count += 1;
        frame.value_due = true;
        Ok(Step::Key)
    }

    fn end(&mut self) -> Result<Step<'b>> {
        let frame = self.frames.last().expect("only an open container ends");
        let (kind, first_key) = (if frame.map { Kind::Map } else { Kind::List }, frame.first_key);
        if let Some(key) = duplicate(&mut self.keys[first_key..], Ord::cmp) {
            let what = format!("key {} occurs twice", quoted(key));
            return Err(self.fail_outside(what));
        }
        self.keys.truncate(first_key);
        self.frames.pop();
        Ok(Step::End(kind))
    }

    fn nothing_follows(&self) -> Result<()> {
        match self.decoder.input().len() - self.decoder.position() {
            0 => Ok(()),
            1 => Err(self.fail("1 byte follows the value")),
            rest => Err(self.fail(format!("{rest} bytes follow the value"))),
        }
    }
}

const BREAK: u8 = 0xff;

/// One of two equal keys.
pub(crate) fn duplicate<K>(keys: &mut [K], compare: impl Fn(&K, &K) -> Ordering) -> Option<&K> {
    let equal = |a: &K, b: &K| compare(a, b).is_eq();
    if keys.len() <= 8 {
        // Most maps are this small, and then comparing all pairs takes less than sorting.
        return (1..keys.len())
            .find(|at| keys[..*at].iter().any(|key| equal(key, &keys[*at])))
            .map(|at| &keys[at]);
    }
    keys.sort_unstable_by(&compare);
    keys.windows(2).find(|pair| equal(&pair[0], &pair[1])).map(|pair| &pair[0])
}
