//! `google.protobuf.Timestamp` and `Duration` as the text that the library has for them.

use prost::Message;
use prost_types::{Duration, Timestamp};

use crate::codec::is_date_time;
use crate::codec::path::quoted;

const NANOS: i32 = 1_000_000_000;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Some 10,000 years, the most that a `Duration` is.
const LONGEST: i64 = 315_576_000_000;

/// The date-time that a `Timestamp` is, in UTC.
pub fn date_time(message: &[u8]) -> Result<String, String> {
    let Timestamp { seconds, nanos } = read(message)?;
    if SECONDS.contains(&seconds) && (0..NANOS).contains(&nanos) {
        return Ok(Timestamp { seconds, nanos }.to_string());
    }
    Err(format!("a Timestamp of {seconds} s and {nanos} ns is no date-time of the years 1 to 9999"))
}

/// The `Timestamp` of a date-time. Its offset is lost: the instant is the same.
pub fn timestamp(text: &str) -> Result<Vec<u8>, String> {
    let read =
        text.parse::<Timestamp>().ok().filter(|read| is_date_time(text) && SECONDS.contains(&read.seconds));
    read.map(|read| read.encode_to_vec())
        .ok_or_else(|| format!("{} is no date-time that a Timestamp can be", quoted(text)))
}

/// The text of a `Duration`: `PT93600.5S`.
pub fn duration_text(message: &[u8]) -> Result<String, String> {
    let Duration { seconds, nanos } = read(message)?;
    if !(0..=LONGEST).contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return Err(format!(
            "a Duration of {seconds} s and {nanos} ns has no form in ISO 8601 without a sign"
        ));
    }
    let fraction = format!(".{nanos:09}");
    Ok(format!("PT{seconds}{}S", fraction.trim_end_matches('0').trim_end_matches('.')))
}

/// The `Duration` that ISO 8601 text is, where its length does not depend on the calendar.
pub fn duration(text: &str) -> Result<Vec<u8>, String> {
    let message = seconds(text).map(|(seconds, nanos)| Duration { seconds, nanos });
    message.map(|message| message.encode_to_vec()).ok_or_else(|| {
        let text = quoted(text);
        format!(
            "{text} cannot be a Duration: it has years, months, over 10,000 years, or less than nanoseconds"
        )
    })
}

fn read<M: Message + Default>(message: &[u8]) -> Result<M, String> {
    M::decode(message).map_err(|why| format!("not well-formed Protobuf: {why}"))
}

fn seconds(text: &str) -> Option<(i64, i32)> {
    let (mut rest, mut total, mut nanos, mut is_time) = (text.strip_prefix('P')?, 0i64, 0, false);
    while !rest.is_empty() {
        if let Some(times) = rest.strip_prefix('T') {
            (rest, is_time) = (times, true);
            continue;
        }
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (whole, fraction) = rest[..end].split_once('.').unwrap_or((&rest[..end], ""));
        let unit = match (rest.as_bytes()[end], is_time) {
            (b'W', false) => 604_800,
            (b'D', false) => 86_400,
            (b'H', true) => 3_600,
            (b'M', true) => 60,
            (b'S', true) => 1,
            // No years and no months take no time.
            (b'Y' | b'M', false) if whole.bytes().all(|digit| digit == b'0') => 0,
            _ => return None,
        };
        total = whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(total)?;
        if fraction.trim_end_matches('0').len() > 9 {
            return None;
        }
        let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
        nanos = if fraction.is_empty() { nanos } else { digits.parse().ok()? };
        rest = &rest[end + 1..];
    }
    (total <= LONGEST).then_some((total, nanos))
}
