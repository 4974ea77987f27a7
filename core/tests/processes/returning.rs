//! Processes that come, go and come back.

use std::collections::HashMap;
use std::process::Child;

use hmsffi_core::call::Request;
use hmsffi_core::proto::ListServicesRequest;
use hmsffi_core::service::ServerOptions;

use super::{beside, call, found};
use crate::linked::{walk, world_in};
use crate::process;
use crate::support::{World, eventually, method, reply};

fn serve(world: &World) {
    let pid = |call, _: &Request<'_>| reply(call, std::process::id().to_string().as_bytes());
    let server = world.server.clone();
    let restart = move |call, _: &Request<'_>| {
        server.stop(None).expect("stop");
        server.start().expect("start");
        reply(call, b"again");
    };
    world.host("worker", vec![method("pid", pid), method("restart", restart)]);
}

fn pids(world: &World) -> String {
    let listed = world.runtime.registry.list(&ListServicesRequest::default()).expect("list").services;
    listed.iter().map(|service| service.metadata["hms.pids"].as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_process_has_a_name_only_while_it_serves() {
    let directory = tempfile::tempdir().expect("directory");
    let world = world_in(directory.path(), ServerOptions::default());
    serve(&world);
    let second = hmsffi_core::service::Server::new(&world.runtime, ServerOptions::default()).expect("server");
    let files = || walk(directory.path()).len();
    assert_eq!(files(), 0, "not started");
    for _ in 0..2 {
        world.server.start().expect("start");
        second.start().expect("start");
        assert_eq!(files(), 2, "a lock and a socket");
        second.stop(None).expect("stop");
        assert_eq!(files(), 2, "the other one runs");
        world.server.stop(None).expect("stop");
        assert_eq!(files(), 0, "stopped");
    }
    world.server.start().expect("start");
    world.server.close();
    assert_eq!(files(), 0, "closed");
}

#[test]
fn a_server_that_starts_again_is_the_same_to_who_knows_it() {
    const TEST: &str = "returning::a_server_that_starts_again_is_the_same_to_who_knows_it";
    beside(TEST, serve, |world, child, directory| {
        let (pid, restart) =
            (found(&world.client, "worker", "pid"), found(&world.client, "worker", "restart"));
        let one = child.id().to_string();
        for _ in 0..3 {
            let before = walk(directory);
            assert_eq!(call(&restart, b""), "again");
            assert_ne!(walk(directory), before, "another name");
            world.runtime.look_around();
            eventually("it serves again", || call(&pid, b"") == one);
            assert_eq!(pids(world), one, "one replica, not two");
        }
    });
}

/// How often each process answers, of so many calls through a binding as it is now.
fn turns(world: &World, calls: usize) -> HashMap<String, usize> {
    let pid = found(&world.client, "worker", "pid");
    let mut turns = HashMap::new();
    for _ in 0..calls {
        *turns.entry(call(&pid, b"")).or_default() += 1;
    }
    turns
}

#[test]
fn replicas_in_several_processes_take_turns_and_stand_in_for_each_other() {
    const TEST: &str = "returning::replicas_in_several_processes_take_turns_and_stand_in_for_each_other";
    beside(TEST, serve, |world, first, directory| {
        let start = || process::again(TEST, directory).spawn().expect("another process");
        let each = |children: &[&Child], turns| {
            children.iter().map(|child| (child.id().to_string(), turns)).collect::<HashMap<_, _>>()
        };
        let (mut second, mut third) = (start(), start());
        eventually("three are found", || {
            world.runtime.look_around();
            turns(world, 3).len() == 3
        });
        assert_eq!(turns(world, 30), each(&[first, &second, &third], 10));
        process::kill(&mut second);
        eventually("two stand in", || turns(world, 20) == each(&[first, &third], 10));
        second = start();
        eventually("the new one has its turns", || turns(world, 30) == each(&[first, &second, &third], 10));
        for child in [&mut second, &mut third] {
            drop(child.stdin.take());
            child.wait().expect("wait");
        }
    });
}
