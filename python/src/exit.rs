//! The end of the interpreter. A native thread that asks for the interpreter while it goes down takes the process with it, so
//! that a gate is closed before: what comes later is refused, what is inside is waited for.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

static INSIDE: AtomicIsize = AtomicIsize::new(0);
static CLOSED: AtomicBool = AtomicBool::new(false);
static ENDED: AtomicBool = AtomicBool::new(false);

/// Somebody who may use the interpreter.
pub struct Inside(());

/// Passes the gate, unless it is closed.
#[inline]
pub fn enter() -> Option<Inside> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let inside = Inside(());
    if CLOSED.load(Ordering::SeqCst) { None } else { Some(inside) }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

thread_local! {
    /// This thread takes the interpreter down, and is not stopped by that.
    static ENDS: Cell<bool> = const { Cell::new(false) };
}

/// Stops this thread for ever when another takes the interpreter down. To be called before attaching again.
#[inline]
pub fn stop_if_ended() {
    if ENDED.load(Ordering::Relaxed) && !ENDS.get() {
        park();
    }
}

pub fn park() -> ! {
    loop {
        std::thread::park();
    }
}

/// Refuses deliveries from now on and waits for those inside, at most `timeout` seconds; then `grace` seconds for threads that
/// saw the gate open to reach the interpreter before it goes down. Returns how many are still inside.
#[pyfunction]
pub fn close_gate(py: Python<'_>, timeout: f64, grace: f64) -> isize {
    ENDS.set(true);
    CLOSED.store(true, Ordering::SeqCst);
    py.detach(|| {
        let until = Instant::now() + Duration::from_secs_f64(timeout);
        while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        ENDED.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs_f64(grace));
    });
    INSIDE.load(Ordering::SeqCst)
}

/// The child of a fork has none of the threads that were inside. One that is leaves twice, so that the count may fall below zero.
#[pyfunction]
pub fn forget_parent() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// What a function is called with.
pub enum Argument<'a, 'py> {
    One(&'a Bound<'py, PyAny>),
    /// One for each entry.
    Named(&'a Bound<'py, PyDict>),
}

/// Calls a Python function from a thread that the interpreter may not know.
///
/// When the interpreter goes down although the function still runs, CPython up to 3.13 ends the thread as soon as it asks for
/// the interpreter again, by unwinding its stack. That must not reach the frames of the library: the thread stops for ever
/// instead.
#[inline(never)]
pub fn call_and_survive<'py>(
    function: &Bound<'py, PyAny>,
    argument: Argument<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    // The unwinder runs this when it leaves the frame where `cleanup` lies: this one, which called Python.
    unsafe extern "C" fn stop(_: *mut c_void) {
        park();
    }
    let mut cleanup = MaybeUninit::<Cleanup>::uninit();
    // SAFETY: pushed and popped in this frame; the calls take objects, a tuple and a dict, and give a new reference or an
    // exception.
    unsafe {
        _pthread_cleanup_push(cleanup.as_mut_ptr(), stop, ptr::null_mut());
        let result = match argument {
            Argument::One(value) => ffi::PyObject_CallFunctionObjArgs(
                function.as_ptr(),
                value.as_ptr(),
                ptr::null_mut::<ffi::PyObject>(),
            ),
            Argument::Named(values) => {
                let none = PyTuple::empty(function.py());
                ffi::PyObject_Call(function.as_ptr(), none.as_ptr(), values.as_ptr())
            }
        };
        _pthread_cleanup_pop(cleanup.as_mut_ptr(), 0);
        Bound::from_owned_ptr_or_err(function.py(), result)
    }
}

/// `struct _pthread_cleanup_buffer` of glibc.
#[repr(C)]
struct Cleanup {
    routine: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
    cancel_type: c_int,
    previous: *mut Cleanup,
}

unsafe extern "C" {
    fn _pthread_cleanup_push(
        cleanup: *mut Cleanup,
        routine: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    );
    fn _pthread_cleanup_pop(cleanup: *mut Cleanup, execute: c_int);
}
