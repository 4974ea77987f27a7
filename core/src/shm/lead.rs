//! Who reads a lane. One thread at a time leads; the others sleep, and any of them may lead next.
//!
//! Whoever wants the lead and finds it held knocks, and the leader looks at the lane once more before it lets go
//! (W6 of performance.md 8.4). So nothing is lost between a leader's last look and its leaving.

use super::sync::{AtomicU32, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
const KNOCKED: u32 = 2;
/// The leader runs a handler. Somebody may take the lead from it.
const LENT: u32 = 3;

/// The right to read a lane.
#[derive(Default)]
pub struct Lead(AtomicU32);

impl Lead {
    /// Takes the lead, or knocks. Who does not get it may sleep, on a bell that it has read before.
    #[inline]
    pub fn take_or_knock(&self) -> bool {
        loop {
            match self.0.compare_exchange(FREE, HELD, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                // Whoever has it arms anew before it lets go, so it need not be told.
                Err(KNOCKED | LENT) => return false,
                Err(_) => {
                    if self.0.compare_exchange(HELD, KNOCKED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return false;
                    }
                }
            }
        }
    }

    /// Lets go. False if somebody knocked: the leader keeps the lead, must arm anew and look once more.
    #[inline]
    pub fn let_go(&self) -> bool {
        let free = self.0.compare_exchange(HELD, FREE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !free {
            self.0.store(HELD, Ordering::Release);
        }
        free
    }

    /// The leader will do something else for a while. Who has knocked so far need not knock again: a leader that comes back, or
    /// one that takes the lead from it, arms anew before it lets go.
    #[inline]
    pub fn lend(&self) {
        self.0.swap(LENT, Ordering::AcqRel);
    }

    /// Takes the lead while it is lent: by who has lent it, or by somebody else, if that takes too long.
    #[inline]
    pub fn take_lent(&self) -> bool {
        self.0.compare_exchange(LENT, HELD, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
