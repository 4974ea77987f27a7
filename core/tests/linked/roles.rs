//! Tests whose parts are processes of their own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use hmsffi_core::service::ServerOptions;

use super::world_in;
use crate::process;
use crate::support::World;

/// What a process of a test does, with a world in the domain; then it waits until it is let go.
pub type Role = (&'static str, fn(&World));
/// The same, without a world, and it ends by itself.
pub type BareRole = (&'static str, fn(&Path));

/// Runs a test whose parts are processes of their own: the first role is the test itself, alone in its process; it starts the
/// others with [`start`].
pub fn in_roles(test: &str, alone: impl FnOnce(&Path), roles: &[Role], bare: &[BareRole]) {
    let Some(role) = process::role() else {
        let directory = tempfile::tempdir().expect("directory");
        let mut first = as_role(test, "alone", directory.path()).spawn().expect("a process of its own");
        assert!(first.wait().expect("wait").success(), "failed in its own process");
        return;
    };
    let role = role.into_string().expect("text");
    let (role, directory) = role.split_once(':').expect("role and directory");
    let directory = PathBuf::from(directory);
    if role == "alone" {
        return alone(&directory);
    }
    if let Some((_, run)) = bare.iter().find(|(name, _)| *name == role) {
        return run(&directory);
    }
    let run = roles.iter().find(|(name, _)| *name == role).expect("a role of this test").1;
    // What ends is the room of a link, not what a server lets in.
    let world = world_in(&directory, ServerOptions { max_concurrent_calls: -1, ..ServerOptions::default() });
    run(&world);
    process::stay();
}

/// The command for a role of a test.
pub fn as_role(test: &str, role: &str, directory: &Path) -> Command {
    process::again(test, format!("{role}:{}", directory.display()))
}

/// Another role of a test, on its way.
pub fn start(test: &str, role: &str, directory: &Path) -> Child {
    as_role(test, role, directory).spawn().expect("another process")
}
