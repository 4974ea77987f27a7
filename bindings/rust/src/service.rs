//! [`Service`]: a service put together from its methods.

use std::sync::{Mutex, PoisonError};

use crate::method_entry::MethodEntry;
use crate::server::ServiceHandler;
use crate::types::ServiceInfo;

/// A service put together from its methods, to be given to
/// [`register_service`](crate::Server::register_service).
///
/// ```
/// use hmsffi::{MethodEntry, Service};
///
/// let calc = Service::new("calc")
///     .version("1.2.0")
///     .method(MethodEntry::function("half", |n: i64| Ok(n / 2)));
/// ```
#[derive(Debug)]
pub struct Service {
    info: ServiceInfo,
    /// Given to the first server that asks: handlers have one owner.
    methods: Mutex<Vec<MethodEntry>>,
}

impl Service {
    /// A service with this id, of version `1.0.0`, without methods.
    pub fn new(id: impl Into<String>) -> Service {
        let info = ServiceInfo { id: id.into(), ..ServiceInfo::default() };
        Service { info, methods: Mutex::default() }
    }

    /// Sets the semantic version.
    pub fn version(mut self, version: impl Into<String>) -> Service {
        self.info.version = version.into();
        self
    }

    /// Sets the name for people.
    pub fn name(mut self, name: impl Into<String>) -> Service {
        self.info.name = name.into();
        self
    }

    /// Describes the service for people.
    pub fn description(mut self, description: impl Into<String>) -> Service {
        self.info.description = description.into();
        self
    }

    /// Adds a label.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Service {
        self.info.metadata.insert(key.into(), value.into());
        self
    }

    /// Adds a method.
    pub fn method(mut self, entry: MethodEntry) -> Service {
        self.methods.get_mut().unwrap_or_else(PoisonError::into_inner).push(entry);
        self
    }
}

impl ServiceHandler for Service {
    fn service_info(&self) -> ServiceInfo {
        self.info.clone()
    }

    fn methods(&self) -> Vec<MethodEntry> {
        std::mem::take(&mut self.methods.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
