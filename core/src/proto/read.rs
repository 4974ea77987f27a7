//! Messages as people and bindings hand them over.

use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Deserializer;

use crate::error::{Error, Result};

/// Reads a message of the type that people call `kind`: JSON text whose members are those of the message, or Protobuf. `what` names
/// it in errors, which are INVALID_ARGUMENT.
pub fn read<T: Message + Default + DeserializeOwned>(what: &str, kind: &str, bytes: &[u8]) -> Result<T> {
    // No message of Protobuf begins so: it would be the start of a group.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return T::decode(bytes)
            .map_err(|why| Error::invalid(format!("{what} is neither JSON nor a {kind} message: {why}")));
    }
    let mut unknown = None;
    let mut reader = Deserializer::from_slice(bytes);
    let message = serde_ignored::deserialize(&mut reader, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let message = message.and_then(|message| reader.end().map(|()| message));
    let message =
        message.map_err(|why| Error::invalid(format!("{what} is not the JSON of a {kind}: {why}")))?;
    match unknown {
        None => Ok(message),
        Some(path) => Err(Error::invalid(format!("{what}: a {kind} has no member '{path}'"))),
    }
}
