//! What a call took, for a caller that asks.

use crate::proto::TransportType;
use crate::thread::Thread;

/// What a call took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The way that it took; unspecified when it did not get as far.
    pub transport: TransportType,
    /// Bytes of request and answer that were copied on the way to the handler and back, at both ends. What the handler
    /// calls in its turn on this thread counts too.
    pub bytes_copied: u64,
}

impl Report {
    /// Makes a call and reports on it.
    pub fn on<R>(thread: &Thread, call: impl FnOnce() -> R) -> (R, Report) {
        let before = thread.bytes_copied();
        thread.taken.set(TransportType::Unspecified);
        thread.copied_elsewhere.set(0);
        let outcome = call();
        let bytes_copied = thread.bytes_copied() - before + thread.copied_elsewhere.get();
        (outcome, Report { transport: thread.taken.get(), bytes_copied })
    }
}
