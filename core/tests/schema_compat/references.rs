//! REFs are looked through, also where they go round.

use std::collections::HashMap;

use hmsffi_core::proto::{Schema, SchemaType};
use hmsffi_core::schema::compat::{Document, compare};

use super::{WRITERS, schema, told};

fn tree(of: &str) -> String {
    format!(
        r##"{{"type": "object", "properties": {{"value": {of}, "children": {{"type": "array", "items": {{"$ref": "#"}}}}}}, "required": ["value"]}}"##
    )
}

#[test]
fn schemas_that_refer_to_themselves_are_compared() {
    assert_eq!(told(&tree(r#"{"type": "string"}"#), &tree(r#"{"type": "string"}"#)), [""; 0]);
    assert_eq!(
        told(&tree(r#"{"type": "string"}"#), &tree(r#"{"type": "string", "maxLength": 3}"#)),
        [format!("$.value: max_length was absent, is 3{WRITERS}")]
    );
}

#[test]
fn a_reference_is_what_it_refers_to() {
    let direct = r#"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}"#;
    let referring = r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}"##;
    assert_eq!(told(direct, referring), [""; 0]);
    // One turn of the same tree, written out.
    let unrolled = r##"{"type": "object", "properties": {"value": {"type": "string"}, "children": {"type": "array", "items":
        {"$ref": "#/$defs/tree"}}}, "required": ["value"], "$defs": {"tree": {"type": "object", "properties":
        {"value": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["value"]}}}"##;
    assert_eq!(told(&tree(r#"{"type": "string"}"#), unrolled), [""; 0]);
}

#[test]
fn references_lead_out_of_the_document() {
    let refer = Schema { r#type: SchemaType::Ref.into(), r#ref: "age".into(), ..Default::default() };
    let known = |text: &str| HashMap::from([("age".to_owned(), schema(text))]);
    let old = Document::new(&refer, &known(r#"{"type": "integer"}"#));
    let new = Document::new(&refer, &known(r#"{"type": "integer", "minimum": 0}"#));
    let told: Vec<String> = compare(&old, &new).iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("$: minimum was absent, is 0{WRITERS}")]);
    let lost = compare(&old, &Document::new(&refer, &()));
    assert!(lost[0].to_string().contains("REF age, which leads nowhere"), "{}", lost[0]);
    assert!(lost[0].breaks_backward && lost[0].breaks_forward);
}

#[test]
fn schemas_that_meet_in_too_many_ways_are_not_called_compatible() {
    // Unions of unions through references: the number of pairs grows with each level.
    let level = |index: usize, leaf: &str| {
        let next =
            if index == 40 { leaf.to_owned() } else { format!(r##"{{"$ref": "#/$defs/l{}"}}"##, index + 1) };
        format!(
            r#""l{index}": {{"anyOf": [{{"type": "array", "items": {next}}}, {{"type": "array", "items": {next}, "minItems": 1}}]}}"#
        )
    };
    let whole = |leaf: &str| {
        let levels: Vec<String> = (0..=40).map(|index| level(index, leaf)).collect();
        format!(r##"{{"$ref": "#/$defs/l0", "$defs": {{{}}}}}"##, levels.join(", "))
    };
    let found = told(&whole(r#"{"type": "integer"}"#), &whole(r#"{"type": "string"}"#));
    assert!(!found.is_empty());
}

#[test]
fn documents_with_the_same_ids_are_compared_apart() {
    let document = |of: &str| {
        schema(&format!(
            r##"{{"type": "object", "properties": {{"a": {{"$ref": "#/$defs/item"}}, "b": {{"$ref": "#/$defs/item"}}}}, "$defs": {{"item": {of}}}}}"##
        ))
    };
    let known = |second: &str| {
        HashMap::from([
            ("first".to_owned(), document(r#"{"type": "string"}"#)),
            ("second".to_owned(), document(second)),
        ])
    };
    let root =
        schema(r#"{"type": "object", "properties": {"x": {"$ref": "first"}, "y": {"$ref": "second"}}}"#);
    let old = Document::new(&root, &known(r#"{"type": "integer"}"#));
    let new = Document::new(&root, &known(r#"{"type": "integer", "minimum": 0}"#));
    let told: Vec<String> = compare(&old, &new).iter().map(ToString::to_string).collect();
    let of = |field: &str| format!("$.y.{field}: minimum was absent, is 0{WRITERS}");
    assert_eq!(told, [of("a"), of("b")]);
}
