//! Completion queues, which event loops drain.

use hmsffi_sys::*;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::context;
use crate::failure::{checked, core, raised};
use crate::inbound::Call;
use crate::interrupt::waiting;
use crate::metadata::Received;
use crate::payload::Buffer;

#[pyclass(frozen, module = "hmsffi._native")]
pub struct Queue(hms_queue_t);

impl Queue {
    pub fn handle(&self) -> hms_queue_t {
        self.0
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: ours; closing it again does no harm.
        unsafe { hms_queue_close(self.0, std::ptr::null_mut()) };
    }
}

#[pymethods]
impl Queue {
    /// A queue that one thread alone drains.
    #[new]
    fn new(py: Python<'_>) -> PyResult<Queue> {
        let options = hms_queue_options_t {
            struct_size: size_of::<hms_queue_options_t>() as u32,
            flags: HMS_QUEUE_SINGLE_THREAD,
        };
        let mut queue = hms_queue_t { id: 0 };
        // SAFETY: a place for the handle.
        checked(py, |error| unsafe { hms_queue_new(&options, &mut queue, error) })?;
        Ok(Queue(queue))
    }

    /// Readable while the queue holds completions.
    fn fd(&self, py: Python<'_>) -> PyResult<i32> {
        let mut fd = -1;
        // SAFETY: a place for the result.
        checked(py, |error| unsafe { hms_queue_fd(self.0, &mut fd, error) })?;
        Ok(fd)
    }

    /// Takes what is there, or comes within so many nanoseconds, as `(kind, tag, result, metadata)`. The result is a `Buffer` or an exception of a call that ended,
    /// a `Call` that arrived, or the id of one that was cancelled.
    fn drain<'py>(&self, py: Python<'py>, timeout_ns: u64) -> PyResult<Bound<'py, PyList>> {
        const BATCH: usize = 64;
        // SAFETY: numbers and empty views.
        let mut completions: [hms_completion_t; BATCH] = unsafe { std::mem::zeroed() };
        let mut count = 0;
        let poll = || {
            core(|error| {
                // SAFETY: a place for that many.
                unsafe {
                    hms_queue_poll(self.0, completions.as_mut_ptr(), BATCH, timeout_ns, &mut count, error)
                }
            })
        };
        waiting(py, poll).map_err(|error| raised(py, error))?;
        let taken = PyList::empty(py);
        for completion in &completions[..count] {
            let (kind, tag) = (completion.kind, completion.tag);
            match kind {
                HMS_COMPLETION_CALL => {
                    let metadata = Received(completion.metadata);
                    if completion.status == HMS_STATUS_OK {
                        taken.append((kind, tag, Buffer::new(completion.buffer), metadata.dict(py)?))?;
                    } else {
                        let error = raised(py, completion.error);
                        taken.append((kind, tag, error.value(py), py.None()))?;
                    }
                }
                HMS_COMPLETION_REQUEST => {
                    context::coroutines_serve();
                    taken.append((kind, tag, Call::new(py, completion.call)?, py.None()))?;
                }
                _ => taken.append((kind, tag, completion.call.id, py.None()))?,
            }
        }
        Ok(taken)
    }

    /// Fails what it holds; calls that come to its methods afterwards are UNAVAILABLE.
    fn close(&self, py: Python<'_>) {
        // SAFETY: ours; closing it again does no harm.
        waiting(py, || unsafe { hms_queue_close(self.0, std::ptr::null_mut()) });
    }
}
