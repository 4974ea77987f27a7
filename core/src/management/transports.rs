//! `TransportManager`: which ways there are, how fast they are here, and which one a call would take.

use std::collections::HashMap;

use super::adapter::{Inbound, unary};
use super::figures::{self, Figure};
use super::{Held, later};
use crate::dispatch::doors::BUILT;
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{
    GetOptimalTransportRequest, GetOptimalTransportResponse, GetTransportsRequest, GetTransportsResponse,
    PerformanceCharacteristics, PerformanceRequirements, ServiceStatus, TransportDefinition, TransportType,
};
use crate::runtime::Runtime;
use crate::service::{DEFAULT_MAX_MESSAGE_SIZE, MethodSpec};

/// Languages whose services and callers can use a way.
const LANGUAGES: [&str; 6] = ["c", "c++", "go", "node.js", "python", "rust"];

pub fn methods(runtime: &Held) -> Vec<MethodSpec> {
    vec![
        later::method("TransportManager", "RegisterTransport", "network transports"),
        MethodSpec { idempotent: true, ..unary(runtime, "GetTransports", transports) },
        MethodSpec { idempotent: true, ..unary(runtime, "GetOptimalTransport", optimal) },
    ]
}

fn transports(_: &Inbound, request: GetTransportsRequest) -> Result<GetTransportsResponse> {
    let wanted = request.r#type();
    let asked = |transport: &TransportType| wanted == TransportType::Unspecified || wanted == *transport;
    Ok(GetTransportsResponse { transports: BUILT.into_iter().filter(asked).map(definition).collect() })
}

fn definition(transport: TransportType) -> TransportDefinition {
    let (name, description) = match transport {
        TransportType::InProcess => ("in process", "the handler is called in the caller's process"),
        _ => ("shared memory", "another process of this machine and domain, through memory that both have"),
    };
    let figure = figures::of(transport);
    let mut config = HashMap::new();
    if let Some(figure) = figure {
        // Microseconds are too coarse for it.
        config.insert(meta::AVG_LATENCY_NS.to_owned(), figure.latency_ns.to_string());
    }
    TransportDefinition {
        transport_id: transport.as_str_name().to_lowercase(),
        r#type: transport.into(),
        name: name.into(),
        description: description.into(),
        performance: Some(performance(transport, figure)),
        config,
        supported_languages: LANGUAGES.map(str::to_owned).into(),
    }
}

/// Zero where a figure is not known.
fn performance(transport: TransportType, figure: Option<Figure>) -> PerformanceCharacteristics {
    let whole = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
    PerformanceCharacteristics {
        avg_latency_us: figure.map_or(0, |figure| whole(figure.latency_ns.div_ceil(1000))),
        max_throughput_cps: figure.map_or(0, |figure| whole(figure.calls_per_second)),
        max_message_size_bytes: whole(DEFAULT_MAX_MESSAGE_SIZE),
        // A slot of the ring each way.
        memory_overhead_bytes: if transport == TransportType::SharedMemory { 256 } else { 0 },
    }
}

/// The fastest way from the source, or from this process where none is named, to the target.
fn optimal(inbound: &Inbound, request: GetOptimalTransportRequest) -> Result<GetOptimalTransportResponse> {
    let target = hosts(&inbound.runtime, &request.target_service_id)?;
    let source = match request.source_service_id.as_str() {
        "" => vec![own_process()],
        source => hosts(&inbound.runtime, source)?,
    };
    let needs = request.requirements.unwrap_or_default();
    let mut kept = None;
    let mut reasons = Vec::new();
    let mut candidates = BUILT.map(definition);
    candidates.sort_by_key(|candidate| latency_ns(candidate).unwrap_or(u64::MAX));
    for candidate in candidates {
        match refusal(&candidate, &source, &target, &needs) {
            Some(reason) => reasons.push((candidate.transport_id, reason)),
            None if kept.is_none() => kept = Some(candidate),
            None => {
                let reason = "it leads there too, and is slower".to_owned();
                reasons.push((candidate.transport_id, reason));
            }
        }
    }
    let told: Vec<String> = reasons.iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
    let rejected = reasons.into_iter().map(|(id, reason)| (format!("{}{id}", meta::REJECTED_PREFIX), reason));
    let Some(mut transport) = kept else {
        let none = Error::unavailable(format!(
            "no transport of this version leads to '{}' and does what is required ({})",
            request.target_service_id,
            told.join("; ")
        ));
        return Err(rejected.fold(none, |none, (key, reason)| none.with_detail(key, reason)));
    };
    transport.config.extend(rejected);
    let performance = transport.performance;
    Ok(GetOptimalTransportResponse { transport: Some(transport), performance })
}

fn own_process() -> String {
    std::process::id().to_string()
}

/// The processes that serve a service.
fn hosts(runtime: &Runtime, service: &str) -> Result<Vec<String>> {
    let known = runtime.registry.resolve(service);
    let resolved = match known {
        Ok(resolved) => resolved,
        Err(_) => {
            runtime.look_around();
            runtime.registry.resolve(service)?
        }
    };
    let serving = resolved.instances.iter().filter(|(_, status)| *status != ServiceStatus::Unavailable);
    Ok(serving
        .map(|(service, _)| match service.is_elsewhere() {
            // A process in another container has no number here: it is like no other.
            true => service
                .definition()
                .metadata
                .remove(meta::PID)
                .filter(|pid| pid != "0")
                .unwrap_or_else(|| format!("unknown, {}", service.number())),
            false => own_process(),
        })
        .collect())
}

/// Why a way will not do.
fn refusal(
    candidate: &TransportDefinition,
    source: &[String],
    target: &[String],
    needs: &PerformanceRequirements,
) -> Option<String> {
    let shared = source.iter().any(|process| target.contains(process));
    match candidate.r#type() {
        _ if target.is_empty() => return Some("nobody serves it now".into()),
        _ if source.is_empty() => return Some("nobody serves the source now".into()),
        TransportType::InProcess if !shared => return Some("no process hosts both source and target".into()),
        TransportType::SharedMemory if source.len() == 1 && source == target => {
            return Some("the same process hosts source and target, and no other".into());
        }
        _ => {}
    }
    let figures = candidate.performance?;
    let beyond = |needed: i32, has: i32| needed > 0 && has > needed;
    let short = |needed: i32, has: i32| needed > 0 && has < needed;
    let latency_us =
        latency_ns(candidate).map_or(i32::MAX, |ns| i32::try_from(ns / 1000).unwrap_or(i32::MAX));
    if beyond(needs.max_latency_us, latency_us) {
        return Some(format!("a call takes {latency_us} us, more than {}", needs.max_latency_us));
    }
    if short(needs.min_throughput_cps, figures.max_throughput_cps) {
        let has = figures.max_throughput_cps;
        return Some(format!("{has} calls per second, fewer than {}", needs.min_throughput_cps));
    }
    if short(needs.min_message_size_bytes, figures.max_message_size_bytes) {
        let has = figures.max_message_size_bytes;
        return Some(format!("{has} bytes at most, fewer than {}", needs.min_message_size_bytes));
    }
    if beyond(needs.max_memory_overhead_bytes, figures.memory_overhead_bytes) {
        let has = figures.memory_overhead_bytes;
        return Some(format!("{has} bytes for each call, more than {}", needs.max_memory_overhead_bytes));
    }
    None
}

fn latency_ns(candidate: &TransportDefinition) -> Option<u64> {
    candidate.config.get(meta::AVG_LATENCY_NS)?.parse().ok()
}
