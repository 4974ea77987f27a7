//! A schema with all that it refers to inside of it.

use std::collections::HashSet;

use crate::proto::{Schema, SchemaType};
use crate::schema::Resolve;
use crate::schema::parts::{parts, parts_mut};
use crate::schema::protobuf;

/// The same schema; what a REF to another one means comes to the place where it is met first, under its id.
pub fn bundled(schema: &Schema, schemas: &dyn Resolve) -> Schema {
    let mut inside = HashSet::new();
    collect(schema, &mut inside);
    let mut bundled = schema.clone();
    bundle(&mut bundled, &mut inside, schemas);
    bundled
}

fn collect(schema: &Schema, ids: &mut HashSet<String>) {
    ids.insert(schema.schema_id.clone());
    parts(schema).for_each(|part| collect(part, ids));
}

fn bundle(schema: &mut Schema, inside: &mut HashSet<String>, schemas: &dyn Resolve) {
    if schema.r#type() == SchemaType::Ref {
        let id = schema.r#ref.clone();
        if inside.contains(&id) {
            return;
        }
        let Some(found) = schemas.schema(&id) else { return };
        collect(&found, inside);
        inside.insert(id.clone());
        let place = std::mem::take(&mut schema.metadata);
        *schema = Schema { schema_id: id, ..found };
        protobuf::put_in_place(&mut schema.metadata, place);
    }
    parts_mut(schema).for_each(|part| bundle(part, inside, schemas));
}
