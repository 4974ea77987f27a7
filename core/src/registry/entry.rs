//! One service in one version: those who serve it, each with its own description and metadata.

use std::sync::Arc;

use semver::Version;

use super::filter::Filter;
use crate::meta;
use crate::proto::{ServiceDefinition, ServiceStatus};

/// Service id and version.
pub type Key = (String, Version);

/// A service and its replicas.
pub struct Entry<I> {
    /// Those of one definition, in the order in which they came.
    replicas: Vec<Replica<I>>,
    /// Those elsewhere that have another definition. They count no more than if they were not there, until it is the same; but for
    /// callers that say which definition they were made for.
    aside: Vec<Replica<I>>,
}

/// One registration.
pub struct Replica<I> {
    pub number: u64,
    /// Tells its definition from another.
    pub fingerprint: [u8; 32],
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

impl<I> Default for Entry<I> {
    fn default() -> Self {
        Entry { replicas: Vec::new(), aside: Vec::new() }
    }
}

impl<I> Entry<I> {
    /// The replicas that count; none only while the first one comes.
    pub fn replicas(&self) -> &[Replica<I>] {
        &self.replicas
    }

    /// Those elsewhere that have another definition, each definition apart.
    pub fn others(&self) -> Vec<Vec<&Replica<I>>> {
        let mut apart: Vec<Vec<&Replica<I>>> = Vec::new();
        for replica in &self.aside {
            match apart.iter_mut().find(|same| same[0].fingerprint == replica.fingerprint) {
                Some(same) => same.push(replica),
                None => apart.push(vec![replica]),
            }
        }
        apart
    }

    /// The replica that serves best, of equals the eldest.
    pub fn best(&self) -> &Replica<I> {
        self.replicas.iter().min_by_key(|replica| replica.rank()).unwrap_or(&self.replicas[0])
    }

    /// A replica here, other than this registration, that has another definition than this.
    pub fn other_here(&self, number: u64, fingerprint: [u8; 32]) -> Option<&Replica<I>> {
        self.replicas.iter().find(|replica| {
            replica.place == Place::Here && replica.number != number && replica.fingerprint != fingerprint
        })
    }

    pub fn add(&mut self, replica: Replica<I>) {
        self.replicas.push(replica);
        self.settle();
    }

    pub fn remove(&mut self, number: u64) -> Option<Replica<I>> {
        let is_it = |replica: &mut Replica<I>| replica.number == number;
        let removed = self.replicas.extract_if(.., is_it).chain(self.aside.extract_if(.., is_it)).next();
        self.settle();
        removed
    }

    /// Changes the replica of this registration.
    pub fn change(&mut self, number: u64, change: impl FnOnce(&mut Replica<I>)) {
        let mut all = self.replicas.iter_mut().chain(&mut self.aside);
        all.find(|replica| replica.number == number).map(change);
        self.settle();
    }

    /// The replica of this registration, whether it counts or not.
    pub fn replica(&self, number: u64) -> Option<&Replica<I>> {
        self.replicas.iter().chain(&self.aside).find(|replica| replica.number == number)
    }

    /// Looks which definition counts now: that of the replicas here; where there are none, of the one that serves best.
    fn settle(&mut self) {
        self.replicas.append(&mut self.aside);
        self.replicas.sort_by_key(|replica| replica.number);
        let first = self.replicas.iter().min_by_key(|replica| (replica.place, replica.rank()));
        if let Some(fingerprint) = first.map(|replica| replica.fingerprint) {
            self.aside = self.replicas.extract_if(.., |replica| replica.fingerprint != fingerprint).collect();
        }
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
