//! A world of services: the process-wide default, which everybody in the process shares, or a private one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use once_cell::sync::OnceCell;

use crate::call::Deadline;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::management::Known;
use crate::management::keeper::Keeper;
use crate::peers::Peers;
use crate::proto::{MethodDefinition, ServiceDefinition, ServiceStatus};
use crate::registry::{Place, Registry};
use crate::service::{Contract, MethodSpec, Server, Service, ServiceSpec};
use crate::{call::Context, results::Results};
use crate::{log, management};

static DEFAULT: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());
static INSTANCE: OnceCell<[u8; 16]> = OnceCell::new();
static NEXT_RUNTIME: AtomicU64 = AtomicU64::new(1);

/// A world of services.
pub struct Runtime {
    number: u64,
    name: String,
    /// Services by name and version.
    pub registry: Registry<Arc<Service>>,
    /// Asynchronous calls by id.
    pub results: Results,
    servers: Mutex<HashMap<u64, Weak<Server>>>,
    /// Those that run, by number.
    running: Mutex<HashSet<u64>>,
    closed: AtomicBool,
    /// The other processes of its domain, if it is in one.
    peers: OnceCell<Arc<Peers>>,
    /// Hosts the management services; set right after creation.
    management: OnceCell<Arc<Server>>,
    schemas: Keeper,
    this: Weak<Runtime>,
}

/// Random bytes that are the same for everything that shares this copy of the library.
pub fn instance_id() -> Result<[u8; 16]> {
    INSTANCE
        .get_or_try_init(|| {
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
            Ok(id)
        })
        .copied()
}

impl Runtime {
    /// A private runtime.
    pub fn new(name: &str) -> Result<Arc<Runtime>> {
        Self::keeping(name, Keeper::default())
    }

    /// A private runtime with its schemas kept there.
    pub fn keeping(name: &str, schemas: Keeper) -> Result<Arc<Runtime>> {
        let number = NEXT_RUNTIME.fetch_add(1, Ordering::Relaxed);
        let runtime = Arc::new_cyclic(|this| Runtime {
            number,
            name: if name.is_empty() { format!("runtime-{number}") } else { name.to_owned() },
            registry: Registry::new(),
            results: Results::default(),
            servers: Mutex::default(),
            running: Mutex::default(),
            closed: AtomicBool::new(false),
            peers: OnceCell::new(),
            management: OnceCell::new(),
            schemas,
            this: this.clone(),
        });
        let server = management::start(&runtime)?;
        let _ = runtime.management.set(server);
        Ok(runtime)
    }

    /// A private runtime whose services other processes of a domain can call, and which can call theirs.
    pub fn in_domain(name: &str, domain: Domain) -> Result<Arc<Runtime>> {
        Self::keeping_in_domain(name, Keeper::default(), domain)
    }

    /// The same with its schemas kept there.
    pub fn keeping_in_domain(name: &str, schemas: Keeper, domain: Domain) -> Result<Arc<Runtime>> {
        let runtime = Runtime::keeping(name, schemas)?;
        let _ = runtime.peers.set(Peers::new(&runtime, domain)?);
        Ok(runtime)
    }

    /// The process-wide runtime: made at first use, and anew after its last user closed it.
    pub fn shared() -> Result<Arc<Runtime>> {
        let mut shared = DEFAULT.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(runtime) = shared.upgrade().filter(|runtime| !runtime.is_closed()) {
            return Ok(runtime);
        }
        let schemas = Keeper::from_env()?;
        let runtime = match Domain::from_env()? {
            Some(domain) => Runtime::keeping_in_domain("default", schemas, domain)?,
            None => Runtime::keeping("default", schemas)?,
        };
        *shared = Arc::downgrade(&runtime);
        Ok(runtime)
    }

    /// A number that no other runtime of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<u64, Weak<Server>>> {
        self.servers.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Stops every server and waits for the calls inside, at most this long.
    pub fn close(&self, timeout: Option<Duration>) -> Result<()> {
        self.closed.store(true, Ordering::SeqCst);
        self.registry.end_watches();
        let deadline =
            timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let servers: Vec<Arc<Server>> = self.servers().values().filter_map(Weak::upgrade).collect();
        let drained: Vec<Result<()>> =
            servers.iter().map(|server| server.stop(deadline.left().or(timeout))).collect();
        if let Some(peers) = self.peers.get() {
            peers.close();
        }
        servers.iter().for_each(|server| server.close());
        self.schemas.close();
        self.results.clear();
        drained.into_iter().collect()
    }

    pub(crate) fn adopt(&self, server: &Arc<Server>) -> Result<()> {
        if self.is_closed() {
            return Err(Error::precondition(format!("runtime '{}' was closed", self.name)));
        }
        self.servers().insert(server.number(), Arc::downgrade(server));
        Ok(())
    }

    /// Where its schemas are.
    pub(crate) fn schemas(&self) -> &Keeper {
        &self.schemas
    }

    /// The schemas that those of services may refer to.
    pub(crate) fn known_schemas(&self) -> Known {
        Known(self.this.clone())
    }

    /// Hosts the management services.
    pub(crate) fn management(&self) -> Option<&Arc<Server>> {
        self.management.get()
    }

    pub(crate) fn server(&self, number: u64) -> Option<Arc<Server>> {
        self.servers().get(&number).and_then(Weak::upgrade)
    }

    pub(crate) fn forget(&self, server: u64) {
        self.servers().remove(&server);
    }

    /// Registers a service and makes the thing that serves it.
    pub(crate) fn publish(
        &self,
        server: &Arc<Server>,
        mut spec: ServiceSpec,
        status: ServiceStatus,
    ) -> Result<Arc<Service>> {
        let definition = &mut spec.definition;
        crate::registry::complete(definition)?;
        let contracts = Contract::of_service(definition, &self.known_schemas())?;
        self.add(Place::Here, Service::new(Some(server), spec, contracts), status)
    }

    /// Registers a definition that nobody serves here.
    pub(crate) fn store(&self, mut definition: ServiceDefinition) -> Result<Arc<Service>> {
        crate::registry::complete(&mut definition)?;
        // Nobody serves it, but those who read its schemas rely on them.
        Contract::of_service(&definition, &self.known_schemas())?;
        let methods = definition.methods.iter().map(MethodSpec::without_handler).collect();
        let spec = ServiceSpec { definition, methods };
        self.add(Place::Here, Service::new(None, spec, Vec::new()), ServiceStatus::Unavailable)
    }

    /// Registers a service that was made for it.
    pub(crate) fn add(
        &self,
        place: Place,
        service: Arc<Service>,
        status: ServiceStatus,
    ) -> Result<Arc<Service>> {
        let definition = service.definition();
        let registration = self.registry.register_at(place, definition, service.clone(), status)?;
        if let Some(why) = registration.aside {
            let which = format!("service '{}'{}", service.id, service.host());
            log::warning("domain", &format!("{which} is left out: {}", why.message()));
        }
        service.set_number(registration.number);
        self.announce(&service);
        Ok(service)
    }

    /// Tells other processes that a service has changed, if it is one of this process.
    fn announce(&self, service: &Service) {
        if let Some(peers) = self.peers.get().filter(|_| service.is_shown()) {
            peers.announce();
        }
    }

    /// The services that servers of this runtime host, without those that are part of every runtime.
    pub(crate) fn hosted(&self) -> Vec<Arc<Service>> {
        let servers: Vec<Arc<Server>> = self.servers().values().filter_map(Weak::upgrade).collect();
        let services = servers.iter().flat_map(|server| server.services());
        services.filter(|service| service.is_shown()).collect()
    }

    /// A server runs: other processes of the domain find the services of this one.
    pub(crate) fn show(&self, server: u64) {
        self.running().insert(server);
        let Some(peers) = self.peers.get() else { return };
        if let Err(error) = peers.publish() {
            log::warning(
                "domain",
                &format!("other processes do not find the services of this one: {}", error.message()),
            );
        }
    }

    /// A server runs no longer. Without one, other processes of the domain do not find this one.
    pub(crate) fn hide(&self, server: u64) {
        self.running().remove(&server);
        if let Some(peers) = self.peers.get() {
            let own = self.management().map(|server| server.number());
            peers.withdraw_unless(|| self.running().iter().any(|number| Some(*number) != own));
        }
    }

    fn running(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.running.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Looks what other processes of the domain host.
    pub fn look_around(&self) {
        let Some(peers) = self.peers.get().filter(|_| !self.is_closed()) else { return };
        if let Err(error) = peers.refresh() {
            log::warning(
                "domain",
                &format!("services of other processes are not found: {}", error.message()),
            );
        }
    }

    /// Adds a method to a registered service.
    pub(crate) fn extend(
        &self,
        service: &Arc<Service>,
        method: MethodDefinition,
        spec: MethodSpec,
    ) -> Result<()> {
        let mut definition = service.definition();
        definition.methods.push(method);
        let contract = Contract::of_service(&definition, &self.known_schemas())?.pop().flatten();
        self.registry.update(service.number(), definition.clone())?;
        service.extend(definition, spec, contract);
        self.registry.touch();
        self.announce(service);
        Ok(())
    }

    pub(crate) fn set_status(&self, service: &Service, status: ServiceStatus) {
        // A service that is being unregistered at the same time needs no status.
        let _ = self.registry.set_status(service.number(), status);
        self.announce(service);
    }

    pub(crate) fn withdraw(&self, service: &Service) {
        let _ = self.registry.unregister(service.number());
        self.announce(service);
    }

    /// Whether a handler runs on this thread.
    pub fn inside_handler() -> bool {
        Context::current().is_some()
    }
}
