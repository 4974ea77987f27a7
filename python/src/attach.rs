//! Native threads that run Python code, and Python threads that leave the interpreter for a while.

use std::cell::Cell;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::exit;

thread_local! {
    static KEPT: Kept = const { Kept(Cell::new(ptr::null_mut())) };
}

/// The thread state of a native thread. Making one for each call costs some 11 us, so that the thread keeps the first.
struct Kept(Cell<*mut ffi::PyThreadState>);

impl Kept {
    fn ensure(&self) {
        // SAFETY: may be asked on any thread once the interpreter runs.
        if !self.0.get().is_null() || !unsafe { ffi::PyGILState_GetThisThreadState() }.is_null() {
            return;
        }
        // SAFETY: the thread has no state, hence it is not attached. `Ensure` without its `Release` keeps the state alive.
        unsafe {
            ffi::PyGILState_Ensure();
            self.0.set(ffi::PyEval_SaveThread());
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let state = self.0.get();
        if state.is_null() {
            return;
        }
        // Past the gate the interpreter may be gone, and the state with it.
        let Some(_inside) = exit::enter() else { return };
        // SAFETY: the state of this thread, made by `ensure`; this is the `Release` that it left out.
        unsafe {
            ffi::PyEval_RestoreThread(state);
            ffi::PyGILState_Release(ffi::PyGILState_STATE::PyGILState_UNLOCKED);
        }
    }
}

/// Runs Python code on this thread, whoever started it. The caller must be inside the gate of [`exit`].
#[inline]
pub fn attached<T>(f: impl FnOnce(Python<'_>) -> T) -> T {
    // Fails only while the thread ends: it then gets a state for this one time.
    let _ = KEPT.try_with(Kept::ensure);
    Python::attach(f)
}

/// What passes into a detached call although its pointers are not `Send`: it stays on this thread.
struct Here<F>(F);

// SAFETY: `Python::detach` runs the closure on the calling thread; nothing in it is an object of Python.
unsafe impl<F> Send for Here<F> {}

impl<T, F: FnOnce() -> T> Here<F> {
    fn run(self) -> Here<T> {
        let result = Here(self.0());
        exit::stop_if_ended();
        result
    }
}

/// Lets other threads run Python code meanwhile. `f` must not touch objects of Python.
#[inline]
pub fn detached<T>(py: Python<'_>, f: impl FnOnce() -> T) -> T {
    let here = Here(f);
    py.detach(move || here.run()).0
}
