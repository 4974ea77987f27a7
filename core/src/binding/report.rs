//! What differs between a service and what its caller expects, in words and as JSON.

use std::fmt;

use semver::Version;
use serde_json::{Value, json};

use super::Mode;
use crate::error::Error;
use crate::meta;

/// Differences that an error tells; all are in its details.
const TOLD: usize = 5;

/// The side that is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    /// It was made for an older version, or for another service of the same version.
    Caller,
    /// It is older than what its caller was made for.
    Provider,
}

impl Mover {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Mover::Caller => "caller",
            Mover::Provider => "provider",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The method; empty = the service.
    pub method: String,
    /// `input_schema`, `output_schema` or `error_schemas[id]`; empty = no schema.
    pub part: String,
    /// Where in the schema, as `$.items[*].age`; empty = no schema.
    pub path: String,
    /// What differs there: `version`, `method`, `stream_type`, `error_schemas`, or what of a schema.
    pub aspect: &'static str,
    /// As the caller expects it.
    pub expected: String,
    /// As the service has it.
    pub provided: String,
    /// A loose binding is refused.
    pub breaks_loose: bool,
    /// A strict binding is refused.
    pub breaks_strict: bool,
    /// Who must move, where a binding is refused.
    pub mover: Mover,
}

impl Difference {
    /// Whether a binding of this mode is refused for it.
    pub fn breaks(&self, mode: Mode) -> bool {
        match mode {
            Mode::Loose => self.breaks_loose,
            Mode::Strict => self.breaks_strict,
        }
    }

    fn told(&self) -> Value {
        json!({
            "method": self.method,
            "part": self.part,
            "path": self.path,
            "aspect": self.aspect,
            "expected": self.expected,
            "provided": self.provided,
            "breaks_loose": self.breaks_loose,
            "breaks_strict": self.breaks_strict,
            "must_move": self.breaks_strict.then(|| self.mover.name()),
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in [&self.method, &self.part, &self.path].into_iter().filter(|word| !word.is_empty()) {
            write!(f, "{word} ")?;
        }
        write!(f, "{}: expected {}, provided {}", self.aspect, self.expected, self.provided)
    }
}

/// How a service and what its caller expects differ.
#[derive(Debug, Clone)]
pub struct Report {
    /// The service.
    pub service: String,
    /// How close it must be.
    pub mode: Mode,
    /// The version that the caller was made for.
    pub expected: Version,
    /// The version that it would get.
    pub provided: Version,
    /// All differences, those that break nothing too.
    pub differences: Vec<Difference>,
}

impl Report {
    /// Whether the caller may use the service.
    pub fn fits(&self) -> bool {
        self.breaking().next().is_none()
    }

    /// The differences for which the binding is refused.
    pub fn breaking(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|one| one.breaks(self.mode))
    }

    /// FAILED_PRECONDITION that names the first differences that break; all are in its detail [`meta::DIFFERENCES`], as JSON.
    pub fn into_error(self) -> Error {
        let told: Vec<String> = self.breaking().take(TOLD).map(ToString::to_string).collect();
        let more = match self.breaking().count().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let mover = match self.breaking().next().map(|first| first.mover) {
            Some(Mover::Provider) => "the provider must move",
            _ => "the caller must move",
        };
        let Report { service, mode, expected, provided, .. } = &self;
        Error::precondition(format!(
            "service '{service}' {provided} does not fit its caller, which was made for {expected} and binds {}: {}{more} \
             ({mover})",
            mode.name(),
            told.join("; "),
        ))
        .with_source(service)
        .with_detail(meta::DIFFERENCES, self.listed().to_string())
    }

    fn listed(&self) -> Value {
        self.differences.iter().map(Difference::told).collect()
    }

    /// A JSON object: `service`, `binding`, `expected_version`, `provided_version`, `fits`, and `differences`, a list of
    /// objects with the members of [`Difference`] by name, and `must_move`.
    pub fn to_json(&self) -> Vec<u8> {
        json!({
            "service": self.service,
            "binding": self.mode.name(),
            "expected_version": self.expected.to_string(),
            "provided_version": self.provided.to_string(),
            "fits": self.fits(),
            "differences": self.listed(),
        })
        .to_string()
        .into_bytes()
    }
}
