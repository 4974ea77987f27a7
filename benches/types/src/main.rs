//! What validation costs beside decoding, on an object of 1 KiB with 20 constrained fields. Ratios of one run: the two that are
//! compared take turns, and the median of their rounds counts. One line of JSON for each row.

use std::hint::black_box;

use bench_types::measure;
use hmsffi_core::codec::{Encoding, json};
use hmsffi_core::schema::{Compiled, Layout, read};
use serde_json::{Value, json};

/// A field: its name, its schema here and in JSON Schema, and a value.
type Field = (&'static str, Value, Value, Value);

fn fields() -> Vec<Field> {
    let text = |name, most: u32, value: &str| {
        let own = json!({"type": "STRING", "constraints": {"min_length": 1, "max_length": most}});
        (name, own, json!({"type": "string", "minLength": 1, "maxLength": most}), json!(value))
    };
    let pattern = |name, pattern: &str, value: &str| {
        let own = json!({"type": "STRING", "constraints": {"pattern": pattern}});
        (name, own, json!({"type": "string", "pattern": pattern}), json!(value))
    };
    let integer = |name, most: u32, value: u32| {
        let own = json!({"type": "INTEGER", "constraints": {"minimum": 0, "maximum": most}});
        (name, own, json!({"type": "integer", "minimum": 0, "maximum": most}), json!(value))
    };
    let number = |name, most: f64, value: f64| {
        let own = json!({"type": "NUMBER", "constraints": {"minimum": 0, "maximum": most}});
        (name, own, json!({"type": "number", "minimum": 0, "maximum": most}), json!(value))
    };
    let format = |name, kind: &str, format: &str, value: &str| {
        (name, json!({"type": kind}), json!({"type": "string", "format": format}), json!(value))
    };
    let enums =
        json!({"type": "ENUM", "enum_values": [{"value": "female"}, {"value": "male"}, {"value": "other"}]});
    let list = json!({"type": "ARRAY", "items": {"type": "STRING", "constraints": {"max_length": 40}},
        "constraints": {"max_items": 10}});
    vec![
        format("id", "UUID", "uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
        text("name", 100, "Augusta Ada King, Countess of Lovelace"),
        text("given_name", 50, "Augusta Ada"),
        text("family_name", 50, "King"),
        format("born", "DATE", "date", "1815-12-10"),
        format("updated", "DATETIME", "date-time", "2013-03-21T20:04:00.5+02:00"),
        format("email", "EMAIL", "email", "ada@example.org"),
        ("gender", enums, json!({"type": "string", "enum": ["female", "male", "other"]}), json!("female")),
        integer("age", 150, 36),
        integer("visits", 100_000, 412),
        integer("ward", 99, 7),
        number("height", 3.0, 1.63),
        number("weight", 500.0, 55.4),
        number("temperature", 50.0, 36.7),
        pattern("postcode", "^[A-Z0-9 ]{4,8}$", "W1 5AA"),
        pattern("insurance", "^[A-Z]{2}[0-9]{6}$", "LO181512"),
        text("street", 100, "12 St. James's Square"),
        text("city", 50, "London"),
        (
            "allergies",
            list,
            json!({"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 10}),
            json!(["penicillin", "hazelnuts", "pollen of birches", "latex"]),
        ),
        text("notes", 1000, &"Works on notes about an engine that weaves algebraical patterns. ".repeat(9)),
    ]
}

fn main() {
    let fields = fields();
    let own: Vec<Value> = fields
        .iter()
        .enumerate()
        .map(|(index, (name, schema, ..))| {
            let mut schema = schema.clone();
            schema["metadata"]["hms.protobuf.number"] = (index + 1).to_string().into();
            json!({"name": name, "schema": schema, "required": true})
        })
        .collect();
    let own = json!({"type": "OBJECT", "fields": own}).to_string();
    let own = read("schema", own.as_bytes()).expect("schema");
    let compiled = Compiled::new(&own, &()).expect("schema");
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, _, schema, _)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
    let theirs = json!({"type": "object", "properties": properties, "required": required});
    let theirs = jsonschema::options().should_validate_formats(true).build(&theirs).expect("JSON Schema");

    // In the order of the schema, as typed callers write it.
    let members: Vec<String> =
        fields.iter().map(|(name, _, _, value)| format!("{}:{value}", json!(name))).collect();
    let text = format!("{{{}}}", members.join(",")).into_bytes();
    let cbor = json::to_cbor(&text).expect("CBOR");
    assert!(
        fields.len() == 20 && (900..1200).contains(&cbor.len()),
        "{} fields, {} bytes",
        fields.len(),
        cbor.len()
    );
    let theirs_fits = |text: &[u8]| theirs.is_valid(&serde_json::from_slice(text).expect("JSON"));
    for broken in [text.clone(), String::from_utf8_lossy(&text).replace("36.7", "96.7").into_bytes()] {
        let fits = compiled.validate(&broken, Encoding::Json).is_empty();
        assert_eq!(fits, theirs_fits(&broken), "both say the same");
        assert_eq!(fits, broken == text);
    }

    let message =
        compiled.convert(&text, Encoding::Json, Encoding::Protobuf, Layout::Any).expect("Protobuf").payload;
    let rows = [
        (
            "validating CBOR of 1 KiB with 20 constrained fields",
            Some(0.5),
            "decoding it with ciborium",
            measure(
                &mut || assert!(compiled.validate(black_box(&cbor), Encoding::Cbor).is_empty()),
                &mut || {
                    black_box(
                        ciborium::from_reader::<ciborium::Value, _>(black_box(cbor.as_slice()))
                            .expect("value"),
                    );
                },
            ),
        ),
        (
            "validating the same as JSON",
            Some(0.7),
            "parsing it with serde_json and validating with jsonschema",
            measure(
                &mut || assert!(compiled.validate(black_box(&text), Encoding::Json).is_empty()),
                &mut || assert!(theirs_fits(black_box(&text))),
            ),
        ),
        (
            "validating the same as Protobuf",
            None,
            "validating it as CBOR",
            measure(
                &mut || assert!(compiled.validate(black_box(&message), Encoding::Protobuf).is_empty()),
                &mut || assert!(compiled.validate(black_box(&cbor), Encoding::Cbor).is_empty()),
            ),
        ),
    ];
    for (title, limit, against, (ns, against_ns)) in rows {
        println!(
            "{}",
            json!({"title": title, "ns": ns, "against": against, "against_ns": against_ns, "limit": limit})
        );
    }
}
