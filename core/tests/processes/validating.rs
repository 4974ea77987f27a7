use std::time::Duration;

use hmsffi_core::Code;
use hmsffi_core::call::{Request, Response};
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{ServiceDefinition, StreamType};
use hmsffi_core::schema;
use hmsffi_core::service::{Dispatch, MethodSpec, ServiceSpec};
use hmsffi_core::stream::{Item, Received};

use super::{beside, found};
use crate::support::{World, method, stream_method};

/// Takes lists of at least one number; answers what it gets, which must have two at most.
fn serve(world: &World) {
    let read = |json: &str| Some(schema::read("schema", json.as_bytes()).expect("schema"));
    let numbers = r#"{"type": "ARRAY", "items": {"type": "INTEGER"}, "constraints": "#;
    let checked = |spec: MethodSpec| MethodSpec {
        input_schema: read(&format!(r#"{numbers}{{"min_items": 1}}}}"#)),
        output_schema: read(&format!(r#"{numbers}{{"max_items": 2}}}}"#)),
        ..spec
    };
    let echo = || {
        method("direct", |call, request| {
            let body = request.body.to_vec();
            let _ = call.answer(Ok(Response::new(body.into(), Encoding::Json)));
        })
    };
    let relay = stream_method("relay", StreamType::BidirectionalStreaming, |call, _| {
        let stream = call.stream().expect("stream");
        while let Ok(Received::Item(item)) = stream.receive(None) {
            stream.send(item, None).expect("send");
        }
        // Nobody waits for it when the stream was broken off.
        let _ = call.answer(Ok(Response::new(Vec::new().into(), Encoding::Bytes)));
    });
    let pooled = MethodSpec { name: "pooled".into(), dispatch: Dispatch::Pool, ..echo() };
    let definition = ServiceDefinition {
        service_id: "numbers".into(),
        metadata: [("hms.validate".into(), "always".into())].into(),
        ..ServiceDefinition::default()
    };
    let methods = [echo(), pooled, relay].into_iter().map(checked).collect();
    world.server.register(ServiceSpec { definition, methods }).expect("register");
}

#[test]
fn payloads_from_another_process_are_checked_where_they_arrive() {
    beside(
        "validating::payloads_from_another_process_are_checked_where_they_arrive",
        serve,
        |world, _, _| {
            for name in ["direct", "pooled"] {
                let binding = found(&world.client, "numbers", name);
                let call = |body: &[u8]| {
                    let request = Request { encoding: Encoding::Json, ..Request::bytes(body) };
                    binding.call(&request, &CallOptions::default())
                };
                assert_eq!(call(b"[1,2]").expect("answer").body.as_slice(), b"[1,2]");
                let refused = call(b"[]").expect_err("refused");
                assert_eq!(refused.code(), Code::InvalidArgument);
                assert_eq!(refused.message(), format!("numbers.{name}: $: 0 items; at least 1 are needed"));
                assert!(refused.detail("hms.violations").expect("detail").contains("min_items"));
                let broken = call(b"[1,2,3]").expect_err("broken");
                assert_eq!(broken.code(), Code::Internal);
            }
            let relay = found(&world.client, "numbers", "relay");
            let stream = relay.open_stream(&Request::bytes(b""), &CallOptions::default()).expect("stream");
            let item = |body: &[u8]| Item {
                body: body.to_vec().into(),
                encoding: Encoding::Json,
                content_type: None,
            };
            let wait = Some(Duration::from_secs(10));
            stream.send(item(b"[1]"), wait).expect("sent");
            assert!(
                matches!(stream.receive(wait), Ok(Received::Item(item)) if item.body.as_slice() == b"[1]")
            );
            stream.send(item(b"[]"), wait).expect("sent");
            let refused = stream.receive(wait).expect_err("refused");
            assert!(refused.message().contains("at least 1 are needed"), "{refused}");
        },
    );
}
