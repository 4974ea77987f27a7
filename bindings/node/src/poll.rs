//! The queue on the event loop: one poll handle for each environment.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use hmsffi_sys::*;
use napi_sys::*;

use crate::environment::Environment;
use crate::failure::{Result, core, failed};
use crate::js::Js;
use crate::uv;

/// How many completions are taken at once.
const BATCH: usize = 64;
/// After so many batches timers and other handles have their turn.
const BATCHES: usize = 16;
/// How many nanoseconds the loop looks for more before it sleeps: a caller on another thread that calls again finds it awake.
const LINGER_NS: u64 = 5_000;

pub struct Poll {
    handle: *mut uv::Handle,
    context: napi_async_context,
    alive: Cell<bool>,
}

fn layout() -> Option<Layout> {
    Layout::from_size_align(uv::poll_handle_size()?, align_of::<u128>()).ok()
}

/// A handle on the loop of this thread. It does not keep the loop alive.
pub fn start(js: Js, queue: hms_queue_t) -> Result<Poll> {
    let unable =
        |what: &str| failed(HMS_STATUS_UNAVAILABLE, &format!("the event loop of this Node.js {what}"));
    let layout =
        layout().ok_or_else(|| unable("has poll handles that this version of hmsffi does not know"))?;
    let (mut event_loop, mut fd, mut context) = (ptr::null_mut(), -1, ptr::null_mut());
    // SAFETY: places that are valid for the calls; the handle's memory is as long as libuv says, zeroed and aligned.
    unsafe {
        core(|error| hms_queue_fd(queue, &mut fd, error))?;
        napi_get_uv_event_loop(js.0, &mut event_loop);
        napi_async_init(js.0, ptr::null_mut(), js.text("hmsffi"), &mut context);
        let handle = alloc_zeroed(layout).cast::<uv::Handle>();
        if handle.is_null() || uv::uv_poll_init(event_loop.cast(), handle, fd) != 0 {
            return Err(unable("cannot watch a descriptor"));
        }
        Ok(Poll { handle, context, alive: Cell::new(false) })
    }
}

impl Poll {
    /// # Safety
    /// The environment must live until `stop`.
    pub unsafe fn watch(&self, environment: *const Environment) {
        // SAFETY: a handle that was initialised.
        unsafe {
            uv::uv_handle_set_data(self.handle, environment.cast_mut().cast());
            uv::uv_poll_start(self.handle, uv::READABLE, on_ready);
            uv::uv_unref(self.handle);
        }
    }

    /// Whether the loop goes on while there is nothing else to do.
    pub fn keep_alive(&self, alive: bool) {
        if self.alive.replace(alive) == alive {
            return;
        }
        // SAFETY: an open handle.
        unsafe { if alive { uv::uv_ref(self.handle) } else { uv::uv_unref(self.handle) } }
    }

    pub fn stop(&self) {
        // SAFETY: an open handle.
        unsafe { uv::uv_poll_stop(self.handle) };
    }

    /// Removes the hook when the loop has let go of the handle.
    pub fn close(&self, hook: napi_async_cleanup_hook_handle) {
        // SAFETY: an open handle, stopped before.
        unsafe {
            uv::uv_handle_set_data(self.handle, hook.cast());
            uv::uv_close(self.handle, on_closed);
        }
    }
}

unsafe extern "C" fn on_closed(handle: *mut uv::Handle) {
    // SAFETY: the data is the hook, and the memory was allocated with this layout.
    unsafe {
        napi_remove_async_cleanup_hook(uv::uv_handle_get_data(handle).cast());
        if let Some(layout) = layout() {
            dealloc(handle.cast(), layout);
        }
    }
}

unsafe extern "C" fn on_ready(handle: *mut uv::Handle, _status: c_int, _events: c_int) {
    // SAFETY: the environment outlives the watch.
    let environment = unsafe { &*uv::uv_handle_get_data(handle).cast::<Environment>() };
    environment.drain();
}

impl Environment {
    pub fn drain(&self) {
        for _ in 0..BATCHES {
            let mut completions = [const { MaybeUninit::<hms_completion_t>::uninit() }; BATCH];
            let mut count = 0;
            // SAFETY: places for BATCH completions.
            let status = unsafe {
                hms_queue_poll(
                    self.queue,
                    completions.as_mut_ptr().cast(),
                    BATCH,
                    LINGER_NS,
                    &mut count,
                    ptr::null_mut(),
                )
            };
            if status != HMS_STATUS_OK || count == 0 {
                return;
            }
            // SAFETY: the core has written so many.
            let taken =
                completions[..count].iter().map(|completion| unsafe { completion.assume_init_read() });
            self.in_callback_scope(|| taken.for_each(|completion| self.complete(completion)));
        }
    }

    /// One scope for a batch: microtasks and `process.nextTick` run at its end.
    fn in_callback_scope(&self, run: impl FnOnce()) {
        let env = self.js.0;
        let (mut handles, mut callback) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: scopes of this environment, closed in reverse order.
        unsafe {
            napi_open_handle_scope(env, &mut handles);
            napi_open_callback_scope(env, self.js.object(), self.poll.context, &mut callback);
            run();
            self.report_exception();
            napi_close_callback_scope(env, callback);
            napi_close_handle_scope(env, handles);
        }
    }

    /// An exception of a callback is one that nobody caught.
    pub fn report_exception(&self) {
        if let Some(exception) = self.js.take_exception() {
            // SAFETY: a value of this environment.
            unsafe { napi_fatal_exception(self.js.0, exception) };
        }
    }
}

/// `keepAlive(alive)`
pub fn keep_alive(arguments: &crate::arguments::Arguments) -> Result<crate::js::Value> {
    arguments.environment.poll.keep_alive(arguments.flag(0));
    Ok(arguments.js.undefined())
}
