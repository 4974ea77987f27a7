//! What the client and the server side both name.

use std::collections::HashMap;

/// How an asynchronous call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum CallStatus {
    /// Not known.
    Unknown = 0,
    /// It ended well.
    Ok = 1,
    /// It runs.
    InProgress = 2,
    /// It failed.
    Failed = 3,
    /// It was cancelled.
    Cancelled = 4,
    /// Its deadline passed.
    Timeout = 5,
}

impl CallStatus {
    pub(crate) fn from_number(number: u32) -> CallStatus {
        match number {
            1 => CallStatus::Ok,
            2 => CallStatus::InProgress,
            3 => CallStatus::Failed,
            4 => CallStatus::Cancelled,
            5 => CallStatus::Timeout,
            _ => CallStatus::Unknown,
        }
    }
}

/// How the messages of a method flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(u32)]
pub enum StreamType {
    /// It does not stream.
    #[default]
    Unknown = 0,
    /// One request, many answers.
    ServerStreaming = 1,
    /// Many requests, one answer.
    ClientStreaming = 2,
    /// Many each way.
    Bidirectional = 3,
}

impl StreamType {
    pub(crate) fn from_number(number: u32) -> StreamType {
        match number {
            1 => StreamType::ServerStreaming,
            2 => StreamType::ClientStreaming,
            3 => StreamType::Bidirectional,
            _ => StreamType::Unknown,
        }
    }
}

/// How calls get to their service. What this version lacks is refused with UNIMPLEMENTED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(u32)]
pub enum TransportType {
    /// The library's choice.
    #[default]
    Default = 0,
    /// The same process.
    InProcess = 1,
    /// Shared memory of one machine.
    SharedMemory = 2,
    /// A socket of one machine.
    LocalSocket = 3,
    /// TCP.
    Tcp = 4,
    /// HTTP.
    Http = 5,
    /// gRPC.
    Grpc = 6,
    /// WebSocket.
    WebSocket = 7,
    /// Message queue.
    MessageQueue = 8,
}

impl TransportType {
    pub(crate) fn numbered(number: u32) -> TransportType {
        use TransportType::*;
        [Default, InProcess, SharedMemory, LocalSocket, Tcp, Http, Grpc, WebSocket, MessageQueue]
            .into_iter()
            .find(|transport| *transport as u32 == number)
            .unwrap_or_default()
    }
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum LogLevel {
    /// For those who look for a fault.
    Debug = 1,
    /// What happens.
    Info = 2,
    /// What may become a problem.
    Warn = 3,
    /// What went wrong.
    Error = 4,
}

impl LogLevel {
    /// Another name of [`LogLevel::Warn`].
    #[allow(non_upper_case_globals, reason = "looks like a variant, as in the other languages")]
    pub const Warning: LogLevel = LogLevel::Warn;
}

/// Describes a service.
///
/// ```
/// let info = hmsffi::ServiceInfo { id: "billing".into(), version: "1.2.0".into(), ..Default::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceInfo {
    /// What clients ask for. Empty at registration = the library makes one up.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// A semantic version; empty at registration = `1.0.0`.
    pub version: String,
    /// The methods. At registration, those that are listed here lend their descriptions, stream types and
    /// labels to handlers that are registered under the same names.
    pub methods: Vec<MethodInfo>,
    /// Labels. Keys that start with `hms.` are the library's.
    pub metadata: HashMap<String, String>,
}

/// Describes a method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MethodInfo {
    /// What clients ask for.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whether it streams.
    pub is_streaming: bool,
    /// How.
    pub stream_type: StreamType,
    /// Labels. Keys that start with `hms.` are the library's.
    pub metadata: HashMap<String, String>,
}
