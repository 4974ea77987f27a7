//! The schemas that a command line names: files, and what is registered.

use std::fs;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use hmsffi::schema::{Converted, Form, convert};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::services;

const REGISTRY: &str = "hms.ffi.v1.SchemaRegistry";

/// A schema, as it was named.
#[derive(Debug, Clone)]
pub enum Named {
    /// A file, or standard input.
    File(PathBuf),
    /// An id, perhaps with a version.
    Registered(String),
}

impl Named {
    /// A file is there, or is written like one; anything else is an id.
    pub fn parse(text: &str) -> Result<Named, String> {
        let is_file =
            text == "-" || text.contains('/') || text.ends_with(".json") || Path::new(text).exists();
        Ok(if is_file { Named::File(text.into()) } else { Named::Registered(text.to_owned()) })
    }

    /// The schema as the message `Schema` in JSON, with all that it refers to if it is registered. What a JSON schema says that has
    /// no counterpart is told on standard error.
    pub fn schema(&self) -> Result<Vec<u8>> {
        match self {
            Named::File(path) => in_file(path, &read(path)?),
            Named::Registered(id) => {
                let answer = ask("GetSchema", &json!({ "schema_id": id, "resolve_refs": true }))?;
                let written = answer["schema"].to_string();
                Ok(convert(written.as_bytes(), Form::Json, Form::Json)?.schema.to_vec())
            }
        }
    }
}

/// The bytes of a file, or of standard input.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path).map_err(|e| Failure::Machine(format!("{} cannot be read: {e}", path.display())))
}

/// The schema that these bytes of a file are.
pub fn in_file(path: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    let converted = convert(bytes, form(bytes), Form::Json)
        .map_err(|error| Failure::Machine(format!("{}: {}", path.display(), error.message)))?;
    tell_losses(&converted)?;
    Ok(converted.schema.to_vec())
}

/// The form that a file is in: types of the message `Schema` are written large, those of JSON Schema small.
pub fn form(bytes: &[u8]) -> Form {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Form::Json };
    match &value["type"] {
        Value::Number(_) => Form::Json,
        Value::String(name) if name.starts_with(|first: char| first.is_ascii_uppercase()) => Form::Json,
        _ => Form::JsonSchema,
    }
}

/// Tells what was lost, for people to look at.
pub fn tell_losses(converted: &Converted) -> Result<bool> {
    let losses = json(&converted.losses)?;
    let losses = losses.as_array().map(Vec::as_slice).unwrap_or_default();
    for loss in losses {
        let of = |key: &str| loss[key].as_str().unwrap_or_default();
        let place = if of("path").is_empty() { "/" } else { of("path") };
        eprintln!("hms: lost: {place}: {}: {}", of("keyword"), of("reason"));
    }
    Ok(!losses.is_empty())
}

/// JSON that the library gave.
pub fn json(bytes: &[u8]) -> Result<Value> {
    serde_json::from_slice(bytes).map_err(|e| Failure::Machine(format!("the library gave no JSON: {e}")))
}

/// Asks the schema registry of this process, which asks whoever has the file that HMSFFI_SCHEMAS names.
pub fn ask(method: &str, request: &Value) -> Result<Value> {
    services::ask(&*services::client()?, REGISTRY, method, request)
}
