//! `hms_method_t`: one method, resolved. The hot path of the library.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::call::{Call, Report, Request, Response};
use hmsffi_core::client::{Binding, CallOptions};
use hmsffi_core::codec::Encoding;
use hmsffi_core::thread::Thread;
use hmsffi_core::{Result, meta};

use crate::edge::edge;
use crate::metadata::METADATA;
use crate::table::{Held, Table};
use crate::{binding, client, options, transport, view};

pub(crate) static METHODS: Table<Binding> = Table::new(kind::METHOD);

/// A method's current binding: resolved anew when the registry has changed.
pub(crate) fn lookup(method: hms_method_t) -> Result<Held<Binding>> {
    lookup_on(Thread::current(), method)
}

/// The same, on this thread.
#[inline(always)]
pub(crate) fn lookup_on(thread: &Thread, method: hms_method_t) -> Result<Held<Binding>> {
    let binding = METHODS.get_on(thread, method.id)?;
    if binding.is_stale() { refreshed(method, &binding) } else { Ok(binding) }
}

#[cold]
fn refreshed(method: hms_method_t, binding: &Binding) -> Result<Held<Binding>> {
    METHODS.replace(method.id, Arc::new(binding.refreshed()?))?;
    METHODS.get(method.id)
}

/// Resolves a method once, for many calls. The handle follows changes of the registry by itself.
/// @param service an id, or `id@version` such as `billing@^1.2`.
/// @param out a new handle; close it.
/// @return NOT_FOUND, with the nearest name, when there is no such service or method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_bind(
    client: hms_client_t,
    service: hms_str_t,
    method: hms_str_t,
    out: *mut hms_method_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (service, method, out) = unsafe {
            (view::text(service, "service")?, view::text(method, "method")?, view::out(out, "out")?)
        };
        out.id = METHODS.insert(client::lookup(client)?.bind(service, method)?)?;
        Ok(())
    })
}

/// The same in the highest version of the service that is what the caller was made for. Later, too, the handle follows changes of the
/// registry only to what fits.
/// @param options may be NULL: anything will do.
/// @return FAILED_PRECONDITION when no version fits: the message names the first differences, with both sides and who must move; all
///   are in the detail `hms.differences`, as in the report of `hms_client_fit`. INVALID_ARGUMENT when the definition is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_bind_with(
    client: hms_client_t,
    service: hms_str_t,
    method: hms_str_t,
    options: *const hms_bind_options_t,
    out: *mut hms_method_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views, options and outputs as the header asks.
        let (service, method, out) = unsafe {
            (view::text(service, "service")?, view::text(method, "method")?, view::out(out, "out")?)
        };
        let client = client::lookup(client)?;
        // SAFETY: options as the header asks.
        let binding = match unsafe { binding::expectation(&client, options)? } {
            Some(expectation) => client.bind_expecting(service, method, expectation)?,
            None => client.bind(service, method)?,
        };
        out.id = METHODS.insert(binding)?;
        Ok(())
    })
}

/// Calls a bound method and waits for the answer.
/// @param request borrowed for the call.
/// @param options may be NULL.
/// @param response a new buffer; release it.
/// @return the status of the call: what the handler answered, or why it could not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_call(
    method: hms_method_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    response: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let thread = Thread::current();
        let binding = lookup_on(thread, method)?;
        // SAFETY: views, options and outputs as the header asks.
        unsafe { call(thread, &binding, request, options, response) }
    })
}

/// The flags of a bound method: `HMS_METHOD_*`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_flags(
    method: hms_method_t,
    out: *mut u32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        let binding = lookup(method)?;
        let method = binding.method();
        *out = if method.idempotent { HMS_METHOD_IDEMPOTENT } else { 0 }
            | if method.leaf { HMS_METHOD_LEAF } else { 0 };
        Ok(())
    })
}

/// Closes a bound method. `{0}` is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_method_close(method: hms_method_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || if method.id == 0 { Ok(()) } else { METHODS.remove(method.id).map(drop) })
}

/// Calls through a binding.
///
/// # Safety
/// As the header says of the arguments.
#[inline(always)]
pub(crate) unsafe fn call(
    thread: &'static Thread,
    binding: &Binding,
    body: hms_bytes_t,
    call_options: *const hms_call_options_t,
    response: *mut hms_buffer_t,
) -> Result<()> {
    // SAFETY: promised above.
    unsafe {
        let response = view::out(response, "response")?;
        let body = view::bytes(body, "request")?;
        if let Some(encoding) = only_encoding(call_options) {
            let request = Request { encoding, ..Request::bytes(body) };
            let answer = binding.call_without_options(thread, &request);
            match answer.plain_encoding() {
                Some(encoding) => *response = view::buffer(answer.into_body(), encoding),
                None => *response = view::response_buffer(answer.into_outcome()?),
            }
            return Ok(());
        }
        call_with_options(thread, binding, body, call_options, response)
    }
}

/// What options say that say nothing but how the request is encoded.
///
/// # Safety
/// As the header says of options.
#[inline(always)]
pub(crate) unsafe fn only_encoding(options: *const hms_call_options_t) -> Option<Encoding> {
    if options.is_null() {
        return Some(Encoding::Cbor);
    }
    // SAFETY: promised by the callers.
    let options = unsafe { options::whole(options)? };
    let others = options.timeout_ns
        | options.parent.id
        | u64::from(options.flags | options.transport)
        | options.forbidden_transports
        | (options.content_type_text.len
            | options.metadata_count
            | options.response_metadata as usize
            | options.report as usize) as u64;
    match Encoding::numbered(options.content_type) {
        Encoding::Other => None,
        encoding => (others == 0).then_some(encoding),
    }
}

/// # Safety
/// As the header says of the arguments.
#[inline(never)]
unsafe fn call_with_options(
    thread: &'static Thread,
    binding: &Binding,
    body: &[u8],
    call_options: *const hms_call_options_t,
    response: &mut hms_buffer_t,
) -> Result<()> {
    // SAFETY: promised above.
    unsafe {
        let options = options::read(call_options)?;
        let metadata_out = options.response_metadata;
        let answer =
            with_request(body, &options, |request, options| binding.call_on(thread, request, options))?;
        hand_out(answer, response, metadata_out)
    }
}

/// Runs `f` with the request and options that a caller gave.
///
/// # Safety
/// As the header says of the arguments.
#[inline]
pub(crate) unsafe fn with_request<R>(
    body: &[u8],
    options: &hms_call_options_t,
    f: impl FnOnce(&Request<'_>, &CallOptions) -> Result<R>,
) -> Result<R> {
    options::known_flags(options.flags, 0, "hms_call_options_t.flags")?;
    let doors = transport::of_call(options)?;
    // SAFETY: promised above.
    let (encoding, metadata) = unsafe {
        (
            view::encoding(options.content_type, options.content_type_text)?,
            view::pairs(options.metadata, options.metadata_count, "metadata")?,
        )
    };
    meta::refuse_reserved(metadata.iter().map(|(key, _)| *key))?;
    let (encoding, content_type) = encoding.unwrap_or((Encoding::Cbor, ""));
    let parent = if options.parent.id == 0 { None } else { Some(Call::find(options.parent.id)?) };
    let request = Request { body, encoding, content_type, metadata: &metadata, origin: None };
    let reported = !options.report.is_null();
    let call_options = CallOptions { timeout_ns: options.timeout_ns, parent, doors, reported };
    if !reported {
        return f(&request, &call_options);
    }
    // SAFETY: promised above.
    unsafe { options::writable(options.report)? };
    let (outcome, report) = Report::on(Thread::current(), || f(&request, &call_options));
    let report = hms_call_report_t {
        struct_size: 0,
        transport: report.transport as u32,
        bytes_copied: report.bytes_copied,
    };
    // SAFETY: promised above.
    unsafe { options::write(options.report, &report)? };
    outcome
}

/// Hands an answer to the caller.
///
/// # Safety
/// `metadata_out` must be NULL or writable.
pub(crate) unsafe fn hand_out(
    mut answer: Response,
    response: &mut hms_buffer_t,
    metadata_out: *mut hms_metadata_t,
) -> Result<()> {
    // SAFETY: promised above.
    if let Some(place) = unsafe { metadata_out.as_mut() } {
        place.id = METADATA.insert(answer.take_metadata())?;
    }
    *response = view::response_buffer(answer);
    Ok(())
}
