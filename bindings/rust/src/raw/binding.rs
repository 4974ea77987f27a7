//! Binding services that are what the caller was made for.

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::handles::{ClientHandle, MethodHandle};
use super::{check, view};
use crate::Result;
use crate::binding::{Binding, ServiceOptions};

/// Valid as long as the options are.
fn bind_options(options: &ServiceOptions) -> hms_bind_options_t {
    hms_bind_options_t {
        struct_size: size_of::<hms_bind_options_t>() as u32,
        binding: options.binding.map_or(0, |binding| binding as u32),
        expected: hms_bytes_t::from(&*options.expected),
    }
}

impl ClientHandle {
    pub fn bind(&self, service: &str, method: &str, options: &ServiceOptions) -> Result<MethodHandle> {
        let options = bind_options(options);
        let mut raw = hms_method_t { id: 0 };
        // SAFETY: readable views and options, and places of our own.
        check(|error| unsafe {
            hms_method_bind_with(self.0, view(service), view(method), &options, &mut raw, error)
        })?;
        Ok(MethodHandle(raw))
    }

    /// Whether some version of a service is what the options expect.
    pub fn check_fit(&self, service: &str, options: &ServiceOptions) -> Result<()> {
        let options = bind_options(options);
        // SAFETY: readable views and options; the report is not wanted.
        check(|error| unsafe { hms_client_fit(self.0, view(service), &options, std::ptr::null_mut(), error) })
    }
}

/// The report, as JSON.
pub(crate) fn compare(expected: &[u8], provided: &[u8], binding: Binding) -> Result<Buffer> {
    let mut report = hms_buffer_t::EMPTY;
    let (expected, provided) = (hms_bytes_t::from(expected), hms_bytes_t::from(provided));
    // SAFETY: readable bytes and a place of our own.
    check(|error| unsafe { hms_service_compare(expected, provided, binding as u32, &mut report, error) })?;
    Ok(Buffer(report))
}
