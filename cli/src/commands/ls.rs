//! `hms ls`

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use hmsffi::ServiceInfo;

use super::completion::Service;
use crate::failure::Result;
use crate::{output, services};

/// List the services of the domain
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms ls 'bill*'")]
pub struct Ls {
    /// Only services whose ids match, with *, ? and [..]
    #[arg(default_value = "*", add = ArgValueCompleter::new(Service))]
    pattern: String,
    /// Also those that are part of the library: hms.*
    #[arg(long)]
    all: bool,
}

impl Ls {
    pub fn run(&self, json: bool) -> Result<()> {
        let client = services::client()?;
        let found = services::listed(&*client, &self.pattern, self.all)?;
        if json {
            return output::document(&found.iter().map(services::described).collect::<Vec<_>>());
        }
        if found.is_empty() {
            services::nothing_here();
            return Ok(());
        }
        let rows: Vec<_> = found.iter().map(row).collect();
        output::table(["SERVICE", "VERSION", "STATUS", "PID", "LANGUAGE", "METHODS"], &rows)
    }
}

fn row(service: &ServiceInfo) -> [String; 6] {
    let methods: Vec<&str> = service.methods.iter().map(|method| method.name.as_str()).collect();
    let pids: Vec<String> = services::pids(service).iter().map(u32::to_string).collect();
    [
        service.id.clone(),
        service.version.clone(),
        services::status(service).to_lowercase(),
        pids.join(","),
        services::language(service).unwrap_or_default().to_owned(),
        methods.join(", "),
    ]
}
