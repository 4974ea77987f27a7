use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use hmsffi_core::proto::{EventType, ListServicesRequest, WatchServicesRequest};
use hmsffi_core::registry::Registry;

use super::{UP, service, with_methods};

const THREADS: usize = 4;
const ROUNDS: usize = 200;

#[test]
fn four_threads_register_list_and_unregister_at_once() {
    let registry = Arc::new(Registry::new());
    registry.register(service("shared", "1.0.0"), 0, UP).unwrap();
    let watch = registry.watch(&WatchServicesRequest::default()).unwrap();
    thread::scope(|scope| {
        for thread in 1..=THREADS {
            let registry = registry.clone();
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let own = format!("own{thread}");
                    let mine = registry.register(service(&own, "1.0.0"), thread, UP).unwrap().number;
                    let replica = registry.register(service("shared", "1.0.0"), thread, UP).unwrap().number;
                    assert_eq!(registry.resolve(&own).unwrap().instances, [(thread, UP)], "round {round}");
                    let request = ListServicesRequest { limit: 2, ..Default::default() };
                    let page = registry.list(&request).unwrap();
                    assert!(
                        page.services.len() == 2 && page.services[0].service_id < page.services[1].service_id
                    );
                    assert_eq!(registry.unregister(replica).unwrap(), thread);
                    assert_eq!(registry.unregister(mine).unwrap(), thread);
                }
            });
        }
    });
    assert_eq!(registry.resolve("shared").unwrap().instances, [(0, UP)]);
    assert_eq!(registry.list(&ListServicesRequest::default()).unwrap().services.len(), 1);

    let mut there = BTreeSet::new();
    let mut last = 0;
    for event in watch.try_iter() {
        let kind = event.r#type();
        let service = event.service.unwrap();
        let revision: u64 = service.metadata["hms.revision"].parse().unwrap();
        assert!(revision > last, "no event is missing, repeated or out of order");
        last = revision;
        match kind {
            EventType::ServiceAdded => assert!(there.insert(service.service_id)),
            EventType::ServiceRemoved => assert!(there.remove(&service.service_id)),
            _ => assert!(there.contains(&service.service_id)),
        }
    }
    assert_eq!(there, BTreeSet::from(["shared".to_owned()]));
    assert_eq!(last, 1 + (THREADS * ROUNDS * 4) as u64, "every change was told");
}

/// Stands for foreign code that runs when an instance is dropped, and uses the registry itself.
struct Nosy {
    registry: Arc<Registry<Arc<Nosy>>>,
    done: Sender<usize>,
}

impl Drop for Nosy {
    fn drop(&mut self) {
        let _ = self.done.send(self.registry.list(&Default::default()).unwrap().services.len());
    }
}

#[test]
fn an_instance_may_use_the_registry_when_it_is_dropped() {
    let (done, listed) = channel();
    thread::spawn(move || {
        let registry = Arc::new(Registry::new());
        let nosy = || Arc::new(Nosy { registry: registry.clone(), done: done.clone() });
        let number = registry.register(service("greet", "1.0.0"), nosy(), UP).unwrap().number;
        let refused = registry.register(with_methods("greet", &["bye"]), nosy(), UP);
        assert!(refused.is_err());
        drop(registry.unregister(number).unwrap());
    });
    let next = || listed.recv_timeout(Duration::from_secs(20)).expect("a drop waits for the registry's lock");
    assert_eq!(next(), 1, "the one that was refused");
    assert_eq!(next(), 0, "the one that was unregistered");
}

#[test]
fn the_registry_can_be_shared_by_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Registry<Arc<str>>>();
}
