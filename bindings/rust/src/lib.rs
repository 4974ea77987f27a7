#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod async_call;
mod binding;
pub mod call;
pub mod client;
mod error;
mod error_data;
mod interceptor;
mod log;
mod macros;
mod method;
mod method_entry;
mod options;
mod panics;
mod payload;
mod raw;
mod reactor;
mod runtime;
pub mod schema;
mod serve;
pub mod server;
mod service;
mod service_client;
mod service_event;
mod stream;
mod task;
mod typed_stream;
mod types;

pub use async_call::AsyncCall;
pub use binding::{Binding, ServiceOptions, compare_services};
pub use client::{Client, new_client};
pub use error::{Error, ErrorCode, Result};
pub use error_data::ErrorData;
pub use interceptor::{Intercepted, Interceptor};
pub use log::forward_logs;
pub use method::{CallReport, Method, Reply};
pub use method_entry::{Dispatch, MethodEntry, StreamHandler};
pub use options::{
    AuthConfig, AuthType, CallOptions, CertValidation, ClientOptions, ServerOptions, TokenValidator,
};
pub use payload::encoded::Encoded;
pub use payload::kinds::{BigInt, DateTime, Decimal, Uuid};
#[cfg(feature = "prost")]
pub use payload::proto::Proto;
pub use payload::value::Value;
pub use payload::{ContentType, Payload};
pub use raw::buffer::Buffer;
pub use raw::loan::Loan;
pub use runtime::{Runtime, load_component};
pub use server::{Server, ServiceHandler, new_server};
pub use service::Service;
pub use service_client::{ServiceClient, ServiceClientExt};
pub use service_event::{EventType, ServiceEvent};
pub use stream::{ServerStream, Stream, Waited};
pub use typed_stream::TypedStream;
pub use types::{CallStatus, LogLevel, MethodInfo, ServiceInfo, StreamType, TransportType};

/// For [`component!`], and for nothing else.
#[cfg(not(feature = "static"))]
#[doc(hidden)]
pub use raw::component as __component;

/// The version of the library, such as `0.1.0`.
pub fn version() -> &'static str {
    raw::process::version()
}

/// 16 bytes that are the same for all code in this process that shares one copy of the library.
pub fn instance_id() -> Result<Uuid> {
    raw::process::instance_id().map(Uuid)
}

/// All that most programs need: `use hmsffi::prelude::*`.
pub mod prelude {
    pub use crate::{
        AsyncCall, CallOptions, Client, ClientOptions, Error, ErrorCode, ErrorData, MethodEntry, Runtime,
        Server, ServerOptions, ServerStream, Service, ServiceClient, ServiceHandler, ServiceInfo, Stream,
        StreamType, ffi_method, ffi_service, ffi_stream_method, new_client, new_server,
    };
}
