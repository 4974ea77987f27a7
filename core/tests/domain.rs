//! Processes of one user find each other in a directory.
#![cfg(target_os = "linux")]

mod process;

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hmsffi_core::domain::{Claim, Domain, Watch};
use hmsffi_core::error::{Code, Error};
use hmsffi_core::shm::control::{self, Received};
use process::{again, readable, released, role, stay};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::FdFlags;
use tempfile::TempDir;

fn base() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn domain(base: &Path) -> Domain {
    Domain::within(base, "test").expect("a domain")
}

fn files(domain: &Domain) -> Vec<String> {
    let listed = fs::read_dir(domain.directory()).expect("the directory");
    let mut names: Vec<_> =
        listed.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

fn names(domain: &Domain) -> Vec<String> {
    domain.entries().expect("entries").iter().map(|entry| entry.name().to_owned()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
}

fn refusal(domain: &Domain) -> Error {
    let refused = domain.claim().expect_err("a refusal");
    for other in [domain.entries().map(drop), domain.watch().map(drop)] {
        assert_eq!(other.expect_err("the same refusal"), refused);
    }
    refused
}

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

/// Another process with a claim, and the watch that saw it come.
fn claimant(base: &Path) -> (Child, Watch) {
    let domain = domain(base);
    let before = names(&domain).len();
    let watch = domain.watch().expect("watch");
    let child = again("what_a_killed_process_leaves_is_removed", base).spawn().expect("spawn");
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

    process::kill(&mut child);
    assert!(matches!(control::receive(connection.as_fd(), 0).expect("receive"), Received::End));
    assert_eq!(files(&domain).len(), 4);
    assert_eq!(domain.connect(other).expect_err("dead").code(), Code::Unavailable);
    assert_eq!(names(&domain), [claim.name()]);
    assert_eq!(files(&domain), [format!("{}.lock", claim.name()), format!("{}.sock", claim.name())]);
}

#[test]
fn containers_that_share_the_directory_find_each_other() {
    const TEST: &str = "containers_that_share_the_directory_find_each_other";
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
    let contained = |command: &Command| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--"]);
        unshare.arg(command.get_program()).args(command.get_args()).stdout(Stdio::null());
        unshare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        unshare
    };
    if !contained(&Command::new("true")).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return eprintln!("{TEST}: needs unshare(1) and the right to make namespaces");
    }
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    let mut child = contained(&again(TEST, base.path())).spawn().expect("spawn");
    readable(&watch);
    let entries = domain.entries().expect("entries");
    let server = domain.connect(&entries[0]).expect("connect");
    control::pass_credentials(server.as_fd()).expect("pass");
    assert_eq!(control::send(server.as_fd(), b"hello", &[]).expect("send"), control::Sent::Done);
    assert!(child.wait().expect("wait").success());
    assert_eq!(files(&domain), [""; 0]);
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
        let mut child =
            again("a_process_can_be_killed_at_any_moment_of_its_claims", base.path()).spawn().expect("spawn");
        for _ in 0..events {
            readable(&watch);
            watch.drain().expect("drain");
        }
        process::kill(&mut child);
        left_behind += files(&domain).len();
        assert_eq!(names(&domain), [""; 0]);
        assert_eq!(files(&domain), [""; 0]);
        watch.drain().expect("drain");
    }
    eprintln!("removed {left_behind} files of 20 processes");
}

#[test]
fn a_forked_child_does_not_pass_for_its_dead_parent() {
    const TEST: &str = "a_forked_child_does_not_pass_for_its_dead_parent";
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
    process::kill(&mut child);

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
fn a_watch_sees_coming_and_going() {
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    assert!(!watch.drain().expect("drain"));

    let claim = domain.claim().expect("claim");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert!(!watch.drain().expect("drain"), "told twice");

    fs::write(domain.directory().join("notes.txt"), "of somebody").expect("write");
    names(&domain);
    assert!(!watch.drain().expect("drain"), "nothing came or went");

    drop(claim);
    readable(&watch);
    assert!(watch.drain().expect("drain"));
}

#[test]
fn a_watch_sees_a_killed_process_go() {
    let base = base();
    let (mut child, watch) = claimant(base.path());
    watch.drain().expect("drain");
    process::kill(&mut child);
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert_eq!(names(&domain(base.path())), [""; 0]);
}

#[test]
fn a_watch_goes_on_when_the_directory_is_made_anew() {
    let base = base();
    let domain = domain(base.path());
    let watch = domain.watch().expect("watch");
    fs::remove_dir(domain.directory()).expect("remove");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    let claim = domain.claim().expect("claim");
    readable(&watch);
    assert!(watch.drain().expect("drain"));
    assert_eq!(names(&domain), [claim.name()]);
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
fn a_directory_that_others_can_write_to_is_refused() {
    let base = base();
    let domain = domain(base.path());
    drop(domain.claim().expect("claim"));
    let directory = domain.directory();
    for level in [&*directory, directory.parent().expect("parent"), base.path()] {
        for open in [0o777, 0o720, 0o702] {
            fs::set_permissions(level, Permissions::from_mode(open)).expect("chmod");
            let refused = refusal(&domain);
            assert_eq!(refused.code(), Code::FailedPrecondition);
            assert!(refused.message().contains(&format!("chmod 700 '{}'", level.display())), "{refused}");
        }
        fs::set_permissions(level, Permissions::from_mode(0o700)).expect("chmod");
    }
    domain.claim().expect("mended as it was told");
}

#[test]
fn what_is_no_directory_is_refused() {
    let base = base();
    let domain = domain(base.path());
    let folder = base.path().join("hmsffi");
    fs::create_dir(base.path().join("elsewhere")).expect("folder");
    for put in [|at: &Path| symlink("elsewhere", at), |at: &Path| fs::write(at, "")] {
        put(&folder).expect("something in the way");
        let refused = refusal(&domain);
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains(&format!("mv '{}'", folder.display())), "{refused}");
        fs::remove_file(&folder).expect("remove");
    }
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let base = base();
    let domain = domain(base.path());
    drop(domain.claim().expect("claim"));
    if std::os::unix::fs::chown(domain.directory(), Some(12345), None).is_err() {
        return eprintln!("a_directory_of_another_user_is_refused: only root can give a directory away");
    }
    let refused = refusal(&domain);
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("belongs to user 12345"), "{refused}");
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
fn names_are_checked() {
    for good in ["a", "default", "Team-1_x.y", &"n".repeat(32)] {
        assert_eq!(Domain::named(good).expect(good).name(), good);
    }
    for bad in ["", ".", "..", ".hidden", "a/b", "a b", "ä", "a\0", &"n".repeat(33)] {
        let refused = Domain::named(bad).expect_err(bad);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(Domain::within("/nowhere", bad).expect_err(bad), refused);
    }
}

#[test]
fn the_environment_says_which_domain_and_where() {
    if let Some(expected) = role() {
        let found = Domain::from_env().map(|domain| domain.map(|domain| domain.directory()));
        let expected = expected.to_str().expect("text");
        return assert!(format!("{found:?}").contains(expected), "{found:?}");
    }
    // SAFETY: asks for a number.
    let uid = unsafe { libc::geteuid() };
    let cases = [
        (Some("/run/x"), None, r#"Ok(Some("/run/x/hmsffi/default"))"#.to_owned()),
        (Some("/run/x"), Some("team"), r#"Ok(Some("/run/x/hmsffi/team"))"#.to_owned()),
        (Some("/run/x"), Some(""), "Ok(None)".to_owned()),
        (Some("/run/x"), Some("a/b"), "HMSFFI_DOMAIN: 'a/b'".to_owned()),
        (None, None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
        (Some(""), None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
        (Some("not/absolute"), None, format!(r#"Ok(Some("/var/x/hmsffi-{uid}/default"))"#)),
    ];
    for (runtime, named, expected) in cases {
        let mut command = again("the_environment_says_which_domain_and_where", &expected);
        command.env("TMPDIR", "/var/x").env_remove("XDG_RUNTIME_DIR").env_remove("HMSFFI_DOMAIN");
        command.envs(runtime.map(|value| ("XDG_RUNTIME_DIR", value)));
        command.envs(named.map(|value| ("HMSFFI_DOMAIN", value)));
        assert!(command.status().expect("run").success(), "not as expected: {expected}");
    }
}

#[test]
fn the_temporary_folder_serves_without_a_runtime_directory() {
    if role().is_some() {
        let domain = Domain::named("test").expect("a domain");
        let claim = domain.claim().expect("claim");
        assert_eq!(names(&domain), [claim.name()]);
        return assert_eq!(mode(domain.directory().parent().expect("parent")), 0o700);
    }
    let base = base();
    // As `/tmp` is: everybody may write, and nobody but the owner removes.
    fs::set_permissions(base.path(), Permissions::from_mode(0o1777)).expect("chmod");
    let mut command = again("the_temporary_folder_serves_without_a_runtime_directory", "");
    command.env("TMPDIR", base.path()).env_remove("XDG_RUNTIME_DIR");
    assert!(command.status().expect("run").success());
}
