//! Who reads a lane. One thread at a time leads; the others sleep, and any of them may lead next.
//!
//! Whoever wants the lead and finds it held knocks, and the leader looks at the lane once more before it lets go
//! (W6 of performance.md 8.4). So nothing is lost between a leader's last look and its leaving.

use super::sync::{AtomicU32, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Somebody wants the lead, beside HELD.
const KNOCKED: u32 = 1 << 1;

/// The leader has not lent it.
const KEPT: u32 = 0;
/// The leader runs a handler, and somebody may take the lead from it.
const LENT: u32 = 1;

/// The right to read a lane.
#[derive(Default)]
pub struct Lead {
    state: AtomicU32,
    /// A word of its own, so that who lends needs no locked instruction.
    lent: AtomicU32,
}

impl Lead {
    /// Takes the lead if nobody has it.
    #[inline]
    pub fn take(&self) -> bool {
        self.state.compare_exchange(FREE, HELD, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Takes the lead, or knocks. Who does not get it may sleep, on a bell that it has read before.
    #[inline]
    pub fn take_or_knock(&self) -> bool {
        loop {
            if self.take() {
                return true;
            }
            let held = self.state.load(Ordering::Acquire);
            // Also over another's knock: the leader must see what each of them did before.
            if held != FREE
                && self
                    .state
                    .compare_exchange(held, held | KNOCKED, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok()
            {
                return false;
            }
        }
    }

    /// Lets go. False if somebody knocked: the leader keeps the lead, must arm anew and look once more.
    #[inline]
    pub fn let_go(&self) -> bool {
        let free = self.state.compare_exchange(HELD, FREE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !free {
            self.state.swap(HELD, Ordering::AcqRel);
        }
        free
    }

    /// Whether somebody has it.
    pub fn is_held(&self) -> bool {
        self.state.load(Ordering::Acquire) != FREE
    }

    /// The leader will do something else for a while.
    #[inline]
    pub fn lend(&self) {
        self.lent.store(LENT, Ordering::Release);
    }

    /// Takes the lead while it is lent: by who has lent it, or by somebody else, if that takes too long.
    #[inline]
    pub fn take_lent(&self) -> bool {
        self.lent.compare_exchange(LENT, KEPT, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
