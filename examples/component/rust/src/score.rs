//! Step 3 of the demo: `examples/demo/PIPELINE.md` defines it. A number counts ten-thousandths.

use std::collections::BTreeMap;

use hmsffi::{Error, ErrorCode, ServiceClient, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A patient's record.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Record {
    id: String,
    name: String,
    #[schemars(range(min = 18, max = 100))]
    age: i64,
    gender: i64,
    contacts: Vec<Value>,
    attributes: BTreeMap<String, String>,
}

/// What step 4 makes of it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LineItem {
    id: String,
    /// In tenths of a point.
    score: i64,
    progression: i64,
    line: String,
}

/// Adds the score to a record, and gives what the next step makes of it.
pub fn score(mut record: Record, render: &dyn ServiceClient) -> Result<LineItem, Error> {
    let tenths = points(&record)?;
    record.attributes.insert("score".to_owned(), format!("{}.{}", tenths / 10, tenths % 10));
    render.call("line", record)
}

/// The sum of the six terms, in tenths of a point.
fn points(record: &Record) -> Result<i64, Error> {
    let value = |name: &str| attribute(record, name);
    let hdl = value("hdl_mmol")?;
    if hdl == 0 {
        return Err(invalid("attribute hdl_mmol must be above 0"));
    }
    let ratio = divide(value("tc_mmol")? * 10_000, hdl);
    // Value, start, weight, cap.
    let terms = [
        (record.age * 10_000, 300_000, 2, 100),
        (value("bmi")?, 200_000, 15, 300),
        (value("bp")?, 700_000, 3, 150),
        (ratio, 20_000, 25, 150),
        (value("ltg")?, 35_000, 80, 200),
        (value("glu_mmol")?, 40_000, 35, 100),
    ];
    Ok(terms
        .iter()
        .map(|(value, start, weight, cap)| divide((value - start).max(0) * weight, 10_000).min(*cap))
        .sum())
}

/// To the nearest, a half up.
fn divide(a: i64, b: i64) -> i64 {
    (2 * a + b) / (2 * b)
}

/// A decimal number with at most six digits before the point and four behind it, read exactly.
fn attribute(record: &Record, name: &str) -> Result<i64, Error> {
    let text = record.attributes.get(name).ok_or_else(|| invalid(format!("attribute {name} is missing")))?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 6) || !digits(fraction, 4) {
        return Err(invalid(format!("attribute {name} is not a decimal number: \"{text}\"")));
    }
    format!("{whole}{fraction:0<4}").parse().map_err(Error::other)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}
