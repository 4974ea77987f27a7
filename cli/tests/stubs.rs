//! Typed clients as source code. That the code compiles and calls is shown by `tests/stubs`.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Domain, Done, HMS};

/// What `hms info --definition` could have printed.
fn definition() -> Value {
    json!({
        "service_id": "clinic.registry",
        "version": "2.1.0",
        "description": "Knows patients.",
        "methods": [
            {
                "name": "find",
                "description": "Finds a patient.",
                "input_schema": {"type": "STRING"},
                "output_schema": {"type": "UNION", "one_of": [{"type": "REF", "ref": "Patient"}, {"type": "NULL"}]},
            },
            {
                "name": "admit",
                "input_schema": {"schema_id": "Patient", "type": "OBJECT", "fields": [
                    {"name": "name", "required": true, "schema": {"type": "STRING"}, "description": "As in the passport"},
                    {"name": "age", "schema": {"type": "INTEGER"}},
                ]},
            },
            {"name": "all", "is_streaming": true, "stream_type": "SERVER_STREAMING", "output_schema": {"type": "REF", "ref": "Patient"}},
        ],
    })
}

fn written(domain: &Domain, definition: &Value) -> String {
    let path = domain.folder.path().join("definition.json");
    fs::write(&path, definition.to_string()).expect("file");
    path.display().to_string()
}

#[test]
fn a_definition_becomes_source_in_every_language() {
    let domain = Domain::new();
    let file = written(&domain, &definition());
    for (language, says) in [
        ("python", ["class Patient(TypedDict)", "-> Patient | None:", "hmsffi.Stream[Never, Patient]"]),
        ("go", ["type Patient struct", "(*Patient, error)", "hmsffi.IncomingStream[Patient]"]),
        ("rust", ["pub struct Patient", "hmsffi::Result<Option<Patient>>", "Item = hmsffi::Result<Patient>"]),
        ("cpp", ["struct Patient {", "hms::expected<std::optional<Patient>>", "IncomingStream<Patient>"]),
        ("typescript", ["export interface Patient", "Promise<Patient | null>", "Stream<never, Patient>"]),
    ] {
        let done = domain.hms(&["stubs", "--lang", language, &file]);
        let source = done.ok();
        assert!(source.contains("hms stubs from clinic.registry 2.1.0"), "{source}");
        assert!(source.contains("Knows patients.") && source.contains("As in the passport"), "{source}");
        assert!(source.contains("clinic.registry@^2.1.0"), "{source}");
        for part in says {
            assert!(source.contains(part), "{language}: no {part} in {source}");
        }
    }
    let described = domain.hms(&["stubs", "-l", "go", &file, "--json"]).json();
    assert!(described["source"].as_str().unwrap().starts_with("// Code generated"));
}

#[test]
fn errors_with_data_have_types() {
    let domain = Domain::new();
    let mut definition = definition();
    definition["methods"][0]["error_schemas"] = json!([
        {"schema_id": "clinic.MovedError", "type": "OBJECT", "description": "Lives elsewhere.", "fields": [
            {"name": "to", "required": true, "schema": {"type": "STRING"}},
        ]},
        {"schema_id": "clinic.Closed", "type": "INTEGER"},
        {"type": "STRING", "description": "No error can name it."},
    ]);
    let file = written(&domain, &definition);
    for (language, says) in [
        (
            "python",
            [
                "class ClosedError(hmsffi.Error):\n    schema = \"clinic.Closed\"\n    if TYPE_CHECKING:\n        data: int\n",
                "    schema = \"clinic.MovedError\"\n    if TYPE_CHECKING:\n        data: MovedErrorData\n",
                "Raises `MovedError`, `ClosedError`.",
            ],
        ),
        (
            "typescript",
            [
                "export class ClosedError extends errorType<number>('clinic.Closed') {}\n",
                "/** Lives elsewhere. */\nexport class MovedError extends errorType<MovedErrorData>('clinic.MovedError') {}\n",
                "Fails with `MovedError`, `ClosedError`.",
            ],
        ),
        (
            "go",
            [
                "type ClosedError int64\n",
                "// MovedError: Lives elsewhere.\ntype MovedError struct {\n\tMovedErrorData\n}\n",
                "It can fail with [MovedError], [ClosedError].",
            ],
        ),
    ] {
        let done = domain.hms(&["stubs", "--lang", language, &file]);
        let source = done.ok();
        assert!(!source.contains("No error can name it"), "{source}");
        for part in says {
            assert!(source.contains(part), "{language}: no {part} in {source}");
        }
    }
}

#[test]
fn one_id_may_mean_different_things_in_different_schemas() {
    let domain = Domain::new();
    let order = |of: &str, description: &str| {
        json!({"type": "OBJECT", "fields": [
            {"name": "first", "required": true, "schema": {
                "schema_id": "shop.item", "type": "OBJECT", "description": description,
                "fields": [{"name": of, "required": true, "schema": {"type": "STRING"}}],
            }},
            {"name": "second", "required": true, "schema": {"type": "REF", "ref": "shop.item"}},
        ]})
    };
    let definition = json!({"service_id": "shop", "version": "1.0.0", "methods": [
        {"name": "buy", "input_schema": order("title", "A book.")},
        {"name": "rent", "input_schema": order("address", "A house.")},
        {"name": "swap", "input_schema": order("title", "Another word for it.")},
    ]});
    let done = domain.hms(&["stubs", "-l", "typescript", &written(&domain, &definition)]);
    let source = done.ok();
    for part in [
        "export interface Item {\n  title: string\n}",
        "export interface Item2 {\n  address: string\n}",
        "export interface BuyParams {\n  /** A book. */\n  first: Item\n  second: Item\n}",
        "export interface RentParams {\n  /** A house. */\n  first: Item2\n  second: Item2\n}",
        "export interface SwapParams {\n  /** Another word for it. */\n  first: Item\n  second: Item\n}",
    ] {
        assert!(source.contains(part), "no {part} in {source}");
    }
}

#[test]
fn the_same_definition_gives_the_same_source() {
    let domain = Domain::new();
    let one = definition();
    let mut other = one.clone();
    other["methods"].as_array_mut().unwrap().reverse();
    for language in ["python", "go", "typescript", "rust", "cpp"] {
        let source = |definition: &Value| {
            domain.hms(&["stubs", "--lang", language, &written(&domain, definition)]).ok().to_owned()
        };
        assert_eq!(source(&one), source(&other), "{language}: the order of methods has no meaning");
    }
}

#[test]
fn a_running_service_gives_what_its_description_gives() {
    let domain = Domain::new();
    let _services = domain.serve();
    let described = domain.hms(&["info", "greet@^1.1", "--definition"]).json();
    assert_eq!(described["methods"][0]["input_schema"]["fields"][0]["name"], "name");
    let file = written(&domain, &described);
    let output = domain.folder.path().join("greet.py").display().to_string();
    assert_eq!(domain.hms(&["stubs", "-l", "python", "greet@^1.1", "-o", &output]).ok(), "");
    assert_eq!(fs::read_to_string(&output).unwrap(), domain.hms(&["stubs", "-l", "python", &file]).ok());
}

#[test]
fn a_client_may_be_written_again_into_a_folder_of_the_name_of_its_service() {
    let domain = Domain::new();
    let _services = domain.serve();
    let output = domain.folder.path().join("greet/client/greet.go");
    for _ in 0..2 {
        assert_eq!(domain.hms(&["stubs", "-l", "go", "greet", "-o", "greet/client/greet.go"]).ok(), "");
        assert!(fs::read_to_string(&output).unwrap().contains("package greet"));
    }
    let refused = domain.hms(&["stubs", "-l", "go", "greet", "-o", "greet/client"]);
    assert!(refused.failed(1).contains("greet/client cannot be written"), "{refused:?}");
}

#[test]
fn references_to_registered_schemas_are_followed() {
    let domain = Domain::new();
    let keeping = |arguments: &[&str]| {
        let file = domain.folder.path().join("kept");
        Done::from(
            domain.command(HMS).env("HMSFFI_SCHEMAS", file).args(arguments).output().expect("hms runs"),
        )
    };
    let person = domain.folder.path().join("person.json");
    fs::write(
        &person,
        r#"{"schema_id": "Person", "type": "OBJECT", "fields": [
        {"name": "friend", "schema": {"type": "REF", "ref": "Person"}}]}"#,
    )
    .unwrap();
    keeping(&["schema", "register", &person.display().to_string()]).ok();
    for reference in ["Person", "Person@1"] {
        let method = json!({"name": "m", "output_schema": {"type": "REF", "ref": reference}});
        let file = written(&domain, &json!({"service_id": "s", "methods": [method]}));
        let done = keeping(&["stubs", "-l", "ts", &file]);
        assert!(done.ok().contains("friend?: Person\n") && !done.out.contains("Person2"), "{done:?}");
    }
    let file = domain.folder.path().join("definition.json").display().to_string();
    let refused = domain.hms(&["stubs", "-l", "ts", &file]);
    assert!(refused.failed(1).contains("refers to the schema 'Person@1', which is not in it"), "{refused:?}");
    assert!(refused.err.contains("HMSFFI_SCHEMAS"), "{refused:?}");
}

#[test]
fn what_is_no_definition_is_refused() {
    let domain = Domain::new();
    let refused = |definition: Value| {
        domain.hms(&["stubs", "-l", "go", &written(&domain, &definition)]).failed(1).to_owned()
    };
    for nothing in [json!([]), json!("service"), json!({"service_id": "s", "methods": [1]}), json!(null)] {
        assert!(refused(nothing.clone()).contains("no definition of a service"), "{nothing}");
    }
    let said = refused(json!({"methods": []}));
    assert!(said.contains("definition.json: ") && said.contains("`service_id`"), "{said}");
    assert!(said.contains("hms info SERVICE --definition"), "{said}");
    let said =
        refused(json!({"service_id": "s", "methods": [{"name": "m", "input_schema": {"type": "STRNG"}}]}));
    assert!(said.contains("schema of method \"m\": ") && said.contains("STRNG"), "{said}");
    let endless = json!({"schema_id": "a", "type": "REF", "ref": "a"});
    let said = refused(json!({"service_id": "s", "methods": [{"name": "m", "input_schema": endless}]}));
    assert!(said.contains("the schema 'a' is nothing but a way back to itself"), "{said}");
    assert!(domain.hms(&["stubs", "-l", "go", "nobody"]).failed(1).starts_with("NOT_FOUND (5)"));
    assert!(domain.hms(&["stubs", "-l", "cobol", "s"]).failed(2).contains("python"));
}
