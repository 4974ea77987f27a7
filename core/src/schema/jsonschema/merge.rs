//! `allOf`, and what stands beside `$ref`: several JSON schemas as one.

use serde_json::{Map, Value};

use super::import::Import;
use crate::error::Result;
use crate::proto::Schema;

type Keywords = Map<String, Value>;
/// What was joined, or why it cannot be.
type Joined<T> = std::result::Result<T, String>;

/// Keywords that say nothing about which data are valid.
const ANNOTATIONS: [&str; 17] = [
    "$id",
    "$schema",
    "$comment",
    "$defs",
    "definitions",
    "$anchor",
    "$dynamicAnchor",
    "$vocabulary",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$recursiveAnchor",
    "id",
];

/// Whether nothing beside a keyword says which data are valid.
pub fn is_alone(keywords: &Keywords, keyword: &str) -> bool {
    keywords.keys().all(|key| key == keyword || ANNOTATIONS.contains(&key.as_str()))
}

/// What says which data are valid, beside a keyword.
pub fn without_annotations(keywords: &Keywords, keyword: &str) -> Keywords {
    let beside = |key: &str| key != keyword && !ANNOTATIONS.contains(&key);
    keywords.iter().filter(|(key, _)| beside(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl Import<'_> {
    /// The schema of keywords with a `$ref` or an `allOf` that is not alone.
    pub fn merged(&mut self, keywords: &Keywords, keyword: &str) -> Result<Schema> {
        let before = self.merging.len();
        let flat = self.flat(keywords);
        let schema = match flat {
            Ok(flat) => self.schema(&Value::Object(flat)),
            Err(reason) => {
                self.lose(keyword, reason);
                let mut rest = without_annotations(keywords, "$ref");
                rest.remove("allOf");
                self.schema(&Value::Object(rest))
            }
        };
        self.merging.truncate(before);
        schema
    }

    /// All keywords at one level; or why that cannot be.
    fn flat(&mut self, keywords: &Keywords) -> Joined<Keywords> {
        let mut flat = keywords.clone();
        let mut branches = Vec::new();
        if let Some(reference) = flat.remove("$ref") {
            let pointer = self.target(&reference).ok_or("what it refers to is in another document")?;
            if self.merging.contains(&pointer) {
                return Err("it refers to itself".to_owned());
            }
            let target = self.root.pointer(&pointer).cloned().ok_or("it refers to nothing")?;
            self.merging.push(pointer);
            branches.push(target);
        }
        match flat.remove("allOf") {
            Some(Value::Array(all)) => branches.extend(all),
            Some(_) => return Err("it is not a list".to_owned()),
            None => {}
        }
        for branch in branches {
            match branch {
                Value::Bool(true) => {}
                Value::Object(branch) => {
                    let branch = self.flat(&branch)?;
                    let branch = without_annotations(&branch, "");
                    join(&mut flat, branch)?;
                }
                _ => return Err("one of the schemas takes nothing".to_owned()),
            }
        }
        Ok(flat)
    }
}

/// Adds keywords to others, so that both hold.
fn join(into: &mut Keywords, from: Keywords) -> Joined<()> {
    if closes(into) && adds_members(into, &from) || closes(&from) && adds_members(&from, into) {
        return Err("additionalProperties is about the properties beside it alone".to_owned());
    }
    for (keyword, value) in from {
        let joined = match into.get(&keyword) {
            None => value,
            Some(known) if *known == value => value,
            Some(known) => both(&keyword, known, &value)
                .ok_or_else(|| format!("several of its schemas say {keyword}"))?,
        };
        into.insert(keyword, joined);
    }
    Ok(())
}

/// Whether properties beside these matter.
fn closes(keywords: &Keywords) -> bool {
    keywords.get("additionalProperties").is_some_and(|value| *value != Value::Bool(true))
}

fn adds_members(to: &Keywords, from: &Keywords) -> bool {
    let has = |name: &String| to.get("properties").is_some_and(|known| known.get(name).is_some());
    let properties = from.get("properties").and_then(Value::as_object);
    from.contains_key("patternProperties")
        || properties.is_some_and(|properties| properties.keys().any(|name| !has(name)))
}

/// One value of a keyword that says what two say.
fn both(keyword: &str, a: &Value, b: &Value) -> Option<Value> {
    let all_of = |a: &Value, b: &Value| serde_json::json!({ "allOf": [a, b] });
    match keyword {
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
            Some(if a.as_f64()? < b.as_f64()? { b } else { a }.clone())
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
            Some(if b.as_f64()? < a.as_f64()? { b } else { a }.clone())
        }
        "uniqueItems" => Some(Value::Bool(a.as_bool()? || b.as_bool()?)),
        "required" => {
            let mut names = a.as_array()?.clone();
            names.extend(
                b.as_array()?.iter().filter(|name| !a.as_array().is_some_and(|a| a.contains(name))).cloned(),
            );
            Some(Value::Array(names))
        }
        "type" => {
            let types = common_types(a, b);
            (!types.is_empty()).then_some(Value::Array(types))
        }
        "enum" => {
            let common: Vec<Value> = a
                .as_array()?
                .iter()
                .filter(|value| b.as_array().is_some_and(|b| b.contains(value)))
                .cloned()
                .collect();
            (!common.is_empty()).then_some(Value::Array(common))
        }
        "items" | "additionalProperties" | "propertyNames" => Some(all_of(a, b)),
        "properties" => {
            let mut properties = a.as_object()?.clone();
            for (name, schema) in b.as_object()? {
                let joined = match properties.get(name) {
                    Some(known) if known != schema => all_of(known, schema),
                    _ => schema.clone(),
                };
                properties.insert(name.clone(), joined);
            }
            Some(Value::Object(properties))
        }
        _ => None,
    }
}

fn common_types(a: &Value, b: &Value) -> Vec<Value> {
    let list = |value: &Value| match value {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let (a, b) = (list(a), list(b));
    let has = |types: &[Value], one: &Value| {
        types.contains(one) || *one == "integer" && types.contains(&"number".into())
    };
    let mut common: Vec<Value> = a.iter().filter(|one| has(&b, one)).cloned().collect();
    let other: Vec<Value> = b.iter().filter(|one| has(&a, one) && !common.contains(one)).cloned().collect();
    common.extend(other);
    common
}
