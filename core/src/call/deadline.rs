//! Points in time after which nobody waits.

use std::time::Duration;

/// Nanoseconds of CLOCK_MONOTONIC; 0 = never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline(pub u64);

/// Nanoseconds of CLOCK_MONOTONIC.
#[inline]
pub fn now() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

#[inline]
fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to a struct of ours.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

impl Deadline {
    /// Never.
    pub const NONE: Deadline = Deadline(0);

    /// This long from now; 0 = never.
    pub fn after(timeout_ns: u64) -> Deadline {
        if timeout_ns == 0 { Deadline::NONE } else { Deadline(now().saturating_add(timeout_ns)) }
    }

    /// About this long from now: some milliseconds less at most. Takes the time of the last tick, which costs little.
    pub(crate) fn about(timeout_ns: u64) -> Deadline {
        Deadline(read(libc::CLOCK_MONOTONIC_COARSE).saturating_add(timeout_ns))
    }

    /// The earlier of two.
    #[inline]
    pub fn earliest(self, other: Deadline) -> Deadline {
        match (self.0, other.0) {
            (0, b) => Deadline(b),
            (a, 0) => Deadline(a),
            (a, b) => Deadline(a.min(b)),
        }
    }

    /// Whether there is one and it has passed. Reads the clock only when there is one.
    #[inline]
    pub fn passed(self) -> bool {
        self.0 != 0 && now() >= self.0
    }

    /// Time left; `None` = for ever.
    pub fn left(self) -> Option<Duration> {
        (self.0 != 0).then(|| Duration::from_nanos(self.0.saturating_sub(now())))
    }
}
