//! Whether a schema may follow another: what those who read with the one refuse of what is written with the other.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | differences between an old and a new schema, and the modes that forbid some of them |
//! | `document.rs` | a schema with all that its REFs mean |
//! | `reading.rs` | walking a writer's schema beside a reader's |
//! | `object.rs` | objects and maps: which members are written, which must be there |
//! | `number.rs` | ranges and steps of numbers |
//! | `protobuf.rs` | what readers of Protobuf messages take for something else |
//! | `text.rs` | schemas and bounds in words |
//!
//! Writers write the members that their schema declares; the others that an open object takes are there for readers of
//! writers to come. So a field that is added to an open object breaks nobody (`docs/schema-registry.md`).

mod document;
mod number;
mod object;
mod protobuf;
mod reading;
mod text;

use std::fmt;

use crate::error::{Error, Result};
use reading::Finding;

pub use document::Document;

/// What is asked of a new schema, as schema registries name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Nothing.
    None,
    /// Its readers read what was written with the one before.
    #[default]
    Backward,
    /// Its readers read what was written with any before.
    BackwardTransitive,
    /// Readers of the one before read what is written with it.
    Forward,
    /// Readers of all before read what is written with it.
    ForwardTransitive,
    /// Both, with the one before.
    Full,
    /// Both, with all before.
    FullTransitive,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 7] = [
        Mode::None,
        Mode::Backward,
        Mode::BackwardTransitive,
        Mode::Forward,
        Mode::ForwardTransitive,
        Mode::Full,
        Mode::FullTransitive,
    ];

    /// As it is written in the label: `BACKWARD_TRANSITIVE`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::None => "NONE",
            Mode::Backward => "BACKWARD",
            Mode::BackwardTransitive => "BACKWARD_TRANSITIVE",
            Mode::Forward => "FORWARD",
            Mode::ForwardTransitive => "FORWARD_TRANSITIVE",
            Mode::Full => "FULL",
            Mode::FullTransitive => "FULL_TRANSITIVE",
        }
    }

    /// The mode with this name.
    pub fn named(name: &str) -> Result<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name).ok_or_else(|| {
            let names = Mode::ALL.map(Mode::name).join(", ");
            Error::invalid(format!("there is no compatibility mode '{name}'. Modes: {names}"))
        })
    }

    /// Whether all earlier schemas count, and not only the last.
    pub fn is_transitive(self) -> bool {
        matches!(self, Mode::BackwardTransitive | Mode::ForwardTransitive | Mode::FullTransitive)
    }

    /// Whether a difference is one that this mode forbids.
    pub fn forbids(self, difference: &Difference) -> bool {
        let (backward, forward) = match self {
            Mode::None => (false, false),
            Mode::Backward | Mode::BackwardTransitive => (true, false),
            Mode::Forward | Mode::ForwardTransitive => (false, true),
            Mode::Full | Mode::FullTransitive => (true, true),
        };
        backward && difference.breaks_backward || forward && difference.breaks_forward
    }
}

/// Who must have the new schema before the others may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Those who read.
    Reader,
    /// Those who write.
    Writer,
    /// All at once: neither order works.
    Both,
}

impl Side {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Side::Reader => "reader",
            Side::Writer => "writer",
            Side::Both => "both",
        }
    }
}

/// One difference between an old and a new schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, as `$.items[*].age`; `.*` are the values of a map, `.*(key)` its keys, `(one_of[1])` is the second
    /// alternative of a union.
    pub path: String,
    /// What of the schema differs there, by its name in the schema: `type`, `minimum`, `fields`.
    pub aspect: &'static str,
    /// How it was.
    pub old: String,
    /// How it is.
    pub new: String,
    /// Readers with the new schema refuse some of what is written with the old one.
    pub breaks_backward: bool,
    /// Readers with the old schema refuse some of what is written with the new one.
    pub breaks_forward: bool,
}

impl Difference {
    /// Who must move to the new schema first, where the order matters.
    pub fn moves_first(&self) -> Option<Side> {
        match (self.breaks_backward, self.breaks_forward) {
            (false, false) => None,
            (true, false) => Some(Side::Writer),
            (false, true) => Some(Side::Reader),
            (true, true) => Some(Side::Both),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} was {}, is {}", self.path, self.aspect, self.old, self.new)?;
        match self.moves_first() {
            None => Ok(()),
            Some(Side::Writer) => f.write_str(" (writers must move first)"),
            Some(Side::Reader) => f.write_str(" (readers must move first)"),
            Some(Side::Both) => f.write_str(" (readers and writers must move at once)"),
        }
    }
}

/// What differs between two schemas, in the order of the new one. Names for people, descriptions and examples do not count, and of the labels only those that say what is
/// taken.
pub fn compare(old: &Document, new: &Document) -> Vec<Difference> {
    let mut differences: Vec<Difference> = Vec::new();
    for found in reading::findings(new, old) {
        let Finding { path, aspect, reader, writer, breaks } = found;
        add(&mut differences, path, aspect, writer, reader, breaks, false);
    }
    for found in reading::findings(old, new) {
        let Finding { path, aspect, reader, writer, breaks } = found;
        add(&mut differences, path, aspect, reader, writer, false, breaks);
    }
    differences
}

fn add(
    differences: &mut Vec<Difference>,
    path: String,
    aspect: &'static str,
    old: String,
    new: String,
    breaks_backward: bool,
    breaks_forward: bool,
) {
    let same = |other: &&mut Difference| {
        (&other.path, other.aspect, &other.old, &other.new) == (&path, aspect, &old, &new)
    };
    match differences.iter_mut().find(same) {
        Some(known) => {
            known.breaks_backward |= breaks_backward;
            known.breaks_forward |= breaks_forward;
        }
        None => {
            differences.push(Difference { path, aspect, old, new, breaks_backward, breaks_forward });
        }
    }
}
