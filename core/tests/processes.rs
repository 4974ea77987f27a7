//! Services of one process, called from another through shared memory.

mod process;
mod support;

#[path = "processes/calling.rs"]
mod calling;
#[path = "processes/dying.rs"]
mod dying;
#[path = "processes/finding.rs"]
mod finding;
#[path = "processes/streaming.rs"]
mod streaming;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;

use hmsffi_core::call::Request;
use hmsffi_core::client::{Binding, CallOptions, Client, ClientOptions};
use hmsffi_core::domain::Domain;
use hmsffi_core::runtime::Runtime;
use hmsffi_core::service::{Server, ServerOptions};
use support::World;

/// A server and a client of a runtime in the domain of this directory.
fn world_in(directory: &Path, options: ServerOptions) -> World {
    let domain = Domain::within(directory, "test").expect("domain");
    let runtime = Runtime::in_domain("test", domain).expect("runtime");
    let server = Server::new(&runtime, ServerOptions { name: "test".into(), ..options }).expect("server");
    let client = Client::new(runtime.clone(), ClientOptions::default()).expect("client");
    World { runtime, server, client }
}

/// Runs a test in two processes: one serves, the other calls.
fn beside(test: &str, serve: impl FnOnce(&World), call: impl FnOnce(&World, &mut Child, &Path)) {
    if let Some(directory) = process::role() {
        let world = world_in(&PathBuf::from(directory), ServerOptions::default());
        serve(&world);
        world.server.start().expect("start");
        process::stay();
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let mut child = process::again(test, directory.path()).spawn().expect("another process");
    let world = world_in(directory.path(), ServerOptions::default());
    call(&world, &mut child, directory.path());
    drop(world);
    drop(child.stdin.take());
    let _ = child.wait();
    support::eventually("no file is left", || walk(directory.path()).is_empty());
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("directory").map(|entry| entry.expect("entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A binding to a method that another process will host.
fn found(client: &Arc<Client>, service: &str, method: &str) -> Binding {
    let mut binding = None;
    support::eventually(&format!("{service}.{method} is found"), || {
        binding = client.bind(service, method).ok();
        binding.is_some()
    });
    binding.expect("found")
}

/// Calls a method with these bytes; gives the answer, or the error, as text.
fn call(binding: &Binding, body: &[u8]) -> String {
    match binding.call(&Request::bytes(body), &CallOptions::default()) {
        Ok(answer) => String::from_utf8_lossy(answer.body.as_slice()).into_owned(),
        Err(error) => error.to_string(),
    }
}
