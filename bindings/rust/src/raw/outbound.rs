//! Calls that this program makes.

use std::collections::HashMap;
use std::time::Duration;

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::handles::{ClientHandle, MethodHandle};
use super::queue::QueueHandle;
use super::stream::StreamHandle;
use super::{check, constant, duration, pairs, patience, text, view};
use crate::Result;
use crate::call;
use crate::method::{CallReport, Reply};
use crate::options::CallOptions;
use crate::payload::{ContentType, Payload};
use crate::types::TransportType;

/// The metadata of an answer.
pub(crate) type Metadata = HashMap<String, String>;

/// The number and the text of a content type.
pub(super) fn content_type(content_type: Option<&ContentType>) -> (u32, hms_str_t) {
    let number = match content_type {
        None => HMS_CONTENT_TYPE_DEFAULT,
        Some(ContentType::Cbor) => HMS_CONTENT_TYPE_CBOR,
        Some(ContentType::Protobuf) => HMS_CONTENT_TYPE_PROTOBUF,
        Some(ContentType::Json) => HMS_CONTENT_TYPE_JSON,
        Some(ContentType::Bytes) => HMS_CONTENT_TYPE_BYTES,
        Some(ContentType::Other(other)) => return (HMS_CONTENT_TYPE_DEFAULT, view(other)),
    };
    (number, hms_str_t::EMPTY)
}

/// Runs `f` with the options of a call as the ABI takes them.
fn with_options<R>(
    payload: &Payload<'_>,
    options: &CallOptions,
    wanted: Option<&mut Wanted>,
    f: impl FnOnce(&hms_call_options_t) -> R,
) -> R {
    let metadata = pairs(options.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let (number, text) = content_type(payload.content_type().or(Some(&ContentType::Bytes)));
    let (response_metadata, report): (*mut _, *mut _) = match wanted {
        Some(wanted) => (&mut wanted.metadata, &mut wanted.report),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    f(&hms_call_options_t {
        content_type: number,
        content_type_text: text,
        timeout_ns: duration(options.timeout),
        metadata: metadata.as_ptr(),
        metadata_count: metadata.len(),
        parent: options.parent.or_else(call::implied_parent).map_or(hms_call_t { id: 0 }, |parent| parent.0),
        transport: options.transport as u32,
        forbidden_transports: options.forbidden,
        response_metadata,
        report,
        ..plain()
    })
}

/// Options that ask for nothing.
fn plain() -> hms_call_options_t {
    hms_call_options_t {
        struct_size: size_of::<hms_call_options_t>() as u32,
        flags: 0,
        timeout_ns: 0,
        content_type: HMS_CONTENT_TYPE_BYTES,
        transport: HMS_TRANSPORT_DEFAULT,
        content_type_text: hms_str_t::EMPTY,
        metadata: std::ptr::null(),
        metadata_count: 0,
        parent: hms_call_t { id: 0 },
        response_metadata: std::ptr::null_mut(),
        forbidden_transports: 0,
        report: std::ptr::null_mut(),
    }
}

/// What comes beside an answer.
struct Wanted {
    metadata: hms_metadata_t,
    report: hms_call_report_t,
}

impl MethodHandle {
    /// The fast path: raw bytes, no options.
    #[inline]
    pub fn call_bytes(&self, body: &[u8]) -> Result<Buffer> {
        let mut options = plain();
        if let Some(parent) = call::implied_parent() {
            options.parent = parent.0;
        }
        self.call_raw(body, &options)
    }

    pub fn call(&self, payload: &Payload<'_>, options: &CallOptions) -> Result<Buffer> {
        with_options(payload, options, None, |options| self.call_raw(payload.bytes(), options))
    }

    pub fn call_for_reply(
        &self,
        payload: &Payload<'_>,
        options: &CallOptions,
    ) -> Result<Reply<Payload<'static>>> {
        let report = hms_call_report_t {
            struct_size: size_of::<hms_call_report_t>() as u32,
            transport: HMS_TRANSPORT_DEFAULT,
            bytes_copied: 0,
        };
        let mut wanted = Wanted { metadata: hms_metadata_t { id: 0 }, report };
        let buffer = with_options(payload, options, Some(&mut wanted), |options| {
            self.call_raw(payload.bytes(), options)
        })?;
        let Wanted { metadata, report } = wanted;
        let report = CallReport {
            transport: TransportType::numbered(report.transport),
            bytes_copied: report.bytes_copied,
        };
        Ok(Reply { value: Payload::from(buffer), metadata: take_metadata(metadata), report })
    }

    #[inline]
    fn call_raw(&self, body: &[u8], options: &hms_call_options_t) -> Result<Buffer> {
        let mut buffer = Buffer(hms_buffer_t::EMPTY);
        // SAFETY: a checked handle, a readable view and options, and places of our own.
        check(|error| unsafe { hms_method_call(self.0, body.into(), options, &mut buffer.0, error) })?;
        Ok(buffer)
    }

    /// Starts a call whose end the queue tells under `tag`; gives its id.
    pub fn submit(
        &self,
        queue: &QueueHandle,
        payload: &Payload<'_>,
        options: &CallOptions,
        tag: u64,
    ) -> Result<String> {
        let mut id = hms_call_id_t { text: [0; 40] };
        with_options(payload, options, None, |options| {
            // SAFETY: checked handles, a readable view and options, and places of our own.
            check(|error| unsafe {
                hms_queue_submit(queue.0, self.0, payload.bytes().into(), options, tag, &mut id, error)
            })
        })?;
        // SAFETY: NUL-terminated digits that the library wrote, copied at once.
        Ok(unsafe { constant(id.text.as_ptr()) }.to_owned())
    }

    pub fn open_stream(&self, payload: &Payload<'_>, options: &CallOptions) -> Result<StreamHandle> {
        let mut stream = hms_stream_t { id: 0 };
        with_options(payload, options, None, |options| {
            // SAFETY: a checked handle, a readable view and options, and places of our own.
            check(|error| unsafe {
                hms_method_open_stream(self.0, payload.bytes().into(), options, &mut stream, error)
            })
        })?;
        Ok(StreamHandle(stream))
    }
}

impl ClientHandle {
    /// The result of an asynchronous call; `None` = it still runs.
    pub fn call_result(&self, id: &str, timeout: Option<Duration>) -> Result<Option<(Buffer, Metadata)>> {
        let (mut done, mut metadata) = (0, hms_metadata_t { id: 0 });
        let mut buffer = Buffer(hms_buffer_t::EMPTY);
        // SAFETY: a checked handle, a readable view and places of our own.
        check(|error| unsafe {
            hms_async_result(
                self.0,
                view(id),
                patience(timeout),
                &mut done,
                &mut buffer.0,
                &mut metadata,
                error,
            )
        })?;
        Ok((done != 0).then(|| (buffer, take_metadata(metadata))))
    }
}

/// Copies metadata and closes it.
pub(super) fn take_metadata(handle: hms_metadata_t) -> Metadata {
    let mut all = Metadata::new();
    if handle.id == 0 {
        return all;
    }
    // SAFETY: an open handle of ours; the text is copied before it is closed.
    unsafe {
        for index in 0..hms_metadata_count(handle) {
            let (mut key, mut value) = (hms_str_t::EMPTY, hms_str_t::EMPTY);
            let null = std::ptr::null_mut();
            if hms_metadata_at(handle, index, &mut key, &mut value, null) == HMS_STATUS_OK {
                all.insert(text(key).to_owned(), text(value).to_owned());
            }
        }
        hms_metadata_close(handle);
    }
    all
}
