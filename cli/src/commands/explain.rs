//! `hms explain`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{ServiceInfo, TransportType};
use serde_json::json;

use super::completion::Service;
use crate::failure::Result;
use crate::{output, services};

/// Tell which way calls of a service take, and why
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms explain greet@^1.2")]
pub struct Explain {
    /// An id, perhaps with the versions that will do
    #[arg(value_name = "SERVICE[@VERSION]", add = ArgValueCompleter::new(Service))]
    service: String,
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
    name: &'static str,
    is_chosen: bool,
    reason: String,
}

impl Explain {
    pub fn run(&self, json: bool) -> Result<()> {
        let client = services::client()?;
        let service = services::described_by(&*client, &self.service)?;
        let doors = doors(&service);
        if json {
            let described = doors
                .iter()
                .map(|door| json!({ "door": door.name, "chosen": door.is_chosen, "reason": door.reason }));
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
        let rows: Vec<_> = doors
            .into_iter()
            .map(|door| [door.name.into(), if door.is_chosen { "taken" } else { "no" }.into(), door.reason])
            .collect();
        output::table(["DOOR", "", "WHY"], &rows)
    }
}

/// In the order in which the library tries them.
fn doors(service: &ServiceInfo) -> Vec<Door> {
    let own = std::process::id();
    let pids = services::pids(service);
    let others: Vec<String> = pids.iter().filter(|pid| **pid != own).map(u32::to_string).collect();
    let is_here = pids.is_empty() || pids.contains(&own);
    let is_served = services::status(service) != "UNAVAILABLE";
    let here = match (is_here, is_served) {
        (true, true) => {
            format!("process {own}, the caller, serves it: the handler is called without leaving the process")
        }
        (true, false) => format!("it is known in process {own}, the caller, and not served"),
        (false, _) => format!("process {own}, the caller, does not host it"),
    };
    let shared = match (others.first(), is_served) {
        (None, _) => "no other process of this domain hosts it".to_owned(),
        (Some(_), _) if is_here && is_served => {
            format!("process {} hosts it too; the same process comes first", others.join(", "))
        }
        (Some(best), true) if others.len() > 1 => {
            format!(
                "processes {} of this user and domain host it: calls go to them, {best} first",
                others.join(", ")
            )
        }
        (Some(best), true) => format!("process {best} of this user and domain hosts it, and is connected"),
        (Some(best), false) => format!("process {best} hosted it and ended, or has stopped its server"),
    };
    let remote = "this version has none: a caller of another user or machine is not reached";
    vec![
        Door { name: SAME_PROCESS, is_chosen: is_here && is_served, reason: here },
        Door { name: SHARED_MEMORY, is_chosen: !is_here && is_served && !others.is_empty(), reason: shared },
        Door { name: "socket, TCP, HTTP, gRPC, WebSocket, queue", is_chosen: false, reason: remote.into() },
    ]
}
