//! CBOR of typed Rust values, there and back: what the Rust binding does, and the codecs of serde that are kept up, each against
//! ciborium in turns. One line of JSON for each row. The reasons for the choice are in docs/decisions/0011.

use std::hint::black_box;

use bench_types::measure;
use hmsffi::Payload;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Visit {
    name: String,
    age: u32,
    weight: f64,
    is_new: bool,
}

/// The specification's patient record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Patient {
    id: String,
    name: String,
    age: u32,
    gender: u32,
    contacts: Vec<Contact>,
    attributes: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Contact {
    r#type: String,
    value: String,
}

/// A codec: its name, how it writes and how it reads.
struct Codec<T> {
    name: &'static str,
    write: fn(&T) -> Vec<u8>,
    read: fn(&[u8]) -> T,
}

fn codecs<T: Serialize + DeserializeOwned>() -> [Codec<T>; 4] {
    [
        Codec {
            name: "ciborium",
            write: |value| {
                let mut bytes = Vec::with_capacity(64);
                ciborium::into_writer(value, &mut bytes).expect("CBOR");
                bytes
            },
            read: |bytes| ciborium::from_reader(bytes).expect("a value"),
        },
        Codec {
            name: "hmsffi for Rust, over minicbor",
            write: |value| Payload::encode(value).expect("CBOR").into_bytes(),
            read: |bytes| {
                let payload = Payload::new(bytes).with_content_type(hmsffi::ContentType::Cbor);
                payload.decode().expect("a value")
            },
        },
        Codec {
            name: "minicbor-serde",
            write: |value| minicbor_serde::to_vec(value).expect("CBOR"),
            read: |bytes| minicbor_serde::from_slice(bytes).expect("a value"),
        },
        Codec {
            name: "cbor4ii",
            write: |value| cbor4ii::serde::to_vec(Vec::with_capacity(64), value).expect("CBOR"),
            read: |bytes| cbor4ii::serde::from_slice(bytes).expect("a value"),
        },
    ]
}

fn compare<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(what: &str, value: &T) {
    let [ciborium, others @ ..] = codecs::<T>();
    for codec in others {
        assert_eq!((ciborium.read)(&(codec.write)(value)), *value, "{}", codec.name);
        assert_eq!((codec.read)(&(ciborium.write)(value)), *value, "{}", codec.name);
        let there_and_back = |codec: &Codec<T>| {
            let bytes = (codec.write)(black_box(value));
            black_box((codec.read)(black_box(&bytes)));
        };
        let (own, other) = measure(&mut || there_and_back(&codec), &mut || there_and_back(&ciborium));
        let title = format!("{what}, there and back: {}", codec.name);
        let row =
            json!({"title": title, "ns": own, "against": "ciborium", "against_ns": other, "limit": null});
        println!("{row}");
    }
}

fn main() {
    let visit = Visit { name: "Ada Lovelace".into(), age: 36, weight: 55.4, is_new: false };
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let patient = Patient {
        id: "P001".into(),
        name: "Patient 001".into(),
        age: 59,
        gender: 0,
        contacts: vec![Contact { r#type: "email".into(), value: "ada@example.org".into() }],
        attributes: [
            text("sex_code", "2"),
            text("bmi", "32.1"),
            text("bp", "101"),
            text("tc", "157"),
            text("ldl", "93.2"),
            text("hdl", "38"),
            text("tch", "4"),
            text("ltg", "4.8598"),
            text("glu", "87"),
            text("progression", "151"),
        ]
        .into(),
    };
    compare("four fields", &visit);
    compare("patient record", &patient);
}
