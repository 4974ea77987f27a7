//! The definition of a service: what its callers were made for.

pub mod written;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::schemas;

/// A service, as far as its callers depend on it.
#[derive(Debug, Deserialize)]
pub struct Definition {
    #[serde(rename = "service_id")]
    pub service: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub methods: Vec<Method>,
}

/// One of its methods.
#[derive(Debug, Deserialize)]
pub struct Method {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default, deserialize_with = "by_name_or_number")]
    pub stream_type: StreamType,
    #[serde(default)]
    pub input_schema: Option<Schema>,
    #[serde(default)]
    pub output_schema: Option<Schema>,
    /// Each with the id by which an error names it.
    #[serde(default)]
    pub error_schemas: Vec<Schema>,
}

/// How the messages of a method flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StreamType {
    #[default]
    Unspecified,
    Server,
    Client,
    Bidirectional,
}

/// The message `Schema`, as far as types depend on it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Schema {
    pub schema_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub format: String,
    pub description: String,
    pub fields: Vec<Field>,
    pub items: Option<Box<Schema>>,
    pub value_schema: Option<Box<Schema>>,
    pub enum_values: Vec<EnumValue>,
    pub one_of: Vec<Schema>,
    #[serde(rename = "ref")]
    pub reference: String,
    pub constraints: Constraints,
    pub metadata: BTreeMap<String, String>,
}

/// A field of an OBJECT.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Field {
    pub name: String,
    #[serde(deserialize_with = "any_when_absent")]
    pub schema: Schema,
    pub required: bool,
    pub description: String,
}

/// A value of an ENUM.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EnumValue {
    pub value: String,
    pub description: String,
}

/// The limits that decide on a type.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Constraints {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}

fn any_when_absent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Schema, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn by_name_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StreamType, D::Error> {
    const TYPES: [(&str, StreamType); 4] = [
        ("STREAM_TYPE_UNSPECIFIED", StreamType::Unspecified),
        ("SERVER_STREAMING", StreamType::Server),
        ("CLIENT_STREAMING", StreamType::Client),
        ("BIDIRECTIONAL_STREAMING", StreamType::Bidirectional),
    ];
    let written = Value::deserialize(deserializer)?;
    let meant = TYPES.iter().enumerate().find(|(number, (name, _))| written == *number || written == *name);
    meant
        .map(|(_, (_, meant))| *meant)
        .ok_or_else(|| Error::custom(format!("stream_type {written} is not known")))
}

impl Schema {
    /// What one that is registered is called, whether it was asked for as the latest or as this version.
    pub fn registered_as(&self) -> Option<String> {
        self.metadata.get("hms.schema_version").map(|version| format!("{}@{version}", self.schema_id))
    }

    /// One that is written as the message `Schema`, in the one form that the library makes of it.
    pub fn read(written: &Value) -> Result<Schema> {
        parsed(written::in_words(written)?)
    }
}

impl Definition {
    /// That of a service of the domain.
    pub fn of_service(name: &str) -> Result<Definition> {
        parsed(written::running(name)?)
    }

    /// One that `hms info --definition` wrote, perhaps changed since by hand; `-` for standard input.
    pub fn in_file(path: &Path) -> Result<Definition> {
        let unfit = |why: String| Failure::Machine(format!("{}: {why}", path.display()));
        let mut written: Value =
            serde_json::from_slice(&schemas::read(path)?).map_err(|e| unfit(format!("not JSON: {e}")))?;
        let methods = written.get_mut("methods").and_then(Value::as_array_mut);
        for method in methods.into_iter().flatten() {
            written::with_schemas_in_words(method).map_err(|failure| match failure {
                Failure::Call(error) => {
                    unfit(format!("schema of method {}: {}", method["name"], error.message))
                }
                other => other,
            })?;
        }
        parsed(written).map_err(|failure| match failure {
            Failure::Machine(why) => unfit(format!("{why}; hms info SERVICE --definition writes such files")),
            other => other,
        })
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(written: Value) -> Result<T> {
    serde_json::from_value(written).map_err(|e| Failure::Machine(format!("no definition of a service: {e}")))
}
