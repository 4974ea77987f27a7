//! The name of a process in its domain, and its files.

use std::fmt;

use crate::error::{Error, Result};

const DIGITS: usize = 16;

/// The name of a process: 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    name: String,
}

/// What a file of a process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Lock,
    /// A socket that may not listen yet.
    Unready,
    Socket,
}

impl Role {
    const ALL: [Role; 3] = [Role::Lock, Role::Unready, Role::Socket];

    fn suffix(self) -> &'static str {
        match self {
            Role::Lock => ".lock",
            Role::Unready => ".new",
            Role::Socket => ".sock",
        }
    }
}

impl Entry {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn random() -> Result<Entry> {
        let number = getrandom::u64().map_err(|e| Error::internal(format!("no random bytes: {e}")))?;
        Ok(Entry { name: format!("{number:0DIGITS$x}") })
    }

    /// Whose file it is, and what for; none for a file that is not of this module.
    pub(super) fn of_file(file: &str) -> Option<(Entry, Role)> {
        let (name, suffix) = file.split_at_checked(DIGITS)?;
        let role = Role::ALL.into_iter().find(|role| role.suffix() == suffix)?;
        let ours = name.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        ours.then(|| (Entry { name: name.to_owned() }, role))
    }

    pub(super) fn file(&self, role: Role) -> String {
        format!("{}{}", self.name, role.suffix())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
