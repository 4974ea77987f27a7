//! How requests and answers are encoded, and what the services say whose work comes later.

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{CallRequest, CallResponse, ListServicesRequest, ListServicesResponse, StreamType};
use hmsffi_core::stream::Received;

use super::{CLIENT, ENCODINGS, Message, REGISTRY, SCHEMAS, ask_in, hosting};
use crate::support::World;

fn raw(
    world: &World,
    encoding: Encoding,
    content_type: &str,
    body: &[u8],
) -> hmsffi_core::Result<ListServicesResponse> {
    let request = Request { encoding, content_type, ..Request::bytes(body) };
    let answer = world.bind(REGISTRY, "ListServices").call(&request, &CallOptions::default())?;
    Ok(ListServicesResponse::read(encoding, answer.body.as_slice()))
}

#[test]
fn null_stands_for_a_request_without_any_field_set() {
    let world = hosting();
    for (encoding, nothing) in
        [(Encoding::Cbor, &[0xf6][..]), (Encoding::Json, b"null"), (Encoding::Protobuf, b"")]
    {
        assert_eq!(raw(&world, encoding, "", nothing).expect("list").services.len(), 1);
    }
}

#[test]
fn an_encoding_that_is_none_of_the_three_is_named() {
    let world = hosting();
    let refused = |encoding, content_type: &str| {
        let error = raw(&world, encoding, content_type, b"x").expect_err("refused");
        assert_eq!(error.code(), Code::InvalidArgument);
        error.message().to_owned()
    };
    let send = "Send application/protobuf, application/cbor or application/json";
    assert_eq!(refused(Encoding::Other, "text/xml"), format!("the request is 'text/xml'. {send}"));
    assert_eq!(refused(Encoding::Bytes, ""), format!("the request is 'application/octet-stream'. {send}"));
}

#[test]
fn bytes_that_are_not_the_message_are_refused_with_its_name() {
    let world = hosting();
    for (encoding, body) in [
        (Encoding::Protobuf, &b"\xff"[..]),
        (Encoding::Cbor, b"\x01"),
        (Encoding::Cbor, b"\xa0\x00"),
        (Encoding::Cbor, b""),
        (Encoding::Json, b"{"),
        (Encoding::Json, b"{} {}"),
        (Encoding::Json, br#"{"limit": "many"}"#),
    ] {
        let error = raw(&world, encoding, "", body).expect_err("refused");
        assert_eq!(error.code(), Code::InvalidArgument, "{encoding:?} {body:?}");
        assert!(error.message().starts_with("the request is not a ListServicesRequest: "), "{error}");
    }
}

#[test]
fn in_json_bytes_are_base64() {
    let world = hosting();
    let body = br#"{"service_id": "s", "method": "echo", "parameters": "+vs="}"#;
    let request = Request { encoding: Encoding::Json, ..Request::bytes(body) };
    let answer = world.bind(CLIENT, "Call").call(&request, &CallOptions::default()).expect("call");
    let json: serde_json::Value = serde_json::from_slice(answer.body.as_slice()).expect("JSON");
    assert_eq!(json["result"], "+vs=");
}

#[test]
fn what_comes_later_says_what_brings_it() {
    let world = hosting();
    let request = ListServicesRequest { name_pattern: "hms.*".into(), ..Default::default() };
    let services = world.runtime.registry.list(&request).expect("list").services;
    let mut count = 0;
    for service in services.iter().filter(|service| {
        service.service_id.starts_with("hms.ffi.v1.")
            && ![REGISTRY, CLIENT, SCHEMAS].contains(&service.service_id.as_str())
    }) {
        let later = |name: &str| !["GetTransports", "GetOptimalTransport"].contains(&name);
        for method in service.methods.iter().filter(|method| later(&method.name)) {
            let binding = world.bind(&service.service_id, &method.name);
            let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(b"") };
            let outcome = match method.stream_type() {
                StreamType::Unspecified => binding.call(&request, &CallOptions::default()).map(drop),
                _ => binding.open_stream(&request, &CallOptions::default()).and_then(|stream| {
                    assert!(!matches!(stream.receive(None)?, Received::Item(_)));
                    Ok(())
                }),
            };
            let error = outcome.expect_err("unimplemented");
            let name = format!("{}.{}", service.service_id, method.name);
            assert_eq!((error.code(), error.source()), (Code::Unimplemented, name.as_str()));
            let text = format!("{} is not in this version: it comes with ", &name["hms.ffi.v1.".len()..]);
            assert!(error.message().starts_with(&text), "{error}");
            count += 1;
        }
    }
    assert_eq!(count, 11);
}

#[test]
fn a_message_survives_each_encoding() {
    let world = hosting();
    for encoding in ENCODINGS {
        let request = CallRequest {
            service_id: "s".into(),
            method: "echo".into(),
            parameters: (0..=255).collect(),
            metadata: [("content-type".into(), "application/octet-stream".into())].into(),
            ..Default::default()
        };
        let answer = ask_in(&world, encoding, CLIENT, "Call", &request).expect("call");
        assert_eq!(
            CallResponse::read(encoding, answer.body.as_slice()).result,
            request.parameters,
            "{encoding:?}"
        );
    }
}
