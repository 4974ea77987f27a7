//! `$ref`: the part that it means comes to the place that refers to it first, under an id; others refer to that id.

use serde_json::Value;

use super::import::{Import, of_type};
use super::merge;
use crate::error::{Error, Result};
use crate::proto::{Schema, SchemaType};

impl Import<'_> {
    /// What a `$ref` that is alone means.
    pub fn reference(&mut self, reference: &Value) -> Result<Schema> {
        let Some(text) = reference.as_str() else {
            return Err(Error::invalid(format!("$ref must be text, not {reference}")));
        };
        let Some(pointer) = self.target(reference) else {
            return Ok(refer(text));
        };
        let Some(pointer) = self.last(pointer) else {
            self.lose("$ref", "the references go round and mean nothing");
            return Ok(of_type(SchemaType::Any));
        };
        if pointer.is_empty() {
            self.refers_to_root = true;
        }
        if let Some(id) = self.placed.get(&pointer) {
            return Ok(refer(id));
        }
        let Some(target) = self.root.pointer(&pointer).cloned() else {
            return Err(Error::invalid(format!("$ref '{text}' refers to nothing in this document")));
        };
        let id = self.id_of(&pointer);
        self.placed.insert(pointer.clone(), id.clone());
        let mut schema = self.elsewhere(&pointer, |import| import.schema(&target))?;
        // A part that became a reference itself has no place for an id.
        match schema.r#type() {
            SchemaType::Ref => drop(self.placed.remove(&pointer)),
            _ => schema.schema_id = id,
        }
        Ok(schema)
    }

    /// The place in this document that a reference means; `None` = another document.
    pub fn target(&self, reference: &Value) -> Option<String> {
        let text = reference.as_str()?;
        let own = text.strip_prefix(&self.root_id).filter(|rest| rest.is_empty() || rest.starts_with('#'));
        let fragment = match own.unwrap_or(text) {
            "" => "",
            text => text.strip_prefix('#')?,
        };
        if fragment.is_empty() || fragment.starts_with('/') {
            return Some(decoded(fragment));
        }
        anchored(self.root, fragment, &mut String::new())
    }

    /// The part that is meant when references follow each other; `None` = they go round.
    fn last(&self, mut pointer: String) -> Option<String> {
        let mut passed = Vec::new();
        while let Some(Value::Object(keywords)) = self.root.pointer(&pointer)
            && merge::is_alone(keywords, "$ref")
            && let Some(next) = keywords.get("$ref").and_then(|reference| self.target(reference))
        {
            if passed.contains(&pointer) {
                return None;
            }
            passed.push(std::mem::replace(&mut pointer, next));
        }
        Some(pointer)
    }

    /// The last step, unless another part has that name.
    fn id_of(&self, pointer: &str) -> String {
        let last = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let is_taken = |id: &str| self.placed.values().any(|other| other == id);
        if last.is_empty() || is_taken(&last) { pointer.to_owned() } else { last }
    }
}

fn refer(id: &str) -> Schema {
    Schema { r#ref: id.to_owned(), ..of_type(SchemaType::Ref) }
}

/// A fragment without its percent signs.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = others.get(..2).and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        match hex.filter(|_| *first == b'%') {
            Some(byte) => (bytes.push(byte), rest = &others[2..]).1,
            None => (bytes.push(*first), rest = others).1,
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| fragment.to_owned())
}

/// The place of an `$anchor`.
fn anchored(value: &Value, name: &str, pointer: &mut String) -> Option<String> {
    let is_it = ["$anchor", "$dynamicAnchor"]
        .iter()
        .any(|keyword| value.get(keyword).and_then(Value::as_str) == Some(name));
    if is_it {
        return Some(pointer.clone());
    }
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            let data = ["const", "enum", "default", "examples"];
            let parts = members.iter().filter(|(key, _)| !data.contains(&key.as_str()));
            parts.map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    let length = pointer.len();
    for (step, part) in parts {
        pointer.push('/');
        pointer.push_str(&step);
        if let Some(found) = anchored(part, name, pointer) {
            return Some(found);
        }
        pointer.truncate(length);
    }
    None
}
