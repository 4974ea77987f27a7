//! The Protobuf files declare what the specification declares: no more, no less, with the same types and numbers.

#[path = "proto_matches_spec/descriptor.rs"]
mod descriptor;
#[path = "proto_matches_spec/text.rs"]
mod text;

use std::collections::BTreeSet;
use std::path::PathBuf;

use hmsffi_core::proto::FILE_DESCRIPTOR_SET;
use prost::Message;

use descriptor::FileSet;

const SPEC: &str = "../shared/spec/hms-ffi-api.md";
const EXAMPLE: &str = "examples/proto/hms/healthcare/v1/patient_record.proto";
const OURS: &str = "hms.ffi.v1";

fn file(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).ok()
}

/// The specification's blocks of a package; `None`, said aloud, where the specification is not at hand.
fn spec(package: &str) -> Option<BTreeSet<String>> {
    let Some(markdown) = file(SPEC) else {
        println!("{SPEC} is not here: nothing was compared with the specification");
        return None;
    };
    let package = format!("package {package};");
    Some(text::blocks(&markdown).filter(|block| block.contains(&package)).flat_map(text::facts).collect())
}

fn compiled() -> FileSet {
    FileSet::decode(FILE_DESCRIPTOR_SET).expect("our descriptors can be read")
}

/// What only one of the two declares.
fn differences(spec: &BTreeSet<String>, ours: &BTreeSet<String>) -> Vec<String> {
    let missing = spec.difference(ours).map(|fact| format!("only in the specification: {fact}"));
    let extra = ours.difference(spec).map(|fact| format!("only in our files: {fact}"));
    missing.chain(extra).collect()
}

#[test]
fn our_files_declare_what_the_specification_declares() {
    let Some(spec) = spec(OURS) else { return };
    let count = |kind: &str| spec.iter().filter(|fact| fact.starts_with(&format!("{OURS}: {kind} "))).count();
    assert_eq!(
        (count("message"), count("enum"), count("service")),
        (76, 9, 6),
        "the specification was not read"
    );
    assert_eq!(
        spec.iter().filter(|fact| fact.contains(": rpc ")).count(),
        29,
        "the specification was not read"
    );
    assert_eq!(differences(&spec, &descriptor::facts(&compiled())), Vec::<String>::new());
}

#[test]
fn the_example_declares_what_the_specification_declares() {
    let Some(spec) = spec("hms.healthcare.v1") else { return };
    let example = file(EXAMPLE).expect("the example is in the repository");
    assert_eq!(spec.len(), 15, "the specification was not read: {spec:?}");
    assert_eq!(differences(&spec, &text::facts(&example)), Vec::<String>::new());
}

#[test]
fn limits_and_default_values_tell_absence_from_zero_and_nothing_else_does() {
    let limits =
        ["length", "items", "properties"].map(|of| [format!("min_{of}"), format!("max_{of}")]).concat();
    let limits = limits.into_iter().chain(["minimum", "maximum", "multiple_of"].map(String::from));
    let mut expected: BTreeSet<String> = limits.map(|limit| format!("Constraints.{limit}")).collect();
    expected.extend(["Schema.default_value".to_owned(), "Field.default_value".to_owned()]);
    assert_eq!(descriptor::optional(&compiled()), expected);
}

/// Stands for the specification where there is none: our own files, read as text.
fn our_text() -> String {
    let names = [
        "service_definition",
        "service_registry",
        "service_client",
        "schema",
        "schema_registry",
        "transport",
        "security",
        "observability",
    ];
    let files = names.map(|name| file(&format!("proto/hms/ffi/v1/{name}.proto")).expect("our file is there"));
    files.map(|text| format!("```protobuf\n{text}```\n")).concat()
}

#[test]
fn the_comparison_sees_every_kind_of_difference() {
    let ours = descriptor::facts(&compiled());
    let compare =
        |markdown: &str| differences(&text::blocks(markdown).flat_map(text::facts).collect(), &ours);
    let unchanged = our_text();
    assert_eq!(compare(&unchanged), Vec::<String>::new());

    let mutations = [
        ("string display_name = 2;", "string display_name = 12;", "a field's number"),
        ("string display_name = 2;", "string displayed_name = 2;", "a field's name"),
        ("int64 timestamp = 3;", "int32 timestamp = 3;", "a field's type"),
        ("repeated MethodDefinition methods", "MethodDefinition methods", "a field's label"),
        ("map<string, string> metadata_filter", "map<string, bytes> metadata_filter", "a map's value"),
        ("CallStatus status = 1;", "ServiceStatus status = 1;", "a field's message or enum"),
        ("bool wait = 2;", "", "a field"),
        ("SERVER_STREAMING = 1;", "SERVER_STREAM = 1;", "an enum value's name"),
        ("TIMEOUT = 5;", "TIMEOUT = 6;", "an enum value's number"),
        ("message CancelCallRequest {", "message CancelRequest {", "a message"),
        ("enum LogLevel {", "enum Level {", "an enum"),
        ("service TransportManager {", "service Transports {", "a service"),
        ("returns (stream TraceData)", "returns (TraceData)", "a method's stream"),
        ("rpc Call(CallRequest) returns (CallResponse);", "", "a method"),
        ("package hms.ffi.v1;", "package hms.ffi.v2;", "the package"),
    ];
    for (from, to, what) in mutations {
        let mutated = unchanged.replacen(from, to, 1);
        assert_ne!(mutated, unchanged, "'{from}' is not in our files");
        assert_ne!(compare(&mutated), Vec::<String>::new(), "{what} differs and was not seen");
    }
    let named = unchanged.replacen("string display_name = 2;", "string display_name = 12;", 1);
    assert_eq!(
        compare(&named),
        [
            "only in the specification: hms.ffi.v1.ServiceDefinition: string display_name = 12",
            "only in our files: hms.ffi.v1.ServiceDefinition: string display_name = 2",
        ]
    );
}

#[test]
#[should_panic(expected = "not understood")]
fn a_statement_that_the_reader_does_not_know_is_not_passed_over() {
    text::facts("package p; message A { reserved 3; }");
}
