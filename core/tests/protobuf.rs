//! Protobuf payloads: which fit a schema, how defaults are put in, what they are in the other encodings, and schemas of descriptors.

#[path = "protobuf/converting.rs"]
mod converting;
#[path = "protobuf/damaged.rs"]
mod damaged;
#[path = "protobuf/describing.rs"]
mod describing;
#[path = "protobuf/fitting.rs"]
mod fitting;
#[path = "protobuf/labels.rs"]
mod labels;

use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::{Compiled, Violation, read};
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::{Value, json};

fn try_compile(schema: &Value) -> Result<Compiled, Vec<String>> {
    let schema =
        read("schema", schema.to_string().as_bytes()).unwrap_or_else(|error| panic!("{schema}: {error}"));
    Compiled::new(&schema, &()).map_err(|errors| lines(errors.0))
}

fn compile(schema: &Value) -> Compiled {
    try_compile(schema).unwrap_or_else(|errors| panic!("{schema}: {errors:?}"))
}

fn lines(violations: Vec<Violation>) -> Vec<String> {
    violations.into_iter().map(|one| format!("{}: {} ({})", one.path, one.message, one.code)).collect()
}

/// A schema with a number, and other members.
fn numbered(number: u32, mut schema: Value) -> Value {
    schema["metadata"]["hms.protobuf.number"] = number.to_string().into();
    schema
}

/// An optional field.
fn field(name: &str, number: u32, schema: Value) -> Value {
    json!({"name": name, "schema": numbered(number, schema)})
}

fn required(name: &str, number: u32, schema: Value) -> Value {
    json!({"name": name, "required": true, "schema": numbered(number, schema)})
}

/// A field with a default, which is base64 of its JSON.
fn defaulting(name: &str, number: u32, schema: Value, default: &Value) -> Value {
    use base64::prelude::{BASE64_STANDARD, Engine};
    json!({
        "name": name, "schema": numbered(number, schema),
        "default_value": BASE64_STANDARD.encode(default.to_string())
    })
}

fn object(fields: &[Value]) -> Value {
    json!({"type": "OBJECT", "fields": fields})
}

fn of_type(kind: &str) -> Value {
    json!({ "type": kind })
}

/// A record that is a varint.
fn varint(number: u32, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(number, WireType::Varint, &mut out);
    encode_varint(value, &mut out);
    out
}

/// A record of bytes with their length.
fn bytes(number: u32, value: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(number, WireType::LengthDelimited, &mut out);
    encode_varint(value.as_ref().len() as u64, &mut out);
    out.extend(value.as_ref());
    out
}

fn told(compiled: &Compiled, message: &[u8]) -> Vec<String> {
    lines(compiled.validate(message, Encoding::Protobuf))
}

/// What a payload is in JSON.
fn in_json(compiled: &Compiled, message: &[u8]) -> Value {
    let converted = compiled.convert(message, Encoding::Protobuf, Encoding::Json, Default::default());
    let converted = converted.unwrap_or_else(|violations| panic!("{:?}", lines(violations)));
    assert_eq!(converted.losses, []);
    serde_json::from_slice(&converted.payload).expect("JSON")
}

/// What a value is in Protobuf, and the same as by way of CBOR.
fn in_protobuf(compiled: &Compiled, value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let convert = |bytes: &[u8], from, to| {
        let converted = compiled.convert(bytes, from, to, Default::default());
        converted.unwrap_or_else(|violations| panic!("{text}: {:?}", lines(violations))).payload
    };
    let direct = convert(text.as_bytes(), Encoding::Json, Encoding::Protobuf);
    let cbor = convert(text.as_bytes(), Encoding::Json, Encoding::Cbor);
    assert_eq!(convert(&cbor, Encoding::Cbor, Encoding::Protobuf), direct, "{text}");
    assert_eq!(convert(&direct, Encoding::Protobuf, Encoding::Protobuf), direct, "{text}");
    direct
}
