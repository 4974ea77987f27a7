//! `hms info`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::ServiceInfo;

use super::completion::Service;
use crate::failure::Result;
use crate::{definition, output, services};

/// Describe a service: its methods, where they run, what they stream, its metadata
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hms info billing@^1.2\n  hms info billing --definition > billing.json")]
pub struct Info {
    /// An id, perhaps with the versions that will do
    #[arg(value_name = "SERVICE[@VERSION]", add = ArgValueCompleter::new(Service))]
    service: String,
    /// Print its definition: what `get_service` of a client can be told to expect, and what `hms diff` compares
    #[arg(long)]
    definition: bool,
}

impl Info {
    pub fn run(&self, json: bool) -> Result<()> {
        if self.definition {
            return output::document(&definition::written::running(&self.service)?);
        }
        let service = services::described_by(&*services::client()?, &self.service)?;
        if json { output::document(&services::described(&service)) } else { show(&service) }
    }
}

fn show(service: &ServiceInfo) -> Result<()> {
    output::line(&format!(
        "{} {}: {}",
        service.id,
        service.version,
        services::status(service).to_lowercase()
    ))?;
    if !service.description.is_empty() {
        output::line(&format!("  {}", service.description.trim()))?;
    }
    for pid in services::pids(service) {
        let program = services::program(pid).unwrap_or_else(|| "ended, or not visible from here".into());
        output::line(&format!("process {pid}: {program}"))?;
    }
    output::line("")?;
    let rows: Vec<_> = service
        .methods
        .iter()
        .map(|method| {
            let kind = services::stream_kind(method).unwrap_or("call");
            let dispatch = method.metadata.get("hms.dispatch").cloned().unwrap_or_default();
            [
                method.name.clone(),
                kind.to_owned(),
                dispatch,
                labels(&method.metadata),
                method.description.clone(),
            ]
        })
        .collect();
    output::table(["METHOD", "KIND", "DISPATCH", "LABELS", "DESCRIPTION"], &rows)?;
    let labels = labels(&service.metadata);
    if labels.is_empty() { Ok(()) } else { output::line(&format!("\nmetadata: {labels}")) }
}

/// The pairs that are not shown elsewhere.
fn labels(metadata: &std::collections::HashMap<String, String>) -> String {
    let shown = ["hms.dispatch", "hms.pid", "hms.pids", "hms.revision", "hms.status"];
    let mut pairs: Vec<String> = metadata
        .iter()
        .filter(|(key, _)| !shown.contains(&key.as_str()))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.sort();
    pairs.join(", ")
}
