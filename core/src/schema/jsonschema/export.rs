//! The way back: a schema as a JSON schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::import::LABELS;
use super::kinds::FORMATS;
use super::{Converted, Loss};
use crate::codec::json;
use crate::meta;
use crate::proto::{Constraints, Field, Schema, SchemaType};
use crate::schema::parts::parts;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Integers up to here are doubles without loss.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole document.
pub fn document(schema: &Schema) -> Converted<Value> {
    let mut inside = BTreeSet::new();
    collect_ids(schema, &mut inside);
    let mut export = Export {
        root_id: &schema.schema_id,
        inside,
        definitions: Map::new(),
        path: vec!["$".to_owned()],
        losses: Vec::new(),
    };
    let mut root = export.body(schema);
    root.insert("$schema".to_owned(), DIALECT.into());
    if !schema.schema_id.is_empty() {
        root.insert("$id".to_owned(), schema.schema_id.clone().into());
    }
    if !export.definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(export.definitions));
    }
    Converted { schema: Value::Object(root), losses: export.losses }
}

fn collect_ids<'a>(schema: &'a Schema, ids: &mut BTreeSet<&'a str>) {
    ids.insert(&schema.schema_id);
    parts(schema).for_each(|part| collect_ids(part, ids));
}

struct Export<'a> {
    root_id: &'a str,
    /// The ids of the document and its parts.
    inside: BTreeSet<&'a str>,
    definitions: Map<String, Value>,
    path: Vec<String>,
    losses: Vec<Loss>,
}

impl Export<'_> {
    fn lose(&mut self, keyword: &str, reason: impl Into<String>) {
        let loss = Loss { path: self.path.concat(), keyword: keyword.to_owned(), reason: reason.into() };
        self.losses.push(loss);
    }

    fn part(&mut self, step: impl Into<String>, schema: &Schema) -> Value {
        self.path.push(step.into());
        let mut value = Value::Object(self.body(schema));
        self.path.pop();
        if !schema.schema_id.is_empty() && schema.r#type() != SchemaType::Ref {
            let reference = json!({ "$ref": local(&schema.schema_id) });
            let definition = std::mem::replace(&mut value, reference);
            self.definitions.insert(schema.schema_id.clone(), definition);
        }
        value
    }

    fn body(&mut self, schema: &Schema) -> Map<String, Value> {
        let mut body = Map::new();
        if !schema.description.is_empty() {
            body.insert("description".to_owned(), schema.description.clone().into());
        }
        self.kind(schema, &mut body);
        if let Some(default) = &schema.default_value {
            self.data("default_value", default, |value| drop(body.insert("default".to_owned(), value)));
        }
        let mut examples = Vec::new();
        for example in &schema.examples {
            self.data("examples", example, |value| examples.push(value));
        }
        if !examples.is_empty() {
            body.insert("examples".to_owned(), examples.into());
        }
        let mut labels: Vec<(&String, &String)> = schema.metadata.iter().collect();
        labels.sort_unstable();
        for (key, value) in labels {
            match key.as_str() {
                meta::CLOSED | meta::DISCRIMINATOR | meta::ENCODING | meta::SCHEMA_VERSION => {}
                "title" => drop(body.insert(key.clone(), value.clone().into())),
                key if LABELS.contains(&key) && ["true", "false"].contains(&value.as_str()) => {
                    body.insert(key.to_owned(), (value == "true").into());
                }
                _ => self.lose("metadata", format!("there is no place for the label '{key}'")),
            }
        }
        body
    }

    fn kind(&mut self, schema: &Schema, body: &mut Map<String, Value>) {
        use SchemaType::{
            Any, Array, Binary, Boolean, Date, Datetime, Duration, Email, Enum, Integer, Null, Number,
            Object, Ref, String, Time, Union, Unspecified, Uri, Uuid,
        };
        let mut set = |keyword: &str, value: Value| drop(body.insert(keyword.to_owned(), value));
        let constraints = schema.constraints.clone().unwrap_or_default();
        match schema.r#type() {
            Any => {}
            Unspecified => self.lose("type", "it has no type"),
            Null => set("type", "null".into()),
            Boolean => set("type", "boolean".into()),
            Integer | Number => {
                set("type", if schema.r#type() == Integer { "integer" } else { "number" }.into());
                numbers(&constraints, &schema.format, &mut set);
            }
            String => {
                set("type", "string".into());
                text(&constraints, &schema.format, &mut set);
            }
            Binary => {
                set("type", "string".into());
                set("contentEncoding", "base64".into());
                if schema.constraints.is_some() {
                    self.lose("constraints", "lengths would be those of base64");
                }
            }
            Date | Datetime | Time | Duration | Uuid | Uri | Email => {
                set("type", "string".into());
                let format = FORMATS.iter().find(|(_, kind)| *kind == schema.r#type());
                text(&constraints, format.map_or("", |(name, _)| name), &mut set);
            }
            Enum => {
                let values = schema.enum_values.iter().map(|one| one.value.clone());
                set("enum", values.collect());
                if schema
                    .enum_values
                    .iter()
                    .any(|one| !one.display_name.is_empty() || !one.description.is_empty())
                {
                    self.lose("enum_values", "values have no names and descriptions");
                }
            }
            Array => {
                set("type", "array".into());
                counts(constraints.min_items, constraints.max_items, ["minItems", "maxItems"], &mut set);
                if constraints.unique_items {
                    set("uniqueItems", true.into());
                }
                if let Some(items) = &schema.items {
                    set("items", self.part("[*]", items));
                }
            }
            Object => self.object(schema, &constraints, &mut set),
            SchemaType::Map => self.map(schema, &constraints, &mut set),
            Union => {
                let alternatives = schema.one_of.iter().enumerate();
                let any_of: Vec<Value> =
                    alternatives.map(|(index, one)| self.part(format!("(one_of[{index}])"), one)).collect();
                set("anyOf", any_of.into());
                if let Some(field) = schema.metadata.get(meta::DISCRIMINATOR) {
                    set("discriminator", json!({ "propertyName": field }));
                }
            }
            Ref if schema.r#ref == self.root_id => set("$ref", "#".into()),
            Ref if self.inside.contains(schema.r#ref.as_str()) => set("$ref", local(&schema.r#ref).into()),
            Ref => set("$ref", schema.r#ref.clone().into()),
        }
    }

    fn object(&mut self, schema: &Schema, constraints: &Constraints, set: &mut impl FnMut(&str, Value)) {
        set("type", "object".into());
        counts(
            constraints.min_properties,
            constraints.max_properties,
            ["minProperties", "maxProperties"],
            set,
        );
        let mut properties = Map::new();
        for field in &schema.fields {
            properties.insert(field.name.clone(), self.field(field));
        }
        let required: Vec<&str> =
            schema.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        if !required.is_empty() {
            set("required", required.into());
        }
        if !properties.is_empty() {
            set("properties", Value::Object(properties));
        }
        if schema.metadata.get(meta::CLOSED).is_some_and(|value| value == "true") {
            set("additionalProperties", false.into());
        }
    }

    fn field(&mut self, field: &Field) -> Value {
        let step = format!(".{}", field.name);
        let mut value = match &field.schema {
            Some(schema) => self.part(step.clone(), schema),
            None => json!({}),
        };
        self.path.push(step);
        if let Value::Object(body) = &mut value {
            if !field.description.is_empty() {
                body.insert("description".to_owned(), field.description.clone().into());
            }
            if let Some(default) = &field.default_value {
                self.data("default_value", default, |value| drop(body.insert("default".to_owned(), value)));
            }
        }
        self.path.pop();
        value
    }

    fn map(&mut self, schema: &Schema, constraints: &Constraints, set: &mut impl FnMut(&str, Value)) {
        set("type", "object".into());
        counts(
            constraints.min_properties,
            constraints.max_properties,
            ["minProperties", "maxProperties"],
            set,
        );
        if let Some(keys) = &schema.key_schema {
            set("propertyNames", self.part(".*(key)", keys));
        }
        let values = schema.value_schema.as_ref().map_or_else(|| json!({}), |values| self.part(".*", values));
        set("additionalProperties", values);
    }

    /// Data that a schema holds as bytes: JSON, or else CBOR.
    fn data(&mut self, keyword: &str, bytes: &[u8], put: impl FnOnce(Value)) {
        let from_cbor = || serde_json::from_slice(&json::from_cbor(bytes).ok()?).ok();
        match serde_json::from_slice(bytes).ok().or_else(from_cbor) {
            Some(value) => put(value),
            None => self.lose(keyword, "it has no form in JSON"),
        }
    }
}

fn numbers(constraints: &Constraints, format: &str, set: &mut impl FnMut(&str, Value)) {
    for (bound, is_exclusive, keywords) in [
        (constraints.minimum, constraints.exclusive_minimum, ["minimum", "exclusiveMinimum"]),
        (constraints.maximum, constraints.exclusive_maximum, ["maximum", "exclusiveMaximum"]),
        (constraints.multiple_of, false, ["multipleOf", ""]),
    ] {
        if let Some(bound) = bound {
            let is_whole = bound.fract() == 0.0 && bound.abs() <= EXACT;
            set(
                keywords[usize::from(is_exclusive)],
                if is_whole { (bound as i64).into() } else { bound.into() },
            );
        }
    }
    if !format.is_empty() {
        set("format", format.into());
    }
}

fn text(constraints: &Constraints, format: &str, set: &mut impl FnMut(&str, Value)) {
    counts(constraints.min_length, constraints.max_length, ["minLength", "maxLength"], set);
    for (keyword, value) in [("pattern", constraints.pattern.as_str()), ("format", format)] {
        if !value.is_empty() {
            set(keyword, value.into());
        }
    }
}

fn counts(least: Option<i32>, most: Option<i32>, [min, max]: [&str; 2], set: &mut impl FnMut(&str, Value)) {
    for (keyword, count) in [(min, least), (max, most)] {
        if let Some(count) = count {
            set(keyword, count.into());
        }
    }
}

/// A part of the same document.
fn local(id: &str) -> String {
    format!("#/$defs/{}", id.replace('~', "~0").replace('/', "~1").replace('%', "%25"))
}
