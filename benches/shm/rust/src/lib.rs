//! The measuring loop of the peers in Rust, the same as `measure.c`.

use std::env;
use std::time::Instant;

/// The bytes of a request and of its answer.
pub const ECHO_SIZE: usize = 64;

/// What a request and its answer carry.
pub type Body = [u8; ECHO_SIZE];

/// The side that a program plays.
pub enum Side {
    /// Serves at the address until it is stopped.
    Server(String),
    /// Makes so many calls to the address.
    Client(String, usize),
}

/// Reads `server ADDRESS` or `client ADDRESS CALLS`.
pub fn side() -> Side {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (Some("server"), Some(address), None) => Side::Server(address),
        (Some("client"), Some(address), Some(calls)) => {
            Side::Client(address, calls.parse().expect("CALLS is a number"))
        }
        _ => panic!("usage: server ADDRESS | client ADDRESS CALLS"),
    }
}

/// Tells the runner that clients may come.
pub fn ready() {
    println!("ready");
}

/// The times of the calls that were made.
pub struct Times {
    name: &'static str,
    nanoseconds: Vec<u64>,
    calls: usize,
    warm_up: usize,
    made: u64,
}

impl Times {
    /// For so many calls and those that warm up.
    pub fn new(name: &'static str, calls: usize) -> Self {
        Self { name, nanoseconds: Vec::with_capacity(calls), calls, warm_up: calls / 10 + 100, made: 0 }
    }

    /// The next request, each another one; none when enough were made.
    pub fn next_request(&mut self) -> Option<Body> {
        if self.nanoseconds.len() == self.calls {
            return None;
        }
        self.made += 1;
        let mut request = [0; ECHO_SIZE];
        request[..8].copy_from_slice(&self.made.to_le_bytes());
        request[ECHO_SIZE - 8..].copy_from_slice(&self.made.to_le_bytes());
        Some(request)
    }

    /// A call ended now.
    pub fn ended(&mut self, start: Instant, request: &Body, answer: &[u8]) {
        let took = start.elapsed();
        assert_eq!(request, answer, "the answer is not the request");
        if self.made > self.warm_up as u64 {
            self.nanoseconds.push(took.as_nanos() as u64);
        }
    }

    /// Prints a line of JSON.
    pub fn print(mut self) {
        self.nanoseconds.sort_unstable();
        let calls = self.nanoseconds.len();
        println!(
            r#"{{"case": "{}", "median_ns": {}, "p99_ns": {}, "calls": {calls}}}"#,
            self.name,
            self.nanoseconds[calls / 2],
            self.nanoseconds[calls - 1 - calls / 100],
        );
    }
}

/// Calls one after the other.
pub fn measure(name: &'static str, calls: usize, mut call: impl FnMut(&Body) -> Body) {
    let mut times = Times::new(name, calls);
    while let Some(request) = times.next_request() {
        let start = Instant::now();
        let answer = call(&request);
        times.ended(start, &request, &answer);
    }
    times.print();
}
