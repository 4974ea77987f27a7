//! Values through serde, and the vectors that the tests of every language read.

use std::collections::{BTreeMap, HashMap};

use hmsffi::{BigInt, ContentType, DateTime, Decimal, Encoded, ErrorCode, Payload, Uuid, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

fn golden() -> Vec<serde_json::Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/values.json");
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(vectors.len() > 200, "{} vectors", vectors.len());
    vectors
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn cbor(bytes: Vec<u8>) -> Payload<'static> {
    Payload::new(bytes).with_content_type(ContentType::Cbor)
}

/// The value of a vector.
fn value(node: &serde_json::Value) -> Value {
    let inside = &node["value"];
    if let Some(depth) = node["nested"].as_u64() {
        return (0..depth).fold(value(inside), |inner, _| match node["kind"].as_str() {
            Some("list") => Value::List(vec![inner]),
            _ => Value::Map(vec![("a".to_owned(), inner)]),
        });
    }
    let text = || inside.as_str().expect("text").to_owned();
    match node["kind"].as_str().expect("a kind") {
        "null" => Value::Null,
        "bool" => Value::Bool(inside.as_bool().unwrap()),
        "int" => {
            let digits = inside.as_str().map_or_else(|| inside.to_string(), str::to_owned);
            digits.parse().map(Value::Int).unwrap_or_else(|_| Value::Uint(digits.parse().unwrap()))
        }
        "bigint" => Value::BigInt(BigInt(text())),
        "float" => Value::Float(inside.as_f64().unwrap_or_else(|| text().parse().unwrap())),
        "text" => Value::Text(text()),
        "bytes" => Value::Bytes(unhex(&text())),
        "datetime" => Value::DateTime(DateTime(text())),
        "uuid" => Value::Uuid(Uuid(unhex(&text().replace('-', "")).try_into().unwrap())),
        "decimal" => Value::Decimal(Decimal(text())),
        "list" => Value::List(inside.as_array().unwrap().iter().map(value).collect()),
        "map" => {
            let entry = |entry: &serde_json::Value| (entry[0].as_str().unwrap().to_owned(), value(&entry[1]));
            Value::Map(inside.as_array().unwrap().iter().map(entry).collect())
        }
        other => panic!("kind {other}"),
    }
}

/// NaN equals NaN here, and 0.0 is not -0.0.
fn same(one: &Value, other: &Value) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

#[test]
fn golden_values_are_written_and_read() {
    for vector in golden().iter().filter(|vector| vector.get("error").is_none()) {
        let name = &vector["name"];
        let expected = value(vector);
        let bytes = unhex(vector["hex"].as_str().unwrap());
        let read: Value = cbor(bytes.clone()).decode().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(same(&read, &expected), "{name}: {read:?} is not {expected:?}");
        // Bytes as a whole payload are no CBOR.
        if !matches!(expected, Value::Bytes(_)) {
            let written = Payload::encode(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(written.bytes(), bytes, "{name}");
        }
        for also in vector["also"].as_array().into_iter().flatten() {
            let read: Value =
                cbor(unhex(also.as_str().unwrap())).decode().unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(same(&read, &expected), "{name}, {also}: {read:?} is not {expected:?}");
        }
    }
}

#[test]
fn golden_values_that_must_not_be_read_are_refused_with_their_reason() {
    for vector in golden().iter().filter(|vector| vector.get("error").is_some()) {
        let name = &vector["name"];
        let bytes = unhex(vector["hex"].as_str().unwrap());
        let error = cbor(bytes.clone()).decode::<Value>().expect_err(&format!("{name}"));
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{name}");
        let reason = vector["reason"].as_str().unwrap();
        assert!(error.message.contains(reason), "{name}: {error} lacks {reason}");
        // A type that ignores what is wrong does not hide it.
        assert!(cbor(bytes).decode::<serde::de::IgnoredAny>().is_err(), "{name}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i32, i32),
    Rectangle { width: u8, height: u8 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    unit: (),
    flag: bool,
    small: i8,
    large: u64,
    huge: i128,
    ratio: f32,
    exact: f64,
    letter: char,
    text: String,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    numbers: Vec<u8>,
    pair: (i16, String),
    absent: Option<u8>,
    present: Option<u8>,
    map: BTreeMap<String, Vec<Shape>>,
    when: DateTime,
    id: Uuid,
    price: Decimal,
    count: BigInt,
    anything: Value,
    #[serde(flatten)]
    rest: HashMap<String, u8>,
}

fn everything() -> Everything {
    Everything {
        unit: (),
        flag: true,
        small: -128,
        large: u64::MAX,
        huge: i128::MIN,
        ratio: 0.1,
        exact: 0.1,
        letter: 'ß',
        text: "naïve".into(),
        bytes: vec![0, 255],
        numbers: vec![0, 255],
        pair: (-1, "x".into()),
        absent: None,
        present: Some(3),
        map: BTreeMap::from([(
            "shapes".into(),
            vec![
                Shape::Point,
                Shape::Circle(1.0),
                Shape::Line(1, -2),
                Shape::Rectangle { width: 3, height: 4 },
            ],
        )]),
        when: DateTime("2013-03-21T20:04:00.5+02:00".into()),
        id: Uuid([7; 16]),
        price: Decimal("-12.50".into()),
        count: BigInt("-18446744073709551617".into()),
        anything: Value::List(vec![Value::Null, Value::Float(1.0)]),
        rest: HashMap::from([("more".into(), 1)]),
    }
}

fn there_and_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    Payload::encode(value).unwrap().decode().unwrap()
}

#[test]
fn rust_types_come_back_as_they_went() {
    assert_eq!(there_and_back(&Shape::Circle(2.5)), Shape::Circle(2.5));
    assert_eq!(there_and_back(&u128::MAX), u128::MAX);
    assert_eq!(there_and_back(&i128::MIN), i128::MIN);
    assert_eq!(there_and_back(&Some(Uuid([1; 16]))), Some(Uuid([1; 16])));
    // A flattened map makes serde guess types, which is why this comes without one.
    let whole = Everything { rest: HashMap::new(), ..everything() };
    #[derive(Debug, PartialEq, Deserialize)]
    struct Some {
        huge: i128,
        ratio: f32,
        letter: char,
        numbers: Vec<u8>,
        map: BTreeMap<String, Vec<Shape>>,
        when: DateTime,
        id: Uuid,
        price: Decimal,
        count: BigInt,
        anything: Value,
    }
    let some: Some = Payload::encode(&whole).unwrap().decode().unwrap();
    assert_eq!((some.huge, some.ratio, some.letter, &some.numbers), (i128::MIN, 0.1, 'ß', &whole.numbers));
    assert_eq!((&some.map, &some.when, &some.id), (&whole.map, &whole.when, &whole.id));
    assert_eq!((&some.price, &some.count, &some.anything), (&whole.price, &whole.count, &whole.anything));
}

#[test]
fn what_is_written_another_reader_reads() {
    let payload = Payload::encode(&everything()).unwrap();
    let outside: ciborium::Value = ciborium::from_reader(payload.bytes()).unwrap();
    let map: HashMap<String, ciborium::Value> = outside
        .into_map()
        .unwrap()
        .into_iter()
        .map(|(key, value)| (key.into_text().unwrap(), value))
        .collect();
    assert_eq!(map["large"], ciborium::Value::from(u64::MAX));
    assert_eq!(map["exact"], ciborium::Value::Float(0.1));
    assert_eq!(map["ratio"], ciborium::Value::Float(0.1f32.into()));
    assert_eq!(map["bytes"], ciborium::Value::Bytes(vec![0, 255]));
    assert_eq!(map["more"], ciborium::Value::from(1));
    assert_eq!(map["huge"], ciborium::Value::from(i128::MIN));
    let when = ciborium::Value::Tag(0, Box::new("2013-03-21T20:04:00.5+02:00".into()));
    assert_eq!(map["when"], when);
    assert_eq!(map.len(), 21);
}

#[test]
fn what_another_writer_writes_is_read() {
    let mut bytes = Vec::new();
    ciborium::into_writer(&(1.5f64, f64::NAN, -1i64, "text", [Some(true), None]), &mut bytes).unwrap();
    let (exact, nan, small, text, flags): (f64, f64, i8, String, [Option<bool>; 2]) =
        cbor(bytes).decode().unwrap();
    assert!(nan.is_nan());
    assert_eq!((exact, small, text.as_str(), flags), (1.5, -1, "text", [Some(true), None]));
}

fn from<T: DeserializeOwned>(value: impl Serialize) -> Result<T, hmsffi::Error> {
    Payload::encode(&value).unwrap().decode()
}

#[test]
fn integers_and_floats_stand_for_each_other_where_nothing_is_lost() {
    assert_eq!(from::<f64>(30).unwrap(), 30.0);
    assert_eq!(from::<u8>(30.0).unwrap(), 30);
    assert_eq!(from::<i64>(-9007199254740992.0).unwrap(), -(1 << 53));
    assert_eq!(
        from::<f64>(u64::MAX).unwrap_err().message,
        "$: 18446744073709551615 is past 2^53, where a float loses digits"
    );
    assert_eq!(from::<i64>(0.5).unwrap_err().message, "$: float 0.5 is not an integer up to 2^53");
    assert_eq!(from::<i64>(-0.0).unwrap_err().message, "$: -0.0 is not an integer");
    assert_eq!(from::<f32>(0.1).unwrap_err().code, ErrorCode::OutOfRange);
    assert!(from::<f32>(f64::NAN).unwrap().is_nan());
}

#[test]
fn a_number_that_does_not_fit_is_out_of_range() {
    let error = from::<HashMap<String, u64>>(HashMap::from([("n", -1)])).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (11, "$.n: -1 is not an unsigned 64-bit integer"));
    assert_eq!(from::<u8>(256).unwrap_err().message, "$: 256 is not an unsigned 8-bit integer");
    assert_eq!(from::<i64>(u128::MAX).unwrap_err().code, ErrorCode::OutOfRange);
}

#[test]
fn a_wrong_type_is_named_with_its_place() {
    let rows = HashMap::from([("rows", [HashMap::from([("the id", Some("x")), ("n", None)])])]);
    let error = from::<HashMap<String, Vec<HashMap<String, u8>>>>(&rows).unwrap_err();
    assert!(
        error.message == "$.rows[0][\"the id\"]: needs an integer, found text"
            || error.message == "$.rows[0].n: needs an integer, found null",
        "{error}"
    );
    assert_eq!(from::<String>(Uuid([0; 16])).unwrap_err().message, "$: needs text, found a UUID");
    assert_eq!(from::<DateTime>("2013").unwrap_err().message, "$: needs a date-time, found text");
    assert_eq!(from::<(u8, u8)>([1, 2, 3]).unwrap_err().message, "$: needs 2 entries, found 3");
    assert_eq!(from::<Shape>("Square").unwrap_err().code, ErrorCode::InvalidArgument);
}

#[test]
fn what_other_languages_cannot_hold_is_refused_when_writing() {
    fn refused(value: impl Serialize) -> String {
        let error = Payload::encode(&value).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument);
        error.message
    }
    assert_eq!(refused(HashMap::from([(1, 2)])), "$: map key is an integer; keys are text");
    assert_eq!(refused([BTreeMap::from([(Some(true), 2)])]), "$[0]: map key is a bool; keys are text");
    let twice =
        Value::Map(vec![("a".into(), Value::Null), ("b".into(), Value::Null), ("a".into(), Value::Null)]);
    assert_eq!(refused(vec![twice]), "$[0]: key \"a\" occurs twice");
    assert!(refused(DateTime("2013-03-21T20:04:00".into())).contains("has no offset"));
    assert!(
        refused(HashMap::from([("price", Decimal("NaN".into()))]))
            .starts_with("$.price: \"NaN\" is not a Decimal")
    );
    assert!(refused(BigInt("12x".into())).contains("is not an integer"));
    let deep = (0..65).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    assert!(refused(deep).ends_with("more than 64 lists and maps inside each other"));
    assert!(Payload::encode(&(0..64).fold(Value::Null, |inner, _| Value::List(vec![inner]))).is_ok());
}

#[test]
fn what_a_type_does_not_look_at_is_checked_too() {
    #[derive(Debug, Deserialize)]
    struct Known {
        #[serde(rename = "n")]
        _n: u8,
    }
    let refused = |hex: &str| cbor(unhex(hex)).decode::<Known>().unwrap_err().message;
    assert!(cbor(unhex("a2616e01617880")).decode::<Known>().is_ok());
    assert_eq!(refused("a2616e01617861ff"), "$.x: text is not UTF-8");
    assert_eq!(refused("a3616e01617802617803"), "$: key \"x\" occurs twice");
    assert_eq!(refused("a2616e01616e02"), "$: key \"n\" occurs twice");
    assert_eq!(refused("a2616e010102"), "$: map key is an integer; keys are text");
    assert_eq!(refused("a1616e0100"), "$: 1 byte follows the value");
    let deep = format!("a2616e016178{}f6", "81".repeat(100_000));
    assert!(refused(&deep).ends_with("more than 64 lists and maps inside each other"));
    let lists = cbor(unhex(&format!("{}f6", "81".repeat(100_000))));
    let error = lists.decode::<Value>().unwrap_err().message;
    assert!(error.ends_with("more than 64 lists and maps inside each other"), "{error}");
    let claimed = cbor(unhex("9b0fffffffffffffff01"));
    assert_eq!(claimed.decode::<Vec<u64>>().unwrap_err().message, "$[1]: the bytes end inside the value");
    let error = cbor(unhex("a26161016161f6")).decode::<HashMap<String, Option<u8>>>().unwrap_err();
    assert_eq!(error.message, "$: key \"a\" occurs twice");
}

#[test]
fn raw_bytes_are_refused_where_a_value_is_asked_for() {
    let raw = Payload::encode(&vec![1u8]).unwrap();
    assert_eq!(raw.content_type(), Some(&ContentType::Bytes));
    let error = raw.decode::<String>().unwrap_err();
    assert_eq!(error.message, "$: needs text, found application/octet-stream: take it as Vec<u8> or Payload");
    assert_eq!(raw.decode::<Value>().unwrap(), Value::Bytes(vec![1]));
    assert_eq!(raw.decode::<serde_bytes::ByteBuf>().unwrap().as_ref(), [1]);
}

#[test]
fn a_plain_vector_inside_a_value_is_a_list_and_takes_bytes_too() {
    #[derive(Serialize, Deserialize)]
    struct Holder {
        data: Vec<u8>,
    }
    let listed = Payload::encode(&Holder { data: vec![1, 2] }).unwrap();
    let expected = Value::List(vec![Value::Int(1), Value::Int(2)]);
    assert_eq!(listed.decode::<Value>().unwrap(), Value::Map(vec![("data".into(), expected)]));
    let bytes = Payload::encode(&HashMap::from([("data", serde_bytes::Bytes::new(b"xy"))])).unwrap();
    assert_eq!(bytes.decode::<Holder>().unwrap().data, b"xy");
}

#[derive(Serialize)]
struct Order<'a> {
    number: u32,
    settings: &'a Encoded,
}

#[test]
fn a_value_is_encoded_once_and_sent_many_times() {
    let settings = BTreeMap::from([
        ("mode", Value::Text("fast".to_owned())),
        ("steps", Value::List(vec![Value::Int(1)])),
    ]);
    let encoded = Encoded::new(&settings).unwrap();
    let plain = Payload::encode(&settings).unwrap();
    assert_eq!(encoded.bytes(), plain.bytes());
    for payload in [Payload::encode(&encoded).unwrap(), Payload::from(&encoded)] {
        assert_eq!(payload.bytes(), plain.bytes());
        assert_eq!(payload.content_type(), Some(&ContentType::Cbor));
    }
    let order =
        Payload::encode(&[Order { number: 1, settings: &encoded }, Order { number: 2, settings: &encoded }]);
    let read: Vec<BTreeMap<String, Value>> = order.unwrap().decode().unwrap();
    assert_eq!(read[0]["settings"], plain.decode::<Value>().unwrap());
    assert_eq!(read[1]["settings"], read[0]["settings"]);
    assert_eq!(encoded.decode::<Value>().unwrap(), read[0]["settings"]);

    let list = Value::List(vec![Value::Encoded(encoded.clone()), Value::Null]);
    let read: Value = Payload::encode(&list).unwrap().decode().unwrap();
    assert_eq!(read, Value::List(vec![encoded.decode().unwrap(), Value::Null]));

    // As a part of others: bytes are CBOR.
    let bytes = Encoded::new(&serde_bytes::Bytes::new(b"raw")).unwrap();
    assert_eq!(bytes.bytes(), b"\x43raw");
}

#[test]
fn an_encoded_value_counts_with_its_depth() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    let half = Encoded::new(&[nested(31)]).unwrap();
    let around = |times: usize| {
        let mut encoded = half.clone();
        for _ in 0..times {
            encoded = Encoded::new(&[&encoded])?;
        }
        Ok::<_, hmsffi::Error>(encoded)
    };
    assert_eq!(around(32).unwrap().bytes(), Payload::encode(&nested(64)).unwrap().bytes());
    let error = around(33).unwrap_err();
    assert_eq!(error.kind(), Some(ErrorCode::InvalidArgument));
    assert!(error.message.contains("more than 64 lists and maps"), "{error}");
}

#[test]
fn an_encoded_value_is_refused_where_something_else_is_written() {
    let encoded = Encoded::new("text").unwrap();
    let json = serde_json::to_string(&encoded).unwrap_err();
    assert!(json.to_string().contains("no part of another encoding"), "{json}");
    ciborium::into_writer(&encoded, Vec::new()).unwrap_err();
}
