//! Constraints: which of them a type has, and whether they can hold together.

use super::Schema;
use super::format::Format;
use super::node::{EnumRules, Limits, TextRules};
use super::pattern;
use crate::proto::{Constraints, EnumValue, SchemaType};

/// Is told the code of a problem, and what it is.
pub(super) type Refuse<'a> = dyn FnMut(&'static str, String) + 'a;

/// Refuses what a type does not have, so that nobody relies on it.
pub(super) fn check_members(kind: SchemaType, schema: &Schema, refuse: &mut Refuse<'_>) {
    use SchemaType::*;
    let members = [
        ("fields", !schema.fields.is_empty(), kind == Object),
        ("items", schema.items.is_some(), kind == Array),
        ("key_schema", schema.key_schema.is_some(), kind == Map),
        ("value_schema", schema.value_schema.is_some(), kind == Map),
        ("enum_values", !schema.enum_values.is_empty(), kind == Enum),
        ("one_of", !schema.one_of.is_empty(), kind == Union),
        ("ref", !schema.r#ref.is_empty(), kind == Ref),
        (
            "format",
            !schema.format.is_empty(),
            matches!(kind, Integer | Number | String) || kind == Time && schema.format == "local",
        ),
    ];
    let needed = [(Enum, "enum_values"), (Union, "one_of"), (Ref, "ref")];
    for (name, given, fits) in members {
        if given && !fits {
            refuse("member", format!("{} has no {name}", kind.as_str_name()));
        }
        if !given && needed.contains(&(kind, name)) {
            refuse("member", format!("{} needs {name}", kind.as_str_name()));
        }
    }
    let Some(constraints) = &schema.constraints else { return };
    let is_text = matches!(kind, String | Uri | Email);
    let is_sized = is_text || kind == Binary;
    let is_number = matches!(kind, Integer | Number);
    let has_properties = matches!(kind, Object | Map);
    let given = [
        ("min_length", constraints.min_length.is_some(), is_sized),
        ("max_length", constraints.max_length.is_some(), is_sized),
        ("pattern", !constraints.pattern.is_empty(), is_text),
        ("minimum", constraints.minimum.is_some(), is_number),
        ("maximum", constraints.maximum.is_some(), is_number),
        ("exclusive_minimum", constraints.exclusive_minimum, is_number),
        ("exclusive_maximum", constraints.exclusive_maximum, is_number),
        ("multiple_of", constraints.multiple_of.is_some(), is_number),
        ("min_items", constraints.min_items.is_some(), kind == Array),
        ("max_items", constraints.max_items.is_some(), kind == Array),
        ("unique_items", constraints.unique_items, kind == Array),
        ("min_properties", constraints.min_properties.is_some(), has_properties),
        ("max_properties", constraints.max_properties.is_some(), has_properties),
    ];
    for (name, _, _) in given.into_iter().filter(|(_, given, fits)| *given && !fits) {
        refuse("constraints", format!("{} has no {name}", kind.as_str_name()));
    }
}

/// Length, pattern and format of text.
pub(super) fn text(constraints: &Constraints, format: Option<Format>, refuse: &mut Refuse<'_>) -> TextRules {
    let length = length(constraints, refuse);
    let compiled = (!constraints.pattern.is_empty()).then(|| pattern::compile(&constraints.pattern));
    let pattern = compiled.and_then(|compiled| compiled.map_err(|why| refuse("pattern", why)).ok());
    TextRules { length, pattern, format }
}

/// How long text or bytes may be.
pub(super) fn length(constraints: &Constraints, refuse: &mut Refuse<'_>) -> Limits {
    limits("length", constraints.min_length, constraints.max_length, refuse)
}

/// How many items an array may have.
pub(super) fn items(constraints: &Constraints, refuse: &mut Refuse<'_>) -> Limits {
    limits("items", constraints.min_items, constraints.max_items, refuse)
}

/// How many entries an object or map may have.
pub(super) fn properties(constraints: &Constraints, refuse: &mut Refuse<'_>) -> Limits {
    limits("properties", constraints.min_properties, constraints.max_properties, refuse)
}

fn limits(of: &str, least: Option<i32>, most: Option<i32>, refuse: &mut Refuse<'_>) -> Limits {
    for (side, limit) in [("min", least), ("max", most)] {
        if let Some(limit) = limit.filter(|limit| *limit < 0) {
            refuse("constraints", format!("{side}_{of} is {limit}; it must be 0 or more"));
        }
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        refuse("constraints", format!("min_{of} is {least}, but max_{of} is {most}"));
    }
    let size = |limit: i32| usize::try_from(limit).unwrap_or(0);
    Limits { least: least.map(size), most: most.map(size) }
}

/// The values of an ENUM, with their numbers in Protobuf if they have some.
pub(super) fn values(values: &[EnumValue], numbers: &[i32], refuse: &mut Refuse<'_>) -> EnumRules {
    let rules = EnumRules::new(values, numbers);
    if let Some(pair) = rules.values().windows(2).find(|pair| pair[0] == pair[1]) {
        refuse("enum_values", format!("'{}' is given twice", pair[0]));
    }
    rules
}
