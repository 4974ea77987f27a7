//! Options of runtimes, servers, clients and methods.

use crate::{hms_bytes_t, hms_drop_fn, hms_error_t, hms_pair_t, hms_queue_t, hms_status_t, hms_str_t};

/// Options of a private runtime.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_runtime_options_t {
    /// `sizeof(hms_runtime_options_t)`
    pub struct_size: u32,
    /// 0
    pub flags: u32,
    /// For logs and errors; empty = `runtime`.
    pub name: hms_str_t,
    /// A file that keeps what `SchemaRegistry` registers, opened when it is needed first; empty = in memory. The default runtime
    /// has the one that the environment variable `HMSFFI_SCHEMAS` names.
    pub schemas: hms_str_t,
}

/// Options of a server (`ServerOptions` of the specification).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_server_options_t {
    /// `sizeof(hms_server_options_t)`
    pub struct_size: u32,
    /// 0
    pub flags: u32,
    /// Name of the server.
    pub name: hms_str_t,
    /// Ways in for other processes, `transports_count` of `HMS_TRANSPORT_*`; none = all. Callers of the same process need
    /// none. Those that this version lacks are refused with UNIMPLEMENTED.
    pub transports: *const u32,
    /// Number of transports.
    pub transports_count: usize,
    /// One of `HMS_AUTH_TYPE_*`. Anything but DEFAULT and NONE is refused with UNIMPLEMENTED in this version.
    pub auth_type: u32,
    /// Calls served at once; 0 = 100, -1 = no limit.
    pub max_concurrent_calls: i32,
    /// Default time for a call in nanoseconds; 0 = 30 s.
    pub call_timeout_ns: u64,
    /// Handler threads for pool dispatch; 0 = one per CPU, at least 4. They start with the first pool call.
    pub pool_threads: u32,
    /// 0
    pub reserved: u32,
    /// Bytes of a request, an answer or a message of a stream, at least 4096; 0 = 1 GiB. A larger one is RESOURCE_EXHAUSTED.
    pub max_message_size: u64,
}

/// Options of a client (`ClientOptions` of the specification).
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_client_options_t {
    /// `sizeof(hms_client_options_t)`
    pub struct_size: u32,
    /// 0
    pub flags: u32,
    /// Default time for a call in nanoseconds; 0 = 30 s. It is cooperative in direct dispatch.
    pub timeout_ns: u64,
    /// Retries after a failure that cannot have run the handler; 0 = 3, -1 = none.
    pub max_retries: i32,
    /// The way that its calls must take, one of `HMS_TRANSPORT_*`; 0 = choose. Those that this version lacks are refused
    /// with UNIMPLEMENTED.
    pub transport: u32,
    /// Sent with each call. Refused with UNIMPLEMENTED in this version unless empty.
    pub auth_token: hms_str_t,
    /// Microseconds that a thread which calls another process looks for its answer before it sleeps; 0 = as is found best,
    /// -1 = not at all.
    pub spin_us: i32,
    /// 0
    pub reserved: u32,
}

/// What a caller was made for: a service must be so, or it is not bound.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_bind_options_t {
    /// `sizeof(hms_bind_options_t)`
    pub struct_size: u32,
    /// How close the service must be, one of `HMS_BINDING_*`; 0 = loose.
    pub binding: u32,
    /// The message `ServiceDefinition` in JSON or Protobuf, with version and schemas; empty = anything will do.
    pub expected: hms_bytes_t,
}

/// A call as an interceptor sees it. The views are valid while the interceptor runs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_intercepted_t {
    /// Size of the struct that the library filled.
    pub struct_size: u32,
    /// One of `HMS_CONTENT_TYPE_*`; 0 = another.
    pub content_type: u32,
    /// Service id.
    pub service: hms_str_t,
    /// Method name.
    pub method: hms_str_t,
    /// The request's bytes; empty after the call.
    pub body: hms_bytes_t,
    /// `metadata_count` pairs of the request; none after the call.
    pub metadata: *const hms_pair_t,
    /// Number of pairs.
    pub metadata_count: usize,
}

/// User code around every call of a server. Both functions may run on any thread and on several at once, with no library
/// lock held; they must not unwind.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_interceptor_t {
    /// `sizeof(hms_interceptor_t)`
    pub struct_size: u32,
    /// 0
    pub flags: u32,
    /// Passed to all functions.
    pub ctx: *mut core::ffi::c_void,
    /// Runs on the caller's thread before the handler. `HMS_STATUS_OK` lets the call pass; any other status is its answer,
    /// with the error that was written (from `hms_error_new`; the library closes it), or without a text of its own. May be
    /// NULL.
    pub before: Option<
        unsafe extern "C" fn(
            ctx: *mut core::ffi::c_void,
            call: *const hms_intercepted_t,
            error: *mut hms_error_t,
        ) -> hms_status_t,
    >,
    /// Runs where the answer of a call that passed arrives: its status, and how long it took. May be NULL.
    pub after: Option<
        unsafe extern "C" fn(
            ctx: *mut core::ffi::c_void,
            call: *const hms_intercepted_t,
            status: hms_status_t,
            duration_ns: u64,
        ),
    >,
    /// Frees `ctx`; may be NULL.
    pub drop: hms_drop_fn,
}

/// One thread alone polls the queue and serves its methods: a caller that would block that thread and wait for it is
/// refused with ABORTED instead of hanging.
pub const HMS_QUEUE_SINGLE_THREAD: u32 = 1;

/// Options of a completion queue.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_queue_options_t {
    /// `sizeof(hms_queue_options_t)`
    pub struct_size: u32,
    /// `HMS_QUEUE_*` bits; unknown ones are refused.
    pub flags: u32,
}

/// Two calls with the same arguments do no more than one: it may be repeated after a failure.
pub const HMS_METHOD_IDEMPOTENT: u32 = 1;
/// Short, and never calls back: Python need not give up its interpreter lock around it.
pub const HMS_METHOD_LEAF: u32 = 2;

/// Options of a method.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct hms_method_options_t {
    /// `sizeof(hms_method_options_t)`
    pub struct_size: u32,
    /// `HMS_METHOD_*` bits; unknown ones are refused.
    pub flags: u32,
    /// For people.
    pub description: hms_str_t,
    /// One of `HMS_STREAM_TYPE_*`.
    pub stream_type: u32,
    /// One of `HMS_DISPATCH_*`; 0 = direct.
    pub dispatch: u32,
    /// Time for a call in nanoseconds; 0 = the server's default.
    pub timeout_ns: u64,
    /// `metadata_count` labels, borrowed for the call.
    pub metadata: *const hms_pair_t,
    /// Number of labels.
    pub metadata_count: usize,
    /// With `HMS_DISPATCH_HOP`: the queue that collects the calls, as `HMS_COMPLETION_REQUEST`. The handler may be NULL
    /// then; where it is given, it serves calls made on the thread that polls the queue.
    pub queue: hms_queue_t,
    /// With a queue: the tag of those completions.
    pub queue_tag: u64,
    /// The handler's name and place for stacks, such as `convert (units.go:41)`; empty = not known.
    pub handler_site: hms_str_t,
    /// Schema of what callers send, as JSON (`{"type": "STRING"}`) or as a Protobuf message `hms.ffi.v1.Schema`; empty = none.
    /// Of a stream that callers send on, each message has it. Borrowed for the call.
    pub input_schema: hms_bytes_t,
    /// Schema of what the handler answers; of a stream that it sends on, each message has it.
    pub output_schema: hms_bytes_t,
    /// `error_schema_count` schemas of errors with data, each with the id by which the error names it.
    pub error_schemas: *const hms_bytes_t,
    /// Number of those schemas.
    pub error_schema_count: usize,
}
