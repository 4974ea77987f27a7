//! Payloads are checked against the schemas of their method on their way, through every door.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Outcome, Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::schema::{self, Schema};
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions, ServiceSpec};
use hmsffi_core::stream::{Item, Received};
use hmsffi_core::{Code, Error};
use serde_json::{Value, json};
use support::{World, method, stream_method, world};

fn schema(value: Value) -> Schema {
    schema::read("schema", value.to_string().as_bytes()).expect("schema")
}

/// `{"name": text, "times": 1 or more, 1 if it is left out}`
fn greeting() -> Schema {
    let mut greeting = schema(json!({"type": "OBJECT", "fields": [
        {"name": "name", "required": true, "schema": {"type": "STRING"}},
        {"name": "times", "schema": {"type": "INTEGER", "constraints": {"minimum": 1}}}
    ]}));
    greeting.fields[1].default_value = Some(b"1".to_vec());
    greeting
}

fn json_request(body: &[u8]) -> Request<'_> {
    Request { encoding: Encoding::Json, ..Request::bytes(body) }
}

fn answer(call: Call, body: &[u8]) {
    call.answer(Ok(Response::new(Buffer::copy_of(body), Encoding::Json))).expect("answer");
}

/// Counts how often a handler ran.
fn echo(name: &str, dispatch: Dispatch, ran: &Arc<AtomicUsize>) -> MethodSpec {
    let ran = ran.clone();
    let echo = method(name, move |call, request| {
        ran.fetch_add(1, Ordering::SeqCst);
        answer(call, request.body);
    });
    MethodSpec { dispatch, input_schema: Some(greeting()), ..echo }
}

/// Hosts them with this label, if it is not empty.
fn host(world: &World, validate: &str, methods: Vec<MethodSpec>) -> Result<(), Error> {
    let label = (!validate.is_empty()).then(|| ("hms.validate".to_owned(), validate.to_owned()));
    let (service_id, metadata) = ("greet".into(), label.into_iter().collect());
    let definition = ServiceDefinition { service_id, metadata, ..ServiceDefinition::default() };
    world.server.register(ServiceSpec { definition, methods }).map(drop)
}

fn call(world: &World, method: &str, body: &[u8]) -> Outcome {
    world.bind("greet", method).call(&json_request(body), &CallOptions::default())
}

fn body(outcome: Outcome) -> Vec<u8> {
    outcome.expect("answer").body.as_slice().to_vec()
}

#[test]
fn a_handler_never_sees_what_does_not_fit() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    let methods = vec![echo("direct", Dispatch::Direct, &ran), echo("pooled", Dispatch::Pool, &ran)];
    host(&world, "", methods).expect("register");
    for name in ["direct", "pooled"] {
        let error = call(&world, name, br#"{"times": 0}"#).expect_err("refused");
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(
            error.message(),
            format!("greet.{name}: $.times: 0 is below the minimum 1; $.name: required")
        );
        assert_eq!(error.source(), format!("greet.{name}"));
        let violations: Value = serde_json::from_str(error.detail("hms.violations").unwrap()).unwrap();
        assert_eq!(violations[1], json!({"path": "$.name", "message": "required", "code": "required"}));
    }
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    assert_eq!(
        body(call(&world, "direct", br#"{"name": "Ada", "times": 2}"#)),
        br#"{"name": "Ada", "times": 2}"#
    );
}

#[test]
fn a_handler_sees_the_defaults_that_were_left_out() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    let methods = vec![echo("direct", Dispatch::Direct, &ran), echo("pooled", Dispatch::Pool, &ran)];
    host(&world, "", methods).expect("register");
    for name in ["direct", "pooled"] {
        assert_eq!(body(call(&world, name, br#"{"name":"Ada"}"#)), br#"{"name":"Ada","times":1}"#);
    }
    let request = Request { encoding: Encoding::Cbor, ..Request::bytes(b"\xa1\x64name\x61A") };
    let answer = world.bind("greet", "direct").call(&request, &CallOptions::default());
    assert_eq!(body(answer), b"\xa2\x64name\x61A\x65times\x01");
}

#[test]
fn messages_of_protobuf_are_checked_and_completed_too() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    let mut method = echo("direct", Dispatch::Direct, &ran);
    for (number, field) in method.input_schema.iter_mut().flat_map(|schema| &mut schema.fields).enumerate() {
        let labels = field.schema.as_mut().map(|schema| &mut schema.metadata).expect("a schema");
        labels.insert("hms.protobuf.number".to_owned(), (number + 1).to_string());
    }
    host(&world, "", vec![method]).expect("register");
    let call = |body| {
        let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(body) };
        world.bind("greet", "direct").call(&request, &CallOptions::default())
    };
    let told = "greet.direct: $.times: 0 is below the minimum 1";
    assert_eq!(call(b"\x0a\x03Ada\x10\x00").expect_err("refused").message(), told);
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    assert_eq!(body(call(b"\x0a\x03Ada")), b"\x0a\x03Ada\x10\x01", "with the default");
    assert_eq!(body(call(b"\x0a\x03Ada\x10\x02")), b"\x0a\x03Ada\x10\x02");
}

#[test]
fn calls_that_are_not_waited_for_are_checked_too() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    host(&world, "", vec![echo("direct", Dispatch::Direct, &ran)]).expect("register");
    let binding = world.bind("greet", "direct");
    let submit = |body: &[u8]| {
        let (sender, receiver) = mpsc::channel();
        let completion = Box::new(move |outcome| sender.send(outcome).expect("receiver"));
        binding.submit(&json_request(body), &CallOptions::default(), completion)?;
        receiver.recv().expect("outcome")
    };
    assert_eq!(submit(b"{}").expect_err("refused").code(), Code::InvalidArgument);
    assert_eq!(body(submit(br#"{"name":"Ada"}"#)), br#"{"name":"Ada","times":1}"#);
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

fn broken_promise(validate: &str) -> Outcome {
    let world = world(ServerOptions::default());
    let liar = MethodSpec {
        output_schema: Some(schema(json!({"type": "ARRAY", "items": {"type": "INTEGER"}}))),
        ..method("liar", |call, _| answer(call, br#"[1, "two"]"#))
    };
    host(&world, validate, vec![liar]).expect("register");
    call(&world, "liar", b"null")
}

#[test]
fn answers_are_checked_where_the_service_asks_for_it() {
    let error = broken_promise("always").expect_err("refused");
    assert_eq!(error.code(), Code::Internal);
    let expected = "greet.liar: the handler broke its output schema: $[1]: needs INTEGER, found text \"two\"";
    assert_eq!(error.message(), expected);
    for validate in ["inputs", "never"] {
        assert!(broken_promise(validate).is_ok(), "{validate}");
    }
}

#[test]
fn nothing_is_checked_where_the_service_says_so() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    host(&world, "never", vec![echo("direct", Dispatch::Direct, &ran)]).expect("register");
    assert_eq!(body(call(&world, "direct", b"{}")), b"{}", "and no default is put in");
    let shown = world.bind("greet", "direct").method().service().expect("service").definition();
    assert_eq!(shown.metadata["hms.validate"], "never");
    assert_eq!(shown.methods[0].input_schema, Some(greeting()));
}

#[test]
fn typed_errors_fit_the_schema_that_they_name() {
    let world = world(ServerOptions::default());
    let failing = method("fail", |call, request| {
        let (id, data) = std::str::from_utf8(request.body).expect("text").split_once(' ').expect("two words");
        let error = Error::new(Code::NotFound, "gone");
        let error = error.with_detail("hms.error_schema", id).with_detail("hms.error_data", data);
        call.answer(Err(error)).expect("answer");
    });
    let error_schemas = vec![schema(json!({"schema_id": "missing", "type": "INTEGER"}))];
    host(&world, "always", vec![MethodSpec { error_schemas, ..failing }]).expect("register");
    let told = |body: &str| call(&world, "fail", body.as_bytes()).expect_err("an error");
    // 0x05 and 0xf5, which are 5 and true.
    assert_eq!(told("missing BQ==").code(), Code::NotFound);
    let broken = told("missing 9Q==");
    assert_eq!(broken.code(), Code::Internal);
    assert!(broken.message().ends_with("its error 'missing': $: needs INTEGER, found true"), "{broken}");
    assert_eq!(broken.cause().expect("the handler's own").code(), Code::NotFound);
    assert!(told("other BQ==").message().ends_with("it has no error 'other'"));
    let lost = told("missing BQ");
    assert_eq!((lost.code(), lost.cause().map(Error::code)), (Code::Internal, Some(Code::NotFound)));
    assert!(
        lost.message().contains("the error 'missing' came without its data: hms.error_data is not base64"),
        "{lost}"
    );
}

#[test]
fn a_service_with_a_schema_that_is_none_is_refused() {
    let world = world(ServerOptions::default());
    for validate in ["inputs", "never"] {
        let input_schema =
            Some(schema(json!({"type": "OBJECT", "fields": [{"name": "a", "schema": {"type": "UNION"}}]})));
        let method = MethodSpec { input_schema, ..method("m", |call, _| answer(call, b"null")) };
        let error = host(&world, validate, vec![method]).expect_err("refused");
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.message(), "input_schema of method 'greet.m': $.a: UNION needs one_of");
    }
}

#[test]
fn a_setting_that_there_is_not_is_refused() {
    let error = host(&world(ServerOptions::default()), "sometimes", Vec::new()).expect_err("refused");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(
        error.message(),
        "service 'greet' has hms.validate = 'sometimes'. Set it to inputs, always or never"
    );
}

#[test]
fn schemas_of_a_service_refer_to_each_other() {
    let world = world(ServerOptions::default());
    let person = MethodSpec {
        input_schema: Some(Schema { schema_id: "person".into(), ..greeting() }),
        ..method("one", |call, _| answer(call, b"null"))
    };
    let people = json!({"type": "ARRAY", "items": {"type": "REF", "ref": "person"}});
    let many =
        MethodSpec { input_schema: Some(schema(people)), ..method("many", |call, _| answer(call, b"null")) };
    host(&world, "", vec![person, many]).expect("register");
    let error = call(&world, "many", br#"[{"name": "Ada"}, {}]"#).expect_err("refused");
    assert_eq!(error.message(), "greet.many: $[1].name: required");
}

#[test]
fn a_method_that_is_added_later_is_checked_as_its_service_is() {
    let (world, ran) = (world(ServerOptions::default()), Arc::new(AtomicUsize::new(0)));
    host(&world, "inputs", Vec::new()).expect("register");
    world.server.add_method("greet", echo("later", Dispatch::Direct, &ran)).expect("add");
    assert_eq!(call(&world, "later", b"{}").expect_err("refused").code(), Code::InvalidArgument);
}

fn item(body: &[u8]) -> Item {
    Item { body: Buffer::copy_of(body), encoding: Encoding::Json, content_type: None }
}

#[test]
fn messages_of_streams_are_checked_one_by_one() {
    let world = world(ServerOptions::default());
    let relay = stream_method("relay", StreamType::BidirectionalStreaming, |call, _| {
        let stream = call.stream().expect("stream");
        while let Ok(Received::Item(item)) = stream.receive(None) {
            if let Err(error) = stream.send(item, None) {
                let _ = call.answer(Err(error));
                return;
            }
        }
        let _ = call.answer(Ok(Response::new(Buffer::EMPTY, Encoding::Bytes)));
    });
    let at_most_9 = Some(schema(json!({"type": "INTEGER", "constraints": {"maximum": 9}})));
    let numbers = Some(schema(json!({"type": "INTEGER"})));
    host(&world, "always", vec![MethodSpec { input_schema: numbers, output_schema: at_most_9, ..relay }])
        .expect("register");
    let open = || world.bind("greet", "relay").open_stream(&Request::bytes(b""), &CallOptions::default());
    let wait = Some(Duration::from_secs(10));
    let stream = open().expect("stream");
    stream.send(item(b"5"), wait).expect("sent");
    assert!(
        matches!(stream.receive(wait).expect("receive"), Received::Item(item) if item.body.as_slice() == b"5")
    );
    let refused = stream.send(item(b"\"x\""), wait).expect_err("refused");
    assert_eq!(refused.message(), "greet.relay: $: needs INTEGER, found text \"x\"");
    assert_eq!(stream.receive(wait).expect_err("it has ended"), refused);
    let stream = open().expect("stream");
    stream.send(item(b"10"), wait).expect("sent");
    let broken = stream.receive(wait).expect_err("broken");
    assert_eq!(broken.code(), Code::Internal);
    assert!(broken.message().ends_with("$: 10 is above the maximum 9"), "{broken}");
}

#[test]
fn the_request_of_a_server_stream_is_checked_as_a_whole() {
    let world = world(ServerOptions::default());
    let count = stream_method("count", StreamType::ServerStreaming, |call, _| {
        let _ = call.answer(Ok(Response::new(Buffer::EMPTY, Encoding::Bytes)));
    });
    host(&world, "always", vec![MethodSpec { input_schema: Some(greeting()), ..count }]).expect("register");
    let open =
        |body: &[u8]| world.bind("greet", "count").open_stream(&json_request(body), &CallOptions::default());
    assert_eq!(open(b"{}").err().expect("refused").code(), Code::InvalidArgument);
    let stream = open(br#"{"name": "Ada"}"#).expect("stream");
    assert!(matches!(stream.receive(None), Ok(Received::End)));
}
