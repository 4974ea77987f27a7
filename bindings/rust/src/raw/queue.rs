//! The completion queue.

use hmsffi_sys::*;

use super::buffer::Buffer;
use super::handles::handle;
use super::outbound::{Metadata, take_metadata};
use super::{check, error};
use crate::Result;

handle!(QueueHandle, hms_queue_t, |id, error| hms_queue_close(id, error));

/// Something that was waited for.
pub(crate) struct Completion {
    pub tag: u64,
    /// How a call ended; `None` = a stream is ready.
    pub outcome: Option<Result<(Buffer, Metadata)>>,
}

impl QueueHandle {
    pub fn new() -> Result<QueueHandle> {
        let mut queue = hms_queue_t { id: 0 };
        // SAFETY: places of our own.
        check(|error| unsafe { hms_queue_new(std::ptr::null(), &mut queue, error) })?;
        Ok(QueueHandle(queue))
    }

    /// Waits for completions.
    pub fn poll(&self) -> Result<Vec<Completion>> {
        const BATCH: usize = 64;
        let mut batch = Vec::<hms_completion_t>::with_capacity(BATCH);
        let mut count = 0;
        // SAFETY: a checked handle, room for the batch, and places of our own.
        check(|error| unsafe {
            hms_queue_poll(self.0, batch.as_mut_ptr(), BATCH, u64::MAX, &mut count, error)
        })?;
        // SAFETY: the library wrote that many.
        unsafe { batch.set_len(count) };
        Ok(batch.into_iter().map(take).collect())
    }
}

fn take(completion: hms_completion_t) -> Completion {
    let outcome = match (completion.kind, completion.status) {
        (HMS_COMPLETION_CALL, HMS_STATUS_OK) => {
            Some(Ok((Buffer(completion.buffer), take_metadata(completion.metadata))))
        }
        (HMS_COMPLETION_CALL, status) => Some(Err(error::take(status, completion.error))),
        _ => None,
    };
    Completion { tag: completion.tag, outcome }
}
