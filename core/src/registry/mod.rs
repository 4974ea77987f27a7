//! Services by name and version: registering, finding, listing and watching them.
//!
//! The key is (service id, version); definitions with the same fingerprint are replicas of one service. No foreign
//! code runs under the lock: instances are cloned there, which for an `Arc` is a count, but never dropped.

mod complete;
mod entry;
mod filter;
mod fingerprint;
mod names;
mod page;
mod services;
mod version;
mod watch;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

pub use complete::complete;
pub(crate) use complete::generated_id;
pub(crate) use names::is_of_every_runtime;
pub use names::{method_not_found, nearest, service_not_found};
pub(crate) use version::{fitting, parse as version};
pub use watch::Watch;

use crate::error::{Code, Error, Result};
use crate::proto::{
    ListServicesRequest, ListServicesResponse, ServiceDefinition, ServiceStatus, WatchServicesRequest,
};
use entry::{Entry, Key, Replica};
pub use entry::{Place, labelled};
use filter::Filter;
pub(crate) use filter::check_pattern;
pub(crate) use page::limit;
use services::Services;

/// Services of a runtime; `I` is what serves one registration.
pub struct Registry<I> {
    /// Apart from the lock, so that a cached resolution is checked with one load.
    epoch: AtomicU64,
    services: Mutex<Services<I>>,
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
    /// Its definition, completed. Other replicas may have other descriptions and metadata.
    pub definition: Arc<ServiceDefinition>,
    /// Why it is no part of the service for now.
    pub aside: Option<Error>,
}

/// A service that was found.
pub struct Resolved<I> {
    /// The definition of the replica that serves best.
    pub definition: Arc<ServiceDefinition>,
    /// Its version.
    pub version: String,
    /// Its replicas, those that serve first.
    pub instances: Vec<(I, ServiceStatus)>,
}

impl<I> Default for Registry<I> {
    fn default() -> Self {
        Registry { epoch: AtomicU64::new(1), services: Mutex::default() }
    }
}

impl<I: Clone> Registry<I> {
    /// Nothing registered.
    pub fn new() -> Self {
        Self::default()
    }

    fn services(&self) -> MutexGuard<'_, Services<I>> {
        self.services.lock().unwrap_or_else(|e| e.into_inner())
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

    /// Registers a service of this process, after [`complete`]. The same definition again makes a replica; another one for
    /// the same id and version is ALREADY_EXISTS.
    pub fn register(
        &self,
        definition: ServiceDefinition,
        instance: I,
        status: ServiceStatus,
    ) -> Result<Registration> {
        self.register_at(Place::Here, definition, instance, status)
    }

    /// The same for a service at some place. One elsewhere whose definition is another than that of those here, or of those
    /// that serve better, is set aside: it is part of the service as soon as that is so no more.
    pub fn register_at(
        &self,
        place: Place,
        mut definition: ServiceDefinition,
        instance: I,
        status: ServiceStatus,
    ) -> Result<Registration> {
        complete(&mut definition)?;
        let version = version::parse(&definition.service_id, &definition.version)?;
        let fingerprint = fingerprint::of(&definition);
        let key: Key = (definition.service_id.clone(), version);
        // Declared after `instance`, so that an instance that is refused is dropped after the lock.
        let mut services = self.services();
        let before = services.get(&key).map(Entry::appearance);
        let number = services.number();
        if place == Place::Here
            && let Some(other) = services.get(&key).and_then(|known| known.other_here(number, fingerprint))
        {
            return Err(conflict(&key, &other.definition, &definition));
        }
        let definition = Arc::new(definition);
        let (service_id, version) = (key.0.clone(), key.1.to_string());
        let replica =
            Replica { number, fingerprint, definition: definition.clone(), instance, status, place };
        let entry = services.entry(key.clone());
        entry.add(replica);
        let best = entry.best();
        let aside = (best.fingerprint != fingerprint).then(|| conflict(&key, &best.definition, &definition));
        services.announce(&key, before.as_ref());
        drop(services);
        self.touch();
        Ok(Registration { number, service_id, version, definition, aside })
    }

    /// Gives a registration another definition of the same id and version. With other replicas here, only what does
    /// not count for the fingerprint may differ.
    pub fn update(&self, number: u64, mut definition: ServiceDefinition) -> Result<()> {
        complete(&mut definition)?;
        let mut services = self.services();
        let key = services.key_of(number)?;
        if (definition.service_id.as_str(), definition.version.as_str()) != (&*key.0, &*key.1.to_string()) {
            return Err(Error::invalid(format!(
                "service '{}' {} cannot become '{}' {}. Register that as another service",
                key.0, key.1, definition.service_id, definition.version
            )));
        }
        let entry = services.get_mut(&key, number)?;
        let fingerprint = fingerprint::of(&definition);
        if entry.other_here(number, fingerprint).is_some() {
            return Err(Error::precondition(format!(
                "service '{}' {} has replicas, so its definition cannot change. Register another version",
                key.0, key.1
            )));
        }
        let before = entry.appearance();
        entry.change(number, |replica| {
            replica.fingerprint = fingerprint;
            replica.definition = Arc::new(definition);
        });
        services.announce(&key, Some(&before));
        self.touch();
        Ok(())
    }

    /// Forgets a registration and gives back what served it.
    pub fn unregister(&self, number: u64) -> Result<I> {
        let mut services = self.services();
        let key = services.key_of(number)?;
        let entry = services.get_mut(&key, number)?;
        let before = entry.appearance();
        let replica = entry.remove(number).ok_or_else(|| services::no_registration(number))?;
        if entry.replicas().is_empty() {
            services.remove(&key);
        }
        services.announce(&key, Some(&before));
        self.touch();
        Ok(replica.instance)
    }

    /// Sets the status of a registration.
    pub fn set_status(&self, number: u64, status: ServiceStatus) -> Result<()> {
        let mut services = self.services();
        let key = services.key_of(number)?;
        let entry = services.get_mut(&key, number)?;
        if entry.replica(number).is_some_and(|replica| replica.status == status) {
            return Ok(());
        }
        let before = entry.appearance();
        entry.change(number, |replica| replica.status = status);
        services.announce(&key, Some(&before));
        self.touch();
        Ok(())
    }

    /// The service that a query names: `id`, `id@1.2.3`, `id@^1.2` or `id@~1.2`. Of several versions that fit it is
    /// the highest; pre-releases fit only when the query names one.
    pub fn resolve(&self, query: &str) -> Result<Resolved<I>> {
        let services = self.services();
        let (key, entry) = services.find(query)?;
        Ok(resolved(key, entry.replicas()))
    }

    /// The same of all versions that the query accepts, the highest first: at least one. Replicas that were set aside come right
    /// behind those of their version, each definition apart.
    pub fn resolve_all(&self, query: &str) -> Result<Vec<Resolved<I>>> {
        let services = self.services();
        let mut all = Vec::new();
        for (key, entry) in services.fitting(query)? {
            all.push(resolved(key, entry.replicas()));
            all.extend(entry.others().into_iter().map(|others| resolved(key, others)));
        }
        Ok(all)
    }

    /// Definition and status of the service that a query names; of its replicas, the one that serves best.
    pub fn get(&self, query: &str) -> Result<(Arc<ServiceDefinition>, ServiceStatus)> {
        let services = self.services();
        let (_, entry) = services.find(query)?;
        let best = entry.best();
        Ok((best.definition.clone(), best.status))
    }

    /// Services whose id matches a glob and that have a replica whose metadata holds all pairs of the filter, in order
    /// of id and version, labelled with status and revision.
    pub fn list(&self, request: &ListServicesRequest) -> Result<ListServicesResponse> {
        let limit = page::limit(request.limit)?;
        let filter = Filter::new(&request.name_pattern, &request.metadata_filter)?;
        let after = page::after(&request.page_token)?;
        let services = self.services();
        let mut fitting = services.after(after.as_ref()).filter_map(|(key, entry)| {
            let appearance = entry.appearance();
            Some((key, appearance.through(&filter)?.clone(), appearance))
        });
        let page: Vec<_> = fitting.by_ref().take(limit).collect();
        let more = fitting.next().is_some();
        let next_page_token =
            page.last().filter(|_| more).map_or_else(String::new, |(key, ..)| page::token(key));
        let revision = services.revision();
        let labelled =
            page.iter().map(|(_, definition, appearance)| appearance.labelled(definition, revision));
        Ok(ListServicesResponse { services: labelled.collect(), next_page_token })
    }

    /// Events: first the services that are there as SERVICE_ADDED, then every change, in order.
    pub fn watch(&self, request: &WatchServicesRequest) -> Result<Watch> {
        let (watcher, watch) = watch::watch(Filter::new(&request.name_pattern, &request.metadata_filter)?);
        self.services().follow(watcher);
        Ok(watch)
    }

    /// Ends all watches, those that come too: they give what was told before, and then nothing more.
    pub fn end_watches(&self) {
        self.services().end_watches();
    }
}

/// Replicas of one definition; at least one.
fn resolved<'a, I: Clone + 'a>(key: &Key, replicas: impl IntoIterator<Item = &'a Replica<I>>) -> Resolved<I> {
    let mut replicas: Vec<&Replica<I>> = replicas.into_iter().collect();
    replicas.sort_by_key(|replica| entry::rank(replica.status, replica.place));
    Resolved {
        definition: replicas[0].definition.clone(),
        version: key.1.to_string(),
        instances: replicas.iter().map(|replica| (replica.instance.clone(), replica.status)).collect(),
    }
}

fn conflict(key: &Key, known: &ServiceDefinition, new: &ServiceDefinition) -> Error {
    Error::new(
        Code::AlreadyExists,
        format!(
            "service '{}' {} is registered with another definition: {}. Give it another version",
            key.0,
            key.1,
            fingerprint::difference(known, new)
        ),
    )
}
