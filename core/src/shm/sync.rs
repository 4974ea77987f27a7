//! What the threads of this process share in a lane is made of these. Models put loom's in their place.

pub use std::cell::UnsafeCell;
pub use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering, fence};
pub use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Looks for something that another thread does at once, as long as it has a CPU.
const LOOKS: u32 = 100;
/// Between two looks, when it seems to have none.
const PAUSE: Duration = Duration::from_micros(50);

/// Lets another thread go on for which this one has looked so often.
pub fn give_way(looks: u32) {
    if looks < LOOKS { std::hint::spin_loop() } else { std::thread::sleep(PAUSE) }
}
