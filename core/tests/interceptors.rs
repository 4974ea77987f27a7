//! User code around the calls of a server.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::{CallOptions, Client};
use hmsffi_core::service::{Interceptor, Method, ServerOptions};
use hmsffi_core::{Code, Error, Result};
use support::{World, eventually, method, reply, text, world};

/// Notes what it sees; refuses bodies that begin with its name.
struct Noting {
    name: &'static str,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Interceptor for Noting {
    fn before(&self, method: &Method, request: &Request<'_>) -> Result<()> {
        self.notes.lock().expect("lock").push(format!("{} before {}", self.name, method.qualified));
        match request.body.starts_with(self.name.as_bytes()) {
            true => Err(Error::new(Code::PermissionDenied, format!("{} says no", self.name))),
            false => Ok(()),
        }
    }

    fn after(&self, method: &Method, code: Code, duration_ns: u64) {
        assert!(duration_ns > 0);
        self.notes.lock().expect("lock").push(format!("{} after {} {}", self.name, method.name, code.name()));
    }
}

fn intercepted() -> (World, Arc<Mutex<Vec<String>>>) {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let notes = Arc::new(Mutex::new(Vec::new()));
    for name in ["outer", "inner"] {
        world.server.intercept(Arc::new(Noting { name, notes: notes.clone() })).expect("intercept");
    }
    (world, notes)
}

#[test]
fn interceptors_stand_around_a_call_in_the_order_in_which_they_were_added() {
    let (world, notes) = intercepted();
    let answer = world.bind("s", "echo").call(&Request::bytes(b"hello"), &CallOptions::default());
    assert_eq!(text(answer), "hello");
    assert_eq!(
        *notes.lock().expect("lock"),
        ["outer before s.echo", "inner before s.echo", "inner after echo OK", "outer after echo OK"]
    );
}

#[test]
fn a_refusal_is_the_answer_and_the_handler_does_not_run() {
    let (world, notes) = intercepted();
    let refused = world.bind("s", "echo").call(&Request::bytes(b"inner"), &CallOptions::default());
    let error = refused.expect_err("refused");
    assert_eq!(
        (error.code(), error.message(), error.source()),
        (Code::PermissionDenied, "inner says no", "s.echo")
    );
    assert_eq!(*notes.lock().expect("lock"), ["outer before s.echo", "inner before s.echo"]);
}

#[test]
fn a_binding_made_before_sees_interceptors_added_after_once_it_is_refreshed() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let binding = world.bind("s", "echo");
    let notes = Arc::new(Mutex::new(Vec::new()));
    world.server.intercept(Arc::new(Noting { name: "late", notes: notes.clone() })).expect("intercept");
    assert!(binding.is_stale());
    let binding = binding.refreshed().expect("refresh");
    let refused = binding.call(&Request::bytes(b"late"), &CallOptions::default());
    assert_eq!(refused.expect_err("refused").code(), Code::PermissionDenied);
}

/// Calls the server that it stands around, once.
struct Curious(std::sync::Weak<Client>, AtomicBool);

impl Interceptor for Curious {
    fn before(&self, _: &Method, _: &Request<'_>) -> Result<()> {
        if self.1.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let client = self.0.upgrade().expect("client");
        client.bind("s", "echo")?.call(&Request::bytes(b"from within"), &CallOptions::default()).map(drop)
    }

    fn after(&self, _: &Method, _: Code, _: u64) {}
}

#[test]
fn an_interceptor_may_use_the_library() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("echo", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let curious = Curious(Arc::downgrade(&world.client), AtomicBool::new(false));
    world.server.intercept(Arc::new(curious)).expect("intercept");
    let answer = world.bind("s", "echo").call(&Request::bytes(b"hello"), &CallOptions::default());
    assert_eq!(text(answer), "hello");
}

#[test]
fn interceptors_see_the_end_of_asynchronous_calls() {
    let (world, notes) = intercepted();
    let binding = world.bind("s", "echo");
    let id = world
        .runtime
        .results
        .submit(&binding, &Request::bytes(b"hello"), &CallOptions::default(), None)
        .expect("submit");
    world
        .runtime
        .results
        .result(&id, None, || true)
        .expect("result")
        .expect("ended")
        .as_ref()
        .as_ref()
        .expect("answer");
    eventually("both saw the end", || notes.lock().expect("lock").len() == 4);
    assert_eq!(notes.lock().expect("lock")[3], "outer after echo OK");
}
