//! Too little memory, addresses or descriptors at one end of a link: what needs more fails, and nothing else.

use std::fs::{File, remove_file};
use std::path::Path;
use std::time::{Duration, Instant};

use hmsffi_core::buffer::Buffer;
use hmsffi_core::call::{Call, Outcome, Request, Response};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::StreamType;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::stream::{Item, Received, Stream};
use hmsffi_core::{Code, Error};
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::bystander::{self, Bystander};
use crate::footprint::lowest_free_descriptor;
use crate::linked::{call, found, world_in};
use crate::process::contained::with_folder;
use crate::support::{World, method, reply, stream_method};
use crate::{Role, as_role, in_roles, process, start};

/// Needs an arena of its own, which does not fit into what [`scarce`] leaves.
const LARGE: usize = 20 << 20;
const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

/// What this process has too little of.
#[derive(Clone, Copy)]
enum Scarce {
    Addresses,
    Descriptors,
}

/// From now on there is hardly any more of it; gives the limit that was.
fn scarce(what: Scarce) -> (Resource, Rlimit) {
    let (resource, most) = match what {
        Scarce::Addresses => {
            let statm = std::fs::read_to_string("/proc/self/statm").expect("statm");
            let pages: u64 = statm.split(' ').next().expect("size").parse().expect("a number");
            (Resource::As, pages * 4096 + (8 << 20))
        }
        Scarce::Descriptors => (Resource::Nofile, lowest_free_descriptor()),
    };
    let limit = getrlimit(resource);
    setrlimit(resource, Rlimit { current: Some(most), ..limit }).expect("limit");
    (resource, limit)
}

fn plenty() {
    for resource in [Resource::As, Resource::Nofile] {
        let limit = getrlimit(resource);
        setrlimit(resource, Rlimit { current: limit.maximum, ..limit }).expect("limit");
    }
}

fn worker(world: &World) {
    let make = |call: Call, request: &Request<'_>| {
        let len = u64::from_le_bytes(request.body.try_into().expect("a number"));
        reply(call, &vec![5; len as usize]);
    };
    let limit = |what| {
        move |call: Call, _: &Request<'_>| {
            scarce(what);
            reply(call, b"");
        }
    };
    let free = |call: Call, _: &Request<'_>| {
        plenty();
        reply(call, b"");
    };
    let swallow = |call: Call, _: &Request<'_>| {
        let stream = call.stream().expect("stream");
        while let Ok(Received::Item(_)) = stream.receive(PATIENCE) {}
        // Who sent too much has failed already.
        let _ = call.answer(Ok(Response::new(Buffer::EMPTY, Encoding::Bytes)));
    };
    let pour = |call: Call, request: &Request<'_>| {
        let stream = call.stream().expect("stream");
        let len = u64::from_le_bytes(request.body.try_into().expect("a number")) as usize;
        while let Ok(None) = stream.send(item(len), PATIENCE) {}
        let _ = call.answer(Err(Error::aborted("nobody receives")));
    };
    world.host(
        "worker",
        vec![
            method("echo", |call, request| reply(call, request.body)),
            method("make", make),
            method("few_addresses", limit(Scarce::Addresses)),
            method("few_descriptors", limit(Scarce::Descriptors)),
            method("plenty", free),
            stream_method("swallow", StreamType::BidirectionalStreaming, swallow),
            stream_method("pour", StreamType::ServerStreaming, pour),
        ],
    );
    world.server.start().expect("start");
}

const ROLES: [Role; 2] = [bystander::ROLE, ("worker", worker)];

struct Bench<'a> {
    world: &'a World,
    bystander: Bystander,
}

impl Bench<'_> {
    fn method(&self, name: &str) -> Binding {
        found(&self.world.client, "worker", name)
    }

    fn echo(&self, len: usize) -> Outcome {
        self.method("echo").call(&Request::bytes(&vec![3; len]), &CallOptions::default())
    }

    fn make(&self, len: usize) -> Outcome {
        self.method("make").call(&Request::bytes(&(len as u64).to_le_bytes()), &CallOptions::default())
    }

    fn open(&self, name: &str, request: &[u8]) -> Stream {
        self.method(name).open_stream(&Request::bytes(request), &CallOptions::default()).expect("open")
    }

    /// Fails for want of memory, soon, and nothing else does.
    fn exhausted(&self, what: &str, attempt: impl FnOnce(&Self) -> Result<(), Error>) {
        let began = Instant::now();
        let error = attempt(self).err().unwrap_or_else(|| panic!("{what} needs more than there is"));
        assert_eq!(error.code(), Code::ResourceExhausted, "{what}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{what}: told late");
        assert_eq!(call(&self.method("echo"), b"small"), "small", "small calls go on after {what}");
        self.bystander.goes_on();
    }

    fn works(&self) {
        assert_eq!(self.echo(LARGE).expect("room for a request and an answer").body.as_slice().len(), LARGE);
        assert_eq!(self.make(LARGE).expect("room for an answer").body.as_slice().len(), LARGE);
    }
}

/// A test of one process that calls `worker` beside a bystander.
fn with_worker(test: &'static str, run: fn(&Bench<'_>, &Path)) {
    let alone = |directory: &Path| {
        let world = world_in(directory, ServerOptions::default());
        let bystander = Bystander::start(test, directory, &world);
        let mut child = start(test, "worker", directory);
        let bench = Bench { world: &world, bystander };
        assert_eq!(call(&bench.method("echo"), b"x"), "x");
        run(&bench, directory);
        bench.bystander.end();
        process::kill(&mut child);
    };
    in_roles(test, alone, &ROLES, &[]);
}

fn item(len: usize) -> Item {
    Item { body: Buffer::from(vec![4; len]), encoding: Encoding::Bytes, content_type: None }
}

fn send_until_refused(bench: &Bench<'_>) -> Result<(), Error> {
    let stream = bench.open("swallow", b"");
    for len in [10, LARGE, 10, 10] {
        stream.send(item(len), PATIENCE)?;
    }
    stream.finish();
    stream.receive(PATIENCE).map(drop)
}

fn receive_until_refused(bench: &Bench<'_>) -> Result<(), Error> {
    let stream = bench.open("pour", &(LARGE as u64).to_le_bytes());
    stream.receive(PATIENCE).map(drop)
}

#[test]
fn what_a_server_cannot_take_up_fails_and_works_again_later() {
    let run = |bench: &Bench<'_>, _: &Path| {
        for limit in ["few_addresses", "few_descriptors"] {
            assert_eq!(call(&bench.method(limit), b""), "");
            bench.exhausted("a request", |bench| bench.echo(LARGE).map(drop));
            bench.exhausted("a message of a stream", send_until_refused);
            assert_eq!(call(&bench.method("plenty"), b""), "");
        }
        bench.works();
    };
    with_worker("memory::what_a_server_cannot_take_up_fails_and_works_again_later", run);
}

#[test]
fn what_a_client_cannot_take_up_fails_and_works_again_later() {
    let run = |bench: &Bench<'_>, _: &Path| {
        for what in [Scarce::Addresses, Scarce::Descriptors] {
            let (resource, limit) = scarce(what);
            bench.exhausted("an answer", |bench| bench.make(LARGE).map(drop));
            bench.exhausted("a message of a stream", receive_until_refused);
            setrlimit(resource, limit).expect("limit");
        }
        bench.works();
    };
    with_worker("memory::what_a_client_cannot_take_up_fails_and_works_again_later", run);
}

/// Takes all the room in `/dev/shm`, until it is dropped.
struct Filler(&'static str);

impl Filler {
    fn new() -> Filler {
        let filler = Filler("/dev/shm/filler");
        let file = File::create(filler.0).expect("a file");
        let left = statvfs("/dev/shm").expect("statvfs");
        fallocate(&file, FallocateFlags::empty(), 0, left.f_bavail * left.f_bsize).expect("all of it");
        filler
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        remove_file(self.0).expect("remove");
    }
}

#[test]
fn with_a_full_folder_of_named_memory_small_calls_go_on() {
    const TEST: &str = "memory::with_a_full_folder_of_named_memory_small_calls_go_on";
    if process::role().is_none() {
        let directory = tempfile::tempdir().expect("directory");
        let Some(mut alone) = with_folder(&as_role(TEST, "alone", directory.path()), "128m") else {
            return eprintln!("{TEST}: needs unshare(1) and the right to make namespaces");
        };
        alone.env("HMSFFI_SHM_BACKEND", "named");
        return assert!(alone.status().expect("run").success(), "failed in its own process");
    }
    let run = |bench: &Bench<'_>, _: &Path| {
        {
            let _full = Filler::new();
            bench.exhausted("a request", |bench| bench.echo(LARGE).map(drop));
            bench.exhausted("an answer", |bench| bench.make(LARGE).map(drop));
            bench.exhausted("a message to the server", send_until_refused);
            bench.exhausted("a message from the server", receive_until_refused);
        }
        bench.works();
        let names = std::fs::read_dir("/dev/shm").expect("the folder").count();
        assert_eq!(names, 0, "who has opened a segment needs its name no more");
    };
    with_worker(TEST, run);
}
