//! Other processes for a test: the test binary again, told to run the same test in another role.
#![allow(dead_code)] // each test file uses its part

pub mod contained;
pub mod user;

use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

const ROLE: &str = "HMSFFI_TEST_ROLE";

/// What a process was told by [`again`]; none in the first one.
pub fn role() -> Option<OsString> {
    env::var_os(ROLE)
}

/// This test in a process of its own. It ends no later than we do, if it waits with [`stay`]
/// or asks [`released`].
pub fn again(test: &str, role: impl Into<OsString>) -> Command {
    let mut command = Command::new(env::current_exe().expect("the test binary"));
    command.args(["--exact", test, "--nocapture"]).env(ROLE, role.into());
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command
}

/// Waits until the process that started this one lets it go or is gone.
pub fn stay() {
    let _ = std::io::stdin().read(&mut [0]);
}

/// Whether [`stay`] would return.
pub fn released() -> bool {
    happens(std::io::stdin(), PollFlags::IN, Duration::ZERO)
}

/// Kills a process and waits until it is gone.
pub fn kill(child: &mut Child) {
    child.kill().expect("kill");
    child.wait().expect("wait");
}

/// Whether something happens at this descriptor within that time.
pub fn happens(fd: impl AsFd, wanted: PollFlags, within: Duration) -> bool {
    let within = Timespec::try_from(within).expect("time");
    poll(&mut [PollFd::new(&fd, wanted)], Some(&within)).expect("poll") > 0
}

/// Waits until a descriptor is readable; fails after ten seconds.
pub fn readable(fd: impl AsFd) {
    assert!(happens(fd, PollFlags::IN, Duration::from_secs(10)), "nothing to read in ten seconds");
}
