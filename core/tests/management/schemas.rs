//! RegisterSchema, GetSchema, ListSchemas and ValidateSchema.

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{
    Field, GetSchemaRequest, GetSchemaResponse, ListSchemasRequest, ListSchemasResponse,
    RegisterSchemaRequest, RegisterSchemaResponse, Schema, SchemaType, ServiceDefinition,
    ValidateSchemaRequest, ValidateSchemaResponse,
};
use hmsffi_core::schema::jsonschema;
use hmsffi_core::service::{MethodSpec, ServiceSpec};

use super::{ENCODINGS, Message, SCHEMAS, ask, ask_in, hosting, told_code};
use crate::support::{World, method, reply};

/// The schema that a JSON schema means, under an id.
pub fn schema(id: &str, text: &str) -> Schema {
    let imported = jsonschema::import_text(text).expect(text);
    assert_eq!(imported.losses, []);
    Schema { schema_id: id.into(), ..imported.schema }
}

pub fn labelled(schema: Schema, key: &str, value: &str) -> Schema {
    let mut schema = schema;
    schema.metadata.insert(key.into(), value.into());
    schema
}

pub fn refer(id: &str) -> Schema {
    Schema { r#type: SchemaType::Ref.into(), r#ref: id.into(), ..Default::default() }
}

fn register(world: &World, schema: Schema) -> RegisterSchemaResponse {
    let request = RegisterSchemaRequest { schema: Some(schema) };
    ask(world, SCHEMAS, "RegisterSchema", &request).expect("answer")
}

pub fn registered(world: &World, schema: Schema) -> String {
    let answer = register(world, schema);
    assert!(answer.success && answer.error_message.is_empty(), "{}", answer.error_message);
    answer.schema_id
}

fn refused(world: &World, schema: Schema) -> String {
    let answer = register(world, schema);
    assert!(!answer.success && answer.schema_id.is_empty());
    answer.error_message
}

pub fn get(world: &World, id: &str, resolve_refs: bool) -> GetSchemaResponse {
    let request = GetSchemaRequest { schema_id: id.into(), resolve_refs };
    ask(world, SCHEMAS, "GetSchema", &request).expect("answer")
}

fn version(world: &World, id: &str) -> String {
    get(world, id, false).schema.expect("schema").metadata["hms.schema_version"].clone()
}

fn ids(world: &World, request: ListSchemasRequest) -> (Vec<String>, String) {
    let answer: ListSchemasResponse = ask(world, SCHEMAS, "ListSchemas", &request).expect("answer");
    (answer.schemas.into_iter().map(|schema| schema.schema_id).collect(), answer.next_page_token)
}

fn validate(world: &World, schema: Schema, data: &[u8]) -> Vec<(String, String)> {
    let request = ValidateSchemaRequest { schema: Some(schema), data: data.into() };
    let answer: ValidateSchemaResponse = ask(world, SCHEMAS, "ValidateSchema", &request).expect("answer");
    assert_eq!(answer.valid, answer.errors.is_empty());
    answer.errors.into_iter().map(|error| (error.path, error.code)).collect()
}

pub const PERSON: &str = r#"{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}"#;
const STRICTER: &str = r#"{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}"#;
const LOOSER: &str =
    r#"{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "number"}}}"#;

#[test]
fn a_registered_schema_is_got_with_its_version() {
    let world = hosting();
    assert_eq!(registered(&world, schema("person", PERSON)), "person");
    let got = get(&world, "person", false).schema.expect("schema");
    assert_eq!(got, labelled(schema("person", PERSON), "hms.schema_version", "1"));
    // As it came from there it is the version that it was.
    assert_eq!(registered(&world, got), "person");
    assert_eq!(version(&world, "person"), "1");
}

#[test]
fn a_schema_without_id_is_given_one() {
    let world = hosting();
    let first = registered(&world, schema("", PERSON));
    let second = registered(&world, schema("", PERSON));
    assert!(
        first.starts_with("schema-") && second.starts_with("schema-") && first != second,
        "{first} {second}"
    );
    assert_eq!(get(&world, &first, false).schema.expect("schema").schema_id, first);
}

#[test]
fn each_change_is_a_version_and_each_version_stays() {
    let world = hosting();
    registered(&world, schema("person", PERSON));
    registered(&world, schema("person", LOOSER));
    assert_eq!((version(&world, "person"), version(&world, "person@1")), ("2".into(), "1".into()));
    assert_eq!(get(&world, "person@1", false).schema.expect("first").fields[1].name, "name");
    // Whoever still has the first one registers nothing new.
    registered(&world, schema("person", PERSON));
    assert_eq!(version(&world, "person"), "2");
    assert_eq!(
        get(&world, "person@3", false).error_message,
        "NOT_FOUND (5): schema 'person' has no version 3. Its versions are 1 to 2"
    );
}

#[test]
fn what_breaks_is_refused_with_each_field_and_who_must_move_first() {
    let world = hosting();
    registered(&world, schema("person", PERSON));
    assert_eq!(
        refused(&world, schema("person", STRICTER)),
        "FAILED_PRECONDITION (9): schema 'person' must stay compatible (BACKWARD) with its version 1, and is not: \
         $.age: required was optional, is required (writers must move first). Keep what is there and add to it, or register it \
         under another id"
    );
    assert_eq!(version(&world, "person"), "1", "nothing was left behind");
}

#[test]
fn the_mode_of_the_last_version_is_asked_of_the_next() {
    let world = hosting();
    let mode = |text: &str, mode: &str| labelled(schema(mode, text), "hms.compatibility", mode);
    for (first, next, is_taken) in [
        ("NONE", STRICTER, true),
        ("BACKWARD", LOOSER, true),
        ("BACKWARD_TRANSITIVE", STRICTER, false),
        ("FORWARD", STRICTER, true),
        ("FORWARD_TRANSITIVE", LOOSER, false),
        ("FULL", LOOSER, false),
        ("FULL_TRANSITIVE", STRICTER, false),
    ] {
        registered(&world, mode(PERSON, first));
        // What the next one says of itself does not count for it.
        let answer = register(&world, labelled(schema(first, next), "hms.compatibility", "NONE"));
        assert_eq!(answer.success, is_taken, "{first}: {}", answer.error_message);
    }
    let refusal = refused(&world, labelled(schema("other", PERSON), "hms.compatibility", "STRICT"));
    assert!(
        refusal.starts_with("INVALID_ARGUMENT (3): there is no compatibility mode 'STRICT'. Modes: "),
        "{refusal}"
    );
}

#[test]
fn transitive_modes_look_at_all_versions() {
    let world = hosting();
    let number = |maximum: i32, mode: &str| {
        labelled(
            schema(mode, &format!(r#"{{"type": "integer", "maximum": {maximum}}}"#)),
            "hms.compatibility",
            mode,
        )
    };
    for (mode, is_taken) in [("BACKWARD", true), ("BACKWARD_TRANSITIVE", false)] {
        // A version that breaks the first one, under no mode.
        registered(&world, labelled(number(9, mode), "hms.compatibility", "NONE"));
        registered(&world, number(5, mode));
        let answer = register(&world, number(7, mode));
        assert_eq!(answer.success, is_taken, "{mode}");
        let with_first = "with its version 1, and is not: $: maximum was 9, is 7 (writers must move first)";
        assert_eq!(answer.error_message.contains(with_first), !is_taken, "{}", answer.error_message);
    }
}

#[test]
fn what_is_no_schema_is_refused_with_each_place() {
    let world = hosting();
    let broken = Schema {
        fields: vec![
            Field { name: "a".into(), schema: Some(refer("nothing")), ..Default::default() },
            Field {
                name: "b".into(),
                schema: Some(Schema { r#type: 99, ..Default::default() }),
                ..Default::default()
            },
        ],
        ..schema("broken", r#"{"type": "object"}"#)
    };
    let refusal = refused(&world, broken);
    assert!(
        refusal.starts_with("INVALID_ARGUMENT (3): schema 'broken': $.a: there is no schema 'nothing'"),
        "{refusal}"
    );
    assert!(refusal.contains("$.b: there is no type 99"), "{refusal}");
    for (bad, text) in [
        (schema("a@1", PERSON), "INVALID_ARGUMENT (3): schema id 'a@1' contains '@', which begins a version"),
        (
            labelled(schema("a", PERSON), "hms.owner", "x"),
            "INVALID_ARGUMENT (3): schema 'a' has metadata 'hms.owner'. Keys that start with 'hms.' are the library's: choose another",
        ),
    ] {
        assert_eq!(refused(&world, bad), text);
    }
    assert_eq!(ids(&world, ListSchemasRequest::default()).0, [""; 0]);
}

#[test]
fn a_union_with_a_discriminator_is_registered() {
    let world = hosting();
    let kind = |kind: &str| {
        schema(
            "",
            &format!(
                r#"{{"type": "object", "properties": {{"kind": {{"const": "{kind}"}}}}, "required": ["kind"]}}"#
            ),
        )
    };
    let pet = Schema {
        r#type: SchemaType::Union.into(),
        one_of: vec![kind("cat"), kind("dog")],
        ..schema("pet", "{}")
    };
    registered(&world, labelled(pet, "hms.discriminator", "kind"));
    let wrong = [("$.kind".to_owned(), "union".to_owned())];
    assert_eq!(validate(&world, refer("pet"), br#"{"kind": "cow"}"#), wrong);
}

#[test]
fn schemas_are_listed_by_pattern_type_and_page() {
    let world = hosting();
    for (id, text) in
        [("a.one", "{}"), ("a.two", PERSON), ("b.one", PERSON), ("b.two", r#"{"type": "null"}"#)]
    {
        registered(&world, schema(id, text));
    }
    registered(&world, schema("a.two", LOOSER));
    let all = ids(&world, ListSchemasRequest::default());
    assert_eq!(all, (["a.one", "a.two", "b.one", "b.two"].map(str::to_owned).to_vec(), String::new()));
    let some = |name_pattern: &str, kind: SchemaType| {
        let name_pattern = name_pattern.into();
        ids(&world, ListSchemasRequest { name_pattern, r#type: kind.into(), ..Default::default() }).0
    };
    assert_eq!(some("a.*", SchemaType::Unspecified), ["a.one", "a.two"]);
    assert_eq!(some("", SchemaType::Object), ["a.two", "b.one"]);
    assert_eq!(some("b.*", SchemaType::Null), ["b.two"]);
    let mut paged = Vec::new();
    let mut page_token = String::new();
    loop {
        let (page, next) = ids(&world, ListSchemasRequest { limit: 3, page_token, ..Default::default() });
        assert!(page.len() <= 3);
        paged.extend(page);
        page_token = next;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.0);
    for (bad, text) in [
        (ListSchemasRequest { limit: -1, ..Default::default() }, "limit is -1"),
        (
            ListSchemasRequest { name_pattern: "[".into(), ..Default::default() },
            "name_pattern '[' is not a glob",
        ),
        (ListSchemasRequest { r#type: 99, ..Default::default() }, "there is no schema type 99"),
    ] {
        let error = ask::<_, ListSchemasResponse>(&world, SCHEMAS, "ListSchemas", &bad).expect_err(text);
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn data_is_validated_with_a_schema_or_with_one_that_is_registered() {
    let world = hosting();
    registered(&world, schema("person", PERSON));
    let person = || schema("", PERSON);
    assert_eq!(validate(&world, person(), br#"{"name": "Ada"}"#), []);
    let wrong = [("$.age".to_owned(), "type".to_owned()), ("$.name".to_owned(), "required".to_owned())];
    assert_eq!(validate(&world, person(), br#"{"age": "x"}"#), wrong);
    assert_eq!(validate(&world, refer("person"), br#"{"age": "x"}"#), wrong);
    // {"age": "x"} in CBOR.
    assert_eq!(validate(&world, refer("person"), b"\xa1\x63age\x61x"), wrong);
    assert_eq!(validate(&world, refer("person@1"), b"\xa1\x64name\x61x"), []);
    // What is JSON is not CBOR, unless that is said: the number 0x61.
    let text = schema("", r#"{"type": "string"}"#);
    assert_eq!(validate(&world, labelled(text, "hms.encoding", "application/cbor"), b"a7"), []);
    for (schema, text) in [
        (Some(labelled(person(), "hms.encoding", "text/plain")), "data may be application/protobuf, too"),
        (None, "schema is missing"),
        (Some(refer("nobody")), "there is no schema 'nobody'"),
    ] {
        let request = ValidateSchemaRequest { schema, data: Vec::new() };
        let error =
            ask::<_, ValidateSchemaResponse>(&world, SCHEMAS, "ValidateSchema", &request).expect_err(text);
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn refusals_are_told_within_the_answer_in_each_encoding() {
    let world = hosting();
    registered(&world, schema("person", PERSON));
    for encoding in ENCODINGS {
        let request = RegisterSchemaRequest { schema: Some(schema("person", STRICTER)) };
        let answer = ask_in(&world, encoding, SCHEMAS, "RegisterSchema", &request).expect("answer");
        assert_eq!(told_code(&answer), Some("9"));
        assert!(!RegisterSchemaResponse::read(encoding, answer.body.as_slice()).success);
        let request = GetSchemaRequest { schema_id: "persn".into(), resolve_refs: false };
        let answer = ask_in(&world, encoding, SCHEMAS, "GetSchema", &request).expect("answer");
        assert_eq!(told_code(&answer), Some("5"));
        let answer = GetSchemaResponse::read(encoding, answer.body.as_slice());
        assert_eq!(answer.error_message, "NOT_FOUND (5): no schema 'persn'. Did you mean 'person'?");
        assert!(answer.schema.is_none());
    }
}

#[test]
fn registering_at_once_gives_each_change_a_version_of_its_own() {
    let world = hosting();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for index in 0..8 {
                    let title = format!(r#"{{"type": "integer", "title": "{thread} {index}"}}"#);
                    let request = RegisterSchemaRequest { schema: Some(schema("shared", &title)) };
                    let body = request.written(Encoding::Protobuf);
                    let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(&body) };
                    world
                        .bind(SCHEMAS, "RegisterSchema")
                        .call(&request, &CallOptions::default())
                        .expect("answer");
                }
            });
        }
    });
    assert_eq!(version(&world, "shared"), "32");
    let titles: std::collections::HashSet<String> = (1..=32)
        .map(|number| {
            get(&world, &format!("shared@{number}"), false).schema.expect("version").metadata["title"].clone()
        })
        .collect();
    assert_eq!(titles.len(), 32);
}

#[test]
fn methods_refer_to_registered_schemas() {
    let world = hosting();
    let referring = |service: &str, id: &str| {
        let spec =
            MethodSpec { input_schema: Some(refer(id)), ..method("m", |call, _| reply(call, b"done")) };
        let definition = ServiceDefinition { service_id: service.into(), ..Default::default() };
        world.server.register(ServiceSpec { definition, methods: vec![spec] })
    };
    let error = referring("early", "person").err().expect("not registered yet");
    assert!(error.message().contains("there is no schema 'person'"), "{error}");
    registered(&world, schema("person", PERSON));
    registered(&world, schema("person", LOOSER));
    referring("latest", "person").expect("hosted");
    referring("first", "person@1").expect("hosted");
    let call = |service: &str, body: &[u8]| {
        let request = Request { encoding: Encoding::Json, ..Request::bytes(body) };
        world.bind(service, "m").call(&request, &CallOptions::default()).map(drop)
    };
    assert_eq!(call("latest", b"{}"), Ok(()));
    let error = call("first", b"{}").expect_err("a name is missing");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().contains("$.name: required"), "{error}");
}
