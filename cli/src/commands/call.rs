//! `hms call`

use std::io::{Read, stdin};
use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{CallOptions, ContentType, Payload, Reply, TransportType};
use serde_json::json;

use super::completion::Method;
use super::explain;
use crate::failure::{Failure, Result};
use crate::target::Target;
use crate::{json, output, services};

/// Call a method: JSON in, JSON out
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hms call greet hello '{\"name\": \"Ada\"}'
  hms call greet@^1.2 hello - < request.json
  hms call greet.hello '{\"name\": \"Ada\"}' --timeout 500ms -m tenant=north

Exit code: 0 = answered, 1 = the call failed, 2 = wrong usage.
In the answer, what JSON has no form for is text: dates, UUIDs and decimals as they are written, bytes as base64.")]
pub struct Call {
    /// The service and the method, then the request: JSON, or - for standard input
    #[arg(value_name = "SERVICE[@VERSION] METHOD [JSON | -]", required = true, num_args = 1..=3)]
    #[arg(allow_negative_numbers = true, add = ArgValueCompleter::new(Method))]
    words: Vec<String>,
    #[command(flatten)]
    sent: Sent,
}

/// How requests are sent.
#[derive(Debug, Args)]
pub struct Sent {
    /// The request and the answer as bytes, as they are
    #[arg(long)]
    pub raw: bool,
    /// The encoding of the request
    #[arg(long, value_name = "TYPE", default_value = "application/cbor")]
    #[arg(default_value_if("raw", "true", "application/octet-stream"))]
    pub content_type: String,
    /// Time for the whole call, such as 500ms or 2s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Take this way, or fail
    #[arg(long)]
    pub door: Option<Door>,
    /// A pair of text to send along; may be repeated
    #[arg(short, long = "metadata", value_name = "KEY=VALUE", value_parser = pair)]
    pub metadata: Vec<(String, String)>,
}

/// A way to a service.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Door {
    SameProcess,
    SharedMemory,
}

impl From<Door> for TransportType {
    fn from(door: Door) -> TransportType {
        match door {
            Door::SameProcess => TransportType::InProcess,
            Door::SharedMemory => TransportType::SharedMemory,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as key=value")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Sent {
    /// For the library.
    pub fn options(&self) -> CallOptions {
        let options = self.timeout.iter().fold(CallOptions::new(), |options, time| options.timeout(*time));
        let options = self.door.iter().fold(options, |options, door| options.transport((*door).into()));
        self.metadata.iter().fold(options, |options, (key, value)| options.metadata(key, value))
    }

    /// What was written, as it travels.
    pub fn payload(&self, written: &[u8]) -> Result<Payload<'static>> {
        let content_type = content_type(&self.content_type);
        if self.raw {
            return Ok(Payload::new(written.to_vec()).with_content_type(content_type));
        }
        let text =
            str::from_utf8(written).map_err(|e| Failure::Usage(format!("the request is not JSON: {e}")))?;
        let value = json::read(text).map_err(|why| {
            Failure::Usage(format!(
                "the request is {why}. In a shell, put it between single quotes; text is '\"text\"'"
            ))
        })?;
        match content_type {
            ContentType::Cbor => Ok(Payload::encode(&value)?),
            ContentType::Json => Ok(Payload::new(written.to_vec()).with_content_type(ContentType::Json)),
            other => {
                Err(Failure::Usage(format!("JSON cannot be sent as {other}: send its bytes with --raw")))
            }
        }
    }
}

fn content_type(text: &str) -> ContentType {
    let known = [ContentType::Cbor, ContentType::Protobuf, ContentType::Json, ContentType::Bytes];
    known
        .into_iter()
        .find(|known| known.to_string() == text)
        .unwrap_or_else(|| ContentType::Other(text.to_owned().into()))
}

impl Call {
    pub fn run(&self, json: bool) -> Result<()> {
        let target = Target::read(&self.words)?;
        let payload = self.sent.payload(&request(target.params.as_deref(), self.sent.raw)?)?;
        let service = services::client()?.get_service(&target.service)?;
        let reply = service.call_payload(&target.method, payload, &self.sent.options())?;
        if self.sent.raw { output::bytes(reply.value.bytes()) } else { answer(&reply, json) }
    }
}

/// The bytes that were written, or that standard input holds.
pub fn request(params: Option<&str>, raw: bool) -> Result<Vec<u8>> {
    match params {
        Some("-") => {
            let mut written = Vec::new();
            stdin().lock().read_to_end(&mut written)?;
            Ok(written)
        }
        Some(written) => Ok(written.into()),
        None => Ok(if raw { Vec::new() } else { b"null".to_vec() }),
    }
}

fn answer(reply: &Reply<Payload<'static>>, json: bool) -> Result<()> {
    let shown = json::shown(&reply.value)?;
    if !json {
        return output::compact(&shown);
    }
    let content_type = reply.value.content_type().map(ToString::to_string);
    output::document(&json!({
        "value": shown,
        "content_type": content_type,
        "metadata": reply.metadata,
        "door": explain::named(reply.report.transport),
        "bytes_copied": reply.report.bytes_copied,
    }))
}
