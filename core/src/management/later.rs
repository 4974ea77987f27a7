//! The services whose work comes with later versions: each method says so.

use crate::call::{Call, Request};
use crate::error::Error;
use crate::proto::StreamType::{self, ServerStreaming, Unspecified};
use crate::service::{MethodSpec, ServiceSpec};

type Names = &'static [(&'static str, StreamType)];

const SERVICES: [(&str, &str, Names); 2] = [
    (
        "SecurityManager",
        "authentication and authorisation",
        &[
            ("GetSecurityConfig", Unspecified),
            ("CheckAuthorization", Unspecified),
            ("GenerateToken", Unspecified),
            ("ValidateToken", Unspecified),
            ("RevokeToken", Unspecified),
        ],
    ),
    (
        "ObservabilityManager",
        "metrics, traces and collected logs",
        &[
            ("GetMetrics", Unspecified),
            ("StartTracing", Unspecified),
            ("StopTracing", Unspecified),
            ("GetTraces", ServerStreaming),
            ("StreamLogs", ServerStreaming),
        ],
    ),
];

/// Both.
pub fn services() -> impl Iterator<Item = ServiceSpec> {
    SERVICES.into_iter().map(|(service, brought_by, methods)| {
        let methods =
            methods.iter().map(|(name, stream_type)| refused(service, name, *stream_type, brought_by));
        super::service(service, methods.collect())
    })
}

/// A method that is not there yet.
pub fn method(service: &'static str, name: &'static str, brought_by: &'static str) -> MethodSpec {
    refused(service, name, Unspecified, brought_by)
}

fn refused(
    service: &'static str,
    name: &'static str,
    stream_type: StreamType,
    brought_by: &'static str,
) -> MethodSpec {
    let handler = move |call: Call, _: &Request<'_>| {
        let text = format!("{service}.{name} is not in this version: it comes with {brought_by}");
        let source = format!("{}.{service}.{name}", super::PACKAGE);
        // Fails only when nobody waits for the answer any more.
        let _ = call.answer(Err(Error::unimplemented(text).with_source(source)));
    };
    MethodSpec { name: name.into(), stream_type, handler: Some(Box::new(handler)), ..MethodSpec::default() }
}
