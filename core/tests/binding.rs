//! A caller gets the version of a service that it was made for, or is told why there is none.

mod support;

use std::sync::Arc;

use hmsffi_core::binding::{self, Expectation, Mode, Report};
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::schema::{self, Schema};
use hmsffi_core::service::{MethodSpec, ServerOptions, ServiceSpec};
use hmsffi_core::{Code, Error, Result};
use serde_json::{Value, json};
use support::{World, method, reply, text, world};

fn definition(value: Value) -> ServiceDefinition {
    binding::read("definition", value.to_string().as_bytes()).expect("definition")
}

/// `charge` of `billing` in this version.
fn billing(version: &str, charge: Value) -> ServiceDefinition {
    let mut charge = charge;
    charge["name"] = "charge".into();
    definition(json!({"service_id": "billing", "version": version, "methods": [charge]}))
}

fn object(fields: Value) -> Value {
    json!({"type": "OBJECT", "fields": fields})
}

/// An INTEGER of at least this.
fn amount(minimum: i32) -> Value {
    json!({"name": "amount", "required": true, "schema": {"type": "INTEGER", "constraints": {"minimum": minimum}}})
}

fn compared(mode: Mode, expected: ServiceDefinition, provided: ServiceDefinition) -> Report {
    Expectation::new(expected, mode, &()).expect("expectation").compare(provided, &()).expect("comparable")
}

/// The differences that loose and strict bindings are refused for.
fn breaking(expected: ServiceDefinition, provided: ServiceDefinition) -> [Vec<String>; 2] {
    [Mode::Loose, Mode::Strict].map(|mode| {
        compared(mode, expected.clone(), provided.clone()).breaking().map(ToString::to_string).collect()
    })
}

/// Hosts a version of `billing` whose `charge` says which it is.
fn host(world: &World, version: &str, input: Value) {
    let spec = MethodSpec {
        input_schema: Some(schema(input)),
        ..method("charge", {
            let version = version.to_owned();
            move |call, _| reply(call, version.as_bytes())
        })
    };
    let definition = ServiceDefinition {
        service_id: "billing".into(),
        version: version.into(),
        // The versions are told apart by their answers.
        metadata: [("hms.validate".into(), "never".into())].into(),
        ..ServiceDefinition::default()
    };
    world.server.register(ServiceSpec { definition, methods: vec![spec] }).expect("register");
}

fn schema(value: Value) -> Schema {
    schema::read("schema", value.to_string().as_bytes()).expect("schema")
}

fn expectation(world: &World, mode: Mode, version: &str, input: Value) -> Arc<Expectation> {
    let expected = billing(version, json!({"input_schema": input}));
    world.client.expectation(expected, mode).expect("expectation")
}

/// The version that a caller gets.
fn bound(world: &World, query: &str, expectation: &Arc<Expectation>) -> Result<String> {
    let binding = world.client.bind_expecting(query, "charge", expectation.clone())?;
    Ok(text(binding.call(&Request::bytes(b""), &CallOptions::default())))
}

fn refused(result: Result<String>) -> Error {
    result.expect_err("refused")
}

#[test]
fn the_same_definition_fits_whatever_its_words_and_labels() {
    let mut provided = billing("1.2.0", json!({"input_schema": object(json!([amount(0)]))}));
    let expected = provided.clone();
    provided.description = "Other words".into();
    provided.metadata.insert("hms.status".into(), "AVAILABLE".into());
    assert_eq!(compared(Mode::Strict, expected, provided).differences, []);
}

#[test]
fn versions_must_share_their_major_or_their_minor_number() {
    let none: [Vec<String>; 2] = [vec![], vec![]];
    let of = |version: &str| billing(version, json!({}));
    assert_eq!(breaking(of("1.2.0"), of("1.2.9")), none);
    let told = "version: expected 1.2.0, provided 1.3.0".to_owned();
    assert_eq!(breaking(of("1.2.0"), of("1.3.0")), [vec![], vec![told]]);
    let told = "version: expected 1.2.0, provided 2.2.0".to_owned();
    assert_eq!(breaking(of("1.2.0"), of("2.2.0")), [vec![told.clone()], vec![told]]);
}

#[test]
fn a_provider_must_read_what_the_caller_sends() {
    let takes = |minimum| billing("1.2.0", json!({"input_schema": object(json!([amount(minimum)]))}));
    let told = |one, other| format!("charge input_schema $.amount minimum: expected {one}, provided {other}");
    assert_eq!(breaking(takes(0), takes(1)), [vec![told(0, 1)], vec![told(0, 1)]]);
    // Wider is good enough, but for those who want the same.
    assert_eq!(breaking(takes(1), takes(0)), [vec![], vec![told(1, 0)]]);
}

#[test]
fn a_caller_must_read_what_the_provider_answers() {
    let gives = |minimum| billing("1.2.0", json!({"output_schema": object(json!([amount(minimum)]))}));
    let told =
        |one, other| format!("charge output_schema $.amount minimum: expected {one}, provided {other}");
    assert_eq!(breaking(gives(1), gives(0)), [vec![told(1, 0)], vec![told(1, 0)]]);
    assert_eq!(breaking(gives(0), gives(1)), [vec![], vec![told(0, 1)]]);
}

#[test]
fn members_that_one_side_needs_must_be_written_by_the_other() {
    let of = |part: &str, required: bool| {
        let fields = json!([{"name": "currency", "required": required, "schema": {"type": "STRING"}}]);
        billing("1.2.0", json!({ part: object(fields) }))
    };
    let told = |part: &str, expected: &str, provided: &str| {
        format!("charge {part} $.currency required: expected {expected}, provided {provided}")
    };
    let added = told("input_schema", "optional", "required");
    assert_eq!(breaking(of("input_schema", false), of("input_schema", true))[0], [added]);
    let removed = told("output_schema", "required", "optional");
    assert_eq!(breaking(of("output_schema", true), of("output_schema", false))[0], [removed]);
    for (part, before, after) in [("input_schema", true, false), ("output_schema", false, true)] {
        assert_eq!(breaking(of(part, before), of(part, after))[0], [""; 0]);
    }
}

#[test]
fn who_says_nothing_of_a_payload_may_send_anything() {
    let says = |schema: Value| billing("1.0.0", json!({"input_schema": schema}));
    let silent = billing("1.0.0", json!({}));
    let told = "charge input_schema $ type: expected ANY, provided STRING".to_owned();
    assert_eq!(breaking(silent.clone(), says(json!({"type": "STRING"}))), [vec![told.clone()], vec![told]]);
    assert_eq!(breaking(says(json!({"type": "STRING"})), silent.clone())[0], [""; 0]);
    assert_eq!(breaking(silent.clone(), silent), [vec![], vec![]] as [Vec<String>; 2]);
}

#[test]
fn methods_and_kinds_of_streams_must_be_there() {
    let of = |name: &str, stream: StreamType| {
        definition(json!({"service_id": "billing", "methods": [
            {"name": name, "is_streaming": stream != StreamType::Unspecified, "stream_type": stream as i32}
        ]}))
    };
    let (charge, refund) = (of("charge", StreamType::Unspecified), of("refund", StreamType::Unspecified));
    let told = "charge method: expected there, provided absent".to_owned();
    assert_eq!(breaking(charge.clone(), refund.clone()), [vec![told.clone()], vec![told]]);
    let report = compared(Mode::Strict, charge.clone(), refund);
    let added = report.differences.iter().find(|one| one.method == "refund").expect("told");
    assert_eq!((added.breaks_loose, added.breaks_strict), (false, false));
    let told = "charge stream_type: expected STREAM_TYPE_UNSPECIFIED, provided SERVER_STREAMING".to_owned();
    let streaming = of("charge", StreamType::ServerStreaming);
    assert_eq!(breaking(charge, streaming), [vec![told.clone()], vec![told]]);
}

#[test]
fn typed_errors_are_compared_by_their_ids() {
    let fails = |errors: Value| billing("1.0.0", json!({"error_schemas": errors}));
    let (one, other) =
        (json!({"schema_id": "declined", "type": "STRING"}), json!({"schema_id": "broke", "type": "STRING"}));
    let told = "charge error_schemas: expected absent, provided broke".to_owned();
    let both = fails(json!([one, other]));
    assert_eq!(breaking(fails(json!([one])), both.clone()), [vec![], vec![told]]);
    assert_eq!(breaking(both, fails(json!([one]))), [vec![], vec![]] as [Vec<String>; 2]);
    let changed = fails(json!([{"schema_id": "declined", "type": "INTEGER"}]));
    let told = "charge error_schemas[declined] $ type: expected STRING, provided INTEGER".to_owned();
    assert_eq!(breaking(fails(json!([one])), changed), [vec![told.clone()], vec![told]]);
}

#[test]
fn schemas_may_refer_to_those_beside_them_and_to_registered_ones() {
    let registered =
        [("currency".to_owned(), schema(json!({"type": "ENUM", "enum_values": [{"value": "EUR"}]})))];
    let registered: std::collections::HashMap<_, _> = registered.into();
    let of = |field: Value| {
        billing("1.0.0", json!({"input_schema": object(json!([{"name": "in", "schema": field}]))}))
    };
    let refers = of(json!({"type": "REF", "ref": "currency"}));
    let expectation = Expectation::new(refers.clone(), Mode::Strict, &registered).expect("expectation");
    let report = expectation.compare(refers.clone(), &registered).expect("comparable");
    assert_eq!(report.differences, []);
    let report = expectation.compare(of(json!({"type": "INTEGER"})), &registered).expect("comparable");
    assert!(!report.fits());
    let error = Expectation::new(refers, Mode::Strict, &()).expect_err("a reference to nothing");
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[test]
fn a_caller_gets_the_highest_version_that_fits() {
    let world = world(ServerOptions::default());
    host(&world, "1.2.0", object(json!([amount(0)])));
    host(&world, "1.3.0", object(json!([amount(0)])));
    host(&world, "1.4.0", object(json!([amount(5)])));
    host(&world, "2.0.0", object(json!([amount(0)])));
    let input = object(json!([amount(0)]));
    for (mode, query, version) in [
        (Mode::Loose, "billing", "1.3.0"),
        (Mode::Strict, "billing", "1.2.0"),
        (Mode::Loose, "billing@~1.2", "1.2.0"),
    ] {
        let expectation = expectation(&world, mode, "1.2.5", input.clone());
        assert_eq!(bound(&world, query, &expectation).expect("bound"), version, "{query} {mode:?}");
        assert_eq!(world.client.fit(query, &expectation).expect("fits").provided.to_string(), version);
    }
}

#[test]
fn a_refusal_names_each_difference_to_the_closest_version_and_who_must_move() {
    let world = world(ServerOptions::default());
    host(&world, "1.3.0", object(json!([amount(5)])));
    host(&world, "1.2.0", object(json!([{"name": "amount", "schema": {"type": "STRING"}}])));
    let input = object(json!([amount(0)]));
    let error = refused(bound(&world, "billing", &expectation(&world, Mode::Loose, "1.2.0", input.clone())));
    assert_eq!(
        error.to_string(),
        "FAILED_PRECONDITION (9): service 'billing' 1.3.0 does not fit its caller, which was made for 1.2.0 and binds loose: \
         charge input_schema $.amount minimum: expected 0, provided 5 (the caller must move)"
    );
    let all: Value = serde_json::from_str(error.detail("hms.differences").expect("detail")).expect("JSON");
    assert_eq!(
        all[1],
        json!({
            "method": "charge", "part": "input_schema", "path": "$.amount", "aspect": "minimum", "expected": "0", "provided": "5",
            "breaks_loose": true, "breaks_strict": true, "must_move": "caller"
        })
    );
    let error = refused(bound(&world, "billing@1.3.0", &expectation(&world, Mode::Strict, "1.4.0", input)));
    assert!(error.message().ends_with("(the provider must move)"), "{error}");
}

#[test]
fn a_bound_method_follows_the_registry_only_to_what_fits() {
    let world = world(ServerOptions::default());
    let input = object(json!([amount(0)]));
    host(&world, "1.2.0", input.clone());
    let expectation = expectation(&world, Mode::Loose, "1.2.0", input.clone());
    let binding = world.client.bind_expecting("billing", "charge", expectation).expect("bound");
    let answer = |binding: &hmsffi_core::client::Binding| {
        text(binding.call(&Request::bytes(b""), &CallOptions::default()))
    };
    host(&world, "1.4.0", object(json!([amount(5)])));
    assert!(binding.is_stale());
    let binding = binding.refreshed().expect("bound");
    assert_eq!(answer(&binding), "1.2.0");
    host(&world, "1.5.0", input);
    let binding = binding.refreshed().expect("bound");
    assert_eq!(answer(&binding), "1.5.0");
    world.server.unregister("billing@1.5.0").expect("gone");
    world.server.unregister("billing@1.2.0").expect("gone");
    assert_eq!(binding.refreshed().err().expect("refused").code(), Code::FailedPrecondition);
}

#[test]
fn what_is_no_expectation_is_refused() {
    let world = world(ServerOptions::default());
    host(&world, "1.2.0", json!({"type": "ANY"}));
    let read = |text: &str| binding::read("expected", text.as_bytes());
    let error = read(r#"{"service_id": "billing", "verion": "1"}"#).expect_err("refused");
    assert_eq!(error.message(), "expected: a service definition has no member 'verion'");
    let wrong = |text: &str| {
        world
            .client
            .expectation(read(text).expect("definition"), Mode::Loose)
            .expect_err("refused")
            .to_string()
    };
    assert!(wrong(r#"{"service_id": "billing", "version": "1"}"#).contains("is not a semantic version"));
    let schema = r#"{"methods": [{"name": "charge", "input_schema": {"type": "REF", "ref": "nobody"}}]}"#;
    assert!(wrong(schema).starts_with("INVALID_ARGUMENT (3)"), "{}", wrong(schema));
    let other = read(r#"{"service_id": "payments"}"#).expect("definition");
    let other = world.client.expectation(other, Mode::Loose).expect("expectation");
    let error = refused(bound(&world, "billing", &other));
    assert_eq!(
        error.to_string(),
        "INVALID_ARGUMENT (3): service 'billing' is asked for, but what is expected of it is the definition of 'payments'"
    );
}
