//! `hms watch`

use std::time::UNIX_EPOCH;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::{EventType, ServiceEvent};
use serde_json::json;

use super::completion::Service;
use crate::failure::Result;
use crate::{output, services};

/// Tell what happens to services: first those that are there, then every change
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms watch 'bill*' --json | jq -r .service")]
pub struct Watch {
    /// Only services whose ids match, with *, ? and [..]
    #[arg(default_value = "*", add = ArgValueCompleter::new(Service))]
    pattern: String,
    /// End after so many events
    #[arg(long, short = 'n', value_name = "NUMBER")]
    limit: Option<usize>,
}

impl Watch {
    pub fn run(&self, json: bool) -> Result<()> {
        let events = services::client()?.watch_services(&self.pattern)?;
        events.take(self.limit.unwrap_or(usize::MAX)).try_for_each(|event| {
            let event = event?;
            if json { output::compact(&described(&event)) } else { output::line(&told(&event)) }
        })
    }
}

fn kind(event: &ServiceEvent) -> &'static str {
    match event.event_type {
        EventType::ServiceAdded => "added",
        EventType::ServiceModified => "modified",
        EventType::ServiceRemoved => "removed",
        _ => "unknown",
    }
}

/// Everything on a line: what, which, how it is now, where.
fn told(event: &ServiceEvent) -> String {
    let service = &event.service;
    let pids: Vec<String> = services::pids(service).iter().map(u32::to_string).collect();
    let place = if pids.is_empty() { String::new() } else { format!("  process {}", pids.join(", ")) };
    let status = services::status(service).to_lowercase();
    let time = humantime::format_rfc3339_millis(event.time);
    format!("{time}  {:8}  {} {}  {status}{place}", kind(event), service.id, service.version)
}

fn described(event: &ServiceEvent) -> serde_json::Value {
    let time = event.time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    json!({
        "event": kind(event),
        "time_ms": time,
        "service": event.service.id,
        "version": event.service.version,
        "status": services::status(&event.service),
        "pids": services::pids(&event.service),
    })
}
