//! ServiceRegistry.WatchServices.

use std::time::Duration;

use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::{EventType, ServiceEvent, WatchServicesRequest};
use hmsffi_core::stream::{Received, Stream};
use hmsffi_core::{Code, Error};

use super::{ENCODINGS, Message, REGISTRY, hosting};
use crate::support::{World, method, reply};

fn watch(world: &World, encoding: Encoding, pattern: &str) -> Stream {
    let body = WatchServicesRequest { name_pattern: pattern.into(), ..Default::default() }.written(encoding);
    let request = Request { encoding, ..Request::bytes(&body) };
    world.bind(REGISTRY, "WatchServices").open_stream(&request, &CallOptions::default()).expect("open")
}

fn next(stream: &Stream, encoding: Encoding) -> (EventType, String) {
    let received = stream.receive(Some(Duration::from_secs(10))).expect("receive");
    let Received::Item(item) = received else { panic!("no event: {received:?}") };
    assert_eq!(item.encoding, encoding);
    let event = ServiceEvent::read(encoding, item.body.as_slice());
    (event.r#type(), event.service.expect("service").service_id)
}

fn failure(stream: &Stream) -> Error {
    stream.receive(Some(Duration::from_secs(10))).expect_err("the stream has ended")
}

#[test]
fn a_watch_begins_with_what_is_there_and_goes_on_with_changes() {
    let world = hosting();
    for encoding in ENCODINGS {
        let events = watch(&world, encoding, "?");
        assert_eq!(next(&events, encoding), (EventType::ServiceAdded, "s".into()));
        world.host("t", vec![method("m", |call, request| reply(call, request.body))]);
        assert_eq!(next(&events, encoding), (EventType::ServiceAdded, "t".into()));
        world.server.unregister("t").expect("unregister");
        assert_eq!(next(&events, encoding), (EventType::ServiceRemoved, "t".into()));
        assert!(matches!(events.receive(Some(Duration::ZERO)), Ok(Received::Pending)));
    }
}

#[test]
fn a_watch_that_cannot_be_is_refused() {
    let error = failure(&watch(&hosting(), Encoding::Cbor, "[a"));
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[test]
fn an_idle_watch_ends_when_its_caller_goes_away() {
    let world = hosting();
    let events = watch(&world, Encoding::Cbor, "s");
    next(&events, Encoding::Cbor);
    drop(events);
    let mut all = world.runtime.registry.resolve(REGISTRY).expect("resolve").instances;
    let (service, _) = all.remove(0);
    crate::support::eventually("the handler has ended", || service.gate.inside() == 0);
}

#[test]
fn a_watch_ends_with_its_runtime_also_when_nobody_reads_it() {
    let world = hosting();
    let idle = watch(&world, Encoding::Cbor, "s");
    next(&idle, Encoding::Cbor);
    let unread = watch(&world, Encoding::Cbor, "s");
    for _ in 0..100 {
        world.server.stop(None).expect("stop");
        world.server.start().expect("start");
    }
    world.runtime.close(Some(Duration::from_secs(10))).expect("close");
    while matches!(idle.receive(Some(Duration::from_secs(10))), Ok(Received::Item(_))) {}
    assert_eq!(failure(&idle).to_string(), "UNAVAILABLE (14): runtime 'test' was closed");
    while matches!(unread.receive(Some(Duration::from_secs(10))), Ok(Received::Item(_))) {}
    assert_eq!(failure(&unread).code(), Code::Unavailable);
}
