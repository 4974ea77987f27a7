//! Services by name and version: registering, finding, listing and watching them.
//!
//! The key is (service id, version); definitions with the same fingerprint are replicas of one service. Foreign code
//! never runs under the lock.

mod fingerprint;
mod names;
mod version;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};
use semver::Version;

pub use names::{method_not_found, nearest, service_not_found};
use version::Wanted;

use crate::error::{Code, Error, Result};
use crate::meta;
use crate::proto::{
    EventType, ListServicesRequest, ListServicesResponse, ServiceDefinition, ServiceEvent, ServiceStatus,
    StreamType, WatchServicesRequest,
};

type Key = (String, Version);

/// Services of a runtime; `I` is what serves one registration.
pub struct Registry<I> {
    /// Apart from the lock, so that a cached resolution is checked with one load.
    epoch: AtomicU64,
    inner: Mutex<Inner<I>>,
}

struct Inner<I> {
    services: BTreeMap<Key, Entry<I>>,
    watchers: Vec<Watcher>,
    next: u64,
    revision: u64,
}

struct Entry<I> {
    definition: Arc<ServiceDefinition>,
    fingerprint: [u8; 32],
    replicas: Vec<Replica<I>>,
}

struct Replica<I> {
    number: u64,
    instance: I,
    status: ServiceStatus,
}

struct Watcher {
    pattern: String,
    filter: HashMap<String, String>,
    events: Sender<ServiceEvent>,
}

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its number, for everything that is done to it later.
    pub number: u64,
    /// Id, as given or generated.
    pub service_id: String,
    /// Version.
    pub version: String,
}

/// A service that was found.
pub struct Resolved<I> {
    /// Its definition.
    pub definition: Arc<ServiceDefinition>,
    /// Its replicas, those that serve first.
    pub instances: Vec<(I, ServiceStatus)>,
}

/// Fills in a generated id and the default version, and checks what a definition must hold.
pub fn complete(definition: &mut ServiceDefinition) -> Result<()> {
    if definition.service_id.is_empty() {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
        definition.service_id = random.iter().fold("service-".to_owned(), |id, byte| id + &format!("{byte:02x}"));
    }
    let id = &definition.service_id;
    if id.contains('@') {
        return Err(Error::invalid(format!("service id '{id}' contains '@', which begins a version")));
    }
    definition.version = version::parse(id, &definition.version)?.to_string();
    let mut names: Vec<&str> = definition.methods.iter().map(|method| method.name.as_str()).collect();
    names.sort_unstable();
    if names.first().is_some_and(|name| name.is_empty()) {
        return Err(Error::invalid(format!("service '{id}' has a method without a name")));
    }
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::invalid(format!("service '{id}' has two methods named '{}'", twice[0])));
    }
    for method in &definition.methods {
        if method.is_streaming != (method.stream_type() != StreamType::Unspecified) {
            return Err(Error::invalid(format!(
                "method '{id}.{}': is_streaming is {} but stream_type is {}",
                method.name,
                method.is_streaming,
                method.stream_type().as_str_name()
            )));
        }
    }
    Ok(())
}

impl<I> Default for Registry<I> {
    fn default() -> Self {
        Registry {
            epoch: AtomicU64::new(1),
            inner: Mutex::new(Inner { services: BTreeMap::new(), watchers: Vec::new(), next: 1, revision: 0 }),
        }
    }
}

impl<I: Clone> Registry<I> {
    /// Nothing registered.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner<I>> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Changes with every change of what can be resolved.
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Makes cached resolutions look again.
    pub fn touch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Registers a definition that passed [`complete`].
    pub fn register(
        &self,
        definition: ServiceDefinition,
        instance: I,
        status: ServiceStatus,
    ) -> Result<Registration> {
        let version = version::parse(&definition.service_id, &definition.version)?;
        let fingerprint = fingerprint::of(&definition);
        let mut inner = self.inner();
        let number = inner.next;
        let registration =
            Registration { number, service_id: definition.service_id.clone(), version: version.to_string() };
        let replica = Replica { number, instance, status };
        let key = (definition.service_id.clone(), version);
        if let Some(entry) = inner.services.get_mut(&key) {
            if entry.fingerprint != fingerprint {
                return Err(Error::new(
                    Code::AlreadyExists,
                    format!(
                        "service '{}' {} is registered with another definition: {}. Give it another version",
                        key.0,
                        key.1,
                        fingerprint::difference(&entry.definition, &definition)
                    ),
                ));
            }
            entry.replicas.push(replica);
            inner.announce(EventType::ServiceModified, &key);
        } else {
            let entry = Entry { definition: Arc::new(definition), fingerprint, replicas: vec![replica] };
            inner.services.insert(key.clone(), entry);
            inner.announce(EventType::ServiceAdded, &key);
        }
        inner.next += 1;
        self.touch();
        Ok(registration)
    }

    /// Gives a registration another definition. Only for services without other replicas.
    pub fn update(&self, number: u64, mut definition: ServiceDefinition) -> Result<()> {
        complete(&mut definition)?;
        let mut inner = self.inner();
        let key = inner.key_of(number)?;
        if let Some(entry) = inner.services.get_mut(&key) {
            if entry.replicas.len() > 1 {
                return Err(Error::precondition(format!(
                    "service '{}' {} has replicas, so its methods cannot change. Register another version",
                    key.0, key.1
                )));
            }
            entry.fingerprint = fingerprint::of(&definition);
            entry.definition = Arc::new(definition);
        }
        inner.announce(EventType::ServiceModified, &key);
        self.touch();
        Ok(())
    }

    /// Forgets a registration.
    pub fn unregister(&self, number: u64) -> Result<I> {
        let mut inner = self.inner();
        let key = inner.key_of(number)?;
        let entry = inner.services.get_mut(&key).ok_or_else(|| no_registration(number))?;
        let index = entry.replicas.iter().position(|r| r.number == number).ok_or_else(|| no_registration(number))?;
        let replica = entry.replicas.swap_remove(index);
        if entry.replicas.is_empty() {
            inner.announce(EventType::ServiceRemoved, &key);
            inner.services.remove(&key);
        } else {
            inner.announce(EventType::ServiceModified, &key);
        }
        self.touch();
        Ok(replica.instance)
    }

    /// Sets the status of a registration.
    pub fn set_status(&self, number: u64, status: ServiceStatus) -> Result<()> {
        let mut inner = self.inner();
        let key = inner.key_of(number)?;
        let replicas = inner.services.get_mut(&key).map(|entry| &mut entry.replicas);
        let changed = replicas
            .into_iter()
            .flatten()
            .find(|replica| replica.number == number && replica.status != status)
            .map(|replica| replica.status = status);
        if changed.is_some() {
            inner.announce(EventType::ServiceModified, &key);
            self.touch();
        }
        Ok(())
    }

    /// The service that a query names: `id`, `id@1.2.3` or `id@^1.2`.
    pub fn resolve(&self, query: &str) -> Result<Resolved<I>> {
        let inner = self.inner();
        let entry = inner.find(query)?;
        let mut instances: Vec<(I, ServiceStatus)> =
            entry.replicas.iter().map(|replica| (replica.instance.clone(), replica.status)).collect();
        instances.sort_by_key(|(_, status)| *status != ServiceStatus::Available);
        Ok(Resolved { definition: entry.definition.clone(), instances })
    }

    /// Definition and status of the service that a query names.
    pub fn get(&self, query: &str) -> Result<(Arc<ServiceDefinition>, ServiceStatus)> {
        let inner = self.inner();
        let entry = inner.find(query)?;
        Ok((entry.definition.clone(), entry.status()))
    }

    /// Services whose id matches a glob and whose metadata holds all pairs of the filter, in order of id and version.
    pub fn list(&self, request: &ListServicesRequest) -> Result<ListServicesResponse> {
        if request.limit < 0 {
            return Err(Error::invalid(format!("limit is {}; it must be 0 (no limit) or more", request.limit)));
        }
        let after = match request.page_token.as_str() {
            "" => None,
            token => Some(page::parse(token)?),
        };
        let inner = self.inner();
        let limit = if request.limit == 0 { usize::MAX } else { request.limit as usize };
        let mut fitting = inner
            .services
            .iter()
            .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))
            .filter(|(key, entry)| matches(&request.name_pattern, &request.metadata_filter, &key.0, &entry.definition));
        let mut page: Vec<(&Key, &Entry<I>)> = fitting.by_ref().take(limit).collect();
        let more = fitting.next().is_some();
        let next_page_token = page.last().filter(|_| more).map_or_else(String::new, |(key, _)| page::token(key));
        Ok(ListServicesResponse {
            services: page.drain(..).map(|(_, entry)| entry.labelled(inner.revision)).collect(),
            next_page_token,
        })
    }

    /// Events: first the services that are there as SERVICE_ADDED, then every change, in order.
    pub fn watch(&self, request: &WatchServicesRequest) -> Receiver<ServiceEvent> {
        let (events, receiver) = crossbeam_channel::unbounded();
        let watcher =
            Watcher { pattern: request.name_pattern.clone(), filter: request.metadata_filter.clone(), events };
        let mut inner = self.inner();
        for (key, entry) in &inner.services {
            watcher.tell(EventType::ServiceAdded, key, entry, inner.revision);
        }
        inner.watchers.push(watcher);
        receiver
    }
}

impl<I> Inner<I> {
    fn key_of(&self, number: u64) -> Result<Key> {
        let found = self.services.iter().find(|(_, e)| e.replicas.iter().any(|replica| replica.number == number));
        found.map(|(key, _)| key.clone()).ok_or_else(|| no_registration(number))
    }

    fn find(&self, query: &str) -> Result<&Entry<I>> {
        let (id, wanted) = version::query(query)?;
        let versions: Vec<_> = self.services.iter().filter(|((other, _), _)| other == id).collect();
        if versions.is_empty() {
            let here: Vec<&str> = self.services.keys().map(|(id, _)| id.as_str()).collect();
            return Err(service_not_found(id, &here));
        }
        // A service that has only pre-releases is found by its bare id too.
        let fitting = versions.iter().rev().find(|((_, version), _)| wanted.accepts(version));
        let only_pre = matches!(wanted, Wanted::Any).then(|| versions.last()).flatten();
        fitting.or(only_pre).map(|(_, entry)| *entry).ok_or_else(|| {
            let here: Vec<String> = versions.iter().map(|((_, version), _)| version.to_string()).collect();
            Error::not_found(format!("no version of service '{id}' fits '{query}'. Here: {}", here.join(", ")))
        })
    }

    fn announce(&mut self, event: EventType, key: &Key) {
        self.revision += 1;
        let Some(entry) = self.services.get(key) else { return };
        let revision = self.revision;
        self.watchers.retain(|watcher| watcher.tell(event, key, entry, revision));
    }
}

impl<I> Entry<I> {
    fn status(&self) -> ServiceStatus {
        let best = |wanted| self.replicas.iter().any(|replica| replica.status == wanted);
        [ServiceStatus::Available, ServiceStatus::Degraded, ServiceStatus::Unavailable]
            .into_iter()
            .find(|status| best(*status))
            .unwrap_or_default()
    }

    /// The definition with the labels that tell its state.
    fn labelled(&self, revision: u64) -> ServiceDefinition {
        let mut definition = (*self.definition).clone();
        definition.metadata.insert(meta::STATUS.into(), self.status().as_str_name().into());
        definition.metadata.insert(meta::REVISION.into(), revision.to_string());
        definition
    }
}

impl Watcher {
    /// Sends an event if it concerns this watcher. False when nobody listens any more.
    fn tell<I>(&self, event: EventType, key: &Key, entry: &Entry<I>, revision: u64) -> bool {
        if !matches(&self.pattern, &self.filter, &key.0, &entry.definition) {
            return true;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let service = Some(entry.labelled(revision));
        self.events.send(ServiceEvent { r#type: event as i32, service, timestamp: now }).is_ok()
    }
}

fn matches(pattern: &str, filter: &HashMap<String, String>, id: &str, definition: &ServiceDefinition) -> bool {
    (pattern.is_empty() || fast_glob::glob_match(pattern, id))
        && filter.iter().all(|(key, value)| definition.metadata.get(key) == Some(value))
}

fn no_registration(number: u64) -> Error {
    Error::not_found(format!("there is no registration {number}"))
}

/// Page tokens: the last key of a page, so that changes in between neither repeat nor skip others.
mod page {
    use super::{Error, Key, Result, Version};

    pub fn token(key: &Key) -> String {
        format!("{}@{}", key.0, key.1)
    }

    pub fn parse(token: &str) -> Result<Key> {
        let bad = || Error::invalid(format!("page_token '{token}' is not one that this registry gave"));
        let (id, version) = token.rsplit_once('@').ok_or_else(bad)?;
        Ok((id.to_owned(), Version::parse(version).map_err(|_| bad())?))
    }
}
