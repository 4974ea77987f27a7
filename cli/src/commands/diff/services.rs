//! Two services side by side: which bindings are refused.

use std::process::ExitCode;

use clap::ValueEnum;
use hmsffi::{Binding, compare_services};
use serde_json::Value;

use crate::failure::Result;
use crate::{output, schemas};

/// How close the second service must be to the first, for which callers were made.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Closeness {
    /// Same major version; each side reads what the other sends
    Loose,
    /// Same major and minor version, and schemas that are as good as the same
    Strict,
}

impl Closeness {
    fn binding(self) -> Binding {
        match self {
            Closeness::Loose => Binding::Loose,
            Closeness::Strict => Binding::Strict,
        }
    }

    /// What tells that a difference is forbidden.
    fn forbids(self) -> &'static str {
        match self {
            Closeness::Loose => "breaks_loose",
            Closeness::Strict => "breaks_strict",
        }
    }

    /// Tells what callers of the one find at the other.
    pub fn compare(self, expected: &[u8], provided: &[u8], as_json: bool) -> Result<ExitCode> {
        let report = schemas::json(&compare_services(expected, provided, self.binding())?)?;
        if as_json {
            output::document(&report)?;
        } else {
            for difference in report["differences"].as_array().into_iter().flatten() {
                output::line(&self.told(difference))?;
            }
        }
        Ok(if report["fits"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn told(self, difference: &Value) -> String {
        let of = |key: &str| difference[key].as_str().unwrap_or_default();
        let is_forbidden = difference[self.forbids()] == true;
        let mark = if is_forbidden { "breaks" } else { "ok    " };
        let place: String = ["method", "part", "path"]
            .into_iter()
            .map(of)
            .filter(|word| !word.is_empty())
            .map(|word| format!("{word} "))
            .collect();
        let moves =
            if is_forbidden { format!(" (the {} must move)", of("must_move")) } else { String::new() };
        format!(
            "{mark}  {place}{}: expected {}, provided {}{moves}",
            of("aspect"),
            of("expected"),
            of("provided")
        )
    }
}
