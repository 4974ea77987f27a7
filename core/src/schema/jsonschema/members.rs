//! Properties, and which of them there must be: an OBJECT where they have names, a MAP where they are like each other.

use serde_json::{Map, Value};

use super::import::{Import, of_type};
use super::kinds::constrained;
use crate::error::Result;
use crate::meta;
use crate::proto::{Constraints, Field, Schema, SchemaType};

type Keywords = Map<String, Value>;

/// The schema of what these keywords say of objects.
pub fn schema(import: &mut Import<'_>, keywords: &Keywords) -> Result<Schema> {
    import.lose_each(
        keywords,
        &["patternProperties"],
        "fields have names, and the entries of a map one schema",
    );
    let mut constraints = Constraints {
        min_properties: import.count(keywords, "minProperties")?,
        max_properties: import.count(keywords, "maxProperties")?,
        ..Constraints::default()
    };
    let names = keywords.get("propertyNames").filter(|names| **names != Value::Bool(true));
    if names == Some(&Value::Bool(false)) {
        constraints.max_properties = Some(0);
    }
    let names = names.filter(|names| **names != Value::Bool(false));
    let has_fields = ["properties", "required"].iter().any(|keyword| keywords.contains_key(*keyword));
    let others = keywords.get("additionalProperties").filter(|others| !others.is_boolean());
    let schema = match (names, others) {
        (None, None) => object(import, keywords)?,
        _ if has_fields => {
            import.lose_each(
                keywords,
                &if names.is_some() {
                    ["propertyNames", "additionalProperties"]
                } else {
                    ["additionalProperties"; 2]
                },
                "beside fields with names, others have no schema",
            );
            object(import, keywords)?
        }
        _ => map(import, names, others)?,
    };
    Ok(constrained(schema, constraints))
}

fn map(import: &mut Import<'_>, names: Option<&Value>, values: Option<&Value>) -> Result<Schema> {
    let mut schema = of_type(SchemaType::Map);
    if let Some(names) = names {
        // They are text, whether or not that is said.
        let mut names = names.clone();
        if let Value::Object(keywords) = &mut names
            && !["type", "$ref", "enum", "const", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|key| keywords.contains_key(*key))
        {
            keywords.insert("type".to_owned(), "string".into());
        }
        schema.key_schema = Some(Box::new(import.part(&["propertyNames"], &names)?));
    }
    if let Some(values) = values {
        schema.value_schema = Some(Box::new(import.part(&["additionalProperties"], values)?));
    }
    Ok(schema)
}

fn object(import: &mut Import<'_>, keywords: &Keywords) -> Result<Schema> {
    let mut schema = of_type(SchemaType::Object);
    let required: Vec<&str> = match keywords.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        None => Vec::new(),
        Some(_) => return Err(import.wrong("required", "it must be a list of names")),
    };
    match keywords.get("properties") {
        Some(Value::Object(properties)) => {
            for (name, property) in properties {
                if *property == Value::Bool(false) {
                    import.within(&["properties", name], |import| {
                        import.lose("false", "a field that must not be there cannot be named");
                    });
                    continue;
                }
                let mut field = import.part(&["properties", name], property)?;
                schema.fields.push(Field {
                    name: name.clone(),
                    required: required.contains(&name.as_str()),
                    default_value: field.default_value.take(),
                    schema: Some(field),
                    ..Field::default()
                });
            }
        }
        None => {}
        Some(_) => return Err(import.wrong("properties", "it must be an object")),
    }
    for name in required {
        if !schema.fields.iter().any(|field| field.name == name) {
            let any = Some(of_type(SchemaType::Any));
            schema.fields.push(Field {
                name: name.to_owned(),
                required: true,
                schema: any,
                ..Field::default()
            });
        }
    }
    if keywords.get("additionalProperties") == Some(&Value::Bool(false)) {
        match keywords.contains_key("patternProperties") {
            true => import.lose("additionalProperties", "it leaves room for patternProperties"),
            false => drop(schema.metadata.insert(meta::CLOSED.to_owned(), "true".to_owned())),
        }
    }
    Ok(schema)
}
