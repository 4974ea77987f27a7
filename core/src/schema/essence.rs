//! A schema without names for people, descriptions and labels, but for those that say what is taken.

use super::parts::parts_mut;
use crate::meta;
use crate::proto::Schema;

/// Leaves the words out. Labels become text in a fixed order, as that of a map differs from one process to the next.
pub fn keep(schema: &mut Schema) {
    schema.metadata.retain(|label, _| meta::says_what_is_taken(label));
    let mut labels: Vec<String> =
        schema.metadata.drain().map(|(label, to)| format!("{label}={to}")).collect();
    labels.sort();
    // Where there was the description is an order.
    schema.description = labels.join("\n");
    for value in &mut schema.enum_values {
        value.display_name.clear();
        value.description.clear();
    }
    for field in &mut schema.fields {
        field.description.clear();
    }
    parts_mut(schema).for_each(keep);
}
