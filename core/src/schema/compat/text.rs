//! Schemas and their parts in words.

use std::fmt::Display;

use crate::proto::{Schema, SchemaType};

/// What stands for something that is not there.
pub const ABSENT: &str = "absent";
/// Alternatives of a union that are named.
const NAMED: usize = 6;

/// A schema's type, with what a name alone would hide.
pub fn schema(schema: &Schema) -> String {
    match schema.r#type() {
        SchemaType::Ref => format!("REF {}", schema.r#ref),
        SchemaType::Union => {
            let names: Vec<String> = schema.one_of.iter().take(NAMED).map(kind).collect();
            let more = if schema.one_of.len() > NAMED { ", ..." } else { "" };
            format!("UNION of {}{more}", names.join(", "))
        }
        _ => kind(schema),
    }
}

fn kind(schema: &Schema) -> String {
    schema.r#type().as_str_name().to_owned()
}

/// Text between quotes, cut where it would drown what is around it.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// A value that may be absent.
pub fn or_absent<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| ABSENT.to_owned(), |value| value.to_string())
}

/// Text that is empty where nothing was given.
pub fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
