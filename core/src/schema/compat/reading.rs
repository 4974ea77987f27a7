//! Walking a writer's schema beside a reader's: each place where the reader refuses something that is written.

use std::collections::HashSet;

use super::document::{Document, Index};
use super::text::{self, ABSENT, given};
use super::{number, object, protobuf};
use crate::proto::{Constraints, EnumValue, Schema, SchemaType};

/// Pairs of schemas that are looked at. Schemas that need more are told apart only as far as that.
const MOST_PAIRS: u32 = 100_000;
/// How deep schemas are compared inside each other. Those that are checked are less deep, but REFs can meet in many ways.
const MOST_DEPTH: usize = 256;

/// A difference, seen from a reader and a writer.
pub struct Finding {
    pub path: String,
    pub aspect: &'static str,
    pub reader: String,
    pub writer: String,
    /// The reader refuses some of what is written.
    pub breaks: bool,
}

/// All differences between what a reader expects and a writer writes.
pub fn findings(reader: &Document, writer: &Document) -> Vec<Finding> {
    let (readers, writers) = (reader.index(), writer.index());
    let (reader, writer) = (readers.root, writers.root);
    let mut walk = Walk {
        readers,
        writers,
        path: vec!["$".to_owned()],
        open: HashSet::new(),
        pairs: 0,
        is_silent: false,
        is_broken: false,
        is_message: false,
        found: Vec::new(),
    };
    walk.pair(reader, writer);
    walk.found
}

/// One walk. A pair of schemas that is met again inside of itself, through REFs, is taken to fit: if it does not, that is found
/// where it began.
pub struct Walk<'a> {
    readers: Index<'a>,
    writers: Index<'a>,
    path: Vec<String>,
    open: HashSet<(*const Schema, *const Schema)>,
    pairs: u32,
    /// Only whether it fits is asked.
    is_silent: bool,
    is_broken: bool,
    /// The values are in a field of a Protobuf message, for both.
    is_message: bool,
    found: Vec<Finding>,
}

impl<'a> Walk<'a> {
    /// Tells a difference at this place.
    pub fn note(
        &mut self,
        breaks: bool,
        aspect: &'static str,
        reader: impl Into<String>,
        writer: impl Into<String>,
    ) {
        self.is_broken |= breaks;
        if !self.is_silent {
            let path = self.path.concat();
            self.found.push(Finding { path, aspect, reader: reader.into(), writer: writer.into(), breaks });
        }
    }

    /// Goes one step further in.
    pub fn enter(&mut self, step: String) {
        self.path.push(step);
    }

    /// Comes back from it.
    pub fn leave(&mut self) {
        self.path.pop();
    }

    /// Looks at two schemas one step further in. One that is missing takes anything.
    pub fn inside(&mut self, step: String, reader: Option<&'a Schema>, writer: Option<&'a Schema>) {
        self.path.push(step);
        match (reader, writer) {
            (Some(reader), Some(writer)) => self.pair(reader, writer),
            (None, Some(writer)) => self.note(false, "type", "ANY", text::schema(writer)),
            (Some(reader), None) => match self.readers.meant(reader) {
                Some(meant) if takes_anything(meant) => {}
                _ => self.note(true, "type", text::schema(reader), "ANY"),
            },
            (None, None) => {}
        }
        self.path.pop();
    }

    /// Looks at what is inside of a field, which is one of a Protobuf message or not.
    pub fn within(&mut self, is_message: bool, look: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.is_message, is_message);
        look(self);
        self.is_message = outside;
    }

    /// Whether a reader reads all that is written, without telling why not.
    fn fits(&mut self, reader: &'a Schema, writer: &'a Schema) -> bool {
        let (is_silent, is_broken) = (self.is_silent, self.is_broken);
        (self.is_silent, self.is_broken) = (true, false);
        self.pair(reader, writer);
        let fits = !self.is_broken;
        (self.is_silent, self.is_broken) = (is_silent, is_broken);
        fits
    }

    /// Looks at two schemas at the same place.
    fn pair(&mut self, reader: &'a Schema, writer: &'a Schema) {
        self.pairs += 1;
        if self.pairs > MOST_PAIRS || self.path.len() > MOST_DEPTH {
            return self.note(true, "ref", "too much to compare", "too much to compare");
        }
        let told = |schema: &Schema, meant: Option<&Schema>| match meant {
            Some(_) => text::schema(schema),
            None => format!("{}, which leads nowhere", text::schema(schema)),
        };
        match (self.readers.meant(reader), self.writers.meant(writer)) {
            (Some(reader), Some(writer)) => {
                let both = (std::ptr::from_ref(reader), std::ptr::from_ref(writer));
                if self.open.insert(both) {
                    self.meant(reader, writer);
                    self.open.remove(&both);
                }
            }
            (reads, writes) => self.note(true, "ref", told(reader, reads), told(writer, writes)),
        }
    }

    fn meant(&mut self, reader: &'a Schema, writer: &'a Schema) {
        use SchemaType::*;
        if self.is_message {
            protobuf::types(self, reader, writer);
        }
        match (reader.r#type(), writer.r#type()) {
            (Any, Any) => {}
            (Union, Union) => self.alternatives(reader, writer),
            (Union, _) => {
                let fits = reader.one_of.iter().any(|one| self.fits(one, writer));
                self.kinds(!fits, reader, writer);
            }
            (Any, Union) => self.kinds(false, reader, writer),
            (_, Union) => {
                let fits = writer.one_of.iter().all(|one| self.fits(reader, one));
                self.kinds(!fits, reader, writer);
            }
            (Any, _) => self.kinds(false, reader, writer),
            (Object | Map, Object | Map) => object::members(self, reader, writer),
            (a, b) if a == b => self.same_kind(reader, writer),
            (Number, Integer) => {
                self.kinds(false, reader, writer);
                self.numbers(reader, writer);
            }
            (Integer, Number) => {
                self.kinds(!number::is_whole(writer), reader, writer);
                self.numbers(reader, writer);
            }
            (String, Enum) => {
                let fits = |one: &EnumValue| !is_number(&one.value) && takes_text(reader, &one.value);
                self.kinds(!writer.enum_values.iter().all(fits), reader, writer);
            }
            // Those that are not text alone are left out.
            (String, Date | Time | Duration | Uri | Email) => {
                self.kinds(!is_free_text(reader), reader, writer);
            }
            _ => self.kinds(true, reader, writer),
        }
    }

    fn kinds(&mut self, breaks: bool, reader: &'a Schema, writer: &'a Schema) {
        let (reads, writes) = (text::schema(reader), text::schema(writer));
        // Anything can be said in two ways.
        if breaks || reads != writes {
            self.note(breaks, "type", reads, writes);
        }
    }

    /// Each alternative that is written must be one that is read.
    fn alternatives(&mut self, reader: &'a Schema, writer: &'a Schema) {
        for (index, written) in writer.one_of.iter().enumerate() {
            if reader.one_of.iter().any(|one| self.fits(one, written)) {
                continue;
            }
            // The one that is meant is most likely still at its place.
            match reader.one_of.get(index).filter(|one| one.r#type == written.r#type) {
                Some(one) => self.inside(format!("(one_of[{index}])"), Some(one), Some(written)),
                None => self.note(true, "one_of", ABSENT, text::schema(written)),
            }
        }
        for (index, read) in reader.one_of.iter().enumerate() {
            let is_compared = writer.one_of.get(index).is_some_and(|one| one.r#type == read.r#type);
            if !is_compared && !writer.one_of.iter().any(|one| self.fits(read, one)) {
                self.note(false, "one_of", text::schema(read), ABSENT);
            }
        }
    }

    fn same_kind(&mut self, reader: &'a Schema, writer: &'a Schema) {
        match reader.r#type() {
            SchemaType::Integer | SchemaType::Number => self.numbers(reader, writer),
            SchemaType::Enum => self.values(reader, writer),
            SchemaType::Array => {
                self.lengths(reader, writer, ["min_items", "max_items"], |of| (of.min_items, of.max_items));
                self.uniqueness(reader, writer);
                self.inside("[*]".to_owned(), reader.items.as_deref(), writer.items.as_deref());
            }
            _ => self.text(reader, writer),
        }
    }

    fn numbers(&mut self, reader: &'a Schema, writer: &'a Schema) {
        let was_broken = std::mem::take(&mut self.is_broken);
        let (lower, upper) = number::within(reader, writer);
        let steps = number::steps_within(reader, writer);
        let (read, written) = (constraints(reader), constraints(writer));
        self.bound(!lower, "minimum", number::minimum(&read), number::minimum(&written));
        self.bound(!upper, "maximum", number::maximum(&read), number::maximum(&written));
        self.bound(!steps, "multiple_of", read.multiple_of, written.multiple_of);
        let (read, written) = (&reader.format, &writer.format);
        let is_within = lower && upper && number::format_within(reader, writer);
        self.bound(!read.is_empty() && !is_within, "format", given(read), given(written));
        if !(self.is_broken || is_within && steps) {
            self.kinds(true, reader, writer);
        }
        self.is_broken |= was_broken;
    }

    fn values(&mut self, reader: &Schema, writer: &Schema) {
        let has = |schema: &Schema, value: &str| schema.enum_values.iter().any(|one| one.value == value);
        for written in writer.enum_values.iter().filter(|one| !has(reader, &one.value)) {
            self.note(true, "enum_values", ABSENT, text::quoted(&written.value));
        }
        for read in reader.enum_values.iter().filter(|one| !has(writer, &one.value)) {
            self.note(false, "enum_values", text::quoted(&read.value), ABSENT);
        }
    }

    fn text(&mut self, reader: &'a Schema, writer: &'a Schema) {
        self.lengths(reader, writer, ["min_length", "max_length"], |of| (of.min_length, of.max_length));
        let (read, written) = (constraints(reader).pattern, constraints(writer).pattern);
        // Whether one pattern takes all that another does is not looked into.
        self.bound(!read.is_empty(), "pattern", given(&read), given(&written));
        let (read, written) = (&reader.format, &writer.format);
        // A TIME without format is one with offset.
        let asks = !read.is_empty() || reader.r#type() == SchemaType::Time;
        self.bound(asks, "format", given(read), given(written));
    }

    /// How long, or how many; unbounded where there is no constraint.
    pub fn lengths(
        &mut self,
        reader: &'a Schema,
        writer: &'a Schema,
        [least, most]: [&'static str; 2],
        of: impl Fn(&Constraints) -> (Option<i32>, Option<i32>),
    ) {
        let (read, written) = (of(&constraints(reader)), of(&constraints(writer)));
        self.bound(written.0.unwrap_or(0) < read.0.unwrap_or(0), least, read.0, written.0);
        let longest = |most: Option<i32>| most.unwrap_or(i32::MAX);
        // Without a bound, more than that can be written.
        let breaks = read.1.is_some() && (written.1.is_none() || longest(read.1) < longest(written.1));
        self.bound(breaks, most, read.1, written.1);
    }

    fn uniqueness(&mut self, reader: &'a Schema, writer: &'a Schema) {
        let (read, written) = (constraints(reader), constraints(writer));
        let may_repeat = written.max_items.is_none_or(|most| most > 1);
        let told = |is_unique: bool| Some(is_unique);
        self.bound(
            read.unique_items && may_repeat,
            "unique_items",
            told(read.unique_items),
            told(written.unique_items),
        );
    }

    /// A bound that differs.
    pub fn bound<T: PartialEq + std::fmt::Display>(
        &mut self,
        breaks: bool,
        aspect: &'static str,
        reader: Option<T>,
        writer: Option<T>,
    ) {
        if reader != writer {
            self.note(breaks, aspect, text::or_absent(reader), text::or_absent(writer));
        }
    }
}

/// The constraints of a schema; all absent where it has none.
pub fn constraints(schema: &Schema) -> Constraints {
    schema.constraints.clone().unwrap_or_default()
}

/// Whether a schema takes each text.
pub fn is_free_text(schema: &Schema) -> bool {
    schema.r#type() == SchemaType::String
        && schema.format.is_empty()
        && constraints(schema) == Constraints::default()
}

/// Whether a value of an ENUM stands for a number too.
fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok()
}

/// Whether a schema takes this text, as far as that can be told without its pattern.
pub fn takes_text(schema: &Schema, text: &str) -> bool {
    match schema.r#type() {
        SchemaType::Any => true,
        SchemaType::Enum => schema.enum_values.iter().any(|one| one.value == text),
        SchemaType::String => {
            let Constraints { min_length, max_length, pattern, .. } = constraints(schema);
            let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
            schema.format.is_empty()
                && pattern.is_empty()
                && min_length.is_none_or(|least| least <= length)
                && max_length.is_none_or(|most| length <= most)
        }
        _ => false,
    }
}

fn takes_anything(schema: &Schema) -> bool {
    schema.r#type() == SchemaType::Any || schema.one_of.iter().any(takes_anything)
}
