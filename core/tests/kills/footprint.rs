//! What a process holds of the system, to see that nothing is left behind.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use hmsffi_core::introspect;
use hmsffi_core::shm::segment::Backend;

use crate::linked::walk;

/// What this process holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    pub descriptors: usize,
    pub shared_maps: usize,
    pub library_threads: u32,
    pub threads: usize,
    pub calls: u64,
    pub buffers: u64,
    pub files: usize,
    /// Of segments in `/dev/shm`, also those of other processes.
    pub names: usize,
}

const NAMED: &str = "/dev/shm/hmsffi-";

/// The names of segments that are there now.
pub fn names() -> usize {
    let folder = fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    folder.filter(|file| file.path().to_string_lossy().starts_with(NAMED)).count()
}

/// The lowest number that is free, also when nobody reads a file for a moment.
pub fn lowest_free_descriptor() -> u64 {
    let free = || rustix::io::dup(std::io::stderr()).expect("one more").as_raw_fd() as u64;
    let looks = (0..50).map(|_| {
        std::thread::sleep(Duration::from_millis(1));
        free()
    });
    looks.min().expect("a number")
}

impl Footprint {
    pub fn now(directory: &Path) -> Footprint {
        let count = |path: &str| fs::read_dir(path).expect(path).count();
        let maps = fs::read_to_string("/proc/self/maps").expect("maps");
        let counted = introspect::snapshot();
        Footprint {
            descriptors: count("/proc/self/fd"),
            shared_maps: maps.lines().filter(|line| line.contains("memfd:") || line.contains(NAMED)).count(),
            names: if Backend::from_env() == Ok(Backend::Named) { names() } else { 0 },
            library_threads: counted.threads,
            threads: count("/proc/self/task"),
            calls: counted.calls,
            buffers: counted.buffers,
            files: walk(directory).len(),
        }
    }

    /// The same, whatever threads there are: those that have had nothing to do end later.
    pub fn with_any_threads(&self) -> Footprint {
        Footprint { library_threads: u32::MAX, threads: usize::MAX, ..self.clone() }
    }

    /// Whether nothing is more than it was.
    fn is_within(&self, before: &Footprint) -> bool {
        self.descriptors <= before.descriptors
            && self.shared_maps <= before.shared_maps
            && self.library_threads <= before.library_threads
            && self.threads <= before.threads
            && self.calls <= before.calls
            && self.buffers <= before.buffers
            && self.files <= before.files
            && self.names <= before.names
    }

    /// Waits until nothing is more than it was before.
    pub fn returns_to(before: &Footprint, directory: &Path) {
        let end = Instant::now() + Duration::from_secs(15);
        loop {
            let now = Footprint::now(directory);
            if now.is_within(before) {
                return;
            }
            assert!(Instant::now() < end, "left behind: {now:?}, before {before:?}\n{}", what_is_open());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn what_is_open() -> String {
    let links = fs::read_dir("/proc/self/fd").expect("descriptors").flatten();
    let names = fs::read_dir("/proc/self/task").expect("threads").flatten();
    let links = links.filter_map(|fd| {
        Some(format!("{} -> {}", fd.path().display(), fs::read_link(fd.path()).ok()?.display()))
    });
    let names = names.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    links.chain(names.map(|name| name.trim().to_owned())).collect::<Vec<_>>().join("\n")
}

/// Kilobytes that are allocated now. What is free between them may be much more, and is not given back at once.
pub fn heap_kb() -> u64 {
    // SAFETY: only counts.
    let counted = unsafe { libc::mallinfo2() };
    (counted.uordblks + counted.hblkhd) as u64 / 1024
}

/// Kilobytes of memory that this process has now.
pub fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
