//! Numbers of threads, and what others see of them.

use crate::scheduler::sync::atomic::{AtomicU32, Ordering};
use crate::sync::AtomicPtr;

/// Threads of a scene.
const MOST: usize = 4;

#[derive(Default)]
pub struct Visible {
    pub inside: AtomicPtr<()>,
}

#[derive(Clone, Copy)]
pub struct Thread {
    number: u32,
    pub visible: &'static Visible,
}

crate::scheduler::lazy_static! {
    static ref NEXT: AtomicU32 = AtomicU32::new(0);
    static ref VISIBLE: [Visible; MOST] = Default::default();
}

crate::scheduler::thread_local! {
    static CURRENT: Thread = {
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        Thread { number, visible: Visible::of(number) }
    };
}

impl Visible {
    pub fn of(number: u32) -> &'static Visible {
        &VISIBLE[number as usize]
    }
}

impl Thread {
    pub fn current() -> Thread {
        CURRENT.with(|thread| *thread)
    }

    pub fn number(self) -> u32 {
        self.number
    }
}
