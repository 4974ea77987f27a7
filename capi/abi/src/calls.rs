//! What a call carries in, what a handler sees, and what comes out of a queue.
//!
//! Every struct that a caller fills begins with `struct_size` (set it to `sizeof` of the struct): fields that
//! a later version appends read as zero for programs that were compiled before.

use crate::{
    hms_buffer_t, hms_bytes_t, hms_call_t, hms_error_t, hms_metadata_t, hms_pair_t, hms_status_t, hms_str_t,
};

/// Options of one call, stream or submission. All zero (with `struct_size`) is the default.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_call_options_t {
    /// `sizeof(hms_call_options_t)`
    pub struct_size: u32,
    /// 0; unknown bits are refused.
    pub flags: u32,
    /// Time for the whole call in nanoseconds; 0 = the defaults of client, method and server. An explicit
    /// timeout is enforced: the handler runs on a handler thread and the caller returns in time.
    pub timeout_ns: u64,
    /// One of `HMS_CONTENT_TYPE_*`: how the request is encoded; 0 = CBOR, or `content_type_text` when given.
    pub content_type: u32,
    /// The way that the call must take, one of `HMS_TRANSPORT_*`; 0 = choose. One that this version lacks is refused;
    /// UNAVAILABLE when it does not lead to the service.
    pub transport: u32,
    /// A content type that has no constant; empty = `content_type` says it.
    pub content_type_text: hms_str_t,
    /// `metadata_count` pairs sent with the request; borrowed for the call. Keys that start with `hms-` are
    /// the library's.
    pub metadata: *const hms_pair_t,
    /// Number of pairs.
    pub metadata_count: usize,
    /// The inbound call on whose behalf this one is made; its deadline and chain are inherited. None = the
    /// call whose handler runs on this thread, if any.
    pub parent: hms_call_t,
    /// Where to put the answer's metadata; NULL = not wanted. Written on success, close it.
    pub response_metadata: *mut hms_metadata_t,
    /// Ways that the call must not take: the bits `1 << HMS_TRANSPORT_*`; 0 = none. UNAVAILABLE when no other leads to the
    /// service.
    pub forbidden_transports: u64,
    /// Where to tell what the call took; NULL = not wanted. Set its `struct_size`. Written also when the call fails. For
    /// asynchronous calls and streams it tells of the sending alone.
    pub report: *mut hms_call_report_t,
}

/// What a call took.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_call_report_t {
    /// `sizeof(hms_call_report_t)`
    pub struct_size: u32,
    /// The way that it took, one of `HMS_TRANSPORT_*`; 0 = it did not get as far.
    pub transport: u32,
    /// Bytes of request and answer that the library copied, at both ends. Includes what the handler called in its turn, if it
    /// ran on this thread.
    pub bytes_copied: u64,
}

/// A request as its handler sees it. Valid until `on_call` returns, or, after `hms_call_retain`, until the
/// call is answered or closed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_request_t {
    /// Size of the struct that the library filled.
    pub struct_size: u32,
    /// One of `HMS_CONTENT_TYPE_*`; 0 = another, see `content_type_text`.
    pub content_type: u32,
    /// The request's bytes.
    pub body: hms_bytes_t,
    /// The content type as text.
    pub content_type_text: hms_str_t,
    /// When the caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never.
    pub deadline_ns: u64,
    /// Number of metadata pairs; read them with `hms_call_metadata_at`.
    pub metadata_count: u32,
    /// One of `HMS_STREAM_TYPE_*` of the method.
    pub stream_type: u32,
}

/// Serves one method.
///
/// `on_call` may run on any thread and on several at once. It never runs after `drop` began; `drop` runs once,
/// after the last `on_call` returned. No library lock is held during either.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_handler_t {
    /// `sizeof(hms_handler_t)`
    pub struct_size: u32,
    /// 0
    pub flags: u32,
    /// Passed to both functions.
    pub ctx: *mut core::ffi::c_void,
    /// Serves one call. It must answer `call` once, with `hms_call_reply` or `hms_call_fail`, now or, after
    /// `hms_call_retain`, later from any thread. It must not unwind. May be NULL when the method's options name
    /// a queue.
    pub on_call: Option<
        unsafe extern "C" fn(ctx: *mut core::ffi::c_void, call: hms_call_t, request: *const hms_request_t),
    >,
    /// Frees `ctx`; may be NULL.
    pub drop: hms_drop_fn,
}

/// Frees the context of a callback; runs once, after the last use.
pub type hms_drop_fn = Option<unsafe extern "C" fn(ctx: *mut core::ffi::c_void)>;

/// Options of an answer. All zero (with `struct_size`) is the default.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_reply_options_t {
    /// `sizeof(hms_reply_options_t)`
    pub struct_size: u32,
    /// One of `HMS_CONTENT_TYPE_*`; 0 = that of the request, or `content_type_text` when given.
    pub content_type: u32,
    /// A content type that has no constant.
    pub content_type_text: hms_str_t,
    /// Pairs returned with the answer; borrowed for the call.
    pub metadata: *const hms_pair_t,
    /// Number of pairs.
    pub metadata_count: usize,
}

/// Why a handler failed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_failure_t {
    /// `sizeof(hms_failure_t)`
    pub struct_size: u32,
    /// One of `HMS_STATUS_*`, not OK. UNKNOWN for an exception without a code of its own.
    pub code: hms_status_t,
    /// For people.
    pub message: hms_str_t,
    /// The component that failed; empty = the service and method.
    pub source: hms_str_t,
    /// The stack as the handler's language prints it; empty = none.
    pub stack: hms_str_t,
    /// Further details; borrowed for the call.
    pub details: *const hms_pair_t,
    /// Number of details.
    pub details_count: usize,
    /// The error of a nested call that made this one fail; borrowed, none = 0.
    pub cause: hms_error_t,
    /// The id of one of the method's `error_schemas`: of which type the failure is. Empty = of none, without data.
    pub error_schema: hms_str_t,
    /// The data of a failure of that type, in CBOR; borrowed for the call. Empty without `error_schema`.
    pub error_data: hms_bytes_t,
}

/// What a handler can ask about the call that it serves.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_call_info_t {
    /// `sizeof(hms_call_info_t)`, set by the caller of `hms_call_info`.
    pub struct_size: u32,
    /// Number of calls above this one in its chain.
    pub depth: u32,
    /// Service id; valid until the call is answered.
    pub service: hms_str_t,
    /// Method name; valid until the call is answered.
    pub method: hms_str_t,
    /// When the caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never.
    pub deadline_ns: u64,
    /// 1 when nobody waits for the answer any more.
    pub cancelled: u32,
    /// One of `HMS_DISPATCH_*`: how this call came here.
    pub dispatch: u32,
}

/// The id of an asynchronous call: 128 random bits as 32 hexadecimal digits and a NUL. Valid in every language
/// of the process.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct hms_call_id_t {
    /// NUL-terminated text.
    pub text: [core::ffi::c_char; 40],
}

/// An asynchronous call ended: `status`, and `buffer` or `error`.
pub const HMS_COMPLETION_CALL: u32 = 1;
/// A stream has something to receive: `hms_stream_receive` will not wait.
pub const HMS_COMPLETION_READABLE: u32 = 2;
/// A call arrived for a method that takes its calls from this queue: `call`; `tag` is the method's.
pub const HMS_COMPLETION_REQUEST: u32 = 3;
/// The caller of `call` went away; `tag` is the method's.
pub const HMS_COMPLETION_CANCELLED: u32 = 4;
/// A stream may have room: try `hms_stream_send` again.
pub const HMS_COMPLETION_WRITABLE: u32 = 5;

/// The stream has an item.
pub const HMS_STREAM_ITEM: u32 = 1;
/// The other side sends nothing more.
pub const HMS_STREAM_END: u32 = 2;
/// Nothing within the time given.
pub const HMS_STREAM_PENDING: u32 = 3;

/// What is known of a stream.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_stream_info_t {
    /// `sizeof(hms_stream_info_t)`, set by the caller of `hms_stream_info`.
    pub struct_size: u32,
    /// 1 when this end can neither send nor receive any more.
    pub closed: u32,
    /// Messages sent by this end; the sequence number of the next.
    pub sent: u64,
    /// Messages received by this end.
    pub received: u64,
}

/// Something that a queue collected.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_completion_t {
    /// One of `HMS_COMPLETION_*`.
    pub kind: u32,
    /// How it ended.
    pub status: hms_status_t,
    /// The tag given at submission, or of the method.
    pub tag: u64,
    /// Result bytes; release them.
    pub buffer: hms_buffer_t,
    /// The failure; close it.
    pub error: hms_error_t,
    /// The inbound call, for `HMS_COMPLETION_REQUEST` and `HMS_COMPLETION_CANCELLED`.
    pub call: hms_call_t,
    /// Metadata of the answer, for `HMS_COMPLETION_CALL`; close it. None when there is none.
    pub metadata: hms_metadata_t,
}
