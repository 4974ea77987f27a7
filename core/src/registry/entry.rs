//! One service in one version: those who serve it, each with its own description and metadata.

use std::sync::Arc;

use semver::Version;

use super::filter::Filter;
use super::services::no_registration;
use crate::error::Result;
use crate::meta;
use crate::proto::{ServiceDefinition, ServiceStatus};

/// Service id and version.
pub type Key = (String, Version);

/// A service and its replicas.
pub struct Entry<I> {
    /// What the definitions of all replicas have in common.
    pub fingerprint: [u8; 32],
    /// In the order in which they came; never empty.
    pub replicas: Vec<Replica<I>>,
}

/// One registration.
pub struct Replica<I> {
    pub number: u64,
    pub definition: Arc<ServiceDefinition>,
    pub instance: I,
    pub status: ServiceStatus,
    pub place: Place,
}

/// Where a replica is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In this process.
    Here,
    /// In another.
    Elsewhere,
}

/// How one service presents itself: the definitions of its replicas, those that serve best first, and the status of
/// the best.
pub struct Appearance {
    pub definitions: Vec<Arc<ServiceDefinition>>,
    pub status: ServiceStatus,
    /// Whether any of them is in another process.
    has_elsewhere: bool,
}

/// Those that serve best come first, of equals those that are here.
pub fn rank(status: ServiceStatus, place: Place) -> (u8, Place) {
    let rank = match status {
        ServiceStatus::Available => 0,
        ServiceStatus::Degraded => 1,
        ServiceStatus::Unavailable => 2,
        ServiceStatus::StatusUnspecified => 3,
    };
    (rank, place)
}

impl<I> Replica<I> {
    fn rank(&self) -> (u8, Place) {
        rank(self.status, self.place)
    }
}

impl<I> Entry<I> {
    /// The replica that serves best, of equals the eldest.
    pub fn best(&self) -> &Replica<I> {
        self.replicas.iter().min_by_key(|replica| replica.rank()).unwrap_or(&self.replicas[0])
    }

    /// Whether all its replicas are.
    pub fn is_elsewhere(&self) -> bool {
        self.replicas.iter().all(|replica| replica.place == Place::Elsewhere)
    }

    /// The replica of this registration.
    pub fn replica(&mut self, number: u64) -> Result<&mut Replica<I>> {
        let found = self.replicas.iter_mut().find(|replica| replica.number == number);
        found.ok_or_else(|| no_registration(number))
    }

    /// How the service presents itself now.
    pub fn appearance(&self) -> Appearance {
        let mut ranked: Vec<_> = self.replicas.iter().collect();
        ranked.sort_by_key(|replica| replica.rank());
        Appearance {
            status: ranked.first().map_or(ServiceStatus::Unavailable, |best| best.status),
            has_elsewhere: ranked.iter().any(|replica| replica.place == Place::Elsewhere),
            definitions: ranked.into_iter().map(|replica| replica.definition.clone()).collect(),
        }
    }
}

impl Appearance {
    /// The first definition that a filter lets through.
    pub fn through(&self, filter: &Filter) -> Option<&Arc<ServiceDefinition>> {
        self.definitions.iter().find(|definition| filter.fits(definition))
    }

    /// One of its definitions, with the labels that tell its state.
    pub fn labelled(&self, definition: &ServiceDefinition, revision: u64) -> ServiceDefinition {
        let mut labelled = labelled(definition, self.status, revision);
        if self.has_elsewhere {
            let here = std::process::id().to_string();
            let pid = |definition: &Arc<ServiceDefinition>| definition.metadata.get(meta::PID).cloned();
            let pids =
                self.definitions.iter().map(|definition| pid(definition).unwrap_or_else(|| here.clone()));
            labelled.metadata.insert(meta::PIDS.into(), pids.collect::<Vec<_>>().join(","));
        }
        labelled
    }
}

/// A definition with the labels that tell its state.
pub fn labelled(definition: &ServiceDefinition, status: ServiceStatus, revision: u64) -> ServiceDefinition {
    let mut labelled = definition.clone();
    labelled.metadata.insert(meta::STATUS.into(), status.as_str_name().into());
    labelled.metadata.insert(meta::REVISION.into(), revision.to_string());
    labelled
}
