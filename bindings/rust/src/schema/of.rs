//! Schemas of Rust types.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, SchemaGenerator, json_schema};

use super::{Converted, Form, convert};
use crate::{BigInt, DateTime, Decimal, Encoded, ErrorData, Result, Uuid, Value};

/// The schema of what can be received as a `T`, in JSON.
///
/// It is made of the [`JsonSchema`] of the type, which `#[derive(schemars::JsonSchema)]` makes of its fields, doc comments, and the
/// attributes of serde and schemars:
///
/// ```
/// use hmsffi::schema;
///
/// /// A greeting
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Greeting {
///     #[schemars(length(min = 1))]
///     name: String,
///     #[serde(default)]
///     times: Option<u8>,
/// }
///
/// let text = schema::input_of::<Greeting>()?.schema;
/// let text = str::from_utf8(&text).unwrap();
/// assert!(text.contains(r#""constraints":{"min_length":1}"#) && text.contains("A greeting"));
/// # Ok::<(), hmsffi::Error>(())
/// ```
///
/// What JSON Schema says that has no counterpart is in [`losses`](Converted::losses): values are checked less strictly there.
/// Bytes are `#[schemars(schema_with = "hmsffi::schema::bytes")]` beside `#[serde(with = "serde_bytes")]`.
///
/// Errors: INVALID_ARGUMENT when the type gives what is no JSON Schema.
pub fn input_of<T: JsonSchema + ?Sized>() -> Result<Converted> {
    of::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of what a `T` is sent as, in JSON: see [`input_of`]. Fields that are always sent are required, even if they have a
/// default.
pub fn output_of<T: JsonSchema + ?Sized>() -> Result<Converted> {
    of::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of the data of an error, in JSON, with the id that the type has: otherwise as [`output_of`].
pub fn error_of<T: ErrorData + JsonSchema>() -> Result<Converted> {
    let identify = |schema: &mut schemars::Schema| {
        schema.insert("$id".to_owned(), T::SCHEMA.into());
    };
    of::<T>(SchemaSettings::draft2020_12().for_serialize().with_transform(identify))
}

fn of<T: JsonSchema + ?Sized>(settings: SchemaSettings) -> Result<Converted> {
    let schema = settings
        .with_transform(name_widths)
        .with_transform(name_tags)
        .into_generator()
        .into_root_schema_for::<T>();
    convert(schema.as_value().to_string().as_bytes(), Form::JsonSchema, Form::Json)
}

/// Names the widths of `usize` and `isize`, which JSON Schema leaves open.
fn name_widths(schema: &mut schemars::Schema) {
    let width = match schema.get("format").and_then(|format| format.as_str()) {
        Some("uint") => Some("uint64"),
        Some("int") => Some("int64"),
        _ => None,
    };
    if let Some(width) = width {
        schema.insert("format".to_owned(), width.into());
    }
    transform_subschemas(&mut name_widths, schema);
}

/// Names the field that tells the variants of an enum apart, where serde gives them a tag.
fn name_tags(schema: &mut schemars::Schema) {
    let tag = schema.get("oneOf").and_then(|variants| {
        let variants = variants.as_array()?;
        let is_tag = |name: &&String| {
            variants.iter().all(|variant| {
                let is_required = |required: &Vec<_>| required.iter().any(|one| one == *name);
                variant["properties"][name.as_str()]["const"].is_string()
                    && variant["required"].as_array().is_some_and(is_required)
            })
        };
        variants.first()?["properties"].as_object()?.keys().find(is_tag).cloned()
    });
    if let Some(tag) = tag {
        schema.insert("discriminator".to_owned(), json_schema!({ "propertyName": tag }).into());
    }
    transform_subschemas(&mut name_tags, schema);
}

/// The schema of a field of bytes: `#[schemars(schema_with = "hmsffi::schema::bytes")]`.
pub fn bytes(_: &mut SchemaGenerator) -> schemars::Schema {
    json_schema!({ "type": "string", "contentEncoding": "base64" })
}

macro_rules! kind {
    ($name:ident, $($schema:tt)*) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                concat!("hmsffi::", stringify!($name)).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
                json_schema!($($schema)*)
            }
        }
    };
}

kind!(DateTime, { "type": "string", "format": "date-time" });
kind!(Uuid, { "type": "string", "format": "uuid" });
kind!(Decimal, { "type": "number" });
kind!(BigInt, { "type": "integer" });
kind!(Value, {});
kind!(Encoded, {});
