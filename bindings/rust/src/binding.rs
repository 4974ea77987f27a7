//! Strict and loose binding: getting a service only if it is what this program was made for (`docs/binding.md`).

use hmsffi_sys::{HMS_BINDING_LOOSE, HMS_BINDING_STRICT};

use crate::{Buffer, Result, raw};

/// How close a service must be to what its caller was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Binding {
    /// The same major version; the service reads what the caller sends, and the caller what the service answers.
    Loose = HMS_BINDING_LOOSE,
    /// The same major and minor version; schemas that each side could take over from the other.
    Strict = HMS_BINDING_STRICT,
}

/// Options of [`Client::get_service_with`](crate::Client::get_service_with). The default is any service of the name.
#[derive(Debug, Clone, Default)]
pub struct ServiceOptions {
    /// Empty = nothing is expected.
    pub(crate) expected: Vec<u8>,
    pub(crate) binding: Option<Binding>,
}

impl ServiceOptions {
    /// The defaults.
    pub fn new() -> ServiceOptions {
        ServiceOptions::default()
    }

    /// The definition that this program was made for: the message `ServiceDefinition` with version and schemas, as JSON
    /// (`hms info NAME --definition` writes it) or in Protobuf.
    pub fn expect(mut self, definition: impl AsRef<[u8]>, binding: Binding) -> ServiceOptions {
        self.expected = definition.as_ref().to_vec();
        self.binding = Some(binding);
        self
    }
}

/// What differs between a service that callers were made for and one that is provided, both as
/// [`expect`](ServiceOptions::expect) takes them.
///
/// The report is a JSON object: `service`, `binding`, `expected_version`, `provided_version`, `fits`, and `differences`, a list of
/// objects with `method`, `part`, `path`, `aspect`, `expected`, `provided`, `breaks_loose`, `breaks_strict` and `must_move`
/// (`caller`, `provider` or null).
///
/// Errors: INVALID_ARGUMENT when one of them is no definition, or they are of two services.
///
/// ```
/// use hmsffi::{Binding, compare_services};
/// let (old, new) = (r#"{"service_id": "a", "version": "1.0.0"}"#, r#"{"service_id": "a", "version": "1.1.0"}"#);
/// let report = compare_services(old.as_bytes(), new.as_bytes(), Binding::Loose)?;
/// assert!(str::from_utf8(&report).unwrap().contains(r#""fits":true"#));
/// # Ok::<(), hmsffi::Error>(())
/// ```
pub fn compare_services(expected: &[u8], provided: &[u8], binding: Binding) -> Result<Buffer> {
    raw::binding::compare(expected, provided, binding)
}
