//! Lets calls into a service, counts those inside, and closes.
//!
//! Direct calls count on a shard of their thread, without a locked instruction; all others count on a shared shard. A shard
//! lets calls in while it has allowance. Allowance is lent by the server, whose limit is exact: a shard without any takes it
//! from another that does not need it. The hot side announces itself before it looks at allowance and state, the other side
//! changes those before it looks for announcements, and the barriers between make sure that one of them sees the other.

use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::Service;
use crate::barrier;
use crate::thread::{Padded, SHARDS, Thread};

const ONE_ALLOWED: u64 = 1 << 32;

const OPEN: u32 = 0;
const NOT_STARTED: u32 = 1;
const STOPPED: u32 = 2;
const UNREGISTERED: u32 = 3;
const WITHOUT_SERVER: u32 = 4;
const HOST_ENDED: u32 = 5;

/// Counts who is inside.
pub struct Gate {
    state: AtomicU32,
    /// Of the threads with a shard of their own.
    own: [Padded<OwnShard>; SHARDS],
    /// Of everybody else: inside in the low half, allowed in the high half.
    shared: AtomicU64,
    /// Handlers that run on threads of a pool: they may outlive the answer of their call.
    pins: AtomicU64,
    /// Each shard has all allowance that there can be, and none is moved.
    is_unlimited: bool,
}

#[derive(Default)]
pub(super) struct OwnShard {
    /// Written by the shard's thread only.
    inside: AtomicU32,
    allowed: AtomicU32,
}

/// One call inside a service; leaves on drop. The service must outlive it.
pub struct Admission {
    service: *const Service,
    /// The shard of the thread that counts it; null = the shared one.
    own: *const OwnShard,
}

// SAFETY: only shared admissions leave their thread (`Admission::shared`); the holder keeps the service alive.
unsafe impl Send for Admission {}

impl Admission {
    #[inline]
    pub(super) fn own(service: &Service, own: &OwnShard) -> Admission {
        Admission { service, own }
    }

    pub(super) fn in_shared(service: &Service) -> Admission {
        Admission { service, own: ptr::null() }
    }

    /// The same, counted on the shared shard: it may leave the thread.
    pub(crate) fn shared(mut self) -> Admission {
        // SAFETY: the holder keeps the service alive, and its shards with it.
        if let Some(own) = unsafe { self.own.as_ref() } {
            // SAFETY: as above.
            let gate = unsafe { &(*self.service).gate };
            if gate.is_unlimited {
                gate.shared.fetch_add(1, Ordering::SeqCst);
            } else {
                gate.shared.fetch_add(ONE_ALLOWED + 1, Ordering::SeqCst);
                own.allowed.fetch_sub(1, Ordering::SeqCst);
            }
            // Whoever counts reads this shard first: it finds the call in one of the two.
            own.inside.store(own.inside.load(Ordering::Relaxed) - 1, Ordering::Release);
            self.own = ptr::null();
        }
        self
    }
}

impl Drop for Admission {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the holder keeps the service alive.
        let (service, own) = unsafe { (&*self.service, self.own.as_ref()) };
        service.gate.leave(own);
        if !service.gate.is_open() {
            service.left_closed();
        }
    }
}

impl Gate {
    pub(super) fn new(limit: i32) -> Gate {
        let allowed = if limit < 0 { u32::MAX } else { 0 };
        Gate {
            state: AtomicU32::new(NOT_STARTED),
            own: std::array::from_fn(|_| {
                Padded(OwnShard { inside: AtomicU32::new(0), allowed: AtomicU32::new(allowed) })
            }),
            shared: AtomicU64::new(u64::from(allowed) << 32),
            pins: AtomicU64::new(0),
            is_unlimited: limit < 0,
        }
    }

    /// The gate of a service that no server hosts: never opens.
    pub(super) fn without_server() -> Gate {
        Gate { state: AtomicU32::new(WITHOUT_SERVER), ..Gate::new(0) }
    }

    /// The gate of a service that another process hosts: that process counts.
    pub(super) fn elsewhere() -> Gate {
        Gate { state: AtomicU32::new(OPEN), ..Gate::new(-1) }
    }

    pub(super) fn has_no_server(&self) -> bool {
        self.state.load(Ordering::SeqCst) == WITHOUT_SERVER
    }

    /// Counts a call on its thread's shard, if that has allowance.
    #[inline]
    pub(super) fn enter_own(&self, thread: &Thread) -> Option<&OwnShard> {
        let Padded(shard) = self.own.get(thread.number() as usize)?;
        let inside = shard.inside.load(Ordering::Relaxed);
        shard.inside.store(inside + 1, Ordering::Relaxed);
        barrier::light();
        if inside < shard.allowed.load(Ordering::Relaxed) {
            return Some(shard);
        }
        shard.inside.store(inside, Ordering::Release);
        None
    }

    /// Counts a call on the shared shard, if that has allowance.
    pub(super) fn enter_shared(&self) -> bool {
        let enter = |now: u64| ((now as u32) < (now >> 32) as u32).then_some(now + 1);
        self.shared.fetch_update(Ordering::SeqCst, Ordering::Relaxed, enter).is_ok()
    }

    /// Gives one more allowance to the shard of a thread, or to the shared one.
    pub(super) fn allow(&self, thread: Option<&Thread>) {
        match thread.and_then(|thread| self.own.get(thread.number() as usize)) {
            Some(Padded(shard)) => drop(shard.allowed.fetch_add(1, Ordering::SeqCst)),
            None => drop(self.shared.fetch_add(ONE_ALLOWED, Ordering::SeqCst)),
        }
    }

    #[inline]
    fn leave(&self, own: Option<&OwnShard>) {
        match own {
            Some(shard) => {
                shard.inside.store(shard.inside.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Release);
                // Whoever closes sees that we left, or we see that it is closed.
                barrier::light();
            }
            None => drop(self.shared.fetch_sub(1, Ordering::SeqCst)),
        }
    }

    /// Takes back one allowance that no call uses.
    pub(super) fn take_unused(&self) -> bool {
        let unused = |now: u64| ((now >> 32) as u32 > now as u32).then(|| now - ONE_ALLOWED);
        self.shared.fetch_update(Ordering::SeqCst, Ordering::Relaxed, unused).is_ok()
            || self.own.iter().any(|Padded(shard)| shard.take_unused())
    }

    /// Takes back all allowance of a gate that is closed for good, with nobody inside; gives the number.
    pub(super) fn take_all(&self) -> u64 {
        let own: u64 =
            self.own.iter().map(|shard| u64::from(shard.0.allowed.swap(0, Ordering::SeqCst))).sum();
        own + (self.shared.fetch_and(u64::from(u32::MAX), Ordering::SeqCst) >> 32)
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) == OPEN
    }

    pub(super) fn is_retiring(&self) -> bool {
        self.state.load(Ordering::SeqCst) == UNREGISTERED
    }

    /// Calls and pinned handlers inside.
    pub fn inside(&self) -> u64 {
        barrier::heavy();
        self.own.iter().map(|shard| u64::from(shard.0.inside.load(Ordering::SeqCst))).sum::<u64>()
            + u64::from(self.shared.load(Ordering::SeqCst) as u32)
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
        let change = |now| (now != UNREGISTERED).then_some(state);
        let _ = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change);
    }

    pub(super) fn open(&self) {
        self.set(OPEN);
    }

    pub(super) fn stop(&self) {
        self.set(STOPPED);
    }

    pub(super) fn host_ended(&self) {
        self.set(HOST_ENDED);
    }

    pub(super) fn close_for_good(&self) {
        self.set(UNREGISTERED);
    }

    pub(super) fn closed_because(&self) -> &'static str {
        match self.state.load(Ordering::SeqCst) {
            NOT_STARTED => "is registered, but its server has not been started. Call start() on the server",
            WITHOUT_SERVER => "is registered, but no server of this process hosts it. Host it in one",
            STOPPED => "is registered, but its server was stopped. Start it again",
            HOST_ENDED => "cannot be reached: its process has ended, or the link to it. Start it again",
            _ => "was unregistered",
        }
    }
}

impl OwnShard {
    fn take_unused(&self) -> bool {
        let allowed = self.allowed.load(Ordering::SeqCst);
        if allowed <= self.inside.load(Ordering::SeqCst)
            || self
                .allowed
                .compare_exchange(allowed, allowed - 1, Ordering::SeqCst, Ordering::Relaxed)
                .is_err()
        {
            return false;
        }
        barrier::heavy();
        if self.inside.load(Ordering::SeqCst) < allowed {
            return true;
        }
        // Its thread was faster.
        self.allowed.fetch_add(1, Ordering::SeqCst);
        false
    }
}
