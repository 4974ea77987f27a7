//! `hms demo` runs what it finds.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Domain, HMS, has, target};

#[test]
fn python_alone_stands_in_for_the_others() {
    if !has("python") {
        return;
    }
    let domain = Domain::new();
    let done = domain.command(HMS).args(["demo", "--json", "python"]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(0), "{said}");
    let came: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!((&came["hosts"], &came["lines"]), (&json!(["python"]), &json!(455)));
    assert_eq!(came["stood_in"], json!(["go", "rust", "c", "cpp"]));
    assert_eq!((&came["missing"], &came["failures"]), (&json!({}), &json!([])));
    for time in ["detected_ms", "recovered_ms"] {
        assert!(came["outage"][time].as_f64().is_some_and(|time| time > 0.0), "{came}");
    }
    let places: Vec<&Value> =
        came["figures"].as_array().unwrap().iter().map(|figure| &figure["place"]).collect();
    assert_eq!(places, ["same process", "shared memory"]);
    assert!(said.contains("the pipeline needs go rust c cpp: Python stands in for them"), "{said}");
    assert!(said.contains("== run with a step killed"), "{said}");
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let domain = Domain::new();
    let elsewhere = domain.folder.path().join("hms");
    fs::copy(HMS, &elsewhere).unwrap();
    let alone = domain
        .command(&elsewhere)
        .env("LD_LIBRARY_PATH", target().join("stage/lib"))
        .arg("demo")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&alone.stderr);
    assert_eq!(alone.status.code(), Some(1), "{said}");
    assert!(said.contains("pip install hmsffi") && said.contains("make cli"), "{said}");

    let without = domain.command(HMS).arg("demo").env("HMSFFI_PYTHON", "no-such-python").output().unwrap();
    let said = String::from_utf8_lossy(&without.stderr);
    assert_eq!(without.status.code(), Some(1), "{said}");
    assert!(said.contains("'no-such-python' cannot be started") && said.contains("HMSFFI_PYTHON"), "{said}");

    let unknown = domain.hms(&["demo", "cobol"]);
    assert!(unknown.failed(2).contains("known: python node go rust c cpp"), "{unknown:?}");
    // These need another tree to be absent: nothing was built below this one.
    let nothing = domain
        .command(HMS)
        .args(["demo", "--json", "python", "c"])
        .env("CARGO_TARGET_DIR", domain.folder.path())
        .output()
        .unwrap();
    assert_eq!(nothing.status.code(), Some(1));
    let came: Value = serde_json::from_slice(&nothing.stdout).expect("JSON");
    assert_eq!(came["missing"]["python"], "not built: make hosts LANGS=python");
    assert!(came["missing"]["c"].as_str().unwrap().ends_with("make hosts LANGS=c"), "{came}");
}
