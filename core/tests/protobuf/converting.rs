//! Payloads in another encoding, as their schema tells what is meant.

use hmsffi_core::codec::Encoding;
use hmsffi_core::schema::{Converted, Layout, exchange};
use serde_json::json;

use crate::{bytes, compile, field, lines, object, of_type, required, varint};

fn kinds() -> hmsffi_core::schema::Compiled {
    compile(&object(&[
        field("data", 1, of_type("BINARY")),
        field("at", 2, of_type("DATETIME")),
        field("id", 3, of_type("UUID")),
        field("any", 4, json!({"type": "UNION", "one_of": [of_type("BINARY"), of_type("NULL")]})),
    ]))
}

#[test]
fn text_in_json_is_bytes_date_times_and_uuids_in_cbor() {
    let text = br#"{"data":"AQI=","at":"2013-03-21T20:04:00Z","id":"123e4567-e89b-12d3-a456-426614174000","any":"AQ=="}"#;
    let cbor = kinds().convert(text, Encoding::Json, Encoding::Cbor, Layout::Any).expect("CBOR").payload;
    let expected = b"\xa4\x64data\x42\x01\x02\x62at\xc0\x742013-03-21T20:04:00Z\x62id\xd8\x25\x50\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00\x63any\x41\x01";
    assert_eq!(cbor, expected);
    let back = kinds().convert(&cbor, Encoding::Cbor, Encoding::Json, Layout::Any).expect("JSON");
    assert_eq!(back, Converted { payload: text.to_vec(), losses: Vec::new() });
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let compiled =
        compile(&object(&[required("n", 1, of_type("INTEGER")), field("t", 2, of_type("STRING"))]));
    let convert = |text: &str, to| compiled.convert(text.as_bytes(), Encoding::Json, to, Layout::Any);
    let told = |text: &str| lines(convert(text, Encoding::Protobuf).expect_err("refused"));
    assert_eq!(told(r#"{"t": 1}"#), ["$.t: needs STRING, found 1 (type)", "$.n: required (required)"]);
    assert_eq!(told(r#"{"n": 18446744073709551615}"#), ["$.n: does not fit int64 (encoding)"]);
    let mut secret = json!({"type": "DURATION", "metadata": {"hms.sensitive": "true"}});
    secret["metadata"]["hms.protobuf.type"] = "google.protobuf.Duration".into();
    let secret = compile(&object(&[field("s", 1, secret)]));
    let told = secret
        .convert(br#"{"s": "P1M"}"#, Encoding::Json, Encoding::Protobuf, Layout::Any)
        .expect_err("refused");
    assert_eq!(lines(told), ["$.s: the value, which is not shown, has no form in Protobuf (encoding)"]);
    let bytes = convert(r#"{"n": 1}"#, Encoding::Bytes).expect_err("refused");
    assert_eq!(
        lines(bytes),
        ["$: only application/cbor, application/json and application/protobuf are converted (encoding)"]
    );
}

#[test]
fn keys_that_only_protobuf_takes_for_the_same_are_refused() {
    let keys =
        |kind: &str| json!({"type": "MAP", "key_schema": of_type(kind), "value_schema": of_type("STRING")});
    let compiled = compile(&object(&[field("m", 1, keys("INTEGER")), field("t", 2, keys("STRING"))]));
    let convert =
        |text: &str| compiled.convert(text.as_bytes(), Encoding::Json, Encoding::Protobuf, Layout::Any);
    let told = lines(convert(r#"{"m": {"1": "a", "2": "b", "01": "c"}}"#).expect_err("refused"));
    assert_eq!(told, [r#"$.m["01"]: another key is the same in Protobuf (encoding)"#]);
    convert(r#"{"m": {"1": "a", "2": "b"}, "t": {"1": "a", "01": "b"}}"#).expect("no key is there twice");
}

#[test]
fn what_the_schema_does_not_know_is_lost_and_told() {
    let compiled = compile(&object(&[field("in", 1, object(&[field("n", 1, of_type("INTEGER"))]))]));
    let converted = compiled
        .convert(
            br#"{"in": {"n": 1, "x": {"y": [2]}}, "z": 3}"#,
            Encoding::Json,
            Encoding::Protobuf,
            Layout::Any,
        )
        .expect("converted");
    assert_eq!(converted.payload, b"\x0a\x02\x08\x01");
    assert_eq!(
        lines(converted.losses),
        ["$.in.x: the schema has no such field (encoding)", "$.z: the schema has no such field (encoding)"]
    );
    let message = bytes(1, [varint(1, 1), varint(7, 1)].concat());
    let converted =
        compiled.convert(&message, Encoding::Protobuf, Encoding::Json, Layout::Any).expect("converted");
    assert_eq!(converted.payload, br#"{"in":{"n":1}}"#);
    assert_eq!(lines(converted.losses), ["$.in: the schema has no field 7 (encoding)"]);
}

#[test]
fn deterministic_cbor_is_the_one_form_of_equal_values() {
    let compiled = compile(&of_type("MAP").to_string().parse().expect("JSON"));
    let convert = |cbor: &[u8]| {
        compiled.convert(cbor, Encoding::Cbor, Encoding::Cbor, Layout::Deterministic).expect("CBOR").payload
    };
    let one =
        b"\xbf\x62bb\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00\x61c\x18\x01\x61a\x9f\x7f\x61x\x61y\xff\xff\xff";
    assert_eq!(convert(one), b"\xa3\x61a\x81\x62xy\x61c\x01\x62bb\xf9\x3e\x00");
    assert_eq!(convert(&convert(one)), convert(one));
}

#[test]
fn schemas_are_read_as_bindings_hand_them_over() {
    let schema =
        object(&[field("n", 1, json!({"type": "INTEGER", "constraints": {"minimum": 1}}))]).to_string();
    let convert = |schema: &str, payload: &[u8]| {
        exchange::convert_payload(schema.as_bytes(), payload, Encoding::Json, Encoding::Protobuf, Layout::Any)
    };
    assert_eq!(convert(&schema, br#"{"n": 2}"#).expect("converted").payload, b"\x08\x02");
    let error = convert(&schema, br#"{"n": 0}"#).expect_err("refused");
    assert_eq!(error.message(), "payload: $.n: 0 is below the minimum 1");
    assert!(error.detail("hms.violations").is_some());
    let error = convert(r#"{"type": "UNION"}"#, b"").expect_err("refused");
    assert_eq!(error.message(), "schema: $: UNION needs one_of");
}
