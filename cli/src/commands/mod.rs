//! One file for each command.

pub mod call;
pub mod info;
pub mod ls;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::failure::Result;

/// Does what was asked for. A command that succeeds in its own way gives its own exit code.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let json = arguments.json;
    match &arguments.command {
        Command::Ls(ls) => ls.run(json)?,
        Command::Info(info) => info.run(json)?,
        Command::Call(call) => call.run(json)?,
    }
    Ok(ExitCode::SUCCESS)
}
