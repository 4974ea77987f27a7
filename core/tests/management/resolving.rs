//! GetSchema with all that a schema refers to inside of it.

use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{Field, Schema, SchemaType};
use hmsffi_core::schema::Compiled;

use super::hosting;
use super::schemas::{PERSON, get, labelled, refer, registered, schema};
use crate::support::World;

#[test]
fn references_are_resolved_when_asked_for() {
    let world = hosting();
    registered(&world, schema("street", r#"{"type": "string", "minLength": 1}"#));
    let field =
        |name: &str, schema: Schema| Field { name: name.into(), schema: Some(schema), ..Default::default() };
    let address = Schema {
        fields: vec![field("street", refer("street")), field("next", refer("address"))],
        ..schema("address", r#"{"type": "object"}"#)
    };
    registered(&world, address.clone());
    let person = Schema {
        fields: vec![field("home", refer("address")), field("work", refer("address"))],
        ..schema("person", r#"{"type": "object"}"#)
    };
    registered(&world, person.clone());
    assert_eq!(get(&world, "person", false).schema.expect("schema").fields, person.fields);
    let whole = get(&world, "person", true).schema.expect("schema");
    let home = whole.fields[0].schema.as_ref().expect("home");
    assert_eq!((home.r#type(), &*home.schema_id), (SchemaType::Object, "address"));
    assert_eq!(home.fields[0].schema.as_ref().expect("street").r#type(), SchemaType::String);
    assert_eq!(home.fields[1].schema.as_ref().expect("next"), &refer("address"));
    assert_eq!(whole.fields[1].schema.as_ref().expect("work"), &refer("address"));
    // Nothing is missing.
    let compiled = Compiled::new(&whole, &()).expect("whole");
    let wrong = compiled.validate(br#"{"work": {"next": {"street": ""}}}"#, Encoding::Json);
    assert_eq!(wrong[0].path, "$.work.next.street");
}

/// An OBJECT of which one field is a part with the id `item`, and the other a REF to it.
fn with_item(id: &str, item: &str) -> Schema {
    let of =
        |name: &str, schema: Schema| Field { name: name.into(), schema: Some(schema), ..Default::default() };
    let fields = vec![of("a", schema("item", item)), of("b", refer("item"))];
    Schema { fields, ..schema(id, r#"{"type": "object"}"#) }
}

fn referring(id: &str, to: &[&str]) -> Schema {
    let of = |to: &&str| Field { name: (*to).into(), schema: Some(refer(to)), ..Default::default() };
    Schema { fields: to.iter().map(of).collect(), ..schema(id, r#"{"type": "object"}"#) }
}

/// Paths of what is wrong with a value of a schema that is got whole.
fn wrong_paths(world: &World, id: &str, value: &str) -> Vec<String> {
    let whole = get(world, id, true).schema.expect("schema");
    let compiled = Compiled::new(&whole, &()).expect("nothing is missing");
    compiled.validate(value.as_bytes(), Encoding::Json).into_iter().map(|one| one.path).collect()
}

#[test]
fn what_is_resolved_means_the_same_where_documents_use_the_same_ids() {
    let world = hosting();
    registered(&world, with_item("text", r#"{"type": "string"}"#));
    registered(&world, with_item("number", r#"{"type": "integer"}"#));
    registered(&world, with_item("words", r#"{"type": "string"}"#));
    registered(&world, referring("all", &["text", "number", "words"]));
    let good = r#"{"text": {"a": "", "b": ""}, "number": {"a": 1, "b": 1}, "words": {"a": "", "b": ""}}"#;
    assert_eq!(wrong_paths(&world, "all", good), [""; 0]);
    let bad = r#"{"text": {"b": 1}, "number": {"b": ""}, "words": {"b": 1}}"#;
    assert_eq!(wrong_paths(&world, "all", bad), ["$.text.b", "$.number.b", "$.words.b"]);
    // What means the same keeps its id.
    let whole = get(&world, "all", true).schema.expect("schema");
    let id = |index: usize| {
        let document: &Schema = whole.fields[index].schema.as_ref().expect("document");
        document.fields[0].schema.as_ref().expect("item").schema_id.clone()
    };
    assert_eq!([id(0), id(1), id(2)], ["item", "number.item", "item"]);
}

#[test]
fn versions_of_one_schema_that_refers_to_itself_are_resolved_beside_each_other() {
    let world = hosting();
    let tree = |of: &str| {
        let text = format!(
            r##"{{"$id": "tree", "type": "object", "properties": {{"of": {of}, "next": {{"$ref": "#"}}}}}}"##
        );
        labelled(schema("tree", &text), "hms.compatibility", "NONE")
    };
    registered(&world, tree(r#"{"type": "string"}"#));
    registered(&world, tree(r#"{"type": "integer"}"#));
    registered(&world, referring("both", &["tree@1", "tree"]));
    let good = r#"{"tree@1": {"next": {"of": "a"}}, "tree": {"next": {"of": 1}}}"#;
    assert_eq!(wrong_paths(&world, "both", good), [""; 0]);
    let bad = r#"{"tree@1": {"next": {"of": 1}}, "tree": {"next": {"of": "a"}}}"#;
    assert_eq!(wrong_paths(&world, "both", bad), [r#"$["tree@1"].next.of"#, "$.tree.next.of"]);
}

#[test]
fn a_schema_that_is_another_name_of_one_is_resolved() {
    let world = hosting();
    registered(&world, schema("person", PERSON));
    registered(&world, Schema { schema_id: "customer".into(), ..refer("person") });
    registered(&world, referring("sale", &["customer", "person"]));
    let bad = r#"{"customer": {}, "person": {}}"#;
    assert_eq!(wrong_paths(&world, "sale", bad), ["$.customer.name", "$.person.name"]);
}

#[test]
fn schemas_that_refer_further_than_readers_go_are_not_resolved() {
    let world = hosting();
    registered(&world, schema("list0", r#"{"type": "array"}"#));
    registered(&world, Schema { schema_id: "name0".into(), ..refer("list0") });
    for index in 1..=200 {
        let items = Some(Box::new(refer(&format!("list{}", index - 1))));
        registered(&world, Schema { items, ..schema(&format!("list{index}"), r#"{"type": "array"}"#) });
        let name = Schema { schema_id: format!("name{index}"), ..refer(&format!("name{}", index - 1)) };
        registered(&world, name);
    }
    for id in ["list200", "name200"] {
        let refusal = get(&world, id, true).error_message;
        assert!(refusal.starts_with("FAILED_PRECONDITION (9): with all that it refers to"), "{refusal}");
        assert!(get(&world, id, false).schema.is_some());
    }
    assert_eq!(wrong_paths(&world, "list40", "[[[1]]]"), ["$[0][0][0]"]);
    assert_eq!(wrong_paths(&world, "name40", "{}"), ["$"]);
}

#[test]
fn a_reference_that_is_resolved_keeps_its_number_in_protobuf() {
    let world = hosting();
    let colour = r#"{"enum": ["RED"]}"#;
    registered(&world, labelled(schema("colour", colour), "hms.protobuf.numbers", "5"));
    let field = |name: &str, number: &str| Field {
        name: name.into(),
        schema: Some(labelled(refer("colour"), "hms.protobuf.number", number)),
        ..Default::default()
    };
    let flag = schema("flag", r#"{"type": "object"}"#);
    registered(&world, Schema { fields: vec![field("left", "7"), field("right", "8")], ..flag });
    let whole = get(&world, "flag", true).schema.expect("schema");
    assert_eq!(whole.fields[0].schema.as_ref().expect("left").r#type(), SchemaType::Enum);
    let compiled = Compiled::new(&whole, &()).expect("whole");
    let json = br#"{"left":"RED","right":"RED"}"#;
    let converted = compiled.convert(json, Encoding::Json, Encoding::Protobuf, Default::default());
    assert_eq!(converted.expect("Protobuf").payload, b"\x38\x05\x40\x05");
}
