//! The kinds that travel under a CBOR tag: their numbers, and what their text may be.

use super::path::quoted;

/// Date-time as RFC 3339 text (RFC 8949).
pub(super) const DATE_TIME: u64 = 0;
/// Integer above 2^64 - 1 as bytes (RFC 8949).
pub(super) const POSITIVE: u64 = 2;
/// Integer below -2^64 as bytes (RFC 8949).
pub(super) const NEGATIVE: u64 = 3;
/// UUID as 16 bytes (registered with IANA).
pub(super) const UUID: u64 = 37;

/// The tag of a Decimal, whose content is text such as `-12.50`.
///
/// The number is `HMS` in ASCII, from the range that IANA gives to the first who comes. The registered
/// forms fit badly: decimal fractions (tags 4, 264, 268) hold a binary integer of any length, which C,
/// C++, Go and JavaScript would have to turn into digits first, and lose the sign of `-0.00`.
pub const DECIMAL_TAG: u64 = 0x0048_4d53;

/// Whether text is such a date-time as [`check_date_time`] asks for.
pub(crate) fn is_date_time(text: &str) -> bool {
    match date_time_rest(text.as_bytes()) {
        Some(b"Z") => true,
        Some([b'+' | b'-', h1, h2, b':', m1, m2]) => {
            // An offset of -00:00 is unknown, as is the instant then.
            text.get(text.len() - 6..) != Some("-00:00")
                && pair(*h1, *h2).is_some_and(|hour| hour < 24)
                && pair(*m1, *m2).is_some_and(|minute| minute < 60)
        }
        _ => false,
    }
}

/// Refuses text that is not a date-time which every language can hold.
///
/// That is RFC 3339 with an offset, upper-case `T` and `Z`, a year from 1, at most nine digits of
/// fraction, and no leap second. `-00:00` says that the offset is unknown, so that it counts as none.
pub(super) fn check_date_time(text: &str) -> Result<(), String> {
    match date_time_rest(text.as_bytes()) {
        _ if is_date_time(text) => Ok(()),
        Some(b"" | b"-00:00") => {
            Err(format!("date-time {} has no offset; add Z or one such as +02:00", quoted(text)))
        }
        _ => Err(format!("{} is not a date-time such as 2013-03-21T20:04:00.5+02:00", quoted(text))),
    }
}

/// Refuses text that is not a finite decimal number: the grammar of a JSON number.
pub(super) fn check_decimal(text: &str) -> Result<(), String> {
    if is_decimal(text) { Ok(()) } else { Err(format!("{} is not a Decimal such as -12.50", quoted(text))) }
}

/// What follows the seconds and their fraction.
fn date_time_rest(text: &[u8]) -> Option<&[u8]> {
    let (fixed, rest) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| fixed[*at] != *byte) {
        return None;
    }
    let number = |at: usize| pair(fixed[at], fixed[at + 1]);
    let year = number(0)? * 100 + number(2)?;
    let (month, day) = (number(5)?, number(8)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    let valid =
        year > 0 && (1..=days).contains(&day) && number(11)? < 24 && number(14)? < 60 && number(17)? < 60;
    if !valid {
        return None;
    }
    let Some(fraction) = rest.strip_prefix(b".") else { return Some(rest) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=9).contains(&digits).then(|| &fraction[digits..])
}

fn pair(tens: u8, ones: u8) -> Option<u32> {
    let digit = |byte: u8| char::from(byte).to_digit(10);
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
