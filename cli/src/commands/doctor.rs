//! `hms doctor`

mod languages;
mod machine;
mod meeting;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::failure::Result;
use crate::output;

/// Examine this machine: languages, shared memory, the domain, limits, variables
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hms doctor --json\n\nExit code: 1 when something does not work.")]
pub struct Doctor {}

/// What was found.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// It is not there, and only who wants it needs it.
    Absent,
    /// It works, but not as well as it could.
    Weak,
    Broken,
}

impl Finding {
    fn new(what: impl Into<String>, state: State, found: impl Into<String>) -> Finding {
        Finding { what: what.into(), state, found: found.into(), advice: None }
    }

    fn ok(what: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding::new(what, State::Ok, found)
    }

    fn advise(mut self, advice: impl Into<String>) -> Finding {
        self.advice = Some(advice.into());
        self
    }
}

impl Doctor {
    pub fn run(&self, json: bool) -> Result<ExitCode> {
        let findings: Vec<Finding> = [
            machine::library(),
            meeting::findings(),
            machine::findings(),
            machine::variables(),
            languages::findings(),
        ]
        .into_iter()
        .flatten()
        .collect();
        if json {
            output::document(&findings)?;
        } else {
            show(&findings)?;
        }
        let is_broken = findings.iter().any(|finding| finding.state == State::Broken);
        Ok(ExitCode::from(u8::from(is_broken)))
    }
}

fn show(findings: &[Finding]) -> Result<()> {
    let width = findings.iter().map(|finding| finding.what.len()).max().unwrap_or(0);
    for Finding { what, state, found, advice } in findings {
        let mark = match state {
            State::Ok => "ok  ",
            State::Absent => "-   ",
            State::Weak => "weak",
            State::Broken => "BAD ",
        };
        output::line(&format!("{mark}  {what:width$}  {found}"))?;
        if let Some(advice) = advice {
            output::line(&format!("      {:width$}  -> {advice}", ""))?;
        }
    }
    Ok(())
}
