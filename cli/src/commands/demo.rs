//! `hms demo`

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::failure::{Failure, Result};
use crate::python;

/// Where it is below the repository, and below the Python package.
const PROGRAM: &str = "examples/demo/run.py";

/// Run the demo: 442 patient records through services in several languages, in one process and in many
///
/// It takes the languages that it finds, says what is missing and how to get it, and has Python stand in for steps of
/// the others. One of the processes is killed on the way. It ends with what calls between the languages cost here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hms demo
  hms demo python rust

Exit code: 0 = what is there works, 1 = it does not, 2 = wrong usage.")]
pub struct Demo {
    /// Only these of python, node, go, rust, c and cpp
    languages: Vec<String>,
}

impl Demo {
    /// Its program takes the place of this one.
    pub fn run(&self, json: bool) -> Result<Infallible> {
        let Some(program) = program()? else {
            return Err(Failure::Machine(
                "the demo is not beside this program. It comes with the Python package (pip install hmsffi) and with \
                 the repository (make cli, then target/release/hms demo)"
                    .into(),
            ));
        };
        let interpreter = python::interpreter();
        let mut command = Command::new(&interpreter);
        command.arg(program).args(json.then_some("--json")).args(&self.languages);
        Err(python::missing(&interpreter, &command.exec()))
    }
}

/// In a folder above this program: that of the package or of the repository.
fn program() -> Result<Option<PathBuf>> {
    let own = std::env::current_exe()?;
    Ok(own.ancestors().skip(1).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file()))
}
