use std::thread;
use std::time::Duration;

use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;
use hmsffi_core::proto::{ListServicesRequest, ServiceStatus};
use hmsffi_core::service::ServerOptions;

use super::{beside, call, found, world_in};
use crate::support::{World, eventually, method, reply};

fn serve(world: &World) {
    world.host("greet", vec![method("hello", |call, _| reply(call, b"from there"))]);
}

#[test]
fn a_service_of_another_process_is_listed_and_goes_with_it() {
    beside("finding::a_service_of_another_process_is_listed_and_goes_with_it", serve, |world, child, _| {
        found(&world.client, "greet", "hello");
        let list = || world.runtime.registry.list(&ListServicesRequest::default()).expect("list").services;
        let listed = list();
        assert_eq!(listed.iter().map(|s| s.service_id.as_str()).collect::<Vec<_>>(), ["greet"]);
        assert_eq!(listed[0].metadata["hms.pid"], child.id().to_string());
        assert_eq!(listed[0].metadata["hms.status"], "AVAILABLE");
        assert_eq!(listed[0].metadata["hms.pids"], child.id().to_string());
        drop(child.stdin.take());
        let serves = || matches!(world.runtime.registry.get("greet"), Ok((_, ServiceStatus::Available)));
        eventually("it is known to be gone", || !serves());
    });
}

#[test]
fn a_service_of_this_process_is_preferred() {
    beside("finding::a_service_of_this_process_is_preferred", serve, |world, child, _| {
        let call = || call(&found(&world.client, "greet", "hello"), b"");
        assert_eq!(call(), "from there");
        world.host("greet", vec![method("hello", |call, _| reply(call, b"from here"))]);
        assert_eq!(call(), "from there", "ours is not started");
        world.server.start().expect("start");
        assert_eq!(call(), "from here");
        let listed = world.runtime.registry.list(&ListServicesRequest::default()).expect("list").services;
        assert_eq!(listed[0].metadata["hms.pids"], format!("{},{}", std::process::id(), child.id()));
    });
}

#[test]
fn a_service_that_comes_later_is_found() {
    let serve = |world: &World| {
        let later = world.server.clone();
        let add = move |call, _: &Request<'_>| {
            let definition =
                hmsffi_core::proto::ServiceDefinition { service_id: "later".into(), ..Default::default() };
            let methods = vec![method("hello", |call, _| reply(call, b"late"))];
            later.register(hmsffi_core::service::ServiceSpec { definition, methods }).expect("register");
            reply(call, b"");
        };
        world.host("adder", vec![method("add", add)]);
    };
    beside("finding::a_service_that_comes_later_is_found", serve, |world, _, _| {
        let add = found(&world.client, "adder", "add");
        assert!(world.client.bind("later", "hello").is_err());
        add.call(&Request::bytes(b""), &CallOptions::default()).expect("added");
        let later = found(&world.client, "later", "hello");
        assert_eq!(call(&later, b""), "late");
    });
}

#[test]
fn what_is_added_while_somebody_connects_is_seen() {
    let directory = tempfile::tempdir().expect("directory");
    let world = || world_in(directory.path(), ServerOptions::default());
    let there = world();
    there.server.start().expect("start");
    for round in 0..200 {
        let (here, id) = (world(), format!("added-{round}"));
        thread::scope(|scope| {
            scope.spawn(|| here.runtime.look_around());
            // At another moment of the other's connecting in each round.
            thread::sleep(Duration::from_micros(25) * (round % 40));
            there.host(&id, vec![method("hello", |call, _| reply(call, b"hello"))]);
        });
        eventually(&format!("{id} is seen"), || here.runtime.registry.get(&id).is_ok());
    }
}
