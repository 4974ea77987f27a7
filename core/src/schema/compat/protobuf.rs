//! What a reader of Protobuf messages takes for something else, or cannot read: numbers and types, which CBOR and JSON have not.

use super::reading::Walk;
use super::text::{self, ABSENT};
use crate::meta;
use crate::proto::{Field, Schema};
use crate::schema::protobuf::Kind;

/// Whether a field has a number for both.
pub fn is_in_both(reader: &Field, writer: &Field) -> bool {
    number(reader).is_some() && number(writer).is_some()
}

/// Compares number and oneof of a field that both have.
pub fn places(walk: &mut Walk<'_>, reader: &Field, writer: &Field) {
    let told = |label: Option<&str>| label.unwrap_or(ABSENT).to_owned();
    let (read, written) = (number(reader), number(writer));
    if read != written {
        // Who has no numbers reads and writes no messages.
        walk.note(is_in_both(reader, writer), meta::PROTOBUF_NUMBER, told(read), told(written));
    }
    let (read, written) = (label(reader, meta::PROTOBUF_ONEOF), label(writer, meta::PROTOBUF_ONEOF));
    if read != written {
        // Writers may write several fields of which the reader takes one.
        walk.note(read.is_some(), meta::PROTOBUF_ONEOF, told(read), told(written));
    }
}

/// Looks for the number of a field that the reader does not have: another field of the reader's may have taken it.
pub fn taken(walk: &mut Walk<'_>, reader: &Schema, writer: &Field) {
    let Some(written) = number(writer) else { return };
    if let Some(other) = reader.fields.iter().find(|field| number(field) == Some(written)) {
        let told = |field: &Field| format!("{written} of {}", text::quoted(&field.name));
        walk.note(true, meta::PROTOBUF_NUMBER, told(other), told(writer));
    }
}

/// Compares the types that values have in messages, and the numbers of an ENUM's.
pub fn types(walk: &mut Walk<'_>, reader: &Schema, writer: &Schema) {
    let (Some(read), Some(written)) = (kind(reader), kind(writer)) else { return };
    if read != written {
        walk.note(!read.reads(written), meta::PROTOBUF_TYPE, read.name(), written.name());
    }
    let of = |schema: &Schema| schema.metadata.get(meta::PROTOBUF_NUMBERS).cloned();
    if let (Some(read), Some(written)) = (of(reader), of(writer))
        && read != written
    {
        walk.note(!have_one_number_each(reader, writer), meta::PROTOBUF_NUMBERS, read, written);
    }
}

/// Whether the reader takes each number for the value that the writer means.
fn have_one_number_each(reader: &Schema, writer: &Schema) -> bool {
    let numbers = |schema: &Schema| -> Vec<(String, String)> {
        let label = schema.metadata.get(meta::PROTOBUF_NUMBERS).map_or("", String::as_str);
        let values = schema.enum_values.iter().map(|value| value.value.clone());
        values.zip(label.split(',').map(|number| number.trim().to_owned())).collect()
    };
    let read = numbers(reader);
    numbers(writer).iter().all(|(value, number)| match read.iter().find(|(known, _)| known == value) {
        Some((_, own)) => own == number,
        None => read.iter().all(|(_, own)| own != number),
    })
}

fn number(field: &Field) -> Option<&str> {
    label(field, meta::PROTOBUF_NUMBER)
}

fn label<'f>(field: &'f Field, label: &str) -> Option<&'f str> {
    field.schema.as_ref()?.metadata.get(label).map(String::as_str)
}

fn kind(schema: &Schema) -> Option<Kind> {
    let labels = &schema.metadata;
    let own = labels.get(meta::PROTOBUF_TYPE).map(String::as_str);
    Kind::of(schema.r#type(), &schema.format, labels.contains_key(meta::PROTOBUF_NUMBERS), own).ok().flatten()
}
