//! Services of one process, called from another through shared memory.

mod linked;
mod process;
mod support;

#[path = "processes/calling.rs"]
mod calling;
#[path = "processes/choosing.rs"]
mod choosing;
#[path = "processes/dying.rs"]
mod dying;
#[path = "processes/finding.rs"]
mod finding;
#[path = "processes/fitting.rs"]
mod fitting;
#[path = "processes/lending.rs"]
mod lending;
#[path = "processes/polling.rs"]
mod polling;
#[path = "processes/returning.rs"]
mod returning;
#[path = "processes/sharing.rs"]
mod sharing;
#[path = "processes/streaming.rs"]
mod streaming;
#[path = "processes/tagged.rs"]
mod tagged;
#[path = "processes/validating.rs"]
mod validating;

use std::path::{Path, PathBuf};
use std::process::Child;

use hmsffi_core::service::ServerOptions;
use linked::{call, found, walk, world_in};
use support::World;

/// Runs a test in two processes: one serves, the other calls.
fn beside(test: &str, serve: impl FnOnce(&World), call: impl FnOnce(&World, &mut Child, &Path)) {
    if let Some(directory) = process::role() {
        let world = world_in(&PathBuf::from(directory), ServerOptions::default());
        serve(&world);
        world.server.start().expect("start");
        process::stay();
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let mut child = process::again(test, directory.path()).spawn().expect("another process");
    let world = world_in(directory.path(), ServerOptions::default());
    call(&world, &mut child, directory.path());
    drop(world);
    drop(child.stdin.take());
    let _ = child.wait();
    support::eventually("no file is left", || walk(directory.path()).is_empty());
}
