//! `hms completion`, and what its scripts ask.

use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

use clap::{ArgMatches, Args, CommandFactory, ValueEnum};
use clap_complete::engine::{CompletionCandidate, ValueCompleter, complete};
use serde_json::json;

use crate::arguments::Arguments;
use crate::failure::Result;
use crate::{output, services};

/// Print the script that completes commands, services and methods in a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(hms completion bash)                              # or in ~/.bashrc
  hms completion zsh > ~/.zfunc/_hms                         # a folder of $fpath
  hms completion fish > ~/.config/fish/completions/hms.fish")]
pub struct Completion {
    /// Which shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completion {
    pub fn run(&self, json: bool) -> Result<()> {
        let script = match self.shell {
            Shell::Bash => include_str!("completion/hms.bash"),
            Shell::Zsh => include_str!("completion/hms.zsh"),
            Shell::Fish => include_str!("completion/hms.fish"),
        };
        if json { output::document(&json!({ "script": script })) } else { output::bytes(script.as_bytes()) }
    }
}

/// What may stand in place of the last word
#[derive(Debug, Args)]
pub struct Complete {
    /// The line so far
    #[arg(last = true)]
    line: Vec<OsString>,
}

/// The line so far, for completers that look at other words than their own.
static LINE: OnceLock<Vec<OsString>> = OnceLock::new();

impl Complete {
    pub fn run(&self) -> Result<()> {
        let line = LINE.get_or_init(|| self.line.clone()).clone();
        let last = line.len().saturating_sub(1);
        let found = complete(&mut Arguments::command(), line, last, std::env::current_dir().ok().as_deref())?;
        for candidate in found.iter().filter(|candidate| !candidate.is_hide_set()) {
            let value = candidate.get_value().to_string_lossy();
            let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
            output::line(&format!("{value}\t{}", help.lines().next().unwrap_or_default()))?;
        }
        Ok(())
    }

    /// The domain that the line names.
    pub fn domain(&self) -> Option<String> {
        parsed(&self.line)?.get_one::<String>("domain").cloned()
    }
}

/// A line that is not complete, as far as it goes.
fn parsed(line: &[OsString]) -> Option<ArgMatches> {
    Arguments::command().ignore_errors(true).try_get_matches_from(line).ok()
}

/// Completes the id of a service.
#[derive(Clone, Copy)]
pub struct Service;

impl ValueCompleter for Service {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let found =
            services::client().and_then(|client| services::listed(&*client, "*", true)).unwrap_or_default();
        let offered = found.into_iter().map(|service| (service.id, service.description));
        fitting(current, offered)
    }
}

/// Completes a service, then one of its methods.
#[derive(Clone, Copy)]
pub struct Method;

impl ValueCompleter for Method {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        // Which word it is, is read from the line: this version of the engine counts the second as the first.
        match &words_before()[..] {
            [] => Service.complete(current),
            [service] => methods(service, current).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// Completes a service and one of its methods, in one word.
#[derive(Clone, Copy)]
pub struct Joined;

impl ValueCompleter for Joined {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let found =
            services::client().and_then(|client| services::listed(&*client, "*", false)).unwrap_or_default();
        let offered = found.into_iter().flat_map(|service| {
            let id = service.id;
            service
                .methods
                .into_iter()
                .map(move |method| (format!("{id}.{}", method.name), method.description))
        });
        fitting(current, offered)
    }
}

/// The words of the command that stand before the last one.
fn words_before() -> Vec<String> {
    let before = LINE.get().and_then(|line| line.split_last()).and_then(|(_, before)| parsed(before));
    let words =
        before.as_ref().and_then(ArgMatches::subcommand).and_then(|(_, found)| found.get_many("words"));
    words.map_or_else(Vec::new, |words| words.cloned().collect())
}

fn methods(service: &str, current: &OsStr) -> Option<Vec<CompletionCandidate>> {
    let service = services::client().ok()?.describe_service(service).ok()?;
    Some(fitting(current, service.methods.into_iter().map(|method| (method.name, method.description))))
}

/// Those that begin as the word does, with what they are.
fn fitting(current: &OsStr, offered: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let fitting = offered.into_iter().filter(|(name, _)| name.starts_with(&*begun));
    fitting.map(|(name, what)| CompletionCandidate::new(name).help(Some(what.into()))).collect()
}
