//! Which languages are here, and whether they find the library.

use std::path::Path;
use std::process::Command;

use super::{Finding, State};
use crate::python;

/// The name, the program, what prints its version, and what prints that of the library where there is a package.
type Language = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const LANGUAGES: [Language; 6] = [
    ("Python", "python3", &["--version"], &["-c", "import hmsffi; print(hmsffi.__version__)"]),
    ("Node.js", "node", &["--version"], &["-p", "require('hmsffi/package.json').version"]),
    ("Go", "go", &["version"], &[]),
    ("Rust", "rustc", &["--version"], &[]),
    ("C", "cc", &["--version"], &[]),
    ("C++", "c++", &["--version"], &[]),
];

pub fn findings() -> Vec<Finding> {
    LANGUAGES.iter().map(examine).collect()
}

fn examine(&(name, program, version, library): &Language) -> Finding {
    let program = if name == "Python" { python::interpreter() } else { program.into() };
    let Some(found) = first_line(&program, version) else {
        return Finding::new(name, State::Absent, format!("no {} in PATH", program.display()));
    };
    if library.is_empty() {
        return Finding::ok(name, found);
    }
    let own = hmsffi::version();
    match first_line(&program, library) {
        Some(theirs) if theirs == own => Finding::ok(name, format!("{found}, hmsffi {theirs}")),
        Some(theirs) => {
            Finding::new(name, State::Weak, format!("{found}, hmsffi {theirs}, and hms is {own}"))
                .advise("install the same version of both")
        }
        None => Finding::new(name, State::Absent, format!("{found}, without the package hmsffi")),
    }
}

fn first_line(program: &Path, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned())
}
