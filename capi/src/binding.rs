//! Strict and loose binding: whether a service is what its caller was made for.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::binding::{self, Expectation, Mode};
use hmsffi_core::buffer::Buffer;
use hmsffi_core::client::Client;
use hmsffi_core::codec::Encoding;
use hmsffi_core::proto::ServiceDefinition;
use hmsffi_core::{Error, Result};

use crate::edge::edge;
use crate::{client, options, view};

fn mode(number: u32, field: &str) -> Result<Mode> {
    match number {
        0 | HMS_BINDING_LOOSE => Ok(Mode::Loose),
        HMS_BINDING_STRICT => Ok(Mode::Strict),
        other => Err(Error::invalid(format!("{field} is {other}; it must be one of HMS_BINDING_*, 1 or 2"))),
    }
}

/// # Safety
/// The view must be readable.
unsafe fn definition(bytes: hms_bytes_t, what: &str) -> Result<ServiceDefinition> {
    // SAFETY: promised above.
    binding::read(what, unsafe { view::bytes(bytes, what)? })
}

/// What the options of a caller expect; `None` = nothing.
///
/// # Safety
/// As the header says of options.
pub(crate) unsafe fn expectation(
    client: &Client,
    bind_options: *const hms_bind_options_t,
) -> Result<Option<Arc<Expectation>>> {
    // SAFETY: promised above.
    let options = unsafe { options::read(bind_options)? };
    let mode = mode(options.binding, "hms_bind_options_t.binding")?;
    if options.expected.len == 0 {
        return match options.binding {
            0 => Ok(None),
            _ => Err(Error::invalid(
                "hms_bind_options_t.binding is set, but not expected: give the definition that the service must have",
            )),
        };
    }
    // SAFETY: promised above.
    let expected = unsafe { definition(options.expected, "hms_bind_options_t.expected")? };
    client.expectation(expected, mode).map(Some)
}

/// Whether some version of a service is what its caller was made for, and how it differs: the version that `hms_method_bind_with`
/// takes with the same options.
/// @param service an id, or `id@version` such as `billing@^1.2`.
/// @param options say what is expected.
/// @param report a JSON object: `service`, `binding`, `expected_version`, `provided_version`, `fits`, and `differences`, a list of
///   objects. Of each, `method`, `part` (`input_schema`, `output_schema`, `error_schemas[id]`), `path` and `aspect` say where and
///   what, `expected` and `provided` how it is on both sides; `breaks_loose` and `breaks_strict` which binding is refused for it,
///   `must_move` who has to move then: `caller`, `provider`, or null. A new buffer; release it. May be NULL.
/// @return FAILED_PRECONDITION when no version fits, as `hms_method_bind_with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_fit(
    client: hms_client_t,
    service: hms_str_t,
    options: *const hms_bind_options_t,
    report: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let client = client::lookup(client)?;
        // SAFETY: views and options as the header asks.
        let (service, expectation) =
            unsafe { (view::text(service, "service")?, expectation(&client, options)?) };
        let expectation = expectation.ok_or_else(|| {
            Error::invalid(
                "hms_bind_options_t.expected is empty: give the definition that the service must have",
            )
        })?;
        let told = client.fit(service, &expectation)?;
        // SAFETY: NULL or a place of the caller's.
        if let Some(report) = unsafe { report.as_mut() } {
            *report = view::buffer(Buffer::copy_of(&told.to_json()), Encoding::Json);
        }
        Ok(())
    })
}

/// What differs between a service that callers were made for and one that is provided. May be called on any thread.
/// @param expected the message `ServiceDefinition` in JSON or Protobuf; its schemas refer to nothing outside of it.
/// @param provided likewise.
/// @param binding one of `HMS_BINDING_*`; 0 = loose.
/// @param report as that of `hms_client_fit`; `fits` says whether the binding would be accepted. A new buffer; release it.
/// @return INVALID_ARGUMENT when one of them is no definition, or they are of two services.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_service_compare(
    expected: hms_bytes_t,
    provided: hms_bytes_t,
    binding: u32,
    report: *mut hms_buffer_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: views and outputs as the header asks.
        let (expected, provided, report) = unsafe {
            (
                definition(expected, "expected")?,
                definition(provided, "provided")?,
                view::out(report, "report")?,
            )
        };
        let told = Expectation::new(expected, mode(binding, "binding")?, &())?.compare(provided, &())?;
        *report = view::buffer(Buffer::copy_of(&told.to_json()), Encoding::Json);
        Ok(())
    })
}
