//! Unary calls through a binding.

mod support;

#[path = "calls/answering.rs"]
mod answering;
#[path = "calls/ending.rs"]
mod ending;
#[path = "calls/limiting.rs"]
mod limiting;
#[path = "calls/nesting.rs"]
mod nesting;
#[path = "calls/replicas.rs"]
mod replicas;
#[path = "calls/timing.rs"]
mod timing;

use hmsffi_core::Result;
use hmsffi_core::call::{Request, Response};
use hmsffi_core::client::{Binding, CallOptions};

fn call(binding: &Binding, body: &[u8]) -> Result<Response> {
    binding.call(&Request::bytes(body), &CallOptions::default())
}

/// Milliseconds in which a handler has begun, on a busy machine too.
const TO_BEGIN: u64 = 300;

fn call_within(binding: &Binding, body: &[u8], ms: u64) -> Result<Response> {
    binding.call(&Request::bytes(body), &CallOptions { timeout_ns: ms * 1_000_000, ..CallOptions::default() })
}
