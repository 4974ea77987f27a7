use hmsffi_core::registry::{method_not_found, nearest};

use super::{add, refusal, registry, with_methods};

#[test]
fn a_bare_id_is_the_highest_release() {
    let registry = registry(&[
        ("billing", "1.9.0"),
        ("billing", "1.10.0"),
        ("billing", "2.0.0-beta.1"),
        ("billings", "3.0.0"),
    ]);
    let resolved = registry.resolve("billing").unwrap();
    assert_eq!((resolved.version.as_str(), resolved.instances[0].0.as_str()), ("1.10.0", "billing@1.10.0"));
    assert_eq!(resolved.definition.version, "1.10.0");
}

#[test]
fn a_query_names_a_version_or_a_range() {
    let registry = registry(&[
        ("billing", "1.2.3"),
        ("billing", "1.2.9"),
        ("billing", "1.4.0"),
        ("billing", "2.0.0-rc.1"),
        ("billing", "3.0.0"),
    ]);
    for (query, version) in [
        ("billing@1.2.3", "1.2.3"),
        ("billing@^1.2", "1.4.0"),
        ("billing@1.2", "1.4.0"),
        ("billing@~1.2", "1.2.9"),
        ("billing@*", "3.0.0"),
        ("billing@>=1.3, <3", "1.4.0"),
        ("billing@2.0.0-rc.1", "2.0.0-rc.1"),
        ("billing@^2.0.0-rc.0", "2.0.0-rc.1"),
    ] {
        assert_eq!(registry.resolve(query).unwrap().version, version, "{query}");
        assert_eq!(registry.get(query).unwrap().0.version, version, "{query}");
    }
}

#[test]
fn build_metadata_matters_only_to_those_who_ask_for_it() {
    let registry = registry(&[("billing", "1.0.0+a"), ("billing", "1.0.0+b")]);
    assert_eq!(registry.resolve("billing@1.0.0+a").unwrap().version, "1.0.0+a");
    assert_eq!(registry.resolve("billing@1.0.0").unwrap().version, "1.0.0+b");
    assert!(registry.resolve("billing@1.0.0+c").is_err());
}

#[test]
fn a_version_that_is_not_here_is_answered_with_those_that_are() {
    let registry =
        registry(&[("billing", "1.10.0"), ("billing", "1.9.0"), ("beta", "0.1.0-a"), ("beta", "0.1.0-b")]);
    assert_eq!(
        refusal(registry.resolve("billing@^2")),
        "NOT_FOUND (5): no version of service 'billing' fits 'billing@^2'. Here: 1.9.0, 1.10.0"
    );
    assert_eq!(
        refusal(registry.resolve("beta")),
        "NOT_FOUND (5): service 'beta' has no release here, only 0.1.0-a, 0.1.0-b. Ask for one, as in beta@0.1.0-b"
    );
    assert_eq!(
        refusal(registry.resolve("billing@new")),
        "INVALID_ARGUMENT (3): 'billing@new': 'new' is not a version (unexpected character 'n' while parsing major \
         version number). Write billing@1.2.3, billing@^1.2 or billing"
    );
    assert!(
        refusal(registry.resolve("billing@"))
            .starts_with("INVALID_ARGUMENT (3): 'billing@': '' is not a version")
    );
}

#[test]
fn a_service_that_is_not_here_is_answered_with_those_that_are_and_the_nearest() {
    let registry = registry(&[("pricing", "1.0.0"), ("greet", "1.0.0"), ("greet", "2.0.0")]);
    add(&registry, "hms.ffi.v1.ServiceRegistry", "1.0.0");
    assert_eq!(
        refusal(registry.resolve("gret")),
        "NOT_FOUND (5): no service 'gret'. Running here: greet, pricing. Nearest: greet"
    );
    assert_eq!(
        refusal(registry.get("gret@^1")),
        "NOT_FOUND (5): no service 'gret'. Running here: greet, pricing. Nearest: greet"
    );
    assert_eq!(
        refusal(registry.resolve("invoices")),
        "NOT_FOUND (5): no service 'invoices'. Running here: greet, pricing"
    );
}

#[test]
fn at_most_eight_services_are_named() {
    let ids: Vec<String> = (1..=10).map(|n| format!("service{n:02}")).collect();
    let eight: Vec<(&str, &str)> = ids.iter().take(8).map(|id| (id.as_str(), "1.0.0")).collect();
    let registry = registry(&eight);
    let listed = "service01, service02, service03, service04, service05, service06, service07, service08";
    assert_eq!(
        refusal(registry.resolve("x")),
        format!("NOT_FOUND (5): no service 'x'. Running here: {listed}")
    );
    add(&registry, &ids[8], "1.0.0");
    add(&registry, &ids[9], "1.0.0");
    assert_eq!(
        refusal(registry.resolve("x")),
        format!("NOT_FOUND (5): no service 'x'. Running here: {listed} and 2 more")
    );
    assert_eq!(
        refusal(registry.resolve("serviec10")),
        format!(
            "NOT_FOUND (5): no service 'serviec10'. Running here: {listed} and 2 more. Nearest: service10"
        ),
        "the nearest is sought among all"
    );
}

#[test]
fn a_method_that_is_not_there_is_answered_with_those_that_are_and_the_nearest() {
    let greet = with_methods("greet", &["hello", "bye"]);
    assert_eq!(
        method_not_found(&greet, "helo").to_string(),
        "NOT_FOUND (5): service 'greet' has no method 'helo'. Did you mean 'hello'? Methods: hello, bye"
    );
    assert_eq!(
        method_not_found(&greet, "shout").to_string(),
        "NOT_FOUND (5): service 'greet' has no method 'shout'. Methods: hello, bye"
    );
    assert_eq!(
        method_not_found(&with_methods("greet", &[]), "hello").to_string(),
        "NOT_FOUND (5): service 'greet' has no method 'hello'. Methods: none"
    );
}

#[test]
fn near_is_what_differs_in_at_most_a_third_of_its_letters() {
    assert_eq!(nearest("greet", ["pricing", "great", "greets"]), Some("great"));
    assert_eq!(nearest("ad", ["add"]), Some("add"));
    assert_eq!(nearest("x", ["y"]), None);
    assert_eq!(nearest("gru", ["greet"]), None);
    assert_eq!(nearest("größe", ["grösse"]), Some("grösse"), "letters count, not bytes");
    assert_eq!(nearest("", ["a"]), None);
    assert_eq!(nearest("greet", []), None);
}
