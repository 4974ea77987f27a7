//! The types without parts, and their constraints.

use hmsffi_core::codec::{Encoding, Writer};
use serde_json::{Value, json};

use crate::{compile, fails, fits, lines};

/// Values that fit a schema, and values that do not with what is told of them.
fn table(schema: &str, fitting: &[Value], failing: &[(Value, &str)]) {
    let compiled = compile(schema);
    fitting.iter().for_each(|value| fits(&compiled, value.clone()));
    failing.iter().for_each(|(value, told)| fails(&compiled, value.clone(), &[told]));
}

#[test]
fn null_takes_null() {
    table(r#"{"type": "NULL"}"#, &[json!(null)], &[(json!(0), "$: needs NULL, found 0 (type)")]);
}

#[test]
fn a_boolean_is_no_number() {
    let failing = [
        (json!(1), "$: needs BOOLEAN, found 1 (type)"),
        (json!("true"), "$: needs BOOLEAN, found text \"true\" (type)"),
    ];
    table(r#"{"type": "BOOLEAN"}"#, &[json!(true), json!(false)], &failing);
}

#[test]
fn a_number_without_fraction_is_an_integer() {
    let fitting = [json!(1), json!(-1), json!(1.0), json!(u64::MAX), json!(1e300)];
    let failing = [
        (json!(1.5), "$: needs INTEGER, found 1.5, which has a fraction (type)"),
        (json!("1"), "$: needs INTEGER, found text \"1\" (type)"),
        (json!(true), "$: needs INTEGER, found true (type)"),
    ];
    table(r#"{"type": "INTEGER"}"#, &fitting, &failing);
    table(
        r#"{"type": "NUMBER"}"#,
        &[json!(1), json!(1.5)],
        &[(json!([]), "$: needs NUMBER, found a list (type)")],
    );
}

#[test]
fn limits_of_numbers_are_exact_and_zero_is_one() {
    let schema = r#"{"type": "INTEGER", "constraints": {"minimum": 0, "maximum": 9007199254740992}}"#;
    let failing = [
        (json!(-1), "$: -1 is below the minimum 0 (minimum)"),
        (json!(9007199254740993_i64), "$: 9007199254740993 is above the maximum 9007199254740992 (maximum)"),
    ];
    table(schema, &[json!(0), json!(9007199254740992_i64)], &failing);
    let schema = r#"{"type": "NUMBER", "constraints": {"minimum": 0, "exclusive_minimum": true, "maximum": 1.5,
        "exclusive_maximum": true}}"#;
    let failing = [
        (json!(0), "$: 0 is not above 0 (minimum)"),
        (json!(-0.5), "$: -0.5 is not above 0 (minimum)"),
        (json!(1.5), "$: 1.5 is not below 1.5 (maximum)"),
        (json!(2), "$: 2 is not below 1.5 (maximum)"),
    ];
    table(schema, &[json!(0.1), json!(1)], &failing);
}

#[test]
fn multiples_are_counted_in_decimals() {
    let schema = r#"{"type": "NUMBER", "constraints": {"multiple_of": 0.0001}}"#;
    table(
        schema,
        &[json!(0.0075), json!(0), json!(1e300)],
        &[(json!(0.00751), "$: 0.00751 is not a multiple of 0.0001 (multiple_of)")],
    );
    table(r#"{"type": "NUMBER", "constraints": {"multiple_of": 1e-8}}"#, &[json!(12391239123_i64)], &[]);
    let schema = r#"{"type": "INTEGER", "constraints": {"multiple_of": 7}}"#;
    table(
        schema,
        &[json!(-14), json!(u64::MAX - 1)],
        &[(json!(15), "$: 15 is not a multiple of 7 (multiple_of)")],
    );
}

#[test]
fn formats_of_integers_are_widths() {
    for (format, least, most) in [
        ("int8", json!(-128), json!(127)),
        ("uint16", json!(0), json!(65535)),
        ("int32", json!(i32::MIN), json!(i32::MAX)),
        ("int64", json!(i64::MIN), json!(i64::MAX)),
        ("uint64", json!(0), json!(u64::MAX)),
    ] {
        let compiled = compile(&format!(r#"{{"type": "INTEGER", "format": "{format}"}}"#));
        fits(&compiled, least);
        fits(&compiled, most);
        fails(&compiled, json!(1e30), &[&format!("$: 1e30 does not fit {format} (format)")]);
    }
    table(
        r#"{"type": "NUMBER", "format": "float"}"#,
        &[json!(1e38)],
        &[(json!(1e39), "$: 1e39 does not fit float (format)")],
    );
}

#[test]
fn lengths_of_text_count_code_points() {
    let schema = r#"{"type": "STRING", "constraints": {"min_length": 1, "max_length": 2}}"#;
    let failing = [
        (json!(""), "$: 0 characters; at least 1 are needed (min_length)"),
        (json!("abc"), "$: 3 characters; at most 2 are allowed (max_length)"),
    ];
    table(schema, &[json!("\u{1F4A9}\u{1F4A9}"), json!("é")], &failing);
    let nothing = r#"{"type": "STRING", "constraints": {"max_length": 0}}"#;
    table(nothing, &[json!("")], &[(json!("a"), "$: 1 characters; at most 0 are allowed (max_length)")]);
}

#[test]
fn patterns_match_anywhere_and_know_what_ecma_means() {
    let matches = |pattern: &str, text: &str| {
        let schema = json!({"type": "STRING", "constraints": {"pattern": pattern}});
        compile(&schema.to_string()).validate(json!(text).to_string().as_bytes(), Encoding::Json).is_empty()
    };
    for (pattern, text) in [
        ("b+", "abc"),
        (r"^\d+$", "0123"),
        (r"^\w$", "_"),
        (r"^\s$", "\u{FEFF}"),
        (r"^\S$", "x"),
        (r"^[\w-]+$", "a-b"),
        (r"^[^]$", "\n"),
        (r"^\cC$", "\u{3}"),
        (r"^\u0041\/$", "A/"),
        (r"^\uD83D\uDCA9$", "\u{1F4A9}"),
        (r"^[[&&~~]+$", "[&~"),
        (r"^\p{Letter}+$", "aé"),
        (r"^(?<year>\d{4})$", "2013"),
        (r"^.$", "\u{1F4A9}"),
        (r"\bA\b", "A b"),
    ] {
        assert!(matches(pattern, text), "{pattern} on {text:?}");
    }
    for (pattern, text) in [
        (r"^\d$", "\u{9EA}"),
        (r"^\w$", "é"),
        (r"^.$", "\u{2028}"),
        ("[]", "a"),
        (r"^\D$", "5"),
        ("^a$", "a\n"),
    ] {
        assert!(!matches(pattern, text), "{pattern} on {text:?}");
    }
    let schema = r#"{"type": "STRING", "constraints": {"pattern": "^[A-Z]{2}$"}}"#;
    fails(&compile(schema), json!("abc"), &["$: \"abc\" does not match the pattern ^[A-Z]{2}$ (pattern)"]);
}

#[test]
fn string_like_types_take_what_they_are_named_for() {
    for (kind, format, fitting, failing) in [
        ("DATE", "date", "2024-02-29", "2023-02-29"),
        ("TIME", "time", "23:59:59.123+01:00", "23:59:59"),
        ("DATETIME", "date-time", "2013-03-21T20:04:00.5+02:00", "2013-03-21T20:04:00"),
        ("DURATION", "duration", "P1Y2M3DT4H5M6.7S", "P1H"),
        ("UUID", "uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08aa9811eab4aa73b441d16380"),
        ("URI", "uri", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "//foo.bar/?baz=qux#quux"),
        ("EMAIL", "email", "\"joe bloggs\"@example.com", "joe..bloggs@example.com"),
    ] {
        for schema in
            [format!(r#"{{"type": "{kind}"}}"#), format!(r#"{{"type": "STRING", "format": "{format}"}}"#)]
        {
            let compiled = compile(&schema);
            fits(&compiled, json!(fitting));
            let text = json!(failing).to_string();
            let told = lines(compiled.validate(text.as_bytes(), Encoding::Json));
            assert_eq!(told.len(), 1, "{schema} of {failing}: {told:?}");
            assert!(told[0].starts_with("$: ") && told[0].ends_with("(format)"), "{told:?}");
            fails(
                &compiled,
                json!(1),
                &[&format!(
                    "$: needs {}, found 1 (type)",
                    if schema.contains("STRING") { "STRING" } else { kind }
                )],
            );
        }
    }
}

#[test]
fn durations_are_iso_8601_with_a_fraction_of_seconds_alone() {
    let compiled = compile(r#"{"type": "DURATION"}"#);
    for fitting in ["P4W", "PT36H", "P1DT12H", "P1Y", "PT0.5S", "P0D", "PT1M", "P1M", "P1Y3D"] {
        fits(&compiled, json!(fitting));
    }
    for failing in [
        "", "P", "PT", "P1", "1D", "PT1D", "P1DT", "P1D2H", "P2D1Y", "P1Y2W", "P0.5D", "PT.5S", "PT1.S",
        "P-1D", "P१Y",
    ] {
        let told = lines(compiled.validate(json!(failing).to_string().as_bytes(), Encoding::Json));
        assert_eq!(told.len(), 1, "{failing}");
    }
}

#[test]
fn a_time_without_offset_is_local() {
    let compiled = compile(r#"{"type": "TIME", "format": "local"}"#);
    fits(&compiled, json!("08:30:00"));
    fails(
        &compiled,
        json!("08:30:00Z"),
        &["$: \"08:30:00Z\" is not a time without offset such as 20:04:00.5 (format)"],
    );
}

#[test]
fn binary_is_bytes_in_cbor_and_base64_in_json() {
    let compiled = compile(r#"{"type": "BINARY", "constraints": {"min_length": 1, "max_length": 3}}"#);
    let json = |text: &str| lines(compiled.validate(json!(text).to_string().as_bytes(), Encoding::Json));
    let cbor = |bytes: &[u8]| {
        let mut writer = Writer::new();
        writer.bytes(bytes).unwrap();
        lines(compiled.validate(&writer.finish().unwrap(), Encoding::Cbor))
    };
    assert_eq!(json("AQID"), cbor(&[1, 2, 3]));
    assert_eq!(json("AQID"), [""; 0]);
    assert_eq!(cbor(&[1, 2, 3, 4]), ["$: 4 bytes; at most 3 are allowed (max_length)"]);
    assert_eq!(json("AQIDBA=="), ["$: 4 bytes; at most 3 are allowed (max_length)"]);
    assert_eq!(json("AQ"), ["$: text \"AQ\" is not standard base64 with padding (format)"]);
    assert_eq!(
        lines(compiled.validate(b"\x61a", Encoding::Cbor)),
        ["$: needs BINARY, found text \"a\" (type)"]
    );
    // Bytes of any content type are bytes.
    for encoding in [Encoding::Bytes, Encoding::Protobuf, Encoding::Other] {
        let found = lines(compiled.validate(&[0; 4], encoding));
        assert_eq!(found, ["$: 4 bytes; at most 3 are allowed (max_length)"], "{encoding:?}");
        assert_eq!(lines(compile(r#"{"type": "ANY"}"#).validate(&[0; 4], encoding)), [""; 0], "{encoding:?}");
    }
}

#[test]
fn tagged_kinds_of_cbor_are_their_types() {
    let written = |write: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new();
        write(&mut writer);
        writer.finish().unwrap()
    };
    let told = |schema: &str, value: &[u8]| lines(compile(schema).validate(value, Encoding::Cbor));
    let uuid = written(&|writer| writer.uuid([7; 16]).unwrap());
    let date_time = written(&|writer| writer.datetime("2013-03-21T20:04:00Z").unwrap());
    let big = written(&|writer| writer.bigint("-18446744073709551617").unwrap());
    let decimal = written(&|writer| writer.decimal("12.50").unwrap());
    assert_eq!(told(r#"{"type": "UUID"}"#, &uuid), [""; 0]);
    assert_eq!(told(r#"{"type": "DATETIME"}"#, &date_time), [""; 0]);
    assert_eq!(told(r#"{"type": "STRING"}"#, &uuid), ["$: needs STRING, found a UUID (type)"]);
    let at_least_zero = r#"{"type": "INTEGER", "constraints": {"minimum": 0}}"#;
    assert_eq!(told(at_least_zero, &big), ["$: -18446744073709551617 is below the minimum 0 (minimum)"]);
    let halves = r#"{"type": "NUMBER", "constraints": {"multiple_of": 0.5}}"#;
    assert_eq!(told(halves, &decimal), [""; 0]);
    assert_eq!(
        told(r#"{"type": "INTEGER"}"#, &decimal),
        ["$: needs INTEGER, found 12.5, which has a fraction (type)"]
    );
}

#[test]
fn an_enum_takes_its_texts_and_integers_by_their_digits() {
    let schema = r#"{"type": "ENUM", "enum_values": [{"value": "low"}, {"value": "high"}, {"value": "3"}]}"#;
    let failing = [
        (json!("lo"), "$: text \"lo\" is none of \"3\", \"high\", \"low\" (enum)"),
        (json!(4), "$: 4 is none of \"3\", \"high\", \"low\" (enum)"),
        (json!(null), "$: needs ENUM, found null (type)"),
    ];
    table(schema, &[json!("low"), json!(3), json!(3.0), json!("3")], &failing);
}

#[test]
fn what_is_sensitive_is_not_shown() {
    let schema =
        r#"{"type": "INTEGER", "constraints": {"maximum": 9}, "metadata": {"hms.sensitive": "true"}}"#;
    let failing = [
        (json!(1234), "$: the value, which is not shown, breaks 'maximum' (maximum)"),
        (json!("hunter2"), "$: the value, which is not shown, breaks 'type' (type)"),
    ];
    table(schema, &[json!(9)], &failing);
}
