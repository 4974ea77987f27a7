//! Strict and loose binding: whether a service is what its caller was made for (`docs/binding.md`).
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | what a caller expects, and which version of a service it gets |
//! | `compare.rs` | a service beside what its caller expects, part by part |
//! | `report.rs` | what differs, in words and as JSON |

mod compare;
mod report;

use std::sync::{Arc, Mutex, Weak};

use semver::Version;

pub use report::{Difference, Mover, Report};

use crate::error::{Error, Result};
use crate::proto::{self, ServiceDefinition};
use crate::registry::{self, Resolved};
use crate::schema::Resolve;
use crate::service::Contract;

/// How close a service must be to what its caller was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The same major version; the service reads what the caller sends, and the caller what the service answers.
    Loose,
    /// The same major and minor version; schemas that each side could take over from the other.
    Strict,
}

impl Mode {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Loose => "loose",
            Mode::Strict => "strict",
        }
    }
}

/// What a caller was made for.
#[derive(Debug)]
pub struct Expectation {
    mode: Mode,
    expected: Versioned,
    /// What was found to fit last: it is not compared again.
    fits: Mutex<Weak<ServiceDefinition>>,
}

/// A definition with its version.
#[derive(Debug)]
struct Versioned {
    definition: Arc<ServiceDefinition>,
    version: Version,
}

impl Versioned {
    fn new(definition: Arc<ServiceDefinition>) -> Result<Versioned> {
        let version = registry::version(&definition.service_id, &definition.version)?;
        Ok(Versioned { definition, version })
    }
}

/// Reads a definition: JSON text whose members are those of the message `ServiceDefinition`, or the message in Protobuf.
pub fn read(what: &str, bytes: &[u8]) -> Result<ServiceDefinition> {
    proto::read(what, "service definition", bytes)
}

impl Expectation {
    /// That a service is as in this definition. Its schemas refer to each other and to those that are `registered`.
    ///
    /// Errors: INVALID_ARGUMENT when its version or a schema is none.
    pub fn new(definition: ServiceDefinition, mode: Mode, registered: &dyn Resolve) -> Result<Expectation> {
        Contract::of_service(&definition, registered)?;
        let expected = Versioned::new(Arc::new(definition))?;
        Ok(Expectation { mode, expected, fits: Mutex::default() })
    }

    /// What differs between a service and what is expected of it.
    ///
    /// Errors: INVALID_ARGUMENT when it is another service, or its version or a schema is none.
    pub fn compare(&self, provided: ServiceDefinition, registered: &dyn Resolve) -> Result<Report> {
        Contract::of_service(&provided, registered)?;
        self.report(&Arc::new(provided), registered)
    }

    pub(crate) fn report(
        &self,
        provided: &Arc<ServiceDefinition>,
        registered: &dyn Resolve,
    ) -> Result<Report> {
        let Expectation { mode, expected, .. } = self;
        let provided = Versioned::new(provided.clone())?;
        let (id, wanted) = (&provided.definition.service_id, &expected.definition.service_id);
        if !wanted.is_empty() && wanted != id {
            return Err(Error::invalid(format!(
                "service '{id}' is asked for, but what is expected of it is the definition of '{wanted}'"
            )));
        }
        Ok(Report {
            service: id.clone(),
            mode: *mode,
            expected: expected.version.clone(),
            provided: provided.version.clone(),
            differences: compare::differences(expected, &provided, registered),
        })
    }

    /// The highest version that fits, of those that a query accepts.
    ///
    /// Errors: FAILED_PRECONDITION that names each difference to the one that comes closest.
    pub(crate) fn choose<I>(
        &self,
        accepted: Vec<Resolved<I>>,
        registered: &dyn Resolve,
    ) -> Result<Resolved<I>> {
        let mut closest: Option<Report> = None;
        for resolved in accepted {
            if self.is_known_to_fit(&resolved.definition) {
                return Ok(resolved);
            }
            let report = self.report(&resolved.definition, registered)?;
            if report.fits() {
                *self.fits.lock().unwrap_or_else(|e| e.into_inner()) = Arc::downgrade(&resolved.definition);
                return Ok(resolved);
            }
            if closest.as_ref().is_none_or(|closest| report.breaking().count() < closest.breaking().count()) {
                closest = Some(report);
            }
        }
        Err(closest.map_or_else(|| Error::not_found("no version of the service is left"), Report::into_error))
    }

    fn is_known_to_fit(&self, definition: &Arc<ServiceDefinition>) -> bool {
        let fits = self.fits.lock().unwrap_or_else(|e| e.into_inner());
        fits.upgrade().is_some_and(|known| Arc::ptr_eq(&known, definition))
    }
}
