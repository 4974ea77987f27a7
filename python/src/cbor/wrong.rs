//! What is wrong with a value, and where.

use std::fmt::Write;

use pyo3::prelude::*;

use crate::failure::invalid;

/// One step from a container to what it holds.
pub enum Step {
    Key(String),
    Index(usize),
}

pub enum Wrong {
    /// Not one value of the profile: the core has the words for it.
    Damaged,
    /// Python cannot hold it, or the profile has no place for it. The steps are innermost first.
    Refused { why: String, path: Vec<Step> },
    /// Python code failed on the way.
    Raised(PyErr),
}

pub type Result<T> = std::result::Result<T, Wrong>;

impl From<PyErr> for Wrong {
    fn from(error: PyErr) -> Wrong {
        Wrong::Raised(error)
    }
}

pub fn refused<T>(why: impl Into<String>) -> Result<T> {
    Err(Wrong::Refused { why: why.into(), path: Vec::new() })
}

impl Wrong {
    /// Notes that the trouble is inside of an entry. Paths are made only when there is trouble.
    #[cold]
    pub fn inside(self, step: impl FnOnce() -> Step) -> Wrong {
        match self {
            Wrong::Refused { why, mut path } => {
                path.push(step());
                Wrong::Refused { why, path }
            }
            other => other,
        }
    }

    #[cold]
    pub fn raise(self, py: Python<'_>, damaged: impl FnOnce() -> PyErr) -> PyErr {
        match self {
            Wrong::Damaged => damaged(),
            Wrong::Raised(error) => error,
            Wrong::Refused { why, path } => invalid(py, &format!("{}: {why}", render(&path))),
        }
    }
}

fn render(path: &[Step]) -> String {
    let mut text = String::from("$");
    for step in path.iter().rev() {
        let written = match step {
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Key(key) if is_plain(key) => write!(text, ".{key}"),
            Step::Key(key) => write!(text, "[{}]", quoted(key)),
        };
        written.expect("a String takes every character");
    }
    text
}

/// Text in quotes for a message, cut where it would drown the message.
pub fn quoted(text: &str) -> String {
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
