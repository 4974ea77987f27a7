//! Integers past 64 bits: CBOR carries them as bytes, languages without such a type as decimal text.
//!
//! The bytes are those of CBOR tags 2 and 3: big-endian `n`, which stands for `n` or for `-1 - n`.

use super::path::quoted;

/// The longest integer that is carried. Text and bytes convert in time that grows with the square of the
/// length, so that some limit must stand between a stranger's payload and this machine.
pub(super) const MAX_BYTES: usize = 1024;

const LONGEST_TEXT: usize = MAX_BYTES * 5 / 2;
const BILLION: u64 = 1_000_000_000;

/// Sign and bytes of an integer in decimal text such as `-18446744073709551617`.
pub(super) fn parse(text: &str) -> Result<(bool, Vec<u8>), String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is not an integer", quoted(text)));
    }
    if digits.len() > LONGEST_TEXT {
        return Err(too_long(digits.len() * 2 / 5));
    }
    let mut limbs: Vec<u32> = Vec::new();
    for chunk in digits.as_bytes().chunks(9) {
        let (value, scale) = chunk
            .iter()
            .fold((0u64, 1u64), |(value, scale), digit| (value * 10 + u64::from(digit - b'0'), scale * 10));
        let carry = limbs.iter_mut().fold(value, |carry, limb| {
            let next = u64::from(*limb) * scale + carry;
            *limb = next as u32;
            next >> 32
        });
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    let zero = limbs.is_empty();
    if negative {
        for limb in &mut limbs {
            let (next, borrowed) = limb.overflowing_sub(1);
            *limb = next;
            if !borrowed {
                break;
            }
        }
    }
    let bytes: Vec<u8> =
        limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).skip_while(|byte| *byte == 0).collect();
    if bytes.len() > MAX_BYTES {
        return Err(too_long(bytes.len()));
    }
    Ok((negative && !zero, bytes))
}

/// The decimal text of `n`, or of `-1 - n` when negative.
pub(super) fn decimal(negative: bool, bytes: &[u8]) -> String {
    let mut limbs: Vec<u32> = vec![0];
    for byte in bytes {
        multiply_add(&mut limbs, 256, u64::from(*byte));
    }
    if negative {
        multiply_add(&mut limbs, 1, 1);
    }
    let mut text = String::from(if negative { "-" } else { "" });
    let mut high_first = limbs.iter().rev();
    text.extend(high_first.next().map(u32::to_string));
    text.extend(high_first.map(|limb| format!("{limb:09}")));
    text
}

/// The message for an integer of this many bytes.
pub(super) fn too_long(bytes: usize) -> String {
    format!("integer of {bytes} bytes; at most {MAX_BYTES} are carried")
}

fn multiply_add(limbs: &mut Vec<u32>, factor: u64, summand: u64) {
    let carry = limbs.iter_mut().fold(summand, |carry, limb| {
        let next = u64::from(*limb) * factor + carry;
        *limb = (next % BILLION) as u32;
        next / BILLION
    });
    if carry > 0 {
        limbs.push(carry as u32);
    }
}
