//! What concerns the whole process: versions, identity, introspection, waits.

use std::ffi::{CStr, c_char, c_void};

use hmsffi_abi::*;
use hmsffi_core::runtime::instance_id;
use hmsffi_core::thread::Thread;
use hmsffi_core::{Code, Error, Result, introspect};

use crate::edge::edge;
use crate::{
    client, error, metadata, method, options, queue, reader, runtime, server, service, stream, view, writer,
};

/// The version of the ABI: major in the high 16 bits, minor in the low. A program works with a library of the same
/// major and an equal or higher minor.
#[unsafe(no_mangle)]
pub extern "C" fn hms_abi_version() -> u32 {
    (HMS_ABI_MAJOR << 16) | HMS_ABI_MINOR
}

/// The version of the library, such as `0.1.0`; NUL-terminated, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn hms_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The name of a status code, such as `NOT_FOUND`; NUL-terminated, never freed. `INVALID` for other numbers.
#[unsafe(no_mangle)]
pub extern "C" fn hms_status_name(status: hms_status_t) -> *const c_char {
    const NAMES: [&CStr; 17] = [
        c"OK",
        c"CANCELLED",
        c"UNKNOWN",
        c"INVALID_ARGUMENT",
        c"DEADLINE_EXCEEDED",
        c"NOT_FOUND",
        c"ALREADY_EXISTS",
        c"PERMISSION_DENIED",
        c"RESOURCE_EXHAUSTED",
        c"FAILED_PRECONDITION",
        c"ABORTED",
        c"OUT_OF_RANGE",
        c"UNIMPLEMENTED",
        c"INTERNAL",
        c"UNAVAILABLE",
        c"DATA_LOSS",
        c"UNAUTHENTICATED",
    ];
    Code::from_number(status).map_or(c"INVALID", |code| NAMES[code as usize]).as_ptr()
}

/// 16 random bytes, the same for everything in this process that shares this copy of the library.
/// @param out 16 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_core_instance_id(out: *mut u8, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        if out.is_null() {
            return Err(Error::invalid("out is NULL: there is no place for 16 bytes"));
        }
        let id = instance_id()?;
        // SAFETY: 16 bytes of the caller's.
        unsafe { std::ptr::copy_nonoverlapping(id.as_ptr(), out, id.len()) };
        Ok(())
    })
}

/// Counts what lives in this process.
/// @param out set its `struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_introspect(
    out: *mut hms_introspection_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let core = introspect::snapshot();
        let mut handles = [0; 16];
        for (kind, live) in [
            (kind::RUNTIME, runtime::RUNTIMES.live()),
            (kind::SERVER, server::live()),
            (kind::SERVICE, service::SERVICES.live()),
            (kind::CLIENT, client::CLIENTS.live()),
            (kind::METHOD, method::METHODS.live()),
            (kind::CALL, core.calls),
            (kind::STREAM, stream::STREAMS.live()),
            (kind::QUEUE, queue::QUEUES.live()),
            (kind::ERROR, error::ERRORS.live()),
            (kind::METADATA, metadata::METADATA.live()),
            (kind::BUFFER, core.buffers),
            (kind::WRITER, writer::WRITERS.live()),
            (kind::READER, reader::READERS.live()),
        ] {
            handles[usize::from(kind)] = live;
        }
        let counts = hms_introspection_t {
            struct_size: 0,
            threads: core.threads,
            handles,
            buffers: core.buffers,
            buffer_bytes: core.buffer_bytes,
            queued_bytes: core.queued_bytes,
            calls: core.calls,
            calls_total: core.calls_total,
            bytes_copied_total: core.bytes_copied_total,
            spun_ns_total: core.spun_ns_total,
        };
        // SAFETY: a struct of the caller's.
        unsafe { options::write(out, &counts) }
    })
}

/// What this thread asks while it waits: who sets another for a while reads it before, and sets it again afterwards.
/// @param out_check NULL where nothing is asked.
/// @param out_ctx what is passed to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_thread_interrupt(
    out_check: *mut Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
    out_ctx: *mut *mut c_void,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let (out_check, out_ctx) =
            unsafe { (view::out(out_check, "out_check")?, view::out(out_ctx, "out_ctx")?) };
        let (check, ctx) = Thread::current().interrupt.get().unzip();
        (*out_check, *out_ctx) = (check, ctx.unwrap_or(std::ptr::null_mut()));
        Ok(())
    })
}

/// Sets what this thread asks while it waits inside the library, every 100 ms: a host uses it to let Ctrl-C end a wait.
/// @param check non-zero = stop waiting: the wait ends with CANCELLED. NULL = never asked.
/// @param ctx passed to `check`; must live until it is set anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_thread_set_interrupt(
    check: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
    ctx: *mut c_void,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        Thread::current().interrupt.set(check.map(|check| (check, ctx)));
        Ok(())
    })
}

/// Whether this code is in the shared library that everything in the process can reach.
pub(crate) fn core_is_shared() -> bool {
    // SAFETY: dladdr only looks an address of ours up.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        libc::dladdr(core_is_shared as *const c_void, &mut info) != 0
            && !info.dli_fname.is_null()
            && is_core(&CStr::from_ptr(info.dli_fname).to_string_lossy())
    }
}

fn is_core(file: &str) -> bool {
    file.rsplit('/').next().is_some_and(|name| name.starts_with("libhmsffi.so"))
}

/// Refuses to go on with a second copy of the library in this process: they would have two registries.
pub(crate) fn check_single_core() -> Result<()> {
    let copies = loaded_copies();
    if copies.len() > 1 && std::env::var_os("HMSFFI_ALLOW_MULTIPLE_CORES").is_none_or(|value| value != "1") {
        return Err(Error::precondition(format!(
            "this process holds {} copies of libhmsffi, whose services cannot see each other: {}. Load it once, by its \
             SONAME and never by a path of its own, or set HMSFFI_ALLOW_MULTIPLE_CORES=1",
            copies.len(),
            copies.join(", ")
        )));
    }
    Ok(())
}

/// The files named `libhmsffi*` that are mapped.
fn loaded_copies() -> Vec<String> {
    unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: libc::size_t, found: *mut c_void) -> i32 {
        // SAFETY: the loader gives a valid record, and `found` is ours.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<String>>()) };
        if !info.dlpi_name.is_null() {
            // SAFETY: a NUL-terminated name.
            let name = unsafe { CStr::from_ptr(info.dlpi_name) }.to_string_lossy();
            if is_core(&name) {
                found.push(name.into_owned());
            }
        }
        0
    }
    let mut found: Vec<String> = Vec::new();
    // SAFETY: `visit` matches the signature and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), std::ptr::from_mut(&mut found).cast()) };
    found
}
