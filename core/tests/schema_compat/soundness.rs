//! What is called compatible is: no value that writers write is refused by readers. Two seconds; `ARBTEST_BUDGET_MS` takes
//! longer, `ARBTEST_SEED` repeats what has failed.

use std::cell::Cell;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use hmsffi_core::codec::{Encoding, transcode};
use hmsffi_core::proto::{Constraints, EnumValue, Field, Schema, SchemaType};
use hmsffi_core::schema::Compiled;
use serde_json::{Value, json};

use super::differences;

/// Milliseconds, unless `ARBTEST_BUDGET_MS` says something else.
const SHORT: u64 = 2_000;
/// Values that are tried for each pair of schemas.
const VALUES: usize = 8;
const NAMES: [&str; 3] = ["a", "b", "c"];
const TEXTS: [&str; 6] = ["", "a", "b", "ab", "7", "é"];
const PATTERNS: [&str; 3] = ["", "^a", "b$"];
const FORMATS: [&str; 4] = ["", "int8", "uint8", "int64"];

fn of(kind: SchemaType) -> Schema {
    Schema { r#type: kind.into(), ..Default::default() }
}

fn maybe<T>(
    u: &mut Unstructured<'_>,
    make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Option<T>> {
    if u.ratio(1, 3)? { make(u).map(Some) } else { Ok(None) }
}

fn small(u: &mut Unstructured<'_>) -> Result<i32> {
    u.int_in_range(0..=3)
}

fn bound(u: &mut Unstructured<'_>) -> Result<f64> {
    Ok(*u.choose(&[-1.0, 0.0, 0.5, 1.0, 2.0, 127.0, 128.0, 255.0, 9007199254740992.0, 1e300])?)
}

fn constraints(u: &mut Unstructured<'_>, kind: SchemaType) -> Result<Constraints> {
    let mut some = Constraints::default();
    match kind {
        SchemaType::Integer | SchemaType::Number => {
            some.minimum = maybe(u, bound)?;
            some.maximum = maybe(u, bound)?;
            some.exclusive_minimum = some.minimum.is_some() && u.arbitrary()?;
            some.exclusive_maximum = some.maximum.is_some() && u.arbitrary()?;
            some.multiple_of = maybe(u, |u| Ok(*u.choose(&[0.1, 0.3, 0.5, 1.0, 2.0, 3.0])?))?;
        }
        SchemaType::String => {
            (some.min_length, some.max_length) = (maybe(u, small)?, maybe(u, small)?);
            some.pattern = (*u.choose(&PATTERNS)?).to_owned();
        }
        SchemaType::Array => {
            (some.min_items, some.max_items) = (maybe(u, small)?, maybe(u, small)?);
            some.unique_items = u.arbitrary()?;
        }
        _ => (some.min_properties, some.max_properties) = (maybe(u, small)?, maybe(u, small)?),
    }
    Ok(some)
}

fn schema(u: &mut Unstructured<'_>, depth: u32) -> Result<Schema> {
    use SchemaType::*;
    let leaves = [Any, Null, Boolean, Integer, Number, String, Enum, Date, Uuid, Binary];
    let inner = [Object, Object, Object, Array, Map, Union];
    let kind = if depth == 0 || u.arbitrary()? { *u.choose(&leaves)? } else { *u.choose(&inner)? };
    let mut made = of(kind);
    match kind {
        Integer | Number | String | Array | Object | Map => made.constraints = Some(constraints(u, kind)?),
        _ => {}
    }
    match kind {
        Integer => made.format = (*u.choose(&FORMATS)?).to_owned(),
        Number => made.format = (*u.choose(&["", "float", "double"])?).to_owned(),
        String => made.format = (*u.choose(&["", "", "date"])?).to_owned(),
        Enum => {
            let start = u.int_in_range(0..=TEXTS.len() - 1)?;
            let end = u.int_in_range(start + 1..=TEXTS.len())?;
            let value = |text: &&str| EnumValue { value: (*text).to_owned(), ..Default::default() };
            made.enum_values = TEXTS[start..end].iter().map(value).collect();
        }
        Array => made.items = maybe(u, |u| schema(u, depth - 1))?.map(Box::new),
        Map => {
            made.key_schema = maybe(u, |u| {
                let kind = *u.choose(&[String, Enum])?;
                loop {
                    let key = schema(u, 0)?;
                    if u.is_empty() || key.r#type() == kind {
                        return Ok(if key.r#type() == kind { key } else { of(String) });
                    }
                }
            })?
            .map(Box::new);
            made.value_schema = maybe(u, |u| schema(u, depth - 1))?.map(Box::new);
        }
        Union => {
            for _ in 0..u.int_in_range(1..=3)? {
                made.one_of.push(schema(u, depth - 1)?);
            }
        }
        Object => {
            for name in NAMES {
                if u.arbitrary()? {
                    made.fields.push(Field {
                        name: name.into(),
                        required: u.arbitrary()?,
                        schema: Some(schema(u, depth - 1)?),
                        ..Default::default()
                    });
                }
            }
            if u.arbitrary()? {
                made.metadata.insert("hms.closed".into(), "true".into());
            }
        }
        _ => {}
    }
    Ok(made)
}

/// A schema that differs in one place.
fn changed(u: &mut Unstructured<'_>, schema_: &Schema, depth: u32) -> Result<Schema> {
    let mut other = schema_.clone();
    if u.ratio(1, 4)? {
        return schema(u, depth);
    }
    let inner = depth.saturating_sub(1);
    match other.r#type() {
        SchemaType::Object if !other.fields.is_empty() => {
            let at = u.choose_index(other.fields.len())?;
            match u.int_in_range(0..=2)? {
                0 => drop(other.fields.remove(at)),
                1 => other.fields[at].required ^= true,
                _ => {
                    other.fields[at].schema =
                        Some(changed(u, &other.fields[at].schema.clone().expect("one"), inner)?)
                }
            }
        }
        SchemaType::Array if other.items.is_some() => {
            other.items = Some(Box::new(changed(u, &other.items.clone().expect("one"), inner)?));
        }
        SchemaType::Map if other.value_schema.is_some() => {
            other.value_schema =
                Some(Box::new(changed(u, &other.value_schema.clone().expect("one"), inner)?));
        }
        SchemaType::Union => {
            let at = u.choose_index(other.one_of.len())?;
            match u.arbitrary()? {
                true => other.one_of.push(schema(u, inner)?),
                false => other.one_of[at] = changed(u, &other.one_of[at].clone(), inner)?,
            }
        }
        SchemaType::Integer | SchemaType::Number | SchemaType::String => {
            let kind = other.r#type();
            other.constraints = Some(constraints(u, kind)?);
        }
        _ => return schema(u, depth),
    }
    Ok(other)
}

/// The schema of what is written with this one: an object's members are those that it declares.
fn written(schema: &Schema) -> Schema {
    let boxed = |part: &Option<Box<Schema>>| part.as_deref().map(written).map(Box::new);
    let mut closed = Schema {
        one_of: schema.one_of.iter().map(written).collect(),
        items: boxed(&schema.items),
        value_schema: boxed(&schema.value_schema),
        ..schema.clone()
    };
    for field in &mut closed.fields {
        field.schema = field.schema.as_ref().map(written);
    }
    if closed.r#type() == SchemaType::Object {
        closed.metadata.insert("hms.closed".into(), "true".into());
    }
    closed
}

/// Something that a writer with this schema may write.
fn value(u: &mut Unstructured<'_>, schema: &Schema, depth: u32) -> Result<Value> {
    let part = |u: &mut Unstructured<'_>, schema: Option<&Schema>| match schema {
        Some(schema) if depth > 0 => value(u, schema, depth - 1),
        _ => Ok(json!(*u.choose(&TEXTS)?)),
    };
    Ok(match schema.r#type() {
        SchemaType::Null => Value::Null,
        SchemaType::Boolean => json!(u.arbitrary::<bool>()?),
        SchemaType::Integer | SchemaType::Number => {
            let near = match &schema.constraints {
                Some(Constraints { minimum: Some(minimum), .. }) if u.arbitrary()? => *minimum,
                Some(Constraints { maximum: Some(maximum), .. }) if u.arbitrary()? => *maximum,
                _ => *u.choose(&[0.0, 0.3, 0.1, 1.5, 6.0, -129.0, 300.0, 1e301, -1e301])?,
            };
            let number = near + *u.choose(&[0.0, 0.0, 1.0, -1.0, 0.5, -0.25])?;
            if number.fract() == 0.0 && number.abs() < 1e15 && u.arbitrary()? {
                json!(number as i64)
            } else {
                json!(number)
            }
        }
        SchemaType::Enum => {
            let text = &u.choose(&schema.enum_values)?.value;
            match text.parse::<i64>() {
                Ok(number) if u.arbitrary()? => json!(number),
                _ => json!(text),
            }
        }
        SchemaType::Date => json!("2026-11-21"),
        SchemaType::Uuid => json!("123e4567-e89b-12d3-a456-426614174000"),
        SchemaType::Binary => json!("AQI="),
        SchemaType::String if schema.format == "date" => json!("2026-11-21"),
        SchemaType::String => json!(*u.choose(&TEXTS)?),
        SchemaType::Array => {
            let count = u.int_in_range(0..=4)?;
            Value::Array((0..count).map(|_| part(u, schema.items.as_deref())).collect::<Result<_>>()?)
        }
        SchemaType::Map => {
            let mut map = serde_json::Map::new();
            for _ in 0..u.int_in_range(0..=4)? {
                let key = match schema.key_schema.as_deref() {
                    Some(keys) => part(u, Some(keys))?.as_str().unwrap_or("7").to_owned(),
                    None => (*u.choose(&["a", "b", "x", ""])?).to_owned(),
                };
                map.insert(key, part(u, schema.value_schema.as_deref())?);
            }
            Value::Object(map)
        }
        SchemaType::Object => {
            let mut map = serde_json::Map::new();
            for field in &schema.fields {
                if field.required || u.arbitrary()? {
                    map.insert(field.name.clone(), part(u, field.schema.as_ref())?);
                }
            }
            Value::Object(map)
        }
        SchemaType::Union => {
            let one = u.choose(&schema.one_of)?;
            part(u, Some(one))?
        }
        _ => u.choose(&[json!(null), json!(7), json!("a"), json!([1]), json!({"a": 1})])?.clone(),
    })
}

#[test]
fn what_is_compatible_is_read() {
    let (pairs, compatible, read) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let property = |u: &mut Unstructured<'_>| {
        let old = schema(u, 3)?;
        let new = changed(u, &old, 3)?;
        let (Ok(writer), Ok(reader)) = (Compiled::new(&written(&old), &()), Compiled::new(&new, &())) else {
            return Ok(());
        };
        pairs.set(pairs.get() + 1);
        if differences(&old, &new).iter().any(|difference| difference.breaks_backward) {
            return Ok(());
        }
        compatible.set(compatible.get() + 1);
        for _ in 0..VALUES {
            let text = value(u, &old, 4)?.to_string();
            if !writer.validate(text.as_bytes(), Encoding::Json).is_empty() {
                continue;
            }
            read.set(read.get() + 1);
            let refused = reader.validate(text.as_bytes(), Encoding::Json);
            assert_eq!(refused, [], "{text} is written with\n{old:?}\nand refused with\n{new:?}");
            let cbor = transcode(Encoding::Json, Encoding::Cbor, text.as_bytes()).expect("a value");
            if writer.validate(&cbor, Encoding::Cbor).is_empty() {
                let refused = reader.validate(&cbor, Encoding::Cbor);
                assert_eq!(refused, [], "{text} is written as CBOR with\n{old:?}\nand refused with\n{new:?}");
            }
        }
        Ok(())
    };
    match std::env::var_os("ARBTEST_BUDGET_MS") {
        Some(_) => arbtest(property).run(),
        None => arbtest(property).budget_ms(SHORT).run(),
    }
    eprintln!("{} pairs, {} compatible, {} values read", pairs.get(), compatible.get(), read.get());
    if std::env::var_os("ARBTEST_SEED").is_none() {
        // It shows something only if it gets that far.
        assert!(compatible.get() > 100 && read.get() > 1_000);
    }
}
