//! Several services with the same id, version and fingerprint.

use std::sync::Arc;

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::{Client, ClientOptions};
use hmsffi_core::proto::ServiceDefinition;
use hmsffi_core::service::{MethodSpec, Server, ServerOptions, ServiceSpec};

use super::call;
use crate::support::{World, method, reply, text, world};

/// Hosts a replica of `s` that answers with its server's name.
fn replica(world: &World, name: &'static str, spec: impl Fn(MethodSpec) -> MethodSpec) -> Arc<Server> {
    let options = ServerOptions { name: name.into(), max_concurrent_calls: 1, ..Default::default() };
    let server = Server::new(&world.runtime, options).expect("server");
    let handler = spec(method("m", move |call: Call, _: &Request<'_>| reply(call, name.as_bytes())));
    let definition = ServiceDefinition { service_id: "s".into(), ..Default::default() };
    server.register(ServiceSpec { definition, methods: vec![handler] }).expect("register");
    server.start().expect("start");
    server
}

fn plain(spec: MethodSpec) -> MethodSpec {
    spec
}

#[test]
fn replicas_take_turns() {
    let world = world(ServerOptions::default());
    let _servers = ["a", "b", "c"].map(|name| replica(&world, name, plain));
    let binding = world.bind("s", "m");
    let turns: Vec<String> = (0..6).map(|_| text(call(&binding, b""))).collect();
    assert_eq!(turns, ["a", "b", "c", "a", "b", "c"]);
}

#[test]
fn a_call_that_one_replica_refuses_goes_to_another() {
    let world = world(ServerOptions::default());
    let servers = ["a", "b"].map(|name| replica(&world, name, plain));
    let binding = world.bind("s", "m");
    servers[0].stop(None).expect("stop");
    for _ in 0..4 {
        assert_eq!(text(call(&binding, b"")), "b", "also through a binding that was made before");
    }
    servers[1].stop(None).expect("stop");
    assert_eq!(call(&binding, b"").expect_err("none is left").code(), Code::Unavailable);
}

#[test]
fn a_client_without_retries_asks_only_replicas_that_serve() {
    let world = world(ServerOptions::default());
    let servers = ["a", "b", "c", "d", "e", "f"].map(|name| replica(&world, name, plain));
    for server in &servers[..5] {
        server.stop(None).expect("stop");
    }
    let options = ClientOptions { max_retries: -1, ..Default::default() };
    let client = Client::new(world.runtime.clone(), options).expect("client");
    for client in [&world.client, &client] {
        let binding = client.bind("s", "m").expect("bind");
        for _ in 0..12 {
            assert_eq!(text(call(&binding, b"")), "f");
        }
    }
}

#[test]
fn a_handler_that_says_unavailable_is_retried_elsewhere_only_if_that_is_safe() {
    for idempotent in [true, false] {
        let world = world(ServerOptions::default());
        let mark = move |spec: MethodSpec| MethodSpec { idempotent, ..spec };
        let broken = move |spec: MethodSpec| {
            let refuse = |call: Call, _: &Request<'_>| {
                call.answer(Err(hmsffi_core::Error::unavailable("not now"))).expect("answer");
            };
            MethodSpec { handler: Some(Box::new(refuse)), ..mark(spec) }
        };
        let _servers = [replica(&world, "a", broken), replica(&world, "b", mark)];
        let binding = world.bind("s", "m");
        let outcomes: Vec<bool> = (0..4).map(|_| call(&binding, b"").is_ok()).collect();
        let failures = outcomes.iter().filter(|ok| !**ok).count();
        assert_eq!(failures, if idempotent { 0 } else { 2 }, "{outcomes:?}");
    }
}
