//! The keywords of one JSON schema, combined.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Converted, Loss, constants, kinds, merge};
use crate::codec::MAX_DEPTH;
use crate::error::{Error, Result};
use crate::meta;
use crate::proto::{Schema, SchemaType};

/// Keywords that say something about data and have no counterpart.
const UNKNOWN_HERE: [(&str, &str); 10] = [
    ("not", "there is no negation"),
    ("if", "there are no conditions"),
    ("dependentRequired", "fields do not depend on each other"),
    ("dependentSchemas", "fields do not depend on each other"),
    ("dependencies", "fields do not depend on each other"),
    ("unevaluatedProperties", "an object is open or closed by its own fields"),
    ("unevaluatedItems", "all items have one schema"),
    ("$dynamicRef", "references do not depend on who refers"),
    ("$recursiveRef", "references do not depend on who refers"),
    ("contentSchema", "what text contains is not looked into"),
];
/// Keywords that are kept as labels.
pub const LABELS: [&str; 4] = ["title", "deprecated", "readOnly", "writeOnly"];
/// The id of a document without one that refers to itself.
const UNNAMED: &str = "root";

/// An import on its way.
pub struct Import<'a> {
    pub root: &'a Value,
    /// The id of the document, with which references to itself may begin.
    pub root_id: String,
    /// The ids of the parts that were put somewhere, by their JSON pointers.
    pub placed: HashMap<String, String>,
    /// The parts that are being merged into others.
    pub merging: Vec<String>,
    pub refers_to_root: bool,
    path: Vec<String>,
    losses: Vec<Loss>,
}

/// A whole document.
pub fn document(root: &Value) -> Result<Converted<Schema>> {
    let id = root.get("$id").and_then(Value::as_str).unwrap_or_default();
    let id = id.strip_suffix('#').unwrap_or(id);
    let root_id = if id.is_empty() { UNNAMED } else { id };
    let mut import = Import {
        root,
        root_id: root_id.to_owned(),
        placed: HashMap::from([(String::new(), root_id.to_owned())]),
        merging: Vec::new(),
        refers_to_root: false,
        path: Vec::new(),
        losses: Vec::new(),
    };
    let mut schema = import.schema(root)?;
    if !id.is_empty() || import.refers_to_root {
        schema.schema_id = import.root_id.clone();
    }
    Ok(Converted { schema, losses: import.losses })
}

impl Import<'_> {
    /// Something is left out.
    pub fn lose(&mut self, keyword: &str, reason: impl Into<String>) {
        let path = self.pointer();
        let loss = Loss { path, keyword: keyword.to_owned(), reason: reason.into() };
        if !self.losses.contains(&loss) {
            self.losses.push(loss);
        }
    }

    pub fn pointer(&self) -> String {
        self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// A part, that many steps further in.
    pub fn part(&mut self, steps: &[&str], value: &Value) -> Result<Schema> {
        self.within(steps, |import| import.schema(value))
    }

    /// What is done that many steps further in.
    pub fn within<R>(&mut self, steps: &[&str], what: impl FnOnce(&mut Self) -> R) -> R {
        self.path.extend(steps.iter().map(|step| (*step).to_owned()));
        let done = what(self);
        self.path.truncate(self.path.len() - steps.len());
        done
    }

    /// What is done at another place of the document.
    pub fn elsewhere<R>(&mut self, pointer: &str, what: impl FnOnce(&mut Self) -> R) -> R {
        let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
        let here = std::mem::replace(&mut self.path, steps.collect());
        let done = what(self);
        self.path = here;
        done
    }

    /// A JSON schema.
    pub fn schema(&mut self, value: &Value) -> Result<Schema> {
        // A schema is never less deep than the steps that lead to it; deeper ones are refused when they are registered.
        if self.path.len() > 4 * MAX_DEPTH {
            return Err(Error::invalid(format!("{}: the JSON schema is nested too deeply", self.pointer())));
        }
        match value {
            Value::Bool(true) => Ok(of_type(SchemaType::Any)),
            Value::Bool(false) => {
                self.lose("false", "each schema takes something");
                Ok(of_type(SchemaType::Any))
            }
            Value::Object(keywords) => self.keywords(keywords),
            _ => Err(Error::invalid(format!(
                "{}: a JSON schema is an object or a boolean, not {value}",
                self.pointer()
            ))),
        }
    }

    fn keywords(&mut self, keywords: &Map<String, Value>) -> Result<Schema> {
        for (keyword, reason) in UNKNOWN_HERE {
            // A condition without consequences says nothing.
            let says = keyword != "if" || keywords.contains_key("then") || keywords.contains_key("else");
            if keywords.contains_key(keyword) && says {
                self.lose(keyword, reason);
            }
        }
        if keywords.contains_key("$id") && !self.path.is_empty() {
            self.lose("$id", "the parts of a document have no address of their own");
        }
        let mut schema = self.meaning(keywords)?;
        self.annotations(keywords, &mut schema);
        Ok(schema)
    }

    fn meaning(&mut self, keywords: &Map<String, Value>) -> Result<Schema> {
        if let Some(reference) = keywords.get("$ref") {
            return match merge::is_alone(keywords, "$ref") {
                true => self.reference(reference),
                false => self.merged(keywords, "$ref"),
            };
        }
        if keywords.contains_key("allOf") {
            return self.merged(keywords, "allOf");
        }
        if let Some(alternatives) = keywords.get("anyOf") {
            return self.alternatives(keywords, "anyOf", alternatives);
        }
        if let Some(alternatives) = keywords.get("oneOf") {
            let schema = self.alternatives(keywords, "oneOf", alternatives)?;
            let count =
                alternatives.as_array().map_or(0, |all| all.iter().filter(|one| **one != false).count());
            let are_apart = schema.r#type() == SchemaType::Union && constants::are_apart(&schema.one_of);
            if count > 1 && !are_apart {
                self.lose("oneOf", "a UNION takes what several of its schemas take");
            }
            return Ok(schema);
        }
        if keywords.contains_key("const") || keywords.contains_key("enum") {
            return self.constants(keywords);
        }
        kinds::schema(self, keywords)
    }

    /// The first alternative that fits, each together with what stands beside the keyword.
    fn alternatives(
        &mut self,
        keywords: &Map<String, Value>,
        keyword: &str,
        alternatives: &Value,
    ) -> Result<Schema> {
        let Some(alternatives) = alternatives.as_array().filter(|some| !some.is_empty()) else {
            return Err(Error::invalid(format!(
                "{}: {keyword} must be a list of JSON schemas that is not empty",
                self.pointer()
            )));
        };
        let rest = merge::without_annotations(keywords, keyword);
        let mut one_of = Vec::with_capacity(alternatives.len());
        for (index, alternative) in alternatives.iter().enumerate() {
            let index = index.to_string();
            // What is never true adds nothing.
            if *alternative == Value::Bool(false) {
                continue;
            }
            let schema = if rest.is_empty() {
                self.part(&[keyword, &index], alternative)?
            } else {
                let both = Value::Array(vec![Value::Object(rest.clone()), alternative.clone()]);
                let both = Map::from_iter([("allOf".to_owned(), both)]);
                self.within(&[keyword, &index], |import| import.meaning(&both))?
            };
            one_of.push(schema);
        }
        if one_of.is_empty() {
            self.lose(keyword, "each schema takes something");
            return Ok(of_type(SchemaType::Any));
        }
        Ok(union(one_of))
    }

    fn annotations(&mut self, keywords: &Map<String, Value>, schema: &mut Schema) {
        if let Some(Value::String(description)) = keywords.get("description") {
            schema.description.clone_from(description);
        }
        for label in LABELS {
            match keywords.get(label) {
                Some(Value::String(text)) => drop(schema.metadata.insert(label.to_owned(), text.clone())),
                Some(Value::Bool(is_so)) => drop(schema.metadata.insert(label.to_owned(), is_so.to_string())),
                _ => {}
            }
        }
        // Of OpenAPI, and of those who write their types down as it does.
        let field = keywords.get("discriminator").and_then(|value| value["propertyName"].as_str());
        if let Some(field) = field.filter(|field| tells_apart(schema, field)) {
            schema.metadata.insert(meta::DISCRIMINATOR.to_owned(), field.to_owned());
        }
        if let Some(default) = keywords.get("default") {
            schema.default_value = Some(default.to_string().into_bytes());
        }
        if let Some(Value::Array(examples)) = keywords.get("examples") {
            schema.examples = examples.iter().map(|example| example.to_string().into_bytes()).collect();
        }
    }
}

/// Whether each alternative of a UNION has a value of its own in a field.
fn tells_apart(schema: &Schema, field: &str) -> bool {
    let is_told = |one: &Schema| {
        one.fields.iter().any(|other| {
            other.name == field
                && other.required
                && other.schema.as_ref().is_some_and(|schema| schema.r#type() == SchemaType::Enum)
        })
    };
    schema.r#type() == SchemaType::Union
        && schema.one_of.iter().all(is_told)
        && constants::are_apart(&schema.one_of)
}

/// A schema that says no more than its type.
pub fn of_type(kind: SchemaType) -> Schema {
    Schema { r#type: kind.into(), ..Schema::default() }
}

/// A union, or its only alternative.
pub fn union(mut one_of: Vec<Schema>) -> Schema {
    if one_of.len() == 1
        && let Some(only) = one_of.pop()
    {
        return only;
    }
    if one_of.iter().any(|one| one.r#type() == SchemaType::Any) {
        return of_type(SchemaType::Any);
    }
    Schema { one_of, ..of_type(SchemaType::Union) }
}
