//! Types of handlers are the schemas of their methods.

mod support;

use std::collections::{BTreeMap, HashMap};

use hmsffi::prelude::*;
use hmsffi::{BigInt, DateTime, Decimal, Encoded, Uuid, Value, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use support::world;

/// A patient's record
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Not empty
    #[schemars(length(min = 1))]
    name: String,
    #[schemars(range(min = 0, max = 150))]
    age: u8,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    kind: Kind,
    born: DateTime,
    id: Uuid,
    price: Decimal,
    large: BigInt,
    anything: Value,
    #[serde(with = "serde_bytes")]
    #[schemars(schema_with = "schema::bytes")]
    picture: Vec<u8>,
    counts: BTreeMap<String, i64>,
    children: Vec<Record>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    InPatient,
    OutPatient,
}

fn record() -> Record {
    Record {
        name: "Ada".into(),
        age: 36,
        size: 7,
        note: None,
        tags: vec![],
        kind: Kind::OutPatient,
        born: DateTime("1815-12-10T00:00:00Z".into()),
        id: Uuid([1; 16]),
        price: Decimal("1.50".into()),
        large: BigInt("18446744073709551617".into()),
        anything: Value::Bool(true),
        picture: vec![1, 2],
        counts: [("a".into(), 1)].into(),
        children: vec![],
    }
}

fn read(schema: &[u8]) -> serde_json::Value {
    serde_json::from_slice(schema).unwrap()
}

#[test]
fn the_schema_of_a_type_says_what_its_fields_take() {
    let converted = schema::input_of::<Record>().unwrap();
    assert_eq!(read(&converted.losses), json!([]));
    let schema = read(&converted.schema);
    assert_eq!((&schema["type"], &schema["description"]), (&json!("OBJECT"), &json!("A patient's record")));
    assert_eq!(schema["metadata"]["hms.closed"], "true");
    let fields: HashMap<&str, &serde_json::Value> = schema["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["name"].as_str().unwrap(), field))
        .collect();
    let of = |name: &str| &fields[name]["schema"];
    assert_eq!(
        *of("name"),
        json!({"type": "STRING", "constraints": {"min_length": 1}, "description": "Not empty"})
    );
    let age =
        json!({"type": "INTEGER", "format": "uint8", "constraints": {"minimum": 0.0, "maximum": 150.0}});
    assert_eq!(*of("age"), age);
    assert_eq!(of("size")["format"], "uint64");
    assert_eq!(of("note")["one_of"], json!([{"type": "STRING"}, {"type": "NULL"}]));
    assert_eq!(of("kind")["enum_values"], json!([{"value": "in_patient"}, {"value": "out_patient"}]));
    let kinds = [
        ("born", "DATETIME"),
        ("id", "UUID"),
        ("price", "NUMBER"),
        ("large", "INTEGER"),
        ("picture", "BINARY"),
    ];
    for (name, kind) in kinds.into_iter().chain([("anything", "ANY"), ("counts", "MAP")]) {
        assert_eq!(of(name)["type"], kind, "{name}");
    }
    assert_eq!(of("children")["items"]["type"], "REF");
    let optional: Vec<&str> =
        fields.iter().filter(|(_, field)| field["required"] != true).map(|(name, _)| *name).collect();
    assert!(optional.len() == 2 && optional.contains(&"note") && optional.contains(&"tags"), "{optional:?}");
    let sent = read(&schema::output_of::<Record>().unwrap().schema);
    let tags = sent["fields"].as_array().unwrap().iter().find(|field| field["name"] == "tags").unwrap();
    assert_eq!(tags["required"], true);
}

#[test]
fn what_has_no_counterpart_is_listed() {
    let losses = read(&schema::input_of::<(u8, String)>().unwrap().losses);
    assert_eq!(losses[0]["keyword"], "prefixItems");
}

#[test]
fn a_value_of_a_type_fits_its_schema() {
    let echo = MethodEntry::typed("echo", |record: Record| Ok(record));
    let later = MethodEntry::typed_async("later", async |record: Record| Ok(record));
    let world = world(|server| {
        let service = Service::new("records").metadata("hms.validate", "always").method(echo).method(later);
        server.register_service(Box::new(service)).unwrap();
    });
    let records = world.service("records");
    let parent = Record { children: vec![record()], note: Some("well".into()), ..record() };
    for method in ["echo", "later"] {
        assert_eq!(records.call::<_, Record>(method, parent.clone()).unwrap(), parent, "{method}");
        let child = Record { name: String::new(), age: 200, ..record() };
        let wrong = Record { children: vec![child], ..record() };
        let refused = records.call::<_, Record>(method, wrong).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument);
        let told = format!("records.{method}: $.children[0].name: ");
        assert!(
            refused.message.starts_with(&told) && refused.message.contains("$.children[0].age: "),
            "{refused}"
        );
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code, reason = "only their schema counts")]
enum Shape {
    Circle { radius: f64 },
    Square(Square),
    Nothing,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema counts")]
struct Square {
    side: f64,
}

#[test]
fn the_tag_of_an_enum_says_whose_problems_are_told() {
    let converted = schema::input_of::<Shape>().unwrap();
    assert_eq!(read(&converted.losses), json!([]));
    assert_eq!(read(&converted.schema)["metadata"]["hms.discriminator"], "kind");
    let world = world(|server| {
        server.register_entry("shapes", MethodEntry::typed("draw", |_: Shape| Ok(true))).unwrap();
    });
    let draw = |shape| world.service("shapes").call::<_, bool>("draw", shape);
    assert!(
        draw(json!({"kind": "square", "side": 2.5})).unwrap() && draw(json!({"kind": "nothing"})).unwrap()
    );
    let refused = draw(json!({"kind": "square", "radius": 2.5})).unwrap_err();
    assert_eq!(refused.message, "shapes.draw: $.side: required");
}

#[test]
fn types_may_be_given_to_streams() {
    let up = MethodEntry::stream("up", |stream: ServerStream| stream.send(&"three"));
    let up = up.stream_type(StreamType::ServerStreaming).input_type::<u32>().output_type::<u32>();
    let world = world(|server| {
        let service = Service::new("count").metadata("hms.validate", "always").method(up);
        server.register_service(Box::new(service)).unwrap();
    });
    let mut stream = world.service("count").stream_call::<_, u32>("up", 3).unwrap();
    assert_eq!(stream.next().unwrap().unwrap_err().code, ErrorCode::Internal);
}

#[derive(Serialize, JsonSchema)]
struct Today {
    day: u8,
    prices: Encoded,
}

#[test]
fn a_value_that_is_encoded_once_may_be_anything() {
    let prices = BTreeMap::from([("tea".to_owned(), 2)]);
    let constant = Encoded::new(&prices).unwrap();
    let all = constant.clone();
    let world = world(|server| {
        let today = MethodEntry::typed("today", move |day: u8| Ok(Today { day, prices: constant.clone() }));
        let all = MethodEntry::typed("all", move |_: u8| Ok(all.clone()));
        let service = Service::new("prices").metadata("hms.validate", "always").method(today).method(all);
        server.register_service(Box::new(service)).unwrap();
    });
    let service = world.service("prices");
    assert_eq!(service.call::<_, BTreeMap<String, i32>>("all", 1).unwrap(), prices);
    assert_eq!(
        service.call::<_, BTreeMap<String, Value>>("today", 1).unwrap()["prices"],
        Value::Map(vec![("tea".to_owned(), Value::Int(2))])
    );
}

/// Its schema is none.
#[derive(Deserialize)]
struct Odd;

impl JsonSchema for Odd {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Odd".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "odd" })
    }
}

#[test]
fn a_type_whose_schema_is_none_is_refused_when_it_is_registered() {
    world(|server| {
        let entry = MethodEntry::typed("m", |_: Odd| Ok(1));
        let error = server.register_entry("odd", entry).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{error}");
    });
}
