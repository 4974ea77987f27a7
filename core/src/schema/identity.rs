//! Which schema an id means: one with that id in the same document, else a document that is found elsewhere.
//!
//! A document is a schema with its parts. Those of one document cannot be seen from another, so that documents which were written
//! apart may use the same ids.

use std::collections::HashMap;

use super::essence;
use super::parts::{parts, parts_mut};
use super::protobuf;
use crate::proto::{Schema, SchemaType};

/// The schemas with an id in a document, of several with one id the first.
pub fn by_id(document: &Schema) -> HashMap<&str, &Schema> {
    let mut found = HashMap::new();
    visit(document, &mut |part| {
        if !part.schema_id.is_empty() {
            found.entry(part.schema_id.as_str()).or_insert(part);
        }
    });
    found
}

/// The REFs of a document.
pub fn references(document: &Schema) -> Vec<&Schema> {
    let mut found = Vec::new();
    visit(document, &mut |part| {
        if part.r#type() == SchemaType::Ref {
            found.push(part);
        }
    });
    found
}

fn visit<'a>(schema: &'a Schema, each: &mut dyn FnMut(&'a Schema)) {
    each(schema);
    parts(schema).for_each(|part| visit(part, each));
}

/// What a schema with an id takes, wherever it is: without words, and with REFs for the schemas with an id inside of it.
///
/// Two with one id may be in one document where they are equal in this.
pub fn meaning(schema: &Schema) -> Schema {
    let mut meaning = schema.clone();
    parts_mut(&mut meaning).for_each(refer);
    protobuf::put_in_place(&mut meaning.metadata, HashMap::new());
    essence::keep(&mut meaning);
    meaning
}

fn refer(part: &mut Schema) {
    if part.schema_id.is_empty() {
        parts_mut(part).for_each(refer);
        if part.r#type() == SchemaType::Ref {
            let place = std::mem::take(&mut part.metadata);
            protobuf::put_in_place(&mut part.metadata, place);
        }
        return;
    }
    let id = std::mem::take(&mut part.schema_id);
    let place = std::mem::take(&mut part.metadata);
    *part = Schema { r#type: SchemaType::Ref.into(), r#ref: id, ..Schema::default() };
    protobuf::put_in_place(&mut part.metadata, place);
}
