//! [`ServiceEvent`]: what happens to services.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::client::ServiceDefinition;
use crate::types::ServiceInfo;

/// What happened to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum EventType {
    /// Not known.
    Unknown = 0,
    /// It is there, or has come.
    ServiceAdded = 1,
    /// Its description, its replicas or its status have changed.
    ServiceModified = 2,
    /// It has gone.
    ServiceRemoved = 3,
}

/// A change of the services that run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Told")]
#[non_exhaustive]
pub struct ServiceEvent {
    /// What happened.
    pub event_type: EventType,
    /// The service after it, or as it was last.
    pub service: ServiceInfo,
    /// When.
    pub time: SystemTime,
}

/// Field names of the specification.
#[derive(Deserialize)]
struct Told {
    r#type: u32,
    service: ServiceDefinition,
    timestamp: u64,
}

impl From<Told> for ServiceEvent {
    fn from(told: Told) -> ServiceEvent {
        let event_type = match told.r#type {
            1 => EventType::ServiceAdded,
            2 => EventType::ServiceModified,
            3 => EventType::ServiceRemoved,
            _ => EventType::Unknown,
        };
        let time = UNIX_EPOCH + Duration::from_millis(told.timestamp);
        ServiceEvent { event_type, service: told.service.into(), time }
    }
}
