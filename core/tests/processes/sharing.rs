//! Processes that share little: users of one group, and containers with one directory.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Child, Command};

use hmsffi_core::Code;
use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::domain::Domain;
use hmsffi_core::introspect;
use hmsffi_core::runtime::Runtime;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::link::handshake::{self, Identity};

use super::{call, found};
use crate::linked::world_of;
use crate::process::contained::{SHARED, contained};
use crate::process::{self, user};
use crate::support::{World, eventually, method, reply};

const GROUP: u32 = 54_322;
const ALICE: u32 = 50_003;
const BOB: u32 = 50_004;

/// Bytes of a message that the server takes.
const MOST: usize = 2 << 20;

fn world_at(path: &str) -> World {
    let domain = Domain::named(path).expect("a domain");
    let options = ServerOptions { max_message_size: MOST as u64, ..ServerOptions::default() };
    world_of(Runtime::in_domain("test", domain).expect("runtime"), options)
}

fn serve(path: &str) {
    let world = world_at(path);
    let copied = |call, _: &Request<'_>| {
        reply(call, introspect::snapshot().bytes_copied_total.to_string().as_bytes());
    };
    let pid = |call, _: &Request<'_>| reply(call, std::process::id().to_string().as_bytes());
    let die = |_, _: &Request<'_>| std::process::abort();
    let echo = |call, request: &Request<'_>| reply(call, request.body);
    let methods = [method("echo", echo), method("pid", pid), method("die", die), method("copied", copied)];
    world.host("shared", methods.into());
    world.server.start().expect("start");
    process::stay();
}

fn calls(world: &World) {
    let echo = found(&world.client, "shared", "echo");
    for len in [0, 64, 5000, 1 << 20] {
        let sent: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let answer = echo.call(&Request::bytes(&sent), &CallOptions::default()).expect("an answer");
        assert!(answer.body.as_slice() == sent, "{len} bytes");
    }
}

/// Calls with more than the server takes. It is another user's, and does not copy it to find out.
fn calls_with_too_much(world: &World) {
    let copied = found(&world.client, "shared", "copied");
    let copied = || call(&copied, b"").parse::<usize>().expect("a number");
    let before = copied();
    let echo = found(&world.client, "shared", "echo");
    let sent = echo.call(&Request::bytes(&vec![1; MOST + 1]), &CallOptions::default());
    let refused = sent.expect_err("too much");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    assert!(refused.message().contains(&format!("over the limit of {MOST} bytes")), "{refused}");
    assert!(copied() - before < MOST);
    calls(world);
}

/// What the role says, and the path behind it.
fn told() -> Option<(String, String)> {
    let role = process::role()?.into_string().expect("text");
    let (name, path) = role.split_once(':').expect("a role and a path");
    Some((name.to_owned(), path.to_owned()))
}

fn as_role(test: &str, name: &str, path: &Path) -> Command {
    let mut command = process::again(test, format!("{name}:{}", path.display()));
    // Named segments are for processes of one user that see one `/dev/shm`.
    command.env("HMSFFI_SHM_BACKEND", "memfd");
    command
}

fn ends_well(mut child: Child) {
    assert!(child.wait().expect("wait").success(), "failed in its own process");
}

#[test]
fn users_of_a_group_call_each_other_and_others_are_turned_away() {
    const TEST: &str = "sharing::users_of_a_group_call_each_other_and_others_are_turned_away";
    match told().as_ref().map(|(name, path)| (name.as_str(), path)) {
        Some(("alice", path)) => {
            user::become_user(ALICE, &[GROUP]);
            return serve(path);
        }
        Some((_, path)) => {
            user::become_user(BOB, &[GROUP]);
            let world = world_at(path);
            calls(&world);
            return calls_with_too_much(&world);
        }
        None => {}
    }
    if !user::can_change() {
        return eprintln!("{TEST}: only root can be several users");
    }
    let base = tempfile::tempdir().expect("directory");
    let path = base.path().join("team");
    std::fs::create_dir(&path).expect("a directory");
    chown(&path, Some(ALICE), Some(GROUP)).expect("chown");
    for (path, mode) in [(base.path(), 0o711), (&path, 0o2770)] {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
    }
    let mut alice = as_role(TEST, "alice", &path).spawn().expect("alice");
    eventually("Alice serves", || sockets(&path).len() == 1);
    ends_well(as_role(TEST, "bob", &path).spawn().expect("bob"));
    // Root may connect whatever the mode, and is still no member.
    let entries = sockets(&path);
    let me = Identity { home: 1, runtime: 0, name: "root".into() };
    let refused = handshake::connect(connected(&entries[0]), &me, &|_, _| Ok(())).err().expect("turned away");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    assert!(refused.message().contains("no member of the domain's group"), "{refused}");
    drop(alice.stdin.take());
    ends_well(alice);
    assert_eq!(sockets(&path).len(), 0);
}

fn sockets(directory: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(directory).expect("directory").map(|file| file.expect("file").path());
    files.filter(|path| path.extension().is_some_and(|kind| kind == "sock")).collect()
}

fn connected(path: &Path) -> std::os::fd::OwnedFd {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).expect("socket");
    connect(&socket, &SocketAddrUnix::new(path).expect("address")).expect("connect");
    socket
}

#[test]
fn containers_that_share_only_a_directory_call_each_other() {
    const TEST: &str = "sharing::containers_that_share_only_a_directory_call_each_other";
    match told().as_ref().map(|(name, path)| (name.as_str(), path)) {
        Some(("server", path)) => return serve(path),
        Some((_, path)) => {
            let world = world_at(path);
            assert_eq!(std::process::id(), 1, "a container of its own");
            calls(&world);
            let pid = found(&world.client, "shared", "pid");
            assert_eq!(call(&pid, b""), "1", "another container");
            let die = found(&world.client, "shared", "die");
            let error = die.call(&Request::bytes(b""), &CallOptions::default()).expect_err("dead");
            assert_eq!(error.code(), Code::Unavailable, "{error}");
            assert!(error.message().contains("in another container"), "{error}");
            // It is seen to hang up an instant before its lock is free.
            return eventually("what it left is removed", || {
                world.runtime.look_around();
                std::fs::read_dir(path).expect("directory").count() == 0
            });
        }
        None => {}
    }
    let base = tempfile::tempdir().expect("directory");
    let inside = |name| contained(&as_role(TEST, name, Path::new(SHARED)), base.path());
    let (Some(mut server), Some(mut client)) = (inside("server"), inside("client")) else {
        return eprintln!("{TEST}: needs unshare(1) and the right to make namespaces");
    };
    let mut server = server.spawn().expect("server");
    ends_well(client.spawn().expect("client"));
    assert!(!server.wait().expect("wait").success(), "it was made to die");
    assert_eq!(std::fs::read_dir(base.path()).expect("directory").count(), 0, "nothing is left");
}
