//! `$ref` becomes the part itself where it is met first, and a REF to its id where it is met again.

use hmsffi_core::proto::{Schema, SchemaType};

use super::{imported, schema};

fn field<'a>(schema: &'a Schema, name: &str) -> &'a Schema {
    let field = schema.fields.iter().find(|field| field.name == name).expect(name);
    field.schema.as_ref().expect("a schema")
}

#[test]
fn a_definition_is_put_where_it_is_met_first() {
    let both = schema(
        r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/age"}, "b": {"$ref": "#/$defs/age"}}, "$defs": {"age": {"type": "integer"}}}"##,
    );
    let first = field(&both, "a");
    assert_eq!((first.r#type(), &*first.schema_id), (SchemaType::Integer, "age"));
    let second = field(&both, "b");
    assert_eq!((second.r#type(), &*second.r#ref), (SchemaType::Ref, "age"));
}

#[test]
fn a_document_that_refers_to_itself_has_an_id() {
    let tree = r##"{"type": "object", "properties": {"next": {"$ref": "#"}}}"##;
    let read = schema(tree);
    assert_eq!((&*read.schema_id, &*field(&read, "next").r#ref), ("root", "root"));
    let named = schema(&tree.replacen('{', r#"{"$id": "tree", "#, 1));
    assert_eq!((&*named.schema_id, &*field(&named, "next").r#ref), ("tree", "tree"));
}

#[test]
fn anchors_escapes_and_chains_are_followed() {
    for reference in ["#here", "#/$defs/a~1b", "#/%24defs/a~1b", "#/$defs/chain"] {
        let text = format!(
            r##"{{"type": "object", "properties": {{"x": {{"$ref": "{reference}"}}}}, "$defs": {{"a/b": {{"$anchor": "here", "type": "integer"}}, "chain": {{"$ref": "#here"}}}}}}"##
        );
        assert_eq!(field(&schema(&text), "x").r#type(), SchemaType::Integer, "{reference}");
    }
}

#[test]
fn other_documents_are_schemas_of_the_registry() {
    let read = schema(r#"{"type": "object", "properties": {"customer": {"$ref": "customer"}}}"#);
    assert_eq!(field(&read, "customer").r#ref, "customer");
}

#[test]
fn references_that_only_go_round_are_lost() {
    let (_, losses) = imported(
        r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
    );
    assert_eq!(losses, [": $ref: the references go round and mean nothing"]);
}

#[test]
fn parts_with_the_same_name_have_ids_of_their_own() {
    let read = schema(
        r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/definitions/x"}},
            "$defs": {"x": {"type": "integer"}}, "definitions": {"x": {"type": "string"}}}"##,
    );
    assert_eq!((&*field(&read, "a").schema_id, &*field(&read, "b").schema_id), ("x", "/definitions/x"));
}
