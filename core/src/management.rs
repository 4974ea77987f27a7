//! The specification's management services, offered as ordinary services by every runtime.

use std::sync::Arc;

use crate::error::Result;
use crate::runtime::Runtime;
use crate::service::{Server, ServerOptions};

/// Starts the server that hosts them.
pub fn start(runtime: &Arc<Runtime>) -> Result<Arc<Server>> {
    let server = Server::new(
        runtime,
        ServerOptions { name: "hms.ffi.v1".into(), max_concurrent_calls: -1, ..ServerOptions::default() },
    )?;
    server.start()?;
    Ok(server)
}
