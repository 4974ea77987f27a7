//! The JSON Parsing Test Suite: what must be accepted, what must be refused, and the one answer to what is free. `json.txt` lists that
//! answer, and where ours is another one, and why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hmsffi_core::codec::{Encoding, json};
use hmsffi_core::schema::{Compiled, read};
use serde_json::Value;

const LIST: &str = include_str!("json.txt");

/// `ACCEPTED name` or `REFUSED name`.
fn listed() -> BTreeMap<&'static str, bool> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split_once(' ') {
            Some(("ACCEPTED", name)) => (name, true),
            Some(("REFUSED", name)) => (name, false),
            _ => panic!("no answer: {line}"),
        })
        .collect()
}

fn cases() -> Vec<Value> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let file = target.join("json-parsing-suite/parsing.js");
    let module = fs::read_to_string(&file)
        .unwrap_or_else(|why| panic!("{}: {why}: run scripts/json-parsing-suite.sh", file.display()));
    // A module that exports a list in JSON.
    let list = &module[module.find('[').expect("a list")..=module.rfind(']').expect("its end")];
    serde_json::from_str(list).expect("JSON")
}

#[test]
fn each_case_of_the_json_suite_has_the_answer_that_it_must_have() {
    let anything = read("schema", br#"{"type": "ANY"}"#).expect("schema");
    let anything = Compiled::new(&anything, &()).expect("compiled");
    let mut listed = listed();
    let mut failures = Vec::new();
    let mut counts = [0; 3];
    for case in cases() {
        let name = case["name"].as_str().expect("name");
        let text = case["input"].as_str().expect("input").as_bytes();
        let is_accepted = anything.validate(text, Encoding::Json).is_empty();
        let must = case["error"].as_bool().map(|is_error| !is_error);
        let expected = match (listed.remove(name), must) {
            (Some(answer), Some(must)) if answer == must => {
                failures.push(format!("listed without need: {name}"));
                must
            }
            (Some(answer), _) => answer,
            (None, Some(must)) => must,
            (None, None) => {
                failures.push(format!("not listed: {name}: accepted = {is_accepted}"));
                continue;
            }
        };
        if is_accepted != expected {
            failures.push(format!("{name}: accepted = {is_accepted}"));
        }
        // What is a value is one in CBOR, too, but for integers that JSON would not give back.
        if json::to_cbor(text).is_ok() != is_accepted && !name.contains("int.json") {
            failures.push(format!("{name}: accepted = {is_accepted}, and in CBOR it is otherwise"));
        }
        counts[must.map_or(2, |must| usize::from(!must))] += 1;
    }
    failures.extend(listed.keys().map(|name| format!("is not there: {name}")));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(counts, [95, 188, 35], "to be accepted, refused, free");
}
