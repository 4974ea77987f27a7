//! Tests that need a process of their own run themselves again, in one.

use std::env;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

const ROLE: &str = "HMSFFI_TEST_ROLE";

/// What this process is in the test, unless it is the one that runs all tests.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// Runs the calling test again in a new process, alone, with a descriptor as its standard input.
pub fn start(role: &str, input: Option<OwnedFd>, variables: &[(&str, &str)]) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", std::thread::current().name().unwrap()])
        .env(ROLE, role)
        .envs(variables.iter().copied())
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs `body` in a new process in which nothing else happens.
pub fn alone(body: impl FnOnce()) {
    if role().is_some() {
        return body();
    }
    let output = start("alone", None, &[]).wait_with_output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stdout));
}
