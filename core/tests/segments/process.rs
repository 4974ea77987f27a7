//! Tests that need a process of their own run themselves again, in one.

use std::env;
use std::process::{Child, Command, Stdio};

const ROLE: &str = "HMSFFI_TEST_ROLE";

/// What this process is in the test, unless it is the one that runs all tests.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// The command that runs a test again in a new process, alone.
pub fn command(test: &str, role: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", test]).env(ROLE, role).stdout(Stdio::piped());
    command
}

/// Starts it with this standard input.
pub fn start(test: &str, role: &str, input: Stdio, variables: &[(&str, &str)]) -> Child {
    command(test, role).envs(variables.iter().copied()).stdin(input).spawn().unwrap()
}

/// Waits for a process that was started, in which the test must have run and passed.
pub fn passes(child: Child) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
}

/// Runs `body` in a new process in which nothing else happens.
pub fn alone(test: &str, body: impl FnOnce()) {
    match role() {
        Some(_) => body(),
        None => passes(start(test, "alone", Stdio::null(), &[])),
    }
}

/// Descriptors of this process, and its maps of segments.
pub fn held() -> (usize, usize) {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let ours = |line: &&str| line.contains("/memfd:") || line.contains("/dev/shm/");
    (std::fs::read_dir("/proc/self/fd").unwrap().count(), maps.lines().filter(ours).count())
}
