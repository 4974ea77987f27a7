//! `hms_queue_t`: completions for event loops.

use std::sync::Arc;

use hmsffi_abi::*;
use hmsffi_core::call::{Outcome, Request};
use hmsffi_core::client::CallOptions;
use hmsffi_core::dispatch::{Completion, Queue};
use hmsffi_core::results::shared;
use hmsffi_core::thread::Thread;
use hmsffi_core::{Code, Error, Result};

use crate::edge::edge;
use crate::metadata::METADATA;
use crate::runtime::limit;
use crate::table::Table;
use crate::{error as errors, method, options, results, view};

pub(crate) static QUEUES: Table<Queue> = Table::new(kind::QUEUE);

pub(crate) fn lookup(queue: hms_queue_t) -> Result<Arc<Queue>> {
    Ok(QUEUES.get(queue.id)?.share())
}

/// An empty queue.
/// @param options may be NULL.
/// @param out a new handle; close it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_queue_new(
    options: *const hms_queue_options_t,
    out: *mut hms_queue_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: options and outputs as the header asks.
        let (options, out) = unsafe { (options::read(options)?, view::out(out, "out")?) };
        options::known_flags(options.flags, HMS_QUEUE_SINGLE_THREAD, "hms_queue_options_t.flags")?;
        out.id = QUEUES.insert_shared(Queue::new(options.flags & HMS_QUEUE_SINGLE_THREAD != 0)?)?;
        Ok(())
    })
}

/// A descriptor that is readable while the queue holds completions, and sometimes when it holds none: for epoll and event loops,
/// which then poll without waiting. It belongs to the queue; do not read from it, and take it out of the loop before the queue is
/// closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_queue_fd(
    queue: hms_queue_t,
    out: *mut i32,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out = unsafe { view::out(out, "out")? };
        *out = lookup(queue)?.fd();
        Ok(())
    })
}

/// Takes completions.
/// @param completions place for `capacity` of them.
/// @param timeout_ns how long to wait for the first; 0 = not at all, `UINT64_MAX` = for ever; below 50,000 the thread does not
/// sleep but looks. Ends early when the thread's interrupt check says so.
/// @param out_count how many were written; 0 when there were none in time.
/// @return UNAVAILABLE when the queue was closed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_queue_poll(
    queue: hms_queue_t,
    completions: *mut hms_completion_t,
    capacity: usize,
    timeout_ns: u64,
    out_count: *mut usize,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        // SAFETY: outputs as the header asks.
        let out_count = unsafe { view::out(out_count, "out_count")? };
        if completions.is_null() || capacity == 0 {
            return Err(Error::invalid(
                "completions is NULL or capacity is 0: there is no place for the result",
            ));
        }
        let batch = lookup(queue)?.poll(capacity, limit(timeout_ns))?;
        *out_count = batch.len();
        for (index, completion) in batch.into_iter().enumerate() {
            // SAFETY: the batch is no longer than the caller's array.
            unsafe { completions.add(index).write(describe(completion)) };
        }
        Ok(())
    })
}

fn describe(completion: Completion) -> hms_completion_t {
    let mut described = hms_completion_t {
        kind: 0,
        status: HMS_STATUS_OK,
        tag: 0,
        buffer: hms_buffer_t::EMPTY,
        error: hms_error_t { id: 0 },
        call: hms_call_t { id: 0 },
        metadata: hms_metadata_t { id: 0 },
    };
    match completion {
        Completion::Call { tag, outcome } => {
            (described.kind, described.tag) = (HMS_COMPLETION_CALL, tag);
            finish(&mut described, outcome);
        }
        Completion::Readable { tag } => (described.kind, described.tag) = (HMS_COMPLETION_READABLE, tag),
        Completion::Writable { tag } => (described.kind, described.tag) = (HMS_COMPLETION_WRITABLE, tag),
        Completion::Request { tag, call } => {
            (described.kind, described.tag, described.call.id) = (HMS_COMPLETION_REQUEST, tag, call.id());
        }
        Completion::Cancelled { tag, call } => {
            (described.kind, described.tag, described.call.id) = (HMS_COMPLETION_CANCELLED, tag, call.id());
            described.status = Code::Cancelled as hms_status_t;
        }
    }
    described
}

fn finish(described: &mut hms_completion_t, outcome: Outcome) {
    match outcome {
        Ok(mut answer) => {
            if !answer.metadata().is_empty() {
                let metadata = METADATA.insert(answer.take_metadata());
                described.metadata.id = metadata.unwrap_or(0);
            }
            described.buffer = view::response_buffer(answer);
        }
        Err(error) => {
            described.status = error.code() as hms_status_t;
            described.error = errors::keep(error);
        }
    }
}

/// Starts a call of a bound method; the queue gets an `HMS_COMPLETION_CALL` with `tag` when it has ended.
/// @param request copied.
/// @param options may be NULL.
/// @param out the id, as from `hms_method_submit`; NULL = nobody asks for the call by an id, which costs least.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_queue_submit(
    queue: hms_queue_t,
    method: hms_method_t,
    request: hms_bytes_t,
    options: *const hms_call_options_t,
    tag: u64,
    out: *mut hms_call_id_t,
    error: *mut hms_error_t,
) -> hms_status_t {
    edge(error, || {
        let thread = Thread::current();
        let (queue, binding) = (QUEUES.get_on(thread, queue.id)?, method::lookup_on(thread, method)?);
        let start = |request: &Request<'_>, options: &CallOptions| {
            // Nobody knows the id: the result need not be kept.
            if out.is_null() {
                return binding.submit_tagged(&queue, tag, request, options).map(|()| None);
            }
            let queue = queue.share();
            let told = queue.clone();
            // A queue that was closed has nobody to tell.
            let tell = move |outcome: &Arc<Outcome>| {
                drop(told.push(Completion::Call { tag, outcome: shared(outcome) }));
            };
            let results = &binding.client().runtime().results;
            results.submit_for(Some(&queue), &binding, request, options, Some(Box::new(tell))).map(Some)
        };
        // SAFETY: views, options and outputs as the header asks.
        unsafe {
            let body = view::bytes(request, "request")?;
            let id = match method::only_encoding(options) {
                Some(encoding) => {
                    let request = Request { encoding, ..Request::bytes(body) };
                    if out.is_null() {
                        return binding.submit_tagged_without_options(thread, &queue, tag, &request);
                    }
                    start(&request, &CallOptions::default())?
                }
                None => {
                    let mut options = options::read(options)?;
                    options.response_metadata = std::ptr::null_mut();
                    method::with_request(body, &options, start)?
                }
            };
            if let (Some(out), Some(id)) = (out.as_mut(), id) {
                *out = results::call_id(&id);
            }
        }
        Ok(())
    })
}

/// Closes a queue. Calls that it holds, or handed out and that have no answer yet, fail with UNAVAILABLE, and so do calls that
/// come to its methods afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_queue_close(queue: hms_queue_t, error: *mut hms_error_t) -> hms_status_t {
    edge(error, || {
        QUEUES.remove(queue.id)?.close();
        Ok(())
    })
}
