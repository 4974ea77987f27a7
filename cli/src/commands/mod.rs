//! One file for each command.

pub mod bench;
pub mod call;
pub mod completion;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod explain;
pub mod info;
pub mod ls;
pub mod ps;
pub mod run;
pub mod schema;
pub mod stream;
pub mod stubs;
pub mod watch;

use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::failure::Result;

/// Does what was asked for. A command that succeeds in its own way gives its own exit code.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let json = arguments.json;
    match &arguments.command {
        Command::Ls(ls) => ls.run(json)?,
        Command::Ps(ps) => ps.run(json)?,
        Command::Info(info) => info.run(json)?,
        Command::Call(call) => call.run(json)?,
        Command::Stream(stream) => stream.run()?,
        Command::Watch(watch) => watch.run(json)?,
        Command::Explain(explain) => explain.run(json)?,
        Command::Bench(bench) => bench.run(json, arguments.quiet)?,
        Command::Run(run) => return run.run(json),
        Command::Demo(demo) => match demo.run(json)? {},
        Command::Schema(schema) => return schema.run(json),
        Command::Diff(diff) => return diff.run(json),
        Command::Stubs(stubs) => stubs.run(json)?,
        Command::Doctor(doctor) => return doctor.run(json),
        Command::Completion(completion) => completion.run(json)?,
        Command::Complete(complete) => complete.run()?,
    }
    Ok(ExitCode::SUCCESS)
}
