//! Which inbound call the code that runs here serves.

use std::cell::{Cell, OnceCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::inbound::Call;
use crate::python::RUNNING_CALL;

/// A handler that runs on this thread's stack.
pub struct Frame {
    call: hms_call_t,
    /// Made when the handler asks for it.
    object: OnceCell<Py<Call>>,
    outer: *const Frame,
}

thread_local! {
    static INNERMOST: Cell<*const Frame> = const { Cell::new(ptr::null()) };
}

/// Whether calls were served by coroutines, which carry theirs in a context variable.
static COROUTINES: AtomicBool = AtomicBool::new(false);

/// Runs a handler as the one that serves `call`, and gives the object that it asked for, if it did.
pub fn serving<T>(call: hms_call_t, handler: impl FnOnce() -> T) -> (T, Option<Py<Call>>) {
    struct Leave(*const Frame);
    impl Drop for Leave {
        fn drop(&mut self) {
            INNERMOST.set(self.0);
        }
    }

    let frame = Frame { call, object: OnceCell::new(), outer: INNERMOST.get() };
    let result = {
        let _leave = Leave(frame.outer);
        INNERMOST.set(&frame);
        handler()
    };
    (result, frame.object.into_inner())
}

pub fn coroutines_serve() {
    COROUTINES.store(true, Ordering::Relaxed);
}

/// The call that the running handler serves; None outside of handlers.
#[pyfunction]
pub fn current_call(py: Python<'_>) -> PyResult<Option<Py<Call>>> {
    let frame = INNERMOST.get();
    if frame.is_null() {
        return of_coroutine(py);
    }
    // SAFETY: a frame of this thread's stack, below us.
    let frame = unsafe { &*frame };
    if frame.object.get().is_none() {
        let _ = frame.object.set(Py::new(py, Call::new(py, frame.call)?)?);
    }
    Ok(frame.object.get().map(|call| call.clone_ref(py)))
}

/// On whose behalf a call is made, where the core cannot know it: handlers on its stack it knows.
#[inline]
pub fn parent(py: Python<'_>) -> PyResult<Option<hms_call_t>> {
    if !COROUTINES.load(Ordering::Relaxed) || !INNERMOST.get().is_null() {
        return Ok(None);
    }
    Ok(of_coroutine(py)?.and_then(|call| call.get().unanswered()))
}

fn of_coroutine(py: Python<'_>) -> PyResult<Option<Py<Call>>> {
    if !COROUTINES.load(Ordering::Relaxed) {
        return Ok(None);
    }
    Ok(RUNNING_CALL.get(py)?.call_method0("get")?.extract()?)
}
