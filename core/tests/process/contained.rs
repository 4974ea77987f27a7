//! Processes in containers, made by unshare(1).

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where a container sees the directory that it shares with others.
pub const SHARED: &str = "/mnt";

/// The command in a container of its own: it sees no process of others, no network, no `/dev/shm`, and of this directory only
/// what it is, at [`SHARED`]. `None` where that cannot be made.
pub fn contained(command: &Command, directory: &Path) -> Option<Command> {
    const KINDS: [&str; 8] =
        ["--mount", "--pid", "--ipc", "--net", "--uts", "--fork", "--mount-proc", "--kill-child"];
    const ENTER: &str = "mount --bind \"$0\" /mnt && mount -t tmpfs tmpfs /dev/shm && exec \"$@\"";
    unshared(&KINDS, ENTER, directory.as_os_str(), command)
}

/// The command with a `/dev/shm` of its own of this size. `None` where that cannot be made.
pub fn with_folder(command: &Command, size: &str) -> Option<Command> {
    unshared(
        &["--mount"],
        "mount -t tmpfs -o \"size=$0\" tmpfs /dev/shm && exec \"$@\"",
        size.as_ref(),
        command,
    )
}

fn unshared(kinds: &[&str], enter: &str, argument: &OsStr, command: &Command) -> Option<Command> {
    let inside = |rights: &[&str], command: &Command| {
        let mut unshare = Command::new("unshare");
        unshare.args(rights).args(kinds).args(["--", "sh", "-c", enter]).arg(argument);
        unshare.arg(command.get_program()).args(command.get_args());
        unshare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        unshare.stdin(Stdio::piped()).stdout(Stdio::null());
        unshare
    };
    // A user of its own needs no rights, but may be forbidden; root can do without.
    [&["--user", "--map-root-user"][..], &[]].into_iter().find_map(|rights| {
        let tried = inside(rights, &Command::new("true")).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success()).then(|| inside(rights, command))
    })
}
