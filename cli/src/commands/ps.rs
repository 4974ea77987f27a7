//! `hms ps`

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use crate::failure::Result;
use crate::{output, services};

/// List the processes of the domain that host services
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms ps --json")]
pub struct Ps {}

impl Ps {
    pub fn run(&self, json: bool) -> Result<()> {
        let client = services::client()?;
        let mut hosted: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for service in services::listed(&*client, "*", false)? {
            for pid in services::pids(&service) {
                hosted.entry(pid).or_default().push(format!("{}@{}", service.id, service.version));
            }
        }
        if json {
            let described = hosted.iter().map(
                |(pid, hosted)| json!({ "pid": pid, "program": services::program(*pid), "services": hosted }),
            );
            return output::document(&described.collect::<Vec<_>>());
        }
        if hosted.is_empty() {
            services::nothing_here();
            return Ok(());
        }
        let rows: Vec<_> = hosted
            .iter()
            .map(|(pid, hosted)| {
                [pid.to_string(), hosted.join(", "), services::program(*pid).unwrap_or_default()]
            })
            .collect();
        output::table(["PID", "SERVICES", "PROGRAM"], &rows)
    }
}
