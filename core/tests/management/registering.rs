//! RegisterService and UnregisterService.

use std::collections::HashMap;

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::proto::{
    GetServiceRequest, GetServiceResponse, MethodDefinition, RegisterServiceRequest, RegisterServiceResponse,
    Schema, SchemaType, SecurityRequirements, ServiceDefinition, ServiceStatus, UnregisterServiceRequest,
    UnregisterServiceResponse,
};
use hmsffi_core::service::{Server, ServerOptions, ServiceSpec};

use super::{ENCODINGS, Message, REGISTRY, ask, ask_in, hosting, told_code};
use crate::support::{World, method, reply, text};

fn definition(id: &str) -> ServiceDefinition {
    ServiceDefinition {
        service_id: id.into(),
        methods: vec![MethodDefinition { name: "m".into(), ..Default::default() }],
        ..Default::default()
    }
}

fn register(world: &World, service: ServiceDefinition, metadata: &[(&str, &str)]) -> RegisterServiceResponse {
    let metadata = metadata.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let request = RegisterServiceRequest { service: Some(service), metadata };
    ask(world, REGISTRY, "RegisterService", &request).expect("answer")
}

fn registered(world: &World, service: ServiceDefinition) -> String {
    let answer = register(world, service, &[]);
    assert!(answer.success, "{}", answer.error_message);
    answer.service_id
}

fn refused(world: &World, service: ServiceDefinition, metadata: &[(&str, &str)]) -> String {
    let answer = register(world, service, metadata);
    assert!(!answer.success);
    answer.error_message
}

fn unregister(world: &World, id: &str) -> UnregisterServiceResponse {
    let request = UnregisterServiceRequest { service_id: id.into() };
    ask(world, REGISTRY, "UnregisterService", &request).expect("answer")
}

fn get(world: &World, id: &str) -> GetServiceResponse {
    ask(world, REGISTRY, "GetService", &GetServiceRequest { service_id: id.into() }).expect("answer")
}

fn call(world: &World, service: &str) -> hmsffi_core::Result<hmsffi_core::call::Response> {
    world.client.bind(service, "m")?.call(&Request::bytes(b"x"), &CallOptions::default())
}

#[test]
fn a_registered_definition_is_found_and_its_calls_are_unavailable() {
    let world = hosting();
    assert_eq!(registered(&world, definition("later")), "later");
    let got = get(&world, "later");
    assert_eq!(got.status, ServiceStatus::Unavailable as i32);
    assert_eq!(got.service.expect("definition").version, "1.0.0");
    let error = call(&world, "later").expect_err("nobody serves it");
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(
        error.message(),
        "service 'later' is registered, but no server of this process hosts it. Host it in one"
    );
    assert_eq!(world.client.bind("later", "n").err().expect("no such method").code(), Code::NotFound);
}

#[test]
fn a_service_without_id_is_given_one() {
    let world = hosting();
    let id = registered(&world, definition(""));
    assert!(id.starts_with("service-"), "{id}");
    assert_eq!(get(&world, &id).service.expect("definition").service_id, id);
}

#[test]
fn metadata_of_the_registration_is_part_of_the_definition() {
    let world = hosting();
    let service = ServiceDefinition { metadata: [("team".into(), "a".into())].into(), ..definition("later") };
    let given = [("hms.lang", "go"), ("hms.pid", "7"), ("hms.instance_id", "x"), ("tier", "1")];
    assert!(register(&world, service, &given).success);
    let metadata = get(&world, "later").service.expect("definition").metadata;
    let expected: HashMap<String, String> =
        given.iter().chain(&[("team", "a")]).map(|(k, v)| ((*k).into(), (*v).into())).collect();
    assert_eq!(metadata, expected);
}

#[test]
fn a_schema_is_stored_if_it_is_one() {
    let world = hosting();
    let mut service = definition("later");
    let schema = Schema { schema_id: "in".into(), r#type: SchemaType::Any as i32, ..Default::default() };
    service.methods[0].input_schema = Some(schema.clone());
    registered(&world, service.clone());
    let method = get(&world, "later").service.expect("definition").methods.remove(0);
    assert_eq!(method.input_schema, Some(schema));

    service.service_id = "other".into();
    service.methods[0].input_schema = Some(Schema::default());
    let refused = register(&world, service, &[]);
    assert!(!refused.success);
    assert!(refused.error_message.contains("$: the schema has no type"), "{}", refused.error_message);
}

#[test]
fn refusals_are_told_within_the_answer_in_each_encoding() {
    let world = hosting();
    for encoding in ENCODINGS {
        let request = RegisterServiceRequest::default();
        let answer = ask_in(&world, encoding, REGISTRY, "RegisterService", &request).expect("answer");
        assert_eq!(told_code(&answer), Some("3"));
        let answer = RegisterServiceResponse::read(encoding, answer.body.as_slice());
        assert_eq!(answer.error_message, "INVALID_ARGUMENT (3): service is missing: give its definition");
        assert!(!answer.success && answer.service_id.is_empty());
    }
}

#[test]
fn what_this_version_cannot_keep_is_refused_by_name() {
    let world = hosting();
    let secured =
        |security: SecurityRequirements| ServiceDefinition { security: Some(security), ..definition("t") };
    for (service, metadata, text) in [
        (
            definition("t"),
            &[("hms.endpoint.grpc", "x:1")][..],
            "UNIMPLEMENTED (12): metadata 'hms.endpoint.grpc' ",
        ),
        (definition("t"), &[("hms.lease_ms", "9")], "UNIMPLEMENTED (12): metadata 'hms.lease_ms' "),
        (
            definition("t"),
            &[("hms.status", "UP")],
            "INVALID_ARGUMENT (3): service 't' has metadata 'hms.status'",
        ),
        (
            secured(SecurityRequirements { auth_type: 2, ..Default::default() }),
            &[],
            "UNIMPLEMENTED (12): service 't': security.auth_type is set",
        ),
        (
            secured(SecurityRequirements { required_roles: vec!["admin".into()], ..Default::default() }),
            &[],
            "UNIMPLEMENTED (12): service 't': security.required_roles is set",
        ),
        (
            secured(SecurityRequirements { security_rules: vec!["x".into()], ..Default::default() }),
            &[],
            "UNIMPLEMENTED (12): service 't': security.security_rules is set",
        ),
    ] {
        let refusal = refused(&world, service, metadata);
        assert!(refusal.starts_with(text), "{refusal}");
    }
    let mut late = definition("t");
    late.methods[0].timeout_ms = -1;
    assert_eq!(
        refused(&world, late, &[]),
        "INVALID_ARGUMENT (3): method 't.m': timeout_ms is -1; it must be 0 (the default) or more"
    );
    assert!(get(&world, "t").service.is_none(), "nothing was left behind");
}

#[test]
fn another_definition_of_the_same_version_already_exists() {
    let world = hosting();
    let refusal = refused(&world, definition("s"), &[]);
    assert!(
        refusal.starts_with("ALREADY_EXISTS (6): service 's' 1.0.0 is registered with another"),
        "{refusal}"
    );
}

fn host_replica(world: &World) -> std::sync::Arc<Server> {
    let server = Server::new(&world.runtime, ServerOptions { name: "other".into(), ..Default::default() })
        .expect("server");
    let methods = vec![method("m", |call, request| reply(call, request.body))];
    server
        .register(ServiceSpec {
            definition: ServiceDefinition { methods: vec![], ..definition("later") },
            methods,
        })
        .expect("host");
    server
}

#[test]
fn once_a_server_hosts_it_calls_are_served_each_time() {
    let world = hosting();
    registered(&world, definition("later"));
    let server = host_replica(&world);
    assert_eq!(call(&world, "later").expect_err("not started").code(), Code::Unavailable);
    server.start().expect("start");
    for _ in 0..10 {
        assert_eq!(text(call(&world, "later")), "x");
    }
}

#[test]
fn what_was_registered_here_is_taken_back_before_what_a_server_hosts() {
    let world = hosting();
    registered(&world, definition("later"));
    let server = host_replica(&world);
    server.start().expect("start");
    assert!(unregister(&world, "later").success);
    assert_eq!(text(call(&world, "later")), "x");
    assert!(unregister(&world, "later").success);
    assert_eq!(call(&world, "later").expect_err("gone").code(), Code::NotFound);
    server.close();
}

#[test]
fn an_unregistered_service_can_be_registered_again() {
    let world = hosting();
    for _ in 0..3 {
        registered(&world, definition("later"));
        let binding = world.bind("later", "m");
        assert!(unregister(&world, "later").success);
        let error = binding.call(&Request::bytes(b""), &CallOptions::default()).expect_err("gone");
        assert_eq!(error.message(), "service 'later' was unregistered");
    }
}

#[test]
fn a_hosted_service_can_be_unregistered_by_name_and_version() {
    let world = hosting();
    let methods = || vec![method("m", |call, request| reply(call, request.body))];
    for version in ["1.0.0", "2.0.0"] {
        let definition = ServiceDefinition { version: version.into(), ..definition("two") };
        world.server.register(ServiceSpec { definition, methods: methods() }).expect("host");
    }
    assert!(unregister(&world, "two@2.0.0").success);
    assert_eq!(get(&world, "two").service.expect("the other").version, "1.0.0");
    assert_eq!(text(call(&world, "two")), "x");
}

#[test]
fn what_is_not_there_or_part_of_the_runtime_cannot_be_unregistered() {
    let world = hosting();
    assert_eq!(unregister(&world, "t").error_message, "NOT_FOUND (5): no service 't'. Running here: s");
    assert_eq!(
        unregister(&world, REGISTRY).error_message,
        "FAILED_PRECONDITION (9): 'hms.ffi.v1.ServiceRegistry' is part of every runtime and cannot be unregistered"
    );
    assert!(get(&world, REGISTRY).service.is_some());
}
