//! The services of the domain, as the commands show them.

use std::fs;

use hmsffi::{
    CallOptions, Client, ClientOptions, ContentType, MethodInfo, Payload, ServiceInfo, StreamType, new_client,
};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::schemas;

/// A client in the domain.
pub fn client() -> Result<Box<dyn Client>> {
    Ok(new_client(ClientOptions::default())?)
}

/// The services whose ids match, by id and version. Those that are part of every runtime come only when asked for.
pub fn listed(client: &dyn Client, pattern: &str, all: bool) -> Result<Vec<ServiceInfo>> {
    let mut found = client.list_services(pattern)?;
    if all && !pattern.starts_with(OWN) {
        let own = client.list_services(&format!("{OWN}*"))?;
        found.extend(own.into_iter().filter(|service| fast_glob::glob_match(pattern, &service.id)));
    }
    Ok(found)
}

/// The service that a name means, with all its replicas.
pub fn described_by(client: &dyn Client, name: &str) -> Result<ServiceInfo> {
    let meant = client.describe_service(name)?;
    // The list says more than the description: which processes serve it.
    let pattern: String = meant
        .id
        .chars()
        .flat_map(|c| "*?[]{}!\\".contains(c).then_some('\\').into_iter().chain([c]))
        .collect();
    let listed = client.list_services(&pattern)?;
    Ok(listed.into_iter().find(|service| service.version == meant.version).unwrap_or(meant))
}

/// How the ids of services begin that are part of every runtime.
const OWN: &str = "hms.";

/// The processes that serve it, the best first; none = this one alone.
pub fn pids(service: &ServiceInfo) -> Vec<u32> {
    let label = service.metadata.get("hms.pids").or_else(|| service.metadata.get("hms.pid"));
    label.map_or_else(Vec::new, |pids| pids.split(',').filter_map(|pid| pid.parse().ok()).collect())
}

/// Tells that there are none, and what to do.
pub fn nothing_here() {
    eprintln!(
        "hms: no services here. Start one: hms run service.py. Are they in another domain? hms doctor tells"
    );
}

/// AVAILABLE, UNAVAILABLE or DEGRADED.
pub fn status(service: &ServiceInfo) -> &str {
    service.metadata.get("hms.status").map_or("UNKNOWN", String::as_str)
}

/// The language that it is written in, where it says so.
pub fn language(service: &ServiceInfo) -> Option<&str> {
    service.metadata.get("hms.lang").map(String::as_str)
}

/// What a process runs, as it was started; none when it has ended or belongs to somebody else.
pub fn program(pid: u32) -> Option<String> {
    let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&words).replace('\0', " ");
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// How the messages of a method flow; none for a call.
pub fn stream_kind(method: &MethodInfo) -> Option<&'static str> {
    match method.stream_type {
        StreamType::ServerStreaming => Some("server stream"),
        StreamType::ClientStreaming => Some("client stream"),
        StreamType::Bidirectional => Some("bidirectional stream"),
        _ => method.is_streaming.then_some("stream"),
    }
}

/// Everything that is known of it.
pub fn described(service: &ServiceInfo) -> Value {
    let methods: Vec<Value> = service.methods.iter().map(described_method).collect();
    json!({
        "service": service.id,
        "version": service.version,
        "status": status(service),
        "name": service.name,
        "description": service.description,
        "pids": pids(service),
        "language": language(service),
        "methods": methods,
        "metadata": sorted(&service.metadata),
    })
}

/// Asks a service of the library, which says within its answer why it refuses.
pub fn ask(client: &dyn Client, service: &str, method: &str, request: &Value) -> Result<Value> {
    let request = Payload::new(request.to_string().into_bytes()).with_content_type(ContentType::Json);
    let reply = client.get_service(service)?.call_payload(method, request, &CallOptions::new())?;
    let answer = schemas::json(reply.value.bytes())?;
    match answer["error_message"].as_str() {
        None | Some("") => Ok(answer),
        Some(why) => Err(Failure::Refused(why.to_owned())),
    }
}

fn described_method(method: &MethodInfo) -> Value {
    json!({
        "name": method.name,
        "description": method.description,
        "stream": stream_kind(method),
        "dispatch": method.metadata.get("hms.dispatch"),
        "metadata": sorted(&method.metadata),
    })
}

fn sorted(pairs: &std::collections::HashMap<String, String>) -> std::collections::BTreeMap<&str, &str> {
    pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
