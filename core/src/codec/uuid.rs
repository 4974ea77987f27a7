//! UUIDs between 16 bytes and text such as `123e4567-e89b-12d3-a456-426614174000`.

/// Where the hyphens are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The bytes of a UUID's text; `None` = it is none.
pub(crate) fn uuid_of(text: &str) -> Option<[u8; 16]> {
    let is_hyphen = |at: usize| HYPHENS.contains(&at);
    let bytes = text.as_bytes();
    if bytes.len() != 36 || bytes.iter().enumerate().any(|(at, byte)| is_hyphen(at) != (*byte == b'-')) {
        return None;
    }
    let digits = text.chars().filter(|letter| *letter != '-').map(|letter| letter.to_digit(16));
    let digits = digits.collect::<Option<Vec<u32>>>()?;
    let mut uuid = [0; 16];
    uuid.iter_mut().zip(digits.chunks(2)).for_each(|(byte, pair)| *byte = (pair[0] << 4 | pair[1]) as u8);
    Some(uuid)
}

/// Its text, in small letters.
pub(crate) fn uuid_text(uuid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for byte in uuid {
        if HYPHENS.contains(&text.len()) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
