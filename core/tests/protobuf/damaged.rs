//! Bytes that are no message: refused where reading stopped, in little time and memory.

use hmsffi_core::codec::Encoding;
use serde_json::json;

use crate::{bytes, compile, field, object, of_type, told};

#[test]
fn damaged_messages_are_refused_at_their_place() {
    let compiled = compile(&object(&[
        field("t", 1, of_type("STRING")),
        field("m", 2, object(&[field("t", 1, of_type("STRING"))])),
        field("n", 3, json!({"type": "ARRAY", "items": {"type": "INTEGER"}})),
        field(
            "d",
            4,
            json!({"type": "MAP", "key_schema": {"type": "STRING"}, "value_schema": {"type": "STRING"}}),
        ),
    ]));
    let ends = "the bytes end inside the value";
    for (message, expected) in [
        (&b"\x0a"[..], format!("$: {ends}")),
        (b"\x0a\x05abc", format!("$: {ends}")),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", format!("$: {ends}")),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "$: not well-formed Protobuf: ".to_owned()),
        (b"\x48\xff", format!("$: {ends}")),
        (b"\x4d123", format!("$: {ends}")),
        (b"\x00\x01", "$: not well-formed Protobuf: ".to_owned()),
        (b"\x0e", "$: not well-formed Protobuf: ".to_owned()),
        (b"\x0a\x01\xff", "$.t: text is not UTF-8".to_owned()),
        (b"\x0a\x01a\x0a\x01b", "$: key \"t\" occurs twice".to_owned()),
        (b"\x12\x02\x0a\x05", format!("$.m: {ends}")),
        (b"\x12\x03\x0a\x01\xff", "$.m.t: text is not UTF-8".to_owned()),
        (b"\x1a\x02\x01\x80", format!("$.n[1]: {ends}")),
        (b"\x22\x06\x0a\x01a\x0a\x01b", "$.d: the entry of a map has a key or a value twice".to_owned()),
        (b"\x22\x03\x0a\x01a\x22\x03\x0a\x01a", "$.d: key \"a\" occurs twice".to_owned()),
        (b"\x54", "$: field 10 ends a group that was not begun".to_owned()),
        (b"\x53\x08\x01", format!("$: {ends}")),
        (b"\x53\x5c", "$: field 11 ends a group that field 10 began".to_owned()),
    ] {
        let found = told(&compiled, message);
        assert!(
            found.len() == 1 && found[0].starts_with(&expected) && found[0].ends_with("(malformed)"),
            "{message:02x?}: {found:?}, not {expected}"
        );
    }
}

#[test]
fn depth_is_refused_without_using_the_stack() {
    let told = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let mut tree = object(&[field("child", 1, json!({"type": "REF", "ref": "tree"}))]);
        tree["schema_id"] = "tree".into();
        let compiled = compile(&tree);
        let nested = |depth| (0..depth).fold(Vec::new(), |inner, _| bytes(1, inner));
        assert_eq!(told(&compiled, &nested(63)), [""; 0]);
        // As deep as it may be, in each encoding.
        let convert = |bytes: &[u8], from, to| {
            let converted = compiled.convert(bytes, from, to, Default::default());
            converted.unwrap_or_else(|told| panic!("{told:?}")).payload
        };
        let json = convert(&nested(63), Encoding::Protobuf, Encoding::Json);
        assert_eq!(convert(&json, Encoding::Json, Encoding::Protobuf), nested(63));
        let found = told(&compiled, &nested(10_000));
        let groups = told(&compiled, &b"\x53".repeat(1 << 20));
        [found, groups].concat()
    });
    let told = told.expect("thread").join().expect("no overflow");
    assert_eq!(told.len(), 2);
    assert!(told[0].ends_with(": more than 64 lists and maps inside each other (malformed)"), "{told:?}");
    assert_eq!(told[1], "$: more than 64 groups inside each other (malformed)");
}
