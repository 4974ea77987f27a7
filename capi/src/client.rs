//! `hms_client_t`: calls services by name.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::client::{Client, ClientOptions};
use hmsffi_core::thread::Thread;
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::method;
use crate::table::Table;
use crate::{options, runtime, transport, view};

pub(crate) static CLIENTS: Table<Client> = Table::new(kind::CLIENT);

pub(crate) fn lookup(client: hms_client_t) -> Result<Arc<Client>> {
    Ok(CLIENTS.get(client.id)?.share())
}

/// A client of a runtime.
/// @param options may be NULL.
/// @param out a new handle; close it.
/// @return UNIMPLEMENTED when the options ask for a transport or a token that this version cannot use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_new(
    runtime: hms_runtime_t,
    options: *const hms_client_options_t,
    out: *mut hms_client_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: options and outputs as the header asks.
        let (options, out) = unsafe { (options::read(options)?, view::out(out, "out")?) };
        options::known_flags(options.flags, 0, "hms_client_options_t.flags")?;
        let doors = transport::only(options.transport, "hms_client_options_t.transport")?;
        if options.auth_token.len > 0 {
            return Err(Error::unimplemented(
                "hms_client_options_t.auth_token is set; this version cannot check authentication",
            ));
        }
        let client = Client::new(
            runtime::lookup(runtime)?,
            ClientOptions { timeout_ns: options.timeout_ns, max_retries: options.max_retries, doors },
        )?;
        out.id = CLIENTS.insert_shared(client)?;
        Ok(())
    })
}

/// Calls a method by name and waits for the answer. `hms_method_bind` is the faster way for repeated calls.
/// @param service an id, or `id@version` such as `billing@^1.2`.
/// @param request borrowed for the call.
/// @param options may be NULL.
/// @param response a new buffer; release it.
/// @return the status of the call: what the handler answered, or why it could not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_call(
    client: hms_client_t,
    service: hms_str_t,
    method: hms_str_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    response: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views, options and outputs as the header asks.
        unsafe {
            let binding =
                lookup(client)?.named(view::text(service, "service")?, view::text(method, "method")?)?;
            method::call(Thread::current(), &binding, request, options, response)
        }
    })
}

/// Closes a client. Its bound methods answer FAILED_PRECONDITION from then on; calls that run end as they will.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_close(client: hms_client_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        CLIENTS.remove(client.id)?.close();
        Ok(())
    })
}
