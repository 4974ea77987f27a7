//! Walks JSON text, as serde_json reads it.
//!
//! A reader of serde never goes back. Where that is needed (several branches of a union take a list or a map, items are compared, a
//! default is to be put in), the text of the value is found first and read then.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer as Reader;
use serde_json::value::RawValue;

use super::super::node::{NodeId, Rules, UnionRules};
use super::super::number::Number;
use super::entries::Entries;
use super::patch::Patch;
use super::place::Place;
use super::sameness::Items;
use super::{Check, Choice, Scalar, Stop, Walked, float};

/// What an error of ours says on its way through serde_json; what is wrong has been found.
const STOPPED: &str = "the check has stopped";

/// Checks the one value that the text is.
pub(super) fn walk(check: &mut Check<'_>, root: NodeId, json: &[u8]) -> Walked {
    let Ok(text) = std::str::from_utf8(json) else {
        return Err(check.damaged(&Place::ROOT, "not JSON: the text is not UTF-8"));
    };
    let mut reader = Reader::from_str(text);
    let value = Value { check: &mut *check, id: root, place: &Place::ROOT, text, raw: None };
    value.deserialize(&mut reader).map_err(|_| Stop)?;
    reader.end().map_err(|why| check.damaged(&Place::ROOT, format!("not JSON: {why}")))
}

/// A value that is about to be read.
struct Value<'c, 's, 'p, 'de> {
    check: &'c mut Check<'s>,
    id: NodeId,
    place: &'p Place<'p>,
    /// All of the text.
    text: &'de str,
    /// The value's own text, if it was found first.
    raw: Option<&'de str>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Value { check, id, place, text, raw } = self;
        let value = Value { check: &mut *check, id, place, text, raw };
        let read = if raw.is_none() && value.goes_back() {
            let read =
                |raw: &'de RawValue| value.read_found(raw.get()).map_err(|Stop| D::Error::custom(STOPPED));
            <&RawValue>::deserialize(deserializer).and_then(read)
        } else {
            deserializer.deserialize_any(value)
        };
        read.inspect_err(|why| {
            let why = why.to_string();
            if !check.is_damaged && !why.starts_with(STOPPED) {
                // The end of the walk in any case.
                let _stop = check.damaged(place, format!("not JSON: {why}"));
            }
        })
    }
}

impl<'s, 'de> Value<'_, 's, '_, 'de> {
    /// Whether the value may have to be read twice.
    fn goes_back(&self) -> bool {
        match &self.check.nodes[self.id].rules {
            Rules::Union(union) => union.ambiguous != 0 || self.check.is_completing(),
            Rules::Object(object) => object.has_defaults && self.check.is_completing(),
            _ => false,
        }
    }

    /// Where text of this payload begins.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }

    /// Reads the value, whose text this is.
    fn read_found(self, raw: &'de str) -> Walked {
        let kind = match raw.as_bytes().first() {
            Some(b'[') => Scalar::List,
            Some(b'{') => Scalar::Map,
            _ => return self.read_again(raw),
        };
        let nodes = self.check.nodes;
        match &nodes[self.id].rules {
            Rules::Union(union) if self.check.admitting(union, kind.kind()).1 => {
                self.choose(union, raw, kind)
            }
            _ => self.read_again(raw),
        }
    }

    fn read_again(self, raw: &'de str) -> Walked {
        let mut reader = Reader::from_str(raw);
        Value { raw: Some(raw), ..self }.deserialize(&mut reader).map_err(|_| Stop)
    }

    /// Finds the branch of a union that a list or map fits.
    fn choose(self, union: &UnionRules, raw: &'de str, kind: Scalar<'_>) -> Walked {
        let start = self.offset(raw);
        let Value { check, id, place, text, .. } = self;
        let nodes = check.nodes;
        let mut reasons = Vec::new();
        check.unions += 1;
        let choice = match check.chosen(start, id) {
            Some(known) => known,
            None => {
                let mut branch = None;
                let candidates = union.branches.iter().copied();
                for id in candidates.filter(|id| nodes[*id].admits & kind.kind() != 0) {
                    match check
                        .attempt(|check| Value { check, id, place, text, raw: None }.read_again(raw))?
                    {
                        None => {
                            branch = Some(id);
                            break;
                        }
                        Some(why) => reasons.push((id, why)),
                    }
                }
                let choice = Choice { branch, end: start + raw.len() };
                check.choose(start, id, choice);
                choice
            }
        };
        match choice.branch {
            Some(id) if check.is_completing() => {
                Value { check: &mut *check, id, place, text, raw: None }.read_again(raw)?;
            }
            Some(_) => {}
            None => {
                let walk =
                    |check: &mut Check<'s>, id| Value { check, id, place, text, raw: None }.read_again(raw);
                match check.meant(union, walk)? {
                    Some(id) => Value { check: &mut *check, id, place, text, raw: None }.read_again(raw)?,
                    None => check.none_fits(&nodes[id], place, reasons)?,
                }
            }
        }
        check.leave_union();
        Ok(())
    }

    /// The node of the list or map that this is: of a union, the one branch that takes it.
    fn settle(&mut self, kind: Scalar<'_>) -> Walked {
        let nodes = self.check.nodes;
        let node = &nodes[self.id];
        if let Rules::Union(union) = &node.rules {
            self.id = match self.check.admitting(union, kind.kind()).0 {
                Some(only) => only,
                None => {
                    let broken = self.check.outside(union, kind);
                    self.check.report_broken(node, self.place, broken)?;
                    self.check.any()
                }
            };
        }
        Ok(())
    }

    fn scalar<E: Error>(self, value: Scalar<'_>) -> Result<(), E> {
        stopped(self.check.scalar(self.id, value, self.place))
    }
}

fn stopped<T, E: Error>(walked: Result<T, Stop>) -> Result<T, E> {
    walked.map_err(|Stop| E::custom(STOPPED))
}

impl<'de> Visitor<'de> for Value<'_, '_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.scalar(Scalar::Number(Number::Int(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.scalar(Scalar::Number(Number::Int(value.into())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.scalar(float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        stopped(self.settle(Scalar::List))?;
        let Value { check, id, place, text, .. } = self;
        let rules = stopped(check.begin_list(id, place))?;
        let id = rules.map_or(check.any(), |rules| rules.items);
        let mut count = 0;
        if rules.is_some_and(|rules| rules.unique) {
            let mut same = Items::default();
            while let Some(raw) = items.next_element::<&RawValue>()? {
                let place = &place.index(count);
                stopped(Value { check: &mut *check, id, place, text, raw: None }.read_found(raw.get()))?;
                same.add_json(raw.get());
                count += 1;
            }
            if let Some(pair) = same.equal() {
                stopped(check.report_same(pair, place))?;
            }
        } else {
            loop {
                let place = &place.index(count);
                let item = Value { check: &mut *check, id, place, text, raw: None };
                if items.next_element_seed(item)?.is_none() {
                    break;
                }
                count += 1;
            }
        }
        stopped(check.end_list(rules, count, place))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        stopped(self.settle(Scalar::Map))?;
        let end = self.raw.map(|raw| self.offset(raw) + raw.len() - 1);
        let Value { check, id, place, text, .. } = self;
        let mut entries = stopped(Entries::begin(check, id, place))?;
        while let Some(key) = members.next_key_seed(Key)? {
            let node = stopped(entries.key(check, key, place))?;
            let place = &place.member(entries.name());
            members.next_value_seed(Value { check: &mut *check, id: node, place, text, raw: None })?;
        }
        let count = entries.count();
        let left_out = stopped(entries.end(check, place))?;
        if let (false, Rules::Object(object), Some(patches), Some(end)) =
            (left_out.is_empty(), &check.nodes[id].rules, &mut check.patches, end)
        {
            patches.push(Patch::of_json(object, &left_out, end, count));
        }
        Ok(())
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
