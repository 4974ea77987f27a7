//! `hms stubs`

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde_json::json;

use super::completion::Service;
use crate::definition::{Definition, Schema};
use crate::failure::{Failure, Result};
use crate::schemas::Named;
use crate::stubs::{self, Language};
use crate::{output, schemas};

/// Write a typed client of a service as source code
#[derive(Debug, Args)]
#[command(
    after_help = "A FILE is what hms info SERVICE --definition prints. The same definition gives the same code.

Examples:
  hms stubs --lang python billing@^1.2 -o billing.py
  hms info billing --definition > billing.json
  hms stubs --lang go billing.json -o billing/billing.go"
)]
pub struct Stubs {
    /// A running service, perhaps with the versions that will do, or a file with its definition
    #[arg(value_name = "SERVICE|FILE", value_parser = named, add = ArgValueCompleter::new(Service))]
    source: Named,
    /// What the client is written in
    #[arg(long, short, value_name = "LANGUAGE")]
    lang: Language,
    /// Where to write it, in place of standard output; folders are made
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Stubs {
    pub fn run(&self, as_json: bool) -> Result<()> {
        let definition = match &self.source {
            Named::File(path) => Definition::in_file(path)?,
            Named::Registered(service) => Definition::of_service(service)?,
        };
        let source = stubs::source(&definition, self.lang, registered)?;
        match &self.output {
            Some(path) => write(path, &source)
                .map_err(|e| Failure::Machine(format!("{} cannot be written: {e}", path.display()))),
            None if as_json => output::document(&json!({ "source": source })),
            None => output::bytes(source.as_bytes()),
        }
    }
}

/// A folder is no definition: it may be where the client of the service of that name is.
fn named(text: &str) -> Result<Named, String> {
    Ok(match Named::parse(text)? {
        Named::File(path) if path.is_dir() => Named::Registered(text.to_owned()),
        named => named,
    })
}

/// Writes a file, and makes the folders that it is in.
fn write(path: &Path, source: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, source)
}

/// A schema that a definition refers to.
fn registered(id: &str) -> Result<Schema> {
    let answer = schemas::ask("GetSchema", &json!({ "schema_id": id })).map_err(|failure| match failure {
        Failure::Refused(why) => Failure::Refused(format!(
            "the definition refers to the schema '{id}', which is not in it: {why}. \
             HMSFFI_SCHEMAS names the file that keeps registered schemas"
        )),
        other => other,
    })?;
    Schema::read(&answer["schema"])
}
