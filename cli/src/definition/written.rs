//! Definitions as they are written: the message `ServiceDefinition` in JSON.

use hmsffi::schema::{Form, convert};
use serde_json::{Map, Value, json};

use crate::failure::Result;
use crate::{schemas, services};

const REGISTRY: &str = "hms.ffi.v1.ServiceRegistry";

/// The definition of a service that runs: the message `ServiceDefinition` in JSON, without what says nothing and without the labels
/// of the library, which tell of its state.
pub fn running(service: &str) -> Result<Value> {
    let answer =
        services::ask(&*services::client()?, REGISTRY, "GetService", &json!({ "service_id": service }))?;
    let mut definition = terse(answer["service"].clone());
    for method in definition["methods"].as_array_mut().into_iter().flatten() {
        with_schemas_in_words(method)?;
        drop_own_labels(method);
    }
    drop_own_labels(&mut definition);
    Ok(definition)
}

/// Whether a file has the definition of a service, and no schema.
pub fn is_one(bytes: &[u8]) -> bool {
    let value = serde_json::from_slice::<Map<String, Value>>(bytes).unwrap_or_default();
    value.contains_key("service_id") || value.contains_key("methods")
}

/// Gives the schemas of a method as people write them.
pub fn with_schemas_in_words(method: &mut Value) -> Result<()> {
    for part in ["input_schema", "output_schema"] {
        if let Some(schema) = method.get_mut(part) {
            *schema = in_words(schema)?;
        }
    }
    let errors = method.get_mut("error_schemas").and_then(Value::as_array_mut);
    for schema in errors.into_iter().flatten() {
        *schema = in_words(schema)?;
    }
    Ok(())
}

/// A schema as people write it: the members that are set, and types by name.
pub fn in_words(schema: &Value) -> Result<Value> {
    schemas::json(&convert(schema.to_string().as_bytes(), Form::Json, Form::Json)?.schema)
}

/// Without members of messages that are not set. What is in schemas stays.
fn terse(mut message: Value) -> Value {
    if let Some(members) = message.as_object_mut() {
        members.retain(|_, member| {
            let empty = json!([null, false, "", 0, [], {}]);
            !empty.as_array().is_some_and(|empty| empty.contains(member))
        });
        for method in members.get_mut("methods").and_then(Value::as_array_mut).into_iter().flatten() {
            *method = terse(method.take());
        }
    }
    message
}

fn drop_own_labels(message: &mut Value) {
    let Some(members) = message.as_object_mut() else { return };
    if let Some(labels) = members.get_mut("metadata").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !key.starts_with("hms."));
        if labels.is_empty() {
            members.remove("metadata");
        }
    }
}
