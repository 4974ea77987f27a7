//! What a request of `ServiceClient` asks to be called, and how its outcome is told.

use std::collections::HashMap;
use std::sync::Arc;

use crate::call::{Metadata, Outcome, Request, Response};
use crate::client::{Binding, CallOptions, Client, ClientOptions};
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{CallRequest, CallResponse, ErrorDetails, StreamRequest};
use crate::results::status_of;
use crate::runtime::Runtime;
use crate::stream::Item;

/// A call that somebody asks for.
pub struct Asked {
    service: String,
    method: String,
    /// How its parameters are encoded (B12).
    content_type: String,
    metadata: Metadata,
    pub options: CallOptions,
}

impl Asked {
    /// What a request asks for. Refuses what cannot be done, naming the field.
    pub fn of_call(request: &CallRequest) -> Result<Asked> {
        if !request.auth_token.is_empty() {
            return Err(no_identities("auth_token"));
        }
        let timeout = milliseconds("timeout_ms", request.timeout_ms)?;
        Self::new(&request.service_id, &request.method, request.metadata.clone(), timeout)
    }

    /// What the first message of a stream asks for: it has no fields for time and token (B16).
    pub fn of_stream(request: &StreamRequest) -> Result<Asked> {
        let mut metadata = request.metadata.clone();
        let timeout = match metadata.remove(meta::TIMEOUT_MS) {
            None => 0,
            Some(text) => {
                let number = text.parse().map_err(|_| {
                    Error::invalid(format!(
                        "metadata '{}' is '{text}', not a number of milliseconds",
                        meta::TIMEOUT_MS
                    ))
                })?;
                milliseconds(meta::TIMEOUT_MS, number)?
            }
        };
        Self::new(&request.service_id, &request.method, metadata, timeout)
    }

    fn new(
        service: &str,
        method: &str,
        mut metadata: HashMap<String, String>,
        timeout_ns: u64,
    ) -> Result<Asked> {
        if metadata.contains_key(meta::AUTHORIZATION) {
            return Err(no_identities("metadata 'authorization'"));
        }
        let service = match metadata.remove(meta::VERSION) {
            None => service.to_owned(),
            Some(version) => format!("{service}@{version}"),
        };
        let content_type = metadata.remove(meta::CONTENT_TYPE);
        meta::refuse_reserved(metadata.keys().map(String::as_str))?;
        let mut metadata: Metadata = metadata.into_iter().collect();
        metadata.sort_unstable();
        Ok(Asked {
            service,
            method: method.to_owned(),
            content_type: content_type.unwrap_or_else(|| Encoding::Cbor.content_type().into()),
            metadata,
            options: CallOptions { timeout_ns, ..CallOptions::default() },
        })
    }

    /// The method, resolved.
    pub fn bind(&self, runtime: &Arc<Runtime>) -> Result<Binding> {
        Client::new(runtime.clone(), ClientOptions::default())?.bind(&self.service, &self.method)
    }

    pub fn encoding(&self) -> Encoding {
        Encoding::from_content_type(&self.content_type)
    }

    /// Runs `f` with the request that the method is to get.
    pub fn with_request<R>(&self, body: &[u8], f: impl FnOnce(&Request<'_>) -> R) -> R {
        let metadata: Vec<(&str, &str)> =
            self.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let content_type = &self.content_type;
        f(&Request { body, encoding: self.encoding(), content_type, metadata: &metadata, origin: None })
    }

    /// A message for the method's stream.
    pub fn item(&self, body: &[u8]) -> Item {
        let content_type = (self.encoding() == Encoding::Other).then(|| self.content_type.as_str().into());
        Item { body: crate::buffer::Buffer::copy_of(body), encoding: self.encoding(), content_type }
    }
}

#[cold]
fn no_identities(field: &str) -> Error {
    Error::unimplemented(format!("{field} is set, but this version checks no identities. Call without it"))
}

/// A field of milliseconds in nanoseconds.
pub fn milliseconds(field: &str, ms: i32) -> Result<u64> {
    match u64::try_from(ms) {
        Ok(ms) => Ok(ms * 1_000_000),
        Err(_) => Err(Error::invalid(format!("{field} is {ms}; it must be 0 (the default) or more"))),
    }
}

/// An outcome as a message.
pub fn told(outcome: &Outcome) -> CallResponse {
    let status = status_of(outcome) as i32;
    match outcome {
        Ok(answer) => CallResponse {
            status,
            result: answer.body.as_slice().to_vec(),
            metadata: labelled(answer),
            ..Default::default()
        },
        Err(error) => CallResponse { status, error: Some(details(error)), ..Default::default() },
    }
}

/// The metadata of an answer, and how it is encoded.
fn labelled(answer: &Response) -> HashMap<String, String> {
    let content_type = (meta::CONTENT_TYPE.to_owned(), answer.content_type().to_owned());
    answer.metadata().iter().cloned().chain([content_type]).collect()
}

/// An error as a message; the errors behind it are details.
pub fn details(error: &Error) -> ErrorDetails {
    let mut details: HashMap<String, String> = error.details().iter().cloned().collect();
    add_causes(&mut details, error);
    ErrorDetails {
        code: error.code() as i32,
        message: error.message().to_owned(),
        source: error.source().to_owned(),
        details,
        stack_trace: error.stack().to_owned(),
    }
}

fn add_causes(details: &mut HashMap<String, String>, error: &Error) {
    let mut prefix = meta::CAUSE_PREFIX.to_owned();
    for cause in std::iter::successors(error.cause(), |cause| cause.cause()) {
        let mut set = |key: &str, value: String| drop(details.insert(format!("{prefix}{key}"), value));
        set("code", (cause.code() as i32).to_string());
        set("message", cause.message().to_owned());
        for (key, value) in [("source", cause.source()), ("stack", cause.stack())] {
            if !value.is_empty() {
                set(key, value.to_owned());
            }
        }
        for (key, value) in cause.details() {
            set(&format!("detail.{key}"), value.clone());
        }
        prefix += "cause.";
    }
}
