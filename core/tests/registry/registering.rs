use std::collections::HashMap;

use hmsffi_core::proto::{
    EnumValue, EventType, Field, ListServicesRequest, MethodDefinition, Schema, ServiceDefinition,
    ServiceStatus, StreamType, WatchServicesRequest,
};
use hmsffi_core::registry::{Place, Registry};

use super::{UP, add, method, refusal, registry, service, with_methods};

#[test]
fn a_service_without_id_gets_one_that_cannot_be_guessed() {
    let registry = Registry::new();
    let first = registry.register(service("", "1.0.0"), 1, UP).unwrap();
    let second = registry.register(service("", "1.0.0"), 2, UP).unwrap();
    let hex = first.service_id.strip_prefix("service-").expect("a prefix that says what it is");
    assert!(hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()), "128 bits: {hex}");
    assert_ne!(first.service_id, second.service_id);
    assert_eq!(first.definition.service_id, first.service_id);
    assert_eq!(registry.resolve(&first.service_id).unwrap().instances, [(1, UP)]);
}

#[test]
fn a_service_without_version_is_1_0_0() {
    let registry = Registry::new();
    let registration = registry.register(service("greet", ""), 1, UP).unwrap();
    assert_eq!(registration.version, "1.0.0");
    assert_eq!(registration.definition.version, "1.0.0");
    assert_eq!(registry.resolve("greet@1.0.0").unwrap().version, "1.0.0");
}

#[test]
fn what_cannot_be_a_service_is_refused_with_the_reason() {
    let registry = Registry::new();
    let refused = |definition| refusal(registry.register(definition, 1, UP));
    assert_eq!(
        refused(service("greet", "1.2")),
        "INVALID_ARGUMENT (3): service 'greet': version '1.2' is not a semantic version (unexpected end of input \
         while parsing minor version number). Write it as 1.2.3"
    );
    assert_eq!(
        refused(service("greet@2", "1.0.0")),
        "INVALID_ARGUMENT (3): service id 'greet@2' contains '@', which begins a version"
    );
    assert_eq!(
        refused(with_methods("greet", &["hello", "bye", "hello"])),
        "INVALID_ARGUMENT (3): service 'greet' has two methods named 'hello'"
    );
    assert_eq!(
        refused(with_methods("greet", &["hello", ""])),
        "INVALID_ARGUMENT (3): service 'greet' has a method without a name"
    );
    let metadata = HashMap::from([("team".into(), "a".into()), ("hms.status".into(), "AVAILABLE".into())]);
    assert_eq!(
        refused(ServiceDefinition { metadata, ..service("greet", "1.0.0") }),
        "INVALID_ARGUMENT (3): service 'greet' has metadata 'hms.status'. Keys that start with 'hms.' are the \
         library's: choose another"
    );
}

#[test]
fn a_method_must_not_contradict_itself_about_streaming() {
    let registry = Registry::new();
    let register = |is_streaming, stream_type| {
        let method = MethodDefinition { is_streaming, stream_type, ..method("feed") };
        refusal(registry.register(
            ServiceDefinition { methods: vec![method], ..service("s", "1.0.0") },
            1,
            UP,
        ))
    };
    assert_eq!(
        register(false, StreamType::ServerStreaming as i32),
        "INVALID_ARGUMENT (3): method 's.feed': is_streaming is false but stream_type is SERVER_STREAMING"
    );
    assert_eq!(
        register(true, 0),
        "INVALID_ARGUMENT (3): method 's.feed': is_streaming is true but stream_type is STREAM_TYPE_UNSPECIFIED"
    );
    assert_eq!(register(true, 9), "INVALID_ARGUMENT (3): method 's.feed': there is no stream_type 9");
    assert_eq!(register(true, StreamType::BidirectionalStreaming as i32), "no refusal");
}

#[test]
fn the_same_definition_again_is_a_replica() {
    let registry = Registry::new();
    let first = registry.register(service("greet", "1.0.0"), 1, UP).unwrap();
    let second = registry.register(service("greet", "1.0.0"), 2, UP).unwrap();
    assert_ne!(first.number, second.number);
    assert_eq!(registry.resolve("greet").unwrap().instances, [(1, UP), (2, UP)]);
    assert_eq!(registry.unregister(first.number).unwrap(), 1);
    assert_eq!(registry.resolve("greet").unwrap().instances, [(2, UP)]);
}

#[test]
fn a_definition_whose_schema_takes_something_else_is_no_replica() {
    let registry = Registry::new();
    let greet = |label: &str| {
        let metadata = HashMap::from([(label.to_owned(), "true".to_owned())]);
        let input_schema = Some(Schema { metadata, ..Schema::default() });
        let mut definition = with_methods("greet", &["hello"]);
        definition.methods[0].input_schema = input_schema;
        definition
    };
    registry.register(greet("hms.closed"), 1, UP).unwrap();
    registry.register(greet("hms.closed"), 2, UP).unwrap();
    for other in ["color", "hms.sensitive"] {
        let error = refusal(registry.register(greet(other), 3, UP));
        assert!(error.contains("method 'hello' changed (input_schema)"), "{other}: {error}");
    }
}

/// A schema with every kind of schema inside, all of them labelled with `words`.
fn schema(words: &str) -> Schema {
    let metadata: HashMap<String, String> = (0..8).map(|n| (format!("key{n}"), words.to_owned())).collect();
    let leaf = || Schema { description: words.into(), metadata: metadata.clone(), ..Schema::default() };
    let name =
        Field { name: "name".into(), schema: Some(leaf()), description: words.into(), ..Field::default() };
    let red = EnumValue { value: "red".into(), display_name: words.into(), description: words.into() };
    Schema {
        fields: vec![name],
        items: Some(Box::new(leaf())),
        key_schema: Some(Box::new(leaf())),
        value_schema: Some(Box::new(leaf())),
        enum_values: vec![red],
        one_of: vec![leaf()],
        ..leaf()
    }
}

fn described(words: &str) -> ServiceDefinition {
    let labels = HashMap::from([("hms.dispatch".into(), words.into()), ("hms.leaf".into(), words.into())]);
    let hello = MethodDefinition {
        description: words.into(),
        input_schema: Some(schema(words)),
        output_schema: Some(schema(words)),
        error_schemas: vec![schema(words)],
        metadata: labels,
        ..method("hello")
    };
    ServiceDefinition {
        display_name: words.into(),
        description: words.into(),
        metadata: HashMap::from([("words".into(), words.into())]),
        methods: vec![hello, method("bye")],
        ..service("greet", "1.0.0")
    }
}

#[test]
fn words_and_labels_and_the_order_of_methods_do_not_tell_definitions_apart() {
    let registry = Registry::new();
    registry.register(described("some words"), 0, UP).unwrap();
    // Many times, because each map has an order of its own.
    for n in 1..=20 {
        let mut other = described("other words");
        other.methods.reverse();
        let replica = registry.register(other, n, UP).unwrap();
        assert_eq!(replica.definition.description, "other words", "a replica keeps its own words");
    }
    assert_eq!(registry.resolve("greet").unwrap().instances.len(), 21);
}

#[test]
fn another_definition_of_the_same_version_is_refused_with_the_difference() {
    let registry = Registry::new();
    registry.register(with_methods("greet", &["hello", "bye"]), 1, UP).unwrap();
    let mut changed = with_methods("greet", &["hello", "wave"]);
    changed.methods[0].timeout_ms = 5;
    changed.methods[0].input_schema = Some(Schema::default());
    assert_eq!(
        refusal(registry.register(changed, 2, UP)),
        "ALREADY_EXISTS (6): service 'greet' 1.0.0 is registered with another definition: -method 'bye', method \
         'hello' changed (input_schema, timeout_ms), +method 'wave'. Give it another version"
    );
    let mut secured = with_methods("greet", &["hello", "bye"]);
    secured.security = Some(Default::default());
    assert_eq!(
        refusal(registry.register(secured, 2, UP)),
        "ALREADY_EXISTS (6): service 'greet' 1.0.0 is registered with another definition: security changed. Give it \
         another version"
    );
    assert_eq!(
        registry.resolve("greet").unwrap().instances,
        [(1, UP)],
        "the refused one left nothing behind"
    );
}

#[test]
fn what_is_unregistered_is_gone_and_its_number_names_nothing() {
    let registry = registry(&[]);
    let number = add(&registry, "greet", "1.0.0").number;
    assert_eq!(registry.unregister(number).unwrap(), "greet@1.0.0");
    assert_eq!(
        refusal(registry.resolve("greet")),
        "NOT_FOUND (5): no service 'greet'. Running here: nothing"
    );
    let gone = format!("NOT_FOUND (5): there is no registration {number}");
    assert_eq!(refusal(registry.unregister(number)), gone);
    assert_eq!(refusal(registry.set_status(number, UP)), gone);
    assert_eq!(refusal(registry.update(number, service("greet", "1.0.0"))), gone);
    assert_ne!(add(&registry, "greet", "1.0.0").number, number);
}

#[test]
fn an_update_changes_the_methods_of_a_service_without_replicas() {
    let registry = registry(&[]);
    let number = add(&registry, "greet", "1.0.0").number;
    registry.update(number, with_methods("greet", &["hello", "bye"])).unwrap();
    assert_eq!(registry.get("greet").unwrap().0.methods.len(), 2);
    assert_eq!(
        refusal(registry.update(number, service("greet", "2.0.0"))),
        "INVALID_ARGUMENT (3): service 'greet' 1.0.0 cannot become 'greet' 2.0.0. Register that as another service"
    );
    registry.register(with_methods("greet", &["hello", "bye"]), "replica".into(), UP).unwrap();
    assert_eq!(
        refusal(registry.update(number, with_methods("greet", &["hello"]))),
        "FAILED_PRECONDITION (9): service 'greet' 1.0.0 has replicas, so its definition cannot change. Register \
         another version"
    );
}

fn in_zone(zone: &str) -> ServiceDefinition {
    ServiceDefinition { metadata: HashMap::from([("zone".into(), zone.into())]), ..service("greet", "1.0.0") }
}

#[test]
fn each_replica_has_metadata_of_its_own_and_the_one_that_serves_best_is_shown() {
    let registry = Registry::new();
    let zone = || registry.get("greet").unwrap().0.metadata["zone"].clone();
    let west = registry.register(in_zone("west"), 1, UP).unwrap();
    let east = registry.register(in_zone("east"), 2, UP).unwrap();
    assert_eq!(east.definition.metadata["zone"], "east");
    assert_eq!(zone(), "west", "of equals the eldest");
    registry.set_status(west.number, ServiceStatus::Degraded).unwrap();
    assert_eq!(zone(), "east");
    registry.update(west.number, in_zone("north")).unwrap();
    registry.set_status(west.number, UP).unwrap();
    assert_eq!(zone(), "north", "what does not count for the fingerprint may change beside replicas");
    registry.unregister(west.number).unwrap();
    assert_eq!(zone(), "east", "what the other brought goes with it");
}

#[test]
fn lists_and_watches_find_a_service_by_the_metadata_of_any_replica() {
    let registry = Registry::new();
    let east = HashMap::from([("zone".into(), "east".into())]);
    let list = ListServicesRequest { metadata_filter: east.clone(), ..Default::default() };
    let zones = || {
        let services = registry.list(&list).unwrap().services;
        services.into_iter().map(|mut s| s.metadata.remove("zone").unwrap()).collect::<Vec<_>>()
    };
    registry.register(in_zone("west"), 1, UP).unwrap();
    let watch =
        registry.watch(&WatchServicesRequest { metadata_filter: east, ..Default::default() }).unwrap();
    assert_eq!(zones(), [""; 0]);
    let number = registry.register(in_zone("east"), 2, UP).unwrap().number;
    assert_eq!(zones(), ["east"]);
    registry.unregister(number).unwrap();
    assert_eq!(zones(), [""; 0]);
    let events: Vec<_> = watch.try_iter().map(|event| event.r#type()).collect();
    assert_eq!(events, [EventType::ServiceAdded, EventType::ServiceRemoved]);
    assert_eq!(registry.resolve("greet").unwrap().instances, [(1, UP)], "the other still serves");
}

#[test]
fn those_that_serve_best_come_first_and_the_best_gives_the_status() {
    let registry = Registry::new();
    let statuses = [ServiceStatus::Unavailable, ServiceStatus::Degraded, UP];
    let numbers =
        statuses.map(|status| registry.register(service("greet", ""), status, status).unwrap().number);
    let order =
        || registry.resolve("greet").unwrap().instances.into_iter().map(|(_, s)| s).collect::<Vec<_>>();
    assert_eq!(order(), [UP, ServiceStatus::Degraded, ServiceStatus::Unavailable]);
    assert_eq!(registry.get("greet").unwrap().1, UP);
    registry.set_status(numbers[2], ServiceStatus::Unavailable).unwrap();
    assert_eq!(registry.get("greet").unwrap().1, ServiceStatus::Degraded);
}

#[test]
fn every_change_changes_the_epoch_and_nothing_else_does() {
    let registry = registry(&[("other", "1.0.0")]);
    let mut last = registry.epoch();
    let mut changed = || std::mem::replace(&mut last, registry.epoch()) != registry.epoch();
    let number = add(&registry, "greet", "1.0.0").number;
    assert!(changed(), "registered");
    registry.set_status(number, ServiceStatus::Degraded).unwrap();
    assert!(changed(), "another status");
    registry.set_status(number, ServiceStatus::Degraded).unwrap();
    assert!(!changed(), "the same status");
    registry.update(number, with_methods("greet", &["hello", "bye"])).unwrap();
    assert!(changed(), "another definition");
    let _ = registry.register(service("greet", "1.0.0"), String::new(), UP);
    let _ =
        (registry.resolve("greet"), registry.list(&Default::default()), registry.watch(&Default::default()));
    assert!(!changed(), "a refusal, and reading");
    registry.unregister(number).unwrap();
    assert!(changed(), "unregistered");
}

#[test]
fn one_elsewhere_is_set_aside_while_its_definition_is_another_than_here() {
    let registry = Registry::new();
    let serving =
        || registry.resolve("greet").unwrap().instances.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    let elsewhere = |methods: &[&str], n| {
        registry.register_at(Place::Elsewhere, with_methods("greet", methods), n, UP).unwrap()
    };
    let there = elsewhere(&["hello", "bye"], 1);
    assert!(there.aside.is_none());
    let here = registry.register(with_methods("greet", &["hello"]), 2, UP).unwrap().number;
    assert_eq!(serving(), [2], "the one here counts");
    let refused = elsewhere(&["hello", "wave"], 3).aside.expect("aside").to_string();
    assert!(refused.contains("is registered with another definition: +method 'wave'"), "{refused}");
    registry.update(here, with_methods("greet", &["hello", "bye"])).unwrap();
    assert_eq!(serving(), [2, 1], "extended here as it is there");
    registry.update(here, with_methods("greet", &["hello", "wave"])).unwrap();
    assert_eq!(serving(), [2, 3], "what is elsewhere keeps nobody from extending");
    registry.unregister(here).unwrap();
    assert_eq!(serving(), [1], "of those elsewhere, the eldest");
    registry.set_status(there.number, ServiceStatus::Unavailable).unwrap();
    assert_eq!(serving(), [3], "one that serves is better than one that does not");
    assert_eq!(registry.unregister(there.number).unwrap(), 1, "aside or not");
}
