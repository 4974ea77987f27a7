//! What the kernel and the limits of this process allow.

use std::{env, fs, thread};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create, statvfs};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use rustix::thread::ClockId;
use rustix::thread::futex::{WaitvFlags, waitv};

use super::{Finding, State};

/// Links of one process that a limit on open files must leave room for.
const FILES_WANTED: u64 = 1024;
/// A large message has this size.
const SPACE_WANTED: u64 = 64 << 20;

/// Which library this is.
pub fn library() -> Vec<Finding> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    // The path is the last column, and may hold blanks.
    let mut paths = maps.lines().filter_map(|line| Some(&line[line.find('/')?..]));
    let file = paths.find(|path| path.contains("libhmsffi"));
    vec![Finding::ok("library", format!("{} from {}", hmsffi::version(), file.unwrap_or("this program")))]
}

pub fn findings() -> Vec<Finding> {
    vec![memory(), waiting(), files(), space(), cpus()]
}

fn memory() -> Finding {
    let made =
        memfd_create("hms-doctor", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).and_then(|memory| {
            ftruncate(&memory, 4096)?;
            fcntl_add_seals(
                &memory,
                SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL,
            )
        });
    match made {
        Ok(()) => Finding::ok("shared memory", "memfd with seals works"),
        Err(Errno::INVAL) => {
            Finding::new("shared memory", State::Broken, "memfd cannot be sealed against writing")
                .advise("Linux 5.1 or later is needed")
        }
        Err(e) => Finding::new("shared memory", State::Broken, format!("memfd does not work: {e}"))
            .advise("the sandbox or seccomp filter of this process must allow memfd_create and fcntl"),
    }
}

fn waiting() -> Finding {
    // No futex is ever waited for: the call is there if it finds fault with the empty list.
    match waitv(&[], WaitvFlags::empty(), None, ClockId::Monotonic) {
        Err(Errno::NOSYS | Errno::PERM) => {
            Finding::new("futex_waitv", State::Weak, "not in this kernel or not allowed: Linux 5.16 has it")
        }
        _ => Finding::ok("futex_waitv", "works"),
    }
}

fn files() -> Finding {
    let limit = getrlimit(Resource::Nofile);
    match limit.current {
        Some(most) if most < FILES_WANTED => Finding::new(
            "open files",
            State::Weak,
            format!("at most {most}; each process that is called takes several"),
        )
        .advise(format!("ulimit -n {}", limit.maximum.unwrap_or(FILES_WANTED).min(65_536))),
        Some(most) => Finding::ok("open files", format!("at most {most}")),
        None => Finding::ok("open files", "no limit"),
    }
}

fn space() -> Finding {
    match statvfs("/dev/shm") {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let shown = format!("{} MiB free", free >> 20);
            if free < SPACE_WANTED {
                Finding::new("/dev/shm", State::Weak, shown).advise("only HMSFFI_SHM_BACKEND=named needs it")
            } else {
                Finding::ok("/dev/shm", shown)
            }
        }
        Err(e) => {
            Finding::new("/dev/shm", State::Absent, format!("{e}; only HMSFFI_SHM_BACKEND=named needs it"))
        }
    }
}

fn cpus() -> Finding {
    let usable = thread::available_parallelism().map_or(1, usize::from);
    let quota = quota();
    let shown = match quota {
        Some(quota) => format!("{usable} usable, and time for {quota:.1} of them"),
        None => format!("{usable} usable, no quota"),
    };
    if usable < 2 || quota.is_some_and(|quota| quota < 2.0) {
        return Finding::new("CPUs", State::Weak, shown)
            .advise("who waits for an answer sleeps at once, which costs some microseconds a call");
    }
    Finding::ok("CPUs", shown)
}

/// CPUs' worth of time that the control group of this process has.
fn quota() -> Option<f64> {
    let group = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = group.lines().find_map(|line| line.strip_prefix("0::"))?;
    let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/cpu.max")).ok()?;
    let (time, period) = limit.trim().split_once(' ')?;
    Some(time.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

/// Variables that the library reads.
const KNOWN: [&str; 6] = [
    "HMSFFI_ALLOW_MULTIPLE_CORES",
    "HMSFFI_ALLOW_TWO_GO_RUNTIMES",
    "HMSFFI_DOMAIN",
    "HMSFFI_PYTHON",
    "HMSFFI_SHM_BACKEND",
    "HMSFFI_SPIN",
];
/// Variables that building against the library reads.
const BUILDING: [&str; 2] = ["HMSFFI_LANGS", "HMSFFI_LIB_DIR"];

pub fn variables() -> Vec<Finding> {
    let set = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("HMSFFI_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    let mut set: Vec<(String, String)> = set.collect();
    set.sort();
    set.into_iter()
        .map(|(name, value)| {
            if KNOWN.contains(&&*name) || BUILDING.contains(&&*name) {
                Finding::ok(name, value)
            } else {
                Finding::new(name, State::Weak, value)
                    .advise(format!("not known; those that are: {}", KNOWN.join(", ")))
            }
        })
        .collect()
}
