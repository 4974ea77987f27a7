//! A link that has nothing to do with what goes wrong beside it: it must not notice.

use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hmsffi_core::call::Request;
use hmsffi_core::client::CallOptions;

use crate::linked::found;
use crate::support::{World, method, reply};
use crate::{Role, process, start};

/// The role of the other end.
pub const ROLE: Role = ("bystander", serve);

fn serve(world: &World) {
    world.host("bystander", vec![method("echo", |call, request| reply(call, request.body))]);
    world.server.start().expect("start");
}

/// A process that is called all the time, and the thread that does it.
pub struct Bystander {
    child: Child,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    calls: AtomicU64,
    slowest_ns: AtomicU64,
}

impl Bystander {
    /// Starts both. Small and large calls take turns.
    pub fn start(test: &str, directory: &Path, world: &World) -> Bystander {
        let child = start(test, ROLE.0, directory);
        let echo = found(&world.client, "bystander", "echo");
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let thread = std::thread::spawn(move || {
            let large: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
            while !own.is_over.load(Ordering::SeqCst) {
                let n = own.calls.load(Ordering::SeqCst);
                let body = if n.is_multiple_of(50) { &large[..] } else { &large[..64] };
                let began = Instant::now();
                let answer = echo.call(&Request::bytes(body), &CallOptions::default());
                let took = began.elapsed().as_nanos() as u64;
                match answer {
                    Ok(answer) => assert!(answer.body.as_slice() == body, "another answer"),
                    Err(error) => panic!("the bystander has an error: {error}"),
                }
                own.slowest_ns.fetch_max(took, Ordering::SeqCst);
                own.calls.fetch_add(1, Ordering::SeqCst);
                if n.is_multiple_of(10) {
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
        });
        let bystander = Bystander { child, thread: Some(thread), shared };
        bystander.goes_on();
        bystander
    }

    /// Fails if it has had an error, or stands still.
    pub fn goes_on(&self) {
        let before = self.shared.calls.load(Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(10);
        while self.shared.calls.load(Ordering::SeqCst) == before {
            let thread = self.thread.as_ref().expect("a thread");
            assert!(!thread.is_finished(), "the bystander had an error");
            assert!(Instant::now() < end, "the bystander stands still");
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Ends it; tells how many calls it made, and the slowest.
    pub fn end(mut self) -> (u64, Duration) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.thread.take().expect("a thread").join().expect("no error of the bystander");
        process::kill(&mut self.child);
        (
            self.shared.calls.load(Ordering::SeqCst),
            Duration::from_nanos(self.shared.slowest_ns.load(Ordering::SeqCst)),
        )
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
