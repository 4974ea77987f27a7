//! The schemas that a schema is made of, one step further in.

use crate::proto::Schema;

/// Those of fields, alternatives, items, keys and values.
pub fn parts(schema: &Schema) -> impl Iterator<Item = &Schema> {
    let fields = schema.fields.iter().filter_map(|field| field.schema.as_ref());
    let single = [&schema.items, &schema.key_schema, &schema.value_schema];
    fields.chain(&schema.one_of).chain(single.into_iter().flatten().map(|boxed| &**boxed))
}

/// The same, to be changed.
pub fn parts_mut(schema: &mut Schema) -> impl Iterator<Item = &mut Schema> {
    let fields = schema.fields.iter_mut().filter_map(|field| field.schema.as_mut());
    let single = [&mut schema.items, &mut schema.key_schema, &mut schema.value_schema];
    fields.chain(&mut schema.one_of).chain(single.into_iter().flatten().map(|boxed| &mut **boxed))
}
