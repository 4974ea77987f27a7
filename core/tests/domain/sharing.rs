//! A directory that a group shares.

use std::fs::{self, Permissions};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hmsffi_core::domain::Domain;
use hmsffi_core::error::Code;
use hmsffi_core::shm::control::{self, Credentials};
use rustix::event::PollFlags;
use tempfile::TempDir;

use super::{base, files, mode, names};
use crate::process::{again, happens, readable, role, user};

const GROUP: u32 = 54_321;
const ALICE: u32 = 50_001;
const BOB: u32 = 50_002;

/// A directory with this mode, that everybody can reach.
fn directory(permissions: u32) -> (TempDir, PathBuf) {
    let base = base();
    fs::set_permissions(base.path(), Permissions::from_mode(0o711)).expect("chmod");
    let path = base.path().join("team");
    fs::create_dir(&path).expect("a directory");
    fs::set_permissions(&path, Permissions::from_mode(permissions)).expect("chmod");
    (base, path)
}

fn given(path: &Path) -> Domain {
    Domain::named(path.to_str().expect("text")).expect("a domain")
}

#[test]
fn a_path_names_the_directory_itself() {
    let (base, path) = directory(0o700);
    let domain = given(&path);
    assert_eq!(domain.directory(), path);
    let claim = domain.claim().expect("claim");
    assert_eq!(names(&given(&path)), [claim.name()]);
    assert_eq!(mode(&path.join(format!("{}.sock", claim.name()))), 0o600, "it is shared with nobody");
    drop(claim);
    let fresh = given(&base.path().join("fresh"));
    drop(fresh.claim().expect("claim"));
    assert_eq!(mode(&fresh.directory()), 0o700, "made where it is missing");
}

#[test]
fn a_directory_that_is_shared_carelessly_is_refused() {
    for (permissions, mended) in [(0o2777, "chmod 2770"), (0o770, "chmod 2770"), (0o702, "chmod 700")] {
        let (_base, path) = directory(permissions);
        let refused = given(&path).claim().expect_err("a refusal");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains(&format!("{mended} '{}'", path.display())), "{refused}");
    }
}

#[test]
fn in_a_shared_directory_the_mask_of_a_user_keeps_nobody_out() {
    if role().is_some() {
        // SAFETY: changes the mask of this process, in which nothing else runs.
        unsafe { libc::umask(0o077) };
        let (_base, path) = directory(0o2770);
        let claim = given(&path).claim().expect("claim");
        let mode = |kind| mode(&path.join(format!("{}.{kind}", claim.name())));
        return assert_eq!((mode("sock"), mode("lock")), (0o660, 0o640));
    }
    let test = "sharing::in_a_shared_directory_the_mask_of_a_user_keeps_nobody_out";
    assert!(again(test, "").status().expect("run").success());
}

#[test]
fn only_members_of_the_group_are_admitted() {
    let (base, path) = directory(0o2770);
    let group = fs::metadata(&path).expect("metadata").gid();
    let shared = given(&path);
    let claim = shared.claim().expect("claim");
    let connection = shared.connect(claim.entry()).expect("connect");
    let from = |uid, gid| Credentials { pid: 1, uid, gid };
    shared.admit(connection.as_fd(), &from(ALICE, group)).expect("a member");
    let own = Domain::within(base.path().join("own"), "test").expect("a domain");
    let claim = own.claim().expect("claim");
    let connection = own.connect(claim.entry()).expect("connect");
    let refused = own.admit(connection.as_fd(), &from(ALICE, group)).expect_err("another user");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains(&format!("belongs to user {ALICE}")), "{refused}");
    assert!(refused.message().contains("HMSFFI_DOMAIN=/srv/team"), "{refused}");
}

#[test]
fn users_of_a_group_find_each_other_and_clear_up_after_each_other() {
    const TEST: &str = "sharing::users_of_a_group_find_each_other_and_clear_up_after_each_other";
    if let Some(role) = role() {
        let role = role.into_string().expect("text");
        let (name, path) = role.split_once(':').expect("a role and a path");
        return match name {
            "alice" => alice(&given(Path::new(path))),
            "bob" => bob(&given(Path::new(path))),
            _ => stranger(&given(Path::new(path))),
        };
    }
    if !user::can_change() {
        return eprintln!("{TEST}: only root can be several users");
    }
    let (_base, path) = directory(0o2770);
    chown(&path, None, Some(GROUP)).expect("chown");
    fs::set_permissions(&path, Permissions::from_mode(0o2770)).expect("chmod");
    let start = |name: &str| again(TEST, format!("{name}:{}", path.display())).spawn().expect("spawn");
    let watch = given(&path).watch().expect("watch");
    let mut alice = start("alice");
    readable(&watch);
    let mut bob = start("bob");
    assert!(bob.wait().expect("wait").success(), "what Bob saw");
    assert!(!alice.wait().expect("wait").success(), "Alice was killed");
    assert!(start("stranger").wait().expect("wait").success(), "what a stranger saw");
}

/// Waits for somebody, and is killed.
fn alice(domain: &Domain) {
    user::become_user(ALICE, &[GROUP]);
    let claim = domain.claim().expect("claim");
    readable(&claim);
    let bob = rustix::net::accept(&claim).expect("accept");
    readable(&bob);
    std::process::abort();
}

fn bob(domain: &Domain) {
    user::become_user(BOB, &[GROUP]);
    let watch = domain.watch().expect("watch");
    let entries = domain.entries().expect("entries");
    let connection = domain.connect(&entries[0]).expect("connect");
    let alice = Credentials { pid: 1, uid: ALICE, gid: ALICE };
    domain.admit(connection.as_fd(), &alice).expect("a member, as the system knows");
    assert_eq!(control::send(connection.as_fd(), b"go", &[]).expect("send"), control::Sent::Done);
    while !domain.entries().expect("entries").is_empty() {
        happens(&watch, PollFlags::IN, Duration::from_millis(100));
    }
    assert_eq!(files(domain), [""; 0]);
}

fn stranger(domain: &Domain) {
    user::become_user(BOB, &[]);
    let refused = domain.entries().expect_err("not a member");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains(&format!("for group {GROUP}")), "{refused}");
}
