//! Ranges and steps of numbers.

use super::reading::constraints;
use crate::proto::{Constraints, Schema, SchemaType};

/// The integers that an INTEGER or NUMBER takes; beyond 128 bits there is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integers {
    pub lowest: i128,
    pub highest: i128,
}

impl Integers {
    /// Those of a schema: its bounds and those of its format.
    pub fn of(schema: &Schema) -> Integers {
        let constraints = constraints(schema);
        let (lowest, highest) = of_format(&schema.format).unwrap_or((i128::MIN, i128::MAX));
        let above = constraints.minimum.map_or(i128::MIN, |bound| {
            // Conversion of floats saturates, and of what is no number gives 0; checked schemas have none.
            let whole = bound.ceil() as i128;
            if constraints.exclusive_minimum && bound.fract() == 0.0 {
                whole.saturating_add(1)
            } else {
                whole
            }
        });
        let below = constraints.maximum.map_or(i128::MAX, |bound| {
            let whole = bound.floor() as i128;
            if constraints.exclusive_maximum && bound.fract() == 0.0 {
                whole.saturating_sub(1)
            } else {
                whole
            }
        });
        Integers { lowest: lowest.max(above), highest: highest.min(below) }
    }
}

/// The range of a format such as `int32` or `uint64`.
fn of_format(format: &str) -> Option<(i128, i128)> {
    let (is_signed, bits) = match format.strip_prefix("uint") {
        Some(bits) => (false, bits),
        None => (true, format.strip_prefix("int")?),
    };
    let bits: u32 = bits.parse().ok().filter(|bits| [8, 16, 32, 64].contains(bits))?;
    Some(match is_signed {
        true => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        false => (0, (1 << bits) - 1),
    })
}

/// Which bounds of a writer lie within those of a reader: the lower, the upper.
pub fn within(reader: &Schema, writer: &Schema) -> (bool, bool) {
    let (read, written) = (constraints(reader), constraints(writer));
    let lower = bound_within(
        read.minimum.map(|bound| (-bound, read.exclusive_minimum)),
        written.minimum.map(|bound| (-bound, written.exclusive_minimum)),
    );
    let upper = bound_within(
        read.maximum.map(|bound| (bound, read.exclusive_maximum)),
        written.maximum.map(|bound| (bound, written.exclusive_maximum)),
    );
    if ![reader, writer].iter().any(|one| one.r#type() == SchemaType::Integer) {
        return (lower, upper);
    }
    // Bounds that 128 bits do not hold are compared as they are.
    let is_held = |bound: Option<f64>| bound.is_none_or(|bound| bound.abs() < 1e38);
    let (integers, others) = (Integers::of(reader), Integers::of(writer));
    (
        integers.lowest <= others.lowest && (lower || is_held(read.minimum)),
        others.highest <= integers.highest && (upper || is_held(read.maximum)),
    )
}

/// Whether a writer's numbers have the format that the reader asks for, as far as bounds do not tell.
pub fn format_within(reader: &Schema, writer: &Schema) -> bool {
    match reader.format.as_str() {
        "" | "double" => true,
        // All integers of some width are less than the greatest of them.
        "float" => writer.format == "float" || of_format(&writer.format).is_some(),
        format => of_format(format).is_some(),
    }
}

/// Whether what is below the writer's upper bound is below the reader's.
fn bound_within(reader: Option<(f64, bool)>, writer: Option<(f64, bool)>) -> bool {
    match (reader, writer) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((reader, exclusive)), Some((writer, also))) => {
            writer < reader || writer == reader && (!exclusive || also)
        }
    }
}

/// Whether all numbers of the writer are multiples of what the reader asks for.
pub fn steps_within(reader: &Schema, writer: &Schema) -> bool {
    let Some(asked) = step(reader) else { return true };
    let is_integer = writer.r#type() == SchemaType::Integer;
    let written = step(writer).into_iter().chain(is_integer.then_some(1.0));
    written.into_iter().any(|step| is_multiple(step, asked))
}

/// Whether only integers are written.
pub fn is_whole(schema: &Schema) -> bool {
    schema.r#type() == SchemaType::Integer || step(schema).is_some_and(|step| is_multiple(step, 1.0))
}

fn step(schema: &Schema) -> Option<f64> {
    schema.constraints.as_ref().and_then(|constraints| constraints.multiple_of)
}

/// Whether one step is a whole number of another, by their decimal digits: 0.3 is three times 0.1. What has too many
/// digits to tell is not.
fn is_multiple(of: f64, step: f64) -> bool {
    let (Some((digits, exponent)), Some((step, step_exponent))) = (decimal(of), decimal(step)) else {
        return false;
    };
    let shift = exponent - step_exponent;
    let scale = 10i128.checked_pow(shift.unsigned_abs());
    let scaled = match shift >= 0 {
        true => scale.and_then(|scale| Some((digits.checked_mul(scale)?, step))),
        false => scale.and_then(|scale| Some((digits, step.checked_mul(scale)?))),
    };
    scaled.is_some_and(|(digits, step)| step != 0 && digits % step == 0)
}

/// A number as digits and a power of ten.
fn decimal(number: f64) -> Option<(i128, i32)> {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, exponent - i32::try_from(fraction.len()).ok()?))
}

/// The lower bound in words.
pub fn minimum(constraints: &Constraints) -> Option<String> {
    constraints
        .minimum
        .map(|bound| format!("{}{bound}", if constraints.exclusive_minimum { "> " } else { "" }))
}

/// The upper bound in words.
pub fn maximum(constraints: &Constraints) -> Option<String> {
    constraints
        .maximum
        .map(|bound| format!("{}{bound}", if constraints.exclusive_maximum { "< " } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::{Integers, is_multiple};
    use crate::proto::{Constraints, Schema};

    #[test]
    fn steps_are_compared_by_their_digits() {
        assert!(is_multiple(0.3, 0.1) && is_multiple(1.0, 0.0001) && is_multiple(1e22, 5.0));
        assert!(!is_multiple(0.1, 0.3) && !is_multiple(7.0, 2.0) && !is_multiple(1e300, 1e-300));
    }

    #[test]
    fn integers_lie_within_bounds_and_format() {
        let schema = |minimum, exclusive_minimum, format: &str| Schema {
            format: format.into(),
            constraints: Some(Constraints {
                minimum: Some(minimum),
                exclusive_minimum,
                ..Default::default()
            }),
            ..Default::default()
        };
        let range = |minimum, exclusive, format| {
            let integers = Integers::of(&schema(minimum, exclusive, format));
            (integers.lowest, integers.highest)
        };
        assert_eq!(range(1.0, false, "uint8"), (1, 255));
        assert_eq!(range(1.0, true, "int64"), (2, i128::from(i64::MAX)));
        assert_eq!(range(1.5, true, ""), (2, i128::MAX));
        assert_eq!(range(-1e9, false, "int8"), (-128, 127));
    }
}
