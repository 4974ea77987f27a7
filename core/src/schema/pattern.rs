//! Patterns: what ECMA-262 and the `regex` crate have in common, in the meaning of ECMA-262.

use regex::{Regex, RegexBuilder};

/// Bytes of memory that a pattern may take: more than anybody writes, little enough for a stranger's.
const MOST_MEMORY: usize = 4 << 20;

const DIGIT: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
const SPACE: &str = r"\t\n\x0B\f\r\x{FEFF}\x{2028}\x{2029}\p{Zs}";
/// What a dot does not match.
const LINE_END: &str = r"\n\r\x{2028}\x{2029}";

/// Compiles a pattern. It matches anywhere in a text, without backtracking: lookaround and back references are refused.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let built = translate(pattern).and_then(|translated| {
        let builder = RegexBuilder::new(&translated).size_limit(MOST_MEMORY).nest_limit(100).build();
        builder.map_err(|error| match &error {
            regex::Error::CompiledTooBig(_) => "it takes more memory than is allowed".to_owned(),
            // Its last line says why; those before show the pattern in a form that nobody wrote.
            other => other.to_string().lines().last().unwrap_or_default().replace("error: ", ""),
        })
    });
    built.map_err(|why| format!("pattern {pattern:?} does not compile: {why}"))
}

/// The same pattern in the syntax of the `regex` crate.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match (c, in_class) {
            ('\\', _) => match chars.next() {
                Some(escaped) => escape(escaped, in_class, &mut chars, &mut out)?,
                None => return Err("it ends with a backslash".to_owned()),
            },
            ('.', false) => out.push_str(&format!("[^{LINE_END}]")),
            ('[', false) => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                // The other syntax takes a bracket here as itself.
                if chars.next_if_eq(&']').is_some() {
                    in_class = false;
                    let anything = out.ends_with('^');
                    out.truncate(out.len() - if anything { 2 } else { 1 });
                    out.push_str(if anything { r"[\s\S]" } else { r"[^\s\S]" });
                }
            }
            (']', true) => {
                in_class = false;
                out.push(']');
            }
            // Begins, or makes, sets of classes in the other syntax.
            ('[' | '&' | '~', true) => out.extend(['\\', c]),
            ('-', true) if out.ends_with('-') => out.push_str(r"\-"),
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// What follows a backslash.
fn escape(
    escaped: char,
    in_class: bool,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Result<(), String> {
    let class = |set: &str| if in_class { set.to_owned() } else { format!("[{set}]") };
    match escaped {
        'd' => out.push_str(&class(DIGIT)),
        'w' => out.push_str(&class(WORD)),
        's' => out.push_str(&class(SPACE)),
        'D' => out.push_str(&format!("[^{DIGIT}]")),
        'W' => out.push_str(&format!("[^{WORD}]")),
        'S' => out.push_str(&format!("[^{SPACE}]")),
        'b' if in_class => out.push_str(r"\x08"),
        'b' | 'B' => out.push_str(&format!(r"(?-u:\{escaped})")),
        'v' => out.push_str(r"\x0B"),
        '0' => out.push_str(r"\x00"),
        'c' => match chars.next_if(char::is_ascii_alphabetic) {
            Some(letter) => out.push_str(&format!(r"\x{:02X}", letter as u8 % 32)),
            None => return Err(r"\c needs a letter".to_owned()),
        },
        'u' => match hex(chars) {
            Some(unit) => out.push_str(&surrogates(unit, chars)),
            None => return Err(r"\u needs four hexadecimal digits".to_owned()),
        },
        'x' | 'p' | 'P' | 'k' | 't' | 'n' | 'r' | 'f' | '1'..='9' => out.extend(['\\', escaped]),
        other if other.is_ascii_alphabetic() => return Err(format!("\\{other} means nothing")),
        other => out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
    }
    Ok(())
}

/// Four hexadecimal digits, if they come next.
fn hex(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<u32> {
    let mut ahead = chars.clone();
    let digits: String = ahead.by_ref().take(4).collect();
    let unit = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)?;
    *chars = ahead;
    Some(unit)
}

/// The character of one UTF-16 unit, or of two that belong together.
fn surrogates(first: u32, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut ahead = chars.clone();
    let second = match (ahead.next(), ahead.next()) {
        (Some('\\'), Some('u')) if (0xD800..0xDC00).contains(&first) => hex(&mut ahead),
        _ => None,
    };
    match second.filter(|second| (0xDC00..0xE000).contains(second)) {
        Some(second) => {
            *chars = ahead;
            format!(r"\x{{{:X}}}", 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        }
        None => format!(r"\x{{{first:X}}}"),
    }
}
