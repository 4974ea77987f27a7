//! One process of the domain that this one has a link to, and what it hosts.

use std::collections::HashMap;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use prost::Message;

use super::remote::{Reach, RemoteMethod};
use super::{Peers, sources};
use crate::call::{Deadline, Request};
use crate::dispatch::Outbound;
use crate::domain::Entry;
use crate::error::{Error, Result};
use crate::hazard::{Free, Shared};
use crate::meta;
use crate::proto::{ListServicesResponse, MethodDefinition, ServiceDefinition, ServiceStatus};
use crate::registry::Place;
use crate::service::{Dispatch, MethodSpec, Service};
use crate::shm::control::Credentials;
use crate::shm::link::caller::Caller;
use crate::shm::link::handshake;
use crate::shm::link::serving::SERVICES;
use crate::{log, reactor};

/// Time for a process to say what it hosts.
const PATIENCE: u64 = 2_000_000_000;

/// A process that this one calls.
pub struct Peer {
    peers: Weak<Peers>,
    caller: Arc<Caller>,
    /// The same, for the methods of its services.
    reach: Arc<Reach>,
    /// Numbers of the process and of its runtime.
    who: (u64, u64),
    pid: i32,
    services: Mutex<HashMap<Key, Known>>,
    /// One thread at a time asks what it hosts, so that an older answer never comes behind a newer one.
    updating: Mutex<()>,
    died: OnceLock<()>,
    sources: OnceLock<Vec<u64>>,
}

/// What is behind a name.
pub(super) enum Found {
    New(Arc<Peer>),
    /// A process to which there is a link already.
    Known(Arc<Peer>),
}

type Key = (String, String);

/// A service of that process, in this registry.
struct Known {
    service: Arc<Service>,
    status: ServiceStatus,
    definition: ServiceDefinition,
}

impl Peer {
    /// Connects to a process of the domain and registers what it hosts.
    pub(super) fn connect(peers: &Arc<Peers>, entry: &Entry) -> Result<Found> {
        let socket = peers.domain.connect(entry)?;
        let admit = |socket: BorrowedFd<'_>, from: &Credentials| peers.domain.admit(socket, from);
        let link = handshake::connect(socket, &peers.me, &admit)?;
        if let Some(known) = peers.linked(link.who) {
            link.caller.close(Error::unavailable("there is a link to the process already"));
            return Ok(Found::Known(known));
        }
        let peer = Arc::new(Peer {
            peers: Arc::downgrade(peers),
            reach: Arc::new(Shared::empty()),
            caller: link.caller,
            who: link.who,
            pid: link.pid,
            services: Mutex::default(),
            updating: Mutex::new(()),
            died: OnceLock::new(),
            sources: OnceLock::new(),
        });
        drop(peer.reach.swap(Some(peer.caller.clone()), Free::Soon));
        let mut numbers = vec![reactor::add(Arc::new(sources::Called::new(&peer)?))?];
        if let Some(process) = link.process {
            numbers.push(reactor::add(Arc::new(sources::Process::new(&peer, process)))?);
        }
        let _ = peer.sources.set(numbers);
        // A process that hosts nothing that can be read is of no use.
        peer.update().inspect_err(|_| peer.close())?;
        Ok(Found::New(peer))
    }

    /// The end that calls it.
    pub(super) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub(super) fn who(&self) -> (u64, u64) {
        self.who
    }

    pub(super) fn sources(&self) -> Vec<u64> {
        self.sources.get().cloned().unwrap_or_default()
    }

    fn services(&self) -> MutexGuard<'_, HashMap<Key, Known>> {
        self.services.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Asks the process what it hosts, and makes the registry say so.
    pub(super) fn update(&self) -> Result<()> {
        let _one = self.updating.lock().unwrap_or_else(|e| e.into_inner());
        let request = Request::bytes(&[]);
        let asked = Outbound::new("the list of services", &request, Deadline::after(PATIENCE));
        let answer = self.caller.call(SERVICES, &asked).into_outcome()?;
        let listed = ListServicesResponse::decode(answer.body.as_slice())
            .map_err(|e| Error::unavailable(format!("its services cannot be read: {e}")))?;
        self.register(listed.services);
        Ok(())
    }

    fn register(&self, listed: Vec<ServiceDefinition>) {
        let Some(runtime) = self.peers.upgrade().and_then(|peers| peers.runtime()) else { return };
        let mut services = self.services();
        if self.died.get().is_some() {
            return;
        }
        let mut left: Vec<Key> = services.keys().cloned().collect();
        for definition in listed {
            let (definition, status) = self.labelled(definition);
            let key = (definition.service_id.clone(), definition.version.clone());
            left.retain(|other| *other != key);
            match services.get_mut(&key) {
                Some(known) if known.definition == definition => {
                    if known.status != status {
                        known.status = status;
                        runtime.set_status(&known.service, status);
                    }
                    continue;
                }
                Some(_) => {
                    if let Some(known) = services.remove(&key) {
                        runtime.withdraw(&known.service);
                    }
                }
                None => {}
            }
            let methods = definition.methods.iter().map(|method| self.method(&definition, method)).collect();
            let service = Service::elsewhere(definition.clone(), methods);
            match runtime.add(Place::Elsewhere, service, status) {
                Ok(service) => drop(services.insert(key, Known { service, status, definition })),
                Err(error) => log::warning("domain", &format!("of {}: {error}", self.caller.end().peer)),
            }
        }
        for key in left {
            if let Some(known) = services.remove(&key) {
                runtime.withdraw(&known.service);
            }
        }
    }

    /// The definition as this registry has it, and the status that it came with.
    fn labelled(&self, mut definition: ServiceDefinition) -> (ServiceDefinition, ServiceStatus) {
        let status = definition.metadata.remove(meta::STATUS);
        definition.metadata.remove(meta::REVISION);
        definition.metadata.entry(meta::PID.into()).or_insert_with(|| self.pid.to_string());
        let status = status.and_then(|status| ServiceStatus::from_str_name(&status));
        (definition, status.unwrap_or(ServiceStatus::Unavailable))
    }

    fn method(&self, service: &ServiceDefinition, method: &MethodDefinition) -> MethodSpec {
        MethodSpec {
            dispatch: Dispatch::Direct,
            idempotent: method.metadata.get(meta::IDEMPOTENT).is_some_and(|label| label == "true"),
            door: Some(RemoteMethod::new(self.reach.clone(), service, &method.name)),
            ..MethodSpec::without_handler(method)
        }
    }

    /// The process has died, or its link has broken: calls of its services say so until they are forgotten.
    pub(super) fn died(self: &Arc<Self>, why: &str) {
        if self.died.set(()).is_err() {
            return;
        }
        // First, so that who hears of it from a call that fails finds another replica with the next one.
        self.services().values().for_each(|known| known.service.host_ended());
        self.caller.close(Error::unavailable(format!("{} {why}", self.caller.end().peer)));
        let peers = self.peers.upgrade();
        let runtime = peers.as_ref().and_then(|peers| peers.runtime());
        for known in self.services().values_mut() {
            known.status = ServiceStatus::Unavailable;
            if let Some(runtime) = &runtime {
                runtime.set_status(&known.service, ServiceStatus::Unavailable);
            }
        }
        self.sources().into_iter().for_each(reactor::remove);
        if let Some(peers) = peers {
            peers.lost(self);
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.died.get().is_some()
    }

    /// What it hosted, which this peer lets go of.
    pub(super) fn take_services(&self) -> Vec<Arc<Service>> {
        self.services().drain().map(|(_, known)| known.service).collect()
    }

    pub(super) fn close(&self) {
        self.sources().into_iter().for_each(reactor::remove);
        self.caller.close(Error::unavailable("the client's runtime was closed"));
    }

    /// A copy of the control socket, for who waits for it.
    pub(super) fn socket(&self) -> Result<OwnedFd> {
        self.caller.end().socket().try_clone_to_owned().map_err(|e| {
            Error::exhausted(format!("a socket cannot be copied: {e}. Raise the limit (ulimit -n)"))
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.reach.swap(None, Free::Soon);
    }
}
