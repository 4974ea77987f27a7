//! `hms`: looks at the services of a machine and calls them, from the command line.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `arguments.rs` | what may be written on the command line |
//! | `commands/` | one file for each command |
//! | `definition.rs` | the definition of a service with its schemas |
//! | `failure.rs` | how a command fails: the words and the exit code |
//! | `json.rs` | JSON to values and back |
//! | `output.rs` | what goes to standard output: text, JSON, tables |
//! | `python.rs` | which Python runs what is written in it |
//! | `schemas.rs` | the schemas that a command line names: files, and what is registered |
//! | `services.rs` | the services of the domain, as the commands show them |
//! | `stubs/` | typed clients as source code |
//! | `target.rs` | which method of which service is meant |
//! | `warnings.rs` | the library's warnings go to standard error |

mod arguments;
mod commands;
mod definition;
mod failure;
mod json;
mod output;
mod python;
mod schemas;
mod services;
mod stubs;
mod target;
mod warnings;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(domain) = arguments.domain() {
        // SAFETY: nothing has been started yet, so that no other thread reads the environment.
        unsafe { std::env::set_var("HMSFFI_DOMAIN", domain) };
    }
    warnings::show(arguments.quiet);
    match commands::run(&arguments) {
        Ok(code) => code,
        Err(failure) => failure.report(arguments.json),
    }
}
