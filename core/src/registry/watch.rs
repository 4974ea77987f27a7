//! Those who follow the registry's changes.

use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};

use super::entry::{Appearance, labelled};
use super::filter::Filter;
use crate::proto::{EventType, ServiceEvent, ServiceStatus};

/// Receives the events of a watch, as a [`Receiver`] does. The registry forgets it when it is dropped.
pub struct Watch {
    events: Receiver<ServiceEvent>,
    /// A channel's sender learns only from sending that nobody listens, but a watch may never have an event.
    _listening: Arc<()>,
}

impl Deref for Watch {
    type Target = Receiver<ServiceEvent>;

    fn deref(&self) -> &Receiver<ServiceEvent> {
        &self.events
    }
}

/// The registry's end of a [`Watch`].
pub struct Watcher {
    filter: Filter,
    events: Sender<ServiceEvent>,
    listening: Weak<()>,
}

/// What happened to a service. Without `before` it is new, without `after` it is gone.
pub struct Change<'a> {
    pub before: Option<&'a Appearance>,
    pub after: Option<&'a Appearance>,
    pub revision: u64,
}

/// Both ends of a watch.
pub fn watch(filter: Filter) -> (Watcher, Watch) {
    let (sender, receiver) = crossbeam_channel::unbounded();
    let listening = Arc::new(());
    let watcher = Watcher { filter, events: sender, listening: Arc::downgrade(&listening) };
    (watcher, Watch { events: receiver, _listening: listening })
}

impl Watcher {
    /// Whether somebody listens.
    pub fn is_listening(&self) -> bool {
        self.listening.strong_count() > 0
    }

    /// Sends a change, if it concerns this watch. A service that came to fit the filter was added for it, and one
    /// that fits no longer was removed.
    pub fn tell(&self, change: &Change<'_>) {
        let seen = |appearance: &Appearance| appearance.through(&self.filter).cloned();
        let (event, definition) = match (change.before.and_then(seen), change.after.and_then(seen)) {
            (None, Some(after)) => (EventType::ServiceAdded, after),
            (Some(_), Some(after)) => (EventType::ServiceModified, after),
            (Some(before), None) => (EventType::ServiceRemoved, before),
            (None, None) => return,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let service = Some(match change.after {
            Some(after) => after.labelled(&definition, change.revision),
            None => labelled(&definition, ServiceStatus::Unavailable, change.revision),
        });
        // Fails only when the listener has just gone; the next change finds out.
        let _ = self.events.send(ServiceEvent { r#type: event as i32, service, timestamp: now });
    }
}
