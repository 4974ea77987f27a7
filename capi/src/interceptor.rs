//! `hms_interceptor_t`: user code around the calls of a server.

use std::ffi::c_void;
use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::call::Request;
use hmsffi_core::service::{Interceptor, Method};
use hmsffi_core::{Code, Error, Result};

use crate::edge::edge;
use crate::handler::Context;
use crate::view::{bytes_view, str_view};
use crate::{error as errors, options, server};

type Before = unsafe extern "C" fn(*mut c_void, *const hms_intercepted_t, *mut hms_error_t) -> hms_status_t;
type After = unsafe extern "C" fn(*mut c_void, *const hms_intercepted_t, hms_status_t, u64);

struct ForeignInterceptor {
    context: Context,
    before: Option<Before>,
    after: Option<After>,
}

fn intercepted(
    method: &Method,
    body: &[u8],
    content_type: u32,
    metadata: &[hms_pair_t],
) -> hms_intercepted_t {
    let service = method.qualified.len() - method.name.len() - 1;
    hms_intercepted_t {
        struct_size: size_of::<hms_intercepted_t>() as u32,
        content_type,
        service: str_view(&method.qualified[..service]),
        method: str_view(&method.name),
        body: bytes_view(body),
        metadata: if metadata.is_empty() { std::ptr::null() } else { metadata.as_ptr() },
        metadata_count: metadata.len(),
    }
}

impl Interceptor for ForeignInterceptor {
    fn before(&self, method: &Method, request: &Request<'_>) -> Result<()> {
        let Some(before) = self.before else { return Ok(()) };
        let metadata: Vec<hms_pair_t> = request
            .metadata
            .iter()
            .map(|(k, v)| hms_pair_t { key: str_view(k), value: str_view(v) })
            .collect();
        let call = intercepted(method, request.body, request.encoding as u32, &metadata);
        let mut error = hms_error_t { id: 0 };
        // SAFETY: the header asks that before takes this call on any thread and does not unwind.
        let status = unsafe { before(self.context.ctx, &call, &mut error) };
        if status == HMS_STATUS_OK {
            return Ok(());
        }
        let refused = match errors::lookup(error) {
            Ok(error) => (*error).clone(),
            Err(_) => {
                let code = errors::failure_code(status).unwrap_or(Code::Internal);
                Error::new(code, format!("an interceptor refused {}", method.qualified))
            }
        };
        errors::hms_error_close(error);
        Err(refused)
    }

    fn after(&self, method: &Method, code: Code, duration_ns: u64) {
        if let Some(after) = self.after {
            let call = intercepted(method, &[], 0, &[]);
            // SAFETY: as for before.
            unsafe { after(self.context.ctx, &call, code as hms_status_t, duration_ns) };
        }
    }
}

/// Puts user code around every call of a server from now on: inside the interceptors that were added before, around
/// the handler. There is no way to take one out.
/// @param interceptor consumed: its `drop` runs even on failure, else with the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_intercept(
    server: hms_server_t,
    interceptor: *const hms_interceptor_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        if interceptor.is_null() {
            return Err(Error::invalid("interceptor is NULL"));
        }
        // SAFETY: an interceptor as the header asks.
        let interceptor = unsafe { options::read(interceptor)? };
        let context = Context::new(interceptor.ctx, interceptor.drop);
        options::known_flags(interceptor.flags, 0, "hms_interceptor_t.flags")?;
        let (before, after) = (interceptor.before, interceptor.after);
        server::lookup(server)?.intercept(Arc::new(ForeignInterceptor { context, before, after }))
    })
}
