//! Payloads that cannot be read: refused where reading stopped, in little time and memory.

use hmsffi_core::codec::Encoding;
use serde_json::json;

use crate::{compile, lines};

fn told(encoding: Encoding, bytes: &[u8]) -> Vec<String> {
    let anything = r#"{"type": "UNION", "one_of": [{"type": "OBJECT", "fields": [{"name": "a",
        "schema": {"type": "ANY"}}]}, {"type": "MAP"}, {"type": "ANY"}]}"#;
    let of_any = lines(compile(r#"{"type": "ANY"}"#).validate(bytes, encoding));
    assert_eq!(lines(compile(anything).validate(bytes, encoding)), of_any, "whatever the schema");
    of_any
}

#[test]
fn damaged_cbor_is_refused_at_its_place() {
    for (bytes, expected) in [
        (&b""[..], "$: the bytes end inside the value (malformed)"),
        (b"\xa1\x61a", "$.a: the bytes end inside the value (malformed)"),
        (b"\x01\x02", "$: 1 byte follows the value (malformed)"),
        (b"\xa2\x61a\x01\x61a\x02", "$: key \"a\" occurs twice (malformed)"),
        (b"\xa2\x61z\x01\x61z\x02", "$: key \"z\" occurs twice (malformed)"),
        (b"\x81\x62\xff\xff", "$[0]: text is not UTF-8 (malformed)"),
        (b"\xa1\x01\x02", "$: map key is an integer; keys are text (malformed)"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01", "$[1]: the bytes end inside the value (malformed)"),
        (b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "$: the bytes end inside the value (malformed)"),
        (b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff", "$: the bytes end inside the value (malformed)"),
        (b"\xff", "$: not well-formed CBOR: a break where a value is due (malformed)"),
    ] {
        let found = told(Encoding::Cbor, bytes);
        assert_eq!(found, [expected], "{bytes:02x?}");
    }
}

#[test]
fn damaged_json_is_refused_at_its_place() {
    for (text, expected) in [
        (&b""[..], "$: not JSON: EOF while parsing a value at line 1 column 0 (malformed)"),
        (b"{\"a\": [1, }", "$.a[1]: not JSON: "),
        (b"{\"a\": 1, \"a\": 2}", "$: key \"a\" occurs twice (malformed)"),
        (b"{\"z\": 1, \"z\": 2}", "$: key \"z\" occurs twice (malformed)"),
        (b"[\"\xff\"]", "$: not JSON: the text is not UTF-8 (malformed)"),
        (b"[1] 2", "$: not JSON: trailing characters at line 1 column 5 (malformed)"),
        (b"[\"\\ud800\"]", "$[0]: not JSON: "),
        (b"[1e999]", "$[0]: not JSON: number out of range"),
    ] {
        // The text of a value that may be read twice is found first: damage is told of the whole then.
        let found = lines(compile(r#"{"type": "ANY"}"#).validate(text, Encoding::Json));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with(expected) && found[0].ends_with("(malformed)"),
            "{found:?}, not {expected}"
        );
    }
}

#[test]
fn depth_is_refused_without_using_the_stack() {
    let told = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let deep = 1 << 20;
        [
            told(Encoding::Cbor, &vec![0x81; deep]),
            told(Encoding::Cbor, &vec![0x9f; deep]),
            lines(compile(r#"{"type": "ANY"}"#).validate(&vec![b'['; deep], Encoding::Json)),
            lines(
                compile(r#"{"type": "ARRAY"}"#).validate("{\"a\":".repeat(deep).as_bytes(), Encoding::Json),
            ),
        ]
    });
    for found in told.unwrap().join().unwrap() {
        assert!(
            found.iter().any(|one| one.contains("more than 64 lists and maps inside each other")),
            "{found:?}"
        );
    }
}

#[test]
fn payloads_that_no_schema_can_look_into_are_refused() {
    let compiled = compile(r#"{"type": "OBJECT"}"#);
    assert_eq!(lines(compiled.validate(b"abc", Encoding::Bytes)), ["$: needs OBJECT, found 3 bytes (type)"]);
    let told = lines(compiled.validate(b"abc", Encoding::Other));
    assert!(told.len() == 1 && told[0].ends_with("(encoding)"), "{told:?}");
    let json = json!({"a": 1}).to_string();
    assert_eq!(lines(compiled.validate(json.as_bytes(), Encoding::Json)), [""; 0]);
}
