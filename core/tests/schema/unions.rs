//! Unions: the first schema that fits.

use std::time::{Duration, Instant};

use hmsffi_core::codec::Encoding;
use serde_json::{Value, json};

use crate::{compile, fails, fits, lines};

fn variant(kind: &str, field: &str, schema: &str) -> Value {
    json!({"type": "OBJECT", "fields": [
        {"name": "kind", "required": true, "schema": {"type": "ENUM", "enum_values": [{"value": kind}]}},
        {"name": field, "required": true, "schema": {"type": schema}}
    ]})
}

#[test]
fn a_value_fits_if_any_branch_takes_it() {
    let union = json!({"type": "UNION", "one_of": [
        {"type": "NULL"}, {"type": "INTEGER", "constraints": {"minimum": 10}}, {"type": "NUMBER",
        "constraints": {"maximum": 5}}, variant("circle", "radius", "NUMBER"), variant("name", "name", "STRING")
    ]});
    let compiled = compile(&union.to_string());
    for value in [
        json!(null),
        json!(3),
        json!(11),
        json!({"kind": "circle", "radius": 1}),
        json!({"name": "x", "kind": "name"}),
    ] {
        fits(&compiled, value);
    }
    fails(&compiled, json!("x"), &["$: needs NULL or INTEGER or NUMBER or OBJECT, found text \"x\" (type)"]);
    fails(
        &compiled,
        json!(7),
        &[
            "$: fits none of the union's schemas (as INTEGER: $: 7 is below the minimum 10; as NUMBER: $: 7 is above the \
         maximum 5) (union)",
        ],
    );
    fails(
        &compiled,
        json!({"kind": "circle"}),
        &[
            "$: fits none of the union's schemas (as OBJECT: $.radius: required; as OBJECT: $.kind: text \"circle\" is none \
         of \"name\") (union)",
        ],
    );
}

#[test]
fn where_one_branch_alone_takes_the_kind_its_own_problems_are_told() {
    let optional = r#"{"type": "UNION", "one_of": [{"type": "NULL"}, {"type": "OBJECT", "fields": [
        {"name": "a", "required": true, "schema": {"type": "INTEGER"}}, {"name": "b", "required": true}]}]}"#;
    let compiled = compile(optional);
    fits(&compiled, json!(null));
    fails(
        &compiled,
        json!({"a": "x"}),
        &["$.a: needs INTEGER, found text \"x\" (type)", "$.b: required (required)"],
    );
}

#[test]
fn unions_inside_each_other_are_one() {
    let compiled = compile(
        r#"{"type": "UNION", "one_of": [{"type": "UNION", "one_of": [{"type": "NULL"}, {"type": "STRING"}]},
        {"type": "BOOLEAN"}]}"#,
    );
    [json!(null), json!("a"), json!(true)].into_iter().for_each(|value| fits(&compiled, value));
    fails(&compiled, json!(1), &["$: needs NULL or STRING or BOOLEAN, found 1 (type)"]);
}

#[test]
fn branches_that_differ_late_and_deep_take_no_longer_than_others() {
    // Without remembering what was found of inner values, each level would double the work: 2^50 steps.
    let pair = |last: &str| {
        json!({"type": "OBJECT", "fields": [
            {"name": "inner", "required": true, "schema": {"type": "REF", "ref": "either"}},
            {"name": "last", "required": true, "schema": {"type": "ENUM", "enum_values": [{"value": last}]}}
        ]})
    };
    let either = json!({"schema_id": "either", "type": "UNION",
        "one_of": [{"type": "NULL"}, pair("a"), pair("b")]});
    let compiled = compile(&either.to_string());
    let nested = |deepest: Value| (0..50).fold(deepest, |inner, _| json!({"inner": inner, "last": "b"}));
    let began = Instant::now();
    fits(&compiled, nested(json!(null)));
    let text = nested(json!(1)).to_string();
    let told = lines(compiled.validate(text.as_bytes(), Encoding::Json));
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("(union)"), "{told:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "took {:?}", began.elapsed());
}

#[test]
fn items_of_a_union_are_told_apart_one_by_one() {
    let list = json!({"type": "ARRAY", "items": {"type": "UNION", "one_of": [
        variant("circle", "radius", "NUMBER"), variant("name", "name", "STRING")]}});
    let compiled = compile(&list.to_string());
    fits(&compiled, json!([{"kind": "circle", "radius": 1}, {"kind": "name", "name": "x"}]));
    let told = crate::told(&compiled, &json!([{"kind": "circle", "radius": 1}, {"kind": "square"}, 5]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("$[1]: fits none"), "{told:?}");
    assert_eq!(told[1], "$[2]: needs OBJECT, found 5 (type)");
}

fn shapes(labels: Value, alternatives: Value) -> String {
    json!({"type": "UNION", "metadata": labels, "one_of": alternatives}).to_string()
}

#[test]
fn a_discriminator_says_whose_problems_are_told() {
    let alternatives =
        json!([{"type": "NULL"}, variant("circle", "radius", "NUMBER"), variant("name", "name", "STRING")]);
    let compiled = compile(&shapes(json!({"hms.discriminator": "kind"}), alternatives));
    for value in [json!(null), json!({"kind": "circle", "radius": 1}), json!({"name": "x", "kind": "name"})] {
        fits(&compiled, value);
    }
    fails(
        &compiled,
        json!({"radius": "x", "name": 1, "kind": "name"}),
        &["$.name: needs STRING, found 1 (type)"],
    );
    fails(&compiled, json!({"kind": "circle"}), &["$.radius: required (required)"]);
    let unnamed =
        "$.kind: tells which of the union's schemas is meant: it must be one of circle, name (union)";
    fails(&compiled, json!({"kind": "square"}), &[unnamed]);
    fails(&compiled, json!({"radius": 1}), &[unnamed]);
    fails(&compiled, json!(5), &["$: needs NULL or OBJECT, found 5 (type)"]);
}

#[test]
fn a_discriminator_must_tell_all_objects_apart() {
    let refused = |alternatives| crate::refused(&shapes(json!({"hms.discriminator": "kind"}), alternatives));
    let none = "one of the schemas is no OBJECT with a required field 'kind' of type ENUM";
    for other in [
        json!({"type": "MAP"}),
        json!({"type": "OBJECT"}),
        json!({"type": "OBJECT", "fields": [{"name": "kind", "required": true, "schema": {"type": "STRING"}}]}),
    ] {
        let told = refused(json!([variant("circle", "radius", "NUMBER"), other]));
        assert_eq!(told, [format!("$: hms.discriminator is 'kind', but {none} (metadata)")]);
    }
    assert_eq!(
        refused(json!([variant("circle", "a", "NUMBER"), variant("circle", "b", "NUMBER")])),
        ["$: hms.discriminator is 'kind', but 'circle' names two of the schemas (metadata)"]
    );
}

#[test]
fn discriminators_inside_each_other_take_no_longer_than_unions_without() {
    let pair = |last: &str| {
        json!({"type": "OBJECT", "fields": [
            {"name": "inner", "required": true, "schema": {"type": "REF", "ref": "either"}},
            {"name": "last", "required": true, "schema": {"type": "ENUM", "enum_values": [{"value": last}]}}
        ]})
    };
    let either = json!({"schema_id": "either", "type": "UNION", "metadata": {"hms.discriminator": "last"},
        "one_of": [{"type": "NULL"}, pair("a"), pair("b")]});
    let compiled = compile(&either.to_string());
    let nested = |deepest: Value| (0..50).fold(deepest, |inner, _| json!({"inner": inner, "last": "b"}));
    let began = Instant::now();
    fits(&compiled, nested(json!(null)));
    let told = crate::told(&compiled, &nested(json!(1)));
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with(".inner: needs NULL or OBJECT, found 1 (type)"), "{told:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "took {:?}", began.elapsed());
}
