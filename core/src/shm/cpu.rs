//! Whether both ends of a lane want the same CPU. Who looks for frames there keeps the one from running that is to send them.
//!
//! Each end tells in a word of its own on which CPU it was when it last woke the other, woke up, or waited. Where an end will be that
//! sleeps, the system decides when it is woken; what it did the last time is the best guess.

use super::layout::CPU;
use super::memory::{Memory, Wakes};
use super::sync::Ordering::Relaxed;

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

/// Whether the other end, which is awake or not, needs the CPU on which this thread waits.
#[inline(always)]
pub fn is_shared(memory: &(impl Memory + Wakes), is_awake: bool) -> bool {
    let Some(here) = tell(memory) else { return false };
    let other = memory.peer(CPU);
    if is_awake { other & !WOKE_BESIDE == here } else { other & WOKE_BESIDE != 0 }
}
