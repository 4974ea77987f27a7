//! GetTransports and GetOptimalTransport.

use hmsffi_core::Code;
use hmsffi_core::proto::{
    GetOptimalTransportRequest, GetOptimalTransportResponse, GetTransportsRequest, GetTransportsResponse,
    PerformanceRequirements, TransportType,
};

use super::{ask, hosting};
use crate::support::World;

const TRANSPORTS: &str = "hms.ffi.v1.TransportManager";

fn listed(world: &World, transport: TransportType) -> GetTransportsResponse {
    ask(world, TRANSPORTS, "GetTransports", &GetTransportsRequest { r#type: transport.into() }).expect("list")
}

fn best(
    world: &World,
    (source, target): (&str, &str),
    needs: PerformanceRequirements,
) -> hmsffi_core::Result<GetOptimalTransportResponse> {
    let request = GetOptimalTransportRequest {
        source_service_id: source.into(),
        target_service_id: target.into(),
        requirements: Some(needs),
    };
    ask(world, TRANSPORTS, "GetOptimalTransport", &request)
}

#[test]
fn the_ways_are_listed_with_figures_of_this_machine() {
    let world = hosting();
    let all = listed(&world, TransportType::Unspecified).transports;
    let types: Vec<TransportType> = all.iter().map(|transport| transport.r#type()).collect();
    assert_eq!(types, [TransportType::InProcess, TransportType::SharedMemory]);
    let latency: Vec<u64> = all
        .iter()
        .map(|transport| transport.config["hms.avg_latency_ns"].parse().expect("a number"))
        .collect();
    // The order of magnitude: a call without a process between is the faster one.
    assert!(0 < latency[0] && latency[0] < latency[1], "{latency:?}");
    for transport in &all {
        let performance = transport.performance.expect("performance");
        assert!(performance.avg_latency_us > 0 && performance.max_throughput_cps > 0, "{performance:?}");
        assert_eq!(transport.supported_languages.len(), 6);
    }
    assert_eq!(all, listed(&world, TransportType::Unspecified).transports, "they are measured once");
    let [only] = &listed(&world, TransportType::SharedMemory).transports[..] else { panic!("one") };
    assert_eq!(only, &all[1]);
    assert!(listed(&world, TransportType::Grpc).transports.is_empty());
}

#[test]
fn the_way_to_a_service_of_this_process_is_this_process() {
    let world = hosting();
    for source in ["", "s"] {
        let answer = best(&world, (source, "s"), PerformanceRequirements::default()).expect("a way");
        let transport = answer.transport.expect("transport");
        assert_eq!(transport.r#type(), TransportType::InProcess);
        assert_eq!(answer.performance, transport.performance);
        let reason = &transport.config["hms.rejected.shared_memory"];
        assert!(reason.contains("the same process"), "{reason}");
    }
}

#[test]
fn what_no_way_can_do_is_refused_with_a_reason_for_each() {
    let world = hosting();
    let needs = PerformanceRequirements { min_throughput_cps: i32::MAX, ..Default::default() };
    let error = best(&world, ("", "s"), needs).expect_err("too fast");
    assert_eq!(error.code(), Code::Unavailable);
    for reason in ["in_process: ", "calls per second, fewer than 2147483647", "shared_memory: "] {
        assert!(error.message().contains(reason), "{error}");
    }
    for (way, reason) in [("in_process", "calls per second, fewer"), ("shared_memory", "the same process")] {
        let told = error.detail(&format!("hms.rejected.{way}")).expect("a reason of its own");
        assert!(told.contains(reason), "{told}");
    }
    for service in [("", "nobody"), ("nobody", "s")] {
        let error = best(&world, service, PerformanceRequirements::default()).expect_err("not there");
        assert_eq!(error.code(), Code::NotFound, "{error}");
    }
}
