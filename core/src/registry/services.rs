//! What the registry's lock protects.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::entry::{Appearance, Entry, Key};
use super::names::service_not_found;
use super::version::{self, Wanted};
use super::watch::{Change, Watcher};
use crate::error::{Error, Result};

/// Services in order of id and version, and those who follow their changes.
pub struct Services<I> {
    by_key: BTreeMap<Key, Entry<I>>,
    watchers: Vec<Watcher>,
    /// Watches begin and end at once.
    unwatched: bool,
    registrations: u64,
    revision: u64,
}

impl<I> Default for Services<I> {
    fn default() -> Self {
        Services {
            by_key: BTreeMap::new(),
            watchers: Vec::new(),
            unwatched: false,
            registrations: 0,
            revision: 0,
        }
    }
}

impl<I> Services<I> {
    /// A number that no other registration had.
    pub fn number(&mut self) -> u64 {
        self.registrations += 1;
        self.registrations
    }

    /// How many changes there were.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The service with this key.
    pub fn get(&self, key: &Key) -> Option<&Entry<I>> {
        self.by_key.get(key)
    }

    /// The service with the key that [`Self::key_of`] gave for this registration.
    pub fn get_mut(&mut self, key: &Key, number: u64) -> Result<&mut Entry<I>> {
        self.by_key.get_mut(key).ok_or_else(|| no_registration(number))
    }

    /// The service with this key, made if it is not there.
    pub fn entry(&mut self, key: Key) -> &mut Entry<I> {
        self.by_key.entry(key).or_default()
    }

    /// Removes a service.
    pub fn remove(&mut self, key: &Key) -> Option<Entry<I>> {
        self.by_key.remove(key)
    }

    /// The services behind a key, or all.
    pub fn after(&self, key: Option<&Key>) -> impl Iterator<Item = (&Key, &Entry<I>)> {
        let start = key.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_key.range((start, Bound::Unbounded))
    }

    /// The key under which a registration is.
    pub fn key_of(&self, number: u64) -> Result<Key> {
        let found = self.by_key.iter().find(|(_, entry)| entry.replica(number).is_some());
        found.map(|(key, _)| key.clone()).ok_or_else(|| no_registration(number))
    }

    /// The service that a query names.
    pub fn find(&self, query: &str) -> Result<(&Key, &Entry<I>)> {
        Ok(self.fitting(query)?[0])
    }

    /// The versions of a service that a query accepts, the highest first: at least one.
    pub fn fitting(&self, query: &str) -> Result<Vec<(&Key, &Entry<I>)>> {
        let (id, wanted) = version::query(query)?;
        let lowest = (id.to_owned(), version::lowest());
        let versions: Vec<_> =
            self.by_key.range(lowest..).take_while(|((other, _), _)| other == id).collect();
        if versions.is_empty() {
            let here: Vec<&str> = self.by_key.keys().map(|(id, _)| id.as_str()).collect();
            return Err(service_not_found(id, &here));
        }
        let accepted = versions.iter().rev().filter(|((_, version), _)| wanted.accepts(version));
        let accepted: Vec<_> = accepted.copied().collect();
        if !accepted.is_empty() {
            return Ok(accepted);
        }
        let here: Vec<String> = versions.iter().map(|((_, version), _)| version.to_string()).collect();
        let here = here.join(", ");
        Err(Error::not_found(match wanted {
            Wanted::Any => format!(
                "service '{id}' has no release here, only {here}. Ask for one, as in {id}@{}",
                versions[versions.len() - 1].0.1
            ),
            _ => format!("no version of service '{id}' fits '{query}'. Here: {here}"),
        }))
    }

    /// Shows a watcher what is there, and every change from now on.
    pub fn follow(&mut self, watcher: Watcher) {
        for entry in self.by_key.values() {
            let after = Some(&entry.appearance());
            watcher.tell(&Change { before: None, after, revision: self.revision });
        }
        self.watchers.retain(Watcher::is_listening);
        if !self.unwatched {
            self.watchers.push(watcher);
        }
    }

    /// From now on nobody is told of changes.
    pub fn end_watches(&mut self) {
        self.unwatched = true;
        self.watchers.clear();
    }

    /// Tells the watchers what became of the service that was `before`.
    pub fn announce(&mut self, key: &Key, before: Option<&Appearance>) {
        self.revision += 1;
        let after = self.by_key.get(key).map(Entry::appearance);
        let change = Change { before, after: after.as_ref(), revision: self.revision };
        self.watchers.retain(Watcher::is_listening);
        self.watchers.iter().for_each(|watcher| watcher.tell(&change));
    }
}

/// There is no such registration, or no longer.
pub fn no_registration(number: u64) -> Error {
    Error::not_found(format!("there is no registration {number}"))
}

#[cfg(test)]
mod tests {
    use super::Services;
    use crate::registry::filter::Filter;
    use crate::registry::watch::watch;

    #[test]
    fn a_dropped_watch_is_forgotten_even_if_it_never_has_an_event() {
        let mut services = Services::<()>::default();
        for _ in 0..3 {
            let filter = Filter::new("matches nothing", &Default::default()).unwrap();
            let (watcher, watch) = watch(filter);
            services.follow(watcher);
            assert_eq!(services.watchers.len(), 1);
            drop(watch);
        }
        services.announce(&("a".into(), semver::Version::new(1, 0, 0)), None);
        assert_eq!(services.watchers.len(), 0);
    }
}
