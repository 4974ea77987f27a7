//! Runtimes that find each other in the domain of a directory.
#![allow(dead_code)] // each test file uses its part

pub mod roles;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hmsffi_core::call::Request;
use hmsffi_core::client::{Binding, CallOptions, Client, ClientOptions};
use hmsffi_core::domain::Domain;
use hmsffi_core::runtime::Runtime;
use hmsffi_core::service::{Server, ServerOptions};

use crate::support::{self, World};

/// A server and a client of a runtime in the domain of this directory.
pub fn world_in(directory: &Path, options: ServerOptions) -> World {
    let domain = Domain::within(directory, "test").expect("domain");
    world_of(Runtime::in_domain("test", domain).expect("runtime"), options)
}

/// A server and a client of a runtime.
pub fn world_of(runtime: Arc<Runtime>, options: ServerOptions) -> World {
    let server = Server::new(&runtime, ServerOptions { name: "test".into(), ..options }).expect("server");
    let client = Client::new(runtime.clone(), ClientOptions::default()).expect("client");
    World { runtime, server, client }
}

/// All files below a directory.
pub fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("directory").map(|entry| entry.expect("entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A binding to a method that another process will host.
pub fn found(client: &Arc<Client>, service: &str, method: &str) -> Binding {
    let mut binding = None;
    support::eventually(&format!("{service}.{method} is found"), || {
        binding = client.bind(service, method).ok();
        binding.is_some()
    });
    binding.expect("found")
}

/// Calls a method with these bytes; gives the answer, or the error, as text.
pub fn call(binding: &Binding, body: &[u8]) -> String {
    match binding.call(&Request::bytes(body), &CallOptions::default()) {
        Ok(answer) => String::from_utf8_lossy(answer.body.as_slice()).into_owned(),
        Err(error) => error.to_string(),
    }
}
