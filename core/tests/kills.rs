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
#[path = "kills/grouped.rs"]
mod grouped;
#[path = "kills/hostile.rs"]
mod hostile;
#[path = "kills/liar.rs"]
mod liar;
#[path = "kills/load.rs"]
mod load;
#[path = "kills/memory.rs"]
mod memory;
#[path = "kills/returning.rs"]
mod returning;
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

use linked::roles::{Role, as_role, in_roles, start};

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
