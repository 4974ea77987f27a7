//! `hms explain`

use std::collections::HashMap;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{Client, ErrorCode, ServiceInfo, TransportType};
use serde::Deserialize;
use serde_json::json;

use super::completion::Service;
use crate::failure::Result;
use crate::{output, services};

/// Tell which way calls of a service take, what each way costs here, and why
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms explain greet@^1.2")]
pub struct Explain {
    /// An id, perhaps with the versions that will do
    #[arg(value_name = "SERVICE[@VERSION]", add = ArgValueCompleter::new(Service))]
    service: String,
}

/// Part of every runtime.
const MANAGER: &str = "hms.ffi.v1.TransportManager";

/// Its answers, in part: fields that are absent have their default.
#[derive(Deserialize)]
struct Transports {
    #[serde(default)]
    transports: Vec<Transport>,
}

#[derive(Deserialize)]
struct Optimal {
    transport: Transport,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Transport {
    transport_id: String,
    name: String,
    performance: Performance,
    config: HashMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Performance {
    max_throughput_cps: u64,
    max_message_size_bytes: u64,
    memory_overhead_bytes: u64,
}

const SAME_PROCESS: &str = "same process";
const SHARED_MEMORY: &str = "shared memory";

/// The name of a way that a call took.
pub fn named(door: TransportType) -> &'static str {
    match door {
        TransportType::InProcess => SAME_PROCESS,
        TransportType::SharedMemory => SHARED_MEMORY,
        _ => "unknown",
    }
}

/// A way to a service that was considered.
struct Door {
    name: String,
    is_chosen: bool,
    /// Nanoseconds of a call with 64 bytes; none = not known.
    latency_ns: Option<u64>,
    calls_per_second: Option<u64>,
    performance: Performance,
    reason: String,
}

impl Explain {
    pub fn run(&self, json: bool) -> Result<()> {
        let client = services::client()?;
        let service = services::described_by(&*client, &self.service)?;
        let doors = self.doors(&*client, &service)?;
        if json {
            let described = doors.iter().map(|door| {
                json!({
                    "door": door.name,
                    "chosen": door.is_chosen,
                    "latency_ns": door.latency_ns,
                    "calls_per_second": door.calls_per_second,
                    "max_message_bytes": door.performance.max_message_size_bytes,
                    "memory_overhead_bytes": door.performance.memory_overhead_bytes,
                    "reason": door.reason,
                })
            });
            return output::document(&json!({
                "service": service.id,
                "version": service.version,
                "status": services::status(&service),
                "doors": described.collect::<Vec<_>>(),
            }));
        }
        output::line(&format!(
            "{} {}: {}\n",
            service.id,
            service.version,
            services::status(&service).to_lowercase()
        ))?;
        let rows = doors.into_iter().map(|door| {
            [
                door.name,
                if door.is_chosen { "taken" } else { "no" }.into(),
                door.latency_ns.map_or_else(String::new, output::time),
                door.calls_per_second.map_or_else(String::new, |calls| calls.to_string()),
                door.reason,
            ]
        });
        output::table(["DOOR", "", "64 BYTES", "CALLS/S", "WHY"], &rows.collect::<Vec<_>>())
    }

    /// What the library's `TransportManager` says of each.
    fn doors(&self, client: &dyn Client, service: &ServiceInfo) -> Result<Vec<Door>> {
        let manager = client.get_service(MANAGER)?;
        let all: Transports = manager.call("GetTransports", json!({}))?;
        let best = manager.call("GetOptimalTransport", json!({ "target_service_id": self.service }));
        let (chosen, reasons) = match best {
            Ok(Optimal { transport }) => (transport.transport_id, transport.config),
            Err(none) if none.kind() == Some(ErrorCode::Unavailable) => (String::new(), none.details),
            Err(error) => return Err(error.into()),
        };
        let door = |transport: Transport| {
            let is_chosen = transport.transport_id == chosen;
            let rejected = reasons.get(&format!("hms.rejected.{}", transport.transport_id));
            Door {
                is_chosen,
                latency_ns: transport.config.get("hms.avg_latency_ns").and_then(|ns| ns.parse().ok()),
                calls_per_second: Some(transport.performance.max_throughput_cps).filter(|calls| *calls > 0),
                performance: transport.performance,
                reason: if is_chosen { hosts(service) } else { rejected.cloned().unwrap_or_default() },
                name: match transport.transport_id.as_str() {
                    "in_process" => SAME_PROCESS.into(),
                    "shared_memory" => SHARED_MEMORY.into(),
                    _ => transport.name,
                },
            }
        };
        Ok(all.transports.into_iter().map(door).collect())
    }
}

/// Who serves it.
fn hosts(service: &ServiceInfo) -> String {
    let pids = services::pids(service);
    match pids.as_slice() {
        [] => format!("process {}, the caller, hosts it", std::process::id()),
        [one] => format!("process {one} hosts it"),
        several => {
            let several: Vec<String> = several.iter().map(u32::to_string).collect();
            format!("processes {} host it, and take turns", several.join(", "))
        }
    }
}
