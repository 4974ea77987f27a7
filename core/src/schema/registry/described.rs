//! Schemas that are registered as descriptors of Protobuf: what is kept is what the message takes.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::error::{Error, Result};
use crate::meta::PROTOBUF_DESCRIPTORS;
use crate::proto::{Schema, SchemaType};
use crate::schema::schema_of;

/// Whether a schema is given as descriptors; its id is the name of a message then, and need not be given.
pub fn is_described(schema: &Schema) -> bool {
    schema.metadata.contains_key(PROTOBUF_DESCRIPTORS)
}

/// The schema of the message that descriptors describe, with the labels and the description of the one that has them.
pub fn described(mut schema: Schema) -> Result<Schema> {
    let Some(set) = schema.metadata.remove(PROTOBUF_DESCRIPTORS) else { return Ok(schema) };
    let Schema { schema_id, description, metadata, .. } = schema.clone();
    let bare =
        Schema { r#type: SchemaType::Object.into(), schema_id, description, metadata, ..Schema::default() };
    if schema != bare {
        return Err(Error::invalid(format!(
            "schema '{}' has {PROTOBUF_DESCRIPTORS}, which say what it takes: let it be an OBJECT without anything but an id, a \
             description and labels",
            bare.schema_id
        )));
    }
    let set = BASE64_STANDARD
        .decode(set)
        .map_err(|why| Error::invalid(format!("{PROTOBUF_DESCRIPTORS} are not standard base64: {why}")))?;
    let message = schema_of(&set, &bare.schema_id)?;
    Ok(Schema { description: bare.description, metadata: bare.metadata, ..message })
}
