//! Schemas and what differs between them as bytes, for other languages and for people.

use prost::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::cache;
use super::compat::{self, Difference, Document};
use super::jsonschema::{self, Loss};
use super::{Compiled, Converted, Layout, Schema, Violation, error, read, schema_of};
use crate::codec::Encoding;
use crate::error::{Code, Error, Result};
use crate::proto::SchemaType;

/// How a schema is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The message `Schema` in Protobuf.
    Protobuf,
    /// The message `Schema` in JSON: its members that are set, types by name. Also read where Protobuf is expected, and the
    /// other way round.
    Json,
    /// JSON Schema, 2020-12.
    JsonSchema,
}

/// The same schema in another form, and what was lost on the way.
pub fn convert(bytes: &[u8], from: Form, to: Form) -> Result<(Vec<u8>, Vec<Loss>)> {
    let (schema, mut losses) = match from {
        Form::JsonSchema => {
            let text = str::from_utf8(bytes)
                .map_err(|e| Error::invalid(format!("the JSON schema is not UTF-8: {e}")))?;
            let imported = jsonschema::import_text(text)?;
            (imported.schema, imported.losses)
        }
        Form::Protobuf | Form::Json => (read("schema", bytes)?, Vec::new()),
    };
    let written = match to {
        Form::Protobuf => schema.encode_to_vec(),
        Form::Json => in_words(&schema)?.to_string().into_bytes(),
        Form::JsonSchema => {
            let exported = jsonschema::export(&schema);
            losses.extend(exported.losses);
            exported.schema.to_string().into_bytes()
        }
    };
    Ok((written, losses))
}

/// The schema of a message in a `FileDescriptorSet`, as JSON; `name` as in [`schema_of`].
pub fn describe(descriptors: &[u8], name: &str) -> Result<Vec<u8>> {
    let schema = schema_of(descriptors, name)?;
    Compiled::new(&schema, &()).map_err(|errors| errors.into_error("the schema of the message"))?;
    Ok(in_words(&schema)?.to_string().into_bytes())
}

/// A payload in another encoding; the schema is in [`Form::Protobuf`] or [`Form::Json`], and refers to nothing outside of itself.
/// Those that came last are kept compiled.
///
/// INVALID_ARGUMENT, with all that is wrong in [`meta::VIOLATIONS`], where the payload does not fit the schema, or the other
/// encoding cannot say it.
pub fn convert_payload(
    schema: &[u8],
    payload: &[u8],
    from: Encoding,
    to: Encoding,
    layout: Layout,
) -> Result<Converted> {
    let converted = cache::compiled(schema)?.convert(payload, from, to, layout);
    converted.map_err(|violations| error(Code::InvalidArgument, "payload: ", &violations))
}

/// The differences between two schemas, in [`Form::Protobuf`] or [`Form::Json`], that refer to nothing outside of themselves.
pub fn compare(old: &[u8], new: &[u8]) -> Result<Vec<Difference>> {
    let checked = |what: &str, bytes: &[u8]| -> Result<Schema> {
        let schema = read(what, bytes)?;
        Compiled::new(&schema, &()).map_err(|errors| errors.into_error(what))?;
        Ok(schema)
    };
    let (old, new) = (checked("the old schema", old)?, checked("the new schema", new)?);
    Ok(compat::compare(&Document::new(&old, &()), &Document::new(&new, &())))
}

/// Losses as a JSON list of objects: `path`, `keyword`, `reason`.
pub fn losses(losses: &[Loss]) -> Vec<u8> {
    let told = |loss: &Loss| json!({ "path": loss.path, "keyword": loss.keyword, "reason": loss.reason });
    losses.iter().map(told).collect::<Value>().to_string().into_bytes()
}

/// Violations as a JSON list of objects: `path`, `message`, `code`.
pub fn violations(violations: &[Violation]) -> Vec<u8> {
    serde_json::to_vec(violations).unwrap_or_default()
}

/// Differences as a JSON list of objects: `path`, `aspect`, `old`, `new`, `breaks_backward`, `breaks_forward`, and
/// `moves_first`, which is `reader`, `writer`, `both` or null.
pub fn differences(differences: &[Difference]) -> Vec<u8> {
    let told = |one: &Difference| {
        json!({
            "path": one.path,
            "aspect": one.aspect,
            "old": one.old,
            "new": one.new,
            "breaks_backward": one.breaks_backward,
            "breaks_forward": one.breaks_forward,
            "moves_first": one.moves_first().map(compat::Side::name),
        })
    };
    differences.iter().map(told).collect::<Value>().to_string().into_bytes()
}

fn in_words(schema: &impl Serialize) -> Result<Value> {
    let mut value = serde_json::to_value(schema)
        .map_err(|e| Error::internal(format!("the schema cannot be written: {e}")))?;
    shorten(&mut value, true);
    Ok(value)
}

/// Leaves members out that say nothing, and names types.
fn shorten(value: &mut Value, is_message: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                // Labels are named by their users.
                shorten(member, is_message && name != "metadata");
                let kind = (name == "type").then(|| member.as_i64()).flatten();
                let kind = kind.and_then(|number| SchemaType::try_from(i32::try_from(number).ok()?).ok());
                if let Some(kind) = kind.filter(|_| is_message) {
                    *member = kind.as_str_name().into();
                }
            }
            if is_message {
                members.retain(|_, member| !says_nothing(member));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, is_message)),
        _ => {}
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_so) => !is_so,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Number(_) => false,
    }
}
