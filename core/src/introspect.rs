//! Counts of what lives in this process, for leak tests and for people.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::shm::link::everyone;
use crate::shm::spin;
use crate::thread::{VISIBLE, Visible};
use crate::{buffer, call};

/// Threads that the library started and that run.
pub static THREADS: AtomicU32 = AtomicU32::new(0);
static QUEUED_BYTES: AtomicI64 = AtomicI64::new(0);

/// What lives in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Threads that the library started and that run.
    pub threads: u32,
    /// Buffers handed out and not released.
    pub buffers: u64,
    /// Their bytes.
    pub buffer_bytes: u64,
    /// Bytes that wait in queues and streams.
    pub queued_bytes: u64,
    /// Calls without an answer.
    pub calls: u64,
    /// Calls made so far.
    pub calls_total: u64,
    /// Bytes copied for calls so far.
    pub bytes_copied_total: u64,
    /// Nanoseconds spent looking for frames of other processes without one so far.
    pub spun_ns_total: u64,
}

/// Adds to the bytes that wait.
pub fn queued(bytes: i64) {
    QUEUED_BYTES.fetch_add(bytes, Ordering::Relaxed);
}

/// Counts everything now.
pub fn snapshot() -> Snapshot {
    let (buffers, buffer_bytes) = buffer::live();
    let of_all = |counter: fn(&Visible) -> &AtomicU64| {
        VISIBLE.iter().map(|thread| counter(thread).load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    };
    Snapshot {
        threads: THREADS.load(Ordering::SeqCst),
        buffers,
        buffer_bytes,
        queued_bytes: QUEUED_BYTES.load(Ordering::Relaxed).max(0) as u64,
        calls: call::cell::open_calls() + everyone::open_calls(),
        calls_total: of_all(|thread| &thread.calls),
        bytes_copied_total: of_all(|thread| &thread.bytes_copied),
        spun_ns_total: spin::spun(),
    }
}
