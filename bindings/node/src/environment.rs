//! What one environment of Node.js has open: its queue, its poll handle and its handles.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hmsffi_sys::*;
use napi_sys::*;

use crate::buffers::Shared;
use crate::failure::{Result, core, failed, ignore};
use crate::js::{Js, Value};
use crate::poll::Poll;
use crate::{log, poll};

pub struct Environment {
    pub js: Js,
    pub runtime: hms_runtime_t,
    /// Collects what JavaScript has to look at. This thread alone polls it.
    pub queue: hms_queue_t,
    pub callbacks: Callbacks,
    pub shared: Shared,
    pub poll: Poll,
    /// Whether JavaScript can still be called.
    pub open: Arc<AtomicBool>,
    pub log: RefCell<Option<log::Sink>>,
    /// Handles that the environment closes when it ends.
    owned: RefCell<HashSet<u64>>,
    _shared: napi_ref,
}

/// Functions of the package that the addon calls.
pub struct Callbacks {
    /// Makes an error of the package.
    pub error: napi_ref,
    /// Serves an inbound call.
    pub request: napi_ref,
    /// An asynchronous call ended.
    pub settled: napi_ref,
    /// A stream is ready.
    pub ready: napi_ref,
    /// The caller of an inbound call went away.
    pub cancelled: napi_ref,
}

impl Environment {
    /// Opens the environment of this thread. It lives until Node.js ends it.
    pub fn open(js: Js, callbacks: Value) -> Result<&'static Environment> {
        let (mut runtime, mut queue) = (hms_runtime_t::default(), hms_queue_t::default());
        let options = hms_queue_options_t {
            struct_size: size_of::<hms_queue_options_t>() as u32,
            flags: HMS_QUEUE_SINGLE_THREAD,
        };
        // SAFETY: options and places that are valid for the calls.
        unsafe {
            core(|error| hms_runtime_default(&mut runtime, error))?;
            core(|error| hms_queue_new(&options, &mut queue, error))?;
        }
        let named = |name| js.keep(js.get(callbacks, name));
        let shared = Shared::new(js);
        if shared.is_null() {
            return Err(failed(
                HMS_STATUS_RESOURCE_EXHAUSTED,
                "there is no memory for the buffer of messages",
            ));
        }
        let kept = js.keep(shared.value);
        let environment = Box::into_raw(Box::new(Environment {
            js,
            runtime,
            queue,
            callbacks: Callbacks {
                error: named(c"error"),
                request: named(c"request"),
                settled: named(c"settled"),
                ready: named(c"ready"),
                cancelled: named(c"cancelled"),
            },
            shared,
            poll: poll::start(js, queue)?,
            open: Arc::new(AtomicBool::new(true)),
            log: RefCell::default(),
            owned: RefCell::default(),
            _shared: kept,
        }));
        // SAFETY: alive until `free`, which is the last that Node.js does with this environment.
        unsafe {
            (*environment).poll.watch(environment);
            // Tells the core that this thread serves the queue, before the first call that it might make of itself.
            (*environment).drain();
            napi_set_instance_data(js.0, environment.cast(), Some(free), ptr::null_mut());
            let hook = Some(end as unsafe extern "C" fn(_, _));
            napi_add_async_cleanup_hook(js.0, hook, environment.cast(), ptr::null_mut());
            Ok(&*environment)
        }
    }

    /// Closes a handle with the environment, unless it is disowned before.
    pub fn own(&self, handle: u64) -> Value {
        self.owned.borrow_mut().insert(handle);
        self.js.bigint(handle)
    }

    pub fn disown(&self, handle: u64) {
        self.owned.borrow_mut().remove(&handle);
    }

    /// Calls that are pending fail with UNAVAILABLE, and so do those that come.
    fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.log.take();
        self.poll.stop();
        // SAFETY: takes any handle; the loop does not watch its descriptor any more.
        ignore(|error| unsafe { hms_queue_close(self.queue, error) });
        for handle in self.owned.take() {
            // SAFETY: functions that take any handle; one that was closed meanwhile is refused.
            ignore(|error| unsafe {
                match (handle >> 56) as u8 {
                    kind::SERVER => hms_server_close(hms_server_t { id: handle }, error),
                    kind::CLIENT => hms_client_close(hms_client_t { id: handle }, error),
                    kind::STREAM => hms_stream_close(hms_stream_t { id: handle }, error),
                    _ => hms_error_close(hms_error_t { id: handle }),
                }
            });
        }
        // SAFETY: takes any handle.
        ignore(|error| unsafe { hms_runtime_close(self.runtime, 0, error) });
    }
}

/// Node.js waits with the end of the environment until the hook is removed, which is when the poll handle is closed.
unsafe extern "C" fn end(hook: napi_async_cleanup_hook_handle, environment: *mut c_void) {
    // SAFETY: freed after this hook only.
    let environment = unsafe { &*environment.cast::<Environment>() };
    environment.close();
    environment.poll.close(hook);
}

unsafe extern "C" fn free(_: napi_env, environment: *mut c_void, _: *mut c_void) {
    // SAFETY: made in `open`; nothing of this environment runs any more.
    drop(unsafe { Box::from_raw(environment.cast::<Environment>()) });
}
