//! Protobuf messages as payloads.

mod support;

use std::collections::HashMap;

use hmsffi::prelude::*;
use hmsffi::{ContentType, Payload, Proto};
use hmsffi_example_proto::{ContactInfo, Gender, PatientRecord};
use support::world;

/// The first row of the data of the demo.
fn patient() -> PatientRecord {
    let text = include_str!("../../../examples/data/diabetes.csv");
    let mut lines = text.lines().map(|line| line.split(','));
    let row: HashMap<&str, &str> = lines.next().unwrap().zip(lines.next().unwrap()).collect();
    PatientRecord {
        id: "P001".into(),
        name: "Patient 001".into(),
        age: row["age"].parse().unwrap(),
        gender: Gender::Unspecified.into(),
        contacts: vec![ContactInfo { r#type: "mail".into(), value: "p001@example.org".into() }],
        attributes: row.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    }
}

#[test]
fn a_record_travels_as_protobuf_both_ways() {
    let world = world(|server| {
        server
            .register_method("records", "birthday", |Proto(mut patient): Proto<PatientRecord>| async move {
                patient.age += 1;
                Ok(Proto(patient))
            })
            .unwrap();
        server
            .register_raw("records", "type", |request| {
                let content_type = request.content_type().unwrap().to_string();
                Ok(Payload::new(content_type.into_bytes()).with_content_type(ContentType::Bytes))
            })
            .unwrap();
    });
    let records = world.service("records");
    let Proto(older) = records.call::<_, Proto<PatientRecord>>("birthday", Proto(patient())).unwrap();
    assert_eq!(older, PatientRecord { age: 60, ..patient() });
    assert_eq!(older.attributes["bmi"], "32.1");
    assert_eq!(records.call::<_, Vec<u8>>("type", Proto(patient())).unwrap(), b"application/protobuf");
}

#[test]
fn the_bytes_are_those_that_prost_writes() {
    let contact = ContactInfo { r#type: "mail".into(), value: "a@b".into() };
    let payload = Payload::encode(&Proto(contact.clone())).unwrap();
    assert_eq!(payload.bytes(), prost::Message::encode_to_vec(&contact));
    assert_eq!(payload.decode::<Vec<u8>>().unwrap(), b"\x0a\x04mail\x12\x03a@b");
}

#[test]
fn a_stream_carries_messages() {
    let world = world(|server| {
        server
            .register_stream_method("records", "echo", |mut stream: ServerStream| {
                while let Some(message) = stream.receive() {
                    stream.send(&message?.decode::<Proto<PatientRecord>>()?)?;
                }
                Ok(())
            })
            .unwrap();
    });
    let service = world.service("records");
    let mut stream = service.stream_call::<_, Proto<PatientRecord>>("echo", ()).unwrap();
    stream.send(&Proto(patient())).unwrap();
    assert_eq!(stream.receive().unwrap().unwrap().0, patient());
}

#[test]
fn a_message_and_a_value_are_not_taken_for_each_other() {
    let world = world(|server| {
        server
            .register_function("records", "age", |Proto(patient): Proto<PatientRecord>| Ok(patient.age))
            .unwrap();
        server.register_function("records", "text", |text: String| Ok(text)).unwrap();
    });
    let records = world.service("records");
    let error = records.call::<_, i32>("age", HashMap::from([("age", 59)])).unwrap_err();
    assert_eq!(error.message, "$: needs a Protobuf message, found application/cbor");
    let error = records.call::<_, i32>("age", vec![0u8]).unwrap_err();
    assert!(
        error.message.starts_with("$: needs a Protobuf message, found application/octet-stream"),
        "{error}"
    );
    let error = records.call::<_, String>("text", Proto(patient())).unwrap_err();
    assert_eq!(
        error.message,
        "$: needs text, found application/protobuf: take it as Proto<T>, Vec<u8> or Payload"
    );
    let error = Payload::encode(&[Proto(patient())]).unwrap_err();
    assert_eq!(error.message, "$[0]: a Protobuf message is a payload of its own, not part of a value");
    let damaged = Payload::new(b"\xff\xff").with_content_type(ContentType::Protobuf);
    assert_eq!(damaged.decode::<Proto<PatientRecord>>().unwrap_err().code, ErrorCode::InvalidArgument);
}
