//! Whether both ends of a lane want the same CPU. Who looks for frames there keeps the one from running that is to send them.
//!
//! Each end tells in a word of its own on which CPU it was when it last woke the other, woke up, or waited. Where an end will be that
//! sleeps, the system decides when it is woken; what it did the last time is the best guess.

use std::thread;

use super::layout::CPU;
use super::memory::{Memory, Wakes};
use super::sync::Ordering::Relaxed;
use crate::call::deadline::now;

/// It woke up where the other end was; beside the number of the CPU and 1.
const WOKE_BESIDE: u32 = 1 << 31;

#[inline(always)]
fn number(memory: &impl Wakes) -> Option<u32> {
    memory.cpu().map(|cpu| cpu + 1)
}

/// This thread has slept until the other end rang.
pub fn woke(memory: &(impl Memory + Wakes)) {
    let Some(here) = number(memory) else { return };
    let is_beside = memory.peer(CPU) & !WOKE_BESIDE == here;
    memory.set(CPU, here | if is_beside { WOKE_BESIDE } else { 0 }, Relaxed);
}

/// Tells where this thread is: before it wakes the other end, and when it waits.
#[inline(always)]
pub fn tell(memory: &(impl Memory + Wakes)) -> Option<u32> {
    let (here, own) = (number(memory)?, memory.own(CPU));
    if own & !WOKE_BESIDE != here {
        memory.set(CPU, own & WOKE_BESIDE | here, Relaxed);
    }
    Some(here)
}

/// The other end has answered long before: in these nanoseconds somebody else had the CPU.
const LONG_YIELD: u64 = 500_000;
/// So many nanoseconds it is left to nobody then.
const NO_YIELD: u64 = 1_000_000_000;
/// So many times in a row who shares a CPU with the other end stays on it all the same: often the system parts the two then, if it has
/// another CPU for one.
const STAYS: u32 = 8;

/// What an end knows of sharing its CPU with the other one.
#[derive(Default)]
pub struct Sharing {
    /// How often in a row it did when it began to wait.
    times: u32,
    /// When the CPU may be left to the other end again: others took it for long.
    yields_from: u64,
}

impl Sharing {
    /// Whether the other end, which is awake or not, cannot run before this thread leaves the CPU, and has not been able to for a while. To be
    /// asked once for each wait.
    #[inline(always)]
    pub fn is_in_the_way(&mut self, memory: &(impl Memory + Wakes), is_awake: bool) -> bool {
        self.times = if is_shared(memory, is_awake) { self.times.saturating_add(1) } else { 0 };
        self.times > STAYS
    }

    /// Leaves this CPU to the other end for a moment. False = not now: who left it lately was long without it, so others want it, and
    /// who sleeps gets it back sooner.
    pub fn yield_cpu(&mut self) -> bool {
        let began = now();
        if began < self.yields_from {
            return false;
        }
        thread::yield_now();
        let back = now();
        if back - began > LONG_YIELD {
            self.yields_from = back + NO_YIELD;
        }
        true
    }
}

/// Whether the other end, which is awake or not, needs the CPU on which this thread waits.
#[inline(always)]
fn is_shared(memory: &(impl Memory + Wakes), is_awake: bool) -> bool {
    let Some(here) = tell(memory) else { return false };
    let other = memory.peer(CPU);
    if is_awake { other & !WOKE_BESIDE == here } else { other & WOKE_BESIDE != 0 }
}
