//! A process with a main program in Rust: see ../../../README.md.

use std::io::{BufRead, Write};
use std::time::Duration;

use hmsffi::prelude::*;
use hmsffi::{ContentType, Payload};
use serde_json::{Value as Json, json};

fn main() -> Result<(), Error> {
    let runtime = Runtime::shared()?;
    let mut server = runtime.new_server(ServerOptions::named("relay.rust"))?;
    if std::env::args().nth(1).as_deref() != Some("caller") {
        relay_rust::register(&runtime, &mut *server)?;
        server.start()?;
    }
    let client = runtime.new_client(ClientOptions::default())?;
    let mut answers = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(Error::other)?;
        let answer = obey(&*client, &line).unwrap_or_else(|error| json!({ "error": chain(error) }));
        writeln!(answers, "{answer}").and_then(|()| answers.flush()).map_err(Error::other)?;
    }
    Ok(())
}

fn obey(client: &dyn Client, line: &str) -> Result<Json, Error> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "load" => hmsffi::load_component(rest).map(|()| shown(b"")),
        "cancel" => client.cancel_call(rest).map(|_| shown(b"")),
        "result" => {
            let reply = client.call_result_payload(rest, None)?;
            let reply = reply.ok_or_else(|| Error::new(ErrorCode::Internal, "it still runs"))?;
            Ok(json!({ "answer": hex(reply.value.bytes()), "metadata": reply.metadata }))
        }
        "lend" => lend(client, rest),
        _ => start(client, command, rest),
    }
}

fn lend(client: &dyn Client, rest: &str) -> Result<Json, Error> {
    let (service, len) = rest.split_once(' ').unwrap_or((rest, "0"));
    let invert = client.get_service(service)?.bind("invert")?;
    let mut loan = invert.loan(len.parse().map_err(Error::other)?)?;
    for (at, byte) in loan.iter_mut().enumerate() {
        *byte = (at % 251) as u8;
    }
    let reply = invert.call_payload(Payload::new(&loan[..]), &CallOptions::new())?;
    let is_right = reply.value.bytes().iter().zip(loan.iter()).all(|(got, sent)| *got == !sent)
        && reply.value.bytes().len() == loan.len();
    Ok(json!({
        "answer": if is_right { "" } else { "00" },
        "transport": reply.report.transport as u32,
        "copied": reply.report.bytes_copied,
    }))
}

/// Serves `call` and `submit`.
fn start(client: &dyn Client, command: &str, rest: &str) -> Result<Json, Error> {
    let words: Vec<&str> = rest.split(' ').collect();
    let [service, method, content_type, body, timeout_ms, pair] = words[..] else {
        return Err(Error::new(ErrorCode::InvalidArgument, "a call has six arguments"));
    };
    let file = body.strip_prefix('@');
    let bytes = match file {
        Some(path) => std::fs::read(path).map_err(Error::other)?,
        None => from_hex(body)?,
    };
    let known = [ContentType::Bytes, ContentType::Cbor, ContentType::Protobuf];
    let content_type = known.into_iter().find(|known| known.to_string() == content_type);
    let content_type = content_type.ok_or_else(|| Error::new(ErrorCode::InvalidArgument, "content type"))?;
    let request = Payload::new(bytes).with_content_type(content_type);
    let mut options = CallOptions::new();
    if timeout_ms != "0" {
        options = options.timeout(Duration::from_millis(timeout_ms.parse().map_err(Error::other)?));
    }
    if let Some((key, value)) = pair.split_once('=') {
        options = options.metadata(key, value);
    }
    let service = client.get_service(service)?;
    if command == "submit" {
        return Ok(shown(service.call_payload_async(method, request, &options).id().as_bytes()));
    }
    let reply = service.call_payload(method, request, &options)?;
    let answer = match file {
        Some(path) => {
            std::fs::write(path, reply.value.bytes()).map(|()| String::new()).map_err(Error::other)?
        }
        None => hex(reply.value.bytes()),
    };
    Ok(json!({ "answer": answer, "metadata": reply.metadata }))
}

fn shown(answer: &[u8]) -> Json {
    json!({ "answer": hex(answer) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Result<Vec<u8>, Error> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(Error::other);
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn chain(error: Error) -> Vec<Json> {
    let behind = std::iter::successors(Some(error), Error::cause);
    behind
        .map(|error| {
            let stack = error.stack().unwrap_or_default();
            json!({ "code": error.code, "message": error.message, "stack": stack, "details": error.details })
        })
        .collect()
}
