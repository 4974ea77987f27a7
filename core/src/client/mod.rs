//! Calls services: by name, or through a binding that has resolved the name once.

mod bound;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

pub use bound::Binding;

use crate::binding::{Expectation, Mode, Report};
use crate::call::Call;
use crate::dispatch::Doors;
use crate::error::{Code, Error, Result};
use crate::proto::{ServiceDefinition, ServiceStatus};
use crate::registry::{Resolved, method_not_found};
use crate::runtime::Runtime;
use crate::service::Service;
use bound::Target;

/// Retries when the options do not say.
const DEFAULT_RETRIES: i32 = 3;

/// How a client is set up.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// Default time for a call; 0 = 30 s.
    pub timeout_ns: u64,
    /// Retries after failures that cannot have run the handler; 0 = 3, -1 = none.
    pub max_retries: i32,
    /// Ways that calls may take.
    pub doors: Doors,
    /// Nanoseconds that a call to another process looks for its answer before it sleeps; `None` = as is found best.
    pub spin_ns: Option<u64>,
}

/// Calls services of one runtime.
pub struct Client {
    runtime: Arc<Runtime>,
    options: ClientOptions,
    retries: u32,
    closed: AtomicBool,
    /// Methods that were called by name. They hold the client until it is closed.
    named: RwLock<Named>,
}

/// Bindings by service and method.
type Named = HashMap<Box<str>, HashMap<Box<str>, Arc<Binding>>>;

/// Services that are kept with the methods that were called by name.
const MOST_NAMED: usize = 256;

/// Options of one call.
#[derive(Clone, Copy, Default)]
pub struct CallOptions {
    /// Time for the call; 0 = the client's. Enforced. The method's and the server's hold beside it.
    pub timeout_ns: u64,
    /// The inbound call on whose behalf this one is made; `None` = the one whose handler runs on this thread.
    pub parent: Option<Call>,
    /// Ways that it may take, of those of the client.
    pub doors: Doors,
    /// Somebody asks what it took: see [`crate::call::Report`].
    pub reported: bool,
}

impl Client {
    /// A client of a runtime.
    pub fn new(runtime: Arc<Runtime>, options: ClientOptions) -> Result<Arc<Client>> {
        if options.max_retries < -1 {
            return Err(Error::invalid(format!(
                "max_retries is {}; it must be -1 for none, 0 for the default of {DEFAULT_RETRIES}, or more",
                options.max_retries
            )));
        }
        let retries = if options.max_retries == 0 { DEFAULT_RETRIES } else { options.max_retries.max(0) };
        Ok(Arc::new(Client {
            runtime,
            options,
            retries: retries as u32,
            closed: AtomicBool::new(false),
            named: RwLock::default(),
        }))
    }

    /// Its runtime.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// No more calls through it or its bindings.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let named = std::mem::take(&mut *self.named.write().unwrap_or_else(|e| e.into_inner()));
        drop(named);
    }

    #[inline]
    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(client_closed()) } else { Ok(()) }
    }

    /// Resolves a method of `service` or `service@version`: here, and if nobody serves it here, in other processes.
    pub fn bind(self: &Arc<Self>, service: &str, method: &str) -> Result<Binding> {
        self.bind_within(service, method, None, self.options.doors)
    }

    /// That a service is as in this definition: see [`Expectation::new`].
    pub fn expectation(&self, definition: ServiceDefinition, mode: Mode) -> Result<Arc<Expectation>> {
        Expectation::new(definition, mode, &self.runtime.known_schemas()).map(Arc::new)
    }

    /// The same in the highest version that is what the caller was made for.
    ///
    /// Errors: FAILED_PRECONDITION that names each difference, where no version fits.
    pub fn bind_expecting(
        self: &Arc<Self>,
        service: &str,
        method: &str,
        expectation: Arc<Expectation>,
    ) -> Result<Binding> {
        self.bind_within(service, method, Some(&expectation), self.options.doors)
    }

    /// What differs between what the caller was made for and the version that it would be bound to.
    ///
    /// Errors: as of [`Self::bind_expecting`].
    pub fn fit(&self, service: &str, expectation: &Expectation) -> Result<Report> {
        self.check_open()?;
        let resolved = self.resolve(service, Some(expectation)).or_else(|error| match error.code() {
            code if may_be_elsewhere(code) => {
                self.runtime.look_around();
                self.resolve(service, Some(expectation))
            }
            _ => Err(error),
        })?;
        expectation.report(&resolved.definition, &self.runtime.known_schemas())
    }

    fn resolve(&self, service: &str, expectation: Option<&Expectation>) -> Result<Resolved<Arc<Service>>> {
        let registry = &self.runtime.registry;
        match expectation {
            None => registry.resolve(service),
            Some(expectation) => {
                expectation.choose(registry.resolve_all(service)?, &self.runtime.known_schemas())
            }
        }
    }

    /// The same for a call by name: a method that was called before is not resolved again while the registry is as it was.
    pub fn named(self: &Arc<Self>, service: &str, method: &str) -> Result<Arc<Binding>> {
        self.check_open()?;
        {
            let named = self.named.read().unwrap_or_else(|e| e.into_inner());
            let known = named.get(service).and_then(|methods| methods.get(method));
            if let Some(known) = known.filter(|known| !known.is_stale()) {
                return Ok(known.clone());
            }
        }
        let binding = Arc::new(self.bind(service, method)?);
        if binding.serves {
            self.keep_named(service, method, binding.clone());
        }
        Ok(binding)
    }

    fn keep_named(&self, service: &str, method: &str, binding: Arc<Binding>) {
        let mut named = self.named.write().unwrap_or_else(|e| e.into_inner());
        // Looked at under the lock, which closing takes after it has said so.
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        let dropped = if named.len() >= MOST_NAMED { std::mem::take(&mut *named) } else { Named::new() };
        let before = named.entry(service.into()).or_default().insert(method.into(), binding);
        drop(named);
        drop((dropped, before));
    }

    fn bind_within(
        self: &Arc<Self>,
        service: &str,
        method: &str,
        expectation: Option<&Arc<Expectation>>,
        doors: Doors,
    ) -> Result<Binding> {
        self.check_open()?;
        match self.bind_known(service, method, expectation, doors) {
            Ok(binding) if binding.serves => Ok(binding),
            Err(error) if !may_be_elsewhere(error.code()) => Err(error),
            _ => {
                self.runtime.look_around();
                self.bind_known(service, method, expectation, doors)
            }
        }
    }

    fn bind_known(
        self: &Arc<Self>,
        service: &str,
        method: &str,
        expectation: Option<&Arc<Expectation>>,
        doors: Doors,
    ) -> Result<Binding> {
        let epoch = self.runtime.registry.epoch();
        let resolved = self.resolve(service, expectation.map(|expectation| &**expectation))?;
        // Replicas that do not serve would only use up retries, unless there are no others.
        let rests = |status: ServiceStatus| status == ServiceStatus::Unavailable;
        let all_rest = resolved.instances.iter().all(|(_, status)| rests(*status));
        let candidates = resolved.instances.iter().filter(|(_, status)| all_rest || !rests(*status));
        let known: Vec<Target> = candidates
            .filter_map(|(service, _)| {
                Some(Target::new(service.clone(), service.method(method)?, &self.options))
            })
            .collect();
        if known.is_empty() {
            return Err(method_not_found(&resolved.definition, method));
        }
        // A call that need not leave the process does not.
        let nearest = known.iter().map(Target::transport).filter(|transport| doors.allow(*transport)).min();
        let nearest = nearest.ok_or_else(|| out_of_reach(service, method, doors))?;
        let targets = known.into_iter().filter(|target| target.transport() == nearest).collect();
        Ok(Binding {
            client: self.clone(),
            query: service.to_owned(),
            method: method.to_owned(),
            expectation: expectation.cloned(),
            epoch,
            targets,
            serves: !all_rest,
            next: AtomicUsize::new(0),
        })
    }
}

/// Whether what was not found here, or did not fit, may be found in another process.
fn may_be_elsewhere(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::Unavailable | Code::FailedPrecondition)
}

#[cold]
fn out_of_reach(service: &str, method: &str, doors: Doors) -> Error {
    Error::unavailable(format!(
        "{service}.{method} is not hosted where {doors} leads. Allow another way, or start it where this one leads"
    ))
}

#[cold]
fn client_closed() -> Error {
    Error::precondition("the client was closed. Make a new one")
}
