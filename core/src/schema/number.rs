//! Numbers of a payload, and what a schema says of them. Integers are compared as integers, decimals as the decimals people write.

use crate::proto::{Constraints, SchemaType};

/// A number, whatever its encoding.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Int(i128),
    /// Also an integer past 128 bits, as the nearest double.
    Float(f64),
}

impl Number {
    /// The integer `n`, or `-1 - n` when negative, of big-endian bytes.
    pub fn of_bytes(negative: bool, n: &[u8]) -> Number {
        if n.len() < 16 {
            let n = n.iter().fold(0i128, |value, byte| value << 8 | i128::from(*byte));
            return Number::Int(if negative { -1 - n } else { n });
        }
        let n = n.iter().fold(0.0, |value, byte| value * 256.0 + f64::from(*byte)).min(f64::MAX);
        Number::Float(if negative { -n } else { n })
    }

    /// The number of decimal text such as `-12.50`.
    pub fn of_decimal(text: &str) -> Number {
        let float = || text.parse::<f64>().unwrap_or(f64::NAN).clamp(f64::MIN, f64::MAX);
        text.parse().map_or_else(|_| Number::Float(float()), Number::Int)
    }

    /// Whether the number of decimal text is another one, the nearest double to it.
    pub fn is_rounded(text: &str) -> bool {
        match Number::of_decimal(text) {
            Number::Int(_) => false,
            Number::Float(value) => significant(text) != significant(&format!("{value:e}")),
        }
    }

    fn is_integer(self) -> bool {
        match self {
            Number::Int(_) => true,
            Number::Float(value) => value.fract() == 0.0,
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Int(value) => value.fmt(f),
            // Debug writes 1e300 as such, Display with all its zeros.
            Number::Float(value) if value.abs() >= 1e16 => write!(f, "{value:?}"),
            Number::Float(value) => value.fmt(f),
        }
    }
}

/// What numbers fit.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberRules {
    integer: bool,
    minimum: Option<Bound>,
    maximum: Option<Bound>,
    multiple_of: Option<Multiple>,
    width: Option<&'static Width>,
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    value: f64,
    exclusive: bool,
    /// The last integer that fits.
    integer: i128,
}

/// A number that others must be multiples of, with its decimal digits: `digits * 10^exponent`.
#[derive(Debug, Clone, Copy)]
struct Multiple {
    value: f64,
    digits: u128,
    exponent: i32,
}

/// The numbers that a format such as `int32` holds.
#[derive(Debug)]
struct Width {
    name: &'static str,
    integer: bool,
    holds: fn(Number) -> bool,
}

static WIDTHS: [Width; 10] = [
    Width { name: "int8", integer: true, holds: converts::<i8> },
    Width { name: "int16", integer: true, holds: converts::<i16> },
    Width { name: "int32", integer: true, holds: converts::<i32> },
    Width { name: "int64", integer: true, holds: converts::<i64> },
    Width { name: "uint8", integer: true, holds: converts::<u8> },
    Width { name: "uint16", integer: true, holds: converts::<u16> },
    Width { name: "uint32", integer: true, holds: converts::<u32> },
    Width { name: "uint64", integer: true, holds: converts::<u64> },
    Width { name: "float", integer: false, holds: is_single },
    Width { name: "double", integer: false, holds: |_| true },
];

fn converts<T: TryFrom<i128>>(number: Number) -> bool {
    let value = match number {
        Number::Int(value) => value,
        // Saturates, and then fits none of them.
        Number::Float(value) => value as i128,
    };
    T::try_from(value).is_ok()
}

fn is_single(number: Number) -> bool {
    match number {
        // An i128 is less than the greatest of them.
        Number::Int(_) => true,
        Number::Float(value) => !value.is_finite() || value.abs() <= f64::from(f32::MAX),
    }
}

/// A constraint that a number or a schema breaks: its code, and what is wrong.
pub(super) type Broken = (&'static str, String);

impl NumberRules {
    /// The rules of an INTEGER or NUMBER; `refuse` is told what is wrong with them.
    pub fn new(
        kind: SchemaType,
        format: &str,
        constraints: &Constraints,
        mut refuse: impl FnMut(&'static str, String),
    ) -> NumberRules {
        let integer = kind == SchemaType::Integer;
        let width = WIDTHS.iter().find(|width| width.integer == integer && width.name == format);
        if width.is_none() && !format.is_empty() {
            let known = WIDTHS.iter().filter(|width| width.integer == integer).map(|width| width.name);
            let known = known.collect::<Vec<_>>().join(", ");
            refuse(
                "format",
                format!("there is no format '{format}' of {}; known are {known}", kind.as_str_name()),
            );
        }
        for (name, exclusive, bound) in [
            ("minimum", constraints.exclusive_minimum, constraints.minimum),
            ("maximum", constraints.exclusive_maximum, constraints.maximum),
        ] {
            if exclusive && bound.is_none() {
                refuse("constraints", format!("exclusive_{name} is set, but no {name}"));
            }
            if bound.is_some_and(f64::is_nan) {
                refuse("constraints", format!("{name} is not a number"));
            }
        }
        let minimum = constraints.minimum.map(|value| Bound::least(value, constraints.exclusive_minimum));
        let maximum = constraints.maximum.map(|value| Bound::greatest(value, constraints.exclusive_maximum));
        if let (Some(least), Some(most)) = (minimum, maximum) {
            let empty = least.value > most.value
                || least.value == most.value && (least.exclusive || most.exclusive)
                || integer && least.integer > most.integer;
            if empty {
                let (least, most) = (Number::Float(least.value), Number::Float(most.value));
                refuse(
                    "constraints",
                    format!("minimum {least} and maximum {most} leave no {} between", kind.as_str_name()),
                );
            }
        }
        let multiple_of = constraints.multiple_of.map(Multiple::new);
        if let Some(multiple) = multiple_of
            && !(multiple.value > 0.0 && multiple.value.is_finite())
        {
            refuse("constraints", format!("multiple_of is {}; it must be above 0", multiple.value));
        }
        NumberRules { integer, minimum, maximum, multiple_of, width }
    }

    /// What the number breaks.
    #[inline]
    pub fn check(&self, number: Number, mut broken: impl FnMut(Broken)) {
        if self.integer && !number.is_integer() {
            broken(("type", format!("needs INTEGER, found {number}, which has a fraction")));
            return;
        }
        if let Some(width) = self.width
            && !(width.holds)(number)
        {
            broken(("format", format!("{number} does not fit {}", width.name)));
        }
        if let Some(bound) = &self.minimum
            && !bound.is_below(number)
        {
            let limit = Number::Float(bound.value);
            let text = if bound.exclusive { "not above" } else { "below the minimum" };
            broken(("minimum", format!("{number} is {text} {limit}")));
        }
        if let Some(bound) = &self.maximum
            && !bound.is_above(number)
        {
            let limit = Number::Float(bound.value);
            let text = if bound.exclusive { "not below" } else { "above the maximum" };
            broken(("maximum", format!("{number} is {text} {limit}")));
        }
        if let Some(multiple) = &self.multiple_of
            && !multiple.divides(number)
        {
            broken(("multiple_of", format!("{number} is not a multiple of {}", multiple.value)));
        }
    }
}

impl Bound {
    fn least(value: f64, exclusive: bool) -> Bound {
        let integer =
            if exclusive { (value.floor() as i128).saturating_add(1) } else { value.ceil() as i128 };
        Bound { value, exclusive, integer }
    }

    fn greatest(value: f64, exclusive: bool) -> Bound {
        let integer =
            if exclusive { (value.ceil() as i128).saturating_sub(1) } else { value.floor() as i128 };
        Bound { value, exclusive, integer }
    }

    fn is_below(&self, number: Number) -> bool {
        match number {
            Number::Int(number) => number >= self.integer,
            Number::Float(number) => number > self.value || !self.exclusive && number == self.value,
        }
    }

    fn is_above(&self, number: Number) -> bool {
        match number {
            Number::Int(number) => number <= self.integer,
            Number::Float(number) => number < self.value || !self.exclusive && number == self.value,
        }
    }
}

impl Multiple {
    fn new(value: f64) -> Multiple {
        let (digits, exponent) = decimal(value);
        Multiple { value, digits, exponent }
    }

    /// Whether a number is a multiple as people count: 0.0075 is one of 0.0001, though not in binary.
    fn divides(&self, number: Number) -> bool {
        let (digits, exponent) = match number {
            Number::Int(value) => (value.unsigned_abs(), 0),
            Number::Float(value) if !value.is_finite() => return false,
            Number::Float(value) => decimal(value),
        };
        if digits == 0 {
            return true;
        }
        match u32::try_from(exponent - self.exponent) {
            // Both factors are less than the divisor, which has 17 digits at most: the product fits.
            Ok(shift) => {
                (digits % self.digits * power_of_ten(shift, self.digits)).is_multiple_of(self.digits)
            }
            // A divisor that is too large for 128 bits is larger than any number but 0.
            Err(_) => {
                let shift = self.exponent.abs_diff(exponent);
                let divisor = 10u128.checked_pow(shift).and_then(|power| power.checked_mul(self.digits));
                divisor.is_some_and(|divisor| digits.is_multiple_of(divisor))
            }
        }
    }
}

/// Digits and exponent of the shortest decimal that reads back as this double.
fn decimal(value: f64) -> (u128, i32) {
    let text = format!("{:e}", value.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = format!("{whole}{fraction}").parse().unwrap_or(0);
    (number, exponent.parse::<i32>().unwrap_or(0) - fraction.len() as i32)
}

/// Whether decimal text is below zero, its digits without zeros around them, and the power of ten of the last one.
fn significant(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{}{fraction}", whole.trim_start_matches('-'));
    let digits = all.trim_matches('0');
    if digits.is_empty() {
        return (false, String::new(), 0);
    }
    let behind = (all.len() - all.trim_end_matches('0').len()) as i64 - fraction.len() as i64;
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX);
    (text.starts_with('-'), digits.to_owned(), exponent.saturating_add(behind))
}

/// 10 to this power, modulo `divisor`.
fn power_of_ten(power: u32, divisor: u128) -> u128 {
    let (mut result, mut base, mut rest) = (1 % divisor, 10 % divisor, power);
    while rest > 0 {
        if rest & 1 == 1 {
            result = result * base % divisor;
        }
        base = base * base % divisor;
        rest >>= 1;
    }
    result
}
