//! Checked handles: a 64-bit id that holds kind, generation and slot. 0 means none.
//!
//! A handle may be copied, sent to another thread and closed from anywhere. A handle that was closed or
//! belongs to the process before a fork gives FAILED_PRECONDITION; zero, a forged one or one of another kind
//! gives INVALID_ARGUMENT. None of them is undefined behaviour.

/// A world of services: the process-wide default or a private one. Close with `hms_runtime_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_runtime_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Hosts services. Close with `hms_server_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_server_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// A service under construction, or the record of a registered one. Close with `hms_service_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_service_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Calls services. Close with `hms_client_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_client_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// One method of one service, resolved: the fast way to call. Close with `hms_method_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_method_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// One inbound call, seen from its handler. Ends with its answer, or with `hms_call_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_call_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// A stream, seen from either end. Close with `hms_stream_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_stream_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// A queue of completions that an event loop polls. Close with `hms_queue_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_queue_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// A failure. Close with `hms_error_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_error_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Metadata of an answer. Close with `hms_metadata_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_metadata_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Writes a CBOR value. Close with `hms_writer_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_writer_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Reads a CBOR value. Close with `hms_reader_close`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct hms_reader_t {
    /// Kind, generation and slot; 0 = none.
    pub id: u64,
}

/// Kinds, as they stand in the top byte of an id and as indices of `hms_introspection_t.handles`.
pub mod kind {
    /// `hms_runtime_t`
    pub const RUNTIME: u8 = 1;
    /// `hms_server_t`
    pub const SERVER: u8 = 2;
    /// `hms_service_t`
    pub const SERVICE: u8 = 3;
    /// `hms_client_t`
    pub const CLIENT: u8 = 4;
    /// `hms_method_t`
    pub const METHOD: u8 = 5;
    /// `hms_call_t`
    pub const CALL: u8 = 6;
    /// `hms_stream_t`
    pub const STREAM: u8 = 7;
    /// `hms_queue_t`
    pub const QUEUE: u8 = 8;
    /// `hms_error_t`
    pub const ERROR: u8 = 9;
    /// `hms_metadata_t`
    pub const METADATA: u8 = 10;
    /// `hms_writer_t`
    pub const WRITER: u8 = 12;
    /// `hms_reader_t`
    pub const READER: u8 = 13;
    /// `hms_buffer_t.owner`
    pub const BUFFER: u8 = 11;
}
