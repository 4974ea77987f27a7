//! Arguments that calls share, in the units of the core.

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::context;
use crate::failure::invalid;
use crate::metadata::Pairs;

pub const FOR_EVER: u64 = u64::MAX;

/// A timeout in seconds as nanoseconds; none = 0, which means the defaults.
pub fn call_timeout(py: Python<'_>, seconds: Option<f64>) -> PyResult<u64> {
    match seconds {
        None => Ok(0),
        Some(seconds) if seconds > 0.0 => Ok(nanoseconds(seconds).max(1)),
        Some(seconds) => Err(invalid(py, &format!("timeout must be above 0 seconds, not {seconds}"))),
    }
}

/// How long to wait: none = for ever, 0 = not at all.
pub fn wait_timeout(py: Python<'_>, seconds: Option<f64>) -> PyResult<u64> {
    match seconds {
        None => Ok(FOR_EVER),
        Some(seconds) if seconds >= 0.0 => Ok(nanoseconds(seconds)),
        Some(seconds) => Err(invalid(py, &format!("timeout must not be below 0 seconds, not {seconds}"))),
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    // Saturates, so that infinity is for ever.
    (seconds * 1e9) as u64
}

/// The ways that a call must or must not take: one of `HMS_TRANSPORT_*`, and bits `1 << HMS_TRANSPORT_*`.
pub type Ways = (u32, u64);

/// Any way.
pub const ANY_WAY: Ways = (HMS_TRANSPORT_DEFAULT, 0);

/// What a caller may say about a call.
pub struct CallOptions {
    pub timeout_ns: u64,
    metadata: Pairs,
    parent: Option<hms_call_t>,
    ways: Ways,
}

impl CallOptions {
    #[inline]
    pub fn of(
        py: Python<'_>,
        timeout: Option<f64>,
        metadata: Option<&Bound<'_, PyAny>>,
        ways: Ways,
    ) -> PyResult<CallOptions> {
        Ok(CallOptions {
            timeout_ns: call_timeout(py, timeout)?,
            metadata: Pairs::of(metadata)?,
            parent: context::parent(py)?,
            ways,
        })
    }

    #[inline]
    pub fn abi(&self, content_type: u32) -> hms_call_options_t {
        hms_call_options_t {
            timeout_ns: self.timeout_ns,
            metadata: self.metadata.ptr(),
            metadata_count: self.metadata.len(),
            transport: self.ways.0,
            forbidden_transports: self.ways.1,
            ..plain(content_type, self.parent)
        }
    }
}

/// Options that say no more than how the request is encoded, and on whose behalf the call is made.
#[inline]
pub fn plain(content_type: u32, parent: Option<hms_call_t>) -> hms_call_options_t {
    hms_call_options_t {
        struct_size: size_of::<hms_call_options_t>() as u32,
        flags: 0,
        timeout_ns: 0,
        content_type,
        transport: HMS_TRANSPORT_DEFAULT,
        content_type_text: hms_str_t::EMPTY,
        metadata: std::ptr::null(),
        metadata_count: 0,
        parent: parent.unwrap_or(hms_call_t { id: 0 }),
        response_metadata: std::ptr::null_mut(),
        forbidden_transports: 0,
        report: std::ptr::null_mut(),
    }
}
