//! Parameters and answers are checked against the schemas of their method.

mod support;

use std::collections::HashMap;

use hmsffi::prelude::*;
use support::world;

/// The default is the base64 of 1.
const GREETING: &str = r#"{"type": "OBJECT", "fields": [
    {"name": "name", "required": true, "schema": {"type": "STRING"}},
    {"name": "times", "schema": {"type": "INTEGER", "constraints": {"minimum": 1}}, "default_value": "MQ=="}]}"#;

#[derive(serde::Deserialize)]
struct Greeting {
    name: String,
    times: usize,
}

#[test]
fn a_handler_sees_only_what_fits_with_defaults_put_in() {
    let hello = MethodEntry::function("hello", |greeting: Greeting| Ok(greeting.name.repeat(greeting.times)));
    let lie = MethodEntry::function("lie", |(): ()| Ok("three")).output_schema(r#"{"type": "INTEGER"}"#);
    let world = world(|server| {
        let service = Service::new("greet").metadata("hms.validate", "always");
        let service = service.method(hello.input_schema(GREETING)).method(lie);
        server.register_service(Box::new(service)).unwrap();
    });
    let greet = world.service("greet");
    let refused = greet.call::<_, String>("hello", HashMap::from([("times", 0)])).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidArgument);
    assert_eq!(refused.message, "greet.hello: $.times: 0 is below the minimum 1; $.name: required");
    assert!(refused.details["hms.violations"].contains(r#""path":"$.name""#));
    assert_eq!(greet.call::<_, String>("hello", HashMap::from([("name", "Ada")])).unwrap(), "Ada");
    assert_eq!(greet.call::<_, String>("lie", ()).unwrap_err().code, ErrorCode::Internal);
}

#[test]
fn a_schema_that_is_none_is_refused() {
    world(|server| {
        let method = MethodEntry::function("m", |(): ()| Ok(())).error_schema(r#"{"type": "UNION"}"#);
        let error = server.register_service(Box::new(Service::new("wrong").method(method))).unwrap_err();
        assert_eq!(error.message, "error_schemas[0] of method 'wrong.m': $: UNION needs one_of");
    });
}

#[test]
fn a_runtime_keeps_its_schemas_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let registry = || {
        let runtime = Runtime::private_with_schemas("keeping", folder.path().join("schemas")).unwrap();
        runtime
            .new_client(ClientOptions::default())
            .unwrap()
            .get_service("hms.ffi.v1.SchemaRegistry")
            .unwrap()
    };
    let kept = serde_json::json!({"schema": {"schema_id": "kept", "type": 5}});
    registry().call::<_, serde_json::Value>("RegisterSchema", kept).unwrap();
    let found: serde_json::Value =
        registry().call("GetSchema", serde_json::json!({"schema_id": "kept"})).unwrap();
    assert_eq!(found["schema"]["type"], 5);
}
