//! The entries of an object or a map: which schema each has, which come twice, which are missing.

use std::borrow::Cow;

use super::super::node::{MapRules, NodeId, ObjectRules, Rules};
use super::place::Place;
use super::{Check, Scalar, Stop, Walked, scalar};
use crate::codec::cbor::duplicate;
use crate::codec::path::quoted;
use crate::proto::SchemaType;
use crate::registry::nearest;

/// The entries of one map of the payload, as far as they have come by.
pub(super) struct Entries<'s, 'b> {
    rules: EntryRules<'s>,
    seen: Seen,
    count: usize,
    /// The field that the last key named.
    field: Option<usize>,
    /// Keys that are no fields.
    others: Vec<Cow<'b, str>>,
}

#[derive(Clone, Copy)]
enum EntryRules<'s> {
    Any,
    Object(&'s ObjectRules),
    Map(&'s MapRules),
}

/// Which fields have come by.
#[derive(Default)]
struct Seen {
    first: u64,
    others: Vec<u64>,
}

impl Seen {
    /// Whether it is the first time.
    #[inline]
    fn insert(&mut self, field: usize) -> bool {
        let word = match field / 64 {
            0 => &mut self.first,
            word => {
                if self.others.len() < word {
                    self.others.resize(word, 0);
                }
                &mut self.others[word - 1]
            }
        };
        let bit = 1 << (field % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn holds(&self, field: usize) -> bool {
        let word = match field / 64 {
            0 => self.first,
            word => self.others.get(word - 1).copied().unwrap_or(0),
        };
        word & 1 << (field % 64) != 0
    }
}

impl<'s, 'b> Entries<'s, 'b> {
    /// A map begins.
    pub fn begin(check: &mut Check<'s>, id: NodeId, place: &Place<'_>) -> Result<Self, Stop> {
        check.refuse_depth(place)?;
        let node = &check.nodes[id];
        let rules = match &node.rules {
            Rules::Object(rules) => EntryRules::Object(rules),
            Rules::Map(rules) => EntryRules::Map(rules),
            _ => {
                if node.kind != SchemaType::Any {
                    let broken = scalar::mismatch(node.kind.as_str_name(), Scalar::Map);
                    check.report_broken(node, place, broken)?;
                }
                EntryRules::Any
            }
        };
        Ok(Entries { rules, seen: Seen::default(), count: 0, field: None, others: Vec::new() })
    }

    /// A key comes by: the node of its value.
    #[inline]
    pub fn key(
        &mut self,
        check: &mut Check<'s>,
        key: Cow<'b, str>,
        place: &Place<'_>,
    ) -> Result<NodeId, Stop> {
        self.count += 1;
        let any = check.any();
        match self.rules {
            EntryRules::Object(object) => {
                let near = self.field.map_or(0, |field| field + 1);
                if let Some(field) = object.find(&key, near) {
                    if !self.seen.insert(field) {
                        return Err(twice(check, &key, place));
                    }
                    self.field = Some(field);
                    return Ok(object.fields[field].node);
                }
                self.field = None;
                if object.closed {
                    report_unknown(check, object, &key, &place.member(&key))?;
                }
                self.others.push(key);
                Ok(any)
            }
            EntryRules::Map(map) => {
                check.key(map.key, &key, &place.member(&key))?;
                self.others.push(key);
                Ok(map.value)
            }
            EntryRules::Any => {
                self.others.push(key);
                Ok(any)
            }
        }
    }

    /// A field comes by that is known by its place in the schema.
    pub fn field(&mut self, check: &mut Check<'s>, field: usize, place: &Place<'_>) -> Walked {
        let EntryRules::Object(object) = self.rules else { return Ok(()) };
        self.count += 1;
        self.field = Some(field);
        if self.seen.insert(field) { Ok(()) } else { Err(twice(check, &object.fields[field].name, place)) }
    }

    /// Whether a field has come by.
    pub fn has(&self, field: usize) -> bool {
        self.seen.holds(field)
    }

    /// The key that came by last.
    #[inline]
    pub fn name(&self) -> &str {
        match (self.rules, self.field) {
            (EntryRules::Object(object), Some(field)) => &object.fields[field].name,
            _ => self.others.last().map_or("", AsRef::as_ref),
        }
    }

    /// How many have come by.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The map ends: the fields with defaults that it left out, if they are asked for.
    pub fn end(mut self, check: &mut Check<'s>, place: &Place<'_>) -> Result<Vec<usize>, Stop> {
        if let Some(key) = duplicate(&mut self.others, Ord::cmp) {
            return Err(twice(check, key, place));
        }
        let (limits, mut left_out) = match self.rules {
            EntryRules::Any => return Ok(Vec::new()),
            EntryRules::Map(map) => (map.count, Vec::new()),
            EntryRules::Object(object) => (object.count, self.missing(check, object, place)?),
        };
        let (code, limit) = match limits.broken_by(self.count) {
            None => return Ok(left_out),
            Some((true, most)) => ("max_properties", format!("at most {most} are allowed")),
            Some((false, least)) => ("min_properties", format!("at least {least} are needed")),
        };
        left_out.clear();
        check.report(place, code, format!("{} entries; {limit}", self.count)).map(|()| left_out)
    }

    fn missing(
        &self,
        check: &mut Check<'s>,
        object: &ObjectRules,
        place: &Place<'_>,
    ) -> Result<Vec<usize>, Stop> {
        let mut left_out = Vec::new();
        if self.count - self.others.len() == object.fields.len() {
            return Ok(left_out);
        }
        for (index, field) in object.fields.iter().enumerate().filter(|(index, _)| !self.seen.holds(*index)) {
            if field.required {
                check.report(&place.member(&field.name), "required", "required".to_owned())?;
            } else if field.default.is_some() && check.is_completing() {
                left_out.push(index);
            }
        }
        Ok(left_out)
    }
}

impl<'s> Check<'s> {
    /// Checks a key. Keys are text: integers and bools are read from it.
    fn key(&mut self, id: NodeId, key: &str, place: &Place<'_>) -> Walked {
        let node = &self.nodes[id];
        let value = match (&node.rules, node.kind) {
            (Rules::Union(union), _) => {
                for branch in &union.branches {
                    if self.attempt(|check| check.key(*branch, key, place))?.is_none() {
                        return Ok(());
                    }
                }
                let what = format!("the key {} fits none of the schemas for keys", quoted(key));
                return self.report_broken(node, place, ("key", what));
            }
            (_, SchemaType::Integer) => match key.parse() {
                Ok(number) => Scalar::Number(super::Number::Int(number)),
                Err(_) => Scalar::Text(key),
            },
            (_, SchemaType::Boolean) if key == "true" || key == "false" => Scalar::Bool(key == "true"),
            _ => Scalar::Text(key),
        };
        let mut walked = Ok(());
        scalar::check(node, value, self.is_json, |(code, message)| {
            if walked.is_ok() {
                walked = self.report_broken(node, place, (code, format!("the key: {message}")));
            }
        });
        walked
    }
}

#[cold]
fn twice(check: &mut Check<'_>, key: &str, place: &Place<'_>) -> Stop {
    check.damaged(place, format!("key {} occurs twice", quoted(key)))
}

#[cold]
fn report_unknown(check: &mut Check<'_>, object: &ObjectRules, key: &str, place: &Place<'_>) -> Walked {
    const LONGEST_SLIP: usize = 60;
    let names = || object.fields.iter().map(|field| &*field.name);
    let near = if key.len() <= LONGEST_SLIP { nearest(key, names()) } else { None };
    let hint = near.map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
    check.report(place, "closed", format!("the schema has no such field and is closed{hint}"))
}
