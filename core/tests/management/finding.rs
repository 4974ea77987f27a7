//! ListServices, GetService, and what is offered.

use std::collections::BTreeSet;

use hmsffi_core::proto::{
    FILE_DESCRIPTOR_SET, GetServiceRequest, GetServiceResponse, ListServicesRequest, ListServicesResponse,
    ServiceStatus, StreamType,
};
use hmsffi_core::{Code, runtime::Runtime};
use prost::Message as _;

use super::descriptor::FileSet;
use super::{ENCODINGS, Message, REGISTRY, ask, ask_in, hosting, told_code};

fn named(pattern: &str) -> ListServicesRequest {
    ListServicesRequest { name_pattern: pattern.into(), ..Default::default() }
}

#[test]
fn every_runtime_offers_the_services_and_methods_of_the_specification() {
    let declared: BTreeSet<(String, String, StreamType)> = FileSet::decode(FILE_DESCRIPTOR_SET)
        .expect("descriptors")
        .files
        .iter()
        .flat_map(|file| &file.services)
        .flat_map(|service| {
            service.methods.iter().map(|method| {
                let stream_type = match (method.client_streaming, method.server_streaming) {
                    (false, false) => StreamType::Unspecified,
                    (false, true) => StreamType::ServerStreaming,
                    (true, false) => StreamType::ClientStreaming,
                    (true, true) => StreamType::BidirectionalStreaming,
                };
                (format!("hms.ffi.v1.{}", service.name), method.name.clone(), stream_type)
            })
        })
        .collect();
    assert_eq!(declared.len(), 29);

    let runtime = Runtime::new("").expect("runtime");
    let listed = runtime.registry.list(&named("hms.ffi.v1.*")).expect("list").services;
    assert!(listed.iter().all(|service| service.version == "1.0.0"));
    let offered = listed.iter().flat_map(|service| {
        service
            .methods
            .iter()
            .map(|method| (service.service_id.clone(), method.name.clone(), method.stream_type()))
    });
    assert_eq!(offered.collect::<BTreeSet<_>>(), declared);
}

#[test]
fn services_are_listed_in_each_encoding() {
    let world = hosting();
    for encoding in ENCODINGS {
        let answer = ask_in(&world, encoding, REGISTRY, "ListServices", &named("s")).expect("list");
        assert_eq!(answer.encoding(), encoding);
        let list = ListServicesResponse::read(encoding, answer.body.as_slice());
        let names: Vec<&str> = list.services[0].methods.iter().map(|method| method.name.as_str()).collect();
        assert_eq!((list.services.len(), names), (1, vec!["echo", "fail", "sleep"]), "{encoding:?}");
        assert_eq!(list.services[0].metadata["hms.status"], "AVAILABLE");
    }
}

#[test]
fn the_management_services_are_listed_when_the_pattern_names_them() {
    let world = hosting();
    for (pattern, count) in [("", 1), ("*", 1), ("hms.*", 6), ("hms.ffi.v1.ServiceRegistry", 1)] {
        let list: ListServicesResponse =
            ask(&world, REGISTRY, "ListServices", &named(pattern)).expect("list");
        assert_eq!(list.services.len(), count, "{pattern}");
    }
    let page: ListServicesResponse =
        ask(&world, REGISTRY, "ListServices", &ListServicesRequest { limit: 4, ..named("hms.*") })
            .expect("list");
    assert_eq!(page.services.len(), 4);
    let request = ListServicesRequest { page_token: page.next_page_token, ..named("hms.*") };
    let rest: ListServicesResponse = ask(&world, REGISTRY, "ListServices", &request).expect("list");
    assert_eq!((rest.services.len(), rest.next_page_token.as_str()), (2, ""));
}

#[test]
fn a_list_that_cannot_be_is_the_failure_of_the_call() {
    let error = ask::<_, ListServicesResponse>(&hosting(), REGISTRY, "ListServices", &named("[a"))
        .expect_err("refused");
    assert_eq!(
        (error.code(), error.source()),
        (Code::InvalidArgument, "hms.ffi.v1.ServiceRegistry.ListServices")
    );
    assert!(error.message().starts_with("name_pattern '[a' is not a glob"), "{error}");
}

#[test]
fn a_service_is_got_by_id_and_by_version_with_its_status() {
    let world = hosting();
    let get = |id: &str| -> GetServiceResponse {
        ask(&world, REGISTRY, "GetService", &GetServiceRequest { service_id: id.into() }).expect("get")
    };
    for id in ["s", "s@1.0.0", "s@^1"] {
        let got = get(id);
        assert_eq!(
            (got.service.expect("definition").service_id.as_str(), got.status),
            ("s", ServiceStatus::Available as i32)
        );
    }
    world.server.stop(None).expect("stop");
    assert_eq!(get("s").status, ServiceStatus::Unavailable as i32);
}

#[test]
fn a_service_that_is_not_there_is_told_within_the_answer() {
    let world = hosting();
    for encoding in ENCODINGS {
        let request = GetServiceRequest { service_id: "t".into() };
        let answer = ask_in(&world, encoding, REGISTRY, "GetService", &request).expect("answer");
        assert_eq!(told_code(&answer), Some("5"));
        let got = GetServiceResponse::read(encoding, answer.body.as_slice());
        assert_eq!(got.error_message, "NOT_FOUND (5): no service 't'. Running here: s");
        assert_eq!((got.service, got.status), (None, ServiceStatus::StatusUnspecified as i32));
    }
}
