//! What a process claims, others find.

use std::collections::HashSet;
use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use hmsffi_core::domain::{Claim, Domain};
use hmsffi_core::error::Code;
use hmsffi_core::shm::control::{self, Received};
use rustix::fs::OFlags;
use rustix::io::FdFlags;

use super::{base, domain, files, mode, names};
use crate::process::contained::{SHARED, contained};
use crate::process::{again, readable, role};

#[test]
fn a_claim_is_listed_and_answers() {
    let base = base();
    let claim = domain(base.path()).claim().expect("claim");
    let seen = domain(base.path());
    let entries = seen.entries().expect("entries");
    assert_eq!(entries, [claim.entry().clone()]);

    let client = seen.connect(&entries[0]).expect("connect");
    readable(&claim);
    let server = rustix::net::accept(&claim).expect("accept");
    assert_eq!(control::send(client.as_fd(), b"hello", &[]).expect("send"), control::Sent::Done);
    let Received::Packet(packet) = control::receive(server.as_fd(), 0).expect("receive") else {
        panic!("a packet")
    };
    assert_eq!(packet.bytes, b"hello");
}

#[test]
fn sockets_do_not_block_and_do_not_outlive_exec() {
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    let client = domain.connect(claim.entry()).expect("connect");
    for socket in [claim.as_fd(), client.as_fd()] {
        assert!(rustix::io::fcntl_getfd(socket).expect("flags").contains(FdFlags::CLOEXEC));
        assert!(rustix::fs::fcntl_getfl(socket).expect("flags").contains(OFlags::NONBLOCK));
    }
}

#[test]
fn only_the_user_can_reach_what_is_made() {
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    assert_eq!(mode(&domain.directory()), 0o700);
    assert_eq!(mode(domain.directory().parent().expect("parent")), 0o700);
    assert_eq!(files(&domain), [format!("{}.lock", claim.name()), format!("{}.sock", claim.name())]);
    for file in files(&domain) {
        assert_eq!(mode(&domain.directory().join(&file)), 0o600, "{file}");
    }
}

#[test]
fn a_claim_that_is_dropped_leaves_nothing() {
    let base = base();
    let domain = domain(base.path());
    let (stays, goes) = (domain.claim().expect("claim"), domain.claim().expect("claim"));
    let gone = goes.entry().clone();
    drop(goes);
    assert_eq!(names(&domain), [stays.name()]);
    let refused = domain.connect(&gone).expect_err("nobody listens");
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains(gone.name()), "{refused}");
    drop(stays);
    assert_eq!(files(&domain), [""; 0]);
}

#[test]
fn a_missing_directory_is_an_empty_domain() {
    let base = base();
    let domain = domain(&base.path().join("later"));
    assert_eq!(domain.entries().expect("entries"), []);
    assert!(!base.path().join("later").exists());
    let claim = domain.claim().expect("claim");
    let entry = claim.entry().clone();
    drop(claim);
    fs::remove_dir_all(base.path().join("later")).expect("remove");
    assert_eq!(domain.connect(&entry).expect_err("gone").code(), Code::Unavailable);
}

#[test]
fn domains_do_not_see_each_other() {
    let base = base();
    let one = Domain::within(base.path(), "one").expect("a domain");
    let two = Domain::within(base.path(), "two").expect("a domain");
    let claim = one.claim().expect("claim");
    assert_eq!(names(&one), [claim.name()]);
    assert_eq!(names(&two), [""; 0]);
}

#[test]
fn a_path_may_be_longer_than_a_socket_address() {
    let base = base();
    let domain = domain(&base.path().join("x".repeat(200)));
    // The base itself is made, its parents are not.
    let claim = domain.claim().expect("claim");
    domain.connect(claim.entry()).expect("connect");
    assert_eq!(names(&domain), [claim.name()]);
}

#[test]
fn who_finds_the_queue_full_is_told_to_try_again() {
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    rustix::net::listen(&claim, 0).expect("a shorter queue");
    let _first = domain.connect(claim.entry()).expect("connect");
    let refused = domain.connect(claim.entry()).expect_err("no room");
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains("try again"), "{refused}");
    rustix::net::accept(&claim).expect("accept");
    domain.connect(claim.entry()).expect("room");
}

#[test]
fn foreign_files_are_left_alone() {
    let base = base();
    let domain = domain(base.path());
    let claim = domain.claim().expect("claim");
    let foreign = [
        "0123456789ABCDEF.lock",
        "0123456789abcdef",
        "0123456789abcdef.lock.sock",
        "0123456789abcdef.txt",
        "123456789abcdef.sock",
        "notes.txt",
        "äöü56789abcdef.lock",
    ];
    for file in foreign {
        fs::write(domain.directory().join(file), "of somebody").expect("write");
    }
    assert_eq!(names(&domain), [claim.name()]);
    drop(claim);
    assert_eq!(names(&domain), [""; 0]);
    assert_eq!(files(&domain), foreign);
}

#[test]
fn claims_and_lists_at_once_do_not_hurt_each_other() {
    const THREADS: usize = 8;
    const EACH: usize = 25;
    let base = base();
    let domain = domain(base.path());
    let kept: Vec<Claim> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut kept = Vec::new();
                    for _ in 0..EACH {
                        let (one, other) = (domain.claim().expect("claim"), domain.claim().expect("claim"));
                        let seen = domain.entries().expect("entries");
                        for claim in [&one, &other] {
                            assert!(seen.contains(claim.entry()), "{} is not listed", claim.name());
                            domain.connect(claim.entry()).expect("connect");
                        }
                        kept.push(one);
                    }
                    kept
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("thread")).collect()
    });
    let expected: HashSet<_> = kept.iter().map(|claim| claim.entry().clone()).collect();
    assert_eq!(expected.len(), THREADS * EACH);
    assert_eq!(domain.entries().expect("entries").into_iter().collect::<HashSet<_>>(), expected);
    drop(kept);
    assert_eq!(files(&domain), [""; 0]);
}

#[test]
fn containers_that_share_the_directory_find_each_other() {
    const TEST: &str = "claiming::containers_that_share_the_directory_find_each_other";
    if let Some(base) = role() {
        let claim = domain(Path::new(&base)).claim().expect("claim");
        readable(&claim);
        let client = rustix::net::accept(&claim).expect("accept");
        let tells_process = control::pass_process(client.as_fd(), true).expect("pass");
        control::pass_credentials(client.as_fd()).expect("pass");
        readable(&client);
        let Received::Packet(packet) = control::receive(client.as_fd(), 0).expect("receive") else {
            panic!("a packet")
        };
        // From inside, who is outside has no number.
        assert_eq!(packet.credentials.expect("credentials").pid, 0);
        return assert_eq!(packet.process.is_some(), tells_process);
    }
    let base = base();
    let Some(mut inside) = contained(&again(TEST, SHARED), base.path()) else {
        return eprintln!("{TEST}: needs unshare(1) and the right to make namespaces");
    };
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    let mut child = inside.spawn().expect("spawn");
    readable(&watch);
    let entries = domain.entries().expect("entries");
    let server = domain.connect(&entries[0]).expect("connect");
    control::pass_credentials(server.as_fd()).expect("pass");
    assert_eq!(control::send(server.as_fd(), b"hello", &[]).expect("send"), control::Sent::Done);
    assert!(child.wait().expect("wait").success());
    assert_eq!(files(&domain), [""; 0]);
}
