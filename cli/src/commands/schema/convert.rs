//! `hms schema convert`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hmsffi::schema::{self, Layout};
use hmsffi::{Error, ErrorCode};
use serde_json::{Value, json};

use super::encoding::Encoding;
use super::told;
use crate::failure::{Failure, Result};
use crate::output;
use crate::schemas::{self, Named};

/// Write data in another encoding; what is wrong with them is told as by validate
#[derive(Debug, Args)]
pub struct Convert {
    /// A file, or an id such as person@1
    #[arg(long, value_name = "SCHEMA", value_parser = Named::parse)]
    schema: Named,
    /// What the data are
    #[arg(long, value_name = "ENCODING")]
    from: Encoding,
    /// What is written
    #[arg(long, value_name = "ENCODING")]
    to: Encoding,
    /// Write CBOR in its deterministic form (RFC 8949, 4.2.1)
    #[arg(long)]
    deterministic: bool,
    /// Fail, and write nothing, if anything is lost
    #[arg(long)]
    strict: bool,
    /// The data; - for standard input
    #[arg(value_name = "FILE")]
    data: PathBuf,
}

impl Convert {
    pub fn run(&self, as_json: bool) -> Result<ExitCode> {
        let unreadable = |failure| match failure {
            Failure::Machine(why) => Failure::Usage(why),
            other => other,
        };
        let data = schemas::read(&self.data).map_err(unreadable)?;
        let schema = self.schema.schema().map_err(unreadable)?;
        let layout = if self.deterministic { Layout::Deterministic } else { Layout::Any };
        let converted =
            match schema::convert_payload(&schema, &data, self.from.into(), self.to.into(), layout) {
                Ok(converted) => converted,
                Err(error) => return refused(error, as_json),
            };
        let losses = schemas::json(&converted.losses)?;
        let losses = losses.as_array().map(Vec::as_slice).unwrap_or_default();
        losses.iter().for_each(|loss| eprintln!("hms: lost: {}", told(loss)));
        if self.strict && !losses.is_empty() {
            return Ok(ExitCode::FAILURE);
        }
        output::bytes(&converted.payload)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Tells what is wrong with the data; an error that tells no such thing is one of the schema.
fn refused(error: Error, as_json: bool) -> Result<ExitCode> {
    let is_about_data =
        error.code == ErrorCode::InvalidArgument as i32 && error.message.starts_with("payload: ");
    let Some(violations) = error.details.get("hms.violations").filter(|_| is_about_data) else {
        return Err(error.into());
    };
    let errors: Value = schemas::json(violations.as_bytes())?;
    if as_json {
        output::document(&json!({ "valid": false, "errors": errors }))?;
    } else {
        for error in errors.as_array().map(Vec::as_slice).unwrap_or_default() {
            eprintln!("{}", told(error));
        }
    }
    Ok(ExitCode::FAILURE)
}
