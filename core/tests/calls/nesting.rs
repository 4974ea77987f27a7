//! Calls within calls.

use std::sync::Arc;

use hmsffi_core::call::{Call, Context, Request};
use hmsffi_core::service::{Dispatch, MethodSpec, ServerOptions};
use hmsffi_core::{Code, Error};

use super::{call, call_within};
use crate::support::{World, method, reply, text, world};

/// A method `down` that calls itself as deep as its request says, or for ever, and tells how deep it came.
fn recursing() -> World {
    let world = world(ServerOptions { max_concurrent_calls: -1, ..Default::default() });
    let client = Arc::downgrade(&world.client);
    let down = move |inbound: Call, request: &Request<'_>| {
        let left = u32::from_le_bytes(request.body.try_into().expect("4 bytes"));
        if left == 0 {
            let depth = Context::current().map_or(0, |context| context.depth);
            return reply(inbound, depth.to_string().as_bytes());
        }
        let binding = client.upgrade().expect("client").bind("s", "down").expect("bind");
        inbound.answer(call(&binding, &(left - 1).to_le_bytes())).expect("answer");
    };
    world.host("s", vec![method("down", down)]);
    world
}

#[test]
fn calls_may_nest_a_thousand_deep_where_the_stack_has_room() {
    let world = recursing();
    let answer = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || text(call(&world.bind("s", "down"), &1000u32.to_le_bytes())));
    assert_eq!(answer.expect("spawn").join().expect("join"), "1000");
}

#[test]
fn endless_recursion_is_refused_before_the_stack_ends() {
    for stack in [64 << 10, 256 << 10, 8 << 20] {
        let world = recursing();
        let thread = std::thread::Builder::new().stack_size(stack).spawn(move || {
            let binding = world.bind("s", "down");
            let error = call(&binding, &u32::MAX.to_le_bytes()).expect_err("too deep");
            assert!(call(&binding, &1u32.to_le_bytes()).is_ok(), "the next call is served");
            error
        });
        let error = thread.expect("spawn").join().expect("join");
        assert_eq!((error.code(), error.source()), (Code::ResourceExhausted, "s.down"));
        assert!(error.message().starts_with("s.down was called at depth "), "{error}");
        assert!(
            error.message().ends_with("Bound the recursion, or mark the method for pool dispatch"),
            "{error}"
        );
    }
}

#[test]
fn a_handler_thread_serves_calls_of_its_own_server_itself() {
    let world = world(ServerOptions { pool_threads: 1, ..Default::default() });
    let client = Arc::downgrade(&world.client);
    let outer = move |inbound: Call, request: &Request<'_>| {
        let binding = client.upgrade().expect("client").bind("s", "inner").expect("bind");
        inbound.answer(call_within(&binding, request.body, 5000)).expect("answer");
    };
    let inner = |call: Call, request: &Request<'_>| reply(call, request.body);
    let pool = |spec: MethodSpec| MethodSpec { dispatch: Dispatch::Pool, ..spec };
    world.host("s", vec![pool(method("outer", outer)), pool(method("inner", inner))]);
    assert_eq!(text(call(&world.bind("s", "outer"), b"x")), "x");
}

#[test]
fn failures_of_nested_calls_keep_their_order() {
    let world = world(ServerOptions::default());
    let client = Arc::downgrade(&world.client);
    let outer = move |inbound: Call, _: &Request<'_>| {
        let binding = client.upgrade().expect("client").bind("s", "inner").expect("bind");
        let behind = call(&binding, b"").expect_err("fails");
        inbound.answer(Err(Error::new(Code::Unknown, "outer").with_cause(behind))).expect("answer");
    };
    let inner = |inbound: Call, _: &Request<'_>| {
        inbound.answer(Err(Error::not_found("inner").with_stack("in inner"))).expect("answer");
    };
    world.host("s", vec![method("outer", outer), method("inner", inner)]);
    let error = call(&world.bind("s", "outer"), b"").expect_err("fails");
    let behind = error.cause().expect("cause");
    assert_eq!((error.message(), behind.message(), behind.stack()), ("outer", "inner", "in inner"));
    assert_eq!(behind.code(), Code::NotFound);
}
