//! The values that a schema gives: defaults and examples must fit it, and defaults are kept in each encoding.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::IgnoredAny;

use super::compile::Given;
use super::convert;
use super::node::{Absent, Default, Node, NodeId, Rules};
use super::validate;
use super::{MOST_VIOLATIONS, SchemaErrors, Violation};
use crate::codec::{Encoding, transcode};
use crate::proto::SchemaType;

/// Checks the given values, and puts the defaults of fields where they belong.
pub(super) fn keep(nodes: &mut [Node], given: Vec<Given>) -> Result<(), SchemaErrors> {
    let mut errors = Vec::new();
    for given in given {
        let refuse = |why: String| Violation {
            path: given.path.clone(),
            message: format!("the {} {why}", given.what),
            code: given.what.to_owned(),
        };
        let kept = encoding(given.encoding.as_deref(), &given.bytes).and_then(|encoding| {
            fits(nodes, given.node, &given.bytes, encoding)?;
            if given.field.is_some() {
                both(nodes, given.node, &given.bytes, encoding).map(Some)
            } else {
                Ok(None)
            }
        });
        match (kept, given.field) {
            (Err(why), _) => errors.push(refuse(why)),
            (Ok(default), Some((object, field))) => {
                let in_protobuf =
                    default.map(|default| with_protobuf(nodes, object, field, default)).transpose();
                match (in_protobuf, &mut nodes[object].rules) {
                    (Err(why), _) => errors.push(refuse(format!("cannot be said in Protobuf: {why}"))),
                    (Ok(Some((default, absent))), Rules::Object(object)) => {
                        object.fields[field].default = Some(default);
                        object.fields[field].absent = absent;
                        object.has_defaults = true;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        if errors.len() == MOST_VIOLATIONS {
            break;
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(SchemaErrors(errors)) }
}

/// How a value is encoded that says so by its label, or by being JSON.
pub(crate) fn encoding(label: Option<&str>, bytes: &[u8]) -> Result<Encoding, String> {
    match label {
        Some(label) => match Encoding::from_content_type(label) {
            encoding @ (Encoding::Cbor | Encoding::Json) => Ok(encoding),
            _ => Err(format!("is encoded as '{label}'; it must be application/json or application/cbor")),
        },
        None if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() => Ok(Encoding::Json),
        None => Ok(Encoding::Cbor),
    }
}

fn fits(nodes: &[Node], id: NodeId, bytes: &[u8], encoding: Encoding) -> Result<(), String> {
    let violations = validate::run(nodes, id, bytes, encoding, false).violations;
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(format!("does not fit its own schema: {}: {}", first.path, first.message)),
    }
}

/// A default in both encodings, in which it must be of its type.
fn both(nodes: &[Node], id: NodeId, bytes: &[u8], encoding: Encoding) -> Result<Default, String> {
    let other = if encoding == Encoding::Json { Encoding::Cbor } else { Encoding::Json };
    let changed = if nodes[id].kind == SchemaType::Binary {
        binary(bytes, encoding)
    } else {
        transcode(encoding, other, bytes).map_err(|error| error.message().to_owned())
    };
    let changed = changed.and_then(|changed| fits(nodes, id, &changed, other).map(|()| changed));
    let changed = changed.map_err(|why| {
        format!(
            "is the same in {} and {} only without bytes in it: {why}",
            encoding.content_type(),
            other.content_type()
        )
    })?;
    let own = bytes.to_vec();
    Ok(match encoding {
        Encoding::Json => Default { cbor: changed, json: own, protobuf: Vec::new() },
        _ => Default { cbor: own, json: changed, protobuf: Vec::new() },
    })
}

/// The same as records of a message, if the object is one, and what the field is where they are not there.
fn with_protobuf(
    nodes: &[Node],
    object: NodeId,
    field: usize,
    default: Default,
) -> Result<(Default, Absent), String> {
    let Rules::Object(rules) = &nodes[object].rules else { return Ok((default, Absent::LeftOut)) };
    let own = rules.fields[field].absent;
    if rules.message.is_none() {
        return Ok((default, own));
    }
    if let Some(group) = &rules.fields[field].oneof {
        return Err(format!("it would be there beside another field of the oneof '{group}'"));
    }
    let (protobuf, absent) = convert::default_in_protobuf(nodes, rules, field, &default.cbor)?;
    // A required field is what it is without its default.
    let absent = if rules.fields[field].required { own } else { absent };
    Ok((Default { protobuf, ..default }, absent))
}

/// Bytes in the other encoding: base64 in JSON.
fn binary(bytes: &[u8], encoding: Encoding) -> Result<Vec<u8>, String> {
    let why = |error: crate::Error| error.message().to_owned();
    if encoding == Encoding::Cbor {
        let mut reader = crate::codec::Reader::new(bytes).map_err(why)?;
        let content = reader.read_bytes().map_err(why)?;
        return Ok(format!("\"{}\"", BASE64_STANDARD.encode(content)).into_bytes());
    }
    let text: String = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let content = BASE64_STANDARD.decode(text).map_err(|error| error.to_string())?;
    let mut writer = crate::codec::Writer::new();
    writer.bytes(&content).and_then(|()| writer.finish()).map_err(why)
}
