use hmsffi_core::Code;
use hmsffi_core::call::{Report, Request};
use hmsffi_core::client::{Binding, CallOptions, Client, ClientOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::dispatch::Doors;
use hmsffi_core::proto::{GetOptimalTransportRequest, GetOptimalTransportResponse, TransportType};
use hmsffi_core::service::{Server, ServerOptions};
use hmsffi_core::thread::Thread;

use prost::Message;

use super::{beside, found};
use crate::linked::call;
use crate::support::{World, eventually, method, reply};

const ALL: [TransportType; 2] = [TransportType::InProcess, TransportType::SharedMemory];

fn serve(world: &World) {
    let pid = std::process::id().to_string();
    world.host("who", vec![method("am_i", move |call, _| reply(call, pid.as_bytes()))]);
}

fn within(doors: Doors) -> CallOptions {
    CallOptions { doors, reported: true, ..CallOptions::default() }
}

/// Who answered, and what the call took.
fn asked(am_i: &Binding, doors: Doors) -> (u32, Report) {
    let (answer, report) =
        Report::on(Thread::current(), || am_i.call(&Request::bytes(b""), &within(doors)).expect("answer"));
    (String::from_utf8_lossy(answer.body.as_slice()).parse().expect("a number"), report)
}

#[test]
fn a_call_takes_the_nearest_way_that_it_is_allowed_and_says_which() {
    let test = "choosing::a_call_takes_the_nearest_way_that_it_is_allowed_and_says_which";
    beside(test, serve, |world, child, _| {
        let away = found(&world.client, "who", "am_i");
        // The first call asks for the method's number too.
        assert_eq!(call(&away, b""), child.id().to_string());
        let (pid, report) = asked(&away, Doors::ALL);
        assert_eq!((pid, report.transport), (child.id(), TransportType::SharedMemory));
        // The process id is copied into the ring and out of it.
        assert_eq!(report.bytes_copied, 2 * child.id().to_string().len() as u64);

        world.server.start().expect("start");
        serve(world);
        let near = found(&world.client, "who", "am_i");
        let here = std::process::id();
        for (doors, expected) in [
            (Doors::ALL, (here, TransportType::InProcess)),
            (Doors::only(ALL[0]), (here, TransportType::InProcess)),
            (Doors::only(ALL[1]), (child.id(), TransportType::SharedMemory)),
            (Doors::ALL.without(1 << ALL[0] as u32), (child.id(), TransportType::SharedMemory)),
        ] {
            let (pid, report) = asked(&near, doors);
            assert_eq!((pid, report.transport), expected, "{doors}");
        }
        let error = near.call(&Request::bytes(b""), &within(Doors::NONE)).expect_err("no way");
        assert_eq!(error.code(), Code::Unavailable, "{error}");
    });
}

#[test]
fn the_way_to_a_service_of_another_process_is_shared_memory() {
    beside("choosing::the_way_to_a_service_of_another_process_is_shared_memory", serve, |world, _, _| {
        found(&world.client, "who", "am_i");
        let manager = world.bind("hms.ffi.v1.TransportManager", "GetOptimalTransport");
        let request = GetOptimalTransportRequest { target_service_id: "who".into(), ..Default::default() };
        let body = request.encode_to_vec();
        let request = Request { encoding: Encoding::Protobuf, ..Request::bytes(&body) };
        let answer = manager.call(&request, &CallOptions::default()).expect("a way");
        let answer = GetOptimalTransportResponse::decode(answer.body.as_slice()).expect("Protobuf");
        let transport = answer.transport.expect("transport");
        assert_eq!(transport.r#type(), TransportType::SharedMemory);
        assert_eq!(transport.config["hms.rejected.in_process"], "no process hosts both source and target");
    });
}

#[test]
fn a_client_keeps_to_its_ways() {
    beside("choosing::a_client_keeps_to_its_ways", serve, |world, child, _| {
        found(&world.client, "who", "am_i");
        world.server.start().expect("start");
        serve(world);
        let client = |doors| {
            Client::new(world.runtime.clone(), ClientOptions { doors, ..ClientOptions::default() })
                .expect("client")
        };
        assert_eq!(call(&found(&client(Doors::only(ALL[1])), "who", "am_i"), b""), child.id().to_string());
        let near = found(&client(Doors::only(ALL[0])), "who", "am_i");
        assert_eq!(call(&near, b""), std::process::id().to_string());
        // What a call allows beyond that of its client does not count.
        assert!(near.call(&Request::bytes(b""), &within(Doors::only(ALL[1]))).is_err());
    });
}

#[test]
fn a_server_is_reached_only_by_the_ways_in_that_it_has() {
    let serve = |world: &World| {
        let options = ServerOptions { doors: Doors::only(ALL[0]), ..ServerOptions::default() };
        let private = Server::new(&world.runtime, options).expect("server");
        private.start().expect("start");
        serve(&World {
            server: private.clone(),
            runtime: world.runtime.clone(),
            client: world.client.clone(),
        });
        assert!(world.client.bind("who", "am_i").is_ok());
        // The server lives as long as the process.
        std::mem::forget(private);
        world.host("open", vec![method("hello", |call, _| reply(call, b"hello"))]);
    };
    beside("choosing::a_server_is_reached_only_by_the_ways_in_that_it_has", serve, |world, _, _| {
        eventually("the open one is found", || {
            world.client.bind("open", "hello").is_ok_and(|hello| call(&hello, b"") == "hello")
        });
        assert_eq!(world.client.bind("who", "am_i").err().map(|e| e.code()), Some(Code::NotFound));
    });
}
