//! The specification's messages, generated from `proto/hms/ffi/v1/`.
//!
//! With serde they are maps by field name: `bytes` are byte strings, in JSON base64 text; enums are their numbers; what is
//! absent has its default.
#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/hms.ffi.v1.rs"));

/// The eight files as an encoded `google.protobuf.FileDescriptorSet`, without comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hms.ffi.v1.bin"));

mod bytes;
mod kinds;
mod read;

pub(crate) use read::read;

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
    fn bytes_are_base64_in_json() {
        let schema =
            Schema { default_value: Some(vec![1]), examples: vec![vec![250, 251]], ..Schema::default() };
        let json = serde_json::to_value(&schema).unwrap();
        assert_eq!((&json["default_value"], &json["examples"][0]), (&"AQ==".into(), &"+vs=".into()));
        assert_eq!(serde_json::from_value::<Schema>(json).unwrap(), schema);
        let wrong = serde_json::from_str::<CallRequest>(r#"{"parameters": "not base64!"}"#);
        assert!(wrong.is_err());
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
