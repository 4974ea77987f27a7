//! The JSON Schema Test Suite, draft 2020-12, and of draft 4 what is the same here: each case is imported and validated as JSON and as CBOR. `suite.txt` lists what cannot
//! apply, and why; what is listed and applies all the same is a failure too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hmsffi_core::codec::{Encoding, transcode};
use hmsffi_core::schema::{Compiled, jsonschema};
use serde_json::Value;

const LIST: &str = include_str!("suite.txt");
const DRAFT: &str = "draft2020-12";
/// Whether a bound is within was a boolean beside it then, as it is here.
const OLDER: [&str; 2] = ["draft4/minimum.json", "draft4/maximum.json"];

/// What `suite.txt` lists: `file | group`, or `file | group | test`.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let mut reason = "";
    let mut listed = BTreeMap::new();
    for line in LIST.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(why) => reason = why,
            None => assert!(listed.insert(line, reason).is_none(), "listed twice: {line}"),
        }
    }
    listed
}

fn suite() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let suite = target.join("json-schema-suite/tests");
    assert!(suite.is_dir(), "{} is missing: run scripts/json-schema-suite.sh", suite.display());
    suite
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// Whether data are valid, in each encoding that has them; `None` = the encodings do not agree.
fn verdict(schema: &Compiled, data: &Value) -> Option<bool> {
    let json = data.to_string();
    let verdict = schema.validate(json.as_bytes(), Encoding::Json).is_empty();
    match transcode(Encoding::Json, Encoding::Cbor, json.as_bytes()) {
        Ok(cbor) if schema.validate(&cbor, Encoding::Cbor).is_empty() != verdict => None,
        _ => Some(verdict),
    }
}

/// A group's schema, or why it cannot be one here.
fn compiled(schema: &Value) -> Result<Compiled, String> {
    let converted = jsonschema::import(schema).map_err(|error| error.to_string())?;
    if let Some(loss) = converted.losses.first() {
        return Err(format!("{}: {}", loss.keyword, loss.reason));
    }
    Compiled::new(&converted.schema, &()).map_err(|errors| errors.to_string())
}

#[test]
fn each_case_of_the_outside_suite_is_passed_or_listed() {
    let listed = listed();
    let mut used = BTreeSet::new();
    let mut failures = Vec::new();
    let (mut passed, mut left_out) = (0, 0);
    let (suite, folder) = (suite(), suite().join(DRAFT));
    for path in files(&folder).into_iter().chain(OLDER.map(|file| suite.join(file))) {
        let file = path.strip_prefix(&folder).or_else(|_| path.strip_prefix(&suite)).expect("inside");
        let file = file.display().to_string();
        let groups: Value = serde_json::from_slice(&fs::read(&path).expect("file")).expect("JSON");
        for group in groups.as_array().expect("groups") {
            let name = format!("{file} | {}", group["description"].as_str().expect("name"));
            let tests = group["tests"].as_array().expect("tests");
            let is_listed = listed.get_key_value(name.as_str()).map(|(key, _)| used.insert(*key)).is_some();
            let schema = match (compiled(&group["schema"]), is_listed) {
                (Ok(schema), false) => schema,
                (Ok(_), true) => {
                    failures.push(format!("listed, and applies: {name}"));
                    continue;
                }
                (Err(_), true) => {
                    left_out += tests.len();
                    continue;
                }
                (Err(why), false) => {
                    failures.push(format!("does not apply: {name}\n    {why}"));
                    continue;
                }
            };
            for test in tests {
                let name = format!("{name} | {}", test["description"].as_str().expect("name"));
                let is_passed = verdict(&schema, &test["data"]) == test["valid"].as_bool();
                match (is_passed, listed.get_key_value(name.as_str())) {
                    (true, None) => passed += 1,
                    (true, Some((key, _))) => {
                        used.insert(key);
                        failures.push(format!("listed, and passes: {name}"));
                    }
                    (false, Some((key, _))) => {
                        used.insert(key);
                        left_out += 1;
                    }
                    (false, None) => failures.push(format!("fails: {name}")),
                }
            }
        }
    }
    failures
        .extend(listed.keys().filter(|key| !used.contains(*key)).map(|key| format!("is not there: {key}")));
    eprintln!(
        "{passed} cases passed, {left_out} left out for {} reasons",
        listed.values().collect::<BTreeSet<_>>().len()
    );
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
