//! Both sides as strong as the pair is: what a barrier in each thread of a process does cannot be said here.

use crate::sync::{Ordering, fence};

pub fn light() {
    fence(Ordering::SeqCst);
}

pub fn heavy() {
    fence(Ordering::SeqCst);
}
