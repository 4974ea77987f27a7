//! `hms schema validate`

use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::json;

use super::encoding::Encoding;
use super::told;
use crate::failure::{Failure, Result};
use crate::output;
use crate::schemas::{self, Named};

/// Check data, and tell all that is wrong with them, each with its place
#[derive(Debug, Args)]
pub struct Validate {
    /// A file, or an id such as person@1
    #[arg(value_name = "SCHEMA", value_parser = Named::parse)]
    schema: Named,
    /// What the data are
    #[arg(long, value_name = "ENCODING", default_value = "json")]
    from: Encoding,
    /// The data; - for standard input
    #[arg(value_name = "FILE")]
    data: PathBuf,
}

impl Validate {
    pub fn run(&self, as_json: bool) -> Result<ExitCode> {
        let data = schemas::read(&self.data)?;
        if self.from == Encoding::Json
            && let Err(why) = serde_json::from_slice::<serde::de::IgnoredAny>(&data)
        {
            return Err(Failure::Machine(format!("{} is not JSON: {why}", self.data.display())));
        }
        let mut schema = schemas::json(&self.schema.schema()?)?;
        if self.from == Encoding::Protobuf {
            schema["metadata"]["hms.encoding"] = "application/protobuf".into();
        }
        let request = json!({ "schema": schema, "data": STANDARD.encode(&data) });
        let answer = schemas::ask("ValidateSchema", &request)?;
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        if as_json {
            output::document(&json!({ "valid": errors.is_empty(), "errors": errors }))?;
        } else {
            for error in errors {
                output::line(&told(error))?;
            }
        }
        Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
