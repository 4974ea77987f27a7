//! The string-like types, and the formats of a STRING that are the same.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use fluent_uri::Uri;

use crate::codec;
use crate::proto::SchemaType;

/// What text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    Time,
    LocalTime,
    DateTime,
    Duration,
    Uuid,
    Uri,
    Email,
    Ipv4,
    Ipv6,
}

use Format::*;

/// Each with its name as the `format` of a STRING, and what it looks like.
const ALL: [(Format, &str, &str); 10] = [
    (Date, "date", "a date such as 2013-03-21"),
    (Time, "time", "a time with offset such as 20:04:00.5Z"),
    (LocalTime, "local-time", "a time without offset such as 20:04:00.5"),
    (DateTime, "date-time", "a date-time such as 2013-03-21T20:04:00.5+02:00"),
    (Duration, "duration", "a duration such as P1DT2H or PT0.5S"),
    (Uuid, "uuid", "a UUID such as 123e4567-e89b-12d3-a456-426614174000"),
    (Uri, "uri", "a URI with its scheme such as https://example.org/a"),
    (Email, "email", "an e-mail address such as ada@example.org"),
    (Ipv4, "ipv4", "an IPv4 address such as 192.0.2.1"),
    (Ipv6, "ipv6", "an IPv6 address such as 2001:db8::1"),
];

impl Format {
    /// The format of a STRING with this name; else the names that there are.
    pub fn named(name: &str) -> Result<Format, String> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(format, ..)| *format).ok_or_else(|| {
            let known = ALL.map(|(_, known, _)| known).join(", ");
            format!("there is no format '{name}' of STRING; known are {known}")
        })
    }

    /// The format that a type of the specification is.
    pub fn of(kind: SchemaType) -> Option<Format> {
        Some(match kind {
            SchemaType::Date => Date,
            SchemaType::Time => Time,
            SchemaType::Datetime => DateTime,
            SchemaType::Duration => Duration,
            SchemaType::Uuid => Uuid,
            SchemaType::Uri => Uri,
            SchemaType::Email => Email,
            _ => return None,
        })
    }

    /// What it looks like, for messages.
    pub fn describe(self) -> &'static str {
        ALL[self as usize].2
    }

    /// Whether text is of this format. Dates and times are those that every language holds: see `docs/values.md`.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Date => text.len() == 10 && is_date_time(text, "T00:00:00Z"),
            Time => is_date_time("0001-01-01T", text),
            LocalTime => is_date_time_of("0001-01-01T", text, "Z"),
            DateTime => codec::is_date_time(text),
            Duration => is_duration(text),
            Uuid => codec::uuid_of(text).is_some(),
            Uri => Uri::parse(text).is_ok(),
            Email => {
                EmailAddress::parse_with_options(text, Options::default().without_display_text()).is_ok()
            }
            Ipv4 => Ipv4Addr::from_str(text).is_ok(),
            Ipv6 => Ipv6Addr::from_str(text).is_ok(),
        }
    }
}

fn is_date_time(before: &str, after: &str) -> bool {
    is_date_time_of(before, after, "")
}

/// Whether three pieces are a date-time together.
fn is_date_time_of(date: &str, time: &str, offset: &str) -> bool {
    const LONGEST: usize = "2013-03-21T20:04:00.123456789+02:00".len();
    let mut whole = [0; LONGEST];
    let mut end = 0;
    for piece in [date, time, offset] {
        let Some(place) = whole.get_mut(end..end + piece.len()) else { return false };
        place.copy_from_slice(piece.as_bytes());
        end += piece.len();
    }
    std::str::from_utf8(&whole[..end]).is_ok_and(codec::is_date_time)
}

/// ISO 8601 as in RFC 3339: `P`, then weeks alone, or parts from years to days, then `T` and parts from hours to seconds. Of these
/// seconds may have a fraction, and any part but one may be left out.
fn is_duration(text: &str) -> bool {
    let Some(parts) = text.strip_prefix('P') else { return false };
    let (days, times) = match parts.split_once('T') {
        Some((days, times)) => (days, Some(times)),
        None => (parts, None),
    };
    match times {
        None => has_parts(days, "W") || has_parts(days, "YMD"),
        Some(times) => (days.is_empty() || has_parts(days, "YMD")) && has_parts(times, "HMS"),
    }
}

/// Whether text is numbers with these units in their order, one at least.
fn has_parts(text: &str, units: &str) -> bool {
    let (mut rest, mut left) = (text, units);
    while !rest.is_empty() {
        let end = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (mut after, number) = (&rest[end..], end > 0);
        let mut unit = after.chars().next();
        if let Some(fraction) = after.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            after = &fraction[digits..];
            unit = after.chars().next().filter(|unit| *unit == 'S' && digits > 0);
        }
        match unit.and_then(|unit| left.split_once(unit)).filter(|_| number) {
            Some((_, later)) => (left, rest) = (later, &after[1..]),
            None => return false,
        }
    }
    !text.is_empty()
}
