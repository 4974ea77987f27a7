//! Lets calls into a service, counts those inside, and closes.
//!
//! Threads count on shards of their own, so that two of them share no cache line. A shard lets calls in while it
//! has allowance; allowance is lent by the server, whose limit is exact: a shard without any takes it from
//! another that does not need it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Service;
use crate::thread::{Padded, SHARDS};

const ONE_ALLOWED: u64 = 1 << 32;

const OPEN: u32 = 0;
const NOT_STARTED: u32 = 1;
const STOPPED: u32 = 2;
const UNREGISTERED: u32 = 3;

/// Counts who is inside.
pub struct Gate {
    state: AtomicU32,
    /// Inside in the low half, allowed in the high half.
    shards: [Padded<AtomicU64>; SHARDS],
    /// Handlers that run on threads of a pool: they may outlive the answer of their call.
    pins: AtomicU64,
}

/// One call inside a service; leaves on drop. The service must outlive it.
pub struct Admission {
    service: *const Service,
    shard: usize,
}

// SAFETY: refers to a service that its holder keeps alive; counting is atomic.
unsafe impl Send for Admission {}

impl Admission {
    #[inline]
    pub(super) fn new(service: &Service, shard: usize) -> Admission {
        Admission { service, shard }
    }
}

impl Drop for Admission {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the holder keeps the service alive.
        let service = unsafe { &*self.service };
        service.gate.leave(self.shard);
        if !service.gate.is_open() {
            service.left_closed();
        }
    }
}

impl Gate {
    pub(super) fn new(limit: i32) -> Gate {
        let allowed = if limit < 0 { u64::from(u32::MAX) << 32 } else { 0 };
        Gate {
            state: AtomicU32::new(NOT_STARTED),
            shards: std::array::from_fn(|_| Padded(AtomicU64::new(allowed))),
            pins: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn enter(&self, shard: usize) -> bool {
        let shard = &self.shards[shard].0;
        let mut now = shard.load(Ordering::Relaxed);
        while (now as u32) < (now >> 32) as u32 {
            // Sequentially consistent, as are close and inside: either we see the gate closed, or they see us.
            match shard.compare_exchange_weak(now, now + 1, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    pub(super) fn enter_with_one_more(&self, shard: usize) {
        self.shards[shard].0.fetch_add(ONE_ALLOWED + 1, Ordering::SeqCst);
    }

    #[inline]
    fn leave(&self, shard: usize) {
        self.shards[shard].0.fetch_sub(1, Ordering::SeqCst);
    }

    /// Takes back one allowance that no call uses.
    pub(super) fn take_unused(&self) -> bool {
        self.shards.iter().any(|shard| {
            shard
                .0
                .fetch_update(Ordering::SeqCst, Ordering::Relaxed, |now| {
                    ((now >> 32) as u32 > now as u32).then(|| now - ONE_ALLOWED)
                })
                .is_ok()
        })
    }

    /// Takes back all allowance of a gate that is closed for good; gives the number.
    pub(super) fn take_all(&self) -> u64 {
        self.shards.iter().map(|shard| shard.0.fetch_and(u64::from(u32::MAX), Ordering::SeqCst) >> 32).sum()
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.state.load(Ordering::SeqCst) == OPEN
    }

    pub(super) fn is_retiring(&self) -> bool {
        self.state.load(Ordering::SeqCst) == UNREGISTERED
    }

    /// Calls and pinned handlers inside.
    pub fn inside(&self) -> u64 {
        self.shards.iter().map(|shard| u64::from(shard.0.load(Ordering::SeqCst) as u32)).sum::<u64>()
            + self.pins.load(Ordering::SeqCst)
    }

    pub(super) fn pin(&self) {
        self.pins.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn unpin(&self) {
        self.pins.fetch_sub(1, Ordering::SeqCst);
    }

    fn set(&self, state: u32) {
        // A service that was unregistered stays so.
        let _ = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| (now != UNREGISTERED).then_some(state));
    }

    pub(super) fn open(&self) {
        self.set(OPEN);
    }

    pub(super) fn stop(&self) {
        self.set(STOPPED);
    }

    pub(super) fn close_for_good(&self) {
        self.set(UNREGISTERED);
    }

    pub(super) fn closed_because(&self) -> &'static str {
        match self.state.load(Ordering::SeqCst) {
            NOT_STARTED => "is registered, but its server has not been started. Call start() on the server",
            STOPPED => "is registered, but its server was stopped. Start it again",
            _ => "was unregistered",
        }
    }
}
