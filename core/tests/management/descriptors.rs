//! Schemas that are registered as file descriptor sets.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{
    GetSchemaRequest, GetSchemaResponse, RegisterSchemaRequest, RegisterSchemaResponse, Schema, SchemaType,
    ServiceDefinition, ValidateSchemaRequest, ValidateSchemaResponse,
};
use hmsffi_core::schema::{Compiled, schema_of};
use hmsffi_core::service::{MethodSpec, ServiceSpec};
use prost::Message as _;

use super::{SCHEMAS, ask, hosting};
use crate::support::{World, method, reply};

const PATIENT: &str = "hms.healthcare.v1.PatientRecord";

fn patient() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/proto");
    protox::compile(["hms/healthcare/v1/patient_record.proto"], [folder])
        .expect("descriptors")
        .encode_to_vec()
}

fn of_text(text: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("a.proto"), text).expect("file");
    protox::compile(["a.proto"], [folder.path()]).expect("descriptors").encode_to_vec()
}

/// What asks for the schema of a message.
fn described(id: &str, set: &[u8]) -> Schema {
    let label = ("hms.protobuf.descriptors".to_owned(), BASE64_STANDARD.encode(set));
    let metadata = [label].into();
    Schema { schema_id: id.into(), r#type: SchemaType::Object.into(), metadata, ..Schema::default() }
}

fn refer(id: &str) -> Schema {
    Schema { r#type: SchemaType::Ref.into(), r#ref: id.into(), ..Schema::default() }
}

fn register(world: &World, schema: Schema) -> RegisterSchemaResponse {
    let request = RegisterSchemaRequest { schema: Some(schema) };
    ask(world, SCHEMAS, "RegisterSchema", &request).expect("answer")
}

fn registered(world: &World, schema: Schema) -> String {
    let answer = register(world, schema);
    assert!(answer.success, "{}", answer.error_message);
    answer.schema_id
}

fn got(world: &World, id: &str) -> Schema {
    let request = GetSchemaRequest { schema_id: id.into(), resolve_refs: true };
    let answer: GetSchemaResponse = ask(world, SCHEMAS, "GetSchema", &request).expect("answer");
    answer.schema.unwrap_or_else(|| panic!("{}", answer.error_message))
}

fn version(world: &World, id: &str) -> String {
    got(world, id).metadata["hms.schema_version"].clone()
}

#[test]
fn a_message_is_registered_under_its_full_name_with_all_its_parts() {
    let world = hosting();
    assert_eq!(registered(&world, described(PATIENT, &patient())), PATIENT);
    let mut schema = got(&world, PATIENT);
    assert_eq!(schema.metadata.remove("hms.schema_version").as_deref(), Some("1"));
    assert_eq!(schema, schema_of(&patient(), PATIENT).expect("schema"));
    assert!(Compiled::new(&schema, &()).is_ok(), "nothing is missing");
    // Without an id it is the message that no other one has in it. Who registers it again changes nothing.
    assert_eq!(registered(&world, described("", &patient())), PATIENT);
    assert_eq!(version(&world, PATIENT), "1");
}

#[test]
fn payloads_of_methods_that_refer_to_a_message_are_checked() {
    let world = hosting();
    registered(&world, described(PATIENT, &patient()));
    let spec =
        MethodSpec { input_schema: Some(refer(PATIENT)), ..method("m", |call, _| reply(call, b"done")) };
    let definition = ServiceDefinition { service_id: "wards".into(), ..Default::default() };
    world.server.register(ServiceSpec { definition, methods: vec![spec] }).expect("hosted");
    let call = |body: &[u8]| {
        let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(body) };
        world.bind("wards", "m").call(&request, &CallOptions::default()).map(drop)
    };
    assert_eq!(call(b"\x0a\x02P1\x20\x02"), Ok(()));
    let error = call(b"\x0a\x02P1\x20\x09").expect_err("an enum has no such value");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("$.gender: "), "{error}");
}

#[test]
fn a_new_version_of_a_message_must_stay_compatible() {
    let world = hosting();
    let message = |fields: &str| of_text(&format!("syntax = 'proto3'; message A {{ {fields} }}"));
    let mut first = described("A", &message("string name = 1;"));
    first.metadata.insert("hms.compatibility".to_owned(), "FULL".to_owned());
    registered(&world, first);
    let refusal = register(&world, described("A", &message("string name = 2;"))).error_message;
    assert!(
        refusal.starts_with("FAILED_PRECONDITION (9): schema 'A' must stay compatible (FULL)"),
        "{refusal}"
    );
    assert!(refusal.contains("$.name: hms.protobuf.number was 1, is 2"), "{refusal}");
    registered(&world, described("A", &message("string name = 1; int32 age = 2;")));
    assert_eq!(version(&world, "A"), "2");
}

#[test]
fn what_is_no_set_of_the_message_is_refused() {
    let world = hosting();
    let two = of_text("syntax = 'proto3'; message A {} message B {}");
    let damaged = |label: &str| {
        let mut schema = described("A", b"");
        schema.metadata.insert("hms.protobuf.descriptors".to_owned(), label.to_owned());
        schema
    };
    let with_format = Schema { format: "int32".into(), ..described("A", &two) };
    for (schema, told) in [
        (described("C", &two), "NOT_FOUND (5): the set has no message 'C'"),
        (described("", &two), "INVALID_ARGUMENT (3): the set has several messages: name one of A, B"),
        (damaged("ö"), "INVALID_ARGUMENT (3): hms.protobuf.descriptors are not standard base64: "),
        (damaged("CgU="), "INVALID_ARGUMENT (3): the bytes are no FileDescriptorSet: "),
        (
            with_format,
            "INVALID_ARGUMENT (3): schema 'A' has hms.protobuf.descriptors, which say what it takes: ",
        ),
    ] {
        let refusal = register(&world, schema).error_message;
        assert!(refusal.starts_with(told), "{refusal}");
    }
}

#[test]
fn data_in_protobuf_are_validated_where_the_label_says_so() {
    let world = hosting();
    registered(&world, described(PATIENT, &patient()));
    let validate = |mut schema: Schema, data: &[u8]| {
        schema.metadata.insert("hms.encoding".to_owned(), "application/protobuf".to_owned());
        let request = ValidateSchemaRequest { schema: Some(schema), data: data.into() };
        let answer: ValidateSchemaResponse =
            ask(&world, SCHEMAS, "ValidateSchema", &request).expect("answer");
        answer.errors.into_iter().map(|error| error.path).collect::<Vec<_>>()
    };
    assert_eq!(validate(refer(PATIENT), b"\x0a\x02P1\x20\x02"), [""; 0]);
    assert_eq!(validate(refer(PATIENT), b"\x0a\x02P1\x20\x09"), ["$.gender"]);
    // Examples of the schema are what they were.
    let with_example = Schema { examples: vec![br#"{"id": "P1"}"#.into()], ..got(&world, PATIENT) };
    assert_eq!(validate(with_example, b"\x0a\x02P1\x20\x09"), ["$.gender"]);
}
