//! `hms diff`

mod services;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use hmsffi::schema::compare;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::schemas::{self, Named};
use crate::{definition, output};
use services::Closeness;

/// Compare two schemas, the schemas in two folders, or two services: what changed, whom it breaks, who must move
#[derive(Debug, Args)]
#[command(
    after_help = "OLD and NEW are files (JSON Schema, or schemas of this system in JSON), folders with such files of the same
names, or ids of registered schemas such as person@1. Or both are services: ids such as billing@1.0, or files that
hms info --definition wrote. Then OLD is what callers were made for, and NEW what they would get.

Examples:
  hms diff person@1 person.json
  hms diff schemas/main schemas/this-branch --compatibility FULL
  hms diff billing@1.0 billing@1.1 --binding strict

Exit code: 0 = compatible, 1 = not, 2 = wrong usage."
)]
pub struct Diff {
    #[arg(value_name = "OLD", value_parser = Named::parse)]
    old: Named,
    #[arg(value_name = "NEW", value_parser = Named::parse)]
    new: Named,
    /// Who must not be broken
    #[arg(long, value_name = "MODE", default_value = "BACKWARD", ignore_case = true)]
    compatibility: Mode,
    /// Of services: how close NEW must be to OLD
    #[arg(long, value_name = "HOW", default_value = "loose", ignore_case = true)]
    binding: Closeness,
}

/// Which readers go on reading which writers.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Mode {
    /// Nobody asks
    None,
    /// New readers, old writers
    Backward,
    /// Old readers, new writers
    Forward,
    /// Both
    Full,
}

impl Mode {
    fn forbids(self, difference: &Value) -> bool {
        let breaks = |key: &str| difference[key] == true;
        match self {
            Mode::None => false,
            Mode::Backward => breaks("breaks_backward"),
            Mode::Forward => breaks("breaks_forward"),
            Mode::Full => breaks("breaks_backward") || breaks("breaks_forward"),
        }
    }
}

/// What a name on the command line means, in JSON.
enum Meant {
    Schema(Vec<u8>),
    Service(Vec<u8>),
}

impl Meant {
    /// An id is a schema's, if one is registered with it.
    fn by(named: &Named) -> Result<Meant> {
        match named {
            Named::File(path) => {
                let bytes = schemas::read(path)?;
                if definition::written::is_one(&bytes) {
                    return Ok(Meant::Service(bytes));
                }
                Ok(Meant::Schema(schemas::in_file(path, &bytes)?))
            }
            Named::Registered(id) => match named.schema() {
                Err(Failure::Refused(no_schema)) => match definition::written::running(id) {
                    Ok(definition) => Ok(Meant::Service(definition.to_string().into_bytes())),
                    Err(Failure::Refused(no_service)) => {
                        Err(Failure::Refused(format!("{no_schema}. {no_service}")))
                    }
                    Err(other) => Err(other),
                },
                schema => Ok(Meant::Schema(schema?)),
            },
        }
    }
}

/// The differences of two schemas with the same name; the name is empty where there is only one.
type Compared = (String, Vec<Value>);

impl Diff {
    pub fn run(&self, as_json: bool) -> Result<ExitCode> {
        let compared = match (&self.old, &self.new) {
            (Named::File(old), Named::File(new)) if old.is_dir() && new.is_dir() => folders(old, new)?,
            (Named::File(one), Named::File(other)) if one.is_dir() != other.is_dir() => {
                return Err(Failure::Usage("a folder can be compared with a folder only".to_owned()));
            }
            (old, new) => match (Meant::by(old)?, Meant::by(new)?) {
                (Meant::Schema(old), Meant::Schema(new)) => vec![(String::new(), differences(&old, &new)?)],
                (Meant::Service(old), Meant::Service(new)) => {
                    return self.binding.compare(&old, &new, as_json);
                }
                _ => {
                    return Err(Failure::Usage("a service can be compared with a service only".to_owned()));
                }
            },
        };
        let breaks = compared.iter().flat_map(|(_, all)| all).any(|one| self.compatibility.forbids(one));
        if as_json {
            let listed =
                compared.iter().flat_map(|(name, all)| all.iter().map(move |one| labelled(name, one)));
            output::document(&json!({ "compatible": !breaks, "differences": listed.collect::<Value>() }))?;
        } else {
            for (name, all) in &compared {
                for one in all {
                    output::line(&self.told(name, one))?;
                }
            }
        }
        Ok(if breaks { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn told(&self, name: &str, difference: &Value) -> String {
        let of = |key: &str| difference[key].as_str().unwrap_or_default();
        let mark = if self.compatibility.forbids(difference) { "breaks" } else { "ok    " };
        let place = if name.is_empty() { of("path").to_owned() } else { format!("{name}: {}", of("path")) };
        let moves = match of("moves_first") {
            "" => String::new(),
            "both" => " (readers and writers must move at once)".to_owned(),
            side => format!(" ({side}s must move first)"),
        };
        format!("{mark}  {place}: {} was {}, is {}{moves}", of("aspect"), of("old"), of("new"))
    }
}

fn labelled(name: &str, difference: &Value) -> Value {
    let mut labelled = difference.clone();
    if !name.is_empty() {
        labelled["schema"] = name.into();
    }
    labelled
}

fn differences(old: &[u8], new: &[u8]) -> Result<Vec<Value>> {
    match schemas::json(&compare(old, new)?)? {
        Value::Array(all) => Ok(all),
        _ => Ok(Vec::new()),
    }
}

fn folders(old: &Path, new: &Path) -> Result<Vec<Compared>> {
    let names: BTreeSet<String> = names(old)?.into_iter().chain(names(new)?).collect();
    let mut compared = Vec::with_capacity(names.len());
    for name in names {
        let (before, after) = (old.join(&name), new.join(&name));
        let all = match (before.exists(), after.exists()) {
            (true, true) => differences(&Named::File(before).schema()?, &Named::File(after).schema()?)?,
            (has_been, _) => vec![gone_or_come(has_been)],
        };
        compared.push((name, all));
    }
    Ok(compared)
}

/// A whole schema that is only in one folder. Whoever uses one that is gone is broken.
fn gone_or_come(is_gone: bool) -> Value {
    let (old, new) = if is_gone { ("there", "absent") } else { ("absent", "there") };
    json!({
        "path": "$", "aspect": "schema", "old": old, "new": new,
        "breaks_backward": is_gone, "breaks_forward": is_gone, "moves_first": is_gone.then_some("both"),
    })
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    Ok(names)
}
