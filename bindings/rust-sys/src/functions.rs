//! The functions of the C ABI. Generated from capi/ by `make header`; do not edit.

use std::ffi::{c_char, c_void};
use hmsffi_abi::*;
unsafe extern "C" {
    /// Whether some version of a service is what its caller was made for, and how it differs: the version that `hms_method_bind_with`
    /// takes with the same options.
    /// @param service an id, or `id@version` such as `billing@^1.2`.
    /// @param options say what is expected.
    /// @param report a JSON object: `service`, `binding`, `expected_version`, `provided_version`, `fits`, and `differences`, a list of
    ///   objects. Of each, `method`, `part` (`input_schema`, `output_schema`, `error_schemas[id]`), `path` and `aspect` say where and
    ///   what, `expected` and `provided` how it is on both sides; `breaks_loose` and `breaks_strict` which binding is refused for it,
    ///   `must_move` who has to move then: `caller`, `provider`, or null. A new buffer; release it. May be NULL.
    /// @return FAILED_PRECONDITION when no version fits, as `hms_method_bind_with`.
    pub fn hms_client_fit(
        client: hms_client_t,
        service: hms_str_t,
        options: *const hms_bind_options_t,
        report: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// What differs between a service that callers were made for and one that is provided. May be called on any thread.
    /// @param expected the message `ServiceDefinition` in JSON or Protobuf; its schemas refer to nothing outside of it.
    /// @param provided likewise.
    /// @param binding one of `HMS_BINDING_*`; 0 = loose.
    /// @param report as that of `hms_client_fit`; `fits` says whether the binding would be accepted. A new buffer; release it.
    /// @return INVALID_ARGUMENT when one of them is no definition, or they are of two services.
    pub fn hms_service_compare(
        expected: hms_bytes_t,
        provided: hms_bytes_t,
        binding: u32,
        report: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Releases the bytes of a buffer and empties the struct. NULL and an empty buffer are fine.
    /// @param buffer consumed.
    /// @return FAILED_PRECONDITION when a copy of the struct was released before.
    pub fn hms_buffer_release(buffer: *mut hms_buffer_t) -> hms_status_t;
    /// A buffer with a copy of `bytes`.
    /// @param out a new buffer; release it.
    pub fn hms_buffer_copy(
        bytes: hms_bytes_t,
        content_type: u32,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Lends memory to the library as a buffer, without a copy.
    /// @param bytes must stay readable and unchanged until `release` runs.
    /// @param release runs once when the last user is done, on any thread, with no library lock held; not NULL.
    /// @param out a new buffer; release it, or give it away with `hms_call_reply_buffer`.
    pub fn hms_buffer_lend(
        bytes: hms_bytes_t,
        content_type: u32,
        release: hms_release_fn,
        ctx: *mut c_void,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The content type of a buffer as text; borrowed until release.
    pub fn hms_buffer_content_type(buffer: *const hms_buffer_t) -> hms_str_t;
    /// Answers a call.
    /// @param body copied.
    /// @param options may be NULL: the request's content type, no metadata.
    /// @return FAILED_PRECONDITION when the call was answered before; CANCELLED when nobody waits for it any more;
    ///   RESOURCE_EXHAUSTED, as for the caller, when the answer is larger than the server's `max_message_size`.
    pub fn hms_call_reply(
        call: hms_call_t,
        body: hms_bytes_t,
        options: *const hms_reply_options_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Answers a call with a buffer, without a copy.
    /// @param body consumed, even on failure; the struct is emptied.
    /// @param options may be NULL, or name no content type: the buffer's own; no metadata.
    /// @return as `hms_call_reply`.
    pub fn hms_call_reply_buffer(
        call: hms_call_t,
        body: *mut hms_buffer_t,
        options: *const hms_reply_options_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Answers a call with a failure.
    /// @param failure borrowed.
    /// @return as `hms_call_reply`.
    pub fn hms_call_fail(
        call: hms_call_t,
        failure: *const hms_failure_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Announces that the answer comes after `on_call` returned, from any thread. Call it inside `on_call`. The request's
    /// memory is the library's from then on: read it again with `hms_call_request`.
    pub fn hms_call_retain(call: hms_call_t, error: *mut hms_error_t) -> hms_status_t;
    /// Ends a call without an answer: the caller gets INTERNAL.
    pub fn hms_call_close(call: hms_call_t, error: *mut hms_error_t) -> hms_status_t;
    /// The request of a retained call; its views are valid until the call is answered.
    pub fn hms_call_request(
        call: hms_call_t,
        out: *mut hms_request_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// What is known of a call.
    /// @param out set its `struct_size` first.
    pub fn hms_call_info(
        call: hms_call_t,
        out: *mut hms_call_info_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The metadata pair at an index; valid as long as the request.
    /// @return OUT_OF_RANGE when there are fewer.
    pub fn hms_call_metadata_at(
        call: hms_call_t,
        index: usize,
        out_key: *mut hms_str_t,
        out_value: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The value of a metadata key; valid as long as the request.
    /// @return NOT_FOUND when there is none.
    pub fn hms_call_metadata_get(
        call: hms_call_t,
        key: hms_str_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Whether nobody waits for the answer any more.
    /// @param out 1 or 0.
    pub fn hms_call_is_cancelled(
        call: hms_call_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Runs `on_cancel(ctx)` when the caller stops waiting before the call is answered; at once if it has. Then, or when
    /// the call ended without that, `drop(ctx)` runs.
    /// @param on_cancel runs at most once, on any thread, with no library lock held; must not unwind.
    /// @param drop may be NULL.
    pub fn hms_call_on_cancel(
        call: hms_call_t,
        on_cancel: hms_release_fn,
        ctx: *mut c_void,
        drop: hms_drop_fn,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// A client of a runtime.
    /// @param options may be NULL.
    /// @param out a new handle; close it.
    /// @return UNIMPLEMENTED when the options ask for a transport or a token that this version cannot use.
    pub fn hms_client_new(
        runtime: hms_runtime_t,
        options: *const hms_client_options_t,
        out: *mut hms_client_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Calls a method by name and waits for the answer. `hms_method_bind` is the faster way for repeated calls.
    /// @param service an id, or `id@version` such as `billing@^1.2`.
    /// @param request borrowed for the call.
    /// @param options may be NULL.
    /// @param response a new buffer; release it.
    /// @return the status of the call: what the handler answered, or why it could not.
    pub fn hms_client_call(
        client: hms_client_t,
        service: hms_str_t,
        method: hms_str_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        response: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a client. Its bound methods answer FAILED_PRECONDITION from then on; calls that run end as they will.
    pub fn hms_client_close(
        client: hms_client_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Loads a component: a shared library with two entry points,
    /// `uint32_t hmsffi_component_abi(void)`, which returns the `hms_abi_version()` of its header, and
    /// `hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error)`, which registers its services. The
    /// runtime handle is borrowed for that call. A component is never unloaded; loading it again into the same runtime does
    /// nothing.
    /// @param path UTF-8 path of the file.
    /// @return NOT_FOUND when there is no such file; INVALID_ARGUMENT when it is not a component; FAILED_PRECONDITION when it
    /// needs another library version, would be a second Go runtime, or the core is linked statically; else what init returned.
    pub fn hms_component_load(
        runtime: hms_runtime_t,
        path: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The code of an error; `HMS_STATUS_OK` for no error, `HMS_STATUS_INVALID_ARGUMENT` for a handle that is not one.
    pub fn hms_error_code(error: hms_error_t) -> hms_status_t;
    /// The message of an error, without its code; borrowed until `hms_error_close`. Empty for a handle that is not one.
    pub fn hms_error_message(error: hms_error_t) -> hms_str_t;
    /// The component that generated an error; borrowed until `hms_error_close`. Empty when not known.
    pub fn hms_error_source(error: hms_error_t) -> hms_str_t;
    /// The stack of the handler that failed, as its language prints it; borrowed until `hms_error_close`. Empty when
    /// there is none.
    pub fn hms_error_stack(error: hms_error_t) -> hms_str_t;
    /// The number of details of an error.
    pub fn hms_error_detail_count(error: hms_error_t) -> usize;
    /// The detail with this key; borrowed until `hms_error_close`.
    /// @return NOT_FOUND when there is none.
    pub fn hms_error_detail(
        error: hms_error_t,
        key: hms_str_t,
        out: *mut hms_str_t,
    ) -> hms_status_t;
    /// The detail at an index, in the order in which they were added; borrowed until `hms_error_close`.
    /// @return OUT_OF_RANGE when there are fewer.
    pub fn hms_error_detail_at(
        error: hms_error_t,
        index: usize,
        out_key: *mut hms_str_t,
        out_value: *mut hms_str_t,
    ) -> hms_status_t;
    /// Of which type an error is, and its data: what a handler gave as `error_schema` and `error_data` of its failure. Not checked here
    /// against the schema.
    /// @param out_schema the id of the schema; borrowed until `hms_error_close`.
    /// @param out_data the data in CBOR. A new buffer; release it.
    /// @return NOT_FOUND when it is of no type; DATA_LOSS when its data did not arrive whole: all else of the error is there still.
    pub fn hms_error_data(
        error: hms_error_t,
        out_schema: *mut hms_str_t,
        out_data: *mut hms_buffer_t,
        out_error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The error behind an error, nearer to where the failure began; close it. `{0}` when there is none.
    pub fn hms_error_cause(error: hms_error_t) -> hms_error_t;
    /// Makes an error, for callbacks that return one and for tests. Views are copied.
    /// @param out a new error; close it.
    pub fn hms_error_new(
        code: hms_status_t,
        message: hms_str_t,
        out: *mut hms_error_t,
    ) -> hms_status_t;
    /// Makes an error with all that a failure can say, for use as a cause and for callbacks that return one. Views are
    /// copied; the cause stays yours.
    /// @param failure borrowed.
    /// @param out a new error; close it.
    pub fn hms_error_make(
        failure: *const hms_failure_t,
        out: *mut hms_error_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes an error. `{0}` is fine.
    /// @return FAILED_PRECONDITION when it was closed before.
    pub fn hms_error_close(error: hms_error_t) -> hms_status_t;
    /// Puts user code around every call of a server from now on: inside the interceptors that were added before, around
    /// the handler. There is no way to take one out.
    /// @param interceptor consumed: its `drop` runs even on failure, else with the server.
    pub fn hms_server_intercept(
        server: hms_server_t,
        interceptor: *const hms_interceptor_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Memory for a request to a method. Write it, then send it, or a part of it, as the request of `hms_method_call` or any
    /// other call of this method: where the method is hosted in another process of this machine, it is sent without a copy.
    /// Requests of 4 KiB and less are copied all the same. Sent elsewhere it is ordinary memory.
    /// @param len bytes; what they hold at first is not defined.
    /// @param out a new buffer; release it when it is filled and sent, or not needed. Once it was sent, its bytes must not be
    ///   written any more: take a new one for each request.
    /// @param out_data its first byte, to be written; NULL when `len` is 0.
    /// @return RESOURCE_EXHAUSTED when it is larger than the service's `max_message_size`.
    pub fn hms_method_loan(
        method: hms_method_t,
        len: usize,
        out: *mut hms_buffer_t,
        out_data: *mut *mut u8,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Memory for the answer to a call, or for a message of its stream. Write it, then give it away with
    /// `hms_call_reply_buffer` or `hms_stream_send_buffer`: where the caller is in another process of this machine, it is sent
    /// without a copy.
    /// @param len bytes, as `hms_method_loan`. The buffer's `len` may be made smaller before it is given away.
    /// @param out a new buffer of `HMS_CONTENT_TYPE_BYTES`; give it away, or release it.
    /// @param out_data its first byte, to be written until it is given away; NULL when `len` is 0.
    /// @return RESOURCE_EXHAUSTED when it is larger than the server's `max_message_size`.
    pub fn hms_call_loan(
        call: hms_call_t,
        len: usize,
        out: *mut hms_buffer_t,
        out_data: *mut *mut u8,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The request of a call as a buffer, which may be kept when the call is over. What is large and came from another process
    /// is not copied, nor is what was copied for this handler already.
    /// @param out a new buffer; release it.
    pub fn hms_call_request_buffer(
        call: hms_call_t,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sends the library's log lines to a sink, in the place of the one before, whose `drop` runs when its last line is
    /// out.
    /// @param sink consumed: its `drop` runs even on failure. NULL = no sink: lines go nowhere.
    pub fn hms_log_set_sink(
        sink: *const hms_log_sink_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The number of pairs; 0 for a handle that is not one.
    pub fn hms_metadata_count(metadata: hms_metadata_t) -> usize;
    /// The pair at an index; borrowed until `hms_metadata_close`.
    /// @return OUT_OF_RANGE when there are fewer.
    pub fn hms_metadata_at(
        metadata: hms_metadata_t,
        index: usize,
        out_key: *mut hms_str_t,
        out_value: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The value of a key; borrowed until `hms_metadata_close`.
    /// @return NOT_FOUND when there is none.
    pub fn hms_metadata_get(
        metadata: hms_metadata_t,
        key: hms_str_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes metadata. `{0}` is fine.
    pub fn hms_metadata_close(metadata: hms_metadata_t) -> hms_status_t;
    /// Resolves a method once, for many calls. The handle follows changes of the registry by itself.
    /// @param service an id, or `id@version` such as `billing@^1.2`.
    /// @param out a new handle; close it.
    /// @return NOT_FOUND, with the nearest name, when there is no such service or method.
    pub fn hms_method_bind(
        client: hms_client_t,
        service: hms_str_t,
        method: hms_str_t,
        out: *mut hms_method_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The same in the highest version of the service that is what the caller was made for. Later, too, the handle follows changes of the
    /// registry only to what fits.
    /// @param options may be NULL: anything will do.
    /// @return FAILED_PRECONDITION when no version fits: the message names the first differences, with both sides and who must move; all
    ///   are in the detail `hms.differences`, as in the report of `hms_client_fit`. INVALID_ARGUMENT when the definition is none.
    pub fn hms_method_bind_with(
        client: hms_client_t,
        service: hms_str_t,
        method: hms_str_t,
        options: *const hms_bind_options_t,
        out: *mut hms_method_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Calls a bound method and waits for the answer.
    /// @param request borrowed for the call.
    /// @param options may be NULL.
    /// @param response a new buffer; release it.
    /// @return the status of the call: what the handler answered, or why it could not.
    pub fn hms_method_call(
        method: hms_method_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        response: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The flags of a bound method: `HMS_METHOD_*`.
    pub fn hms_method_flags(
        method: hms_method_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a bound method. `{0}` is fine.
    pub fn hms_method_close(
        method: hms_method_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The same payload in another encoding, with the defaults that it left out, as a schema tells what is meant. The schema is
    /// compiled; the last 64 of up to 64 KiB are kept, and found by their bytes. May be called on any thread.
    /// @param schema the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself. For Protobuf it is an OBJECT
    ///   whose fields have the label `hms.protobuf.number`.
    /// @param payload in the encoding `from`.
    /// @param from `HMS_CONTENT_TYPE_CBOR`, `_PROTOBUF` or `_JSON`.
    /// @param to likewise; the same as `from` checks the payload and puts in the defaults.
    /// @param layout one of `HMS_LAYOUT_*`.
    /// @param out a new buffer; release it.
    /// @param losses what the schema does not know and the encoding `to` cannot say, and Decimals in whose place the nearest number is:
    ///   a JSON list of objects with `path`, `message` and `code`; release it. May be NULL.
    /// @return INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the encoding `to`: the
    ///   detail `hms.violations` of the error has all that is wrong, as a JSON list of objects like those.
    pub fn hms_payload_convert(
        schema: hms_bytes_t,
        payload: hms_bytes_t,
        from: u32,
        to: u32,
        layout: u32,
        out: *mut hms_buffer_t,
        losses: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The version of the ABI: major in the high 16 bits, minor in the low. A program works with a library of the same
    /// major and an equal or higher minor.
    pub fn hms_abi_version() -> u32;
    /// The version of the library, such as `0.1.0`; NUL-terminated, never freed.
    pub fn hms_version_string() -> *const c_char;
    /// The name of a status code, such as `NOT_FOUND`; NUL-terminated, never freed. `INVALID` for other numbers.
    pub fn hms_status_name(status: hms_status_t) -> *const c_char;
    /// 16 random bytes, the same for everything in this process that shares this copy of the library.
    /// @param out 16 bytes.
    pub fn hms_core_instance_id(out: *mut u8, error: *mut hms_error_t) -> hms_status_t;
    /// Counts what lives in this process.
    /// @param out set its `struct_size` first.
    pub fn hms_introspect(
        out: *mut hms_introspection_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// What this thread asks while it waits: who sets another for a while reads it before, and sets it again afterwards.
    /// @param out_check NULL where nothing is asked.
    /// @param out_ctx what is passed to it.
    pub fn hms_thread_interrupt(
        out_check: *mut Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
        out_ctx: *mut *mut c_void,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sets what this thread asks while it waits inside the library, every 100 ms: a host uses it to let Ctrl-C end a wait.
    /// @param check non-zero = stop waiting: the wait ends with CANCELLED. NULL = never asked.
    /// @param ctx passed to `check`; must live until it is set anew.
    pub fn hms_thread_set_interrupt(
        check: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
        ctx: *mut c_void,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// An empty queue.
    /// @param options may be NULL.
    /// @param out a new handle; close it.
    pub fn hms_queue_new(
        options: *const hms_queue_options_t,
        out: *mut hms_queue_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// A descriptor that is readable while the queue holds completions, and sometimes when it holds none: for epoll and event loops,
    /// which then poll without waiting. It belongs to the queue; do not read from it, and take it out of the loop before the queue is
    /// closed.
    pub fn hms_queue_fd(
        queue: hms_queue_t,
        out: *mut i32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Takes completions.
    /// @param completions place for `capacity` of them.
    /// @param timeout_ns how long to wait for the first; 0 = not at all, `UINT64_MAX` = for ever; below 50,000 the thread does not
    /// sleep but looks. Ends early when the thread's interrupt check says so.
    /// @param out_count how many were written; 0 when there were none in time.
    /// @return UNAVAILABLE when the queue was closed meanwhile.
    pub fn hms_queue_poll(
        queue: hms_queue_t,
        completions: *mut hms_completion_t,
        capacity: usize,
        timeout_ns: u64,
        out_count: *mut usize,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Starts a call of a bound method; the queue gets an `HMS_COMPLETION_CALL` with `tag` when it has ended.
    /// @param request copied.
    /// @param options may be NULL.
    /// @param out the id, as from `hms_method_submit`; NULL = nobody asks for the call by an id, which costs least.
    pub fn hms_queue_submit(
        queue: hms_queue_t,
        method: hms_method_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        tag: u64,
        out: *mut hms_call_id_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a queue. Calls that it holds, or handed out and that have no answer yet, fail with UNAVAILABLE, and so do calls that
    /// come to its methods afterwards.
    pub fn hms_queue_close(queue: hms_queue_t, error: *mut hms_error_t) -> hms_status_t;
    /// A reader of a CBOR value, placed before it. The whole value is checked here.
    /// @param bytes copied: views that the reader gives stay valid until it is closed.
    /// @param out a new handle; close it.
    /// @return INVALID_ARGUMENT, with the path, when the bytes are not one value of docs/values.md.
    pub fn hms_reader_new(
        bytes: hms_bytes_t,
        out: *mut hms_reader_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The kind of what comes next: one of `HMS_KIND_*`; END at the end of a list, a map or the value.
    pub fn hms_reader_kind(
        reader: hms_reader_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads null.
    pub fn hms_reader_null(
        reader: hms_reader_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads a bool.
    /// @param out 1 or 0.
    pub fn hms_reader_bool(
        reader: hms_reader_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads an integer.
    /// @return OUT_OF_RANGE when it does not fit.
    pub fn hms_reader_int(
        reader: hms_reader_t,
        out: *mut i64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads an integer that is not negative.
    /// @return OUT_OF_RANGE when it does not fit.
    pub fn hms_reader_uint(
        reader: hms_reader_t,
        out: *mut u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads an integer of any size as decimal text; borrowed until the reader is closed.
    pub fn hms_reader_bigint(
        reader: hms_reader_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads a float, or an integer up to 2^53.
    pub fn hms_reader_float(
        reader: hms_reader_t,
        out: *mut f64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads text; borrowed until the reader is closed.
    pub fn hms_reader_text(
        reader: hms_reader_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads a date-time as RFC 3339 text; borrowed until the reader is closed.
    pub fn hms_reader_datetime(
        reader: hms_reader_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads a decimal number as text; borrowed until the reader is closed.
    pub fn hms_reader_decimal(
        reader: hms_reader_t,
        out: *mut hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads bytes; borrowed until the reader is closed.
    pub fn hms_reader_bytes(
        reader: hms_reader_t,
        out: *mut hms_bytes_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads a UUID.
    /// @param out 16 bytes.
    pub fn hms_reader_uuid(
        reader: hms_reader_t,
        out: *mut u8,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Enters a list.
    /// @param out number of items; `SIZE_MAX` = not known.
    pub fn hms_reader_enter_list(
        reader: hms_reader_t,
        out: *mut usize,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Enters a map.
    /// @param out number of pairs; `SIZE_MAX` = not known.
    pub fn hms_reader_enter_map(
        reader: hms_reader_t,
        out: *mut usize,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Reads the next key of a map; borrowed until the reader is closed. Its value comes next.
    /// @param out_found 1, or 0 at the end of the map.
    pub fn hms_reader_next_key(
        reader: hms_reader_t,
        out: *mut hms_str_t,
        out_found: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Goes to the value of a key of the map that was entered last, wherever in it the cursor is.
    /// @param out_found 1, or 0 when there is no such key.
    pub fn hms_reader_find(
        reader: hms_reader_t,
        key: hms_str_t,
        out_found: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Leaves the list or map that was entered last, wherever in it the cursor is.
    pub fn hms_reader_leave(
        reader: hms_reader_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Skips the next value, whatever it holds.
    pub fn hms_reader_skip(
        reader: hms_reader_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a reader. `{0}` is fine.
    pub fn hms_reader_close(
        reader: hms_reader_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Starts a call of a bound method and gives its id; the handler runs on a handler thread.
    /// @param request copied.
    /// @param options may be NULL.
    /// @param out the id, for `hms_async_status`, `hms_async_result` and `hms_async_cancel` of any client of the runtime.
    pub fn hms_method_submit(
        method: hms_method_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        out: *mut hms_call_id_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The status of an asynchronous call.
    /// @param id as `hms_method_submit` gave it, without the NUL.
    /// @param out one of `HMS_CALL_STATUS_*`.
    /// @return NOT_FOUND when there is no such call, or it ended more than 5 minutes ago.
    pub fn hms_async_status(
        client: hms_client_t,
        id: hms_str_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The result of an asynchronous call. It can be read any number of times for 5 minutes after the call ended.
    /// @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
    /// @param out_done 1 = the call has ended, 0 = it still runs.
    /// @param response a new buffer when the call ended well; release it.
    /// @param response_metadata may be NULL; written when the call ended well; close it.
    /// @return the status of the call when it has ended, OK when it still runs.
    pub fn hms_async_result(
        client: hms_client_t,
        id: hms_str_t,
        timeout_ns: u64,
        out_done: *mut u32,
        response: *mut hms_buffer_t,
        response_metadata: *mut hms_metadata_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Cancels an asynchronous call: it ends with CANCELLED at once, and its handler can see that nobody waits.
    /// @param out 1 = cancelled, 0 = it had ended before; may be NULL.
    pub fn hms_async_cancel(
        client: hms_client_t,
        id: hms_str_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The process-wide runtime, which everything in this process shares. Each call gives a handle of its own.
    /// @param out a new handle; close it.
    /// @return FAILED_PRECONDITION when a second copy of the library is in this process (the message names both files).
    pub fn hms_runtime_default(
        out: *mut hms_runtime_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// A private runtime: its services are seen only by its own clients.
    /// @param options may be NULL.
    /// @param out a new handle; close it.
    pub fn hms_runtime_new(
        options: *const hms_runtime_options_t,
        out: *mut hms_runtime_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a handle of a runtime. When it was the last handle of the runtime: stops its servers, lets calls that run
    /// end for at most `timeout_ns` (0 = not at all, `UINT64_MAX` = for ever), then withdraws all services.
    /// @return DEADLINE_EXCEEDED when calls still ran; the runtime is closed all the same.
    pub fn hms_runtime_close(
        runtime: hms_runtime_t,
        timeout_ns: u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The same schema in another form. May be called on any thread.
    /// @param schema in the form `from`.
    /// @param from one of `HMS_SCHEMA_FORM_*`; where PROTOBUF or JSON is meant, the other is read too.
    /// @param to one of `HMS_SCHEMA_FORM_*`.
    /// @param out a new buffer; release it.
    /// @param losses what the form `to` cannot say, or a JSON schema says that has no counterpart here: a JSON list of objects with
    ///   `path`, `keyword` and `reason`; release it. May be NULL.
    /// @return INVALID_ARGUMENT when the bytes are no schema.
    pub fn hms_schema_convert(
        schema: hms_bytes_t,
        from: u32,
        to: u32,
        out: *mut hms_buffer_t,
        losses: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The schema of a message that a descriptor describes. May be called on any thread.
    /// @param descriptors a `google.protobuf.FileDescriptorSet` with all that the message's file imports, as `protoc
    ///   --include_imports --descriptor_set_out` and `buf build` write it.
    /// @param message the name with its package; empty = the only message of the set that is no part of another.
    /// @param out the schema as `HMS_SCHEMA_FORM_JSON`; a new buffer; release it.
    /// @return INVALID_ARGUMENT when the bytes are no set, or `message` is empty and several could be meant; NOT_FOUND when there is no
    ///   such message; UNIMPLEMENTED for groups and files of an edition.
    pub fn hms_schema_of_message(
        descriptors: hms_bytes_t,
        message: hms_str_t,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// What differs between two schemas, and which order of moving from one to the other breaks nobody. May be called on any
    /// thread.
    /// @param old the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself.
    /// @param new likewise.
    /// @param out a JSON list of objects, empty when nothing differs; a new buffer; release it. `path` and `aspect` say where and
    ///   what, `old` and `new` how it was and is; `breaks_backward` is true when readers with the new schema refuse some of what
    ///   is written with the old one, `breaks_forward` the other way round; `moves_first` says who must have the new schema before
    ///   the others: `reader`, `writer`, `both` (at once), or null.
    /// @return INVALID_ARGUMENT when one of them is no schema.
    pub fn hms_schema_compare(
        old: hms_bytes_t,
        new: hms_bytes_t,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// A server that is not started.
    /// @param options may be NULL.
    /// @param out a new handle; close it.
    /// @return UNIMPLEMENTED when the options ask for a transport or authentication that this version lacks.
    pub fn hms_server_new(
        runtime: hms_runtime_t,
        options: *const hms_server_options_t,
        out: *mut hms_server_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Hosts a service. Its calls are served once the server runs.
    /// @param service borrowed; methods that are added later through it are refused, use `hms_server_add_method`.
    /// @return ALREADY_EXISTS when the id and version are taken by another definition (the message names the difference).
    pub fn hms_service_register(
        server: hms_server_t,
        service: hms_service_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Adds a method to a service that this server hosts; clients see it at once.
    /// @param service_id an id, or `id@version` where the server hosts several versions.
    /// @param options may be NULL.
    /// @param handler consumed: its `drop` runs even on failure.
    pub fn hms_server_add_method(
        server: hms_server_t,
        service_id: hms_str_t,
        name: hms_str_t,
        options: *const hms_method_options_t,
        handler: *const hms_handler_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Stops offering a service. Calls inside end; its handlers' `drop` runs after the last of them.
    /// @param service_id as for `hms_server_add_method`.
    /// @return NOT_FOUND when this server hosts no such service.
    pub fn hms_service_unregister(
        server: hms_server_t,
        service_id: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Serves calls from now on.
    pub fn hms_server_start(
        server: hms_server_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Takes no more calls, and waits for those inside: at most `timeout_ns`, 0 = not at all, `UINT64_MAX` = for ever.
    /// Called by a handler it does not wait. The server can be started again.
    /// @return DEADLINE_EXCEEDED when calls still run; the server is stopped all the same.
    pub fn hms_server_stop(
        server: hms_server_t,
        timeout_ns: u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Whether a server serves calls.
    /// @param out 1 or 0.
    pub fn hms_server_is_running(
        server: hms_server_t,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Waits until a server is stopped: at most `timeout_ns`, `UINT64_MAX` = for ever. Ends early when the thread's
    /// interrupt check says so.
    /// @param out 1 when it is stopped, 0 when the time was over first.
    pub fn hms_server_wait(
        server: hms_server_t,
        timeout_ns: u64,
        out: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a server: withdraws its services for good. Calls inside end; nothing is waited for.
    pub fn hms_server_close(
        server: hms_server_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// A service to be filled with methods and registered.
    /// @param id empty = one is generated at registration; read it with `hms_service_id`.
    /// @param version a semantic version; empty = `1.0.0`.
    /// @param out a new handle; close it. Closing does not unregister.
    pub fn hms_service_new(
        id: hms_str_t,
        version: hms_str_t,
        out: *mut hms_service_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sets the name and description that people see.
    pub fn hms_service_describe(
        service: hms_service_t,
        display_name: hms_str_t,
        description: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sets one pair of the service's metadata. Keys that start with `hms.` are the library's; of these `hms.validate` may be set: which
    /// payloads are checked against the schemas of the methods, `inputs` (what callers send, the default), `always` (and what handlers
    /// answer) or `never`. Specification 5.4.
    pub fn hms_service_set_metadata(
        service: hms_service_t,
        key: hms_str_t,
        value: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Adds a method.
    /// @param options may be NULL.
    /// @param handler consumed: its `drop` runs even on failure. NULL = calls to the method are UNAVAILABLE.
    pub fn hms_service_add_method(
        service: hms_service_t,
        name: hms_str_t,
        options: *const hms_method_options_t,
        handler: *const hms_handler_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The id of a service: as given, or as generated at registration.
    /// @param out UTF-8 text in a new buffer; release it.
    pub fn hms_service_id(
        service: hms_service_t,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a service handle. A registered service stays registered. `{0}` is fine.
    pub fn hms_service_close(
        service: hms_service_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Opens a stream of a bound method. The handler runs on a handler thread or takes the call from its queue.
    /// @param request what the handler sees as its request: the parameters of a server stream; copied.
    /// @param options may be NULL. A timeout is that of the whole stream; without one it has none.
    /// @param out a new handle; close it.
    pub fn hms_method_open_stream(
        method: hms_method_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        out: *mut hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Opens a stream by name. As `hms_method_open_stream`.
    pub fn hms_stream_open(
        client: hms_client_t,
        service: hms_str_t,
        method: hms_str_t,
        request: hms_bytes_t,
        options: *const hms_call_options_t,
        out: *mut hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The handler's end of the stream beside a call. The answer to the call ends the stream: the one result of a client stream,
    /// an empty answer otherwise, or a failure.
    /// @param out a new handle; close it, which does not answer the call.
    pub fn hms_call_stream(
        call: hms_call_t,
        out: *mut hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sends a message. Waits while the other side lags behind by a window of 64 messages or 1 MiB.
    /// @param body copied.
    /// @param content_type one of `HMS_CONTENT_TYPE_*`; 0 = CBOR.
    /// @param timeout_ns how long to wait for room; 0 = not at all, `UINT64_MAX` = for ever.
    /// @param out_sent 1 = sent, 0 = there was no room in time; may be NULL: no room is then DEADLINE_EXCEEDED.
    /// @return CANCELLED when the stream was torn down, the handler's status when it has failed.
    pub fn hms_stream_send(
        stream: hms_stream_t,
        body: hms_bytes_t,
        content_type: u32,
        timeout_ns: u64,
        out_sent: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Sends a buffer as a message, without a copy. As `hms_stream_send`.
    /// @param body consumed, even on failure, and the struct is emptied; only when `out_sent` is 0 it is still yours.
    pub fn hms_stream_send_buffer(
        stream: hms_stream_t,
        body: *mut hms_buffer_t,
        timeout_ns: u64,
        out_sent: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Receives a message.
    /// @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
    /// @param buffer a new buffer with state ITEM; release it.
    /// @param out_state `HMS_STREAM_ITEM`, `HMS_STREAM_END` or `HMS_STREAM_PENDING`.
    /// @return the handler's status when it has failed, after the messages that it sent before; CANCELLED when torn down.
    pub fn hms_stream_receive(
        stream: hms_stream_t,
        timeout_ns: u64,
        buffer: *mut hms_buffer_t,
        out_state: *mut u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The queue gets an `HMS_COMPLETION_READABLE` with `tag`, once, when the stream has something to receive.
    pub fn hms_stream_submit_receive(
        stream: hms_stream_t,
        queue: hms_queue_t,
        tag: u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// The queue gets an `HMS_COMPLETION_WRITABLE` with `tag`, once, when the stream may have room.
    pub fn hms_stream_submit_send(
        stream: hms_stream_t,
        queue: hms_queue_t,
        tag: u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Nothing more from this end (half-close). Receiving goes on. May be repeated.
    pub fn hms_stream_finish(
        stream: hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Tears the stream down: both ends get CANCELLED, messages on their way are dropped. Nothing happens when it has ended.
    pub fn hms_stream_cancel(
        stream: hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// What is known of a stream.
    /// @param out set its `struct_size` first.
    pub fn hms_stream_info(
        stream: hms_stream_t,
        out: *mut hms_stream_info_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes an end. The caller's end is cancelled if the stream has not ended. `{0}` is fine.
    pub fn hms_stream_close(
        stream: hms_stream_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// An empty writer.
    /// @param out a new handle; close it.
    pub fn hms_writer_new(
        out: *mut hms_writer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes null.
    pub fn hms_writer_null(
        writer: hms_writer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a bool: 0 is false, everything else true.
    pub fn hms_writer_bool(
        writer: hms_writer_t,
        value: u32,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a signed integer.
    pub fn hms_writer_int(
        writer: hms_writer_t,
        value: i64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes an unsigned integer.
    pub fn hms_writer_uint(
        writer: hms_writer_t,
        value: u64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes an integer of any size, given as decimal text such as `-18446744073709551617`.
    pub fn hms_writer_bigint(
        writer: hms_writer_t,
        value: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a 64-bit float; 1.0 stays a float.
    pub fn hms_writer_float(
        writer: hms_writer_t,
        value: f64,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes text.
    pub fn hms_writer_text(
        writer: hms_writer_t,
        value: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes bytes.
    pub fn hms_writer_bytes(
        writer: hms_writer_t,
        value: hms_bytes_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a date-time, given as RFC 3339 text with an offset, such as `2026-11-21T05:00:00Z`.
    pub fn hms_writer_datetime(
        writer: hms_writer_t,
        value: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a UUID.
    /// @param value 16 bytes.
    pub fn hms_writer_uuid(
        writer: hms_writer_t,
        value: *const u8,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a decimal number that keeps its digits, given as text such as `12.50`.
    pub fn hms_writer_decimal(
        writer: hms_writer_t,
        value: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a value that was encoded before, such as a constant part of many values: nothing is encoded again.
    /// @param cbor its CBOR, as `hms_writer_finish` gave it; checked, and copied as it is.
    pub fn hms_writer_encoded(
        writer: hms_writer_t,
        cbor: hms_bytes_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Begins a list.
    /// @param len number of items; `SIZE_MAX` = not known yet.
    pub fn hms_writer_begin_list(
        writer: hms_writer_t,
        len: usize,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Ends the list begun last.
    pub fn hms_writer_end_list(
        writer: hms_writer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Begins a map; each value follows its key.
    /// @param len number of pairs; `SIZE_MAX` = not known yet.
    pub fn hms_writer_begin_map(
        writer: hms_writer_t,
        len: usize,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Ends the map begun last.
    pub fn hms_writer_end_map(
        writer: hms_writer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Writes a key of a map.
    pub fn hms_writer_key(
        writer: hms_writer_t,
        key: hms_str_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Finishes the value. The writer takes no more steps; close it.
    /// @param out the CBOR bytes in a new buffer; release it, or give it away with `hms_call_reply_buffer`.
    /// @return INVALID_ARGUMENT, with the path, when a step failed or something was left open.
    pub fn hms_writer_finish(
        writer: hms_writer_t,
        out: *mut hms_buffer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
    /// Closes a writer. `{0}` is fine.
    pub fn hms_writer_close(
        writer: hms_writer_t,
        error: *mut hms_error_t,
    ) -> hms_status_t;
}
