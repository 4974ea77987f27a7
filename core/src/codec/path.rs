//! Where in a value something is: `$`, `$.times`, `$.rows[3]["first name"]`.

use std::fmt::Write;

/// One step from a container to what it holds.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Index(u64),
}

/// The path of these steps, from the outermost container inwards.
pub(crate) fn render<'a>(steps: impl Iterator<Item = Step<'a>>) -> String {
    let mut path = String::from("$");
    for step in steps {
        let written = match step {
            Step::Index(index) => write!(path, "[{index}]"),
            Step::Key(key) if is_plain(key) => write!(path, ".{key}"),
            Step::Key(key) => write!(path, "[{}]", quoted(key)),
        };
        written.expect("a String takes every character");
    }
    path
}

/// Text in quotes for a message, cut where it would drown the message.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn is_plain(key: &str) -> bool {
    (1..=60).contains(&key.len())
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
