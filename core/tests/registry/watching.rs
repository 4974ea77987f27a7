use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use hmsffi_core::proto::{EventType, ServiceDefinition, ServiceEvent, ServiceStatus, WatchServicesRequest};
use hmsffi_core::registry::{Registry, Watch};

use super::{UP, add, refusal, registry, service, with_methods};

fn all() -> WatchServicesRequest {
    WatchServicesRequest::default()
}

fn named(pattern: &str) -> WatchServicesRequest {
    WatchServicesRequest { name_pattern: pattern.into(), ..Default::default() }
}

fn short(event: ServiceEvent) -> String {
    let what = match event.r#type() {
        EventType::ServiceAdded => "+",
        EventType::ServiceModified => "~",
        EventType::ServiceRemoved => "-",
        EventType::Unspecified => "?",
    };
    let service = event.service.unwrap();
    format!(
        "{what}{} {} {}",
        service.service_id, service.metadata["hms.status"], service.metadata["hms.revision"]
    )
}

fn events(watch: &Watch) -> Vec<String> {
    watch.try_iter().map(short).collect()
}

#[test]
fn a_watch_begins_with_what_is_there_and_goes_on_with_changes_in_order() {
    let registry = registry(&[("b", "1.0.0"), ("a", "1.0.0")]);
    let watch = registry.watch(&all()).unwrap();
    let c = add(&registry, "c", "1.0.0").number;
    registry.set_status(c, ServiceStatus::Degraded).unwrap();
    let replica = add(&registry, "c", "1.0.0").number;
    registry.unregister(c).unwrap();
    registry.update(replica, with_methods("c", &["hello", "bye"])).unwrap();
    registry.unregister(replica).unwrap();
    assert_eq!(
        events(&watch),
        [
            "+a AVAILABLE 2",
            "+b AVAILABLE 2",
            "+c AVAILABLE 3",
            "~c DEGRADED 4",
            "~c AVAILABLE 5",
            "~c AVAILABLE 6",
            "~c AVAILABLE 7",
            "-c UNAVAILABLE 8",
        ]
    );
}

#[test]
fn an_event_says_when_in_milliseconds() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let before = now();
    let watch = registry(&[("a", "1.0.0")]).watch(&all()).unwrap();
    let timestamp = watch.recv().unwrap().timestamp;
    assert!((before..=now()).contains(&timestamp), "{timestamp}");
}

#[test]
fn a_status_that_stays_is_no_event() {
    let registry = registry(&[]);
    let number = add(&registry, "a", "1.0.0").number;
    let watch = registry.watch(&all()).unwrap();
    registry.set_status(number, UP).unwrap();
    assert_eq!(events(&watch), ["+a AVAILABLE 1"]);
}

#[test]
fn a_watch_sees_only_what_its_filter_lets_through() {
    let registry = registry(&[("billing", "1.0.0"), ("greet", "1.0.0")]);
    let watch = registry.watch(&named("bill*")).unwrap();
    add(&registry, "pricing", "1.0.0");
    add(&registry, "bills", "1.0.0");
    assert_eq!(events(&watch), ["+billing AVAILABLE 2", "+bills AVAILABLE 4"]);
    assert!(
        refusal(registry.watch(&named("{a")))
            .starts_with("INVALID_ARGUMENT (3): name_pattern '{a' is not a glob")
    );
}

#[test]
fn a_service_that_an_update_moves_across_the_filter_is_added_or_removed() {
    let registry = registry(&[]);
    let number = add(&registry, "a", "1.0.0").number;
    let team = HashMap::from([("team".to_owned(), "x".to_owned())]);
    let watch = registry
        .watch(&WatchServicesRequest { metadata_filter: team.clone(), ..Default::default() })
        .unwrap();
    registry.update(number, ServiceDefinition { metadata: team, ..service("a", "1.0.0") }).unwrap();
    registry.update(number, service("a", "1.0.0")).unwrap();
    assert_eq!(events(&watch), ["+a AVAILABLE 2", "-a AVAILABLE 3"]);
}

#[test]
fn a_dropped_watch_disturbs_nobody() {
    let registry = registry(&[]);
    drop(registry.watch(&all()).unwrap());
    let watch = registry.watch(&all()).unwrap();
    add(&registry, "a", "1.0.0");
    assert_eq!(events(&watch), ["+a AVAILABLE 1"]);
}

#[test]
fn a_watch_ends_with_the_registry() {
    let registry: Registry<u8> = Registry::new();
    let watch = registry.watch(&all()).unwrap();
    drop(registry);
    assert!(watch.recv().is_err());
}
