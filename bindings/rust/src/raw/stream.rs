//! Ends of streams.

use std::time::Duration;

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::handles::handle;
use super::queue::QueueHandle;
use super::{check, outbound, patience};
use crate::Result;
use crate::payload::Payload;

handle!(StreamHandle, hms_stream_t, |id, error| hms_stream_close(id, error));

/// What a receiver gets.
pub(crate) enum Received {
    Item(Buffer),
    End,
    Pending,
}

impl StreamHandle {
    /// Whether there was room in time.
    pub fn send(&self, payload: &Payload<'_>, timeout: Option<Duration>) -> Result<bool> {
        let (content_type, _) = outbound::content_type(payload.content_type());
        let content_type = if content_type == 0 { HMS_CONTENT_TYPE_BYTES } else { content_type };
        let mut sent = 0;
        // SAFETY: a checked handle, a readable view and places of our own.
        check(|error| unsafe {
            hms_stream_send(self.0, payload.bytes().into(), content_type, patience(timeout), &mut sent, error)
        })?;
        Ok(sent != 0)
    }

    pub fn receive(&self, timeout: Option<Duration>) -> Result<Received> {
        let mut buffer = Buffer(hms_buffer_t::EMPTY);
        let mut state = 0;
        // SAFETY: a checked handle and places of our own.
        check(|error| unsafe {
            hms_stream_receive(self.0, patience(timeout), &mut buffer.0, &mut state, error)
        })?;
        Ok(match state {
            HMS_STREAM_ITEM => Received::Item(buffer),
            HMS_STREAM_END => Received::End,
            _ => Received::Pending,
        })
    }

    /// The queue tells once, under `tag`, when there is something to receive.
    pub fn when_readable(&self, queue: &QueueHandle, tag: u64) -> Result<()> {
        // SAFETY: checked handles.
        check(|error| unsafe { hms_stream_submit_receive(self.0, queue.0, tag, error) })
    }

    /// The queue tells once, under `tag`, when there may be room.
    pub fn when_writable(&self, queue: &QueueHandle, tag: u64) -> Result<()> {
        // SAFETY: checked handles.
        check(|error| unsafe { hms_stream_submit_send(self.0, queue.0, tag, error) })
    }

    /// Nothing more from this end.
    pub fn finish(&self) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_stream_finish(self.0, error) })
    }

    pub fn cancel(&self) -> Result<()> {
        // SAFETY: a checked handle.
        check(|error| unsafe { hms_stream_cancel(self.0, error) })
    }

    pub fn is_closed(&self) -> bool {
        let mut info = hms_stream_info_t {
            struct_size: size_of::<hms_stream_info_t>() as u32,
            closed: 0,
            sent: 0,
            received: 0,
        };
        // SAFETY: a checked handle and a place of our own.
        let known = check(|error| unsafe { hms_stream_info(self.0, &mut info, error) });
        known.is_err() || info.closed != 0
    }
}
