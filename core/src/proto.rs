//! The specification's messages, generated from `proto/hms/ffi/v1/`.
//!
//! With serde they are maps by field name: `bytes` are byte strings, enums their numbers, and what is absent has its
//! default.
#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/hms.ffi.v1.rs"));

/// The eight files as an encoded `google.protobuf.FileDescriptorSet`, without comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hms.ffi.v1.bin"));

/// `repeated bytes` in serde; serde_bytes has no form for lists.
mod byte_strings {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_bytes::{ByteBuf, Bytes};

    pub fn serialize<S: Serializer>(items: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.iter().map(|item| Bytes::new(item)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let items = Vec::<ByteBuf>::deserialize(deserializer)?;
        Ok(items.into_iter().map(ByteBuf::into_vec).collect())
    }
}

#[cfg(test)]
mod tests {
    use ciborium::Value;

    use super::{CallRequest, CallResponse, CallStatus, Schema, SchemaType};

    fn member(map: &Value, name: &str) -> Option<Value> {
        map.as_map()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value.clone())
    }

    #[test]
    fn bytes_are_cbor_byte_strings_also_when_optional_or_repeated() {
        let schema =
            Schema { default_value: Some(vec![1]), examples: vec![vec![2], vec![3, 4]], ..Schema::default() };
        let map = Value::serialized(&schema).unwrap();
        assert_eq!(member(&map, "default_value"), Some(Value::Bytes(vec![1])));
        let examples = vec![Value::Bytes(vec![2]), Value::Bytes(vec![3, 4])];
        assert_eq!(member(&map, "examples"), Some(Value::Array(examples)));
        assert_eq!(map.deserialized::<Schema>().unwrap(), schema);

        let request = CallRequest { parameters: vec![0, 255], ..CallRequest::default() };
        let map = Value::serialized(&request).unwrap();
        assert_eq!(member(&map, "parameters"), Some(Value::Bytes(vec![0, 255])));
    }

    #[test]
    fn enums_are_their_numbers() {
        let schema = Schema { r#type: SchemaType::Email as i32, ..Schema::default() };
        assert_eq!(member(&Value::serialized(&schema).unwrap(), "type"), Some(Value::Integer(20.into())));
    }

    #[test]
    fn absent_members_have_their_default_and_unknown_ones_do_not_matter() {
        let map = Value::Map(vec![
            (Value::Text("status".into()), Value::Integer(1.into())),
            (Value::Text("from_the_future".into()), Value::Bool(true)),
        ]);
        let response: CallResponse = map.deserialized().unwrap();
        assert_eq!(response, CallResponse { status: CallStatus::Ok as i32, ..CallResponse::default() });
    }
}
