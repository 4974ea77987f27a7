//! Starting, stopping and unregistering while calls run.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::proto::ServiceDefinition;
use hmsffi_core::runtime::Runtime;
use hmsffi_core::service::{Handler, MethodSpec, Server, ServerOptions, ServiceSpec};

use super::{TO_BEGIN, call, call_within};
use crate::support::{eventually, method, reply, text, world};

/// Waits to be told before it answers, and tells when it is dropped.
struct Watched {
    go: Mutex<mpsc::Receiver<()>>,
    inside: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
}

impl Handler for Watched {
    fn serve(&self, call: Call, _: &Request<'_>) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let _ = self.go.lock().expect("lock").recv();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let _ = call.answer(Ok(hmsffi_core::call::Response::new(
            hmsffi_core::buffer::Buffer::copy_of(b"done"),
            hmsffi_core::codec::Encoding::Bytes,
        )));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        assert_eq!(self.inside.load(Ordering::SeqCst), 0, "dropped while it runs");
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

struct Counts {
    go: mpsc::Sender<()>,
    inside: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
}

fn watched() -> (MethodSpec, Counts) {
    let (go, wait) = mpsc::channel();
    let (inside, drops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let handler = Watched { go: Mutex::new(wait), inside: inside.clone(), drops: drops.clone() };
    let spec = MethodSpec { name: "m".into(), handler: Some(Box::new(handler)), ..Default::default() };
    (spec, Counts { go, inside, drops })
}

#[test]
fn of_several_versions_the_one_that_is_named_is_changed() {
    let world = world(ServerOptions::default());
    for version in ["1.0.0", "2.1.0"] {
        let definition =
            ServiceDefinition { service_id: "s".into(), version: version.into(), ..Default::default() };
        let methods = vec![method("m", |call: Call, _: &Request<'_>| reply(call, b""))];
        world.server.register(ServiceSpec { definition, methods }).expect("register");
    }
    let added = || method("added", |call: Call, _: &Request<'_>| reply(call, b""));
    let unclear = world.server.add_method("s", added()).expect_err("which?");
    assert_eq!(
        (unclear.code(), unclear.message()),
        (
            Code::InvalidArgument,
            "server 'test' hosts 's' in several versions. Name one of them: s@1.0.0, s@2.1.0"
        )
    );
    world.server.add_method("s@1.0.0", added()).expect("add");
    assert!(world.client.bind("s@^1", "added").is_ok() && world.client.bind("s@^2", "added").is_err());
    assert_eq!(world.server.unregister("s").expect_err("which?").code(), Code::InvalidArgument);
    world.server.unregister("s@^2").expect("unregister");
    assert!(world.client.bind("s@2.1.0", "m").is_err() && world.client.bind("s", "m").is_ok());
    let gone = world.server.unregister("s@2.1.0").expect_err("gone");
    assert_eq!(
        (gone.code(), gone.message()),
        (Code::NotFound, "server 'test' hosts no service 's@2.1.0'. It hosts: s@1.0.0")
    );
    world.server.unregister("s").expect("the only one");
}

#[test]
fn stop_waits_for_the_calls_of_a_service_that_was_unregistered() {
    let world = world(ServerOptions::default());
    let (spec, counts) = watched();
    world.host("s", vec![spec]);
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        let running = scope.spawn(|| call(&binding, b""));
        eventually("it runs", || counts.inside.load(Ordering::SeqCst) == 1);
        world.server.unregister("s").expect("unregister");
        let draining = world.server.stop(Some(Duration::from_millis(20))).expect_err("it still runs");
        assert_eq!(draining.code(), Code::DeadlineExceeded);
        counts.go.send(()).expect("go");
        assert!(world.server.stop(Some(Duration::from_secs(10))).is_ok());
        assert_eq!(text(running.join().expect("join")), "done");
    });
}

#[test]
fn a_handler_is_dropped_once_after_the_last_call() {
    let world = world(ServerOptions::default());
    let (spec, counts) = watched();
    world.host("s", vec![spec]);
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        let running: Vec<_> = [0, 0, 10_000]
            .map(|within| {
                scope.spawn({
                    let binding = &binding;
                    move || call_within(binding, b"", within)
                })
            })
            .into();
        eventually("one runs and two wait", || counts.inside.load(Ordering::SeqCst) == 3);
        world.server.unregister("s").expect("unregister");
        assert_eq!(
            call(&binding, b"").expect_err("gone").message(),
            "service 's' of server 'test' was unregistered"
        );
        assert_eq!(world.client.bind("s", "m").err().expect("gone").code(), Code::NotFound);
        for _ in 0..3 {
            assert_eq!(counts.drops.load(Ordering::SeqCst), 0);
            counts.go.send(()).expect("go");
        }
        for call in running {
            assert_eq!(text(call.join().expect("join")), "done");
        }
    });
    eventually("the handler was dropped", || counts.drops.load(Ordering::SeqCst) == 1);
    drop((binding, world));
    assert_eq!(counts.drops.load(Ordering::SeqCst), 1);
}

#[test]
fn an_abandoned_handler_is_dropped_after_it_has_ended() {
    let world = world(ServerOptions::default());
    let (spec, counts) = watched();
    world.host("s", vec![spec]);
    assert_eq!(
        call_within(&world.bind("s", "m"), b"", TO_BEGIN).expect_err("late").code(),
        Code::DeadlineExceeded
    );
    world.server.unregister("s").expect("unregister");
    thread::sleep(Duration::from_millis(20));
    assert_eq!((counts.inside.load(Ordering::SeqCst), counts.drops.load(Ordering::SeqCst)), (1, 0));
    counts.go.send(()).expect("go");
    eventually("the handler was dropped", || counts.drops.load(Ordering::SeqCst) == 1);
}

#[test]
fn a_retained_call_keeps_its_handler() {
    let world = world(ServerOptions::default());
    let held = Arc::new(Mutex::new(None));
    struct Kept(Arc<Mutex<Option<Call>>>, Arc<AtomicBool>);
    impl Handler for Kept {
        fn serve(&self, call: Call, _: &Request<'_>) {
            call.retain().expect("retain");
            *self.0.lock().expect("lock") = Some(call);
        }
    }
    impl Drop for Kept {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let handler = Kept(held.clone(), dropped.clone());
    world.host(
        "s",
        vec![MethodSpec { name: "m".into(), handler: Some(Box::new(handler)), ..Default::default() }],
    );
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| call(&binding, b""));
        eventually("the call is held", || held.lock().expect("lock").is_some());
        world.server.unregister("s").expect("unregister");
        assert!(!dropped.load(Ordering::SeqCst));
        reply(held.lock().expect("lock").take().expect("call"), b"late");
        assert_eq!(text(waiting.join().expect("join")), "late");
    });
    eventually("the handler was dropped", || dropped.load(Ordering::SeqCst));
}

#[test]
fn unregistering_under_load_loses_no_call_and_drops_each_handler_once() {
    let world = world(ServerOptions::default());
    let drops = Arc::new(AtomicUsize::new(0));
    struct Counted(Arc<AtomicUsize>);
    impl Handler for Counted {
        fn serve(&self, call: Call, request: &Request<'_>) {
            reply(call, request.body);
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let host = |drops: &Arc<AtomicUsize>| {
        let handler = Box::new(Counted(drops.clone()));
        world.host("s", vec![MethodSpec { name: "m".into(), handler: Some(handler), ..Default::default() }]);
    };
    host(&drops);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    let Ok(binding) = world.client.bind("s", "m") else { continue };
                    for _ in 0..50 {
                        match call(&binding, b"x") {
                            Ok(answer) => assert_eq!(answer.body.as_slice(), b"x"),
                            Err(error) => assert_eq!(error.code(), Code::Unavailable, "{error}"),
                        }
                    }
                }
            });
        }
        for _ in 0..100 {
            world.server.unregister("s").expect("unregister");
            host(&drops);
        }
        over.store(true, Ordering::SeqCst);
    });
    eventually("all but the last were dropped", || drops.load(Ordering::SeqCst) == 100);
    drop(world);
    assert_eq!(drops.load(Ordering::SeqCst), 101);
}

#[test]
fn stop_lets_calls_end_and_refuses_new_ones_until_start() {
    let world = world(ServerOptions::default());
    let (spec, counts) = watched();
    world.host("s", vec![spec]);
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        let running = scope.spawn(|| call(&binding, b""));
        eventually("it runs", || counts.inside.load(Ordering::SeqCst) == 1);
        let error = world.server.stop(Some(Duration::from_millis(20))).expect_err("one runs");
        assert_eq!(
            (error.code(), error.message()),
            (
                Code::DeadlineExceeded,
                "server 'test' takes no more calls, but 1 still run. Wait longer, or cancel them"
            )
        );
        assert_eq!(
            call(&binding, b"").expect_err("stopped").to_string(),
            "UNAVAILABLE (14): service 's' of server 'test' is registered, but its server was stopped. Start it again"
        );
        let stopping = scope.spawn(|| world.server.stop(Some(Duration::from_secs(10))));
        counts.go.send(()).expect("go");
        stopping.join().expect("join").expect("drained");
        assert_eq!(text(running.join().expect("join")), "done");
    });
    assert!(!world.server.is_running());
    world.server.start().expect("start");
    counts.go.send(()).expect("go");
    assert_eq!(text(call(&binding, b"")), "done");
}

#[test]
fn a_server_that_was_not_started_says_so() {
    let runtime = Runtime::new("").expect("runtime");
    let server =
        Server::new(&runtime, ServerOptions { name: "idle".into(), ..Default::default() }).expect("server");
    let definition = ServiceDefinition { service_id: "s".into(), ..Default::default() };
    let methods = vec![method("m", |call: Call, request: &Request<'_>| reply(call, request.body))];
    server.register(ServiceSpec { definition, methods }).expect("register");
    let client = hmsffi_core::client::Client::new(runtime.clone(), Default::default()).expect("client");
    let binding = client.bind("s", "m").expect("bind");
    assert_eq!(
        call(&binding, b"").expect_err("not started").to_string(),
        "UNAVAILABLE (14): service 's' of server 'idle' is registered, but its server has not been started. Call \
         start() on the server"
    );
    server.start().expect("start");
    assert_eq!(text(call(&binding, b"x")), "x");
}

#[test]
fn a_handler_may_stop_and_unregister_its_own_service() {
    let world = world(ServerOptions::default());
    let server = Arc::downgrade(&world.server);
    world.host(
        "s",
        vec![method("end", move |call: Call, _: &Request<'_>| {
            let server = server.upgrade().expect("server");
            server.unregister("s").expect("unregister");
            server.stop(None).expect("stop does not wait for the call it is called from");
            reply(call, b"ended");
        })],
    );
    let binding = world.bind("s", "end");
    assert_eq!(text(call(&binding, b"")), "ended");
    assert!(!world.server.is_running());
}

#[test]
fn a_method_without_a_handler_is_unavailable() {
    let world = world(ServerOptions::default());
    world.host("s", vec![MethodSpec { name: "m".into(), ..Default::default() }]);
    let error = call(&world.bind("s", "m"), b"").expect_err("no handler");
    assert_eq!(
        error.to_string(),
        "UNAVAILABLE (14): s.m is registered without a handler. Register one for it"
    );
}

#[test]
fn closing_a_client_ends_its_bindings() {
    let world = world(ServerOptions::default());
    world.host("s", vec![method("m", |call: Call, request: &Request<'_>| reply(call, request.body))]);
    let binding = world.bind("s", "m");
    world.client.close();
    let error = call(&binding, b"").expect_err("closed");
    assert_eq!(error.to_string(), "FAILED_PRECONDITION (9): the client was closed. Make a new one");
}
