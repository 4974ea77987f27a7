//! A server: hosts services, limits how many calls run at once, owns the handler threads.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;

use super::interceptor::{Interceptor, Interceptors};
use super::size::{ALWAYS_FITS, DEFAULT_MAX_MESSAGE_SIZE};
use super::{MethodSpec, Service, ServiceSpec};
use crate::call::{Context, Deadline};
use crate::dispatch::{Doors, Pool};
use crate::error::{Error, Result};
use crate::proto::{MethodDefinition, ServiceStatus};
use crate::runtime::Runtime;
use crate::{executor, meta, registry};

/// Calls at once when the options do not say.
const DEFAULT_LIMIT: i32 = 100;
/// How often a drain looks again, should a wake-up be lost to a thread that died.
const DRAIN_SLICE: Duration = Duration::from_millis(20);

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Its name.
    pub name: String,
    /// Calls served at once; 0 = 100, -1 = no limit.
    pub max_concurrent_calls: i32,
    /// Default time for a call; 0 = 30 s.
    pub call_timeout_ns: u64,
    /// Handler threads; 0 = one per CPU, at least 4.
    pub pool_threads: usize,
    /// Bytes of a request, an answer or a message of a stream; 0 = 1 GiB.
    pub max_message_size: u64,
    /// Ways in for other processes; callers of the same process need none.
    pub doors: Doors,
}

/// Hosts services.
pub struct Server {
    number: u64,
    options: ServerOptions,
    runtime: Weak<Runtime>,
    /// Calls that may still be allowed to services.
    to_lend: AtomicI64,
    state: Mutex<State>,
    changed: Condvar,
    lending: Mutex<()>,
    interceptors: Arc<Interceptors>,
    pool: Pool,
}

/// The right to lend allowance to services.
pub(super) struct Lending<'a> {
    server: &'a Server,
    services: Vec<Arc<Service>>,
    _one_at_a_time: MutexGuard<'a, ()>,
}

impl Lending<'_> {
    /// Takes one allowance, from what is left or from a shard that does not need it. False when the limit is reached.
    pub fn lend(&self) -> bool {
        let one = |n: i64| (n > 0).then(|| n - 1);
        self.server.to_lend.fetch_update(Ordering::SeqCst, Ordering::Relaxed, one).is_ok()
            || self.services.iter().any(|service| service.gate.take_unused())
    }
}

#[derive(Default)]
struct State {
    running: bool,
    closed: bool,
    services: Vec<Arc<Service>>,
    /// Unregistered, with calls inside when that was looked at last.
    leaving: Vec<Arc<Service>>,
}

impl Server {
    /// A server that is not started.
    pub fn new(runtime: &Arc<Runtime>, options: ServerOptions) -> Result<Arc<Server>> {
        if options.max_concurrent_calls < -1 {
            return Err(Error::invalid(format!(
                "max_concurrent_calls is {}; it must be at least 1, 0 for the default of {DEFAULT_LIMIT}, or -1 for \
                 no limit",
                options.max_concurrent_calls
            )));
        }
        let max_message_size = match options.max_message_size {
            0 => DEFAULT_MAX_MESSAGE_SIZE,
            size if size < ALWAYS_FITS as u64 => {
                return Err(Error::invalid(format!(
                    "max_message_size is {size}; it must be at least {ALWAYS_FITS}, or 0 for the default of \
                     {DEFAULT_MAX_MESSAGE_SIZE}"
                )));
            }
            size => size,
        };
        let limit =
            if options.max_concurrent_calls == 0 { DEFAULT_LIMIT } else { options.max_concurrent_calls };
        let number = executor::number();
        let server = Arc::new(Server {
            number,
            pool: Pool::new(number, &options.name, options.pool_threads),
            options: ServerOptions { max_concurrent_calls: limit, max_message_size, ..options },
            runtime: Arc::downgrade(runtime),
            to_lend: AtomicI64::new(i64::from(limit)),
            state: Mutex::default(),
            changed: Condvar::new(),
            lending: Mutex::new(()),
            interceptors: Arc::default(),
        });
        runtime.adopt(&server)?;
        Ok(server)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn open_state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.closed {
            Err(Error::precondition(format!("server '{}' was closed", self.name())))
        } else {
            Ok(state)
        }
    }

    fn runtime(&self) -> Result<Arc<Runtime>> {
        self.runtime.upgrade().ok_or_else(|| Error::precondition("the runtime of this server was closed"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// A number that no other server of this process has.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Calls served at once; -1 = no limit.
    pub fn limit(&self) -> i32 {
        self.options.max_concurrent_calls
    }

    /// Default time for a call in nanoseconds; 0 = not set.
    pub fn call_timeout_ns(&self) -> u64 {
        self.options.call_timeout_ns
    }

    /// Bytes of a request, an answer or a message of a stream.
    pub fn max_message_size(&self) -> u64 {
        self.options.max_message_size
    }

    /// Ways in for other processes.
    pub fn doors(&self) -> Doors {
        self.options.doors
    }

    /// The handler threads.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Puts user code around every call of this server from now on, inside those that were added before.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>) -> Result<()> {
        let runtime = self.runtime()?;
        self.interceptors.add(interceptor);
        // Bindings that knew of none look again.
        runtime.registry.touch();
        Ok(())
    }

    pub(super) fn interceptors(&self) -> &Arc<Interceptors> {
        &self.interceptors
    }

    /// Hosts a service. Calls are served once the server runs.
    pub fn register(&self, spec: ServiceSpec) -> Result<Arc<Service>> {
        let runtime = self.runtime()?;
        let mut spec = spec;
        spec.definition.methods = spec.methods.iter().map(describe).collect();
        let mut state = self.open_state()?;
        let server =
            runtime.server(self.number).ok_or_else(|| Error::precondition("the server was closed"))?;
        let service = runtime.publish(&server, spec, status(state.running))?;
        if state.running {
            service.gate.open();
        }
        state.services.push(service.clone());
        Ok(service)
    }

    /// Adds a method to a service that this server hosts: `id`, or `id@version` where it hosts several.
    pub fn add_method(&self, service_id: &str, spec: MethodSpec) -> Result<()> {
        let runtime = self.runtime()?;
        let state = self.open_state()?;
        let service = find(&state.services, service_id, self.name())?;
        runtime.extend(&service, describe(&spec), spec)
    }

    /// Stops offering a service of this server, named as for [`Server::add_method`]; calls inside end, its handlers are dropped after the last.
    pub fn unregister(&self, service_id: &str) -> Result<()> {
        let service = find(&self.open_state()?.services, service_id, self.name())?;
        self.withdraw(&service)
    }

    /// The same for one of several versions.
    pub(crate) fn withdraw(&self, service: &Arc<Service>) -> Result<()> {
        let runtime = self.runtime()?;
        {
            let mut state = self.open_state()?;
            state.services.retain(|other| !Arc::ptr_eq(other, service));
            state.leaving.push(service.clone());
        }
        runtime.withdraw(service);
        service.close();
        self.forget_left();
        Ok(())
    }

    /// What it hosts.
    pub(crate) fn services(&self) -> Vec<Arc<Service>> {
        self.state().services.clone()
    }

    /// Serves calls from now on.
    pub fn start(&self) -> Result<()> {
        let runtime = self.runtime()?;
        {
            let mut state = self.open_state()?;
            state.running = true;
            for service in &state.services {
                service.gate.open();
                runtime.set_status(service, status(true));
            }
        }
        runtime.show(self.number);
        Ok(())
    }

    /// Takes no more calls and waits for those inside, at most this long (`None` = for ever). Called from a handler
    /// of its own it does not wait.
    pub fn stop(&self, timeout: Option<Duration>) -> Result<()> {
        let runtime = self.runtime()?;
        let services = {
            let mut state = self.state();
            state.running = false;
            state.services.clone()
        };
        for service in &services {
            service.gate.stop();
            runtime.set_status(service, status(false));
        }
        runtime.hide(self.number);
        self.changed.notify_all();
        let leaving = self.state().leaving.clone();
        self.drain(&[services, leaving].concat(), timeout)
    }

    fn drain(&self, services: &[Arc<Service>], timeout: Option<Duration>) -> Result<()> {
        if Context::current().is_some() {
            return Ok(());
        }
        let deadline =
            timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let mut state = self.state();
        loop {
            let inside: u64 = services.iter().map(|service| service.gate.inside()).sum();
            if inside == 0 {
                return Ok(());
            }
            if deadline.passed() {
                return Err(Error::deadline(format!(
                    "server '{}' takes no more calls, but {inside} still run. Wait longer, or cancel them",
                    self.name()
                )));
            }
            let slice = deadline.left().map_or(DRAIN_SLICE, |left| left.min(DRAIN_SLICE));
            state = self.changed.wait_timeout(state, slice).unwrap_or_else(|e| e.into_inner()).0;
        }
    }

    /// Whether it serves calls.
    pub fn is_running(&self) -> bool {
        self.state().running
    }

    /// Waits until the server stops, at most this long. True when it has stopped.
    pub fn wait(&self, timeout: Option<Duration>, mut keep_waiting: impl FnMut() -> bool) -> bool {
        let deadline =
            timeout.map_or(Deadline::NONE, |timeout| Deadline::after(timeout.as_nanos().max(1) as u64));
        let mut state = self.state();
        while state.running {
            if deadline.passed() {
                return false;
            }
            let slice = Duration::from_millis(100);
            let slice = deadline.left().map_or(slice, |left| left.min(slice));
            state = self.changed.wait_timeout(state, slice).unwrap_or_else(|e| e.into_inner()).0;
            drop(state);
            if !keep_waiting() {
                return false;
            }
            state = self.state();
        }
        true
    }

    /// Withdraws all services for good. Calls inside end; nothing is waited for.
    pub fn close(&self) {
        let services = {
            let mut state = self.state();
            state.closed = true;
            state.running = false;
            state.leaving.clear();
            std::mem::take(&mut state.services)
        };
        for service in &services {
            if let Ok(runtime) = self.runtime() {
                runtime.withdraw(service);
            }
            service.close();
        }
        self.changed.notify_all();
        self.pool.close();
        if let Ok(runtime) = self.runtime() {
            runtime.forget(self.number);
            runtime.hide(self.number);
        }
    }

    /// Lends allowance, one borrower at a time.
    pub(super) fn lending(&self) -> Lending<'_> {
        let state = self.state();
        Lending {
            server: self,
            services: state.services.clone(),
            _one_at_a_time: self.lending.lock().unwrap_or_else(|e| e.into_inner()),
        }
    }

    /// What a service that is gone had borrowed.
    pub(super) fn take_back(&self, allowance: u64) {
        self.to_lend.fetch_add(allowance as i64, Ordering::SeqCst);
    }

    /// A call has left a service that is not open.
    pub(super) fn notify_left(&self) {
        self.forget_left();
        self.changed.notify_all();
    }

    fn forget_left(&self) {
        let gone: Vec<Arc<Service>> =
            self.state().leaving.extract_if(.., |service| service.gate.inside() == 0).collect();
        // Out of the lock: a service may drop handlers with it.
        drop(gone);
    }
}

fn status(running: bool) -> ServiceStatus {
    if running { ServiceStatus::Available } else { ServiceStatus::Unavailable }
}

/// The service that a query names. Changes are not guessed: of several versions it must name one.
fn find(services: &[Arc<Service>], query: &str, server: &str) -> Result<Arc<Service>> {
    let (fitting, others) = registry::fitting(services, query, |service| (&service.id, &service.version))?;
    let full = |service: &Arc<Service>| format!("{}@{}", service.id, service.version);
    match fitting.as_slice() {
        [] => Err(Error::not_found(format!(
            "server '{server}' hosts no service '{query}'. It hosts: {}",
            if others.is_empty() {
                "nothing".to_owned()
            } else {
                others.into_iter().map(full).collect::<Vec<_>>().join(", ")
            }
        ))),
        [first, rest @ ..] if rest.iter().all(|service| service.version == first.version) => {
            Ok((*first).clone())
        }
        several => Err(Error::invalid(format!(
            "server '{server}' hosts '{query}' in several versions. Name one of them: {}",
            several.iter().map(|service| full(service)).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// A method as the registry shows it.
fn describe(spec: &MethodSpec) -> MethodDefinition {
    let mut metadata: std::collections::HashMap<String, String> = spec.metadata.iter().cloned().collect();
    metadata.insert(meta::DISPATCH.into(), spec.dispatch.label().into());
    if spec.idempotent {
        metadata.insert(meta::IDEMPOTENT.into(), "true".into());
    }
    if spec.leaf {
        metadata.insert(meta::LEAF.into(), "true".into());
    }
    MethodDefinition {
        name: spec.name.clone(),
        description: spec.description.clone(),
        is_streaming: spec.stream_type != crate::proto::StreamType::Unspecified,
        stream_type: spec.stream_type as i32,
        metadata,
        timeout_ms: (spec.timeout_ns / 1_000_000).min(i32::MAX as u64) as i32,
        input_schema: spec.input_schema.clone(),
        output_schema: spec.output_schema.clone(),
        error_schemas: spec.error_schemas.clone(),
        ..MethodDefinition::default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}
