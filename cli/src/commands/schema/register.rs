//! `hms schema register`

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};
use serde_json::{Value, json};

use super::are_descriptors;
use crate::failure::{Failure, Result};
use crate::output;
use crate::schemas;

/// Register a schema as the next version of its id, or the messages of a descriptor set under their names; tell the ids
#[derive(Debug, Args)]
pub struct Register {
    /// A schema, or what protoc --include_imports --descriptor_set_out writes; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The id, in place of the one in the file
    #[arg(long, conflicts_with = "message")]
    id: Option<String>,
    /// Of a descriptor set only this message; may be there several times
    #[arg(long, value_name = "NAME")]
    message: Vec<String>,
    /// What the version after this one must keep: NONE, BACKWARD, FORWARD, FULL, or one of the last three with _TRANSITIVE
    #[arg(long, value_name = "MODE")]
    compatibility: Option<String>,
}

impl Register {
    pub fn run(&self, as_json: bool) -> Result<()> {
        // It would be kept in memory, and gone with this process.
        if std::env::var_os("HMSFFI_SCHEMAS").is_none_or(|path| path.is_empty()) {
            return Err(Failure::Usage(
                "nothing keeps what is registered: set HMSFFI_SCHEMAS to the file that does".to_owned(),
            ));
        }
        let bytes = schemas::read(&self.file)?;
        if !self.message.is_empty() || are_descriptors(&bytes) {
            return self.messages(&bytes, as_json);
        }
        let mut schema: Value = schemas::json(&schemas::in_file(&self.file, &bytes)?)?;
        if let Some(id) = &self.id {
            schema["schema_id"] = id.as_str().into();
        }
        let registered = self.register(schema)?;
        if as_json { output::document(&registered) } else { output::line(&told(&registered)) }
    }

    /// One after the other: what is refused changes nothing of those before it.
    fn messages(&self, set: &[u8], as_json: bool) -> Result<()> {
        if self.id.is_some() {
            return Err(Failure::Usage(
                "a message is registered under its own name, without --id".to_owned(),
            ));
        }
        let names = if self.message.is_empty() { names(set)? } else { self.message.clone() };
        let encoded = STANDARD.encode(set);
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            let labels = json!({ "hms.protobuf.descriptors": encoded });
            let schema = json!({ "schema_id": name, "type": "OBJECT", "metadata": labels });
            let registered = self.register(schema)?;
            if !as_json {
                output::line(&told(&registered))?;
            }
            all.push(registered);
        }
        if as_json { output::document(&Value::Array(all)) } else { Ok(()) }
    }

    /// The id and the version that a schema has then.
    fn register(&self, mut schema: Value) -> Result<Value> {
        if let Some(mode) = &self.compatibility {
            schema["metadata"]["hms.compatibility"] = mode.as_str().into();
        }
        let answer = schemas::ask("RegisterSchema", &json!({ "schema": schema }))?;
        let id = &answer["schema_id"];
        let got = schemas::ask("GetSchema", &json!({ "schema_id": id }))?;
        Ok(json!({ "schema_id": id, "version": got["schema"]["metadata"]["hms.schema_version"] }))
    }
}

fn told(registered: &Value) -> String {
    let of = |key: &str| registered[key].as_str().unwrap_or_default();
    format!("{}@{}", of("schema_id"), of("version"))
}

/// All messages of a set but those of Protobuf itself, in the order of their names.
fn names(set: &[u8]) -> Result<Vec<String>> {
    let set = FileDescriptorSet::decode(set).map_err(|why| {
        Failure::Machine(format!("the file is neither a schema nor a descriptor set: {why}"))
    })?;
    let mut names = Vec::new();
    for file in set.file.iter().filter(|file| file.package() != "google.protobuf") {
        note(file.package(), &file.message_type, &mut names);
    }
    names.sort();
    Ok(names)
}

fn note(scope: &str, messages: &[DescriptorProto], names: &mut Vec<String>) {
    let is_entry =
        |message: &DescriptorProto| message.options.as_ref().is_some_and(|options| options.map_entry());
    for message in messages.iter().filter(|message| !is_entry(message)) {
        let name =
            if scope.is_empty() { message.name().to_owned() } else { format!("{scope}.{}", message.name()) };
        note(&name, &message.nested_type, names);
        names.push(name);
    }
}
