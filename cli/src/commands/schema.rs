//! `hms schema`

mod convert;
mod encoding;
mod register;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use hmsffi::schema::{Form, of_message};
use serde_json::Value;

use crate::failure::Result;
use crate::output;
use crate::schemas::{self, Named};

/// Schemas: show and register them, read and write JSON Schema, validate and convert data
#[derive(Debug, Args)]
#[command(
    after_help = "A SCHEMA is a file (JSON Schema, or a schema of this system in JSON), - for standard input, or the id of a
registered one, perhaps with a version. What is registered is in the file that HMSFFI_SCHEMAS names, which any number
of processes of a domain may share.

Examples:
  hms schema import person.schema.json > person.json
  hms schema register person.json --compatibility FULL
  hms schema register patients.binpb
  hms schema show person@1
  hms schema export person
  echo '{\"name\": \"Ada\"}' | hms schema validate person -
  hms schema validate hms.healthcare.v1.PatientRecord --from protobuf record.bin
  hms schema import patients.binpb --message hms.healthcare.v1.PatientRecord > patient.json
  hms schema convert --schema patient.json --from protobuf --to json record.bin

Exit code: 0 = done, 1 = refused, invalid or lossy where that was not allowed, 2 = wrong usage; in convert also a file that
cannot be read."
)]
pub struct Schema {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show a schema with all that it refers to
    Show {
        /// A file, or an id such as person@1
        #[arg(value_name = "SCHEMA", value_parser = Named::parse)]
        schema: Named,
    },
    Validate(validate::Validate),
    Convert(convert::Convert),
    /// Read a JSON schema or descriptors of Protobuf, and write a schema of this system; what is lost is told on standard error
    Import {
        /// JSON Schema, 2020-12, or what protoc --include_imports --descriptor_set_out writes; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Of several messages that descriptors describe, the one that is meant
        #[arg(long, value_name = "NAME")]
        message: Option<String>,
        /// Fail if anything is lost
        #[arg(long)]
        strict: bool,
    },
    /// Write a schema as JSON Schema, 2020-12; what is lost is told on standard error
    Export {
        /// A file, or an id such as person@1
        #[arg(value_name = "SCHEMA", value_parser = Named::parse)]
        schema: Named,
        /// Fail if anything is lost
        #[arg(long)]
        strict: bool,
    },
    Register(register::Register),
}

impl Schema {
    pub fn run(&self, json: bool) -> Result<ExitCode> {
        match &self.verb {
            Verb::Show { schema } => output::document(&schemas::json(&schema.schema()?)?)?,
            Verb::Validate(validate) => return validate.run(json),
            Verb::Convert(convert) => return convert.run(json),
            Verb::Import { file, message, strict } => {
                let bytes = schemas::read(file)?;
                if message.is_none() && !are_descriptors(&bytes) {
                    return convert_to(&bytes, Form::JsonSchema, Form::Json, *strict);
                }
                let schema = of_message(&bytes, message.as_deref().unwrap_or_default())?;
                output::document(&schemas::json(&schema)?)?;
            }
            Verb::Export { schema, strict } => {
                return convert_to(&schema.schema()?, Form::Json, Form::JsonSchema, *strict);
            }
            Verb::Register(register) => register.run(json)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether bytes are descriptors, which have bytes that are in no JSON.
fn are_descriptors(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

/// What is wrong, and where.
fn told(violation: &Value) -> String {
    let of = |key: &str| violation[key].as_str().unwrap_or_default();
    format!("{}: {}", of("path"), of("message"))
}

fn convert_to(bytes: &[u8], from: Form, to: Form, strict: bool) -> Result<ExitCode> {
    let converted = hmsffi::schema::convert(bytes, from, to)?;
    output::document(&schemas::json(&converted.schema)?)?;
    let has_lost = schemas::tell_losses(&converted)?;
    Ok(if has_lost && strict { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
