//! The registry through its public interface.

#[path = "registry/listing.rs"]
mod listing;
#[path = "registry/naming.rs"]
mod naming;
#[path = "registry/registering.rs"]
mod registering;
#[path = "registry/sharing.rs"]
mod sharing;
#[path = "registry/watching.rs"]
mod watching;

use hmsffi_core::Error;
use hmsffi_core::proto::{MethodDefinition, ServiceDefinition, ServiceStatus};
use hmsffi_core::registry::{Registration, Registry};

const UP: ServiceStatus = ServiceStatus::Available;

fn method(name: &str) -> MethodDefinition {
    MethodDefinition { name: name.into(), ..MethodDefinition::default() }
}

fn service(id: &str, version: &str) -> ServiceDefinition {
    ServiceDefinition {
        service_id: id.into(),
        version: version.into(),
        methods: vec![method("hello")],
        ..ServiceDefinition::default()
    }
}

fn with_methods(id: &str, methods: &[&str]) -> ServiceDefinition {
    ServiceDefinition { methods: methods.iter().map(|name| method(name)).collect(), ..service(id, "1.0.0") }
}

/// A registry of services that say their own query.
fn registry(services: &[(&str, &str)]) -> Registry<String> {
    let registry = Registry::new();
    for (id, version) in services {
        add(&registry, id, version);
    }
    registry
}

fn add(registry: &Registry<String>, id: &str, version: &str) -> Registration {
    registry.register(service(id, version), format!("{id}@{version}"), UP).unwrap()
}

/// What a refusal says, with its code, as users see it.
fn refusal<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "no refusal".to_owned(),
        Err(error) => error.to_string(),
    }
}
