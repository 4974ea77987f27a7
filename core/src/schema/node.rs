//! The compiled form: schemas with all references followed, in one list.

use regex::Regex;

use super::format::Format;
use super::number::NumberRules;
use super::protobuf::{Kind, Message};
use crate::proto::{EnumValue, SchemaType};

/// The index of a node.
pub(super) type NodeId = usize;

/// Kinds of value, one bit each.
pub(super) type Kinds = u16;

/// The bits of [`Kinds`].
pub(super) mod kind {
    use super::Kinds;

    pub const NULL: Kinds = 1;
    pub const BOOL: Kinds = 1 << 1;
    pub const NUMBER: Kinds = 1 << 2;
    pub const TEXT: Kinds = 1 << 3;
    pub const BYTES: Kinds = 1 << 4;
    pub const DATE_TIME: Kinds = 1 << 5;
    pub const UUID: Kinds = 1 << 6;
    pub const LIST: Kinds = 1 << 7;
    pub const MAP: Kinds = 1 << 8;
    pub const ANY: Kinds = (1 << 9) - 1;
}

/// One schema, compiled.
#[derive(Debug)]
pub(super) struct Node {
    /// The type it was made of.
    pub kind: SchemaType,
    /// Kinds of value that may fit.
    pub admits: Kinds,
    /// Its values are not shown in messages.
    pub sensitive: bool,
    /// What it is in Protobuf; `None` = no value of a field.
    pub protobuf: Option<Kind>,
    pub rules: Rules,
}

/// What a value must be, by type. What its kind alone tells has no rules.
#[derive(Debug)]
pub(super) enum Rules {
    None,
    Number(NumberRules),
    Text(TextRules),
    Binary(Limits),
    Enum(EnumRules),
    Array(ArrayRules),
    Object(ObjectRules),
    Map(MapRules),
    Union(UnionRules),
}

/// How many of something there may be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    pub least: Option<usize>,
    pub most: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub length: Limits,
    pub pattern: Option<Regex>,
    pub format: Option<Format>,
}

#[derive(Debug)]
pub(super) struct EnumRules {
    /// In order.
    values: Vec<Box<str>>,
    /// In Protobuf, in the order of the values; empty where the values are text there, too.
    numbers: Vec<i32>,
    /// In order. Of several values with one number the first that was given.
    by_number: Vec<(i32, usize)>,
}

#[derive(Debug)]
pub(super) struct ArrayRules {
    pub items: NodeId,
    pub count: Limits,
    pub unique: bool,
}

#[derive(Debug)]
pub(super) struct ObjectRules {
    pub fields: Vec<Field>,
    /// The fields in order of their names.
    pub sorted: Vec<u32>,
    /// None but these fields.
    pub closed: bool,
    pub count: Limits,
    /// Some field has a default.
    pub has_defaults: bool,
    /// What it is in Protobuf, if its fields have numbers.
    pub message: Option<Message>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub name: Box<str>,
    pub node: NodeId,
    pub required: bool,
    pub default: Option<Default>,
    /// Its number in Protobuf.
    pub number: Option<u32>,
    /// The group of fields in Protobuf of which one may be there.
    pub oneof: Option<Box<str>>,
    /// What it is where the bytes of a Protobuf message do not have it.
    pub absent: Absent,
}

/// What a field is that the bytes of a Protobuf message do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    LeftOut,
    /// 0, false, empty: writers leave it out.
    Zero,
    Null,
}

/// What a field is when it was left out.
#[derive(Debug)]
pub(super) struct Default {
    pub cbor: Vec<u8>,
    pub json: Vec<u8>,
    /// As records of a message, if the object is one.
    pub protobuf: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct MapRules {
    pub key: NodeId,
    pub value: NodeId,
    pub count: Limits,
}

#[derive(Debug)]
pub(super) struct UnionRules {
    /// Never unions themselves.
    pub branches: Vec<NodeId>,
    /// The branches as they were given, with their numbers in Protobuf.
    pub tagged: Vec<(Option<u32>, NodeId)>,
    /// Several of them admit lists, or maps: which it is, is known only after one of them was tried.
    pub ambiguous: Kinds,
    pub discriminator: Option<Discriminator>,
}

/// The field whose value tells which branch of a union is meant.
#[derive(Debug)]
pub(super) struct Discriminator {
    pub field: Box<str>,
    pub cases: Vec<Case>,
}

/// A branch, and the node that takes each object with a value of that branch in the field.
#[derive(Debug)]
pub(super) struct Case {
    pub named: NodeId,
    pub branch: NodeId,
}

impl Node {
    /// One that takes anything.
    pub fn any() -> Node {
        let (kind, admits) = (SchemaType::Any, kind::ANY);
        Node { kind, admits, sensitive: false, protobuf: None, rules: Rules::None }
    }

    /// Whether it is an object of which some field has a default.
    pub fn has_defaults(&self) -> bool {
        matches!(&self.rules, Rules::Object(object) if object.has_defaults)
    }
}

impl Limits {
    /// Whether so many are too few or too many: the limit that is broken.
    pub fn broken_by(&self, count: usize) -> Option<(bool, usize)> {
        match (self.least, self.most) {
            (Some(least), _) if count < least => Some((false, least)),
            (_, Some(most)) if count > most => Some((true, most)),
            _ => None,
        }
    }
}

impl EnumRules {
    /// Values, with their numbers in Protobuf if they have some.
    pub fn new(given: &[EnumValue], numbers: &[i32]) -> EnumRules {
        let mut order: Vec<usize> = (0..given.len()).collect();
        order.sort_by_key(|at| &given[*at].value);
        let mut by_number: Vec<(i32, usize, usize)> = order
            .iter()
            .enumerate()
            .filter_map(|(at, given)| Some((*numbers.get(*given)?, *given, at)))
            .collect();
        by_number.sort_unstable();
        by_number.dedup_by_key(|(number, ..)| *number);
        EnumRules {
            values: order.iter().map(|at| given[*at].value.as_str().into()).collect(),
            numbers: order.iter().filter_map(|at| numbers.get(*at).copied()).collect(),
            by_number: by_number.into_iter().map(|(number, _, at)| (number, at)).collect(),
        }
    }

    /// The values in order.
    pub fn values(&self) -> &[Box<str>] {
        &self.values
    }

    /// Whether it is one of the values.
    pub fn holds(&self, value: &str) -> bool {
        self.find(value).is_some()
    }

    /// The number of a value in Protobuf.
    pub fn number(&self, value: &str) -> Option<i32> {
        self.numbers.get(self.find(value)?).copied()
    }

    /// The value with this number in Protobuf.
    pub fn numbered(&self, number: i32) -> Option<&str> {
        let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.values[self.by_number[at].1])
    }

    fn find(&self, value: &str) -> Option<usize> {
        self.values.binary_search_by(|known| (**known).cmp(value)).ok()
    }
}

impl ObjectRules {
    /// The field with this name; `near` is where it is if the payload keeps to the schema's order.
    #[inline]
    pub fn find(&self, name: &str, near: usize) -> Option<usize> {
        if self.fields.get(near).is_some_and(|field| *field.name == *name) {
            return Some(near);
        }
        let by_name = |index: &u32| (*self.fields[*index as usize].name).cmp(name);
        self.sorted.binary_search_by(by_name).ok().map(|at| self.sorted[at] as usize)
    }
}
