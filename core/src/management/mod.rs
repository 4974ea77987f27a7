//! The specification's six management services, offered as ordinary services by every runtime.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `adapter.rs` | a function as a handler: messages in each encoding, refusals within the answer |
//! | `registry.rs` | `ServiceRegistry`: registering, finding and watching services |
//! | `client.rs` | `ServiceClient`: calls, and asynchronous calls by id |
//! | `asked.rs` | what a request of `ServiceClient` asks to be called, and how its outcome is told |
//! | `relay.rs` | `ServiceClient`: streams, passed on message by message |
//! | `transports.rs` | `TransportManager`: the ways of a call, and which one it would take |
//! | `figures.rs` | how fast the ways are on this machine |
//! | `schemas.rs` | `SchemaRegistry`: registering and finding schemas, and validating with them |
//! | `keeper.rs` | which process keeps the schemas |
//! | `later.rs` | the two services whose work comes with later versions |
//!
//! Handlers hold the runtime weakly: it owns the server that owns them.

mod adapter;
mod asked;
mod client;
mod figures;
pub mod keeper;
mod later;
mod registry;
mod relay;
mod schemas;
mod transports;

use std::sync::{Arc, Weak};

pub use schemas::Known;

use crate::error::Result;
use crate::proto::ServiceDefinition;
use crate::runtime::Runtime;
use crate::service::{MethodSpec, Server, ServerOptions, ServiceSpec};

/// Package of the services, and name of the server that hosts them.
const PACKAGE: &str = "hms.ffi.v1";
const VERSION: &str = "1.0.0";

/// Starts the server that hosts them.
pub fn start(runtime: &Arc<Runtime>) -> Result<Arc<Server>> {
    let server = Server::new(
        runtime,
        ServerOptions { name: PACKAGE.into(), max_concurrent_calls: -1, ..ServerOptions::default() },
    )?;
    server.start()?;
    let weak = Arc::downgrade(runtime);
    let own = [
        service("ServiceRegistry", registry::methods(&weak)),
        service("ServiceClient", client::methods(&weak)),
        service("SchemaRegistry", schemas::methods(&weak)),
        service("TransportManager", transports::methods(&weak)),
    ];
    for spec in own.into_iter().chain(later::services()) {
        server.register(spec)?;
    }
    Ok(server)
}

fn service(name: &str, methods: Vec<MethodSpec>) -> ServiceSpec {
    let definition = ServiceDefinition {
        service_id: format!("{PACKAGE}.{name}"),
        version: VERSION.into(),
        ..ServiceDefinition::default()
    };
    ServiceSpec { definition, methods }
}

/// The runtime, as its handlers hold it.
pub type Held = Weak<Runtime>;
