//! Services, their methods and the servers that host them.

mod contract;
mod gate;
mod interceptor;
mod method;
mod passage;
mod server;
mod size;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock, Weak};

pub(crate) use contract::{Contract, Scope};
pub use gate::{Admission, Gate};
pub use interceptor::Interceptor;
use interceptor::Interceptors;
pub(crate) use interceptor::Observed;
pub use method::{Dispatch, Handler, Method, MethodSpec};
pub(crate) use passage::Passage;
pub use server::{Server, ServerOptions};
pub(crate) use size::too_large;
pub use size::{ALWAYS_FITS, DEFAULT_MAX_MESSAGE_SIZE};

use crate::error::{Error, Result};
use crate::proto::{ServiceDefinition, TransportType};
use crate::thread::{SHARDS, Thread};
use crate::{meta, registry};

/// What a server is asked to host.
#[derive(Default)]
pub struct ServiceSpec {
    /// Id, version, names and metadata; its methods are those of `methods`.
    pub definition: ServiceDefinition,
    /// Methods with their handlers.
    pub methods: Vec<MethodSpec>,
}

/// A service that a server hosts.
pub struct Service {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    server: Weak<Server>,
    interceptors: Arc<Interceptors>,
    /// Bytes of one message that its server takes.
    pub(crate) max_message_size: u64,
    /// Counts the calls that run, and lets them in.
    pub gate: Gate,
    methods: RwLock<Vec<Arc<Method>>>,
    /// Its number in the registry.
    number: AtomicU64,
    definition: Mutex<ServiceDefinition>,
    retired: AtomicBool,
    /// Another process hosts it.
    elsewhere: bool,
    this: Weak<Service>,
}

impl Service {
    /// Without a server it lets no calls in.
    pub(crate) fn new(
        server: Option<&Arc<Server>>,
        spec: ServiceSpec,
        contracts: Vec<Option<Contract>>,
    ) -> Arc<Service> {
        let gate = server.map_or_else(Gate::without_server, |server| Gate::new(server.limit()));
        Self::with_gate(gate, server, false, spec, contracts)
    }

    /// A service that another process hosts; its methods have doors.
    pub(crate) fn elsewhere(definition: ServiceDefinition, specs: Vec<MethodSpec>) -> Arc<Service> {
        // Its own process checks what it is sent.
        let spec = ServiceSpec { definition, methods: specs };
        Self::with_gate(Gate::elsewhere(), None, true, spec, Vec::new())
    }

    fn with_gate(
        gate: Gate,
        server: Option<&Arc<Server>>,
        elsewhere: bool,
        spec: ServiceSpec,
        contracts: Vec<Option<Contract>>,
    ) -> Arc<Service> {
        let ServiceSpec { definition, methods } = spec;
        let service = Arc::new_cyclic(|this| Service {
            id: definition.service_id.clone(),
            version: definition.version.clone(),
            server: server.map(Arc::downgrade).unwrap_or_default(),
            interceptors: server.map(|server| server.interceptors().clone()).unwrap_or_default(),
            max_message_size: server.map_or(DEFAULT_MAX_MESSAGE_SIZE, |server| server.max_message_size()),
            gate,
            methods: RwLock::new(Vec::new()),
            number: AtomicU64::new(0),
            definition: Mutex::new(definition),
            retired: AtomicBool::new(false),
            elsewhere,
            this: this.clone(),
        });
        let mut contracts = contracts.into_iter();
        for spec in methods {
            service.push(spec, contracts.next().flatten());
        }
        service
    }

    fn push(&self, spec: MethodSpec, contract: Option<Contract>) {
        let method =
            Arc::new(Method::new(self.this.clone(), (&self.id, self.max_message_size), spec, contract));
        self.methods.write().unwrap_or_else(|e| e.into_inner()).push(method);
    }

    /// The server, unless it is gone.
    pub fn server(&self) -> Option<Arc<Server>> {
        self.server.upgrade()
    }

    /// Whether other processes are shown it: it is of this one, not part of every runtime, and its server lets them in.
    pub(crate) fn is_shown(&self) -> bool {
        !self.elsewhere && !registry::is_of_every_runtime(&self.id) && self.takes(TransportType::SharedMemory)
    }

    /// Whether its server takes calls that come this way.
    pub(crate) fn takes(&self, transport: TransportType) -> bool {
        self.server().is_none_or(|server| server.doors().allow(transport))
    }

    /// Whether another process hosts it.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// Whether a server hosts it, or did before it was unregistered.
    pub(crate) fn is_hosted(&self) -> bool {
        !self.gate.has_no_server()
    }

    /// A method by name.
    pub fn method(&self, name: &str) -> Option<Arc<Method>> {
        let methods = self.methods.read().unwrap_or_else(|e| e.into_inner());
        methods.iter().find(|method| method.name == name).cloned()
    }

    /// What the registry holds of it.
    pub fn definition(&self) -> ServiceDefinition {
        self.definition.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Its number in the registry.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn set_number(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }

    /// Takes one more method.
    pub(crate) fn extend(&self, definition: ServiceDefinition, spec: MethodSpec, contract: Option<Contract>) {
        *self.definition.lock().unwrap_or_else(|e| e.into_inner()) = definition;
        self.push(spec, contract);
    }

    /// Lets a call in that is served on this thread's stack.
    #[inline]
    pub fn admit(&self, thread: &Thread) -> Result<Admission> {
        let admission = match self.gate.enter_own(thread) {
            Some(own) => Admission::own(self, own),
            None => self.admit_with_more_allowance(Some(thread))?,
        };
        if self.gate.is_open() { Ok(admission) } else { Err(self.refusal()) }
    }

    /// The shard has no allowance: asks the server for more. Threads without a shard use the shared one.
    #[cold]
    fn admit_with_more_allowance(&self, thread: Option<&Thread>) -> Result<Admission> {
        let thread = thread.filter(|thread| (thread.number() as usize) < SHARDS);
        if self.elsewhere && self.gate.enter_shared() {
            return Ok(Admission::in_shared(self));
        }
        let server = self.server().ok_or_else(|| self.refusal())?;
        let lending = server.lending();
        loop {
            match thread {
                Some(thread) => {
                    if let Some(own) = self.gate.enter_own(thread) {
                        return Ok(Admission::own(self, own));
                    }
                }
                None if self.gate.enter_shared() => return Ok(Admission::in_shared(self)),
                None => {}
            }
            if !lending.lend() {
                return Err(Error::exhausted(format!(
                    "server '{}' serves {} calls at once and has reached that limit. Raise max_concurrent_calls, or call \
                     again later",
                    server.name(),
                    server.limit()
                ))
                .with_source(&*self.id));
            }
            self.gate.allow(thread);
        }
    }

    #[cold]
    fn refusal(&self) -> Error {
        let state = self.gate.closed_because();
        Error::unavailable(format!("service '{}'{} {state}", self.id, self.host()))
            .with_source(&*self.id)
            .with_detail(meta::MAYBE_EXECUTED, "false")
    }

    /// Who hosts it, for errors: ` of server 'greeter'`, ` of process 4711`; empty if nobody does.
    pub(crate) fn host(&self) -> String {
        if !self.elsewhere {
            return self
                .server()
                .map_or_else(String::new, |server| format!(" of server '{}'", server.name()));
        }
        match self.definition().metadata.get(meta::PID) {
            Some(pid) if pid != "0" => format!(" of process {pid}"),
            _ => " of a process in another container".to_owned(),
        }
    }

    /// The process that hosts it is gone: calls go to other replicas, or fail before they are sent.
    pub(crate) fn host_ended(&self) {
        self.gate.host_ended();
    }

    /// Keeps the handlers while one of them runs on a handler thread.
    pub(crate) fn gate_pin(&self) {
        self.gate.pin();
    }

    /// The handler returned.
    pub(crate) fn gate_unpin(&self) {
        self.gate.unpin();
        if !self.gate.is_open() {
            self.left_closed();
        }
    }

    /// A call has left while the gate was closed.
    #[cold]
    fn left_closed(&self) {
        if self.gate.is_retiring() && self.gate.inside() == 0 {
            self.retire();
        }
        if let Some(server) = self.server() {
            server.notify_left();
        }
    }

    /// Lets no more calls in, for good; its handlers are dropped after the last.
    pub(crate) fn close(&self) {
        self.gate.close_for_good();
        if self.gate.inside() == 0 {
            self.retire();
        }
    }

    /// Drops the handlers, once, after the last call. Runs foreign code.
    pub(crate) fn retire(&self) {
        if self.retired.swap(true, Ordering::AcqRel) {
            return;
        }
        let methods = self.methods.read().unwrap_or_else(|e| e.into_inner()).clone();
        for method in methods {
            // SAFETY: the gate is closed for good and nobody is inside.
            drop(unsafe { method.take_handler() });
        }
        if let Some(server) = self.server() {
            server.take_back(self.gate.take_all());
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.retire();
    }
}
