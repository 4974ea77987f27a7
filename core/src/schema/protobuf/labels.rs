//! What the labels `hms.protobuf.*` of a schema say.

use std::collections::HashMap;

use super::Kind;
use crate::meta;
use crate::proto::{Schema, SchemaType};
use crate::schema::constraints::Refuse;

type Labels = HashMap<String, String>;

/// The numbers that Protobuf keeps for itself.
const KEPT: std::ops::RangeInclusive<u32> = 19_000..=19_999;
const MOST: u32 = (1 << 29) - 1;

/// The number of the field whose schema this is.
pub fn number(labels: &Labels, refuse: &mut Refuse<'_>) -> Option<u32> {
    let label = labels.get(meta::PROTOBUF_NUMBER)?;
    let number = label.parse().ok().filter(|number| (1..=MOST).contains(number) && !KEPT.contains(number));
    if number.is_none() {
        let what = format!(
            "{} is '{label}'; it must be a number from 1 to {MOST}, without {} to {}",
            meta::PROTOBUF_NUMBER,
            KEPT.start(),
            KEPT.end()
        );
        refuse("metadata", what);
    }
    number
}

/// The group of fields of which one may be there.
pub fn oneof(labels: &Labels) -> Option<Box<str>> {
    labels.get(meta::PROTOBUF_ONEOF).map(|name| name.as_str().into())
}

/// Gives a schema the place in a message that a REF to it has.
pub fn put_in_place(labels: &mut Labels, mut of_reference: Labels) {
    for label in [meta::PROTOBUF_NUMBER, meta::PROTOBUF_ONEOF] {
        labels.remove(label);
        labels.extend(of_reference.remove_entry(label));
    }
}

/// The type of a schema in Protobuf.
pub fn kind(kind: SchemaType, schema: &Schema, refuse: &mut Refuse<'_>) -> Option<Kind> {
    let labels = &schema.metadata;
    if labels.contains_key(meta::PROTOBUF_DESCRIPTORS) {
        let what = format!(
            "{} are for RegisterSchema: register the message, and refer to it",
            meta::PROTOBUF_DESCRIPTORS
        );
        refuse("metadata", what);
    }
    let has_numbers = labels.contains_key(meta::PROTOBUF_NUMBERS);
    if has_numbers && kind != SchemaType::Enum {
        refuse("metadata", format!("{} has no {}", kind.as_str_name(), meta::PROTOBUF_NUMBERS));
    }
    let label = labels.get(meta::PROTOBUF_TYPE).map(String::as_str);
    Kind::of(kind, &schema.format, has_numbers, label).unwrap_or_else(|why| {
        refuse("metadata", format!("{}: {why}", meta::PROTOBUF_TYPE));
        None
    })
}

/// The numbers of an ENUM's values, in their order; empty where it has none, and goes as text.
pub fn enum_numbers(schema: &Schema, refuse: &mut Refuse<'_>) -> Vec<i32> {
    let Some(label) = schema.metadata.get(meta::PROTOBUF_NUMBERS) else { return Vec::new() };
    let numbers: Result<Vec<i32>, _> = label.split(',').map(|number| number.trim().parse()).collect();
    match numbers {
        Ok(numbers) if numbers.len() == schema.enum_values.len() => numbers,
        _ => {
            let what = format!(
                "{} is '{label}'; it must be {} numbers of 32 bits with commas between, one for each value",
                meta::PROTOBUF_NUMBERS,
                schema.enum_values.len()
            );
            refuse("metadata", what);
            Vec::new()
        }
    }
}
