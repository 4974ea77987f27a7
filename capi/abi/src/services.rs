//! Options of runtimes, servers, clients and methods.

use crate::{hms_pair_t, hms_queue_t, hms_str_t};

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
    /// Transports to enable, `transports_count` of `HMS_TRANSPORT_*`; none = the default. Those that this version
    /// lacks are refused with UNIMPLEMENTED.
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
    /// One of `HMS_TRANSPORT_*`; those that this version lacks are refused with UNIMPLEMENTED.
    pub transport: u32,
    /// Sent with each call. Refused with UNIMPLEMENTED in this version unless empty.
    pub auth_token: hms_str_t,
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
}
