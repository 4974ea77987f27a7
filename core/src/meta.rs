//! The metadata keys that are the library's own: `hms-` on a call, `hms.` in stored records. `docs/metadata.md` lists them.

use crate::error::{Error, Result};

/// Label of a method: where its handler runs (`direct`, `pool`, `hop`).
pub const DISPATCH: &str = "hms.dispatch";
/// Label of a method: two calls do no more than one.
pub const IDEMPOTENT: &str = "hms.idempotent";
/// Label of a method: short, and never calls back.
pub const LEAF: &str = "hms.leaf";
/// Label of a service, given at registration: which payloads are checked against the schemas of its methods (`inputs`, `always`,
/// `never`).
pub const VALIDATE: &str = "hms.validate";
/// Label of an OBJECT schema: it has no fields but those that it names (`true`).
pub const CLOSED: &str = "hms.closed";
/// Label of a UNION schema: the field whose value tells which of its objects is meant.
pub const DISCRIMINATOR: &str = "hms.discriminator";
/// Label of a schema: its values are not shown in messages (`true`).
pub const SENSITIVE: &str = "hms.sensitive";
/// Label of a schema: the content type of its default and examples, and of data that are validated with it. Without it they are JSON
/// if they can be, else CBOR.
pub const ENCODING: &str = "hms.encoding";
/// Label of a schema: the number of its field in a Protobuf message. On the alternatives of a UNION: the fields of a oneof.
pub const PROTOBUF_NUMBER: &str = "hms.protobuf.number";
/// Label of a schema: its type in Protobuf (`sint32`, `google.protobuf.Timestamp`), where its own type may be several.
pub const PROTOBUF_TYPE: &str = "hms.protobuf.type";
/// Label of an ENUM: the numbers of its values in Protobuf, in their order (`0,1,5`). Without it they go as text.
pub const PROTOBUF_NUMBERS: &str = "hms.protobuf.numbers";
/// Label of the schema of a field: the group of fields of which a Protobuf message has one at most.
pub const PROTOBUF_ONEOF: &str = "hms.protobuf.oneof";
/// Label of an OBJECT that is registered: base64 of a `FileDescriptorSet` with the message that its id names, whose schema is kept
/// in its place.
pub const PROTOBUF_DESCRIPTORS: &str = "hms.protobuf.descriptors";
/// Label of a registered schema: which compatibility the version after it must keep.
pub const COMPATIBILITY: &str = "hms.compatibility";
/// Label of a schema that was got from the registry: which version of its id it is.
pub const SCHEMA_VERSION: &str = "hms.schema_version";
/// Label of a listed or watched service: its status.
pub const STATUS: &str = "hms.status";
/// Label of a listed or watched service: the revision of the registry, for resuming.
pub const REVISION: &str = "hms.revision";
/// Label of a service, given at registration: which instance serves it.
pub const INSTANCE_ID: &str = "hms.instance_id";
/// Label of a service, given at registration: the language of its handlers.
pub const LANG: &str = "hms.lang";
/// Label of a service, given at registration: the process that serves it.
pub const PID: &str = "hms.pid";
/// Label of a service that other processes serve too: the ids of all that do, those that serve best first.
pub const PIDS: &str = "hms.pids";
/// Label of a service, refused so far: how long it is registered without a sign of life.
pub const LEASE: &str = "hms.lease_ms";
/// Prefix of labels of a service, refused so far: where a transport finds it.
pub const ENDPOINT_PREFIX: &str = "hms.endpoint.";
/// Setting of a listed transport: nanoseconds that a call takes, measured on this machine.
pub const AVG_LATENCY_NS: &str = "hms.avg_latency_ns";
/// Prefix of settings of the transport that was chosen: why another, by its id, was not.
pub const REJECTED_PREFIX: &str = "hms.rejected.";
/// Prefix of the labels that only the library sets, except for [`INSTANCE_ID`], [`LANG`], [`PID`] and [`VALIDATE`].
pub const LABEL_PREFIX: &str = "hms.";

/// Prefix of keys on a call that callers must not set.
pub const CALL_PREFIX: &str = "hms-";
/// On a request of `ServiceClient`: which version of the service is meant, as in `^1.2`.
pub const VERSION: &str = "hms-version";
/// On the first message of a stream of `ServiceClient`: its time in milliseconds.
pub const TIMEOUT_MS: &str = "hms-timeout-ms";
/// On an answer that has a place for a refusal: the number of its code.
pub const ERROR_CODE: &str = "hms-error-code";
/// On a request or answer of `ServiceClient`: how the bytes inside are encoded.
pub const CONTENT_TYPE: &str = "content-type";
/// On a request of `ServiceClient`, refused so far: credentials.
pub const AUTHORIZATION: &str = "authorization";

/// Detail of an error: the stack of the handler that failed.
pub const STACK: &str = "hms.stack";
/// Detail of an error: what is wrong with a payload or a schema, as a JSON array of `path`, `message` and `code`.
pub const VIOLATIONS: &str = "hms.violations";
/// Detail of an error: where a service does not fit what its caller was made for, as a JSON array.
pub const DIFFERENCES: &str = "hms.differences";
/// Detail of a typed error: the id of its schema.
pub const ERROR_SCHEMA: &str = "hms.error_schema";
/// Detail of a typed error: its data, base64 of CBOR.
pub const ERROR_DATA: &str = "hms.error_data";
/// Prefix of details of an error: the error behind it.
pub const CAUSE_PREFIX: &str = "hms.cause.";

/// Detail of an UNAVAILABLE error: whether the handler may have run (`true`), or cannot have (`false`).
pub const MAYBE_EXECUTED: &str = "hms.maybe_executed";

/// Whether a label of a schema is part of what the schema takes.
pub fn says_what_is_taken(label: &str) -> bool {
    matches!(label, CLOSED | ENCODING | PROTOBUF_NUMBER | PROTOBUF_TYPE | PROTOBUF_NUMBERS | PROTOBUF_ONEOF)
}

/// Refuses keys that callers must not set on a call.
pub fn refuse_reserved<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<()> {
    match keys.into_iter().find(|key| key.starts_with(CALL_PREFIX)) {
        None => Ok(()),
        Some(key) => Err(Error::invalid(format!(
            "metadata '{key}' starts with '{CALL_PREFIX}', which is kept for the library"
        ))),
    }
}
