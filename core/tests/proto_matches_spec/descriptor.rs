//! Says what a compiled file set declares. Holds those parts of `google/protobuf/descriptor.proto` that it needs.

use std::collections::BTreeSet;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct FileSet {
    #[prost(message, repeated, tag = "1")]
    pub files: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
pub struct File {
    #[prost(string, tag = "2")]
    pub package: String,
    #[prost(message, repeated, tag = "4")]
    pub messages: Vec<MessageType>,
    #[prost(message, repeated, tag = "5")]
    pub enums: Vec<EnumType>,
    #[prost(message, repeated, tag = "6")]
    pub services: Vec<ServiceType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct MessageType {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub fields: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    pub nested: Vec<MessageType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Field {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "3")]
    pub number: i32,
    #[prost(int32, tag = "4")]
    pub label: i32,
    #[prost(int32, tag = "5")]
    pub kind: i32,
    #[prost(string, tag = "6")]
    pub type_name: String,
    #[prost(bool, tag = "17")]
    pub optional: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct EnumType {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<EnumValue>,
}

#[derive(Clone, PartialEq, Message)]
pub struct EnumValue {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int32, tag = "2")]
    pub number: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct ServiceType {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub methods: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Method {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub input: String,
    #[prost(string, tag = "3")]
    pub output: String,
    #[prost(bool, tag = "5")]
    pub client_streaming: bool,
    #[prost(bool, tag = "6")]
    pub server_streaming: bool,
}

/// A line for each thing that the set declares, written as in a Protobuf file.
pub fn facts(set: &FileSet) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for file in &set.files {
        let package = &file.package;
        for message in &file.messages {
            facts.insert(format!("{package}: message {}", message.name));
            facts.extend(message.fields.iter().map(|field| {
                let ty = field_type(package, message, field);
                format!("{package}.{}: {ty} {} = {}", message.name, field.name, field.number)
            }));
        }
        for en in &file.enums {
            facts.insert(format!("{package}: enum {}", en.name));
            facts.extend(
                en.values
                    .iter()
                    .map(|value| format!("{package}.{}: {} = {}", en.name, value.name, value.number)),
            );
        }
        for service in &file.services {
            facts.insert(format!("{package}: service {}", service.name));
            facts.extend(service.methods.iter().map(|method| {
                let input = streamed(method.client_streaming, short(package, &method.input));
                let output = streamed(method.server_streaming, short(package, &method.output));
                format!("{package}.{}: rpc {}({input}) returns ({output})", service.name, method.name)
            }));
        }
    }
    facts
}

/// The fields that tell absence from their default.
pub fn optional(set: &FileSet) -> BTreeSet<String> {
    let messages = set.files.iter().flat_map(|file| &file.messages);
    messages
        .flat_map(|message| {
            let fields = message.fields.iter().filter(|field| field.optional);
            fields.map(|field| format!("{}.{}", message.name, field.name))
        })
        .collect()
}

fn streamed(stream: bool, name: &str) -> String {
    if stream { format!("stream {name}") } else { name.to_owned() }
}

fn short<'a>(package: &str, name: &'a str) -> &'a str {
    name.strip_prefix(&format!(".{package}.")).unwrap_or(name)
}

fn field_type(package: &str, message: &MessageType, field: &Field) -> String {
    let name = short(package, &field.type_name);
    let entry =
        name.rsplit('.').next().and_then(|entry| message.nested.iter().find(|nested| nested.name == entry));
    if let Some([key, value]) = entry.map(|entry| entry.fields.as_slice()) {
        return format!(
            "map<{}, {}>",
            field_type(package, message, key),
            field_type(package, message, value)
        );
    }
    let ty = match field.kind {
        1 => "double",
        2 => "float",
        3 => "int64",
        5 => "int32",
        8 => "bool",
        9 => "string",
        11 | 14 => name,
        12 => "bytes",
        other => panic!("field '{}' has a type that the specification does not use: {other}", field.name),
    };
    const REPEATED: i32 = 3;
    if field.label == REPEATED { format!("repeated {ty}") } else { ty.to_owned() }
}
