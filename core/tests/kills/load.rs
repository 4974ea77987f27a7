//! Calls of all shapes to a server that will be killed, each with a number: the server notes which it has run, where
//! that outlives it, so what is said of a failed call can be checked.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use hmsffi_core::call::{Outcome, Request};
use hmsffi_core::client::{Binding, CallOptions, Client};
use hmsffi_core::{Code, Error};

use crate::linked::{call, found};
use crate::support::eventually;

pub const LARGE: usize = 300_000;
/// Bytes of a number, with which a body begins.
const NUMBER: usize = 8;

/// Calls that follow each other, or calls that are under way at once: method, bytes, how many.
const ONE_BY_ONE: [(&str, usize, usize); 4] =
    [("echo", 64, 1), ("pooled", 64, 1), ("echo", LARGE, 1), ("hold", NUMBER, 1)];
/// The many of 3,900 bytes are more than a ring takes: some of them are never sent.
const AT_ONCE: [(&str, usize, usize); 5] =
    [("echo", 64, 8), ("echo", 3900, 48), ("pooled", 5000, 4), ("pooled", LARGE, 2), ("hold", 10, 8)];

/// Notes that a call is run.
pub fn note(notes: &File, body: &[u8]) {
    if let Some(number) = body.first_chunk() {
        notes.write_at(&[1], u64::from_le_bytes(*number)).expect("a note");
    }
}

/// How a call of a dead server ended, and when.
struct Failed {
    number: u64,
    when: Instant,
    error: Error,
}

/// What has been said of calls that failed.
#[derive(Default)]
pub struct Told {
    not_sent: usize,
    may_have_run: usize,
    /// Of those.
    have_run: usize,
}

impl Told {
    pub fn add(&mut self, other: &Told) {
        self.not_sent += other.not_sent;
        self.may_have_run += other.may_have_run;
        self.have_run += other.have_run;
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { not_sent, may_have_run, have_run } = self;
        write!(
            f,
            "calls that failed: {not_sent} were not sent, {may_have_run} may have run ({have_run} have)"
        )
    }
}

/// The calls of one server.
pub struct Load {
    due: usize,
    failed: Receiver<Failed>,
}

/// What all calls of a server share.
#[derive(Clone)]
struct Source {
    binding: Arc<Binding>,
    len: usize,
    numbers: Arc<AtomicU64>,
    failed: Sender<Failed>,
}

impl Load {
    /// Begins to call `echo`, `pooled` and `hold` of a service that is about to start.
    pub fn on(client: &Arc<Client>, service: &str) -> Load {
        // The one before is remembered, so a binding may be to it until the new one is known.
        eventually("the new one answers", || call(&found(client, service, "echo"), b"x") == "x");
        let (failing, failed) = channel();
        let numbers = Arc::new(AtomicU64::new(0));
        let source = |name: &str, len| Source {
            binding: Arc::new(found(client, service, name)),
            len,
            numbers: numbers.clone(),
            failed: failing.clone(),
        };
        for (name, len, _) in ONE_BY_ONE {
            source(name, len).call_until_it_fails();
        }
        for (name, len, count) in AT_ONCE {
            let source = source(name, len);
            (0..count).for_each(|_| source.clone().submit_until_it_fails());
        }
        let due = ONE_BY_ONE.iter().chain(&AT_ONCE).map(|(.., count)| count).sum();
        Load { due, failed }
    }

    /// Waits until all calls of the dead server have failed; fails if not each says truly what happened to it. Gives
    /// how long the last one took.
    pub fn failures(self, killed: Instant, notes: &File, hang: Duration) -> (Duration, Told) {
        let (mut last, mut told) = (Duration::ZERO, Told::default());
        for n in 0..self.due {
            let Ok(Failed { number, when, error }) = self.failed.recv_timeout(hang) else {
                panic!("{} of {} calls hang", self.due - n, self.due);
            };
            assert_eq!(error.code(), Code::Unavailable, "{error}");
            let has_run = noted(notes, number);
            match error.detail("hms.maybe_executed") {
                Some("false") => {
                    assert!(!has_run, "call {number} has run: {error}");
                    told.not_sent += 1;
                }
                Some("true") => {
                    told.may_have_run += 1;
                    told.have_run += usize::from(has_run);
                }
                _ => panic!("whether it has run is not said: {error:?}"),
            }
            last = last.max(when.saturating_duration_since(killed));
        }
        (last, told)
    }
}

fn noted(notes: &File, number: u64) -> bool {
    let mut note = [0];
    matches!(notes.read_at(&mut note, number), Ok(1)) && note == [1]
}

impl Source {
    fn next(&self) -> (u64, Vec<u8>) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut body = vec![number as u8; self.len];
        body[..NUMBER].copy_from_slice(&number.to_le_bytes());
        (number, body)
    }

    fn fail(&self, number: u64, error: Error) {
        let _ = self.failed.send(Failed { number, when: Instant::now(), error });
    }

    fn call_until_it_fails(self) {
        std::thread::spawn(move || {
            loop {
                let (number, body) = self.next();
                match self.binding.call(&Request::bytes(&body), &CallOptions::default()) {
                    Ok(answer) => assert!(answer.body.as_slice() == body, "another answer"),
                    Err(error) => return self.fail(number, error),
                }
            }
        });
    }

    fn submit_until_it_fails(self) {
        let (number, body) = self.next();
        let sent = body.clone();
        let again = self.clone();
        let completion = move |outcome: Outcome| match outcome {
            Ok(answer) => {
                assert!(answer.body.as_slice() == body, "another answer");
                again.submit_until_it_fails();
            }
            Err(error) => again.fail(number, error),
        };
        if let Err(error) =
            self.binding.submit(&Request::bytes(&sent), &CallOptions::default(), Box::new(completion))
        {
            self.fail(number, error);
        }
    }
}
