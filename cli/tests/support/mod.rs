//! A domain of its own for each test, with processes that serve in it.
#![allow(dead_code, reason = "each test uses a part")]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub const HMS: &str = env!("CARGO_BIN_EXE_hms");

/// Where what cargo builds is.
pub fn target() -> PathBuf {
    Path::new(HMS).ancestors().nth(2).expect("target/PROFILE/hms").to_owned()
}

/// The Python that the wheel is installed in.
pub fn python() -> PathBuf {
    target().join("venv/bin/python")
}

/// Whether this language is among those that are built: `LANGS` of make.
pub fn has(language: &str) -> bool {
    env::var("HMSFFI_LANGS").map_or(true, |chosen| chosen.split_whitespace().any(|other| other == language))
}

pub struct Domain {
    pub folder: TempDir,
}

impl Domain {
    pub fn new() -> Domain {
        Domain { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A program in this domain.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("HMSFFI_DOMAIN", "tests")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What a command of `hms` comes to.
    pub fn hms(&self, arguments: &[&str]) -> Done {
        Done::from(self.command(HMS).args(arguments).output().expect("hms runs"))
    }

    /// The same with something on standard input.
    pub fn hms_with(&self, input: &[u8], arguments: &[&str]) -> Done {
        let mut child = self.command(HMS).args(arguments).stdin(Stdio::piped()).spawn().expect("hms runs");
        // A command that refuses its arguments ends without reading.
        let _ = child.stdin.take().expect("standard input").write_all(input);
        Done::from(child.wait_with_output().expect("hms ends"))
    }

    /// A process with the services of `examples/services.rs`.
    pub fn serve(&self) -> Running {
        let program = Path::new(HMS).with_file_name("examples").join("services");
        let mut running = self.start(self.command(&program).stdin(Stdio::piped()));
        assert_eq!(running.line(), "ready");
        running
    }

    /// `hms` as a process that goes on.
    pub fn start_hms(&self, arguments: &[&str]) -> Running {
        self.start(self.command(HMS).args(arguments))
    }

    pub fn start(&self, command: &mut Command) -> Running {
        let mut child = command.stderr(Stdio::inherit()).spawn().expect("started: `cargo test` builds it");
        let mut output = BufReader::new(child.stdout.take().expect("standard output"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            while output.read_line(&mut line).is_ok_and(|len| len > 0) {
                // The test may have seen enough.
                let _ = sender.send(std::mem::take(&mut line));
            }
        });
        Running { child, lines }
    }
}

/// A process that says nothing for so long will not say more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is killed at the end.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// The next line of its standard output; empty at the end.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.next().unwrap_or_default().trim_end().to_owned()
    }

    #[track_caller]
    fn next(&mut self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("process {} neither wrote a line nor ended", self.pid()),
        }
    }

    pub fn pid(&self) -> u64 {
        self.child.id().into()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Its exit code, and what it still wrote.
    #[track_caller]
    pub fn end(&mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        while let Some(line) = self.next() {
            rest += &line;
        }
        (self.child.wait().expect("ended").code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Done {
    /// Its output, when it succeeded.
    #[track_caller]
    pub fn ok(&self) -> &str {
        assert_eq!((self.code, &*self.err), (Some(0), ""), "{self:?}");
        &self.out
    }

    /// Its output as JSON, when it succeeded.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// What it said, when it failed with this code.
    #[track_caller]
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!((self.code, &*self.out), (Some(code), ""), "{self:?}");
        &self.err
    }
}
