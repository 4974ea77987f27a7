//! The two functions of a component, for [`component!`](crate::component!), which alone uses what is here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hmsffi_sys::{HMS_ABI_MAJOR, HMS_ABI_MINOR, HMS_STATUS_OK};
pub use hmsffi_sys::{hms_error_t, hms_runtime_t, hms_status_t};

use super::handles::RuntimeHandle;
use crate::panics;
use crate::runtime::Runtime;
use crate::server::{Server, ServerOptions};
use crate::{Error, Result};

/// The ABI that this crate was built for.
pub fn abi() -> u32 {
    (HMS_ABI_MAJOR << 16) | HMS_ABI_MINOR
}

/// Runs a component's function.
///
/// # Safety
/// `failure` must be NULL or writable.
pub unsafe fn init(
    name: &str,
    register: fn(&Runtime, &mut dyn Server) -> Result<()>,
    runtime: hms_runtime_t,
    failure: *mut hms_error_t,
) -> hms_status_t {
    let run = || {
        let runtime = Runtime::from(RuntimeHandle::lent(runtime));
        let mut server = runtime.new_server(ServerOptions::named(name))?;
        register(&runtime, &mut *server)?;
        server.start()?;
        // A component is never unloaded: its services live as long as the host's runtime.
        std::mem::forget(server);
        Ok(())
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| panics::caught(run)));
    let error = match outcome {
        Ok(Ok(())) => return HMS_STATUS_OK,
        Ok(Err(error)) => error,
        Err(_) => Error::new(crate::ErrorCode::Internal, "the component panicked"),
    };
    let code = error.kind().unwrap_or(crate::ErrorCode::Unknown) as hms_status_t;
    // SAFETY: the caller's place, or none.
    if let Some(place) = unsafe { failure.as_mut() } {
        *place = super::error::make(&error);
    }
    code
}
