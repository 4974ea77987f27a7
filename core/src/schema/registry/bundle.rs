//! A schema with all that it refers to inside of it.

use std::collections::HashSet;

use crate::proto::{Schema, SchemaType};
use crate::schema::Resolve;

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
    let fields = schema.fields.iter().filter_map(|field| field.schema.as_ref());
    let single = [&schema.items, &schema.key_schema, &schema.value_schema];
    let parts = fields.chain(&schema.one_of).chain(single.into_iter().flatten().map(|boxed| &**boxed));
    parts.for_each(|part| collect(part, ids));
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
        *schema = Schema { schema_id: id, ..found };
    }
    let fields = schema.fields.iter_mut().filter_map(|field| field.schema.as_mut());
    let single = [&mut schema.items, &mut schema.key_schema, &mut schema.value_schema];
    let parts =
        fields.chain(&mut schema.one_of).chain(single.into_iter().flatten().map(|boxed| &mut **boxed));
    parts.for_each(|part| bundle(part, inside, schemas));
}
