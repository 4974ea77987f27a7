//! What can be wrong with a value, and where in it.

use std::fmt::{self, Display, Write};

use crate::error::{Error, ErrorCode};

pub(super) type Result<T, E = Fault> = std::result::Result<T, E>;

/// A fault and the way to it.
#[derive(Debug)]
pub(super) struct Fault {
    code: ErrorCode,
    what: String,
    /// From the place outwards: the way is collected while the fault passes the containers.
    way: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Fault {
    #[cold]
    pub fn new(what: impl Into<String>) -> Fault {
        Fault { code: ErrorCode::InvalidArgument, what: what.into(), way: Vec::new() }
    }

    #[cold]
    pub fn range(what: impl Into<String>) -> Fault {
        Fault { code: ErrorCode::OutOfRange, ..Fault::new(what) }
    }

    #[cold]
    pub fn under_key(mut self, key: &str) -> Fault {
        self.way.push(Step::Key(key.to_owned()));
        self
    }

    #[cold]
    pub fn at_index(mut self, index: usize) -> Fault {
        self.way.push(Step::Index(index));
        self
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::new(fault.code, fault.to_string())
    }
}

/// The library's own errors have their place in the message.
impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let code = error.kind().unwrap_or(ErrorCode::Internal);
        let what = error.message.strip_prefix("$: ").unwrap_or(&error.message).to_owned();
        Fault { code, ..Fault::new(what) }
    }
}

/// Such as `$.rows[3]["first name"]: needs text, found null`.
impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('$')?;
        for step in self.way.iter().rev() {
            match step {
                Step::Index(index) => write!(f, "[{index}]"),
                Step::Key(key) if is_plain(key) => write!(f, ".{key}"),
                Step::Key(key) => write!(f, "[{key:?}]"),
            }?;
        }
        write!(f, ": {}", self.what)
    }
}

fn is_plain(key: &str) -> bool {
    (1..=60).contains(&key.len())
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl std::error::Error for Fault {}

impl serde::ser::Error for Fault {
    fn custom<T: Display>(message: T) -> Fault {
        Fault::new(message.to_string())
    }
}

impl serde::de::Error for Fault {
    fn custom<T: Display>(message: T) -> Fault {
        Fault::new(message.to_string())
    }
}
