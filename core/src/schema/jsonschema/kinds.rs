//! The keywords that are about one kind of value: text, numbers, arrays. A schema without `type` takes each kind.

use serde_json::{Map, Value};

use super::import::{Import, of_type, union};
use super::members;
use crate::error::{Error, Result};
use crate::proto::{Constraints, Schema, SchemaType};

type Keywords = Map<String, Value>;

/// Types by their names in JSON Schema; all values are of one of them.
const TYPES: [(&str, SchemaType); 6] = [
    ("null", SchemaType::Null),
    ("boolean", SchemaType::Boolean),
    ("number", SchemaType::Number),
    ("string", SchemaType::String),
    ("array", SchemaType::Array),
    ("object", SchemaType::Object),
];
const INTEGER: &str = "integer";

/// Keywords that are about text, numbers, arrays and objects.
const TEXT: [&str; 6] =
    ["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"];
const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const ARRAY: [&str; 9] = [
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
];
const OBJECT: [&str; 7] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "required",
    "minProperties",
    "maxProperties",
];

/// The formats that are types.
pub const FORMATS: [(&str, SchemaType); 7] = [
    ("date", SchemaType::Date),
    ("time", SchemaType::Time),
    ("date-time", SchemaType::Datetime),
    ("duration", SchemaType::Duration),
    ("uuid", SchemaType::Uuid),
    ("uri", SchemaType::Uri),
    ("email", SchemaType::Email),
];
/// Other formats of text that are checked here.
pub const TEXT_FORMATS: [&str; 2] = ["ipv4", "ipv6"];
/// Formats of numbers, as OpenAPI names them.
pub const WIDTHS: [&str; 10] =
    ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double"];

/// The schema of all kinds that these keywords take.
pub fn schema(import: &mut Import<'_>, keywords: &Keywords) -> Result<Schema> {
    let names = names(import, keywords)?;
    let says = |about: &[&str]| about.iter().any(|keyword| keywords.contains_key(*keyword));
    if !keywords.contains_key("type") && ![&TEXT[..], &NUMBER, &ARRAY, &OBJECT].into_iter().any(says) {
        return Ok(of_type(SchemaType::Any));
    }
    let mut one_of = Vec::with_capacity(names.len());
    for name in names {
        one_of.push(of_kind(import, keywords, &name)?);
    }
    Ok(union(one_of))
}

/// The types that are taken, as they are named.
pub fn names(import: &Import<'_>, keywords: &Keywords) -> Result<Vec<String>> {
    let all = || TYPES.iter().map(|(name, _)| (*name).to_owned());
    let names: Vec<String> = match keywords.get("type") {
        None => all().collect(),
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(_) => Vec::new(),
    };
    match names.iter().find(|name| *name != INTEGER && !all().any(|known| known == **name)) {
        None if !names.is_empty() => Ok(names),
        unknown => Err(import.wrong(
            "type",
            &unknown.map_or("it names no type".to_owned(), |name| format!("there is no type '{name}'")),
        )),
    }
}

fn of_kind(import: &mut Import<'_>, keywords: &Keywords, name: &str) -> Result<Schema> {
    match name {
        "string" => text(import, keywords),
        "number" => number(import, keywords, SchemaType::Number),
        INTEGER => number(import, keywords, SchemaType::Integer),
        "array" => array(import, keywords),
        "object" => members::schema(import, keywords),
        "null" => Ok(of_type(SchemaType::Null)),
        _ => Ok(of_type(SchemaType::Boolean)),
    }
}

fn text(import: &mut Import<'_>, keywords: &Keywords) -> Result<Schema> {
    let format = keywords.get("format").and_then(Value::as_str).unwrap_or_default();
    let constraints = Constraints {
        min_length: import.count(keywords, "minLength")?,
        max_length: import.count(keywords, "maxLength")?,
        pattern: keywords.get("pattern").and_then(Value::as_str).unwrap_or_default().to_owned(),
        ..Constraints::default()
    };
    let encoding = keywords.get("contentEncoding").and_then(Value::as_str);
    if encoding == Some("base64") {
        import.lose_each(
            keywords,
            &["minLength", "maxLength", "pattern", "format"],
            "bytes are no text here",
        );
        return Ok(of_type(SchemaType::Binary));
    }
    if let Some(encoding) = encoding {
        import
            .lose("contentEncoding", format!("bytes in {encoding} stay text here; base64 is what is known"));
    }
    if keywords.contains_key("contentMediaType") {
        import.lose("contentMediaType", "what text contains is not looked into");
    }
    if let Some((_, kind)) = FORMATS.iter().find(|(name, _)| *name == format) {
        if matches!(kind, SchemaType::Uri | SchemaType::Email) {
            return Ok(constrained(of_type(*kind), constraints));
        }
        import.lose_each(
            keywords,
            &["minLength", "maxLength", "pattern"],
            "the format is a type here, without constraints",
        );
        return Ok(of_type(*kind));
    }
    let format = if TEXT_FORMATS.contains(&format) {
        format
    } else {
        if !format.is_empty() && !WIDTHS.contains(&format) {
            import.lose("format", format!("'{format}' is not checked here"));
        }
        ""
    };
    Ok(constrained(Schema { format: format.to_owned(), ..of_type(SchemaType::String) }, constraints))
}

fn number(import: &mut Import<'_>, keywords: &Keywords, kind: SchemaType) -> Result<Schema> {
    let (minimum, exclusive_minimum) =
        import.bound(keywords, "minimum", "exclusiveMinimum", |a, b| a >= b)?;
    let (maximum, exclusive_maximum) =
        import.bound(keywords, "maximum", "exclusiveMaximum", |a, b| a <= b)?;
    let multiple_of = import.number(keywords, "multipleOf")?;
    let constraints = Constraints {
        minimum,
        exclusive_minimum,
        maximum,
        exclusive_maximum,
        multiple_of,
        ..Constraints::default()
    };
    let format = keywords.get("format").and_then(Value::as_str).unwrap_or_default();
    let is_of_integers = !["float", "double"].contains(&format);
    let fits = WIDTHS.contains(&format) && is_of_integers == (kind == SchemaType::Integer);
    let format = if fits { format.to_owned() } else { String::new() };
    Ok(constrained(Schema { format, ..of_type(kind) }, constraints))
}

fn array(import: &mut Import<'_>, keywords: &Keywords) -> Result<Schema> {
    import.lose_each(keywords, &["prefixItems", "additionalItems"], "all items have one schema");
    // Without it minContains and maxContains say nothing.
    import.lose_each(keywords, &["contains"], "items are not counted by what they are");
    let mut constraints = Constraints {
        min_items: import.count(keywords, "minItems")?,
        max_items: import.count(keywords, "maxItems")?,
        unique_items: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
        ..Constraints::default()
    };
    let mut schema = of_type(SchemaType::Array);
    match keywords.get("items") {
        None | Some(Value::Bool(true)) => {}
        // Beside others they are about the items that follow those.
        Some(_) if keywords.contains_key("prefixItems") => import.lose("items", "all items have one schema"),
        Some(Value::Array(_)) => import.lose("items", "all items have one schema"),
        Some(Value::Bool(false)) => constraints.max_items = Some(0),
        Some(items) => schema.items = Some(Box::new(import.part(&["items"], items)?)),
    }
    Ok(constrained(schema, constraints))
}

/// Whether a double is the very number that was written.
pub fn is_exact(written: &Value, number: f64) -> bool {
    let whole = written.as_i64().map(i128::from).or_else(|| written.as_u64().map(i128::from));
    whole.is_none_or(|whole| number as i128 == whole)
}

/// The schema with these constraints, if there are any.
pub fn constrained(schema: Schema, constraints: Constraints) -> Schema {
    let constraints = (constraints != Constraints::default()).then_some(constraints);
    Schema { constraints, ..schema }
}

impl Import<'_> {
    /// A keyword whose value cannot be.
    pub fn wrong(&self, keyword: &str, why: &str) -> Error {
        Error::invalid(format!("{}/{keyword}: {why}", self.pointer()))
    }

    /// Tells that these keywords are left out, as far as they are there.
    pub fn lose_each(&mut self, keywords: &Keywords, names: &[&str], reason: &str) {
        for name in names.iter().filter(|name| keywords.contains_key(**name)) {
            self.lose(name, reason);
        }
    }

    /// How many of something. Nothing holds more than an `int32` can say, so that a greater upper bound is none.
    pub fn count(&mut self, keywords: &Keywords, name: &str) -> Result<Option<i32>> {
        let Some(count) = self.number(keywords, name)? else { return Ok(None) };
        if count < 0.0 || count.fract() != 0.0 {
            return Err(self.wrong(name, "it must be a whole number that is not negative"));
        }
        if count <= f64::from(i32::MAX) {
            return Ok(Some(count as i32));
        }
        self.lose(name, format!("counts end at {}", i32::MAX));
        Ok(None)
    }

    /// A number, as a double.
    fn number(&mut self, keywords: &Keywords, name: &str) -> Result<Option<f64>> {
        let Some(value) = keywords.get(name) else { return Ok(None) };
        let Some(number) = value.as_f64() else { return Err(self.wrong(name, "it must be a number")) };
        if !is_exact(value, number) {
            self.lose(name, format!("bounds are doubles, and {value} is none: it becomes {number}"));
        }
        Ok(Some(number))
    }

    /// A bound that is there with its limit, or without, or both: the narrower of them.
    fn bound(
        &mut self,
        keywords: &Keywords,
        inclusive: &str,
        exclusive: &str,
        is_narrower: impl Fn(f64, f64) -> bool,
    ) -> Result<(Option<f64>, bool)> {
        // In draft 4 it was a boolean beside the bound.
        if let Some(Value::Bool(is_exclusive)) = keywords.get(exclusive) {
            let bound = self.number(keywords, inclusive)?;
            return Ok((bound, *is_exclusive && bound.is_some()));
        }
        Ok(match (self.number(keywords, inclusive)?, self.number(keywords, exclusive)?) {
            (Some(with), Some(without)) if is_narrower(without, with) => (Some(without), true),
            (None, Some(without)) => (Some(without), true),
            (with, _) => (with, false),
        })
    }
}
