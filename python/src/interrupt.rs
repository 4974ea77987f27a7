//! Ctrl-C while a thread waits in the core, and exceptions that a handler must not swallow.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;

use hmsffi_sys::*;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::attach::detached;
use crate::exit;

thread_local! {
    static ARMED: Cell<bool> = const { Cell::new(false) };
    /// Calls into the core that Python code of this thread has not come back from.
    static WAITING: Cell<u32> = const { Cell::new(0) };
    static PENDING: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Calls into the core from Python: other threads may run meanwhile, signals end a wait, and handlers may run below.
#[inline]
pub fn waiting<T>(py: Python<'_>, call: impl FnOnce() -> T) -> T {
    calling(|| detached(py, call))
}

/// [`waiting`] for calls that keep the interpreter to themselves.
#[inline]
pub fn calling<T>(call: impl FnOnce() -> T) -> T {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            WAITING.set(WAITING.get() - 1);
        }
    }
    if !ARMED.replace(true) {
        // SAFETY: the function needs no context. It fails only after a fork, where nothing waits.
        unsafe { hms_thread_set_interrupt(Some(signalled), ptr::null_mut(), ptr::null_mut()) };
    }
    WAITING.set(WAITING.get() + 1);
    let _back = Back;
    call()
}

/// What interrupted the call that just failed.
pub fn take_pending() -> Option<PyErr> {
    PENDING.take()
}

/// Whether an exception of a handler ends the program, as KeyboardInterrupt does. It then waits for the Python code below the
/// handler, whose call has to fail.
pub fn keep_if_final(py: Python<'_>, error: &PyErr) -> bool {
    let ends = WAITING.get() > 0 && !error.is_instance_of::<PyException>(py);
    if ends {
        PENDING.set(Some(error.clone_ref(py)));
    }
    ends
}

/// Runs every 100 ms while the thread waits in the core, detached.
unsafe extern "C" fn signalled(_: *mut c_void) -> i32 {
    let Some(_inside) = exit::enter() else { return 1 };
    Python::attach(|py| match py.check_signals() {
        Ok(()) => 0,
        Err(error) => {
            PENDING.set(Some(error));
            1
        }
    })
}
