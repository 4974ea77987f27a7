//! The kinds that travel under a tag: their numbers, and the text that they are.

use super::wrong::{Result, quoted, refused};

pub const DATE_TIME: u64 = 0;
pub const POSITIVE: u64 = 2;
pub const NEGATIVE: u64 = 3;
pub const UUID: u64 = 37;
pub const DECIMAL: u64 = 0x0048_4d53;

/// What stands around the fraction of a date-time: `2013-03-21T20:04:00`, digits, `Z` or an offset.
pub struct DateTime<'a> {
    pub seconds: &'a str,
    pub fraction: &'a str,
    pub offset: &'a str,
}

impl<'a> DateTime<'a> {
    /// Takes text apart that has the form of a date-time. Whether it is a day of the calendar, Python says.
    pub fn parse(text: &'a str) -> Option<DateTime<'a>> {
        let (seconds, rest) = text.split_at_checked(19)?;
        let form = seconds.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
        let (fraction, offset) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
            None => ("0", rest),
        };
        let valid = form && (1..=9).contains(&fraction.len()) && &seconds[11..13] < "24" && is_offset(offset);
        valid.then_some(DateTime { seconds, fraction, offset })
    }

    pub fn has_offset(&self) -> bool {
        !matches!(self.offset, "" | "-00:00")
    }
}

fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        b"" | b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit())
                && (*h1, *h2) < (b'2', b'4')
                && *m1 < b'6'
        }
        _ => false,
    }
}

pub fn no_offset<T>(text: &str) -> Result<T> {
    refused(format!("date-time {} has no offset; add Z or one such as +02:00", quoted(text)))
}

pub fn no_date_time<T>(text: &str) -> Result<T> {
    refused(format!("{} is not a date-time such as 2013-03-21T20:04:00.5+02:00", quoted(text)))
}

/// Refuses text that is not a finite decimal number: the grammar of a JSON number.
pub fn check_decimal(text: &str) -> Result<()> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let valid = is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if valid { Ok(()) } else { refused(format!("{} is not a Decimal such as -12.50", quoted(text))) }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
