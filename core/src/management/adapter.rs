//! Makes a handler of a function from one message to another.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Held;
use crate::buffer::Buffer;
use crate::call::{Call, Metadata, Request, Response};
use crate::codec::Encoding;
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::StreamType;
use crate::runtime::Runtime;
use crate::service::MethodSpec;

/// A message of the specification.
pub trait Message: prost::Message + Default + Serialize + DeserializeOwned {}

impl<M: prost::Message + Default + Serialize + DeserializeOwned> Message for M {}

/// What a method is called with, beside its message.
pub struct Inbound {
    pub runtime: Arc<Runtime>,
    pub call: Call,
    /// How the request is encoded; answers are encoded likewise.
    pub encoding: Encoding,
}

/// An answer that has a place for a refusal (B23).
pub trait Refusal {
    /// The answer that says only why not.
    fn refused(message: String) -> Self;
}

/// A unary method. Errors of `serve` are the outcome of the call.
pub fn unary<Q: Message, A: Message>(
    runtime: &Held,
    name: &str,
    serve: impl Fn(&Inbound, Q) -> Result<A> + Send + Sync + 'static,
) -> MethodSpec {
    answering(runtime, name, move |inbound, request| Ok((serve(inbound, request)?, Metadata::new())))
}

/// A unary method whose errors are told within its answer; the answer's metadata has their code.
pub fn refusable<Q: Message, A: Message + Refusal>(
    runtime: &Held,
    name: &str,
    serve: impl Fn(&Inbound, Q) -> Result<A> + Send + Sync + 'static,
) -> MethodSpec {
    answering(runtime, name, move |inbound, request| {
        Ok(serve(inbound, request).map_or_else(
            |error| {
                let code = (error.code() as i32).to_string();
                (A::refused(error.to_string()), vec![(meta::ERROR_CODE.into(), code)])
            },
            |answer| (answer, Metadata::new()),
        ))
    })
}

fn answering<Q: Message, A: Message>(
    runtime: &Held,
    name: &str,
    serve: impl Fn(&Inbound, Q) -> Result<(A, Metadata)> + Send + Sync + 'static,
) -> MethodSpec {
    method(runtime, name, StreamType::Unspecified, move |inbound, request| {
        let (answer, metadata) = serve(inbound, decode(request)?)?;
        Ok(Response::new(encode(inbound.encoding, &answer)?, inbound.encoding).with(None, metadata))
    })
}

/// A method, unary or streaming; what `serve` gives is the answer of the call.
pub fn method(
    runtime: &Held,
    name: &str,
    stream_type: StreamType,
    serve: impl Fn(&Inbound, &Request<'_>) -> Result<Response> + Send + Sync + 'static,
) -> MethodSpec {
    let runtime = runtime.clone();
    let handler = move |call: Call, request: &Request<'_>| {
        let outcome = runtime
            .upgrade()
            .ok_or_else(|| Error::unavailable("the runtime was closed"))
            .and_then(|runtime| serve(&Inbound { runtime, call, encoding: request.encoding }, request));
        let outcome = outcome.map_err(|error| match error.source() {
            "" => call
                .method(|method| method.qualified.to_string())
                .map_or(error.clone(), |name| error.with_source(name)),
            _ => error,
        });
        // Fails only when nobody waits for the answer any more.
        let _ = call.answer(outcome);
    };
    MethodSpec { name: name.into(), stream_type, handler: Some(Box::new(handler)), ..MethodSpec::default() }
}

/// The message in a request; null stands for one without any field set.
pub fn decode<M: Message>(request: &Request<'_>) -> Result<M> {
    decode_body(request.encoding, request.content_type(), request.body)
}

/// The message in these bytes.
pub fn decode_body<M: Message>(encoding: Encoding, content_type: &str, body: &[u8]) -> Result<M> {
    let decoded = match encoding {
        Encoding::Protobuf => M::decode(body).map_err(|e| e.to_string()),
        Encoding::Json => serde_json::from_slice::<Option<M>>(body)
            .map(Option::unwrap_or_default)
            .map_err(|e| e.to_string()),
        Encoding::Cbor => from_cbor(body),
        Encoding::Bytes | Encoding::Other => {
            return Err(Error::invalid(format!(
                "the request is '{content_type}'. Send application/protobuf, application/cbor or application/json"
            )));
        }
    };
    decoded.map_err(|reason| Error::invalid(format!("the request is not a {}: {reason}", short_name::<M>())))
}

fn from_cbor<M: Message>(body: &[u8]) -> std::result::Result<M, String> {
    let mut rest = body;
    let message: Option<M> = ciborium::from_reader(&mut rest).map_err(|e| e.to_string())?;
    match rest.len() {
        0 => Ok(message.unwrap_or_default()),
        left => Err(format!("{left} bytes follow the value")),
    }
}

/// The bytes of a message.
pub fn encode<M: Message>(encoding: Encoding, message: &M) -> Result<Buffer> {
    let failed =
        |e: &dyn std::fmt::Display| Error::internal(format!("{} cannot be written: {e}", short_name::<M>()));
    let bytes = match encoding {
        Encoding::Protobuf => message.encode_to_vec(),
        Encoding::Json => serde_json::to_vec(message).map_err(|e| failed(&e))?,
        _ => {
            let mut bytes = Vec::new();
            ciborium::into_writer(message, &mut bytes).map_err(|e| failed(&e))?;
            bytes
        }
    };
    Ok(Buffer::copy_of(&bytes))
}

fn short_name<M>() -> &'static str {
    std::any::type_name::<M>().rsplit("::").next().unwrap_or_default()
}
