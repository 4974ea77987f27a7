//! What the threads of this process share in a lane is made of these. Models put loom's in their place.

pub use std::cell::UnsafeCell;
pub use std::sync::atomic::{AtomicU32, Ordering, fence};

pub use crate::biased::{Biased as Lock, Guard};
