//! `max_concurrent_calls`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use hmsffi_core::Code;
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::service::{Server, ServerOptions};

use super::call;
use crate::support::{World, eventually, method, reply, text, world};

const LIMITS: [usize; 3] = [1, 2, 100];

fn limited(limit: usize) -> World {
    world(ServerOptions { max_concurrent_calls: limit as i32, ..Default::default() })
}

/// Lets nobody through until it is opened.
#[derive(Default)]
struct Door {
    open: Mutex<bool>,
    opened: Condvar,
    inside: AtomicUsize,
}

impl Door {
    fn pass(&self) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().expect("lock");
        while !*open {
            open = self.opened.wait(open).expect("wait");
        }
    }

    fn open(&self) {
        *self.open.lock().expect("lock") = true;
        self.opened.notify_all();
    }
}

#[test]
fn as_many_direct_calls_run_at_once_as_the_limit_says() {
    for limit in LIMITS {
        let world = limited(limit);
        let door = Arc::new(Door::default());
        let handlers = door.clone();
        world.host(
            "s",
            vec![method("m", move |call: Call, _: &Request<'_>| {
                handlers.pass();
                reply(call, b"");
            })],
        );
        let binding = world.bind("s", "m");
        let refused = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..limit + 8 {
                scope.spawn(|| {
                    if let Err(error) = call(&binding, b"") {
                        assert_eq!(error.code(), Code::ResourceExhausted);
                        assert_eq!(
                            error.message(),
                            format!(
                                "server 'test' serves {limit} calls at once and has reached that limit. Raise \
                                 max_concurrent_calls, or call again later"
                            )
                        );
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            eventually("all have entered or were refused", || {
                door.inside.load(Ordering::SeqCst) + refused.load(Ordering::SeqCst) == limit + 8
            });
            assert_eq!((door.inside.load(Ordering::SeqCst), refused.load(Ordering::SeqCst)), (limit, 8));
            door.open();
        });
        assert!(call(&binding, b"").is_ok(), "there is room again");
    }
}

#[test]
fn the_limit_is_never_passed_by_eight_threads_and_comes_back_whole() {
    for limit in LIMITS {
        let world = limited(limit);
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, peak) = (inside.clone(), most.clone());
        for service in ["a", "b"] {
            let (now, peak) = (now.clone(), peak.clone());
            world.host(
                service,
                vec![method("m", move |call: Call, _: &Request<'_>| {
                    peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                    reply(call, b"");
                })],
            );
        }
        let bindings = [world.bind("a", "m"), world.bind("b", "m")];
        let served = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (bindings, served) = (&bindings, &served);
                scope.spawn(move || {
                    for n in 0..2000 {
                        match call(&bindings[(thread + n) % 2], b"") {
                            Ok(_) => drop(served.fetch_add(1, Ordering::SeqCst)),
                            Err(error) => assert_eq!(error.code(), Code::ResourceExhausted),
                        }
                    }
                });
            }
        });
        assert!(
            most.load(Ordering::SeqCst) <= limit,
            "{} at once, limit {limit}",
            most.load(Ordering::SeqCst)
        );
        assert!(served.load(Ordering::SeqCst) > 0);
        if limit > 8 {
            assert_eq!(served.load(Ordering::SeqCst), 16_000, "eight threads never reach it");
        }
        // Whatever the threads borrowed can be used by this one alone.
        assert_eq!(accepted(&world, limit), limit);
    }
}

/// How many of `limit` + 60 asynchronous calls from eight threads are let in while none is answered.
fn accepted(world: &World, limit: usize) -> usize {
    let held = Arc::new(Mutex::new(Vec::new()));
    let kept = held.clone();
    world.host(
        "held",
        vec![method("m", move |call: Call, _: &Request<'_>| {
            call.retain().expect("retain");
            kept.lock().expect("lock").push(call);
        })],
    );
    let (binding, accepted) = (world.bind("held", "m"), AtomicUsize::new(0));
    let attempts = AtomicUsize::new(limit + 60);
    let one_less = |left: usize| left.checked_sub(1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while attempts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                    match binding.submit(&Request::bytes(b""), &CallOptions::default(), Box::new(drop)) {
                        Ok(_) => drop(accepted.fetch_add(1, Ordering::SeqCst)),
                        Err(error) => assert_eq!(error.code(), Code::ResourceExhausted),
                    }
                }
            });
        }
    });
    let accepted = accepted.load(Ordering::SeqCst);
    eventually("all are held", || held.lock().expect("lock").len() == accepted);
    for call in held.lock().expect("lock").drain(..) {
        reply(call, b"");
    }
    world.server.unregister("held").expect("unregister");
    accepted
}

#[test]
fn eight_threads_get_as_many_asynchronous_calls_in_as_the_limit_says_each_time() {
    for limit in LIMITS {
        let world = limited(limit);
        for _ in 0..3 {
            assert_eq!(accepted(&world, limit), limit);
        }
    }
}

#[test]
fn no_limit_is_no_limit() {
    let world = world(ServerOptions { max_concurrent_calls: -1, ..Default::default() });
    assert_eq!(accepted(&world, 500), 560);
}

#[test]
fn a_limit_that_cannot_be_is_refused() {
    let world = limited(1);
    let options = ServerOptions { max_concurrent_calls: -2, ..Default::default() };
    assert_eq!(Server::new(&world.runtime, options).err().expect("refused").code(), Code::InvalidArgument);
}

#[test]
fn a_server_without_room_stops_when_its_calls_have_ended() {
    let world = limited(2);
    world.host(
        "s",
        vec![method("m", |call: Call, _: &Request<'_>| {
            thread::sleep(Duration::from_millis(30));
            reply(call, b"done");
        })],
    );
    let binding = world.bind("s", "m");
    thread::scope(|scope| {
        let running = [(); 2].map(|()| scope.spawn(|| call(&binding, b"")));
        thread::sleep(Duration::from_millis(10));
        world.server.stop(Some(Duration::from_secs(10))).expect("drained");
        for call in running {
            assert_eq!(text(call.join().expect("join")), "done");
        }
    });
}
