//! Schemas and differences as bytes.

use hmsffi_core::Code;
use hmsffi_core::proto::Schema;
use hmsffi_core::schema::exchange::{self, Form};
use prost::Message;
use serde_json::{Value, json};

use super::schema;

const TEXT: &str = r#"{"$id": "age", "type": "integer", "minimum": 0, "title": "Age"}"#;

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn a_schema_goes_from_each_form_into_each_other() {
    let message = schema(TEXT);
    let own = json!({"schema_id": "age", "type": "INTEGER", "constraints": {"minimum": 0.0}, "metadata": {"title": "Age"}});
    let mut written = value(TEXT.as_bytes());
    written["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    let own_text = own.to_string();
    for (from, bytes) in [
        (Form::Protobuf, message.encode_to_vec()),
        (Form::Json, message.encode_to_vec()),
        (Form::Json, own_text.clone().into_bytes()),
        (Form::JsonSchema, TEXT.into()),
    ] {
        let to = |form| exchange::convert(&bytes, from, form).expect("converted");
        assert_eq!(Schema::decode(&*to(Form::Protobuf).0).expect("message"), message);
        assert_eq!(value(&to(Form::Json).0), own);
        assert_eq!(value(&to(Form::JsonSchema).0), written);
        assert_eq!(to(Form::JsonSchema).1, []);
    }
}

#[test]
fn labels_are_kept_whatever_they_are_called() {
    let own = br#"{"type": "ANY", "metadata": {"type": "7", "empty": ""}}"#;
    let (written, _) = exchange::convert(own, Form::Json, Form::Json).expect("converted");
    assert_eq!(value(&written), value(own));
}

#[test]
fn losses_and_differences_are_lists() {
    let (_, losses) = exchange::convert(br#"{"not": {}}"#, Form::JsonSchema, Form::Json).expect("converted");
    assert_eq!(
        value(&exchange::losses(&losses)),
        json!([{"path": "", "keyword": "not", "reason": "there is no negation"}])
    );
    let found = exchange::compare(br#"{"type": "INTEGER"}"#, br#"{"type": "NUMBER"}"#).expect("compared");
    assert_eq!(
        value(&exchange::differences(&found)),
        json!([{"path": "$", "aspect": "type", "old": "INTEGER", "new": "NUMBER", "breaks_backward": false,
            "breaks_forward": true, "moves_first": "reader"}])
    );
}

#[test]
fn what_is_no_schema_is_refused() {
    for (bytes, form) in [(&b"\xff"[..], Form::Protobuf), (b"{]", Form::Json), (b"\xff", Form::JsonSchema)] {
        assert_eq!(
            exchange::convert(bytes, form, Form::Json).expect_err("refused").code(),
            Code::InvalidArgument
        );
    }
    let any = br#"{"type": "ANY"}"#;
    let error = exchange::compare(any, br#"{"kind": 1}"#).expect_err("refused");
    assert_eq!(error.message(), "the new schema: a schema has no member 'kind'");
    let error = exchange::compare(br#"{"type": "REF", "ref": "other"}"#, any).expect_err("refused");
    assert!(error.message().starts_with("the old schema: $: there is no schema 'other'"), "{error}");
}
