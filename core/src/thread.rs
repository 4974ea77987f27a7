//! What the library keeps for each thread: a number, free buffers and call cells, the call that runs.

mod current;

use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crate::arena::Arena;
use crate::buffer::Blocks;
use crate::call::cell::CallCell;
use crate::call::context::Context;
use crate::dispatch::{Completion, Queue};
use crate::hazard::Announced;
use crate::kept::Kept;
use crate::proto::TransportType;
use crate::{barrier, fork};

/// Shards of a gate: the threads with lower numbers have one each for themselves.
pub const SHARDS: usize = 16;

/// A value on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

/// Asks whether a wait should end: non-zero = stop waiting.
pub type InterruptCheck = unsafe extern "C" fn(ctx: *mut std::ffi::c_void) -> i32;

/// What other threads see of a thread. The next thread with its number goes on with it.
#[repr(align(128))]
#[derive(Default)]
pub(crate) struct Visible {
    /// What it reads without a lock.
    pub announced: Announced,
    /// The biased lock that it holds.
    pub inside: AtomicPtr<()>,
    /// Calls that it made.
    pub calls: AtomicU64,
    /// Bytes that it copied for calls.
    pub bytes_copied: AtomicU64,
}

/// Of all threads, by their numbers.
pub(crate) static VISIBLE: Arena<Visible> = Arena::new();

impl Visible {
    pub(crate) fn of(number: u32) -> &'static Visible {
        loop {
            if let Some(visible) = VISIBLE.get(number) {
                return visible;
            }
            let fresh = VISIBLE.grow(|_| Visible::default());
            assert!(!fresh.is_empty(), "there are more than 16 million threads");
        }
    }
}

/// Adds to a counter that only this thread writes to.
#[inline(always)]
pub(crate) fn count(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// State of the current thread. Like what it keeps, it shares no cache line with another thread's.
#[repr(align(128))]
pub struct Thread {
    number: u32,
    /// The innermost call whose handler runs on this thread.
    pub context: Cell<*const Context>,
    pub(crate) cells: Kept<CallCell>,
    pub(crate) blocks: Blocks,
    /// Runs while this thread waits, so that a host can stop the wait (Python's KeyboardInterrupt).
    pub interrupt: Cell<Option<(InterruptCheck, *mut std::ffi::c_void)>>,
    /// The server whose handler thread this is; 0 = none.
    pub pool: Cell<u64>,
    /// The single-threaded executor that this thread is; 0 = none.
    pub executor: Cell<u64>,
    /// The queue that it polls now.
    pub(crate) polls: Cell<*const Queue>,
    /// What it has fetched for that queue.
    pub(crate) fetched: RefCell<Vec<Completion>>,
    /// The way that the last call from here took.
    pub(crate) taken: Cell<TransportType>,
    /// Bytes that the other end copied for it.
    pub(crate) copied_elsewhere: Cell<u64>,
    pub(crate) visible: &'static Visible,
    stack: Stack,
}

struct Stack {
    low: usize,
    /// Bytes that a handler must find; 0 = the stack is not known.
    reserve: usize,
}

thread_local! {
    static OWNER: Owner = const { Owner };
}

/// Gives a thread's state back when the thread ends.
struct Owner;

impl Drop for Owner {
    fn drop(&mut self) {
        let thread = current::replace(ptr::null());
        // A forked child must not touch locks that another thread may have held.
        if thread.is_null() || fork::forked() {
            return;
        }
        // SAFETY: made by Box::into_raw in `start`, and no longer reachable.
        let thread = unsafe { Box::from_raw(thread.cast_mut()) };
        thread.give_back();
    }
}

impl Thread {
    /// Bytes that this thread has copied for calls.
    pub(crate) fn bytes_copied(&self) -> u64 {
        self.visible.bytes_copied.load(Ordering::Relaxed)
    }

    /// The current thread's state, made at its first use.
    #[inline]
    pub fn current() -> &'static Thread {
        let thread = current::get();
        // The reference is used only on this thread and never kept beyond a call, so it cannot outlive the
        // thread although it says 'static.
        // SAFETY: not null, and freed only when the thread ends.
        if thread.is_null() { Self::start() } else { unsafe { &*thread } }
    }

    #[cold]
    fn start() -> &'static Thread {
        barrier::init();
        let number = numbers::take();
        let thread = Box::into_raw(Box::new(Thread {
            number,
            visible: Visible::of(number),
            context: Cell::new(ptr::null()),
            cells: Kept::new(32),
            blocks: Blocks::default(),
            interrupt: Cell::new(None),
            pool: Cell::new(0),
            executor: Cell::new(0),
            polls: Cell::new(ptr::null()),
            fetched: RefCell::default(),
            taken: Cell::new(TransportType::Unspecified),
            copied_elsewhere: Cell::new(0),
            stack: Stack::current(),
        }));
        current::replace(thread);
        // Fails only while the thread ends; the state is then given up with the thread.
        let _ = OWNER.try_with(|_| ());
        // SAFETY: just made.
        unsafe { &*thread }
    }

    fn give_back(&self) {
        CallCell::give_back(self.cells.take_all());
        self.blocks.give_back();
        numbers::put(self.number);
    }

    /// A small number, unique among the threads that live.
    #[inline]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Runs `f` as if no handler ran on this thread: calls made there inherit nothing.
    pub(crate) fn outside_handlers<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Thread, *const Context);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.context.set(self.1);
            }
        }
        let _restore = Restore(self, self.context.replace(ptr::null()));
        f()
    }

    /// Whether the host wants this thread's wait to end.
    pub fn interrupted(&self) -> bool {
        // SAFETY: the host set check and context for this thread.
        self.interrupt.get().is_some_and(|(check, ctx)| unsafe { check(ctx) } != 0)
    }

    /// Whether less stack is left below this frame than a handler must find. Nothing is known of a foreign stack.
    #[inline(always)]
    pub fn stack_is_short(&self) -> bool {
        let marker = 0u8;
        let here = ptr::from_ref(&marker) as usize;
        here.wrapping_sub(self.stack.low) < self.stack.reserve
    }
}

impl Stack {
    fn current() -> Stack {
        #[cfg(target_os = "linux")]
        // SAFETY: plain queries about the current thread with memory of our own.
        unsafe {
            let mut attributes = std::mem::zeroed();
            if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) == 0 {
                let (mut low, mut size, mut guard) = (ptr::null_mut(), 0, 0);
                let known = libc::pthread_attr_getstack(&attributes, &mut low, &mut size) == 0;
                libc::pthread_attr_getguardsize(&attributes, &mut guard);
                libc::pthread_attr_destroy(&mut attributes);
                if known {
                    let reserve = (size.saturating_sub(guard) / 8).clamp(12 << 10, 128 << 10);
                    return Stack { low: low as usize + guard, reserve };
                }
            }
        }
        Stack { low: 0, reserve: 0 }
    }
}

/// Small numbers for threads, used again after a thread ends.
mod numbers {
    use super::{AtomicU32, Mutex, Ordering};

    static NEXT: AtomicU32 = AtomicU32::new(0);
    static FREE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

    pub fn take() -> u32 {
        let mut free = FREE.lock().unwrap_or_else(|e| e.into_inner());
        // The lowest, so that a few long-lived threads keep shards of their own.
        match free.iter().enumerate().min_by_key(|(_, n)| **n).map(|(i, _)| i) {
            Some(i) => free.swap_remove(i),
            None => NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    pub fn put(number: u32) {
        FREE.lock().unwrap_or_else(|e| e.into_inner()).push(number);
    }
}
