//! Numbers that travel: versions, status codes, content types, enumerations of the specification.

/// Version of the binary interface that this header describes. Changes only when the ABI breaks.
pub const HMS_ABI_MAJOR: u32 = 0;
/// Counts additions to the ABI. A program runs with a library of the same major and an equal or higher minor.
pub const HMS_ABI_MINOR: u32 = 1;

/// Result of every fallible function: one of `HMS_STATUS_*`, numbered as in section 6.1 of the specification.
pub type hms_status_t = i32;

/// No error.
pub const HMS_STATUS_OK: hms_status_t = 0;
/// The operation was cancelled.
pub const HMS_STATUS_CANCELLED: hms_status_t = 1;
/// The application raised an error without a code of its own.
pub const HMS_STATUS_UNKNOWN: hms_status_t = 2;
/// An argument is wrong: a NULL pointer, text that is not UTF-8, a forged handle, a bad value.
pub const HMS_STATUS_INVALID_ARGUMENT: hms_status_t = 3;
/// The deadline passed first.
pub const HMS_STATUS_DEADLINE_EXCEEDED: hms_status_t = 4;
/// No such service, method or call.
pub const HMS_STATUS_NOT_FOUND: hms_status_t = 5;
/// The thing to be created exists.
pub const HMS_STATUS_ALREADY_EXISTS: hms_status_t = 6;
/// The caller may not do this.
pub const HMS_STATUS_PERMISSION_DENIED: hms_status_t = 7;
/// A limit was reached.
pub const HMS_STATUS_RESOURCE_EXHAUSTED: hms_status_t = 8;
/// Not in the state that the operation needs: a closed handle, a forked process, a call answered twice.
pub const HMS_STATUS_FAILED_PRECONDITION: hms_status_t = 9;
/// Given up, for example because the call would wait for itself.
pub const HMS_STATUS_ABORTED: hms_status_t = 10;
/// Past the valid range.
pub const HMS_STATUS_OUT_OF_RANGE: hms_status_t = 11;
/// Not implemented or not supported by this version.
pub const HMS_STATUS_UNIMPLEMENTED: hms_status_t = 12;
/// A bug: a panic, or a call that was dropped without an answer.
pub const HMS_STATUS_INTERNAL: hms_status_t = 13;
/// The service cannot be reached now.
pub const HMS_STATUS_UNAVAILABLE: hms_status_t = 14;
/// Data was lost or damaged.
pub const HMS_STATUS_DATA_LOSS: hms_status_t = 15;
/// No valid credentials.
pub const HMS_STATUS_UNAUTHENTICATED: hms_status_t = 16;

/// On input: not stated, which means CBOR. On output: another type, see `content_type_text`.
pub const HMS_CONTENT_TYPE_DEFAULT: u32 = 0;
/// `application/cbor`
pub const HMS_CONTENT_TYPE_CBOR: u32 = 1;
/// `application/protobuf`
pub const HMS_CONTENT_TYPE_PROTOBUF: u32 = 2;
/// `application/json`
pub const HMS_CONTENT_TYPE_JSON: u32 = 3;
/// `application/octet-stream`: raw bytes.
pub const HMS_CONTENT_TYPE_BYTES: u32 = 4;

/// Choose for me.
pub const HMS_TRANSPORT_DEFAULT: u32 = 0;
/// The same process.
pub const HMS_TRANSPORT_IN_PROCESS: u32 = 1;
/// Shared memory of one machine.
pub const HMS_TRANSPORT_SHARED_MEMORY: u32 = 2;
/// A socket of one machine.
pub const HMS_TRANSPORT_LOCAL_SOCKET: u32 = 3;
/// TCP.
pub const HMS_TRANSPORT_TCP: u32 = 4;
/// HTTP.
pub const HMS_TRANSPORT_HTTP: u32 = 5;
/// gRPC.
pub const HMS_TRANSPORT_GRPC: u32 = 6;
/// WebSocket.
pub const HMS_TRANSPORT_WEBSOCKET: u32 = 7;
/// Message queue.
pub const HMS_TRANSPORT_MESSAGE_QUEUE: u32 = 8;

/// The message `Schema` in Protobuf.
pub const HMS_SCHEMA_FORM_PROTOBUF: u32 = 1;
/// The message `Schema` in JSON: members by their names, types by theirs (`"type": "STRING"`).
pub const HMS_SCHEMA_FORM_JSON: u32 = 2;
/// JSON Schema, 2020-12.
pub const HMS_SCHEMA_FORM_JSON_SCHEMA: u32 = 3;

/// The same major version; the service reads what the caller sends, and the caller what the service answers. The default.
pub const HMS_BINDING_LOOSE: u32 = 1;
/// The same major and minor version; schemas that each side could take over from the other.
pub const HMS_BINDING_STRICT: u32 = 2;

/// A payload is written as it comes easiest.
pub const HMS_LAYOUT_ANY: u32 = 0;
/// CBOR is written in the one form that equal values have: RFC 8949, 4.2.1.
pub const HMS_LAYOUT_DETERMINISTIC: u32 = 1;

/// Not a streaming method.
pub const HMS_STREAM_TYPE_NONE: u32 = 0;
/// One request, many answers.
pub const HMS_STREAM_TYPE_SERVER: u32 = 1;
/// Many requests, one answer.
pub const HMS_STREAM_TYPE_CLIENT: u32 = 2;
/// Many each way.
pub const HMS_STREAM_TYPE_BIDIRECTIONAL: u32 = 3;

/// The server's choice: direct.
pub const HMS_DISPATCH_DEFAULT: u32 = 0;
/// The handler runs on the caller's thread, on its stack.
pub const HMS_DISPATCH_DIRECT: u32 = 1;
/// The handler runs on one of the server's handler threads.
pub const HMS_DISPATCH_POOL: u32 = 2;
/// The handler takes its calls from a completion queue.
pub const HMS_DISPATCH_HOP: u32 = 3;

/// `AuthType` of the specification: no requirement stated.
pub const HMS_AUTH_TYPE_DEFAULT: u32 = 0;
/// No authentication.
pub const HMS_AUTH_TYPE_NONE: u32 = 1;
/// Token.
pub const HMS_AUTH_TYPE_TOKEN: u32 = 2;
/// Certificate.
pub const HMS_AUTH_TYPE_CERT: u32 = 3;
/// Custom.
pub const HMS_AUTH_TYPE_CUSTOM: u32 = 4;

/// `CallStatus` of the specification: not known.
pub const HMS_CALL_STATUS_UNSPECIFIED: u32 = 0;
/// The call ended well.
pub const HMS_CALL_STATUS_OK: u32 = 1;
/// The call runs.
pub const HMS_CALL_STATUS_IN_PROGRESS: u32 = 2;
/// The call failed.
pub const HMS_CALL_STATUS_FAILED: u32 = 3;
/// The call was cancelled.
pub const HMS_CALL_STATUS_CANCELLED: u32 = 4;
/// The deadline passed.
pub const HMS_CALL_STATUS_TIMEOUT: u32 = 5;

/// `LogLevel` of the specification: the default, which is INFO.
pub const HMS_LOG_LEVEL_DEFAULT: u32 = 0;
/// Debug.
pub const HMS_LOG_LEVEL_DEBUG: u32 = 1;
/// Info.
pub const HMS_LOG_LEVEL_INFO: u32 = 2;
/// Warning.
pub const HMS_LOG_LEVEL_WARNING: u32 = 3;
/// Error.
pub const HMS_LOG_LEVEL_ERROR: u32 = 4;

/// Kind of a value that a reader finds: nothing, the list, the map or the whole value has ended.
pub const HMS_KIND_END: u32 = 0;
/// Null.
pub const HMS_KIND_NULL: u32 = 1;
/// True or false.
pub const HMS_KIND_BOOL: u32 = 2;
/// An integer that fits 64 bits, signed or unsigned.
pub const HMS_KIND_INT: u32 = 3;
/// An integer that does not.
pub const HMS_KIND_BIGINT: u32 = 4;
/// A 64-bit float.
pub const HMS_KIND_FLOAT: u32 = 5;
/// UTF-8 text.
pub const HMS_KIND_TEXT: u32 = 6;
/// Bytes.
pub const HMS_KIND_BYTES: u32 = 7;
/// A date-time with its offset.
pub const HMS_KIND_DATETIME: u32 = 8;
/// A UUID.
pub const HMS_KIND_UUID: u32 = 9;
/// A decimal number that keeps its digits.
pub const HMS_KIND_DECIMAL: u32 = 10;
/// A list.
pub const HMS_KIND_LIST: u32 = 11;
/// A map with text keys.
pub const HMS_KIND_MAP: u32 = 12;
