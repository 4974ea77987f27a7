//! Processes that die, stop, fork, run out of things or lie: only their own links suffer.

mod linked;
mod process;
mod support;

#[path = "kills/bystander.rs"]
mod bystander;
#[path = "kills/footprint.rs"]
mod footprint;
#[path = "kills/forked.rs"]
mod forked;
#[path = "kills/hostile.rs"]
mod hostile;
#[path = "kills/liar.rs"]
mod liar;
#[path = "kills/load.rs"]
mod load;
#[path = "kills/memory.rs"]
mod memory;
#[path = "kills/scarce.rs"]
mod scarce;
#[path = "kills/stepped.rs"]
mod stepped;
#[path = "kills/stopped.rs"]
mod stopped;
#[path = "kills/storm.rs"]
mod storm;
#[path = "kills/stranger.rs"]
mod stranger;
#[path = "kills/syscalls.rs"]
mod syscalls;
#[path = "kills/traced.rs"]
mod traced;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use hmsffi_core::service::ServerOptions;
use support::World;

/// What a process of a test does, with a world in the domain; then it waits until it is let go.
type Role = (&'static str, fn(&World));
/// The same, without a world, and it ends by itself.
type BareRole = (&'static str, fn(&Path));

/// Runs a test whose parts are processes of their own: the first role is the test itself, alone in its process; it starts the
/// others with [`start`].
fn in_roles(test: &str, alone: impl FnOnce(&Path), roles: &[Role], bare: &[BareRole]) {
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
    let world = linked::world_in(&directory, ServerOptions::default());
    run(&world);
    process::stay();
}

/// The command for a role of a test.
fn as_role(test: &str, role: &str, directory: &Path) -> Command {
    process::again(test, format!("{role}:{}", directory.display()))
}

/// Another role of a test, on its way.
fn start(test: &str, role: &str, directory: &Path) -> Child {
    as_role(test, role, directory).spawn().expect("another process")
}

/// A number from the environment.
fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect(name))
}

/// Numbers that differ from run to run, by xorshift.
struct Random(u64);

impl Random {
    fn seeded(name: &str) -> Random {
        let seed = asked(name, std::time::UNIX_EPOCH.elapsed().expect("time").as_nanos() as u64 | 1);
        eprintln!("{name}={seed}");
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
