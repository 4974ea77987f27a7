//! Frames in any order, sent to an end that serves and to one that calls.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arbtest::arbitrary::{Result, Unstructured};
use hmsffi_core::call::{Call, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::domain::Domain;
use hmsffi_core::proto::StreamType;
use hmsffi_core::service::ServerOptions;
use hmsffi_core::shm::layout::Header;

use crate::liar::Liar;
use crate::linked::{call, found, world_in};
use crate::support::{World, method, reply, stream_method};
use crate::{fuzz, header};

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics of threads of the library, from now on.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let is_ours = std::thread::current().name().is_some_and(|name| name.starts_with("hms-"));
            PANICS.fetch_add(usize::from(is_ours), Ordering::SeqCst);
            before(info);
        }));
    });
}

fn frames(u: &mut Unstructured<'_>) -> Result<Vec<(Header, Vec<u8>)>> {
    let frame = |u: &mut Unstructured<'_>| {
        let len = u.int_in_range(0..=300)?;
        Ok((header(u)?, u.bytes(len.min(u.len()))?.to_vec()))
    };
    (0..u.int_in_range(1..=80)?).map(|_| frame(u)).collect()
}

fn hold(call: Call, _: &Request<'_>) {
    call.retain().expect("retain");
    let _ = call.on_cancel(Box::new(move || drop(call.answer(Err(hmsffi_core::Error::aborted("given up"))))));
}

fn host(world: &World) {
    let echo = method("echo", |call, request| reply(call, request.body));
    let both = stream_method("both", StreamType::BidirectionalStreaming, hold);
    world.host("home", vec![echo, both, method("hold", hold)]);
    world.server.start().expect("start");
}

/// What an honest process would notice.
fn nothing_is_wrong(honest: &World) {
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "a thread of the library panics");
    assert_eq!(call(&found(&honest.client, "home", "echo"), b"x"), "x", "another link goes on");
}

#[test]
fn whatever_a_caller_sends_only_its_own_link_ends() {
    count_panics();
    let directory = tempfile::tempdir().expect("directory");
    let world = world_in(directory.path(), ServerOptions::default());
    host(&world);
    let honest = world_in(directory.path(), ServerOptions::default());
    let domain = Domain::within(directory.path(), "test").expect("domain");
    fuzz(|u| {
        let frames = frames(u)?;
        let entry = domain.entries().expect("entries").into_iter().next().expect("who hosts");
        let socket = domain.connect(&entry).expect("a connection");
        let liar = Liar::connect(socket, std::process::id()).expect("accepted");
        for method in ["echo", "both", "hold"] {
            liar.resolve(method);
        }
        for (header, body) in &frames {
            liar.send(header, body);
        }
        nothing_is_wrong(&honest);
        Ok(())
    });
}

#[test]
fn whatever_a_server_answers_only_its_own_link_ends() {
    count_panics();
    let directory = tempfile::tempdir().expect("directory");
    let other = world_in(directory.path(), ServerOptions::default());
    host(&other);
    let world = world_in(directory.path(), ServerOptions::default());
    let options = CallOptions { timeout_ns: 20_000_000, ..CallOptions::default() };
    fuzz(|u| {
        let frames = frames(u)?;
        std::thread::scope(|scope| {
            let lying = scope.spawn(|| {
                let liar = Liar::accept(directory.path());
                for (header, body) in &frames {
                    liar.send(header, body);
                }
                liar.is_thrown_out_within(Duration::from_millis(100));
            });
            // The one before may be known for a while yet.
            while !lying.is_finished() {
                world.runtime.look_around();
                let Ok(go) = world.client.bind("liar", "go") else { continue };
                let _ = go.submit(&Request::bytes(b"1"), &options, Box::new(|_| ()));
                let _ = go.call(&Request::bytes(&[5; 200]), &options);
            }
            lying.join().expect("a liar");
        });
        nothing_is_wrong(&world);
        Ok(())
    });
}
