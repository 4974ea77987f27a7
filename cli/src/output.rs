//! What goes to standard output: lines, JSON, tables.

use std::io::{IsTerminal, Write, stderr, stdout};

use serde::Serialize;

use crate::failure::{Failure, Result};

/// One line, out at once: others may wait for it.
pub fn line(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// A document of several lines.
pub fn document(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value).map_err(unwritable)?)
}

/// A value in one line.
pub fn compact(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(value).map_err(unwritable)?)
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::Machine(format!("the output has no form in JSON: {error}"))
}

/// Columns under their titles; the last one is not padded. A column in which nothing is known is left out.
pub fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> Result<()> {
    let shown: Vec<usize> = (0..N).filter(|&column| rows.iter().any(|row| !row[column].is_empty())).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(titles[column].len())
    };
    let written = |cell: &dyn Fn(usize) -> String| {
        let padded = shown.iter().map(|&column| format!("{:1$}", cell(column), width(column)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    line(&written(&|column| titles[column].to_owned()))?;
    rows.iter().try_for_each(|row| {
        line(&written(&|column| if row[column].is_empty() { "-".into() } else { row[column].clone() }))
    })
}

/// Nanoseconds for people, with three digits that count.
pub fn time(nanoseconds: u64) -> String {
    let (value, unit) = match nanoseconds {
        0..1_000 => return format!("{nanoseconds} ns"),
        1_000..1_000_000 => (nanoseconds as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => (nanoseconds as f64 / 1e6, "ms"),
        _ => (nanoseconds as f64 / 1e9, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}

/// How far something is, in place of what stood there before, when somebody looks on; nothing = it is over.
pub fn progress(text: &str) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}
