//! Services side by side: what callers of the one find at the other.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::Domain;

#[test]
fn the_definition_of_a_running_service_is_written() {
    let domain = Domain::new();
    let _services = domain.serve();
    let definition = domain.hms(&["info", "greet", "--definition"]).json();
    assert_eq!((&definition["service_id"], &definition["version"]), (&json!("greet"), &json!("1.2.0")));
    assert_eq!(definition["methods"][0]["name"], "hello");
    assert_eq!(definition["metadata"], json!({"team": "north"}));
    assert!(domain.hms(&["info", "nobody", "--definition"]).failed(1).contains("NOT_FOUND"));
}

#[test]
fn services_are_compared_running_or_from_files() {
    let domain = Domain::new();
    let _services = domain.serve();
    assert_eq!(domain.hms(&["diff", "greet@1.2", "greet"]).ok(), "");

    let mut definition = domain.hms(&["info", "greet", "--definition"]).json();
    definition["version"] = "1.1.0".into();
    definition["methods"][0]["output_schema"] = json!({"type": "STRING"});
    let file = domain.folder.path().join("greet.json");
    fs::write(&file, definition.to_string()).expect("file");
    let made_for = file.to_str().expect("path");

    let done = domain.hms(&["diff", made_for, "greet"]);
    assert_eq!(done.code, Some(1));
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(
        lines,
        [
            "ok      version: expected 1.1.0, provided 1.2.0",
            "breaks  hello output_schema $ type: expected STRING, provided ANY (the caller must move)",
        ]
    );
    let done = domain.hms(&["diff", "greet", made_for, "--binding", "strict"]);
    assert!(
        done.out.starts_with("breaks  version: expected 1.2.0, provided 1.1.0 (the provider must move)"),
        "{done:?}"
    );
    let done = domain.hms(&["diff", "greet", made_for, "--json"]);
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((done.code, &report["fits"], &report["service"]), (Some(0), &json!(true), &json!("greet")));
}

#[test]
fn what_cannot_be_compared_is_told() {
    let domain = Domain::new();
    let _services = domain.serve();
    let schema = domain.folder.path().join("schema.json");
    fs::write(&schema, r#"{"type": "STRING"}"#).expect("file");
    assert_eq!(domain.hms(&["diff", "greet", schema.to_str().expect("path")]).code, Some(2));
    let done = domain.hms(&["diff", "greet", "nobody"]);
    let told = done.failed(1);
    assert!(told.contains("no schema 'nobody'") && told.contains("service 'nobody'"), "{told}");
}
