//! Where memory or descriptors end, there is an error and no signal.

use std::process::{Command, Stdio};

use hmsffi_core::shm::segment::{Backend, OwnSegment, Purpose};
use hmsffi_core::{Code, Error};

use super::RING;
use super::process::{alone, command, held, passes, role};

fn fails(backend: Backend, len: usize, purpose: Purpose) -> Error {
    OwnSegment::create(backend, len, purpose).err().expect("must not fit")
}

#[track_caller]
fn is_exhausted(error: &Error, next: &str) {
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains(next), "{error}");
}

fn limit(what: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: lowers a limit of this process.
    assert_eq!(unsafe { libc::setrlimit(what, &limit) }, 0);
}

#[test]
fn a_full_folder_is_an_error() {
    const TEST: &str = "limits::a_full_folder_is_an_error";
    const SMALL: &str = "mount -t tmpfs -o size=256k tmpfs /dev/shm";
    if role().is_some() {
        for purpose in [Purpose::Ring, Purpose::Arena] {
            is_exhausted(&fails(Backend::Named, 1 << 20, purpose), "/dev/shm");
            assert_eq!(std::fs::read_dir("/dev/shm").unwrap().count(), 0, "a name is left");
        }
        let rings: Vec<_> =
            (0..16).map_while(|_| OwnSegment::create(Backend::Named, RING, Purpose::Ring).ok()).collect();
        assert!(!rings.is_empty() && rings.len() < 16);
        assert!(OwnSegment::create(Backend::Memfd, 1 << 20, Purpose::Ring).is_ok(), "needs no folder");
        return;
    }
    let can = Command::new("unshare").args(["-Urm", "sh", "-c", SMALL]).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        println!(
            "{TEST}: could not run here: it needs unshare and user namespaces to mount a small /dev/shm"
        );
        return;
    }
    let again = command(TEST, "small");
    let mut inside = Command::new("unshare");
    inside.args(["-Urm", "sh", "-c", &format!("{SMALL} && exec \"$0\" \"$@\"")]);
    inside.arg(again.get_program()).args(again.get_args());
    inside.envs(again.get_envs().filter_map(|(key, value)| Some((key, value?))));
    passes(inside.stdout(Stdio::piped()).spawn().unwrap());
}

#[test]
fn a_lack_of_addresses_or_descriptors_is_an_error_and_leaves_nothing() {
    alone("limits::a_lack_of_addresses_or_descriptors_is_an_error_and_leaves_nothing", || {
        let before = held();
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
        limit(libc::RLIMIT_AS, pages * 4096 + (32 << 20));
        for backend in super::BACKENDS {
            is_exhausted(&fails(backend, 64 << 20, Purpose::Arena), "raise the limit");
            assert_eq!(held(), before);
        }
        limit(libc::RLIMIT_NOFILE, 0);
        for backend in super::BACKENDS {
            is_exhausted(&fails(backend, RING, Purpose::Ring), "ulimit -n");
        }
    });
}

#[test]
fn more_than_the_machine_has_is_refused_before_it_is_allocated() {
    for backend in super::BACKENDS {
        is_exhausted(&fails(backend, 1 << 46, Purpose::Arena), "No memory is left");
    }
}
