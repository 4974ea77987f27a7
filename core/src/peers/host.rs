//! What this process hosts, for those who call it.

use std::sync::{Arc, Weak};

use prost::Message;

use crate::error::{Error, Result};
use crate::proto::{ListServicesResponse, ServiceStatus, TransportType};
use crate::registry;
use crate::runtime::Runtime;
use crate::service::{Method, Service};
use crate::shm::link::serving::Host;
use crate::shm::link::wire::Resolve;

/// The services of a runtime, those that are hosted here.
pub struct Hosted(pub Weak<Runtime>);

impl Hosted {
    fn runtime(&self) -> Result<Arc<Runtime>> {
        self.0.upgrade().ok_or_else(|| Error::unavailable("the runtime of this process was closed"))
    }
}

impl Host for Hosted {
    fn resolve(&self, wanted: &Resolve) -> Result<(Arc<Service>, Arc<Method>)> {
        let resolved = self.runtime()?.registry.resolve(&format!("{}@{}", wanted.service, wanted.version))?;
        let here = resolved.instances.iter().map(|(service, _)| service).find(|service| {
            service.is_hosted() && !service.is_elsewhere() && service.takes(TransportType::SharedMemory)
        });
        let service =
            here.ok_or_else(|| Error::not_found(format!("no service '{}' is hosted here", wanted.service)))?;
        let method = service.method(&wanted.method);
        let method =
            method.ok_or_else(|| registry::method_not_found(&resolved.definition, &wanted.method))?;
        Ok((service.clone(), method))
    }

    fn services(&self) -> Vec<u8> {
        let services = self.runtime().map(|runtime| runtime.hosted()).unwrap_or_default();
        let labelled = |service: Arc<Service>| {
            let status =
                if service.gate.is_open() { ServiceStatus::Available } else { ServiceStatus::Unavailable };
            registry::labelled(&service.definition(), status, 0)
        };
        let services = services.into_iter().map(labelled).collect();
        ListServicesResponse { services, next_page_token: String::new() }.encode_to_vec()
    }
}
