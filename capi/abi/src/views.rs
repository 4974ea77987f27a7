//! Text, bytes, buffers and pairs.

/// Borrowed UTF-8 text, not NUL-terminated. `ptr` may be NULL when `len` is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_str_t {
    /// First byte.
    pub ptr: *const core::ffi::c_char,
    /// Number of bytes.
    pub len: usize,
}

/// Borrowed bytes. `ptr` may be NULL when `len` is 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_bytes_t {
    /// First byte.
    pub ptr: *const u8,
    /// Number of bytes.
    pub len: usize,
}

/// Bytes that the library hands out: read them in place, then release them with `hms_buffer_release`.
///
/// A copy of this struct shares the bytes; releasing two copies is an error that the library notices.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_buffer_t {
    /// First byte, or NULL when `len` is 0. Valid until release; do not write.
    pub data: *const u8,
    /// Number of bytes.
    pub len: usize,
    /// Who owns the bytes; 0 = nobody, nothing to release.
    pub owner: u64,
    /// One of `HMS_CONTENT_TYPE_*`; 0 = another, see `hms_buffer_content_type`.
    pub content_type: u32,
    /// 0 in this version.
    pub flags: u32,
}

/// Releases memory that was lent to the library; runs once, on any thread, with no library lock held.
pub type hms_release_fn = Option<unsafe extern "C" fn(ctx: *mut core::ffi::c_void)>;

/// A key and its value.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_pair_t {
    /// Key.
    pub key: hms_str_t,
    /// Value.
    pub value: hms_str_t,
}

impl hms_str_t {
    /// No text.
    pub const EMPTY: hms_str_t = hms_str_t { ptr: core::ptr::null(), len: 0 };
}

impl hms_bytes_t {
    /// No bytes.
    pub const EMPTY: hms_bytes_t = hms_bytes_t { ptr: core::ptr::null(), len: 0 };
}

impl hms_buffer_t {
    /// No bytes, nothing to release.
    pub const EMPTY: hms_buffer_t =
        hms_buffer_t { data: core::ptr::null(), len: 0, owner: 0, content_type: 0, flags: 0 };
}

impl From<&str> for hms_str_t {
    /// A view that is valid as long as the text is.
    fn from(text: &str) -> hms_str_t {
        hms_str_t { ptr: text.as_ptr().cast(), len: text.len() }
    }
}

impl From<&[u8]> for hms_bytes_t {
    /// A view that is valid as long as the bytes are.
    fn from(bytes: &[u8]) -> hms_bytes_t {
        hms_bytes_t { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}
