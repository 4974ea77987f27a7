//! One service in one version: its definition and those who serve it.

use std::sync::Arc;

use semver::Version;

use crate::meta;
use crate::proto::{ServiceDefinition, ServiceStatus};

/// Service id and version.
pub type Key = (String, Version);

/// A service and its replicas.
pub struct Entry<I> {
    pub definition: Arc<ServiceDefinition>,
    pub fingerprint: [u8; 32],
    /// In the order in which they came; never empty.
    pub replicas: Vec<Replica<I>>,
}

/// One registration.
pub struct Replica<I> {
    pub number: u64,
    pub instance: I,
    pub status: ServiceStatus,
}

/// Those that serve best come first.
pub fn rank(status: ServiceStatus) -> u8 {
    match status {
        ServiceStatus::Available => 0,
        ServiceStatus::Degraded => 1,
        ServiceStatus::Unavailable => 2,
        ServiceStatus::StatusUnspecified => 3,
    }
}

impl<I> Entry<I> {
    /// The best status among the replicas.
    pub fn status(&self) -> ServiceStatus {
        let statuses = self.replicas.iter().map(|replica| replica.status);
        statuses.min_by_key(|status| rank(*status)).unwrap_or(ServiceStatus::Unavailable)
    }

    /// The definition with the labels that tell its state.
    pub fn labelled(&self, revision: u64) -> ServiceDefinition {
        labelled(&self.definition, self.status(), revision)
    }
}

/// A definition with the labels that tell its state.
pub fn labelled(definition: &ServiceDefinition, status: ServiceStatus, revision: u64) -> ServiceDefinition {
    let mut labelled = definition.clone();
    labelled.metadata.insert(meta::STATUS.into(), status.as_str_name().into());
    labelled.metadata.insert(meta::REVISION.into(), revision.to_string());
    labelled
}
