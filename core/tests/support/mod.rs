//! A server with methods made of closures, and a client of it.
#![allow(dead_code)] // each test file uses its part

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmsffi_core::Result;
use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Request, Response};
use hmsffi_core::client::{Binding, Client, ClientOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::runtime::Runtime;
use hmsffi_core::service::{Handler, MethodSpec, Server, ServerOptions, ServiceSpec};

pub struct World {
    pub runtime: Arc<Runtime>,
    pub server: Arc<Server>,
    pub client: Arc<Client>,
}

/// A started server named `test` in a runtime of its own.
pub fn world(options: ServerOptions) -> World {
    let runtime = Runtime::new("test").expect("runtime");
    let server = Server::new(&runtime, ServerOptions { name: "test".into(), ..options }).expect("server");
    server.start().expect("start");
    let client = Client::new(runtime.clone(), ClientOptions::default()).expect("client");
    World { runtime, server, client }
}

impl World {
    /// Hosts one service with these methods.
    pub fn host(&self, id: &str, methods: Vec<MethodSpec>) {
        let definition = ServiceDefinition { service_id: id.into(), ..ServiceDefinition::default() };
        self.server.register(ServiceSpec { definition, methods }).expect("register");
    }

    pub fn bind(&self, service: &str, method: &str) -> Binding {
        self.client.bind(service, method).expect("bind")
    }
}

pub fn method(name: &str, handler: impl Fn(Call, &Request<'_>) + Send + Sync + 'static) -> MethodSpec {
    let handler: Box<dyn Handler> = Box::new(handler);
    MethodSpec { name: name.into(), handler: Some(handler), ..MethodSpec::default() }
}

pub fn stream_method(
    name: &str,
    stream_type: StreamType,
    handler: impl Fn(Call, &Request<'_>) + Send + Sync + 'static,
) -> MethodSpec {
    MethodSpec { stream_type, ..method(name, handler) }
}

pub fn reply(call: Call, body: &[u8]) {
    call.answer(Ok(Response::new(Buffer::copy_of(body), Encoding::Bytes))).expect("reply");
}

pub fn text(outcome: Result<Response>) -> String {
    String::from_utf8(outcome.expect("an answer").body.as_slice().to_vec()).expect("text")
}

/// Waits until something is so; fails after half a minute.
pub fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < end, "not in half a minute: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
