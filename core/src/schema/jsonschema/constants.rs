//! `const` and `enum`: an ENUM of the texts among the values, and schemas that take just one value for the others.

use serde_json::{Map, Value};

use super::import::{Import, of_type, union};
use super::{kinds, merge};
use crate::error::Result;
use crate::meta;
use crate::proto::{Constraints, EnumValue, Field, Schema, SchemaType};

impl Import<'_> {
    /// The schema of keywords with `const` or `enum`.
    pub fn constants(&mut self, keywords: &Map<String, Value>) -> Result<Schema> {
        let keyword = if keywords.contains_key("const") { "const" } else { "enum" };
        let mut values = match &keywords[keyword] {
            Value::Array(values) if keyword == "enum" => values.clone(),
            one if keyword == "const" => vec![one.clone()],
            _ => return Err(self.wrong("enum", "it must be a list of values")),
        };
        if let (Some(Value::Array(listed)), "const") = (keywords.get("enum"), keyword) {
            values.retain(|value| listed.contains(value));
        }
        if keywords.contains_key("type") {
            let types = kinds::names(self, keywords)?;
            values.retain(|value| types.iter().any(|name| is_of(value, name)));
        }
        let beside: Vec<String> = merge::without_annotations(keywords, keyword)
            .keys()
            .filter(|key| !["type", "enum"].contains(&key.as_str()))
            .cloned()
            .collect();
        for other in beside {
            self.lose(&other, format!("beside {keyword} nothing else is looked at"));
        }
        if values.is_empty() {
            self.lose(keyword, "each schema takes something, and none of these values is of the type");
            return Ok(of_type(SchemaType::Any));
        }
        self.one_of(keyword, &values)
    }

    fn one_of(&mut self, keyword: &str, values: &[Value]) -> Result<Schema> {
        let mut one_of = Vec::new();
        let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        if !texts.is_empty() {
            if let Some(text) = texts.iter().find(|text| text.parse::<f64>().is_ok()) {
                self.lose(keyword, format!("an ENUM takes the number {text} for the text"));
            }
            one_of.push(enumeration(&texts));
        }
        let has = |value: bool| values.contains(&Value::Bool(value));
        if has(true) || has(false) {
            if !(has(true) && has(false)) {
                self.lose(keyword, "a BOOLEAN takes true and false");
            }
            one_of.push(of_type(SchemaType::Boolean));
        }
        for value in values {
            match value {
                Value::Null => one_of.push(of_type(SchemaType::Null)),
                Value::Number(_) => one_of.push(self.number_of(keyword, value)),
                Value::Array(items) => one_of.push(self.array_of(keyword, items)?),
                Value::Object(members) => one_of.push(self.object_of(keyword, members)?),
                Value::String(_) | Value::Bool(_) => {}
            }
        }
        Ok(union(one_of))
    }

    fn number_of(&mut self, keyword: &str, value: &Value) -> Schema {
        let number = value.as_f64().unwrap_or_default();
        if !kinds::is_exact(value, number) {
            self.lose(keyword, format!("bounds are doubles, and {value} is none"));
        }
        let only = Constraints { minimum: Some(number), maximum: Some(number), ..Constraints::default() };
        kinds::constrained(of_type(SchemaType::Number), only)
    }

    fn array_of(&mut self, keyword: &str, items: &[Value]) -> Result<Schema> {
        let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
        let only = Constraints { min_items: Some(count), max_items: Some(count), ..Constraints::default() };
        let mut schema = kinds::constrained(of_type(SchemaType::Array), only);
        match items {
            [] => {}
            [first, rest @ ..] if rest.iter().all(|item| item == first) => {
                schema.items = Some(Box::new(self.one_of(keyword, &items[..1])?));
            }
            _ => self.lose(keyword, "all items of an ARRAY have one schema"),
        }
        Ok(schema)
    }

    fn object_of(&mut self, keyword: &str, members: &Map<String, Value>) -> Result<Schema> {
        let mut schema = of_type(SchemaType::Object);
        schema.metadata.insert(meta::CLOSED.to_owned(), "true".to_owned());
        for (name, value) in members {
            let only = Some(self.one_of(keyword, std::slice::from_ref(value))?);
            schema.fields.push(Field {
                name: name.clone(),
                required: true,
                schema: only,
                ..Field::default()
            });
        }
        Ok(schema)
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => {
            name == "number"
                || name == "integer" && number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

fn enumeration(texts: &[&str]) -> Schema {
    let mut schema = of_type(SchemaType::Enum);
    for text in texts {
        if !schema.enum_values.iter().any(|known| known.value == *text) {
            schema.enum_values.push(EnumValue { value: (*text).to_owned(), ..EnumValue::default() });
        }
    }
    schema
}

/// Whether no value is of two of these schemas, as far as that shows: by their types, by the values of an ENUM, or by a
/// required field of that kind.
pub fn are_apart(schemas: &[Schema]) -> bool {
    schemas.iter().enumerate().all(|(index, a)| schemas[index + 1..].iter().all(|b| is_apart(a, b)))
}

fn is_apart(a: &Schema, b: &Schema) -> bool {
    use SchemaType::{Any, Array, Boolean, Enum, Integer, Map, Null, Number, Object, Ref, Union};
    let family = |schema: &Schema| match schema.r#type() {
        Null => 0,
        Boolean => 1,
        Integer | Number => 2,
        Array => 3,
        Object | Map => 4,
        _ => 5,
    };
    match (a.r#type(), b.r#type()) {
        (Any | Ref, _) | (_, Any | Ref) => false,
        (Union, _) => a.one_of.iter().all(|one| is_apart(one, b)),
        (_, Union) => b.one_of.iter().all(|one| is_apart(a, one)),
        (Enum, Enum) => {
            !a.enum_values.iter().any(|one| b.enum_values.iter().any(|other| one.value == other.value))
        }
        (Object, Object) => a.fields.iter().filter(|field| field.required).any(|field| {
            let same = b.fields.iter().find(|other| other.required && other.name == field.name);
            let schemas = same.and_then(|other| Some((field.schema.as_ref()?, other.schema.as_ref()?)));
            schemas.is_some_and(|(a, b)| is_apart(a, b))
        }),
        (Integer | Number, Integer | Number) => {
            let only = |schema: &Schema| {
                let constraints = schema.constraints.as_ref()?;
                constraints.minimum.filter(|minimum| constraints.maximum == Some(*minimum))
            };
            matches!((only(a), only(b)), (Some(a), Some(b)) if a != b)
        }
        _ => family(a) != family(b),
    }
}
