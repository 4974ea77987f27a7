//! What may be written on the command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    bench, call, completion, demo, diff, doctor, explain, info, ls, ps, run, schema, stream, stubs, watch,
};

/// Looks at the services of this machine and calls them.
///
/// Services are found in the domain that HMSFFI_DOMAIN names ("default" when it is not set), whatever process they
/// run in and whatever language they are written in.
#[derive(Debug, Parser)]
#[command(name = "hms", version = hmsffi::version(), max_term_width = 100)]
pub struct Arguments {
    /// JSON on standard output, and errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// No warnings of the library
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The domain to look in, in place of HMSFFI_DOMAIN
    #[arg(long, global = true, value_name = "NAME")]
    pub domain: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The domain that is asked for; of a line that is completed, the one that stands there.
    pub fn domain(&self) -> Option<String> {
        match &self.command {
            Command::Complete(complete) => complete.domain(),
            _ => self.domain.clone(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Ls(ls::Ls),
    Ps(ps::Ps),
    Info(info::Info),
    Call(call::Call),
    Stream(stream::Stream),
    Watch(watch::Watch),
    Explain(explain::Explain),
    Bench(bench::Bench),
    Run(run::Run),
    Demo(demo::Demo),
    Schema(schema::Schema),
    Diff(diff::Diff),
    Stubs(stubs::Stubs),
    Doctor(doctor::Doctor),
    Completion(completion::Completion),
    #[command(name = "__complete", hide = true)]
    Complete(completion::Complete),
}
