//! `hms_server_t`: hosts services.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::dispatch::Doors;
use hmsffi_core::service::{Server, ServerOptions};
use hmsffi_core::thread::Thread;
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::runtime::limit;
use crate::service::SERVICES;
use crate::table::Table;
use crate::{options, runtime, transport, view};

static SERVERS: Table<Server> = Table::new(kind::SERVER);

pub(crate) fn lookup(server: hms_server_t) -> Result<Arc<Server>> {
    Ok(SERVERS.get(server.id)?.share())
}

pub(crate) fn live() -> u64 {
    SERVERS.live()
}

/// A server that is not started.
/// @param options may be NULL.
/// @param out a new handle; close it.
/// @return UNIMPLEMENTED when the options ask for a transport or authentication that this version lacks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_new(
    runtime: hms_runtime_t,
    options: *const hms_server_options_t,
    out: *mut hms_server_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: options and outputs as the header asks.
        let (options, out) = unsafe { (options::read(options)?, view::out(out, "out")?) };
        options::known_flags(options.flags, 0, "hms_server_options_t.flags")?;
        if options.transports_count > 0 && options.transports.is_null() {
            return Err(Error::invalid("transports is NULL with a count"));
        }
        let mut doors = Doors::NONE;
        for index in 0..options.transports_count {
            // SAFETY: an array of the caller's.
            doors = doors.or(transport::only(unsafe { *options.transports.add(index) }, "transports")?);
        }
        if options.transports_count == 0 {
            doors = Doors::ALL;
        }
        match options.auth_type {
            HMS_AUTH_TYPE_DEFAULT | HMS_AUTH_TYPE_NONE => {}
            HMS_AUTH_TYPE_TOKEN..=HMS_AUTH_TYPE_CUSTOM => {
                return Err(Error::unimplemented(format!(
                    "auth_type is {}; this version cannot check authentication, so it does not start with it",
                    options.auth_type
                )));
            }
            other => return Err(Error::invalid(format!("auth_type is {other}; the constants end at 4"))),
        }
        // SAFETY: a view of the caller's.
        let name = unsafe { view::text(options.name, "name")? };
        let server = Server::new(
            &runtime::lookup(runtime)?,
            ServerOptions {
                name: if name.is_empty() { "server".to_owned() } else { name.to_owned() },
                max_concurrent_calls: options.max_concurrent_calls,
                call_timeout_ns: options.call_timeout_ns,
                pool_threads: options.pool_threads as usize,
                max_message_size: options.max_message_size,
                doors,
            },
        )?;
        out.id = SERVERS.insert_shared(server)?;
        Ok(())
    })
}

/// Hosts a service. Its calls are served once the server runs.
/// @param service borrowed; methods that are added later through it are refused, use `hms_server_add_method`.
/// @return ALREADY_EXISTS when the id and version are taken by another definition (the message names the difference).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_register(
    server: hms_server_t,
    service: hms_service_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let (server, service) = (lookup(server)?, SERVICES.get(service.id)?);
        service.register(&server)
    })
}

/// Adds a method to a service that this server hosts; clients see it at once.
/// @param service_id an id, or `id@version` where the server hosts several versions.
/// @param options may be NULL.
/// @param handler consumed: its `drop` runs even on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_add_method(
    server: hms_server_t,
    service_id: hms_str_t,
    name: hms_str_t,
    options: *const hms_method_options_t,
    handler: *const hms_handler_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views, options and handler as the header asks.
        let (spec, service_id) = unsafe {
            (crate::service::method_spec(name, options, handler)?, view::text(service_id, "service_id")?)
        };
        lookup(server)?.add_method(service_id, spec)
    })
}

/// Stops offering a service. Calls inside end; its handlers' `drop` runs after the last of them.
/// @param service_id as for `hms_server_add_method`.
/// @return NOT_FOUND when this server hosts no such service.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_unregister(
    server: hms_server_t,
    service_id: hms_str_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: a view of the caller's.
        let service_id = unsafe { view::text(service_id, "service_id")? };
        lookup(server)?.unregister(service_id)
    })
}

/// Serves calls from now on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_start(server: hms_server_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || lookup(server)?.start())
}

/// Takes no more calls, and waits for those inside: at most `timeout_ns`, 0 = not at all, `UINT64_MAX` = for ever.
/// Called by a handler it does not wait. The server can be started again.
/// @return DEADLINE_EXCEEDED when calls still run; the server is stopped all the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_stop(
    server: hms_server_t,
    timeout_ns: u64,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || lookup(server)?.stop(limit(timeout_ns)))
}

/// Whether a server serves calls.
/// @param out 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_is_running(
    server: hms_server_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        *out = u32::from(lookup(server)?.is_running());
        Ok(())
    })
}

/// Waits until a server is stopped: at most `timeout_ns`, `UINT64_MAX` = for ever. Ends early when the thread's
/// interrupt check says so.
/// @param out 1 when it is stopped, 0 when the time was over first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_wait(
    server: hms_server_t,
    timeout_ns: u64,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let thread = Thread::current();
        *out = u32::from(lookup(server)?.wait(limit(timeout_ns), || !thread.interrupted()));
        Ok(())
    })
}

/// Closes a server: withdraws its services for good. Calls inside end; nothing is waited for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_close(server: hms_server_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        SERVERS.remove(server.id)?.close();
        Ok(())
    })
}
