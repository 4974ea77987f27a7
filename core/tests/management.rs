//! The specification's management services, called like any other service.

mod support;

#[path = "management/asynchronous.rs"]
mod asynchronous;
#[path = "management/calling.rs"]
mod calling;
#[path = "proto_matches_spec/descriptor.rs"]
#[allow(dead_code)]
mod descriptor;
#[path = "management/descriptors.rs"]
mod descriptors;
#[path = "management/finding.rs"]
mod finding;
#[path = "management/messages.rs"]
mod messages;
#[path = "management/registering.rs"]
mod registering;
#[path = "management/relaying.rs"]
mod relaying;
#[path = "management/resolving.rs"]
mod resolving;
#[path = "management/schemas.rs"]
mod schemas;
#[path = "management/transports.rs"]
mod transports;
#[path = "management/watching.rs"]
mod watching;

use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::{Code, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use support::{World, method, reply, world};

const REGISTRY: &str = "hms.ffi.v1.ServiceRegistry";
const SCHEMAS: &str = "hms.ffi.v1.SchemaRegistry";
const CLIENT: &str = "hms.ffi.v1.ServiceClient";
const ENCODINGS: [Encoding; 3] = [Encoding::Protobuf, Encoding::Cbor, Encoding::Json];

/// A message of the specification, written and read without the library.
trait Message: prost::Message + Default + Serialize + DeserializeOwned {
    fn written(&self, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => self.encode_to_vec(),
            Encoding::Json => serde_json::to_vec(self).expect("JSON"),
            _ => {
                let mut bytes = Vec::new();
                ciborium::into_writer(self, &mut bytes).expect("CBOR");
                bytes
            }
        }
    }

    fn read(encoding: Encoding, bytes: &[u8]) -> Self {
        match encoding {
            Encoding::Protobuf => Self::decode(bytes).expect("Protobuf"),
            Encoding::Json => serde_json::from_slice(bytes).expect("JSON"),
            _ => ciborium::from_reader(bytes).expect("CBOR"),
        }
    }
}

impl<M: prost::Message + Default + Serialize + DeserializeOwned> Message for M {}

/// Calls a management method in an encoding.
fn ask_in<Q: Message>(
    world: &World,
    encoding: Encoding,
    service: &str,
    method: &str,
    request: &Q,
) -> Result<Response> {
    let body = request.written(encoding);
    let request = Request { encoding, ..Request::bytes(&body) };
    world.bind(service, method).call(&request, &CallOptions::default())
}

/// Calls a management method with Protobuf.
fn ask<Q: Message, A: Message>(world: &World, service: &str, method: &str, request: &Q) -> Result<A> {
    let answer = ask_in(world, Encoding::Protobuf, service, method, request)?;
    assert_eq!(answer.encoding(), Encoding::Protobuf, "answers are encoded as their requests");
    Ok(A::read(Encoding::Protobuf, answer.body.as_slice()))
}

/// The number in `hms-error-code`.
fn told_code(answer: &Response) -> Option<&str> {
    answer.metadata().iter().find(|(key, _)| key == "hms-error-code").map(|(_, value)| value.as_str())
}

/// A world with a service `s`: `echo`, `fail` and `sleep`.
fn hosting() -> World {
    let world = world(ServerOptions::default());
    world.host(
        "s",
        vec![
            method("echo", |call: Call, request: &Request<'_>| {
                let metadata = request.metadata.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
                let body = hmsffi_core::buffer::Buffer::copy_of(request.body);
                let content_type = (request.encoding == Encoding::Other).then(|| request.content_type.into());
                call.answer(Ok(Response::new(body, request.encoding).with(content_type, metadata)))
                    .expect("reply");
            }),
            method("fail", |call: Call, _: &Request<'_>| {
                let inner =
                    Error::new(Code::NotFound, "no record").with_source("inner.get").with_stack("in get");
                let inner = inner.with_detail("id", "P007").with_cause(Error::new(Code::DataLoss, "disk"));
                let error =
                    Error::new(Code::OutOfRange, "bmi is 99").with_source("s.fail").with_stack("in fail");
                call.answer(Err(error.with_detail("field", "bmi").with_cause(inner))).expect("fail");
            }),
            method("sleep", |call: Call, request: &Request<'_>| {
                let ms = request.body.first().copied().unwrap_or(0);
                std::thread::sleep(std::time::Duration::from_millis(10 * u64::from(ms)));
                reply(call, b"slept");
            }),
        ],
    );
    world
}
