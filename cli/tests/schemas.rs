//! Schemas from the command line: forms, registration, validation, differences.

mod support;

use std::fs;
use std::path::Path;

use prost::Message;
use serde_json::{Value, json};
use support::{Domain, Done, HMS};

const PERSON: &str = r#"{"$id": "person", "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}"#;
const STRICTER: &str = r#"{"$id": "person", "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}"#;

fn put(domain: &Domain, name: &str, text: &str) -> String {
    let path = domain.folder.path().join(name);
    fs::create_dir_all(path.parent().expect("folder")).expect("folder");
    fs::write(&path, text).expect("file");
    path.display().to_string()
}

/// `hms` with a file that keeps schemas.
fn keeping(domain: &Domain, arguments: &[&str]) -> Done {
    let file = domain.folder.path().join("kept");
    Done::from(domain.command(HMS).env("HMSFFI_SCHEMAS", file).args(arguments).output().expect("hms runs"))
}

#[test]
fn json_schema_is_imported_and_exported() {
    let domain = Domain::new();
    let file = put(&domain, "person.schema.json", PERSON);
    let imported = domain.hms(&["schema", "import", &file]).json();
    assert_eq!((&imported["schema_id"], &imported["type"]), (&json!("person"), &json!("OBJECT")));
    assert_eq!(
        imported["fields"][1],
        json!({"name": "name", "required": true, "schema": {"type": "STRING"}})
    );
    let own = put(&domain, "person.json", &imported.to_string());
    let mut exported = domain.hms(&["schema", "export", &own]).json();
    assert_eq!(exported["$schema"].take(), "https://json-schema.org/draft/2020-12/schema");
    exported.as_object_mut().expect("object").remove("$schema");
    assert_eq!(exported, serde_json::from_str::<Value>(PERSON).expect("JSON"));
}

#[test]
fn what_is_lost_is_told_and_fails_when_asked_to() {
    let domain = Domain::new();
    let text = r#"{"type": "object", "properties": {"a": {"not": {}}}}"#;
    let done = domain.hms_with(text.as_bytes(), &["schema", "import", "-"]);
    assert_eq!(
        (done.code, done.err.trim()),
        (Some(0), "hms: lost: /properties/a: not: there is no negation")
    );
    assert_eq!(domain.hms_with(text.as_bytes(), &["schema", "import", "-", "--strict"]).code, Some(1));
    assert!(
        domain.hms_with(b"{", &["schema", "import", "-"]).failed(1).contains("the JSON schema is not JSON")
    );
}

#[test]
fn what_is_registered_outlives_the_command() {
    let domain = Domain::new();
    let person = put(&domain, "person.json", PERSON);
    assert_eq!(keeping(&domain, &["schema", "register", &person]).ok().trim(), "person@1");
    assert_eq!(keeping(&domain, &["schema", "register", &person]).ok().trim(), "person@1");
    let shown = keeping(&domain, &["schema", "show", "person"]).json();
    assert_eq!(shown["metadata"]["hms.schema_version"], "1");
    let exported = keeping(&domain, &["schema", "export", "person", "--strict"]).json();
    assert_eq!(exported["$id"], "person");
    let stricter = put(&domain, "stricter.json", STRICTER);
    let refused = keeping(&domain, &["schema", "register", &stricter]);
    let text = "FAILED_PRECONDITION (9): schema 'person' must stay compatible (BACKWARD) with its version 1, and is not: $.age: \
                required was optional, is required (writers must move first)";
    assert!(refused.failed(1).starts_with(text), "{refused:?}");
    let other = ["schema", "register", &stricter, "--id", "other", "--compatibility", "NONE", "--json"];
    assert_eq!(keeping(&domain, &other).json(), json!({"schema_id": "other", "version": "1"}));
    assert!(domain.hms(&["schema", "register", &person]).failed(2).contains("set HMSFFI_SCHEMAS"));
    assert!(
        keeping(&domain, &["schema", "show", "nobody"])
            .failed(1)
            .starts_with("NOT_FOUND (5): no schema 'nobody'")
    );
}

#[test]
fn data_are_validated_with_a_file_or_a_registered_schema() {
    let domain = Domain::new();
    let person = put(&domain, "person.json", PERSON);
    keeping(&domain, &["schema", "register", &person]).ok();
    for schema in [&*person, "person@1"] {
        let good = put(&domain, "good.json", r#"{"name": "Ada"}"#);
        assert_eq!(keeping(&domain, &["schema", "validate", schema, &good]).ok(), "");
        let bad = put(&domain, "bad.json", r#"{"age": "x"}"#);
        let done = keeping(&domain, &["schema", "validate", schema, &bad]);
        assert_eq!(done.code, Some(1));
        assert!(done.out.contains("$.age: ") && done.out.contains("$.name: required"), "{done:?}");
        let done = keeping(&domain, &["schema", "validate", schema, &bad, "--json"]);
        assert_eq!(done.code, Some(1));
        let told: Value = serde_json::from_str(&done.out).expect("JSON");
        assert_eq!((&told["valid"], &told["errors"][0]["path"]), (&json!(false), &json!("$.age")));
    }
    let text = put(&domain, "text", "Ada");
    assert!(keeping(&domain, &["schema", "validate", &person, &text]).failed(1).contains("is not JSON"));
    let cbor = domain.folder.path().join("cbor");
    fs::write(&cbor, b"\xa1\x64name\x61x").expect("file");
    let arguments = ["schema", "validate", &person, cbor.to_str().expect("path"), "--from", "cbor"];
    assert_eq!(keeping(&domain, &arguments).ok(), "");
}

#[test]
fn differences_are_told_and_decide_the_exit_code() {
    let domain = Domain::new();
    let (old, new) = (put(&domain, "old.json", PERSON), put(&domain, "new.json", STRICTER));
    let told = "$.age: required was optional, is required (writers must move first)";
    let done = domain.hms(&["diff", &old, &new]);
    assert_eq!((done.code, done.out.trim()), (Some(1), &*format!("breaks  {told}")));
    let done = domain.hms(&["diff", &old, &new, "--compatibility", "FORWARD"]);
    assert_eq!((done.code, done.out.trim()), (Some(0), &*format!("ok      {told}")));
    assert_eq!(domain.hms(&["diff", &new, &old]).code, Some(0));
    let json = domain.hms(&["diff", &new, &old, "--json"]).json();
    assert_eq!(
        (&json["compatible"], &json["differences"][0]["moves_first"]),
        (&json!(true), &json!("reader"))
    );
    assert_eq!(domain.hms(&["diff", &old, &old]).ok(), "");
    assert!(domain.hms(&["diff", &old, "./nowhere.json"]).failed(1).contains("nowhere.json cannot be read"));
    assert_eq!(domain.hms(&["diff", &old]).code, Some(2));
    assert_eq!(domain.hms(&["diff", &old, &new, "--compatibility", "STRICT"]).code, Some(2));
    keeping(&domain, &["schema", "register", &old]).ok();
    assert_eq!(keeping(&domain, &["diff", "person@1", &new]).code, Some(1));
}

#[test]
fn folders_are_compared_file_by_file() {
    let domain = Domain::new();
    for (folder, schemas) in
        [("main", [("a", PERSON), ("gone", "{}")]), ("branch", [("a", STRICTER), ("come", "{}")])]
    {
        for (name, text) in schemas {
            put(&domain, &Path::new(folder).join(format!("{name}.json")).display().to_string(), text);
        }
    }
    let done = domain.hms(&["diff", "./main", "./branch"]);
    assert_eq!(done.code, Some(1));
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(
        lines,
        [
            "breaks  a.json: $.age: required was optional, is required (writers must move first)",
            "ok      come.json: $: schema was absent, is there",
            "breaks  gone.json: $: schema was there, is absent (readers and writers must move at once)",
        ]
    );
    assert_eq!(domain.hms(&["diff", "./main", "./branch/a.json"]).code, Some(2));
}

const PATIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/proto");

/// The descriptors of the patient record, as protoc writes them; the schema of it in a file.
fn patient(domain: &Domain) -> String {
    let set = protox::compile(["hms/healthcare/v1/patient_record.proto"], [PATIENTS]).expect("descriptors");
    let file = domain.folder.path().join("patients.binpb");
    fs::write(&file, set.encode_to_vec()).expect("file");
    let imported = domain.hms(&["schema", "import", file.to_str().expect("path")]);
    put(domain, "patient.json", imported.ok())
}

#[test]
fn descriptors_of_protobuf_are_imported() {
    let domain = Domain::new();
    patient(&domain);
    let import = |message: &str| domain.hms(&["schema", "import", "patients.binpb", "--message", message]);
    let contact = import("hms.healthcare.v1.ContactInfo").json();
    assert_eq!(contact["fields"][1]["schema"]["metadata"]["hms.protobuf.number"], "2");
    let least = domain.folder.path().join("a.proto");
    fs::write(&least, "syntax = 'proto3'; message A {}").expect("file");
    let set = protox::compile([&least], [domain.folder.path()]).expect("descriptors").encode_to_vec();
    assert_eq!(domain.hms_with(&set, &["schema", "import", "-"]).json()["schema_id"], "A");
    assert!(import("hms.Nobody").failed(1).starts_with("NOT_FOUND (5): the set has no message 'hms.Nobody'"));
}

#[test]
fn messages_of_a_descriptor_set_are_registered_under_their_names() {
    let domain = Domain::new();
    patient(&domain);
    let register = |arguments: &[&str]| {
        keeping(&domain, &[&["schema", "register", "patients.binpb"][..], arguments].concat())
    };
    let record = "hms.healthcare.v1.PatientRecord";
    assert_eq!(register(&[]).ok(), "hms.healthcare.v1.ContactInfo@1\nhms.healthcare.v1.PatientRecord@1\n");
    assert_eq!(
        register(&["--message", record, "--json"]).json(),
        json!([{"schema_id": record, "version": "1"}])
    );
    assert!(register(&["--id", "a"]).failed(2).contains("under its own name"));
    let show = |id: &str| keeping(&domain, &["schema", "show", id]).json();
    assert_eq!(show(record)["fields"][4]["schema"]["items"]["schema_id"], "hms.healthcare.v1.ContactInfo");
    let exported = keeping(&domain, &["schema", "export", record]);
    let exported: Value = serde_json::from_str(&exported.out).expect("JSON");
    assert_eq!(exported["properties"]["age"]["type"], "integer");
    // PatientRecord(id="P1", gender=FEMALE), and one whose gender nobody knows.
    let path = |name: &str, bytes: &[u8]| {
        let path = domain.folder.path().join(name);
        fs::write(&path, bytes).expect("file");
        path.display().to_string()
    };
    let (good, bad) = (path("good", b"\x0a\x02P1\x20\x02"), path("bad", b"\x0a\x02P1\x20\x09"));
    let validate = |data: &str| keeping(&domain, &["schema", "validate", record, "--from", "protobuf", data]);
    assert_eq!(validate(&good).ok(), "");
    let done = validate(&bad);
    assert_eq!((done.code, done.out.starts_with("$.gender: ")), (Some(1), true), "{done:?}");
    let convert =
        ["schema", "convert", "--schema", record, "--from", "protobuf", "--to", "json", good.as_str()];
    assert_eq!(keeping(&domain, &convert).json()["gender"], "FEMALE");
    // A message with another number for one of its fields.
    let changed = "syntax = 'proto3'; package hms.healthcare.v1; message ContactInfo { string type = 3; string value = 2; }";
    fs::write(domain.folder.path().join("changed.proto"), changed).expect("file");
    let set = protox::compile(["changed.proto"], [domain.folder.path()]).expect("descriptors");
    path("changed.binpb", &set.encode_to_vec());
    let refused = keeping(&domain, &["schema", "register", "changed.binpb"]);
    assert!(refused.failed(1).contains("$.type: hms.protobuf.number was 1, is 3"), "{refused:?}");
}

#[test]
fn data_are_converted_as_their_schema_tells() {
    let domain = Domain::new();
    let schema = patient(&domain);
    let convert = |from: &str, to: &str, data: &[u8]| {
        domain.hms_with(data, &["schema", "convert", "--schema", &schema, "--from", from, "--to", to, "-"])
    };
    // What Python's protobuf wrote of PatientRecord(id="P1", age=36, gender=FEMALE, attributes={"a": "b"}).
    let message = b"\x0a\x02P1\x18\x24\x20\x02\x32\x06\x0a\x01a\x12\x01b";
    let done = convert("protobuf", "json", message);
    let expected = r#"{"id":"P1","name":"","age":36,"gender":"FEMALE","contacts":[],"attributes":{"a":"b"}}"#;
    assert_eq!((done.code, &*done.out), (Some(0), expected), "{done:?}");
    let done = convert("json", "protobuf", expected.as_bytes());
    assert_eq!((done.code, done.out.as_bytes()), (Some(0), &message[..]));
    let done = convert("json", "protobuf", br#"{"age": "old", "contacts": [{"type": 1}]}"#);
    assert_eq!(
        (done.code, &*done.err),
        (Some(1), "$.age: needs INTEGER, found text \"old\"\n$.contacts[0].type: needs STRING, found 1\n")
    );
    let done = convert("json", "protobuf", br#"{"id": "P1", "extra": 1}"#);
    assert_eq!((done.code, &*done.err), (Some(0), "hms: lost: $.extra: the schema has no such field\n"));
    assert_eq!(convert("json", "xml", b"").code, Some(2));
    let nowhere = ["schema", "convert", "--schema", &schema, "--from", "json", "--to", "cbor", "./nowhere"];
    assert!(domain.hms(&nowhere).failed(2).contains("nowhere cannot be read"));
}
