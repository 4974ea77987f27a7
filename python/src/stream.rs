//! Either end of a stream.

use hmsffi_sys::*;
use pyo3::prelude::*;

use crate::failure::{checked, core, raised};
use crate::interrupt::waiting;
use crate::options::wait_timeout;
use crate::payload::{Buffer, Payload};
use crate::queue::Queue;

#[pyclass(frozen, weakref, module = "hmsffi._native")]
pub struct Stream {
    stream: hms_stream_t,
    message: Option<Py<PyAny>>,
}

impl Stream {
    pub fn new(stream: hms_stream_t, message: Option<Py<PyAny>>) -> Stream {
        Stream { stream, message }
    }

    fn info(&self, py: Python<'_>) -> PyResult<hms_stream_info_t> {
        // SAFETY: plain numbers.
        let mut info: hms_stream_info_t = unsafe { std::mem::zeroed() };
        info.struct_size = size_of::<hms_stream_info_t>() as u32;
        // SAFETY: a place of that size.
        checked(py, |error| unsafe { hms_stream_info(self.stream, &mut info, error) })?;
        Ok(info)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: ours; closing it again does no harm.
        unsafe { hms_stream_close(self.stream, std::ptr::null_mut()) };
    }
}

#[pymethods]
impl Stream {
    /// Sends a value; False when there was no room in time.
    fn send(&self, py: Python<'_>, value: &Bound<'_, PyAny>, timeout: Option<f64>) -> PyResult<bool> {
        let payload = Payload::of(value)?;
        let timeout_ns = wait_timeout(py, timeout)?;
        let body = payload.bytes().into();
        let mut sent = 0;
        let send = || {
            core(|error| {
                // SAFETY: a view that is valid for the call, a place for the result.
                unsafe {
                    hms_stream_send(self.stream, body, payload.content_type, timeout_ns, &mut sent, error)
                }
            })
        };
        waiting(py, send).map_err(|error| raised(py, error))?;
        Ok(sent != 0)
    }

    /// One of `HMS_STREAM_*` and, with an item, its value.
    fn receive<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<(u32, Option<Bound<'py, PyAny>>)> {
        let timeout_ns = wait_timeout(py, timeout)?;
        let (mut buffer, mut state) = (hms_buffer_t::EMPTY, 0);
        let receive = || {
            core(|error| {
                // SAFETY: places for the results.
                unsafe { hms_stream_receive(self.stream, timeout_ns, &mut buffer, &mut state, error) }
            })
        };
        waiting(py, receive).map_err(|error| raised(py, error))?;
        if state != HMS_STREAM_ITEM {
            return Ok((state, None));
        }
        let value = Buffer::new(buffer).into_value(py, self.message.as_ref(), false)?;
        Ok((state, Some(value)))
    }

    /// The queue gets a completion with the tag when there is something to receive.
    fn await_item(&self, py: Python<'_>, queue: &Queue, tag: u64) -> PyResult<()> {
        // SAFETY: handles only.
        checked(py, |error| unsafe { hms_stream_submit_receive(self.stream, queue.handle(), tag, error) })
    }

    /// The queue gets a completion with the tag when there may be room.
    fn await_room(&self, py: Python<'_>, queue: &Queue, tag: u64) -> PyResult<()> {
        // SAFETY: handles only.
        checked(py, |error| unsafe { hms_stream_submit_send(self.stream, queue.handle(), tag, error) })
    }

    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        // SAFETY: a handle only.
        waiting(py, || core(|error| unsafe { hms_stream_finish(self.stream, error) }))
            .map_err(|error| raised(py, error))
    }

    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        // SAFETY: a handle only.
        waiting(py, || core(|error| unsafe { hms_stream_cancel(self.stream, error) }))
            .map_err(|error| raised(py, error))
    }

    fn close(&self, py: Python<'_>) {
        // SAFETY: ours; closing it again does no harm.
        waiting(py, || unsafe { hms_stream_close(self.stream, std::ptr::null_mut()) });
    }

    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        self.info(py).map(|info| info.closed != 0)
    }

    #[getter]
    fn sent(&self, py: Python<'_>) -> PyResult<u64> {
        self.info(py).map(|info| info.sent)
    }

    #[getter]
    fn received(&self, py: Python<'_>) -> PyResult<u64> {
        self.info(py).map(|info| info.received)
    }
}
