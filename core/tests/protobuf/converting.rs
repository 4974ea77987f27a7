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
fn what_has_no_form_in_protobuf_is_told() {
    let convert = |schema: &serde_json::Value, text: &str| {
        compile(schema)
            .convert(text.as_bytes(), Encoding::Json, Encoding::Protobuf, Layout::Any)
            .map_err(lines)
    };
    let plain = object(&[json!({"name": "a", "schema": of_type("STRING")})]);
    let told = convert(&plain, "{}").expect_err("no numbers");
    assert!(told.len() == 1 && told[0].starts_with("$: the schema is no Protobuf message"), "{told:?}");
    let map = json!({"type": "MAP", "key_schema": of_type("INTEGER"), "value_schema": of_type("BOOLEAN")});
    let map = object(&[field("m", 1, map)]);
    assert_eq!(
        convert(&map, r#"{"m": {"1": true, "01": false}}"#),
        Err(vec!["$.m[\"01\"]: the key is no int64 (encoding)".to_owned()])
    );
    let one = || json!({"type": "UNION", "one_of": [of_type("INTEGER"), of_type("NULL")], "metadata": {"hms.protobuf.oneof": "o"}});
    let oneof = object(&[field("a", 1, one()), field("b", 2, one())]);
    assert_eq!(convert(&oneof, r#"{"a": null, "b": 0}"#).expect("one").payload, b"\x10\x00");
    assert_eq!(
        convert(&oneof, r#"{"a": 1, "b": 0}"#),
        Err(vec!["$.b: another field of the oneof 'o' is there, too (encoding)".to_owned()])
    );
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

#[test]
fn a_decimal_with_more_digits_than_a_number_keeps_is_told() {
    use hmsffi_core::codec::Writer;
    let compiled = compile(&object(&[
        field("one", 1, of_type("NUMBER")),
        field("many", 2, json!({"type": "ARRAY", "items": of_type("NUMBER")})),
    ]));
    let convert = |decimal: &str, to| {
        let mut writer = Writer::new();
        let mut write = || {
            writer.begin_map(None)?;
            writer.key("one")?;
            writer.decimal(decimal)?;
            writer.key("many")?;
            writer.begin_list(None)?;
            writer.float(1.5)?;
            writer.decimal(decimal)?;
            writer.end_list()?;
            writer.end_map()
        };
        write().expect("written");
        let cbor = writer.finish().expect("CBOR");
        compiled.convert(&cbor, Encoding::Cbor, to, Layout::Any).expect("converted")
    };
    for to in [Encoding::Json, Encoding::Protobuf] {
        for kept in ["0.1", "-12.50", "1E+3", "0.000", "-0.0e99", "123456789012345", "1.7976931348623157e308"]
        {
            assert_eq!(convert(kept, to).losses, [], "{kept}");
        }
        for rounded in
            ["0.12345678901234567890", "9007199254740993.5", "1e400", "-1e-400", "1e99999999999999999999"]
        {
            let what =
                "the Decimal has more digits than a number keeps: the nearest one is written (encoding)";
            assert_eq!(
                lines(convert(rounded, to).losses),
                [format!("$.one: {what}"), format!("$.many[1]: {what}")],
                "{rounded}"
            );
        }
    }
    let json = convert("0.12345678901234567890", Encoding::Json).payload;
    assert_eq!(json, br#"{"one":0.12345678901234568,"many":[1.5,0.12345678901234568]}"#);
}

#[test]
fn each_of_many_schemas_is_itself_however_often_they_take_turns() {
    for _ in 0..2 {
        for number in 1..=200 {
            let schema = object(&[field("n", number, of_type("INTEGER"))]).to_string();
            let convert = || {
                let (from, to) = (Encoding::Json, Encoding::Protobuf);
                exchange::convert_payload(schema.as_bytes(), br#"{"n": 7}"#, from, to, Layout::Any)
            };
            for _ in 0..2 {
                assert_eq!(convert().expect("converted").payload, varint(number, 7), "{number}");
            }
        }
    }
    // One that is refused is refused again.
    for _ in 0..2 {
        let refused = exchange::convert_payload(b"{}", b"1", Encoding::Json, Encoding::Cbor, Layout::Any);
        assert_eq!(refused.expect_err("no schema").message(), "schema: $: the schema has no type");
    }
}
