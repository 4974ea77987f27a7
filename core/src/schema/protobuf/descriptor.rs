//! The schema of a message that a descriptor describes: what `protoc --descriptor_set_out` and `buf build` write.

use std::collections::{HashMap, HashSet};

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{EnumValue, Field, Schema, SchemaType};
use crate::registry::nearest;

/// Messages inside each other that one schema describes in one piece.
const MOST_NESTED: usize = 32;

/// The schema of a message: `name` with its package, such as `hms.healthcare.v1.PatientRecord`; empty = the only one that no
/// other message of the set has in it.
///
/// Its fields have their names and numbers in `.proto`, and its messages their names as `schema_id`. A field of proto3 without
/// `optional` has its zero value as default.
///
/// Refused: bytes that are no set, a name that it does not have, groups, and files of an edition, whose features decide what a
/// field without a value is.
pub fn schema_of(descriptors: &[u8], name: &str) -> Result<Schema> {
    let set = FileDescriptorSet::decode(descriptors)
        .map_err(|why| Error::invalid(format!("the bytes are no FileDescriptorSet: {why}")))?;
    let mut set = Set::of(&set)?;
    let name = if name.is_empty() { set.only()? } else { name.trim_start_matches('.').to_owned() };
    set.message(&name)
}

/// The messages and enums of a set, by their names without the dot before them.
#[derive(Default)]
struct Set<'d> {
    messages: HashMap<String, (&'d DescriptorProto, bool)>,
    enums: HashMap<String, &'d EnumDescriptorProto>,
    /// Messages that have been described; others refer to them.
    described: HashSet<String>,
    /// Messages that are being described, inside each other.
    open: usize,
}

impl<'d> Set<'d> {
    fn of(descriptors: &'d FileDescriptorSet) -> Result<Set<'d>> {
        let mut set = Set::default();
        for file in &descriptors.file {
            let is_proto3 = match file.syntax() {
                "" | "proto2" => false,
                "proto3" => true,
                other => {
                    let what = format!("{} is written in '{other}'; proto2 and proto3 are read", file.name());
                    return Err(Error::unimplemented(what));
                }
            };
            set.add(file, is_proto3);
        }
        Ok(set)
    }

    fn add(&mut self, file: &'d FileDescriptorProto, is_proto3: bool) {
        let mut rest: Vec<(String, &DescriptorProto)> =
            file.message_type.iter().map(|message| (file.package().to_owned(), message)).collect();
        self.add_enums(file.package(), &file.enum_type);
        while let Some((scope, message)) = rest.pop() {
            let name = within(&scope, message.name());
            self.add_enums(&name, &message.enum_type);
            rest.extend(message.nested_type.iter().map(|inner| (name.clone(), inner)));
            self.messages.insert(name, (message, is_proto3));
        }
    }

    fn add_enums(&mut self, scope: &str, enums: &'d [EnumDescriptorProto]) {
        self.enums.extend(enums.iter().map(|one| (within(scope, one.name()), one)));
    }

    /// The name of the only message that is no part of another.
    fn only(&self) -> Result<String> {
        let fields = self.messages.values().flat_map(|(message, _)| &message.field);
        let used: HashSet<&str> = fields.map(|field| bare(field.type_name())).collect();
        let is_free = |name: &&String| !used.contains(name.as_str()) && !name.starts_with("google.protobuf.");
        let mut free: Vec<&String> = self.messages.keys().filter(is_free).collect();
        free.sort();
        match free[..] {
            [one] => Ok(one.clone()),
            [] => Err(Error::invalid("the set has no message that is no part of another: name one")),
            _ => {
                const TOLD: usize = 20;
                let told: Vec<&str> = free.iter().take(TOLD).map(|name| name.as_str()).collect();
                let more = if free.len() > TOLD { ", ..." } else { "" };
                Err(Error::invalid(format!(
                    "the set has several messages: name one of {}{more}",
                    told.join(", ")
                )))
            }
        }
    }

    fn message(&mut self, name: &str) -> Result<Schema> {
        let Some((message, is_proto3)) = self.messages.get(name).copied() else {
            let near = nearest(name, self.messages.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
            return Err(Error::not_found(format!("the set has no message '{name}'{hint}")));
        };
        self.described.insert(name.to_owned());
        self.open += 1;
        if self.open > MOST_NESTED {
            return Err(Error::invalid(format!(
                "more than {MOST_NESTED} messages inside each other at '{name}'"
            )));
        }
        let mut schema = of_type(SchemaType::Object);
        schema.schema_id = name.to_owned();
        for field in &message.field {
            let mut schema_of_field = self.field(name, message, field)?;
            label(&mut schema_of_field, meta::PROTOBUF_NUMBER, field.number().to_string());
            let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
            let oneof = oneof.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
            if let Some(oneof) = oneof {
                label(&mut schema_of_field, meta::PROTOBUF_ONEOF, oneof.name().to_owned());
            }
            let has_presence = field.oneof_index.is_some() || !is_proto3;
            let default = default_value(field, &schema_of_field, has_presence);
            schema.fields.push(Field {
                name: field.name().to_owned(),
                required: field.label() == Label::Required,
                default_value: default.map(|default| default.to_string().into_bytes()),
                schema: Some(schema_of_field),
                ..Field::default()
            });
        }
        self.open -= 1;
        Ok(schema)
    }

    fn field(
        &mut self,
        owner: &str,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
    ) -> Result<Schema> {
        let name = bare(field.type_name());
        let entry = message.nested_type.iter().find(|inner| {
            within(owner, inner.name()) == name
                && inner.options.as_ref().is_some_and(|options| options.map_entry())
        });
        if let Some([key, value]) = entry.map(|entry| &entry.field[..]) {
            let mut map = of_type(SchemaType::Map);
            map.key_schema = Some(Box::new(self.value(key)?));
            map.value_schema = Some(Box::new(self.value(value)?));
            return Ok(map);
        }
        let value = self.value(field)?;
        if field.label() != Label::Repeated {
            return Ok(value);
        }
        let mut list = of_type(SchemaType::Array);
        list.items = Some(Box::new(value));
        Ok(list)
    }

    fn value(&mut self, field: &FieldDescriptorProto) -> Result<Schema> {
        use SchemaType::{Binary, Boolean, Datetime, Duration, Enum, Integer, Number, Ref, String};
        let name = bare(field.type_name());
        let (kind, format, own_type) = match field.r#type() {
            Type::Double => (Number, "double", None),
            Type::Float => (Number, "float", None),
            Type::Int32 => (Integer, "int32", None),
            Type::Int64 => (Integer, "int64", None),
            Type::Uint32 => (Integer, "uint32", None),
            Type::Uint64 => (Integer, "uint64", None),
            Type::Sint32 => (Integer, "int32", Some("sint32")),
            Type::Sint64 => (Integer, "int64", Some("sint64")),
            Type::Fixed32 => (Integer, "uint32", Some("fixed32")),
            Type::Fixed64 => (Integer, "uint64", Some("fixed64")),
            Type::Sfixed32 => (Integer, "int32", Some("sfixed32")),
            Type::Sfixed64 => (Integer, "int64", Some("sfixed64")),
            Type::Bool => (Boolean, "", None),
            Type::String => (String, "", None),
            Type::Bytes => (Binary, "", None),
            Type::Enum => (Enum, "", None),
            Type::Message => match name {
                "google.protobuf.Timestamp" => (Datetime, "", Some(name)),
                "google.protobuf.Duration" => (Duration, "", Some(name)),
                known if self.described.contains(known) => (Ref, "", None),
                known if self.messages.contains_key(known) => return self.message(name),
                unknown => return Err(missing(unknown)),
            },
            Type::Group => {
                return Err(Error::unimplemented(format!(
                    "field '{}' is a group; messages are read",
                    field.name()
                )));
            }
        };
        let mut schema = of_type(kind);
        schema.format = format.to_owned();
        if let Some(own_type) = own_type {
            label(&mut schema, meta::PROTOBUF_TYPE, own_type.to_owned());
        }
        if kind == Ref {
            schema.r#ref = name.to_owned();
        }
        if kind == Enum {
            let described = self.enums.get(name).ok_or_else(|| missing(name))?;
            let value = |value: &str| EnumValue { value: value.to_owned(), ..EnumValue::default() };
            schema.enum_values = described.value.iter().map(|one| value(one.name())).collect();
            let numbers: Vec<_> = described.value.iter().map(|one| one.number().to_string()).collect();
            label(&mut schema, meta::PROTOBUF_NUMBERS, numbers.join(","));
        }
        Ok(schema)
    }
}

fn missing(name: &str) -> Error {
    Error::invalid(format!(
        "the set lacks '{name}': write it with all that it imports (protoc: --include_imports)"
    ))
}

fn of_type(kind: SchemaType) -> Schema {
    Schema { r#type: kind.into(), ..Schema::default() }
}

fn label(schema: &mut Schema, label: &str, value: String) {
    schema.metadata.insert(label.to_owned(), value);
}

fn within(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn bare(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

/// What a field is that was left out: as the file says, else zero where nobody can tell it from one that was not.
fn default_value(field: &FieldDescriptorProto, schema: &Schema, has_presence: bool) -> Option<Json> {
    if field.label() == Label::Required {
        return None;
    }
    match (schema.r#type(), field.default_value.as_deref()) {
        (SchemaType::Array, _) => Some(Json::Array(Vec::new())),
        (SchemaType::Map, _) => Some(Json::Object(serde_json::Map::new())),
        (SchemaType::String | SchemaType::Enum, Some(text)) => Some(text.into()),
        // Bytes are escaped as in C; infinity has no form in JSON.
        (SchemaType::Boolean | SchemaType::Integer | SchemaType::Number, Some(text)) => {
            serde_json::from_str(text).ok()
        }
        _ if has_presence => None,
        (SchemaType::String | SchemaType::Binary, _) => Some("".into()),
        (SchemaType::Boolean, _) => Some(false.into()),
        (SchemaType::Integer, _) => Some(0.into()),
        (SchemaType::Number, _) => Some(0.0.into()),
        // The first value of an enum of proto3 is zero.
        (SchemaType::Enum, _) => schema.enum_values.first().map(|first| first.value.as_str().into()),
        _ => None,
    }
}
