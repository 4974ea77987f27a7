//! Schemas of the messages that descriptors describe, beside another implementation of Protobuf.

use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::{Compiled, exchange, schema_of};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};

use crate::{in_json, in_protobuf, told};

const FOLDERS: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/protobuf"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/proto"),
];
const PATIENT: &str = "hms/healthcare/v1/patient_record.proto";

fn descriptors(file: &str) -> Vec<u8> {
    protox::compile([file], FOLDERS).expect("descriptors").encode_to_vec()
}

fn of_text(text: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("a.proto"), text).expect("file");
    protox::compile(["a.proto"], [folder.path()]).expect("descriptors").encode_to_vec()
}

/// A message of the file's, as its schema and as the other implementation has it.
fn both(file: &str, name: &str) -> (Compiled, impl Fn(&Value) -> DynamicMessage) {
    let set = descriptors(file);
    let compiled = Compiled::new(&schema_of(&set, name).expect("schema"), &()).expect("compiled");
    let message = DescriptorPool::decode(&set[..]).expect("pool").get_message_by_name(name).expect("message");
    (compiled, move |json| DynamicMessage::deserialize(message.clone(), json).expect("message"))
}

#[test]
fn the_record_of_the_specification_has_the_bytes_that_others_write() {
    let (compiled, stock) = both(PATIENT, "hms.healthcare.v1.PatientRecord");
    let full = json!({
        "id": "P1", "name": "Ада 🩺", "age": 36, "gender": "FEMALE",
        "contacts": [{"type": "mail", "value": "ada@example.org"}, {"type": "", "value": ""}],
        "attributes": {"blood": "0"}
    });
    let plain = json!({"id": "", "name": "", "age": 0, "gender": "GENDER_UNSPECIFIED", "contacts": [], "attributes": {}});
    for record in [full, plain] {
        let bytes = stock(&record).encode_to_vec();
        assert_eq!(in_protobuf(&compiled, &record), bytes, "{record}");
        assert_eq!(in_json(&compiled, &bytes), record);
        assert_eq!(told(&compiled, &bytes), [""; 0]);
    }
    assert_eq!(in_protobuf(&compiled, &json!({"age": -1})), stock(&json!({"age": -1})).encode_to_vec());
}

#[test]
fn each_kind_of_field_has_the_bytes_that_others_write() {
    let (compiled, stock) = both("kinds.proto", "hmsffi.test.Kinds");
    for value in [
        json!({"double_value": 1.5, "float_value": 0.5, "int32_value": i32::MIN, "int64_value": i64::MIN}),
        json!({"uint32_value": u32::MAX, "uint64_value": u64::MAX, "sint32_value": i32::MIN, "sint64_value": i64::MIN}),
        json!({"sint32_value": i32::MAX, "sint64_value": -1, "fixed32_value": u32::MAX, "fixed64_value": u64::MAX}),
        json!({"sfixed32_value": -2, "sfixed64_value": i64::MIN, "bool_value": true, "string_value": "ä"}),
        json!({"bytes_value": "AP8=", "enum_value": "RED", "message_value": {}}),
        json!({"enum_value": "BELOW", "message_value": {"name": "a", "number": -1, "inner": {"inner": {}}}}),
        json!({"optional_int32": 0, "optional_string": "", "optional_enum": "NONE", "optional_bool": false}),
        json!({"int32_list": [1, 0, -1], "double_list": [0.1, 1e300], "bool_list": [true, false]}),
        json!({"enum_list": ["RED", "NONE", "BELOW"], "string_list": ["", "b"], "bytes_list": ["", "AQ=="]}),
        json!({"message_list": [{"name": "", "number": 0}, {"name": "x", "number": 0}]}),
        json!({"string_map": {"a": 1}, "int64_map": {"-5": {"name": "y"}}, "bool_map": {"true": "t"}}),
        json!({"sint32_map": {"-7": "RED"}, "fixed64_map": {"18446744073709551615": "AQ=="}}),
        json!({"chosen_text": ""}),
        json!({"chosen_message": {"number": 1}}),
        json!({"chosen_number": 0}),
        json!({"at": "2013-03-21T20:04:00.500Z"}),
        json!({"child": {"child": {"int32_value": 1}}}),
    ] {
        let bytes = stock(&value).encode_to_vec();
        assert_eq!(in_protobuf(&compiled, &value), bytes, "{value}");
        // Back, with zeros and empty lists that only the schema knows: the same message.
        let back = in_json(&compiled, &bytes);
        assert_eq!(stock(&back).encode_to_vec(), bytes, "{back}");
        for (name, given) in value.as_object().expect("object").iter().filter(|(_, given)| !given.is_object())
        {
            let kept =
                back[name].as_str().is_some_and(|kept| kept.ends_with(":00.500Z")) || &back[name] == given;
            assert!(kept, "{name}: {given} came back as {}", back[name]);
        }
    }
}

#[test]
fn lists_that_are_not_packed_are_read_and_durations_are_iso_8601() {
    let (compiled, stock) = both("kinds.proto", "hmsffi.test.Kinds");
    let bytes = stock(&json!({"sint64_list": [1, -1], "lasting": "93600.5s"})).encode_to_vec();
    let back = in_json(&compiled, &bytes);
    assert_eq!((&back["sint64_list"], &back["lasting"]), (&json!([1, -1]), &json!("PT93600.5S")));
    let value = json!({"sint64_list": [1, -1], "lasting": "P1DT2H0.5S"});
    assert_eq!(in_json(&compiled, &in_protobuf(&compiled, &value)), back);
    let converted =
        compiled.convert(br#"{"lasting": "P1M"}"#, Encoding::Json, Encoding::Protobuf, Default::default());
    assert!(
        crate::lines(converted.expect_err("a month"))[0]
            .starts_with("$.lasting: \"P1M\" cannot be a Duration")
    );
}

#[test]
fn presence_is_what_the_file_says() {
    let (compiled, _) = both("kinds.proto", "hmsffi.test.Kinds");
    let back = in_json(&compiled, b"");
    assert_eq!(
        (&back["int32_value"], &back["enum_value"], &back["string_list"]),
        (&json!(0), &json!("NONE"), &json!([]))
    );
    for absent in ["optional_int32", "message_value", "chosen_text", "at", "child"] {
        assert!(back.get(absent).is_none(), "{absent}");
    }
    let set = of_text(
        "syntax = 'proto2'; message Old { optional int32 plain = 1; optional int32 seven = 2 [default = 7]; \
         optional string text = 3 [default = 'x']; required bool must = 4; }",
    );
    let old = Compiled::new(&schema_of(&set, "").expect("schema"), &()).expect("compiled");
    assert_eq!(in_json(&old, &crate::varint(4, 1)), json!({"seven": 7, "text": "x", "must": true}));
}

#[test]
fn a_message_is_found_by_its_name_or_by_being_the_only_one() {
    let set = descriptors(PATIENT);
    let schema = schema_of(&set, "").expect("schema");
    assert_eq!(schema.schema_id, "hms.healthcare.v1.PatientRecord");
    assert_eq!(schema_of(&set, ".hms.healthcare.v1.ContactInfo").expect("schema").fields.len(), 2);
    let refused = |set: &[u8], name| schema_of(set, name).expect_err("refused").message().to_owned();
    assert_eq!(
        refused(&set, "hms.healthcare.v1.PatientRecords"),
        "the set has no message 'hms.healthcare.v1.PatientRecords'. Did you mean 'hms.healthcare.v1.PatientRecord'?"
    );
    let two = of_text("syntax = 'proto3'; message A {} message B {}");
    assert_eq!(refused(&two, ""), "the set has several messages: name one of A, B");
    assert!(refused(b"\x0a\x05", "").starts_with("the bytes are no FileDescriptorSet: "));
    let json = exchange::describe(&set, "").expect("JSON");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let values = ["GENDER_UNSPECIFIED", "MALE", "FEMALE", "OTHER"].map(|value| json!({"value": value}));
    assert_eq!(
        json["fields"][3]["schema"],
        json!({"type": "ENUM", "enum_values": values,
            "metadata": {"hms.protobuf.number": "4", "hms.protobuf.numbers": "0,1,2,3"}})
    );
}

#[test]
fn what_is_not_read_is_refused() {
    let group = of_text("syntax = 'proto2'; message A { optional group G = 1 { optional int32 a = 1; } }");
    let error = schema_of(&group, "A").expect_err("a group");
    assert_eq!(error.message(), "field 'g' is a group; messages are read");
    let deep: String = (0..40).map(|n| format!("message M{n} {{ M{} a = 1; }} ", n + 1)).collect();
    let deep = of_text(&format!("syntax = 'proto3'; {deep} message M40 {{}}"));
    let error = schema_of(&deep, "M0").expect_err("too deep");
    assert_eq!(error.message(), "more than 32 messages inside each other at 'M32'");
    assert!(schema_of(&deep, "M10").is_ok());
}
