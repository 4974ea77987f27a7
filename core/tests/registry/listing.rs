use std::collections::HashMap;

use hmsffi_core::proto::{ListServicesRequest, ServiceDefinition, ServiceStatus};
use hmsffi_core::registry::Registry;

use super::{UP, add, refusal, registry, service};

fn ids(registry: &Registry<String>, request: &ListServicesRequest) -> Vec<String> {
    let services = registry.list(request).unwrap().services;
    services.into_iter().map(|service| format!("{}@{}", service.service_id, service.version)).collect()
}

fn named(pattern: &str) -> ListServicesRequest {
    ListServicesRequest { name_pattern: pattern.into(), ..Default::default() }
}

#[test]
fn services_are_listed_in_order_of_id_and_version() {
    let registry = registry(&[("b", "1.10.0"), ("b", "1.9.0"), ("a", "1.0.0")]);
    assert_eq!(ids(&registry, &named("")), ["a@1.0.0", "b@1.9.0", "b@1.10.0"]);
}

#[test]
fn replicas_are_listed_once() {
    let registry = registry(&[("a", "1.0.0"), ("a", "1.0.0")]);
    assert_eq!(ids(&registry, &named("")), ["a@1.0.0"]);
}

#[test]
fn a_pattern_is_a_glob_for_the_id() {
    let registry = registry(&[("billing", "1.0.0"), ("billing.eu", "1.0.0"), ("greet", "1.0.0")]);
    assert_eq!(ids(&registry, &named("bill*")), ["billing@1.0.0", "billing.eu@1.0.0"]);
    assert_eq!(ids(&registry, &named("?illing")), ["billing@1.0.0"]);
    assert_eq!(ids(&registry, &named("[f-h]reet")), ["greet@1.0.0"]);
    assert_eq!(ids(&registry, &named("bill")), Vec::<String>::new());
    let broken = refusal(registry.list(&named("[ab")));
    assert!(broken.starts_with("INVALID_ARGUMENT (3): name_pattern '[ab' is not a glob ("), "{broken}");
}

#[test]
fn all_pairs_of_a_metadata_filter_must_be_there() {
    let registry = Registry::new();
    for (id, pairs) in
        [("a", vec![("team", "x")]), ("b", vec![("team", "x"), ("tier", "1")]), ("c", vec![("tier", "1")])]
    {
        let metadata = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let definition = ServiceDefinition { metadata, ..service(id, "1.0.0") };
        registry.register(definition, String::new(), UP).unwrap();
    }
    let filter = |pairs: &[(&str, &str)]| {
        let metadata_filter: HashMap<_, _> =
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        ids(&registry, &ListServicesRequest { metadata_filter, ..Default::default() })
    };
    assert_eq!(filter(&[("team", "x")]), ["a@1.0.0", "b@1.0.0"]);
    assert_eq!(filter(&[("team", "x"), ("tier", "1")]), ["b@1.0.0"]);
    assert_eq!(filter(&[("team", "y")]), Vec::<String>::new());
}

fn pages(registry: &Registry<String>, limit: i32, mut between: impl FnMut(usize)) -> Vec<Vec<String>> {
    let mut request = ListServicesRequest { limit, ..Default::default() };
    let mut pages = Vec::new();
    loop {
        let answer = registry.list(&request).unwrap();
        pages.push(answer.services.into_iter().map(|service| service.service_id).collect());
        if answer.next_page_token.is_empty() {
            return pages;
        }
        request.page_token = answer.next_page_token;
        between(pages.len());
    }
}

#[test]
fn pages_hold_everything_once_and_the_last_says_that_it_is_the_last() {
    let registry = registry(&[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0"), ("d", "1.0.0")]);
    assert_eq!(pages(&registry, 3, |_| {}), [vec!["a", "b", "c"], vec!["d"]]);
    assert_eq!(pages(&registry, 2, |_| {}), [["a", "b"], ["c", "d"]]);
    assert_eq!(pages(&registry, 0, |_| {}), [["a", "b", "c", "d"]]);
    assert_eq!(pages(&Registry::new(), 2, |_| {}), [Vec::<String>::new()]);
}

#[test]
fn changes_between_pages_neither_repeat_nor_skip_other_services() {
    let registry = registry(&[("a", "1.0.0"), ("c", "1.0.0"), ("d", "1.0.0")]);
    let b = add(&registry, "b", "1.0.0").number;
    let listed = pages(&registry, 2, |page| {
        if page == 1 {
            registry.unregister(b).unwrap();
            add(&registry, "aa", "1.0.0");
            add(&registry, "cc", "1.0.0");
        }
    });
    assert_eq!(listed, [vec!["a", "b"], vec!["c", "cc"], vec!["d"]]);
}

#[test]
fn a_page_that_cannot_be_is_refused() {
    let registry = registry(&[("a", "1.0.0")]);
    for token in ["nonsense", "a@1", "@1.0.0"] {
        assert_eq!(
            refusal(registry.list(&ListServicesRequest { page_token: token.into(), ..Default::default() })),
            format!("INVALID_ARGUMENT (3): page_token '{token}' is not one that this registry gave")
        );
    }
    assert_eq!(
        refusal(registry.list(&ListServicesRequest { limit: -1, ..Default::default() })),
        "INVALID_ARGUMENT (3): limit is -1; it must be 0 (no limit) or more"
    );
}

#[test]
fn a_listed_service_is_labelled_with_its_status() {
    let registry = registry(&[]);
    let number = add(&registry, "a", "1.0.0").number;
    registry.set_status(number, ServiceStatus::Degraded).unwrap();
    let listed = registry.list(&named("")).unwrap().services;
    assert_eq!(listed[0].metadata["hms.status"], "DEGRADED");
    assert_eq!(listed[0].metadata["hms.revision"], "2");
    assert!(registry.get("a").unwrap().0.metadata.is_empty(), "the definition itself is as it was given");
}
