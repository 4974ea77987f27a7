//! Errors with data, and the types that methods declare for them.

mod support;

use std::collections::HashMap;

use hmsffi::prelude::*;
use hmsffi::{Value, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{World, world};

/// Too few are left.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct OutOfStock {
    left: u32,
    /// Where more may be
    shelves: Vec<Shelf>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Shelf {
    name: String,
}

impl ErrorData for OutOfStock {
    const SCHEMA: &'static str = "out_of_stock";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Closed {
    until: String,
}

impl ErrorData for Closed {
    const SCHEMA: &'static str = "closed";
}

fn out_of_stock() -> OutOfStock {
    OutOfStock { left: 3, shelves: vec![Shelf { name: "back".into() }] }
}

fn failure() -> Error {
    Error::new(ErrorCode::FailedPrecondition, "3 left").with_detail("shop", "7")
}

fn failing(error: Error, validate: &str) -> (World, Error) {
    let order = MethodEntry::typed("order", move |_: u32| Err::<u32, _>(error.clone()));
    let service = Service::new("shop").metadata("hms.validate", validate);
    let service = service.method(order.error_type::<OutOfStock>());
    let world = world(|server| server.register_service(Box::new(service)).unwrap());
    let error = world.service("shop").call::<_, u32>("order", 4u32).unwrap_err();
    (world, error)
}

#[test]
fn a_caller_gets_the_data_as_their_type() {
    let (_world, error) = failing(failure().with_data(&out_of_stock()), "always");
    assert_eq!((error.code, error.message.as_str()), (9, "3 left"));
    assert_eq!(error.details["shop"], "7");
    assert_eq!(error.schema(), Some("out_of_stock"));
    assert_eq!(error.data(), Some(out_of_stock()));
    assert_eq!(error.data::<Closed>(), None);
}

#[test]
fn a_caller_without_the_type_gets_a_value() {
    let data = HashMap::from([("left", Value::Int(3)), ("shelves", Value::List(vec![]))]);
    let (_world, error) = failing(failure().with_data_as("out_of_stock", &data), "always");
    let left: HashMap<String, Value> = error.data_as().unwrap();
    assert_eq!(left["left"], Value::Int(3));
    assert_eq!(error.data(), Some(OutOfStock { left: 3, shelves: vec![] }));
}

#[test]
fn a_handler_that_breaks_the_type_it_declares_is_told() {
    let (_world, error) =
        failing(failure().with_data_as("out_of_stock", &HashMap::from([("left", -1)])), "always");
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(error.message.contains("its error 'out_of_stock': $.left: -1 does not fit uint32; "), "{error}");
    assert_eq!(error.cause().unwrap().schema(), Some("out_of_stock"));
    let (_world, error) = failing(failure().with_data(&Closed { until: "Monday".into() }), "always");
    assert!(error.message.ends_with("it has no error 'closed'"), "{error}");
}

#[test]
fn a_method_declares_its_errors_under_the_id_of_their_type() {
    let declared = schema::error_of::<OutOfStock>().unwrap().schema;
    let declared: serde_json::Value = serde_json::from_slice(&declared).unwrap();
    assert_eq!(declared["schema_id"], "out_of_stock");
    assert_eq!(declared["description"], "Too few are left.");
    let (world, _) = failing(failure(), "inputs");
    let registry = world.service("hms.ffi.v1.ServiceRegistry");
    let shown: serde_json::Value =
        registry.call("GetService", HashMap::from([("service_id", "shop")])).unwrap();
    assert_eq!(shown["service"]["methods"][0]["error_schemas"][0]["schema_id"], "out_of_stock");
}

#[test]
fn data_pass_through_a_question_mark_and_behind_another_error() {
    let data = |error: &Error| error.data::<OutOfStock>();
    let error = failure().with_data(&out_of_stock());
    let wrapped = Error::new(ErrorCode::Aborted, "no").with_cause(&error);
    let (_world, arrived) = failing(wrapped, "always");
    assert_eq!((arrived.schema(), data(&arrived)), (None, None));
    assert_eq!(data(&arrived.cause().unwrap()), Some(out_of_stock()));

    let world = world(|server| {
        let failing = failing(error, "always");
        let pass = move |()| failing.0.service("shop").call::<_, u32>("order", 1u32);
        server.register_function("relay", "pass", pass).unwrap();
    });
    let passed = world.service("relay").call::<_, u32>("pass", ()).unwrap_err();
    assert_eq!(data(&passed), Some(out_of_stock()));
}

#[test]
fn data_that_cannot_be_read_do_not_hide_their_error() {
    let plain = failure();
    assert_eq!((plain.schema(), plain.data::<OutOfStock>()), (None, None));
    assert_eq!(plain.data_as::<Value>().unwrap_err().code, ErrorCode::NotFound);

    let lost = failure().with_detail("hms.error_schema", "out_of_stock").with_detail("hms.error_data", "?");
    let (_world, lost) = failing(lost, "inputs");
    assert_eq!((lost.code, lost.schema()), (9, Some("out_of_stock")));
    assert_eq!(lost.data::<OutOfStock>(), None);
    let why = lost.data_as::<OutOfStock>().unwrap_err();
    assert_eq!(why.code, ErrorCode::DataLoss);
    assert!(
        why.message.starts_with("the error 'out_of_stock' came without its data: hms.error_data is not"),
        "{why}"
    );

    let other = failure().with_data_as("out_of_stock", "three");
    assert_eq!(other.data::<OutOfStock>(), None);
    assert_eq!(other.data_as::<String>().unwrap(), "three");
}

#[test]
fn data_that_cannot_be_sent_do_not_hide_their_error() {
    let told = |error: Error| {
        assert_eq!((error.code, error.schema()), (9, None));
        error.message
    };
    let bytes = serde_bytes::Bytes::new(b"raw");
    assert_eq!(
        told(failure().with_data_as("closed", bytes)),
        "3 left (its data are not sent: they are bytes or a message of Protobuf, not a value)"
    );
    assert_eq!(
        told(failure().with_data_as("", &1)),
        "3 left (its data are not sent: error_data is there without error_schema: a failure has both, or is of no type)"
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Broken {
    part: String,
    inside: Vec<Broken>,
}

impl ErrorData for Broken {
    const SCHEMA: &'static str = "machines.Broken";
}

#[test]
fn data_may_contain_themselves() {
    let broken =
        || Broken { part: "engine".into(), inside: vec![Broken { part: "valve".into(), inside: vec![] }] };
    let run = move |()| Err::<(), _>(failure().with_data(&broken()));
    let service = Service::new("machines").metadata("hms.validate", "always");
    let service = service.method(MethodEntry::typed("run", run).error_type::<Broken>());
    let world = world(|server| server.register_service(Box::new(service)).unwrap());
    let error = world.service("machines").call::<_, ()>("run", ()).unwrap_err();
    assert_eq!(error.data(), Some(broken()), "{error}");
}
