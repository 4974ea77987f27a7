//! Values without parts, and what a schema says of them.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::super::format::Format;
use super::super::node::{EnumRules, Kinds, Limits, Node, Rules, TextRules, kind};
use super::super::number::{Broken, Number};
use crate::codec::path::quoted;
use crate::proto::SchemaType;

/// A value without parts, or the beginning of one with parts.
#[derive(Debug, Clone, Copy)]
pub(in crate::schema) enum Scalar<'v> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'v str),
    Bytes(&'v [u8]),
    DateTime(&'v str),
    Uuid,
    List,
    Map,
}

impl Scalar<'_> {
    /// Its bit.
    pub fn kind(&self) -> Kinds {
        match self {
            Scalar::Null => kind::NULL,
            Scalar::Bool(_) => kind::BOOL,
            Scalar::Number(_) => kind::NUMBER,
            Scalar::Text(_) => kind::TEXT,
            Scalar::Bytes(_) => kind::BYTES,
            Scalar::DateTime(_) => kind::DATE_TIME,
            Scalar::Uuid => kind::UUID,
            Scalar::List => kind::LIST,
            Scalar::Map => kind::MAP,
        }
    }
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => f.write_str("null"),
            Scalar::Bool(value) => value.fmt(f),
            Scalar::Number(value) => value.fmt(f),
            Scalar::Text(text) => write!(f, "text {}", quoted(text)),
            Scalar::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Scalar::DateTime(text) => write!(f, "date-time {text}"),
            Scalar::Uuid => f.write_str("a UUID"),
            Scalar::List => f.write_str("a list"),
            Scalar::Map => f.write_str("a map"),
        }
    }
}

/// Tells what a value breaks of a node that is no union. Lists and maps are only looked at by kind.
#[inline]
pub(super) fn check(node: &Node, value: Scalar<'_>, is_json: bool, mut broken: impl FnMut(Broken)) {
    if node.admits & value.kind() == 0 {
        return broken(mismatch(node.kind.as_str_name(), value));
    }
    match (&node.rules, value) {
        (Rules::Text(rules), Scalar::Text(text)) => check_text(rules, text, broken),
        (Rules::Number(rules), Scalar::Number(number)) => rules.check(number, broken),
        (Rules::Enum(values), _) if !is_one_of(values, value) => {
            let known =
                values.values().iter().take(20).map(|value| quoted(value)).collect::<Vec<_>>().join(", ");
            let more = if values.values().len() > 20 { ", ..." } else { "" };
            broken(("enum", format!("{value} is none of {known}{more}")));
        }
        (Rules::Binary(length), Scalar::Bytes(bytes)) => check_length("bytes", *length, bytes.len(), broken),
        (Rules::Binary(length), Scalar::Text(text)) if is_json => match BASE64_STANDARD.decode(text) {
            Ok(bytes) => check_length("bytes", *length, bytes.len(), broken),
            Err(_) => broken(("format", format!("{value} is not standard base64 with padding"))),
        },
        (Rules::Binary(_), _) => broken(mismatch(SchemaType::Binary.as_str_name(), value)),
        _ => {}
    }
}

/// What a value of another kind breaks.
pub(super) fn mismatch(needed: &str, found: Scalar<'_>) -> Broken {
    ("type", format!("needs {needed}, found {found}"))
}

fn check_text(rules: &TextRules, text: &str, mut broken: impl FnMut(Broken)) {
    if rules.length.least.is_some() || rules.length.most.is_some() {
        check_length("characters", rules.length, text.chars().count(), &mut broken);
    }
    if let Some(pattern) = &rules.pattern
        && !pattern.is_match(text)
    {
        broken(("pattern", format!("{} does not match the pattern {}", quoted(text), pattern.as_str())));
    }
    if let Some(format) = rules.format
        && !Format::fits(format, text)
    {
        broken(("format", format!("{} is not {}", quoted(text), format.describe())));
    }
}

fn check_length(unit: &str, limits: Limits, length: usize, mut broken: impl FnMut(Broken)) {
    match limits.broken_by(length) {
        Some((true, most)) => broken(("max_length", format!("{length} {unit}; at most {most} are allowed"))),
        Some((false, least)) => {
            broken(("min_length", format!("{length} {unit}; at least {least} are needed")))
        }
        None => {}
    }
}

/// Whether a value is one of an ENUM's: its text, or the decimal text of an integer.
fn is_one_of(values: &EnumRules, value: Scalar<'_>) -> bool {
    match value {
        Scalar::Text(text) => values.holds(text),
        Scalar::Number(Number::Int(number)) => values.holds(&number.to_string()),
        Scalar::Number(Number::Float(number)) if number.fract() == 0.0 && number.abs() < 1e18 => {
            values.holds(&(number as i64).to_string())
        }
        _ => false,
    }
}
