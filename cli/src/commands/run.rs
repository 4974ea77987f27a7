//! `hms run`

use std::collections::HashSet;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

use clap::{Args, ValueHint};
use hmsffi::{Client, ServiceInfo, load_component};
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use crate::failure::{Failure, Result};
use crate::{output, python, services};

/// Host services: a component (.so), or a Python or Node.js file as a process of its own
///
/// Prints what is hosted, and goes on until it is stopped (Ctrl-C) or the file ends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hms run units.so
  hms run service.py --port 80        # what follows the file is for it
  hms run --interpreter .venv/bin/python service.py

Exit code: that of the file; 0 for a component that is stopped.")]
pub struct Run {
    /// Runs the file, in place of python3 (or what HMSFFI_PYTHON names) or node
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    interpreter: Option<PathBuf>,
    /// A component, or a file of Python (.py) or Node.js (.js, .mjs, .cjs)
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// For the file
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

type Signals = SignalsInfo<WithOrigin>;

impl Run {
    pub fn run(&self, json: bool) -> Result<ExitCode> {
        if !self.file.exists() {
            return Err(Failure::Usage(format!("there is no file '{}'", self.file.display())));
        }
        // From now on they are kept for whoever asks.
        let signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let extension = self.file.extension().and_then(|extension| extension.to_str());
        match (&self.interpreter, extension) {
            (Some(program), _) => self.child(program, signals, json),
            (None, Some("py")) => self.child(&python::interpreter(), signals, json),
            (None, Some("js" | "mjs" | "cjs")) => self.child(Path::new("node"), signals, json),
            (None, Some("so")) => self.component(signals, json),
            (None, _) => Err(Failure::Usage(format!(
                "'{}' is neither a component (.so) nor a file of Python (.py) or Node.js (.js, .mjs, .cjs); \
                 --interpreter names another program to run it",
                self.file.display()
            ))),
        }
    }

    fn component(&self, mut signals: Signals, json: bool) -> Result<ExitCode> {
        // Without a slash the system would look for it in the folders of libraries.
        load_component(self.file.canonicalize()?)?;
        let client = services::client()?;
        let own = std::process::id();
        let hosted = client.list_services("*")?.into_iter().filter(|service| {
            let pids = services::pids(service);
            pids.is_empty() || pids.contains(&own)
        });
        let mut is_empty = true;
        for service in hosted {
            is_empty = false;
            tell(&service, own, json)?;
        }
        if is_empty {
            eprintln!("hms: '{}' hosts no services", self.file.display());
        }
        signals.forever().next();
        Ok(ExitCode::SUCCESS)
    }

    fn child(&self, program: &Path, signals: Signals, json: bool) -> Result<ExitCode> {
        let client = services::client()?;
        let parent = rustix::process::getpid();
        let mut command = Command::new(program);
        command.arg(&self.file).args(&self.arguments);
        // SAFETY: runs system calls only, as it must between fork and exec.
        unsafe {
            command.pre_exec(move || {
                set_parent_process_death_signal(Some(Signal::TERM))?;
                // Had it died before, nobody would tell.
                if rustix::process::getppid() == Some(parent) {
                    Ok(())
                } else {
                    Err(std::io::ErrorKind::Interrupted.into())
                }
            });
        }
        let mut child = command.spawn().map_err(|e| {
            Failure::Machine(format!(
                "'{}' cannot be started: {e}. --interpreter names another",
                program.display()
            ))
        })?;
        let pid = child.id();
        thread::spawn(move || pass(signals, pid));
        thread::spawn(move || tell_all(&*client, pid, json));
        Ok(code(child.wait()?))
    }
}

/// Passes signals on, as long as this process lives. Those of a terminal have reached the child already.
fn pass(mut signals: Signals, child: u32) {
    let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) else { return };
    for origin in signals.forever() {
        let is_passed = matches!(origin.cause, Cause::Sent(_) | Cause::Unknown);
        if let Some(signal) = Signal::from_named_raw(origin.signal).filter(|_| is_passed) {
            // Fails only when it has just ended.
            let _ = kill_process(child, signal);
        }
    }
}

/// Tells of each service of a process when it serves for the first time.
fn tell_all(client: &dyn Client, pid: u32, json: bool) {
    let mut told = HashSet::new();
    let Ok(events) = client.watch_services("*") else { return };
    for event in events.flatten() {
        let service = event.service;
        let serves = services::status(&service) == "AVAILABLE" && services::pids(&service).contains(&pid);
        if serves
            && told.insert((service.id.clone(), service.version.clone()))
            && tell(&service, pid, json).is_err()
        {
            return;
        }
    }
}

fn tell(service: &ServiceInfo, pid: u32, json: bool) -> Result<()> {
    let methods: Vec<&str> = service.methods.iter().map(|method| method.name.as_str()).collect();
    let ServiceInfo { id, version, .. } = service;
    if json {
        return output::compact(
            &json!({ "service": id, "version": version, "pid": pid, "methods": methods }),
        );
    }
    output::line(&format!("{id} {version} is hosted by process {pid}: {}", methods.join(", ")))
}

/// As shells have it: 128 and the signal for who was killed.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
