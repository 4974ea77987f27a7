//! Which Python runs what is written in it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The one that `HMSFFI_PYTHON` names, as the Python package does when it starts this program; else that of PATH.
pub fn interpreter() -> PathBuf {
    env::var_os("HMSFFI_PYTHON")
        .filter(|name| !name.is_empty())
        .map_or_else(|| "python3".into(), PathBuf::from)
}

/// It could not be started.
pub fn missing(interpreter: &Path, why: &io::Error) -> Failure {
    Failure::Machine(format!(
        "'{}' cannot be started: {why}. Python 3.11 or later is needed; HMSFFI_PYTHON names another program",
        interpreter.display()
    ))
}
