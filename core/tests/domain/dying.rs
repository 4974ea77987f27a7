//! What the dead leave behind is removed, and nothing else.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Stdio};

use hmsffi_core::domain::Watch;
use hmsffi_core::error::Code;
use hmsffi_core::shm::control::{self, Received};
use rustix::fs::{FlockOperation, flock};

use super::{base, domain, files, names};
use crate::process::{again, readable, released, role, stay};

/// Another process with a claim, and the watch that saw it come.
pub fn claimant(base: &Path) -> (Child, Watch) {
    let domain = domain(base);
    let before = names(&domain).len();
    let watch = domain.watch().expect("watch");
    let child = again("dying::what_a_killed_process_leaves_is_removed", base).spawn().expect("spawn");
    while names(&domain).len() == before {
        readable(&watch);
        watch.drain().expect("drain");
    }
    (child, watch)
}

#[test]
fn what_a_killed_process_leaves_is_removed() {
    if let Some(base) = role() {
        let _claim = domain(Path::new(&base)).claim().expect("claim");
        return stay();
    }
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    let (mut child, _watch) = claimant(base.path());
    let entries = domain.entries().expect("entries");
    let other = entries.iter().find(|entry| *entry != claim.entry()).expect("the other");
    let connection = domain.connect(other).expect("connect");

    crate::process::kill(&mut child);
    assert!(matches!(control::receive(connection.as_fd(), 0).expect("receive"), Received::End));
    assert_eq!(files(&domain).len(), 4);
    assert_eq!(domain.connect(other).expect_err("dead").code(), Code::Unavailable);
    assert_eq!(names(&domain), [claim.name()]);
    assert_eq!(files(&domain), [format!("{}.lock", claim.name()), format!("{}.sock", claim.name())]);
}

#[test]
fn a_process_can_be_killed_at_any_moment_of_its_claims() {
    if let Some(base) = role() {
        let domain = domain(Path::new(&base));
        while !released() {
            drop(domain.claim().expect("claim"));
        }
        return;
    }
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    let mut left_behind = 0;
    for events in 1..=20 {
        let mut child = again("dying::a_process_can_be_killed_at_any_moment_of_its_claims", base.path())
            .spawn()
            .expect("spawn");
        for _ in 0..events {
            readable(&watch);
            watch.drain().expect("drain");
        }
        crate::process::kill(&mut child);
        left_behind += files(&domain).len();
        assert_eq!(names(&domain), [""; 0]);
        assert_eq!(files(&domain), [""; 0]);
        watch.drain().expect("drain");
    }
    eprintln!("removed {left_behind} files of 20 processes");
}

#[test]
fn half_made_claims_of_the_dead_are_removed_and_those_of_the_living_are_not() {
    let base = base();
    let domain = domain(base.path());
    drop(domain.claim().expect("claim"));
    let path = |file: &str| domain.directory().join(file);
    // Bound but not renamed; only the lock; a socket whose lock is gone already.
    File::create(path("00000000000000aa.lock")).expect("file");
    UnixListener::bind(path("00000000000000aa.new")).expect("bind");
    let listed = File::create(path("00000000000000bb.lock")).expect("file");
    UnixListener::bind(path("00000000000000cc.sock")).expect("bind");
    // Somebody else who lists the domain has it open.
    flock(&listed, FlockOperation::NonBlockingLockShared).expect("lock");
    UnixListener::bind(path("00000000000000bb.sock")).expect("bind");
    // What somebody has who is about to go on.
    let held = File::create(path("00000000000000dd.lock")).expect("file");
    flock(&held, FlockOperation::NonBlockingLockExclusive).expect("lock");
    UnixListener::bind(path("00000000000000dd.new")).expect("bind");

    assert_eq!(names(&domain), [""; 0]);
    assert_eq!(files(&domain), ["00000000000000dd.lock", "00000000000000dd.new"]);
}

#[test]
fn a_forked_child_removes_nothing() {
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    // SAFETY: the child drops the claim and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(claim);
        // SAFETY: ends the child without running what belongs to its parent.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: waits for the child that was just made.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    assert_eq!(names(&domain), [claim.name()]);
    domain.connect(claim.entry()).expect("still listens");
}

#[test]
fn a_forked_child_does_not_pass_for_its_dead_parent() {
    const TEST: &str = "dying::a_forked_child_does_not_pass_for_its_dead_parent";
    if let Some(base) = role() {
        let _claim = domain(Path::new(&base)).claim().expect("claim");
        // SAFETY: the child only waits and ends, without running what belongs to its parent.
        unsafe {
            if libc::fork() == 0 {
                libc::read(0, [0_u8].as_mut_ptr().cast(), 1);
                libc::_exit(0);
            }
        }
        println!("forked");
        return stay();
    }
    let base = base();
    let domain = domain(base.path());
    let mut child = again(TEST, base.path()).stdout(Stdio::piped()).spawn().expect("spawn");
    let (stdin, mut stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("stdout")));
    stdout
        .by_ref()
        .lines()
        .map(|line| line.expect("text"))
        .find(|line| line.ends_with("forked"))
        .expect("forked");
    let entries = domain.entries().expect("entries");
    let connection = domain.connect(&entries[0]).expect("connect");
    crate::process::kill(&mut child);

    let refused = domain.connect(&entries[0]).map(drop);
    if !control::pass_process(connection.as_fd(), false).expect("pass") {
        eprintln!("{TEST}: needs Linux 6.5");
    } else {
        let refused = refused.expect_err("nobody would accept");
        assert_eq!(refused.code(), Code::Unavailable);
        assert!(refused.message().contains("forked"), "{refused}");
    }
    // The child of the child ends, and with it the last holder of the name.
    drop(stdin);
    stdout.read_to_end(&mut Vec::new()).expect("read");
    assert_eq!(domain.entries().expect("entries"), []);
}
