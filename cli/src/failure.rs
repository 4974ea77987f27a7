//! How a command fails: the words on standard error, and the exit code.

use std::fmt::Write;
use std::io;
use std::process::ExitCode;

use hmsffi::{Error, ErrorCode};
use serde_json::{Value, json};

use crate::json::Shown;

/// Errors that a call gave.
const FAILED: u8 = 1;
/// The command line was wrong. Clap uses the same.
const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The library or a handler said so.
    Call(Box<Error>),
    /// A service said so within its answer.
    Refused(String),
    /// The command line was wrong.
    Usage(String),
    /// Something of this machine stood in the way.
    Machine(String),
    /// Nobody reads the output any more.
    NobodyReads,
}

/// What commands return.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Call(Box::new(error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::Machine(error.to_string()),
        }
    }
}

impl Failure {
    /// Tells the user, and gives the exit code.
    pub fn report(&self, as_json: bool) -> ExitCode {
        let (text, code) = match self {
            Failure::NobodyReads => return ExitCode::SUCCESS,
            Failure::Call(error) if as_json => (json!({ "error": described(error) }).to_string(), FAILED),
            Failure::Call(error) => (told(error), FAILED),
            Failure::Refused(text) if !as_json => (text.clone(), FAILED),
            Failure::Refused(text) => (framed(text, as_json), FAILED),
            Failure::Usage(text) => (framed(text, as_json), USAGE),
            Failure::Machine(text) => (framed(text, as_json), FAILED),
        };
        eprintln!("{}", text.trim_end());
        ExitCode::from(code)
    }
}

fn framed(text: &str, as_json: bool) -> String {
    if as_json { json!({ "error": { "message": text } }).to_string() } else { format!("hms: {text}") }
}

/// The name of a code, as in all languages: `NOT_FOUND`.
pub fn code_name(code: i32) -> String {
    let Some(kind) = ErrorCode::from_number(code) else { return "CODE".into() };
    let mut name = String::new();
    for (index, letter) in format!("{kind:?}").char_indices() {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

/// For people: what happened first, then what is known of it.
fn told(error: &Error) -> String {
    let mut text = format!("{} ({}): ", code_name(error.code), error.code);
    match &error.source {
        Some(source) if !error.message.contains(source.as_str()) => {
            let _ = writeln!(text, "{source}: {}", error.message);
        }
        _ => {
            let _ = writeln!(text, "{}", error.message);
        }
    }
    for (key, value) in own_details(error) {
        let _ = writeln!(text, "  {key}: {value}");
    }
    if let Some(data) = data(error) {
        let _ = writeln!(text, "  {}: {data}", error.schema().unwrap_or_default());
    }
    if let Some(stack) = error.stack() {
        for line in stack.lines() {
            let _ = writeln!(text, "  | {line}");
        }
    }
    if let Some(cause) = error.cause() {
        let _ = write!(text, "caused by {}", told(&cause));
    }
    text
}

fn described(error: &Error) -> Value {
    let details: serde_json::Map<String, Value> =
        own_details(error).into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    json!({
        "code": error.code,
        "name": code_name(error.code),
        "message": error.message,
        "source": error.source,
        "details": details,
        "schema": error.schema(),
        "data": data(error),
        "stack": error.stack(),
        "cause": error.cause().as_ref().map(described),
    })
}

/// The data of an error with data, if they can be read.
fn data(error: &Error) -> Option<Value> {
    error.data_as().ok().map(|value| json!(Shown(&value)))
}

/// The details that have no place of their own, by key.
fn own_details(error: &Error) -> Vec<(&str, &str)> {
    let is_read = data(error).is_some();
    let shown = |key: &str| {
        let is_data = is_read && key.starts_with("hms.error_");
        key != "hms.stack" && !key.starts_with("hms.cause.") && !is_data
    };
    let details = error.details.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut details: Vec<_> = details.filter(|(key, _)| shown(key)).collect();
    details.sort_unstable();
    details
}
