//! Defaults are put in where they were left out.

use hmsffi_core::codec::{Encoding, json, transcode};
use hmsffi_core::schema::Compiled;
use serde_json::{Value, json};

use crate::{compile, lines};

/// `default` as the base64 of its JSON.
fn field(name: &str, kind: &str, default: Value) -> Value {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let default = BASE64_STANDARD.encode(default.to_string());
    json!({"name": name, "schema": {"type": kind}, "default_value": default})
}

fn with_defaults() -> Compiled {
    let inner = json!({"type": "OBJECT", "fields": [field("zip", "STRING", json!("0"))]});
    compile(
        &json!({"type": "OBJECT", "fields": [
            {"name": "name", "required": true, "schema": {"type": "STRING"}},
            field("times", "INTEGER", json!(3)),
            {"name": "home", "schema": inner},
            {"name": "others", "schema": {"type": "ARRAY", "items": {"type": "UNION", "one_of": [inner,
                {"type": "OBJECT", "fields": [{"name": "zip", "schema": {"type": "NULL"}}]}]}}}
        ]})
        .to_string(),
    )
}

/// What a value is with its defaults, in JSON and in CBOR.
fn completed(compiled: &Compiled, value: &Value) -> [Option<Value>; 2] {
    let text = value.to_string();
    let read = |json: Vec<u8>| serde_json::from_slice(&json).unwrap();
    let of_json = compiled.complete(text.as_bytes(), Encoding::Json).unwrap();
    let cbor = json::to_cbor(text.as_bytes()).unwrap();
    let of_cbor = compiled.complete(&cbor, Encoding::Cbor).unwrap();
    let of_cbor = of_cbor.map(|cbor| transcode(Encoding::Cbor, Encoding::Json, &cbor).unwrap());
    [of_json.map(read), of_cbor.map(read)]
}

#[test]
fn what_was_left_out_is_put_in_at_every_depth() {
    let compiled = with_defaults();
    let value = json!({"name": "Ada", "home": {}, "others": [{}, {"zip": null}, {"zip": "1"}, {"x": []}]});
    let expected = json!({"name": "Ada", "times": 3, "home": {"zip": "0"},
        "others": [{"zip": "0"}, {"zip": null}, {"zip": "1"}, {"x": [], "zip": "0"}]});
    assert_eq!(completed(&compiled, &value), [Some(expected.clone()), Some(expected)]);
}

#[test]
fn a_default_of_bytes_is_base64_in_json_and_bytes_in_cbor() {
    let compiled =
        compile(&json!({"type": "OBJECT", "fields": [field("data", "BINARY", json!("AQI="))]}).to_string());
    assert_eq!(compiled.complete(b"{}", Encoding::Json).unwrap().unwrap(), br#"{"data":"AQI="}"#);
    assert_eq!(compiled.complete(b"\xa0", Encoding::Cbor).unwrap().unwrap(), b"\xa1\x64data\x42\x01\x02");
}

#[test]
fn a_payload_that_left_nothing_out_stays_as_it_is() {
    let compiled = with_defaults();
    let value = json!({"name": "Ada", "times": 0});
    assert_eq!(compiled.complete(value.to_string().as_bytes(), Encoding::Json), Ok(None));
}

#[test]
fn maps_of_unknown_length_and_many_entries_are_completed_too() {
    let compiled =
        compile(&json!({"type": "OBJECT", "fields": [field("b", "INTEGER", json!(2))]}).to_string());
    let complete = |cbor: &[u8]| compiled.complete(cbor, Encoding::Cbor).unwrap().unwrap();
    assert_eq!(complete(b"\xbf\x61a\x01\xff"), b"\xbf\x61a\x01\x61b\x02\xff");
    let entries: Vec<u8> = (0..23).flat_map(|n| [0x61, b'c' + n, n]).collect();
    let whole = complete(&[vec![0xb7], entries.clone()].concat());
    assert_eq!(whole, [vec![0xb8, 24], entries, b"\x61b\x02".to_vec()].concat());
    assert_eq!(complete(b"\xa0"), b"\xa1\x61b\x02");
}

#[test]
fn what_is_wrong_is_told_instead() {
    let told = with_defaults().complete(br#"{"times": "x"}"#, Encoding::Json).unwrap_err();
    assert_eq!(
        lines(told),
        ["$.times: needs INTEGER, found text \"x\" (type)", "$.name: required (required)"]
    );
}
