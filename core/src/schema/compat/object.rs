//! Objects and maps: which members are written, which must be there.

use super::protobuf;
use super::reading::{Walk, constraints, is_free_text, takes_text};
use super::text::{self, ABSENT};
use crate::meta;
use crate::proto::{Field, Schema, SchemaType};
use crate::schema::path_to;

const OPTIONAL: &str = "optional";
const REQUIRED: &str = "required";

/// Looks at the members of two objects or maps.
pub fn members<'a>(walk: &mut Walk<'a>, reader: &'a Schema, writer: &'a Schema) {
    use SchemaType::Object;
    match (reader.r#type(), writer.r#type()) {
        (Object, Object) => of_objects(walk, reader, writer),
        (Object, _) => of_map_to_object(walk, reader, writer),
        (_, Object) => of_object_to_map(walk, reader, writer),
        _ => {
            // Keys are text anyway.
            let keys = |map: &'a Schema| map.key_schema.as_deref().filter(|keys| !is_free_text(keys));
            walk.inside(".*(key)".into(), keys(reader), keys(writer));
            walk.inside(".*".into(), reader.value_schema.as_deref(), writer.value_schema.as_deref());
        }
    }
    counts(walk, reader, writer);
}

fn of_objects<'a>(walk: &mut Walk<'a>, reader: &'a Schema, writer: &'a Schema) {
    for field in &writer.fields {
        let Some(other) = find(reader, &field.name) else {
            at(walk, &field.name, |walk| {
                walk.note(is_closed(reader), "fields", ABSENT, presence(field));
                protobuf::taken(walk, reader, field);
            });
            continue;
        };
        at(walk, &field.name, |walk| {
            if other.required != field.required {
                walk.note(other.required, "required", presence(other), presence(field));
            }
            protobuf::places(walk, other, field);
        });
        let is_message = protobuf::is_in_both(other, field);
        walk.within(is_message, |walk| {
            walk.inside(path_to("", &field.name), other.schema.as_ref(), field.schema.as_ref());
        });
        defaults(walk, other, field);
    }
    for field in reader.fields.iter().filter(|field| find(writer, &field.name).is_none()) {
        at(walk, &field.name, |walk| walk.note(field.required, "fields", presence(field), ABSENT));
    }
    if is_closed(reader) != is_closed(writer) {
        // Closing refuses only what no writer writes.
        walk.note(false, meta::CLOSED, is_closed(reader).to_string(), is_closed(writer).to_string());
    }
}

/// Another default does not make a value invalid, but it means something else where it is left out.
fn defaults(walk: &mut Walk<'_>, reader: &Field, writer: &Field) {
    let told = |field: &Field| {
        text::or_absent(
            field.default_value.as_deref().map(|bytes| text::quoted(&String::from_utf8_lossy(bytes))),
        )
    };
    if reader.default_value != writer.default_value {
        at(walk, &reader.name, |walk| walk.note(false, "default_value", told(reader), told(writer)));
    }
}

/// Each field that the reader knows may be there, with any value, or not be there.
fn of_map_to_object<'a>(walk: &mut Walk<'a>, reader: &'a Schema, writer: &'a Schema) {
    let needs = reader.fields.iter().any(|field| field.required);
    walk.note(is_closed(reader) || needs, "type", text::schema(reader), text::schema(writer));
    let written = writer.value_schema.as_deref();
    for field in &reader.fields {
        walk.inside(path_to("", &field.name), field.schema.as_ref(), written);
    }
}

/// Each field is an entry.
fn of_object_to_map<'a>(walk: &mut Walk<'a>, reader: &'a Schema, writer: &'a Schema) {
    let keys = reader.key_schema.as_deref();
    let takes = |field: &Field| keys.is_none_or(|keys| takes_text(keys, &field.name));
    let takes_all = writer.fields.iter().all(takes);
    walk.note(!takes_all, "type", text::schema(reader), text::schema(writer));
    let read = reader.value_schema.as_deref();
    for field in &writer.fields {
        walk.inside(path_to("", &field.name), read, field.schema.as_ref());
    }
}

/// How many members there may be. Of an object at least the required ones are written, and at most those that it declares.
fn counts<'a>(walk: &mut Walk<'a>, reader: &'a Schema, writer: &'a Schema) {
    let (read, written) = (constraints(reader), constraints(writer));
    let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let is_object = writer.r#type() == SchemaType::Object;
    let required = writer.fields.iter().filter(|field| field.required).count();
    let least = written.min_properties.unwrap_or(0).max(number(required));
    let declared = is_object.then(|| number(writer.fields.len()));
    let most = [written.max_properties, declared].into_iter().flatten().min();
    let short = read.min_properties.is_some_and(|asked| least < asked);
    walk.bound(short, "min_properties", read.min_properties, written.min_properties);
    let long = read.max_properties.is_some_and(|asked| most.is_none_or(|most| asked < most));
    walk.bound(long, "max_properties", read.max_properties, written.max_properties);
}

fn at(walk: &mut Walk<'_>, name: &str, note: impl FnOnce(&mut Walk<'_>)) {
    walk.enter(path_to("", name));
    note(walk);
    walk.leave();
}

fn find<'a>(schema: &'a Schema, name: &str) -> Option<&'a Field> {
    schema.fields.iter().find(|field| field.name == name)
}

fn presence(field: &Field) -> &'static str {
    if field.required { REQUIRED } else { OPTIONAL }
}

fn is_closed(schema: &Schema) -> bool {
    schema.metadata.get(meta::CLOSED).is_some_and(|value| value == "true")
}
