//! What may be written on the command line.

use clap::{Parser, Subcommand};

use crate::commands::{call, info, ls};

/// Looks at the services of this machine and calls them.
///
/// Services are found in the domain that HMSFFI_DOMAIN names ("default" when it is not set), whatever process they run in
/// and whatever language they are written in.
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

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Ls(ls::Ls),
    Info(info::Info),
    Call(call::Call),
}
