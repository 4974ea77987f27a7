//! Messages and what they are in other encodings, from any bytes.

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::codec::{Encoding, cbor};
use hmsffi_core::proto::{Constraints, EnumValue, Field, Schema, SchemaType};
use hmsffi_core::schema::{Compiled, Layout, MOST_VIOLATIONS, schema_of};
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::fuzz;

const NAMES: [&str; 4] = ["a", "b", "c d", ""];
const TYPES: [&str; 8] = [
    "sint32",
    "fixed32",
    "sfixed64",
    "uint64",
    "float",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "bytes",
];
const ENCODINGS: [Encoding; 3] = [Encoding::Cbor, Encoding::Json, Encoding::Protobuf];

fn label(schema: &mut Schema, label: &str, value: impl ToString) {
    schema.metadata.insert(format!("hms.protobuf.{label}"), value.to_string());
}

/// A schema that can mostly be a field of a message.
fn schema(u: &mut Unstructured<'_>, depth: u32) -> Result<Schema> {
    use SchemaType::*;
    let scalars = [Boolean, Integer, Number, String, Datetime, Duration, Uuid, Binary, Enum, Date];
    let kind = match u.int_in_range(0..=if depth == 0 { 5 } else { 9 })? {
        0..=5 => *u.choose(&scalars)?,
        6 => Array,
        7 => Map,
        8 => Union,
        _ => Object,
    };
    let mut schema = Schema { r#type: kind.into(), ..Schema::default() };
    let inner = |u: &mut Unstructured<'_>| self::schema(u, depth.saturating_sub(1));
    match kind {
        Array => {
            schema.items = Some(Box::new(inner(u)?));
            let unique_items = u.arbitrary()?;
            schema.constraints = Some(Constraints { unique_items, max_items: Some(3), ..Default::default() });
        }
        Map => {
            schema.key_schema = Some(Box::new(inner(u)?));
            schema.value_schema = Some(Box::new(inner(u)?));
        }
        Union => {
            for number in 1..=u.int_in_range(1..=2)? {
                let mut one = inner(u)?;
                label(&mut one, "number", 10 + number);
                schema.one_of.push(one);
            }
        }
        Enum => {
            schema.enum_values =
                ["A", "B"].map(|value| EnumValue { value: value.into(), ..Default::default() }).into();
            if u.arbitrary()? {
                label(&mut schema, "numbers", "0,-1");
            }
        }
        Object => object(u, &mut schema, depth)?,
        _ if u.ratio(1, 4)? => label(&mut schema, "type", u.choose(&TYPES)?),
        _ => {}
    }
    Ok(schema)
}

fn object(u: &mut Unstructured<'_>, schema: &mut Schema, depth: u32) -> Result<()> {
    for (number, name) in NAMES.iter().enumerate().take(u.int_in_range(0..=NAMES.len())?) {
        let mut inner = self::schema(u, depth.saturating_sub(1))?;
        if inner.r#type() != SchemaType::Union {
            label(&mut inner, "number", number + 1);
        }
        if u.ratio(1, 6)? {
            label(&mut inner, "oneof", "one");
        }
        let default = *u.choose(&["0", "1", "\"A\"", "[]", "{}", "false", "\"\""])?;
        schema.fields.push(Field {
            name: (*name).to_owned(),
            required: u.ratio(1, 4)?,
            default_value: if u.ratio(1, 8)? { Some(default.into()) } else { None },
            schema: Some(inner),
            ..Field::default()
        });
    }
    Ok(())
}

/// Records that are mostly well-formed.
fn message(u: &mut Unstructured<'_>, depth: u32) -> Result<Vec<u8>> {
    if u.ratio(1, 20)? {
        return u.arbitrary();
    }
    let mut out = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let number = *u.choose(&[1, 1, 2, 2, 3, 4, 11, 12, 99])?;
        match u.int_in_range(0..=4)? {
            0 => {
                encode_key(number, WireType::Varint, &mut out);
                encode_varint(if u.arbitrary()? { u.int_in_range(0..=3)? } else { u.arbitrary()? }, &mut out);
            }
            1 => {
                encode_key(number, WireType::SixtyFourBit, &mut out);
                out.extend(u.arbitrary::<[u8; 8]>()?);
            }
            2 => {
                encode_key(number, WireType::ThirtyTwoBit, &mut out);
                out.extend(u.arbitrary::<[u8; 4]>()?);
            }
            _ => {
                let inner = if depth > 0 && u.arbitrary()? {
                    message(u, depth - 1)?
                } else {
                    u.choose(&["", "a", "A", "2013-03-21", "\u{1}\u{2}"])?.as_bytes().to_vec()
                };
                encode_key(number, WireType::LengthDelimited, &mut out);
                encode_varint(inner.len() as u64 + u64::from(u.ratio(1, 50)?), &mut out);
                out.extend(inner);
            }
        }
    }
    Ok(out)
}

#[test]
fn whatever_a_message_is_it_is_refused_or_the_same_value_in_each_encoding() {
    let (mut converted_some, mut refused, mut completed) = (0, 0, 0);
    fuzz(|u| {
        let mut root = Schema { r#type: SchemaType::Object.into(), ..Schema::default() };
        object(u, &mut root, 3)?;
        let Ok(compiled) = Compiled::new(&root, &()) else { return Ok(()) };
        for _ in 0..6 {
            let bytes = message(u, 3)?;
            let found = compiled.validate(&bytes, Encoding::Protobuf);
            assert!(found.len() <= MOST_VIOLATIONS);
            let complete = compiled.complete(&bytes, Encoding::Protobuf);
            assert_eq!(complete.as_ref().err(), Some(&found).filter(|found| !found.is_empty()));
            let Ok(complete) = complete else {
                refused += 1;
                continue;
            };
            completed += u64::from(complete.is_some());
            let whole = complete.as_ref().unwrap_or(&bytes);
            assert_eq!(
                compiled.complete(whole, Encoding::Protobuf),
                Ok(None),
                "{root:?} {bytes:02x?} {whole:02x?}"
            );
            let to = |bytes: &[u8], from, to| compiled.convert(bytes, from, to, Layout::Deterministic);
            let in_cbor = to(&bytes, Encoding::Protobuf, Encoding::Cbor);
            let in_cbor = in_cbor.unwrap_or_else(|told| panic!("{root:?} {bytes:02x?}: {told:?}"));
            assert_eq!(cbor::validate(&in_cbor.payload), Ok(()));
            // An empty list that was there is absent when it comes back, as a oneof is the first that fits. It stays that.
            if let Ok(back) = to(&in_cbor.payload, Encoding::Cbor, Encoding::Protobuf) {
                let again = to(&back.payload, Encoding::Protobuf, Encoding::Cbor).expect("CBOR again");
                let stays = to(&again.payload, Encoding::Cbor, Encoding::Protobuf).expect("Protobuf again");
                assert_eq!(stays.payload, back.payload, "{root:?} {bytes:02x?}");
                converted_some += 1;
            }
        }
        Ok(())
    });
    assert!(converted_some > 0 && refused > 0 && completed > 0, "all of it happens");
}

#[test]
fn whatever_is_converted_is_refused_or_fits() {
    let mut converted = [0; ENCODINGS.len()];
    fuzz(|u| {
        let mut root = Schema { r#type: SchemaType::Object.into(), ..Schema::default() };
        object(u, &mut root, 3)?;
        let Ok(compiled) = Compiled::new(&root, &()) else { return Ok(()) };
        let fitting = |bytes: &[u8], from, to| {
            let payload = compiled.convert(bytes, from, to, Layout::Any).ok()?.payload;
            assert_eq!(compiled.validate(&payload, to), [], "{root:?} {from:?} {to:?} {bytes:02x?}");
            Some(payload)
        };
        let any: Vec<u8> = u.arbitrary()?;
        let message = message(u, 3)?;
        for middle in ENCODINGS {
            fitting(&any, middle, Encoding::Protobuf);
            let Some(first) = fitting(&message, Encoding::Protobuf, middle) else { continue };
            for (to, converted) in ENCODINGS.into_iter().zip(&mut converted) {
                *converted += u64::from(fitting(&first, middle, to).is_some());
            }
        }
        Ok(())
    });
    assert!(converted.iter().all(|count| *count > 0), "into each: {converted:?}");
}

#[test]
fn whatever_bytes_are_said_to_be_descriptors() {
    let set = protox::compile(["kinds.proto"], [concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/protobuf")]);
    let set = prost::Message::encode_to_vec(&set.expect("descriptors"));
    fuzz(|u| {
        let mut bytes = set.clone();
        for _ in 0..u.int_in_range(0..=6)? {
            let at = u.choose_index(bytes.len())?;
            bytes[at] = u.arbitrary()?;
        }
        if let Ok(schema) = schema_of(&bytes, if u.arbitrary()? { "" } else { "hmsffi.test.Kinds" }) {
            // Whatever it says of itself, it is compiled or refused.
            let _refused = Compiled::new(&schema, &());
        }
        Ok(())
    });
}
