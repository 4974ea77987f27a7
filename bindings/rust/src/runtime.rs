//! [`Runtime`]: a world of services.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::client::{self, Client};
use crate::log;
use crate::options::{ClientOptions, ServerOptions};
use crate::raw::handles::RuntimeHandle;
use crate::server::{self, Server};
use crate::{Error, Result};

/// A world of services: the one that everything in this process shares, or a private one, whose services only
/// its own clients see. Clones are the same world.
#[derive(Debug, Clone)]
pub struct Runtime(Arc<RuntimeHandle>);

impl Runtime {
    /// The runtime that code of all languages in this process shares. [`new_client`](crate::new_client) and
    /// [`new_server`](crate::new_server) use it.
    pub fn shared() -> Result<Runtime> {
        // Never closed: its last handle would stop the servers of all.
        static SHARED: OnceLock<Runtime> = OnceLock::new();
        match SHARED.get() {
            Some(runtime) => Ok(runtime.clone()),
            None => {
                let runtime = Runtime::from(RuntimeHandle::shared()?);
                Ok(SHARED.get_or_init(|| runtime).clone())
            }
        }
    }

    /// A private runtime, for instance for a test. The name is for logs and errors.
    pub fn private(name: &str) -> Result<Runtime> {
        Ok(Runtime::from(RuntimeHandle::private(name, "")?))
    }

    /// A private runtime whose registered schemas are kept in a file, which several processes may name (`docs/schema-registry.md`).
    ///
    /// Errors: INVALID_ARGUMENT when the path is not UTF-8 or none of a file.
    pub fn private_with_schemas(name: &str, schemas: impl AsRef<Path>) -> Result<Runtime> {
        Ok(Runtime::from(RuntimeHandle::private(name, text_of(schemas.as_ref())?)?))
    }

    /// A client of this runtime: see [`new_client`](crate::new_client).
    pub fn new_client(&self, options: ClientOptions) -> Result<Box<dyn Client>> {
        log::forward_by_default(options.log_level);
        client::open(self, &options)
    }

    /// A server in this runtime: see [`new_server`](crate::new_server).
    pub fn new_server(&self, options: ServerOptions) -> Result<Box<dyn Server>> {
        log::forward_by_default(options.log_level);
        server::open(self, &options)
    }

    /// Loads a component: a shared library of any language that registers services in this runtime. It is
    /// never unloaded; loading it again does nothing.
    ///
    /// Errors: NOT_FOUND when there is no such file, INVALID_ARGUMENT when it is no component,
    /// FAILED_PRECONDITION when this program was built with the feature `static`, so that there is no shared
    /// core that a component could use.
    pub fn load_component(&self, path: impl AsRef<Path>) -> Result<()> {
        self.0.load_component(text_of(path.as_ref())?)
    }

    /// Stops the servers of a private runtime, lets calls that run end for at most `timeout` (`None` = for
    /// ever), then withdraws all services. Dropping the last clone, with all clients and servers, does that
    /// without waiting.
    ///
    /// Errors: DEADLINE_EXCEEDED when calls still ran; the runtime is closed all the same.
    pub fn close(&self, timeout: Option<Duration>) -> Result<()> {
        self.0.close(timeout)
    }

    pub(crate) fn handle(&self) -> &RuntimeHandle {
        &self.0
    }
}

fn text_of(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::invalid(format!("the path {} is not UTF-8", path.display())))
}

impl From<RuntimeHandle> for Runtime {
    fn from(handle: RuntimeHandle) -> Runtime {
        Runtime(Arc::new(handle))
    }
}

/// Loads a component into the runtime of the process: see [`Runtime::load_component`].
pub fn load_component(path: impl AsRef<Path>) -> Result<()> {
    Runtime::shared()?.load_component(path)
}
