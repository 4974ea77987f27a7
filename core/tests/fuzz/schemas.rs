//! Schemas and payloads, from any bytes.

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::binding::{Expectation, Mode, read as read_definition};
use hmsffi_core::codec::{Encoding, cbor, json};
use hmsffi_core::proto::{Constraints, EnumValue, Field, MethodDefinition, Schema, ServiceDefinition};
use hmsffi_core::schema::compat::{self, Document};
use hmsffi_core::schema::{Compiled, MOST_VIOLATIONS, Violation, read};
use minicbor::Encoder;
use prost::Message;

use crate::fuzz;

const NAMES: [&str; 5] = ["a", "b", "c", "d e", ""];
const OBJECT: i32 = 7;
const TEXTS: [&str; 6] = ["a", "2013-03-21", "2013-03-21T20:04:00Z", "1", "AQI=", "\u{1F4A9}"];
const PATTERNS: [&str; 6] = ["^a", r"\d+", "(a|b)*c", "[^]", "(", r"^[\w-]{1,9}$"];

fn limit(u: &mut Unstructured<'_>) -> Result<Option<i32>> {
    Ok(if u.ratio(1, 4)? { Some(u.int_in_range(-1..=5)?) } else { None })
}

fn bound(u: &mut Unstructured<'_>) -> Result<Option<f64>> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Some(u.arbitrary()?),
        1 => Some(f64::from(u.int_in_range(-3..=9)?)),
        _ => None,
    })
}

fn constraints(u: &mut Unstructured<'_>) -> Result<Constraints> {
    let pattern = if u.ratio(1, 6)? { (*u.choose(&PATTERNS)?).to_owned() } else { String::new() };
    Ok(Constraints {
        min_length: limit(u)?,
        max_length: limit(u)?,
        pattern,
        minimum: bound(u)?,
        maximum: bound(u)?,
        exclusive_minimum: u.ratio(1, 8)?,
        exclusive_maximum: u.ratio(1, 8)?,
        multiple_of: bound(u)?,
        min_items: limit(u)?,
        max_items: limit(u)?,
        unique_items: u.ratio(1, 4)?,
        min_properties: limit(u)?,
        max_properties: limit(u)?,
    })
}

/// A schema that mostly has what its type has.
fn schema(u: &mut Unstructured<'_>, depth: u32) -> Result<Schema> {
    let kinds = if u.ratio(1, 40)? { -1..=22 } else { 1..=20 };
    let kind = u.int_in_range(kinds)?;
    of_kind(u, kind, depth)
}

fn of_kind(u: &mut Unstructured<'_>, kind: i32, depth: u32) -> Result<Schema> {
    let kind = if depth == 0 && matches!(kind, 6..=8 | 10) { 5 } else { kind };
    let mut schema = Schema { r#type: kind, ..Schema::default() };
    if u.ratio(1, 5)? {
        schema.schema_id = (*u.choose(&NAMES)?).to_owned();
    }
    if u.ratio(1, 3)? {
        let all = constraints(u)?;
        let fitting = match kind {
            3 | 4 => Constraints {
                minimum: all.minimum,
                maximum: all.maximum,
                multiple_of: all.multiple_of,
                ..Default::default()
            },
            5 => Constraints {
                min_length: all.min_length,
                max_length: all.max_length,
                pattern: all.pattern.clone(),
                ..Default::default()
            },
            6 => Constraints {
                min_items: all.min_items,
                max_items: all.max_items,
                unique_items: all.unique_items,
                ..Default::default()
            },
            7 | 8 => Constraints {
                min_properties: all.min_properties,
                max_properties: all.max_properties,
                ..Default::default()
            },
            _ => Constraints::default(),
        };
        schema.constraints = Some(if u.ratio(1, 10)? { all } else { fitting });
    }
    let inner = |u: &mut Unstructured<'_>| -> Result<Option<Schema>> {
        Ok(if u.ratio(1, 8)? { None } else { Some(self::schema(u, depth.saturating_sub(1))?) })
    };
    match kind {
        6 => schema.items = inner(u)?.map(Box::new),
        7 => {
            for name in NAMES.iter().take(u.int_in_range(0..=NAMES.len())?) {
                let (inner, required) = (inner(u)?, u.ratio(1, 4)?);
                let default_value = if u.ratio(1, 4)? { Some(default(u, inner.as_ref())?) } else { None };
                let name = (*name).to_owned();
                schema.fields.push(Field {
                    name,
                    schema: inner,
                    required,
                    default_value,
                    ..Field::default()
                });
            }
            if u.arbitrary()? {
                schema.metadata.insert("hms.closed".into(), "true".into());
            }
        }
        8 => schema.value_schema = inner(u)?.map(Box::new),
        9 => {
            schema.enum_values =
                vec![EnumValue { value: (*u.choose(&TEXTS)?).to_owned(), ..Default::default() }]
        }
        10 => {
            for _ in 0..u.int_in_range(1..=4)? {
                schema.one_of.extend(inner(u)?);
            }
            if u.ratio(1, 3)? {
                discriminate(&mut schema);
            }
        }
        11 => schema.r#ref = (*u.choose(&NAMES)?).to_owned(),
        _ => {}
    }
    Ok(schema)
}

/// Makes the field "a" of the objects of a union tell which is meant.
fn discriminate(union: &mut Schema) {
    union.metadata.insert("hms.discriminator".into(), "a".into());
    for (object, value) in union.one_of.iter_mut().filter(|one| one.r#type == 7).zip(TEXTS) {
        let enum_values = vec![EnumValue { value: value.to_owned(), ..EnumValue::default() }];
        let schema = Some(Schema { r#type: 9, enum_values, ..Schema::default() });
        object.fields.retain(|field| field.name != "a");
        object.fields.push(Field { name: "a".into(), schema, required: true, ..Field::default() });
    }
}

/// A value in CBOR, in the profile or a little beside it.
fn write(u: &mut Unstructured<'_>, out: &mut Encoder<Vec<u8>>, depth: u32) -> Result<()> {
    let kind = u.int_in_range(0..=if depth == 0 { 6 } else { 10 })?;
    let written = match kind {
        0 => out.null().map(drop),
        1 => out.bool(u.arbitrary()?).map(drop),
        2 => out.i64(u.int_in_range(-3..=12)?).map(drop),
        3 => out.f64(u.arbitrary()?).map(drop),
        4 => out.i64(u.arbitrary()?).map(drop),
        5 => out.str(u.choose(&TEXTS)?).map(drop),
        6 => out.bytes(&[1, 2]).map(drop),
        7 | 8 => {
            let len = u.int_in_range(0..=3)?;
            out.array(len).expect("written");
            for _ in 0..len {
                write(u, out, depth - 1)?;
            }
            return Ok(());
        }
        _ => {
            let len = u.int_in_range(0..=3)?;
            out.map(len).expect("written");
            for _ in 0..len {
                out.str(u.choose(&NAMES)?).expect("written");
                write(u, out, depth - 1)?;
            }
            return Ok(());
        }
    };
    written.expect("written");
    Ok(())
}

/// Any bytes, or a value of which a few bytes are changed.
fn payload(u: &mut Unstructured<'_>, depth: u32) -> Result<Vec<u8>> {
    if u.ratio(1, 10)? {
        return u.arbitrary();
    }
    let mut out = Encoder::new(Vec::new());
    write(u, &mut out, depth)?;
    let mut bytes = out.into_writer();
    if u.ratio(1, 6)? {
        let at = u.choose_index(bytes.len())?;
        bytes[at] = u.arbitrary()?;
    }
    Ok(bytes)
}

/// Any value, or one that fits the schema most likely.
fn default(u: &mut Unstructured<'_>, schema: Option<&Schema>) -> Result<Vec<u8>> {
    let plain: &[u8] = match schema.map_or(0, |schema| schema.r#type) {
        1 => b"null",
        2 => b"true",
        3 | 4 => b"1",
        5 => b"\"a\"",
        6 => b"[]",
        7 | 8 => b"{}",
        _ => return payload(u, 1),
    };
    if u.ratio(1, 4)? { payload(u, 1) } else { Ok(plain.to_vec()) }
}

fn codes(violations: &[Violation]) -> Vec<&str> {
    assert!(violations.len() <= MOST_VIOLATIONS);
    assert!(violations.iter().all(|one| one.path.starts_with('$') && !one.message.is_empty()));
    violations.iter().map(|one| one.code.as_str()).collect()
}

#[test]
fn whatever_a_schema_says_it_is_compiled_or_refused() {
    let (mut compiled_some, mut refused, mut fitting, mut failing, mut completed) = (0, 0, 0, 0, 0);
    fuzz(|u| {
        let schema = match u.int_in_range(0..=20)? {
            0 => Schema::decode(u.arbitrary::<Vec<u8>>()?.as_slice()).unwrap_or_default(),
            1 => read("schema", &u.arbitrary::<Vec<u8>>()?).unwrap_or_default(),
            2..=8 => of_kind(u, OBJECT, 4)?,
            _ => schema(u, 4)?,
        };
        let compiled = match Compiled::new(&schema, &()) {
            Ok(compiled) => compiled,
            Err(errors) => {
                assert!(!errors.0.is_empty() && errors.0.len() <= MOST_VIOLATIONS);
                refused += 1;
                return Ok(());
            }
        };
        compiled_some += 1;
        for _ in 0..4 {
            let bytes = payload(u, 3)?;
            let found = compiled.validate(&bytes, Encoding::Cbor);
            let codes = codes(&found);
            // What is damaged is damaged whatever the schema, unless the walk has stopped before it.
            match cbor::validate(&bytes) {
                Ok(()) => assert!(!codes.contains(&"malformed"), "{found:?}"),
                Err(_) => assert!(!codes.is_empty(), "{bytes:02x?}"),
            }
            fitting += u64::from(codes.is_empty());
            failing += u64::from(!codes.is_empty());
            let complete = compiled.complete(&bytes, Encoding::Cbor);
            assert_eq!(complete.as_ref().err(), Some(&found).filter(|found| !found.is_empty()));
            if let Ok(Some(complete)) = complete {
                completed += 1;
                assert_eq!(cbor::validate(&complete), Ok(()), "{complete:02x?}");
            }
            if let Ok(json) = json::from_cbor(&bytes) {
                let of_json = compiled.validate(&json, Encoding::Json);
                // Text is bytes in JSON where the schema says so: then the two are not the same value.
                if !format!("{schema:?}").contains("Binary") && !format!("{schema:?}").contains("r#type: 13")
                {
                    assert_eq!(found, of_json, "{}", String::from_utf8_lossy(&json));
                }
            }
        }
        Ok(())
    });
    assert!(
        compiled_some > 0 && refused > 0 && fitting > 0 && failing > 0 && completed > 0,
        "all of it happens"
    );
}

fn definition(u: &mut Unstructured<'_>) -> Result<ServiceDefinition> {
    if u.ratio(1, 20)? {
        return Ok(read_definition("definition", &u.arbitrary::<Vec<u8>>()?).unwrap_or_default());
    }
    let mut methods = Vec::new();
    for name in NAMES.iter().take(u.int_in_range(0..=2)?) {
        methods.push(MethodDefinition {
            name: (*name).to_owned(),
            input_schema: u.ratio(3, 4)?.then(|| schema(u, 2)).transpose()?,
            output_schema: u.ratio(3, 4)?.then(|| schema(u, 2)).transpose()?,
            error_schemas: if u.ratio(1, 4)? { vec![schema(u, 1)?] } else { Vec::new() },
            ..MethodDefinition::default()
        });
    }
    let version = (*u.choose(&["", "1.0.0", "1.1.0", "2", "2.0.0-a"])?).to_owned();
    Ok(ServiceDefinition { methods, version, ..ServiceDefinition::default() })
}

#[test]
fn whatever_definitions_say_they_are_compared_or_refused() {
    let (mut compared, mut refused) = (0, 0);
    fuzz(|u| {
        let (expected, provided) = (definition(u)?, definition(u)?);
        let Ok(expectation) = Expectation::new(expected.clone(), Mode::Strict, &()) else {
            refused += 1;
            return Ok(());
        };
        let same = expectation.compare(expected, &()).expect("the same is a definition too");
        assert_eq!(same.differences, []);
        if let Ok(report) = expectation.compare(provided, &()) {
            assert!(
                report.differences.iter().all(|one| one.breaks_strict || !one.breaks_loose),
                "{report:?}"
            );
            assert_eq!(report.fits(), report.breaking().count() == 0);
            compared += 1;
        }
        Ok(())
    });
    assert!(compared > 0 && refused > 0, "both happen");
}

/// Other processes show theirs unchecked.
#[test]
fn whatever_a_schema_says_it_is_compared() {
    fuzz(|u| {
        let (old, new) = (schema(u, 4)?, schema(u, 4)?);
        for (one, other) in [(&old, &new), (&new, &old), (&old, &old)] {
            compat::compare(&Document::new(one, &()), &Document::new(other, &()));
        }
        Ok(())
    });
}

#[test]
fn whatever_bytes_come_are_read_or_refused() {
    let anything = read("schema", br#"{"type": "ANY"}"#)
        .and_then(|schema| Compiled::new(&schema, &()).map_err(|errors| errors.into_error("schema")));
    let anything = anything.expect("ANY");
    fuzz(|u| {
        let bytes = payload(u, 5)?;
        let found = anything.validate(&bytes, Encoding::Cbor);
        assert_eq!(found.is_empty(), cbor::validate(&bytes).is_ok(), "{bytes:02x?}: {found:?}");
        let found = anything.validate(&bytes, Encoding::Json);
        assert!(found.len() <= 1, "{found:?}");
        // The two differ only where JSON holds what comes back as something else.
        if json::to_cbor(&bytes).is_ok() {
            assert_eq!(found, [], "{}", String::from_utf8_lossy(&bytes));
        }
        Ok(())
    });
}
