//! `hms_runtime_t`: a world of services.

use std::sync::Arc;
use std::time::Duration;

use hmsffi_abi::{hms_error_t, hms_runtime_options_t, hms_runtime_t, hms_status_t, kind};
use hmsffi_core::Result;
use hmsffi_core::management::keeper::Keeper;
use hmsffi_core::runtime::Runtime;

use crate::edge::edge;
use crate::table::Table;
use crate::{options, process, view};

pub(crate) static RUNTIMES: Table<Runtime> = Table::new(kind::RUNTIME);

/// The runtime behind a handle.
pub(crate) fn lookup(runtime: hms_runtime_t) -> Result<Arc<Runtime>> {
    Ok(RUNTIMES.get(runtime.id)?.share())
}

/// A time limit: 0 = no waiting, `UINT64_MAX` = for ever.
pub(crate) fn limit(timeout_ns: u64) -> Option<Duration> {
    (timeout_ns != u64::MAX).then(|| Duration::from_nanos(timeout_ns))
}

/// The process-wide runtime, which everything in this process shares. Each call gives a handle of its own.
/// @param out a new handle; close it.
/// @return FAILED_PRECONDITION when a second copy of the library is in this process (the message names both files).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_runtime_default(
    out: *mut hms_runtime_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        process::check_single_core()?;
        out.id = RUNTIMES.insert_shared(Runtime::shared()?)?;
        Ok(())
    })
}

/// A private runtime: its services are seen only by its own clients.
/// @param options may be NULL.
/// @param out a new handle; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_runtime_new(
    options: *const hms_runtime_options_t,
    out: *mut hms_runtime_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: options and outputs as the header asks.
        let (options, out) = unsafe { (options::read(options)?, view::out(out, "out")?) };
        options::known_flags(options.flags, 0, "hms_runtime_options_t.flags")?;
        // SAFETY: a view of the caller's.
        let (name, schemas) =
            unsafe { (view::text(options.name, "name")?, view::text(options.schemas, "schemas")?) };
        let schemas = match schemas {
            "" => Keeper::default(),
            path => Keeper::of_file(path.into())?,
        };
        out.id = RUNTIMES.insert_shared(Runtime::keeping(name, schemas)?)?;
        Ok(())
    })
}

/// Closes a handle of a runtime. When it was the last handle of the runtime: stops its servers, lets calls that run
/// end for at most `timeout_ns` (0 = not at all, `UINT64_MAX` = for ever), then withdraws all services.
/// @return DEADLINE_EXCEEDED when calls still ran; the runtime is closed all the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_runtime_close(
    runtime: hms_runtime_t,
    timeout_ns: u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let closed = RUNTIMES.remove(runtime.id)?;
        if RUNTIMES.contains(&closed) { Ok(()) } else { closed.close(limit(timeout_ns)) }
    })
}
