/* hmsffi: services and calls between languages. Generated from capi/ by `make header`; do not edit.
 *
 * Rules for all functions:
 *  - Fallible functions return HMS_STATUS_*; outputs are written only on success, `error` only on failure.
 *    `error` may be NULL; an error that was written is closed with hms_error_close.
 *  - Handles are checked: a closed one gives FAILED_PRECONDITION, a forged one INVALID_ARGUMENT.
 *  - Views are borrowed for the call unless said otherwise; buffers are released with hms_buffer_release.
 *  - Every function may be called on any thread. In a forked child every call gives FAILED_PRECONDITION.
 *  - Option structs begin with struct_size; set it to sizeof the struct and the rest to zero for the defaults.
 * Ownership, threads and errors at length: docs/ownership.md, docs/threading.md, docs/errors.md.
 */

#ifndef HMSFFI_H
#define HMSFFI_H

#include <stdint.h>
#include <stddef.h>
/* A text view of a string literal, in C. */
#define HMS_STR(literal) ((hms_str_t){ (literal), sizeof(literal) - 1 })


/**
 * An asynchronous call ended: `status`, and `buffer` or `error`.
 */
#define HMS_COMPLETION_CALL 1

/**
 * A stream has something to receive: `hms_stream_receive` will not wait.
 */
#define HMS_COMPLETION_READABLE 2

/**
 * A call arrived for a method that takes its calls from this queue: `call`; `tag` is the method's.
 */
#define HMS_COMPLETION_REQUEST 3

/**
 * The caller of `call` went away; `tag` is the method's.
 */
#define HMS_COMPLETION_CANCELLED 4

/**
 * A stream may have room: try `hms_stream_send` again.
 */
#define HMS_COMPLETION_WRITABLE 5

/**
 * The stream has an item.
 */
#define HMS_STREAM_ITEM 1

/**
 * The other side sends nothing more.
 */
#define HMS_STREAM_END 2

/**
 * Nothing within the time given.
 */
#define HMS_STREAM_PENDING 3

/**
 * Version of the binary interface that this header describes. Changes only when the ABI breaks.
 */
#define HMS_ABI_MAJOR 0

/**
 * Counts additions to the ABI. A program runs with a library of the same major and an equal or higher minor.
 */
#define HMS_ABI_MINOR 1

/**
 * On input: not stated, which means CBOR. On output: another type, see `content_type_text`.
 */
#define HMS_CONTENT_TYPE_DEFAULT 0

/**
 * `application/cbor`
 */
#define HMS_CONTENT_TYPE_CBOR 1

/**
 * `application/protobuf`
 */
#define HMS_CONTENT_TYPE_PROTOBUF 2

/**
 * `application/json`
 */
#define HMS_CONTENT_TYPE_JSON 3

/**
 * `application/octet-stream`: raw bytes.
 */
#define HMS_CONTENT_TYPE_BYTES 4

/**
 * Choose for me.
 */
#define HMS_TRANSPORT_DEFAULT 0

/**
 * The same process.
 */
#define HMS_TRANSPORT_IN_PROCESS 1

/**
 * Shared memory of one machine.
 */
#define HMS_TRANSPORT_SHARED_MEMORY 2

/**
 * A socket of one machine.
 */
#define HMS_TRANSPORT_LOCAL_SOCKET 3

/**
 * TCP.
 */
#define HMS_TRANSPORT_TCP 4

/**
 * HTTP.
 */
#define HMS_TRANSPORT_HTTP 5

/**
 * gRPC.
 */
#define HMS_TRANSPORT_GRPC 6

/**
 * WebSocket.
 */
#define HMS_TRANSPORT_WEBSOCKET 7

/**
 * Message queue.
 */
#define HMS_TRANSPORT_MESSAGE_QUEUE 8

/**
 * The message `Schema` in Protobuf.
 */
#define HMS_SCHEMA_FORM_PROTOBUF 1

/**
 * The message `Schema` in JSON: members by their names, types by theirs (`"type": "STRING"`).
 */
#define HMS_SCHEMA_FORM_JSON 2

/**
 * JSON Schema, 2020-12.
 */
#define HMS_SCHEMA_FORM_JSON_SCHEMA 3

/**
 * The same major version; the service reads what the caller sends, and the caller what the service answers. The default.
 */
#define HMS_BINDING_LOOSE 1

/**
 * The same major and minor version; schemas that each side could take over from the other.
 */
#define HMS_BINDING_STRICT 2

/**
 * A payload is written as it comes easiest.
 */
#define HMS_LAYOUT_ANY 0

/**
 * CBOR is written in the one form that equal values have: RFC 8949, 4.2.1.
 */
#define HMS_LAYOUT_DETERMINISTIC 1

/**
 * Not a streaming method.
 */
#define HMS_STREAM_TYPE_NONE 0

/**
 * One request, many answers.
 */
#define HMS_STREAM_TYPE_SERVER 1

/**
 * Many requests, one answer.
 */
#define HMS_STREAM_TYPE_CLIENT 2

/**
 * Many each way.
 */
#define HMS_STREAM_TYPE_BIDIRECTIONAL 3

/**
 * The server's choice: direct.
 */
#define HMS_DISPATCH_DEFAULT 0

/**
 * The handler runs on the caller's thread, on its stack.
 */
#define HMS_DISPATCH_DIRECT 1

/**
 * The handler runs on one of the server's handler threads.
 */
#define HMS_DISPATCH_POOL 2

/**
 * The handler takes its calls from a completion queue.
 */
#define HMS_DISPATCH_HOP 3

/**
 * `AuthType` of the specification: no requirement stated.
 */
#define HMS_AUTH_TYPE_DEFAULT 0

/**
 * No authentication.
 */
#define HMS_AUTH_TYPE_NONE 1

/**
 * Token.
 */
#define HMS_AUTH_TYPE_TOKEN 2

/**
 * Certificate.
 */
#define HMS_AUTH_TYPE_CERT 3

/**
 * Custom.
 */
#define HMS_AUTH_TYPE_CUSTOM 4

/**
 * `CallStatus` of the specification: not known.
 */
#define HMS_CALL_STATUS_UNSPECIFIED 0

/**
 * The call ended well.
 */
#define HMS_CALL_STATUS_OK 1

/**
 * The call runs.
 */
#define HMS_CALL_STATUS_IN_PROGRESS 2

/**
 * The call failed.
 */
#define HMS_CALL_STATUS_FAILED 3

/**
 * The call was cancelled.
 */
#define HMS_CALL_STATUS_CANCELLED 4

/**
 * The deadline passed.
 */
#define HMS_CALL_STATUS_TIMEOUT 5

/**
 * `LogLevel` of the specification: the default, which is INFO.
 */
#define HMS_LOG_LEVEL_DEFAULT 0

/**
 * Debug.
 */
#define HMS_LOG_LEVEL_DEBUG 1

/**
 * Info.
 */
#define HMS_LOG_LEVEL_INFO 2

/**
 * Warning.
 */
#define HMS_LOG_LEVEL_WARNING 3

/**
 * Error.
 */
#define HMS_LOG_LEVEL_ERROR 4

/**
 * Kind of a value that a reader finds: nothing, the list, the map or the whole value has ended.
 */
#define HMS_KIND_END 0

/**
 * Null.
 */
#define HMS_KIND_NULL 1

/**
 * True or false.
 */
#define HMS_KIND_BOOL 2

/**
 * An integer that fits 64 bits, signed or unsigned.
 */
#define HMS_KIND_INT 3

/**
 * An integer that does not.
 */
#define HMS_KIND_BIGINT 4

/**
 * A 64-bit float.
 */
#define HMS_KIND_FLOAT 5

/**
 * UTF-8 text.
 */
#define HMS_KIND_TEXT 6

/**
 * Bytes.
 */
#define HMS_KIND_BYTES 7

/**
 * A date-time with its offset.
 */
#define HMS_KIND_DATETIME 8

/**
 * A UUID.
 */
#define HMS_KIND_UUID 9

/**
 * A decimal number that keeps its digits.
 */
#define HMS_KIND_DECIMAL 10

/**
 * A list.
 */
#define HMS_KIND_LIST 11

/**
 * A map with text keys.
 */
#define HMS_KIND_MAP 12

/**
 * `hms_runtime_t`
 */
#define HMS_HANDLE_RUNTIME 1

/**
 * `hms_server_t`
 */
#define HMS_HANDLE_SERVER 2

/**
 * `hms_service_t`
 */
#define HMS_HANDLE_SERVICE 3

/**
 * `hms_client_t`
 */
#define HMS_HANDLE_CLIENT 4

/**
 * `hms_method_t`
 */
#define HMS_HANDLE_METHOD 5

/**
 * `hms_call_t`
 */
#define HMS_HANDLE_CALL 6

/**
 * `hms_stream_t`
 */
#define HMS_HANDLE_STREAM 7

/**
 * `hms_queue_t`
 */
#define HMS_HANDLE_QUEUE 8

/**
 * `hms_error_t`
 */
#define HMS_HANDLE_ERROR 9

/**
 * `hms_metadata_t`
 */
#define HMS_HANDLE_METADATA 10

/**
 * `hms_writer_t`
 */
#define HMS_HANDLE_WRITER 12

/**
 * `hms_reader_t`
 */
#define HMS_HANDLE_READER 13

/**
 * `hms_buffer_t.owner`
 */
#define HMS_HANDLE_BUFFER 11

/**
 * One thread alone polls the queue and serves its methods: a caller that would block that thread and wait for it is
 * refused with ABORTED instead of hanging.
 */
#define HMS_QUEUE_SINGLE_THREAD 1

/**
 * Two calls with the same arguments do no more than one: it may be repeated after a failure.
 */
#define HMS_METHOD_IDEMPOTENT 1

/**
 * Short, and never calls back: Python need not give up its interpreter lock around it.
 */
#define HMS_METHOD_LEAF 2

/**
 * Result of every fallible function: one of `HMS_STATUS_*`, numbered as in section 6.1 of the specification.
 */
typedef int32_t hms_status_t;

/**
 * Calls services. Close with `hms_client_close`.
 */
typedef struct hms_client_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_client_t;

/**
 * Borrowed UTF-8 text, not NUL-terminated. `ptr` may be NULL when `len` is 0.
 */
typedef struct hms_str_t {
  /**
   * First byte.
   */
  const char *ptr;
  /**
   * Number of bytes.
   */
  size_t len;
} hms_str_t;

/**
 * Borrowed bytes. `ptr` may be NULL when `len` is 0.
 */
typedef struct hms_bytes_t {
  /**
   * First byte.
   */
  const uint8_t *ptr;
  /**
   * Number of bytes.
   */
  size_t len;
} hms_bytes_t;

/**
 * What a caller was made for: a service must be so, or it is not bound.
 */
typedef struct hms_bind_options_t {
  /**
   * `sizeof(hms_bind_options_t)`
   */
  uint32_t struct_size;
  /**
   * How close the service must be, one of `HMS_BINDING_*`; 0 = loose.
   */
  uint32_t binding;
  /**
   * The message `ServiceDefinition` in JSON or Protobuf, with version and schemas; empty = anything will do.
   */
  struct hms_bytes_t expected;
} hms_bind_options_t;

/**
 * Bytes that the library hands out: read them in place, then release them with `hms_buffer_release`.
 *
 * A copy of this struct shares the bytes; releasing two copies is an error that the library notices.
 */
typedef struct hms_buffer_t {
  /**
   * First byte, or NULL when `len` is 0. Valid until release; do not write.
   */
  const uint8_t *data;
  /**
   * Number of bytes.
   */
  size_t len;
  /**
   * Who owns the bytes; 0 = nobody, nothing to release.
   */
  uint64_t owner;
  /**
   * One of `HMS_CONTENT_TYPE_*`; 0 = another, see `hms_buffer_content_type`.
   */
  uint32_t content_type;
  /**
   * 0 in this version.
   */
  uint32_t flags;
} hms_buffer_t;

/**
 * A failure. Close with `hms_error_close`.
 */
typedef struct hms_error_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_error_t;

/**
 * Releases memory that was lent to the library; runs once, on any thread, with no library lock held.
 */
typedef void (*hms_release_fn)(void *ctx);

/**
 * One inbound call, seen from its handler. Ends with its answer, or with `hms_call_close`.
 */
typedef struct hms_call_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_call_t;

/**
 * A key and its value.
 */
typedef struct hms_pair_t {
  /**
   * Key.
   */
  struct hms_str_t key;
  /**
   * Value.
   */
  struct hms_str_t value;
} hms_pair_t;

/**
 * Options of an answer. All zero (with `struct_size`) is the default.
 */
typedef struct hms_reply_options_t {
  /**
   * `sizeof(hms_reply_options_t)`
   */
  uint32_t struct_size;
  /**
   * One of `HMS_CONTENT_TYPE_*`; 0 = that of the request, or `content_type_text` when given.
   */
  uint32_t content_type;
  /**
   * A content type that has no constant.
   */
  struct hms_str_t content_type_text;
  /**
   * Pairs returned with the answer; borrowed for the call.
   */
  const struct hms_pair_t *metadata;
  /**
   * Number of pairs.
   */
  size_t metadata_count;
} hms_reply_options_t;

/**
 * Why a handler failed.
 */
typedef struct hms_failure_t {
  /**
   * `sizeof(hms_failure_t)`
   */
  uint32_t struct_size;
  /**
   * One of `HMS_STATUS_*`, not OK. UNKNOWN for an exception without a code of its own.
   */
  hms_status_t code;
  /**
   * For people.
   */
  struct hms_str_t message;
  /**
   * The component that failed; empty = the service and method.
   */
  struct hms_str_t source;
  /**
   * The stack as the handler's language prints it; empty = none.
   */
  struct hms_str_t stack;
  /**
   * Further details; borrowed for the call.
   */
  const struct hms_pair_t *details;
  /**
   * Number of details.
   */
  size_t details_count;
  /**
   * The error of a nested call that made this one fail; borrowed, none = 0.
   */
  struct hms_error_t cause;
  /**
   * The id of one of the method's `error_schemas`: of which type the failure is. Empty = of none, without data.
   */
  struct hms_str_t error_schema;
  /**
   * The data of a failure of that type, in CBOR; borrowed for the call. Empty without `error_schema`.
   */
  struct hms_bytes_t error_data;
} hms_failure_t;

/**
 * A request as its handler sees it. Valid until `on_call` returns, or, after `hms_call_retain`, until the
 * call is answered or closed.
 */
typedef struct hms_request_t {
  /**
   * Size of the struct that the library filled.
   */
  uint32_t struct_size;
  /**
   * One of `HMS_CONTENT_TYPE_*`; 0 = another, see `content_type_text`.
   */
  uint32_t content_type;
  /**
   * The request's bytes.
   */
  struct hms_bytes_t body;
  /**
   * The content type as text.
   */
  struct hms_str_t content_type_text;
  /**
   * When the caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never.
   */
  uint64_t deadline_ns;
  /**
   * Number of metadata pairs; read them with `hms_call_metadata_at`.
   */
  uint32_t metadata_count;
  /**
   * One of `HMS_STREAM_TYPE_*` of the method.
   */
  uint32_t stream_type;
} hms_request_t;

/**
 * What a handler can ask about the call that it serves.
 */
typedef struct hms_call_info_t {
  /**
   * `sizeof(hms_call_info_t)`, set by the caller of `hms_call_info`.
   */
  uint32_t struct_size;
  /**
   * Number of calls above this one in its chain.
   */
  uint32_t depth;
  /**
   * Service id; valid until the call is answered.
   */
  struct hms_str_t service;
  /**
   * Method name; valid until the call is answered.
   */
  struct hms_str_t method;
  /**
   * When the caller stops waiting, in nanoseconds of CLOCK_MONOTONIC; 0 = never.
   */
  uint64_t deadline_ns;
  /**
   * 1 when nobody waits for the answer any more.
   */
  uint32_t cancelled;
  /**
   * One of `HMS_DISPATCH_*`: how this call came here.
   */
  uint32_t dispatch;
} hms_call_info_t;

/**
 * Frees the context of a callback; runs once, after the last use.
 */
typedef void (*hms_drop_fn)(void *ctx);

/**
 * A world of services: the process-wide default or a private one. Close with `hms_runtime_close`.
 */
typedef struct hms_runtime_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_runtime_t;

/**
 * Options of a client (`ClientOptions` of the specification).
 */
typedef struct hms_client_options_t {
  /**
   * `sizeof(hms_client_options_t)`
   */
  uint32_t struct_size;
  /**
   * 0
   */
  uint32_t flags;
  /**
   * Default time for a call in nanoseconds; 0 = 30 s. It is cooperative in direct dispatch.
   */
  uint64_t timeout_ns;
  /**
   * Retries after a failure that cannot have run the handler; 0 = 3, -1 = none.
   */
  int32_t max_retries;
  /**
   * The way that its calls must take, one of `HMS_TRANSPORT_*`; 0 = choose. Those that this version lacks are refused
   * with UNIMPLEMENTED.
   */
  uint32_t transport;
  /**
   * Sent with each call. Refused with UNIMPLEMENTED in this version unless empty.
   */
  struct hms_str_t auth_token;
  /**
   * Microseconds that a thread which calls another process looks for its answer before it sleeps; 0 = as is found best,
   * -1 = not at all.
   */
  int32_t spin_us;
  /**
   * 0
   */
  uint32_t reserved;
} hms_client_options_t;

/**
 * Metadata of an answer. Close with `hms_metadata_close`.
 */
typedef struct hms_metadata_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_metadata_t;

/**
 * What a call took.
 */
typedef struct hms_call_report_t {
  /**
   * `sizeof(hms_call_report_t)`
   */
  uint32_t struct_size;
  /**
   * The way that it took, one of `HMS_TRANSPORT_*`; 0 = it did not get as far.
   */
  uint32_t transport;
  /**
   * Bytes of request and answer that the library copied, at both ends. Includes what the handler called in its turn, if it
   * ran on this thread.
   */
  uint64_t bytes_copied;
} hms_call_report_t;

/**
 * Options of one call, stream or submission. All zero (with `struct_size`) is the default.
 */
typedef struct hms_call_options_t {
  /**
   * `sizeof(hms_call_options_t)`
   */
  uint32_t struct_size;
  /**
   * 0; unknown bits are refused.
   */
  uint32_t flags;
  /**
   * Time for the whole call in nanoseconds; 0 = the defaults of client, method and server. An explicit
   * timeout is enforced: the handler runs on a handler thread and the caller returns in time.
   */
  uint64_t timeout_ns;
  /**
   * One of `HMS_CONTENT_TYPE_*`: how the request is encoded; 0 = CBOR, or `content_type_text` when given.
   */
  uint32_t content_type;
  /**
   * The way that the call must take, one of `HMS_TRANSPORT_*`; 0 = choose. One that this version lacks is refused;
   * UNAVAILABLE when it does not lead to the service.
   */
  uint32_t transport;
  /**
   * A content type that has no constant; empty = `content_type` says it.
   */
  struct hms_str_t content_type_text;
  /**
   * `metadata_count` pairs sent with the request; borrowed for the call. Keys that start with `hms-` are
   * the library's.
   */
  const struct hms_pair_t *metadata;
  /**
   * Number of pairs.
   */
  size_t metadata_count;
  /**
   * The inbound call on whose behalf this one is made; its deadline and chain are inherited. None = the
   * call whose handler runs on this thread, if any.
   */
  struct hms_call_t parent;
  /**
   * Where to put the answer's metadata; NULL = not wanted. Written on success, close it.
   */
  struct hms_metadata_t *response_metadata;
  /**
   * Ways that the call must not take: the bits `1 << HMS_TRANSPORT_*`; 0 = none. UNAVAILABLE when no other leads to the
   * service.
   */
  uint64_t forbidden_transports;
  /**
   * Where to tell what the call took; NULL = not wanted. Set its `struct_size`. Written also when the call fails. For
   * asynchronous calls and streams it tells of the sending alone.
   */
  struct hms_call_report_t *report;
} hms_call_options_t;

/**
 * Hosts services. Close with `hms_server_close`.
 */
typedef struct hms_server_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_server_t;

/**
 * A call as an interceptor sees it. The views are valid while the interceptor runs.
 */
typedef struct hms_intercepted_t {
  /**
   * Size of the struct that the library filled.
   */
  uint32_t struct_size;
  /**
   * One of `HMS_CONTENT_TYPE_*`; 0 = another.
   */
  uint32_t content_type;
  /**
   * Service id.
   */
  struct hms_str_t service;
  /**
   * Method name.
   */
  struct hms_str_t method;
  /**
   * The request's bytes; empty after the call.
   */
  struct hms_bytes_t body;
  /**
   * `metadata_count` pairs of the request; none after the call.
   */
  const struct hms_pair_t *metadata;
  /**
   * Number of pairs.
   */
  size_t metadata_count;
} hms_intercepted_t;

/**
 * User code around every call of a server. Both functions may run on any thread and on several at once, with no library
 * lock held; they must not unwind.
 */
typedef struct hms_interceptor_t {
  /**
   * `sizeof(hms_interceptor_t)`
   */
  uint32_t struct_size;
  /**
   * 0
   */
  uint32_t flags;
  /**
   * Passed to all functions.
   */
  void *ctx;
  /**
   * Runs on the caller's thread before the handler. `HMS_STATUS_OK` lets the call pass; any other status is its answer,
   * with the error that was written (from `hms_error_new`; the library closes it), or without a text of its own. May be
   * NULL.
   */
  hms_status_t (*before)(void *ctx, const struct hms_intercepted_t *call, struct hms_error_t *error);
  /**
   * Runs where the answer of a call that passed arrives: its status, and how long it took. May be NULL.
   */
  void (*after)(void *ctx, const struct hms_intercepted_t *call, hms_status_t status, uint64_t duration_ns);
  /**
   * Frees `ctx`; may be NULL.
   */
  hms_drop_fn drop;
} hms_interceptor_t;

/**
 * One method of one service, resolved: the fast way to call. Close with `hms_method_close`.
 */
typedef struct hms_method_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_method_t;

/**
 * Receives the library's log lines.
 */
typedef struct hms_log_sink_t {
  /**
   * `sizeof(hms_log_sink_t)`
   */
  uint32_t struct_size;
  /**
   * Least `HMS_LOG_LEVEL_*` wanted; 0 = INFO.
   */
  uint32_t min_level;
  /**
   * Passed to both functions.
   */
  void *ctx;
  /**
   * Takes one line; may run on any thread. It must not unwind. The views are valid for the call.
   */
  void (*on_log)(void *ctx, uint32_t level, struct hms_str_t target, struct hms_str_t message);
  /**
   * Frees `ctx`; may be NULL.
   */
  hms_drop_fn drop;
} hms_log_sink_t;

/**
 * What lives in this process: leak tests compare two of them.
 */
typedef struct hms_introspection_t {
  /**
   * `sizeof(hms_introspection_t)`, set by the caller.
   */
  uint32_t struct_size;
  /**
   * Threads that the library started and that run.
   */
  uint32_t threads;
  /**
   * Live handles by kind; the index is one of `HMS_HANDLE_*`.
   */
  uint64_t handles[16];
  /**
   * Buffers handed out and not released.
   */
  uint64_t buffers;
  /**
   * Their bytes.
   */
  uint64_t buffer_bytes;
  /**
   * Bytes that wait in queues and streams.
   */
  uint64_t queued_bytes;
  /**
   * Inbound calls that have no answer yet.
   */
  uint64_t calls;
  /**
   * Calls made since the library was loaded.
   */
  uint64_t calls_total;
  /**
   * Bytes copied for calls since the library was loaded.
   */
  uint64_t bytes_copied_total;
  /**
   * Nanoseconds that threads spent looking for what comes from other processes before they slept, since the library was
   * loaded.
   */
  uint64_t spun_ns_total;
} hms_introspection_t;

/**
 * Options of a completion queue.
 */
typedef struct hms_queue_options_t {
  /**
   * `sizeof(hms_queue_options_t)`
   */
  uint32_t struct_size;
  /**
   * `HMS_QUEUE_*` bits; unknown ones are refused.
   */
  uint32_t flags;
} hms_queue_options_t;

/**
 * A queue of completions that an event loop polls. Close with `hms_queue_close`.
 */
typedef struct hms_queue_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_queue_t;

/**
 * Something that a queue collected.
 */
typedef struct hms_completion_t {
  /**
   * One of `HMS_COMPLETION_*`.
   */
  uint32_t kind;
  /**
   * How it ended.
   */
  hms_status_t status;
  /**
   * The tag given at submission, or of the method.
   */
  uint64_t tag;
  /**
   * Result bytes; release them.
   */
  struct hms_buffer_t buffer;
  /**
   * The failure; close it.
   */
  struct hms_error_t error;
  /**
   * The inbound call, for `HMS_COMPLETION_REQUEST` and `HMS_COMPLETION_CANCELLED`.
   */
  struct hms_call_t call;
  /**
   * Metadata of the answer, for `HMS_COMPLETION_CALL`; close it. None when there is none.
   */
  struct hms_metadata_t metadata;
} hms_completion_t;

/**
 * The id of an asynchronous call: 128 random bits as 32 hexadecimal digits and a NUL. Valid in every language
 * of the process.
 */
typedef struct hms_call_id_t {
  /**
   * NUL-terminated text.
   */
  char text[40];
} hms_call_id_t;

/**
 * Reads a CBOR value. Close with `hms_reader_close`.
 */
typedef struct hms_reader_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_reader_t;

/**
 * Options of a private runtime.
 */
typedef struct hms_runtime_options_t {
  /**
   * `sizeof(hms_runtime_options_t)`
   */
  uint32_t struct_size;
  /**
   * 0
   */
  uint32_t flags;
  /**
   * For logs and errors; empty = `runtime`.
   */
  struct hms_str_t name;
  /**
   * A file that keeps what `SchemaRegistry` registers, opened when it is needed first; empty = in memory. The default runtime
   * has the one that the environment variable `HMSFFI_SCHEMAS` names.
   */
  struct hms_str_t schemas;
} hms_runtime_options_t;

/**
 * Options of a server (`ServerOptions` of the specification).
 */
typedef struct hms_server_options_t {
  /**
   * `sizeof(hms_server_options_t)`
   */
  uint32_t struct_size;
  /**
   * 0
   */
  uint32_t flags;
  /**
   * Name of the server.
   */
  struct hms_str_t name;
  /**
   * Ways in for other processes, `transports_count` of `HMS_TRANSPORT_*`; none = all. Callers of the same process need
   * none. Those that this version lacks are refused with UNIMPLEMENTED.
   */
  const uint32_t *transports;
  /**
   * Number of transports.
   */
  size_t transports_count;
  /**
   * One of `HMS_AUTH_TYPE_*`. Anything but DEFAULT and NONE is refused with UNIMPLEMENTED in this version.
   */
  uint32_t auth_type;
  /**
   * Calls served at once; 0 = 100, -1 = no limit.
   */
  int32_t max_concurrent_calls;
  /**
   * Default time for a call in nanoseconds; 0 = 30 s.
   */
  uint64_t call_timeout_ns;
  /**
   * Handler threads for pool dispatch; 0 = one per CPU, at least 4. They start with the first pool call.
   */
  uint32_t pool_threads;
  /**
   * 0
   */
  uint32_t reserved;
  /**
   * Bytes of a request, an answer or a message of a stream, at least 4096; 0 = 1 GiB. A larger one is RESOURCE_EXHAUSTED.
   */
  uint64_t max_message_size;
} hms_server_options_t;

/**
 * A service under construction, or the record of a registered one. Close with `hms_service_close`.
 */
typedef struct hms_service_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_service_t;

/**
 * Options of a method.
 */
typedef struct hms_method_options_t {
  /**
   * `sizeof(hms_method_options_t)`
   */
  uint32_t struct_size;
  /**
   * `HMS_METHOD_*` bits; unknown ones are refused.
   */
  uint32_t flags;
  /**
   * For people.
   */
  struct hms_str_t description;
  /**
   * One of `HMS_STREAM_TYPE_*`.
   */
  uint32_t stream_type;
  /**
   * One of `HMS_DISPATCH_*`; 0 = direct.
   */
  uint32_t dispatch;
  /**
   * Time for a call in nanoseconds; 0 = the server's default.
   */
  uint64_t timeout_ns;
  /**
   * `metadata_count` labels, borrowed for the call.
   */
  const struct hms_pair_t *metadata;
  /**
   * Number of labels.
   */
  size_t metadata_count;
  /**
   * With `HMS_DISPATCH_HOP`: the queue that collects the calls, as `HMS_COMPLETION_REQUEST`. The handler may be NULL
   * then; where it is given, it serves calls made on the thread that polls the queue.
   */
  struct hms_queue_t queue;
  /**
   * With a queue: the tag of those completions.
   */
  uint64_t queue_tag;
  /**
   * The handler's name and place for stacks, such as `convert (units.go:41)`; empty = not known.
   */
  struct hms_str_t handler_site;
  /**
   * Schema of what callers send, as JSON (`{"type": "STRING"}`) or as a Protobuf message `hms.ffi.v1.Schema`; empty = none.
   * Of a stream that callers send on, each message has it. Borrowed for the call.
   */
  struct hms_bytes_t input_schema;
  /**
   * Schema of what the handler answers; of a stream that it sends on, each message has it.
   */
  struct hms_bytes_t output_schema;
  /**
   * `error_schema_count` schemas of errors with data, each with the id by which the error names it.
   */
  const struct hms_bytes_t *error_schemas;
  /**
   * Number of those schemas.
   */
  size_t error_schema_count;
} hms_method_options_t;

/**
 * Serves one method.
 *
 * `on_call` may run on any thread and on several at once. It never runs after `drop` began; `drop` runs once,
 * after the last `on_call` returned. No library lock is held during either.
 */
typedef struct hms_handler_t {
  /**
   * `sizeof(hms_handler_t)`
   */
  uint32_t struct_size;
  /**
   * 0
   */
  uint32_t flags;
  /**
   * Passed to both functions.
   */
  void *ctx;
  /**
   * Serves one call. It must answer `call` once, with `hms_call_reply` or `hms_call_fail`, now or, after
   * `hms_call_retain`, later from any thread. It must not unwind. May be NULL when the method's options name
   * a queue.
   */
  void (*on_call)(void *ctx, struct hms_call_t call, const struct hms_request_t *request);
  /**
   * Frees `ctx`; may be NULL.
   */
  hms_drop_fn drop;
} hms_handler_t;

/**
 * A stream, seen from either end. Close with `hms_stream_close`.
 */
typedef struct hms_stream_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_stream_t;

/**
 * What is known of a stream.
 */
typedef struct hms_stream_info_t {
  /**
   * `sizeof(hms_stream_info_t)`, set by the caller of `hms_stream_info`.
   */
  uint32_t struct_size;
  /**
   * 1 when this end can neither send nor receive any more.
   */
  uint32_t closed;
  /**
   * Messages sent by this end; the sequence number of the next.
   */
  uint64_t sent;
  /**
   * Messages received by this end.
   */
  uint64_t received;
} hms_stream_info_t;

/**
 * Writes a CBOR value. Close with `hms_writer_close`.
 */
typedef struct hms_writer_t {
  /**
   * Kind, generation and slot; 0 = none.
   */
  uint64_t id;
} hms_writer_t;

/**
 * No error.
 */
#define HMS_STATUS_OK 0

/**
 * The operation was cancelled.
 */
#define HMS_STATUS_CANCELLED 1

/**
 * The application raised an error without a code of its own.
 */
#define HMS_STATUS_UNKNOWN 2

/**
 * An argument is wrong: a NULL pointer, text that is not UTF-8, a forged handle, a bad value.
 */
#define HMS_STATUS_INVALID_ARGUMENT 3

/**
 * The deadline passed first.
 */
#define HMS_STATUS_DEADLINE_EXCEEDED 4

/**
 * No such service, method or call.
 */
#define HMS_STATUS_NOT_FOUND 5

/**
 * The thing to be created exists.
 */
#define HMS_STATUS_ALREADY_EXISTS 6

/**
 * The caller may not do this.
 */
#define HMS_STATUS_PERMISSION_DENIED 7

/**
 * A limit was reached.
 */
#define HMS_STATUS_RESOURCE_EXHAUSTED 8

/**
 * Not in the state that the operation needs: a closed handle, a forked process, a call answered twice.
 */
#define HMS_STATUS_FAILED_PRECONDITION 9

/**
 * Given up, for example because the call would wait for itself.
 */
#define HMS_STATUS_ABORTED 10

/**
 * Past the valid range.
 */
#define HMS_STATUS_OUT_OF_RANGE 11

/**
 * Not implemented or not supported by this version.
 */
#define HMS_STATUS_UNIMPLEMENTED 12

/**
 * A bug: a panic, or a call that was dropped without an answer.
 */
#define HMS_STATUS_INTERNAL 13

/**
 * The service cannot be reached now.
 */
#define HMS_STATUS_UNAVAILABLE 14

/**
 * Data was lost or damaged.
 */
#define HMS_STATUS_DATA_LOSS 15

/**
 * No valid credentials.
 */
#define HMS_STATUS_UNAUTHENTICATED 16

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Whether some version of a service is what its caller was made for, and how it differs: the version that `hms_method_bind_with`
 * takes with the same options.
 * @param service an id, or `id@version` such as `billing@^1.2`.
 * @param options say what is expected.
 * @param report a JSON object: `service`, `binding`, `expected_version`, `provided_version`, `fits`, and `differences`, a list of
 *   objects. Of each, `method`, `part` (`input_schema`, `output_schema`, `error_schemas[id]`), `path` and `aspect` say where and
 *   what, `expected` and `provided` how it is on both sides; `breaks_loose` and `breaks_strict` which binding is refused for it,
 *   `must_move` who has to move then: `caller`, `provider`, or null. A new buffer; release it. May be NULL.
 * @return FAILED_PRECONDITION when no version fits, as `hms_method_bind_with`.
 */
hms_status_t hms_client_fit(struct hms_client_t client,
                            struct hms_str_t service,
                            const struct hms_bind_options_t *options,
                            struct hms_buffer_t *report,
                            struct hms_error_t *error);

/**
 * What differs between a service that callers were made for and one that is provided. May be called on any thread.
 * @param expected the message `ServiceDefinition` in JSON or Protobuf; its schemas refer to nothing outside of it.
 * @param provided likewise.
 * @param binding one of `HMS_BINDING_*`; 0 = loose.
 * @param report as that of `hms_client_fit`; `fits` says whether the binding would be accepted. A new buffer; release it.
 * @return INVALID_ARGUMENT when one of them is no definition, or they are of two services.
 */
hms_status_t hms_service_compare(struct hms_bytes_t expected,
                                 struct hms_bytes_t provided,
                                 uint32_t binding,
                                 struct hms_buffer_t *report,
                                 struct hms_error_t *error);

/**
 * Releases the bytes of a buffer and empties the struct. NULL and an empty buffer are fine.
 * @param buffer consumed.
 * @return FAILED_PRECONDITION when a copy of the struct was released before.
 */
hms_status_t hms_buffer_release(struct hms_buffer_t *buffer);

/**
 * A buffer with a copy of `bytes`.
 * @param out a new buffer; release it.
 */
hms_status_t hms_buffer_copy(struct hms_bytes_t bytes,
                             uint32_t content_type,
                             struct hms_buffer_t *out,
                             struct hms_error_t *error);

/**
 * Lends memory to the library as a buffer, without a copy.
 * @param bytes must stay readable and unchanged until `release` runs.
 * @param release runs once when the last user is done, on any thread, with no library lock held; not NULL.
 * @param out a new buffer; release it, or give it away with `hms_call_reply_buffer`.
 */
hms_status_t hms_buffer_lend(struct hms_bytes_t bytes,
                             uint32_t content_type,
                             hms_release_fn release,
                             void *ctx,
                             struct hms_buffer_t *out,
                             struct hms_error_t *error);

/**
 * The content type of a buffer as text; borrowed until release.
 */
struct hms_str_t hms_buffer_content_type(const struct hms_buffer_t *buffer);

/**
 * Answers a call.
 * @param body copied.
 * @param options may be NULL: the request's content type, no metadata.
 * @return FAILED_PRECONDITION when the call was answered before; CANCELLED when nobody waits for it any more;
 *   RESOURCE_EXHAUSTED, as for the caller, when the answer is larger than the server's `max_message_size`.
 */
hms_status_t hms_call_reply(struct hms_call_t call,
                            struct hms_bytes_t body,
                            const struct hms_reply_options_t *options,
                            struct hms_error_t *error);

/**
 * Answers a call with a buffer, without a copy.
 * @param body consumed, even on failure; the struct is emptied.
 * @param options may be NULL, or name no content type: the buffer's own; no metadata.
 * @return as `hms_call_reply`.
 */
hms_status_t hms_call_reply_buffer(struct hms_call_t call,
                                   struct hms_buffer_t *body,
                                   const struct hms_reply_options_t *options,
                                   struct hms_error_t *error);

/**
 * Answers a call with a failure.
 * @param failure borrowed.
 * @return as `hms_call_reply`.
 */
hms_status_t hms_call_fail(struct hms_call_t call,
                           const struct hms_failure_t *failure,
                           struct hms_error_t *error);

/**
 * Announces that the answer comes after `on_call` returned, from any thread. Call it inside `on_call`. The request's
 * memory is the library's from then on: read it again with `hms_call_request`.
 */
hms_status_t hms_call_retain(struct hms_call_t call,
                             struct hms_error_t *error);

/**
 * Ends a call without an answer: the caller gets INTERNAL.
 */
hms_status_t hms_call_close(struct hms_call_t call, struct hms_error_t *error);

/**
 * The request of a retained call; its views are valid until the call is answered.
 */
hms_status_t hms_call_request(struct hms_call_t call, struct hms_request_t *out, struct hms_error_t *error);

/**
 * What is known of a call.
 * @param out set its `struct_size` first.
 */
hms_status_t hms_call_info(struct hms_call_t call, struct hms_call_info_t *out, struct hms_error_t *error);

/**
 * The metadata pair at an index; valid as long as the request.
 * @return OUT_OF_RANGE when there are fewer.
 */
hms_status_t hms_call_metadata_at(struct hms_call_t call,
                                  size_t index,
                                  struct hms_str_t *out_key,
                                  struct hms_str_t *out_value,
                                  struct hms_error_t *error);

/**
 * The value of a metadata key; valid as long as the request.
 * @return NOT_FOUND when there is none.
 */
hms_status_t hms_call_metadata_get(struct hms_call_t call,
                                   struct hms_str_t key,
                                   struct hms_str_t *out,
                                   struct hms_error_t *error);

/**
 * Whether nobody waits for the answer any more.
 * @param out 1 or 0.
 */
hms_status_t hms_call_is_cancelled(struct hms_call_t call, uint32_t *out, struct hms_error_t *error);

/**
 * Runs `on_cancel(ctx)` when the caller stops waiting before the call is answered; at once if it has. Then, or when
 * the call ended without that, `drop(ctx)` runs.
 * @param on_cancel runs at most once, on any thread, with no library lock held; must not unwind.
 * @param drop may be NULL.
 */
hms_status_t hms_call_on_cancel(struct hms_call_t call,
                                hms_release_fn on_cancel,
                                void *ctx,
                                hms_drop_fn drop,
                                struct hms_error_t *error);

/**
 * A client of a runtime.
 * @param options may be NULL.
 * @param out a new handle; close it.
 * @return UNIMPLEMENTED when the options ask for a transport or a token that this version cannot use.
 */
hms_status_t hms_client_new(struct hms_runtime_t runtime,
                            const struct hms_client_options_t *options,
                            struct hms_client_t *out,
                            struct hms_error_t *error);

/**
 * Calls a method by name and waits for the answer. `hms_method_bind` is the faster way for repeated calls.
 * @param service an id, or `id@version` such as `billing@^1.2`.
 * @param request borrowed for the call.
 * @param options may be NULL.
 * @param response a new buffer; release it.
 * @return the status of the call: what the handler answered, or why it could not.
 */
hms_status_t hms_client_call(struct hms_client_t client,
                             struct hms_str_t service,
                             struct hms_str_t method,
                             struct hms_bytes_t request,
                             const struct hms_call_options_t *options,
                             struct hms_buffer_t *response,
                             struct hms_error_t *error);

/**
 * Closes a client. Its bound methods answer FAILED_PRECONDITION from then on; calls that run end as they will.
 */
hms_status_t hms_client_close(struct hms_client_t client,
                              struct hms_error_t *error);

/**
 * Loads a component: a shared library with two entry points,
 * `uint32_t hmsffi_component_abi(void)`, which returns the `hms_abi_version()` of its header, and
 * `hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error)`, which registers its services. The
 * runtime handle is borrowed for that call. A component is never unloaded; loading it again into the same runtime does
 * nothing.
 * @param path UTF-8 path of the file.
 * @return NOT_FOUND when there is no such file; INVALID_ARGUMENT when it is not a component; FAILED_PRECONDITION when it
 * needs another library version, would be a second Go runtime, or the core is linked statically; else what init returned.
 */
hms_status_t hms_component_load(struct hms_runtime_t runtime,
                                struct hms_str_t path,
                                struct hms_error_t *error);

/**
 * The code of an error; `HMS_STATUS_OK` for no error, `HMS_STATUS_INVALID_ARGUMENT` for a handle that is not one.
 */
hms_status_t hms_error_code(struct hms_error_t error);

/**
 * The message of an error, without its code; borrowed until `hms_error_close`. Empty for a handle that is not one.
 */
struct hms_str_t hms_error_message(struct hms_error_t error);

/**
 * The component that generated an error; borrowed until `hms_error_close`. Empty when not known.
 */
struct hms_str_t hms_error_source(struct hms_error_t error);

/**
 * The stack of the handler that failed, as its language prints it; borrowed until `hms_error_close`. Empty when
 * there is none.
 */
struct hms_str_t hms_error_stack(struct hms_error_t error);

/**
 * The number of details of an error.
 */
size_t hms_error_detail_count(struct hms_error_t error);

/**
 * The detail with this key; borrowed until `hms_error_close`.
 * @return NOT_FOUND when there is none.
 */
hms_status_t hms_error_detail(struct hms_error_t error, struct hms_str_t key, struct hms_str_t *out);

/**
 * The detail at an index, in the order in which they were added; borrowed until `hms_error_close`.
 * @return OUT_OF_RANGE when there are fewer.
 */
hms_status_t hms_error_detail_at(struct hms_error_t error,
                                 size_t index,
                                 struct hms_str_t *out_key,
                                 struct hms_str_t *out_value);

/**
 * Of which type an error is, and its data: what a handler gave as `error_schema` and `error_data` of its failure. Not checked here
 * against the schema.
 * @param out_schema the id of the schema; borrowed until `hms_error_close`.
 * @param out_data the data in CBOR. A new buffer; release it.
 * @return NOT_FOUND when it is of no type; DATA_LOSS when its data did not arrive whole: all else of the error is there still.
 */
hms_status_t hms_error_data(struct hms_error_t error,
                            struct hms_str_t *out_schema,
                            struct hms_buffer_t *out_data,
                            struct hms_error_t *out_error);

/**
 * The error behind an error, nearer to where the failure began; close it. `{0}` when there is none.
 */
struct hms_error_t hms_error_cause(struct hms_error_t error);

/**
 * Makes an error, for callbacks that return one and for tests. Views are copied.
 * @param out a new error; close it.
 */
hms_status_t hms_error_new(hms_status_t code, struct hms_str_t message, struct hms_error_t *out);

/**
 * Makes an error with all that a failure can say, for use as a cause and for callbacks that return one. Views are
 * copied; the cause stays yours.
 * @param failure borrowed.
 * @param out a new error; close it.
 */
hms_status_t hms_error_make(const struct hms_failure_t *failure,
                            struct hms_error_t *out,
                            struct hms_error_t *error);

/**
 * Closes an error. `{0}` is fine.
 * @return FAILED_PRECONDITION when it was closed before.
 */
hms_status_t hms_error_close(struct hms_error_t error);

/**
 * Puts user code around every call of a server from now on: inside the interceptors that were added before, around
 * the handler. There is no way to take one out.
 * @param interceptor consumed: its `drop` runs even on failure, else with the server.
 */
hms_status_t hms_server_intercept(struct hms_server_t server,
                                  const struct hms_interceptor_t *interceptor,
                                  struct hms_error_t *error);

/**
 * Memory for a request to a method. Write it, then send it, or a part of it, as the request of `hms_method_call` or any
 * other call of this method: where the method is hosted in another process of this machine, it is sent without a copy.
 * Requests of 4 KiB and less are copied all the same. Sent elsewhere it is ordinary memory.
 * @param len bytes; what they hold at first is not defined.
 * @param out a new buffer; release it when it is filled and sent, or not needed. Once it was sent, its bytes must not be
 *   written any more: take a new one for each request.
 * @param out_data its first byte, to be written; NULL when `len` is 0.
 * @return RESOURCE_EXHAUSTED when it is larger than the service's `max_message_size`.
 */
hms_status_t hms_method_loan(struct hms_method_t method,
                             size_t len,
                             struct hms_buffer_t *out,
                             uint8_t **out_data,
                             struct hms_error_t *error);

/**
 * Memory for the answer to a call, or for a message of its stream. Write it, then give it away with
 * `hms_call_reply_buffer` or `hms_stream_send_buffer`: where the caller is in another process of this machine, it is sent
 * without a copy.
 * @param len bytes, as `hms_method_loan`. The buffer's `len` may be made smaller before it is given away.
 * @param out a new buffer of `HMS_CONTENT_TYPE_BYTES`; give it away, or release it.
 * @param out_data its first byte, to be written until it is given away; NULL when `len` is 0.
 * @return RESOURCE_EXHAUSTED when it is larger than the server's `max_message_size`.
 */
hms_status_t hms_call_loan(struct hms_call_t call,
                           size_t len,
                           struct hms_buffer_t *out,
                           uint8_t **out_data,
                           struct hms_error_t *error);

/**
 * The request of a call as a buffer, which may be kept when the call is over. What is large and came from another process
 * is not copied, nor is what was copied for this handler already.
 * @param out a new buffer; release it.
 */
hms_status_t hms_call_request_buffer(struct hms_call_t call,
                                     struct hms_buffer_t *out,
                                     struct hms_error_t *error);

/**
 * Sends the library's log lines to a sink, in the place of the one before, whose `drop` runs when its last line is
 * out.
 * @param sink consumed: its `drop` runs even on failure. NULL = no sink: lines go nowhere.
 */
hms_status_t hms_log_set_sink(const struct hms_log_sink_t *sink,
                              struct hms_error_t *error);

/**
 * The number of pairs; 0 for a handle that is not one.
 */
size_t hms_metadata_count(struct hms_metadata_t metadata);

/**
 * The pair at an index; borrowed until `hms_metadata_close`.
 * @return OUT_OF_RANGE when there are fewer.
 */
hms_status_t hms_metadata_at(struct hms_metadata_t metadata,
                             size_t index,
                             struct hms_str_t *out_key,
                             struct hms_str_t *out_value,
                             struct hms_error_t *error);

/**
 * The value of a key; borrowed until `hms_metadata_close`.
 * @return NOT_FOUND when there is none.
 */
hms_status_t hms_metadata_get(struct hms_metadata_t metadata,
                              struct hms_str_t key,
                              struct hms_str_t *out,
                              struct hms_error_t *error);

/**
 * Closes metadata. `{0}` is fine.
 */
hms_status_t hms_metadata_close(struct hms_metadata_t metadata);

/**
 * Resolves a method once, for many calls. The handle follows changes of the registry by itself.
 * @param service an id, or `id@version` such as `billing@^1.2`.
 * @param out a new handle; close it.
 * @return NOT_FOUND, with the nearest name, when there is no such service or method.
 */
hms_status_t hms_method_bind(struct hms_client_t client,
                             struct hms_str_t service,
                             struct hms_str_t method,
                             struct hms_method_t *out,
                             struct hms_error_t *error);

/**
 * The same in the highest version of the service that is what the caller was made for. Later, too, the handle follows changes of the
 * registry only to what fits.
 * @param options may be NULL: anything will do.
 * @return FAILED_PRECONDITION when no version fits: the message names the first differences, with both sides and who must move; all
 *   are in the detail `hms.differences`, as in the report of `hms_client_fit`. INVALID_ARGUMENT when the definition is none.
 */
hms_status_t hms_method_bind_with(struct hms_client_t client,
                                  struct hms_str_t service,
                                  struct hms_str_t method,
                                  const struct hms_bind_options_t *options,
                                  struct hms_method_t *out,
                                  struct hms_error_t *error);

/**
 * Calls a bound method and waits for the answer.
 * @param request borrowed for the call.
 * @param options may be NULL.
 * @param response a new buffer; release it.
 * @return the status of the call: what the handler answered, or why it could not.
 */
hms_status_t hms_method_call(struct hms_method_t method,
                             struct hms_bytes_t request,
                             const struct hms_call_options_t *options,
                             struct hms_buffer_t *response,
                             struct hms_error_t *error);

/**
 * The flags of a bound method: `HMS_METHOD_*`.
 */
hms_status_t hms_method_flags(struct hms_method_t method, uint32_t *out, struct hms_error_t *error);

/**
 * Closes a bound method. `{0}` is fine.
 */
hms_status_t hms_method_close(struct hms_method_t method, struct hms_error_t *error);

/**
 * The same payload in another encoding, with the defaults that it left out, as a schema tells what is meant. The schema is
 * compiled; the last 64 of up to 64 KiB are kept, and found by their bytes. May be called on any thread.
 * @param schema the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself. For Protobuf it is an OBJECT
 *   whose fields have the label `hms.protobuf.number`.
 * @param payload in the encoding `from`.
 * @param from `HMS_CONTENT_TYPE_CBOR`, `_PROTOBUF` or `_JSON`.
 * @param to likewise; the same as `from` checks the payload and puts in the defaults.
 * @param layout one of `HMS_LAYOUT_*`.
 * @param out a new buffer; release it.
 * @param losses what the schema does not know and the encoding `to` cannot say, and Decimals in whose place the nearest number is:
 *   a JSON list of objects with `path`, `message` and `code`; release it. May be NULL.
 * @return INVALID_ARGUMENT when the schema is none, or the payload does not fit it, or cannot be said in the encoding `to`: the
 *   detail `hms.violations` of the error has all that is wrong, as a JSON list of objects like those.
 */
hms_status_t hms_payload_convert(struct hms_bytes_t schema,
                                 struct hms_bytes_t payload,
                                 uint32_t from,
                                 uint32_t to,
                                 uint32_t layout,
                                 struct hms_buffer_t *out,
                                 struct hms_buffer_t *losses,
                                 struct hms_error_t *error);

/**
 * The version of the ABI: major in the high 16 bits, minor in the low. A program works with a library of the same
 * major and an equal or higher minor.
 */
uint32_t hms_abi_version(void);

/**
 * The version of the library, such as `0.1.0`; NUL-terminated, never freed.
 */
const char *hms_version_string(void);

/**
 * The name of a status code, such as `NOT_FOUND`; NUL-terminated, never freed. `INVALID` for other numbers.
 */
const char *hms_status_name(hms_status_t status);

/**
 * 16 random bytes, the same for everything in this process that shares this copy of the library.
 * @param out 16 bytes.
 */
hms_status_t hms_core_instance_id(uint8_t *out, struct hms_error_t *error);

/**
 * Counts what lives in this process.
 * @param out set its `struct_size` first.
 */
hms_status_t hms_introspect(struct hms_introspection_t *out, struct hms_error_t *error);

/**
 * What this thread asks while it waits: who sets another for a while reads it before, and sets it again afterwards.
 * @param out_check NULL where nothing is asked.
 * @param out_ctx what is passed to it.
 */
hms_status_t hms_thread_interrupt(int32_t (**out_check)(void *ctx),
                                  void **out_ctx,
                                  struct hms_error_t *error);

/**
 * Sets what this thread asks while it waits inside the library, every 100 ms: a host uses it to let Ctrl-C end a wait.
 * @param check non-zero = stop waiting: the wait ends with CANCELLED. NULL = never asked.
 * @param ctx passed to `check`; must live until it is set anew.
 */
hms_status_t hms_thread_set_interrupt(int32_t (*check)(void *ctx),
                                      void *ctx,
                                      struct hms_error_t *error);

/**
 * An empty queue.
 * @param options may be NULL.
 * @param out a new handle; close it.
 */
hms_status_t hms_queue_new(const struct hms_queue_options_t *options,
                           struct hms_queue_t *out,
                           struct hms_error_t *error);

/**
 * A descriptor that is readable while the queue holds completions, and sometimes when it holds none: for epoll and event loops,
 * which then poll without waiting. It belongs to the queue; do not read from it, and take it out of the loop before the queue is
 * closed.
 */
hms_status_t hms_queue_fd(struct hms_queue_t queue,
                          int32_t *out,
                          struct hms_error_t *error);

/**
 * Takes completions.
 * @param completions place for `capacity` of them.
 * @param timeout_ns how long to wait for the first; 0 = not at all, `UINT64_MAX` = for ever; below 50,000 the thread does not
 * sleep but looks. Ends early when the thread's interrupt check says so.
 * @param out_count how many were written; 0 when there were none in time.
 * @return UNAVAILABLE when the queue was closed meanwhile.
 */
hms_status_t hms_queue_poll(struct hms_queue_t queue,
                            struct hms_completion_t *completions,
                            size_t capacity,
                            uint64_t timeout_ns,
                            size_t *out_count,
                            struct hms_error_t *error);

/**
 * Starts a call of a bound method; the queue gets an `HMS_COMPLETION_CALL` with `tag` when it has ended.
 * @param request copied.
 * @param options may be NULL.
 * @param out the id, as from `hms_method_submit`; NULL = nobody asks for the call by an id, which costs least.
 */
hms_status_t hms_queue_submit(struct hms_queue_t queue,
                              struct hms_method_t method,
                              struct hms_bytes_t request,
                              const struct hms_call_options_t *options,
                              uint64_t tag,
                              struct hms_call_id_t *out,
                              struct hms_error_t *error);

/**
 * Closes a queue. Calls that it holds, or handed out and that have no answer yet, fail with UNAVAILABLE, and so do calls that
 * come to its methods afterwards.
 */
hms_status_t hms_queue_close(struct hms_queue_t queue,
                             struct hms_error_t *error);

/**
 * A reader of a CBOR value, placed before it. The whole value is checked here.
 * @param bytes copied: views that the reader gives stay valid until it is closed.
 * @param out a new handle; close it.
 * @return INVALID_ARGUMENT, with the path, when the bytes are not one value of docs/values.md.
 */
hms_status_t hms_reader_new(struct hms_bytes_t bytes, struct hms_reader_t *out, struct hms_error_t *error);

/**
 * The kind of what comes next: one of `HMS_KIND_*`; END at the end of a list, a map or the value.
 */
hms_status_t hms_reader_kind(struct hms_reader_t reader, uint32_t *out, struct hms_error_t *error);

/**
 * Reads null.
 */
hms_status_t hms_reader_null(struct hms_reader_t reader, struct hms_error_t *error);

/**
 * Reads a bool.
 * @param out 1 or 0.
 */
hms_status_t hms_reader_bool(struct hms_reader_t reader, uint32_t *out, struct hms_error_t *error);

/**
 * Reads an integer.
 * @return OUT_OF_RANGE when it does not fit.
 */
hms_status_t hms_reader_int(struct hms_reader_t reader, int64_t *out, struct hms_error_t *error);

/**
 * Reads an integer that is not negative.
 * @return OUT_OF_RANGE when it does not fit.
 */
hms_status_t hms_reader_uint(struct hms_reader_t reader, uint64_t *out, struct hms_error_t *error);

/**
 * Reads an integer of any size as decimal text; borrowed until the reader is closed.
 */
hms_status_t hms_reader_bigint(struct hms_reader_t reader, struct hms_str_t *out, struct hms_error_t *error);

/**
 * Reads a float, or an integer up to 2^53.
 */
hms_status_t hms_reader_float(struct hms_reader_t reader, double *out, struct hms_error_t *error);

/**
 * Reads text; borrowed until the reader is closed.
 */
hms_status_t hms_reader_text(struct hms_reader_t reader, struct hms_str_t *out, struct hms_error_t *error);

/**
 * Reads a date-time as RFC 3339 text; borrowed until the reader is closed.
 */
hms_status_t hms_reader_datetime(struct hms_reader_t reader,
                                 struct hms_str_t *out,
                                 struct hms_error_t *error);

/**
 * Reads a decimal number as text; borrowed until the reader is closed.
 */
hms_status_t hms_reader_decimal(struct hms_reader_t reader, struct hms_str_t *out, struct hms_error_t *error);

/**
 * Reads bytes; borrowed until the reader is closed.
 */
hms_status_t hms_reader_bytes(struct hms_reader_t reader, struct hms_bytes_t *out, struct hms_error_t *error);

/**
 * Reads a UUID.
 * @param out 16 bytes.
 */
hms_status_t hms_reader_uuid(struct hms_reader_t reader, uint8_t *out, struct hms_error_t *error);

/**
 * Enters a list.
 * @param out number of items; `SIZE_MAX` = not known.
 */
hms_status_t hms_reader_enter_list(struct hms_reader_t reader, size_t *out, struct hms_error_t *error);

/**
 * Enters a map.
 * @param out number of pairs; `SIZE_MAX` = not known.
 */
hms_status_t hms_reader_enter_map(struct hms_reader_t reader, size_t *out, struct hms_error_t *error);

/**
 * Reads the next key of a map; borrowed until the reader is closed. Its value comes next.
 * @param out_found 1, or 0 at the end of the map.
 */
hms_status_t hms_reader_next_key(struct hms_reader_t reader,
                                 struct hms_str_t *out,
                                 uint32_t *out_found,
                                 struct hms_error_t *error);

/**
 * Goes to the value of a key of the map that was entered last, wherever in it the cursor is.
 * @param out_found 1, or 0 when there is no such key.
 */
hms_status_t hms_reader_find(struct hms_reader_t reader,
                             struct hms_str_t key,
                             uint32_t *out_found,
                             struct hms_error_t *error);

/**
 * Leaves the list or map that was entered last, wherever in it the cursor is.
 */
hms_status_t hms_reader_leave(struct hms_reader_t reader, struct hms_error_t *error);

/**
 * Skips the next value, whatever it holds.
 */
hms_status_t hms_reader_skip(struct hms_reader_t reader, struct hms_error_t *error);

/**
 * Closes a reader. `{0}` is fine.
 */
hms_status_t hms_reader_close(struct hms_reader_t reader, struct hms_error_t *error);

/**
 * Starts a call of a bound method and gives its id; the handler runs on a handler thread.
 * @param request copied.
 * @param options may be NULL.
 * @param out the id, for `hms_async_status`, `hms_async_result` and `hms_async_cancel` of any client of the runtime.
 */
hms_status_t hms_method_submit(struct hms_method_t method,
                               struct hms_bytes_t request,
                               const struct hms_call_options_t *options,
                               struct hms_call_id_t *out,
                               struct hms_error_t *error);

/**
 * The status of an asynchronous call.
 * @param id as `hms_method_submit` gave it, without the NUL.
 * @param out one of `HMS_CALL_STATUS_*`.
 * @return NOT_FOUND when there is no such call, or it ended more than 5 minutes ago.
 */
hms_status_t hms_async_status(struct hms_client_t client,
                              struct hms_str_t id,
                              uint32_t *out,
                              struct hms_error_t *error);

/**
 * The result of an asynchronous call. It can be read any number of times for 5 minutes after the call ended.
 * @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
 * @param out_done 1 = the call has ended, 0 = it still runs.
 * @param response a new buffer when the call ended well; release it.
 * @param response_metadata may be NULL; written when the call ended well; close it.
 * @return the status of the call when it has ended, OK when it still runs.
 */
hms_status_t hms_async_result(struct hms_client_t client,
                              struct hms_str_t id,
                              uint64_t timeout_ns,
                              uint32_t *out_done,
                              struct hms_buffer_t *response,
                              struct hms_metadata_t *response_metadata,
                              struct hms_error_t *error);

/**
 * Cancels an asynchronous call: it ends with CANCELLED at once, and its handler can see that nobody waits.
 * @param out 1 = cancelled, 0 = it had ended before; may be NULL.
 */
hms_status_t hms_async_cancel(struct hms_client_t client,
                              struct hms_str_t id,
                              uint32_t *out,
                              struct hms_error_t *error);

/**
 * The process-wide runtime, which everything in this process shares. Each call gives a handle of its own.
 * @param out a new handle; close it.
 * @return FAILED_PRECONDITION when a second copy of the library is in this process (the message names both files).
 */
hms_status_t hms_runtime_default(struct hms_runtime_t *out,
                                 struct hms_error_t *error);

/**
 * A private runtime: its services are seen only by its own clients.
 * @param options may be NULL.
 * @param out a new handle; close it.
 */
hms_status_t hms_runtime_new(const struct hms_runtime_options_t *options,
                             struct hms_runtime_t *out,
                             struct hms_error_t *error);

/**
 * Closes a handle of a runtime. When it was the last handle of the runtime: stops its servers, lets calls that run
 * end for at most `timeout_ns` (0 = not at all, `UINT64_MAX` = for ever), then withdraws all services.
 * @return DEADLINE_EXCEEDED when calls still ran; the runtime is closed all the same.
 */
hms_status_t hms_runtime_close(struct hms_runtime_t runtime,
                               uint64_t timeout_ns,
                               struct hms_error_t *error);

/**
 * The same schema in another form. May be called on any thread.
 * @param schema in the form `from`.
 * @param from one of `HMS_SCHEMA_FORM_*`; where PROTOBUF or JSON is meant, the other is read too.
 * @param to one of `HMS_SCHEMA_FORM_*`.
 * @param out a new buffer; release it.
 * @param losses what the form `to` cannot say, or a JSON schema says that has no counterpart here: a JSON list of objects with
 *   `path`, `keyword` and `reason`; release it. May be NULL.
 * @return INVALID_ARGUMENT when the bytes are no schema.
 */
hms_status_t hms_schema_convert(struct hms_bytes_t schema,
                                uint32_t from,
                                uint32_t to,
                                struct hms_buffer_t *out,
                                struct hms_buffer_t *losses,
                                struct hms_error_t *error);

/**
 * The schema of a message that a descriptor describes. May be called on any thread.
 * @param descriptors a `google.protobuf.FileDescriptorSet` with all that the message's file imports, as `protoc
 *   --include_imports --descriptor_set_out` and `buf build` write it.
 * @param message the name with its package; empty = the only message of the set that is no part of another.
 * @param out the schema as `HMS_SCHEMA_FORM_JSON`; a new buffer; release it.
 * @return INVALID_ARGUMENT when the bytes are no set, or `message` is empty and several could be meant; NOT_FOUND when there is no
 *   such message; UNIMPLEMENTED for groups and files of an edition.
 */
hms_status_t hms_schema_of_message(struct hms_bytes_t descriptors,
                                   struct hms_str_t message,
                                   struct hms_buffer_t *out,
                                   struct hms_error_t *error);

/**
 * What differs between two schemas, and which order of moving from one to the other breaks nobody. May be called on any
 * thread.
 * @param old the message `Schema` in Protobuf or JSON; it refers to nothing outside of itself.
 * @param new likewise.
 * @param out a JSON list of objects, empty when nothing differs; a new buffer; release it. `path` and `aspect` say where and
 *   what, `old` and `new` how it was and is; `breaks_backward` is true when readers with the new schema refuse some of what
 *   is written with the old one, `breaks_forward` the other way round; `moves_first` says who must have the new schema before
 *   the others: `reader`, `writer`, `both` (at once), or null.
 * @return INVALID_ARGUMENT when one of them is no schema.
 */
hms_status_t hms_schema_compare(struct hms_bytes_t old,
                                struct hms_bytes_t new_,
                                struct hms_buffer_t *out,
                                struct hms_error_t *error);

/**
 * A server that is not started.
 * @param options may be NULL.
 * @param out a new handle; close it.
 * @return UNIMPLEMENTED when the options ask for a transport or authentication that this version lacks.
 */
hms_status_t hms_server_new(struct hms_runtime_t runtime,
                            const struct hms_server_options_t *options,
                            struct hms_server_t *out,
                            struct hms_error_t *error);

/**
 * Hosts a service. Its calls are served once the server runs.
 * @param service borrowed; methods that are added later through it are refused, use `hms_server_add_method`.
 * @return ALREADY_EXISTS when the id and version are taken by another definition (the message names the difference).
 */
hms_status_t hms_service_register(struct hms_server_t server,
                                  struct hms_service_t service,
                                  struct hms_error_t *error);

/**
 * Adds a method to a service that this server hosts; clients see it at once.
 * @param service_id an id, or `id@version` where the server hosts several versions.
 * @param options may be NULL.
 * @param handler consumed: its `drop` runs even on failure.
 */
hms_status_t hms_server_add_method(struct hms_server_t server,
                                   struct hms_str_t service_id,
                                   struct hms_str_t name,
                                   const struct hms_method_options_t *options,
                                   const struct hms_handler_t *handler,
                                   struct hms_error_t *error);

/**
 * Stops offering a service. Calls inside end; its handlers' `drop` runs after the last of them.
 * @param service_id as for `hms_server_add_method`.
 * @return NOT_FOUND when this server hosts no such service.
 */
hms_status_t hms_service_unregister(struct hms_server_t server,
                                    struct hms_str_t service_id,
                                    struct hms_error_t *error);

/**
 * Serves calls from now on.
 */
hms_status_t hms_server_start(struct hms_server_t server, struct hms_error_t *error);

/**
 * Takes no more calls, and waits for those inside: at most `timeout_ns`, 0 = not at all, `UINT64_MAX` = for ever.
 * Called by a handler it does not wait. The server can be started again.
 * @return DEADLINE_EXCEEDED when calls still run; the server is stopped all the same.
 */
hms_status_t hms_server_stop(struct hms_server_t server,
                             uint64_t timeout_ns,
                             struct hms_error_t *error);

/**
 * Whether a server serves calls.
 * @param out 1 or 0.
 */
hms_status_t hms_server_is_running(struct hms_server_t server, uint32_t *out, struct hms_error_t *error);

/**
 * Waits until a server is stopped: at most `timeout_ns`, `UINT64_MAX` = for ever. Ends early when the thread's
 * interrupt check says so.
 * @param out 1 when it is stopped, 0 when the time was over first.
 */
hms_status_t hms_server_wait(struct hms_server_t server,
                             uint64_t timeout_ns,
                             uint32_t *out,
                             struct hms_error_t *error);

/**
 * Closes a server: withdraws its services for good. Calls inside end; nothing is waited for.
 */
hms_status_t hms_server_close(struct hms_server_t server, struct hms_error_t *error);

/**
 * A service to be filled with methods and registered.
 * @param id empty = one is generated at registration; read it with `hms_service_id`.
 * @param version a semantic version; empty = `1.0.0`.
 * @param out a new handle; close it. Closing does not unregister.
 */
hms_status_t hms_service_new(struct hms_str_t id,
                             struct hms_str_t version,
                             struct hms_service_t *out,
                             struct hms_error_t *error);

/**
 * Sets the name and description that people see.
 */
hms_status_t hms_service_describe(struct hms_service_t service,
                                  struct hms_str_t display_name,
                                  struct hms_str_t description,
                                  struct hms_error_t *error);

/**
 * Sets one pair of the service's metadata. Keys that start with `hms.` are the library's; of these `hms.validate` may be set: which
 * payloads are checked against the schemas of the methods, `inputs` (what callers send, the default), `always` (and what handlers
 * answer) or `never`. Specification 5.4.
 */
hms_status_t hms_service_set_metadata(struct hms_service_t service,
                                      struct hms_str_t key,
                                      struct hms_str_t value,
                                      struct hms_error_t *error);

/**
 * Adds a method.
 * @param options may be NULL.
 * @param handler consumed: its `drop` runs even on failure. NULL = calls to the method are UNAVAILABLE.
 */
hms_status_t hms_service_add_method(struct hms_service_t service,
                                    struct hms_str_t name,
                                    const struct hms_method_options_t *options,
                                    const struct hms_handler_t *handler,
                                    struct hms_error_t *error);

/**
 * The id of a service: as given, or as generated at registration.
 * @param out UTF-8 text in a new buffer; release it.
 */
hms_status_t hms_service_id(struct hms_service_t service,
                            struct hms_buffer_t *out,
                            struct hms_error_t *error);

/**
 * Closes a service handle. A registered service stays registered. `{0}` is fine.
 */
hms_status_t hms_service_close(struct hms_service_t service, struct hms_error_t *error);

/**
 * Opens a stream of a bound method. The handler runs on a handler thread or takes the call from its queue.
 * @param request what the handler sees as its request: the parameters of a server stream; copied.
 * @param options may be NULL. A timeout is that of the whole stream; without one it has none.
 * @param out a new handle; close it.
 */
hms_status_t hms_method_open_stream(struct hms_method_t method,
                                    struct hms_bytes_t request,
                                    const struct hms_call_options_t *options,
                                    struct hms_stream_t *out,
                                    struct hms_error_t *error);

/**
 * Opens a stream by name. As `hms_method_open_stream`.
 */
hms_status_t hms_stream_open(struct hms_client_t client,
                             struct hms_str_t service,
                             struct hms_str_t method,
                             struct hms_bytes_t request,
                             const struct hms_call_options_t *options,
                             struct hms_stream_t *out,
                             struct hms_error_t *error);

/**
 * The handler's end of the stream beside a call. The answer to the call ends the stream: the one result of a client stream,
 * an empty answer otherwise, or a failure.
 * @param out a new handle; close it, which does not answer the call.
 */
hms_status_t hms_call_stream(struct hms_call_t call,
                             struct hms_stream_t *out,
                             struct hms_error_t *error);

/**
 * Sends a message. Waits while the other side lags behind by a window of 64 messages or 1 MiB.
 * @param body copied.
 * @param content_type one of `HMS_CONTENT_TYPE_*`; 0 = CBOR.
 * @param timeout_ns how long to wait for room; 0 = not at all, `UINT64_MAX` = for ever.
 * @param out_sent 1 = sent, 0 = there was no room in time; may be NULL: no room is then DEADLINE_EXCEEDED.
 * @return CANCELLED when the stream was torn down, the handler's status when it has failed.
 */
hms_status_t hms_stream_send(struct hms_stream_t stream,
                             struct hms_bytes_t body,
                             uint32_t content_type,
                             uint64_t timeout_ns,
                             uint32_t *out_sent,
                             struct hms_error_t *error);

/**
 * Sends a buffer as a message, without a copy. As `hms_stream_send`.
 * @param body consumed, even on failure, and the struct is emptied; only when `out_sent` is 0 it is still yours.
 */
hms_status_t hms_stream_send_buffer(struct hms_stream_t stream,
                                    struct hms_buffer_t *body,
                                    uint64_t timeout_ns,
                                    uint32_t *out_sent,
                                    struct hms_error_t *error);

/**
 * Receives a message.
 * @param timeout_ns how long to wait; 0 = not at all, `UINT64_MAX` = for ever.
 * @param buffer a new buffer with state ITEM; release it.
 * @param out_state `HMS_STREAM_ITEM`, `HMS_STREAM_END` or `HMS_STREAM_PENDING`.
 * @return the handler's status when it has failed, after the messages that it sent before; CANCELLED when torn down.
 */
hms_status_t hms_stream_receive(struct hms_stream_t stream,
                                uint64_t timeout_ns,
                                struct hms_buffer_t *buffer,
                                uint32_t *out_state,
                                struct hms_error_t *error);

/**
 * The queue gets an `HMS_COMPLETION_READABLE` with `tag`, once, when the stream has something to receive.
 */
hms_status_t hms_stream_submit_receive(struct hms_stream_t stream,
                                       struct hms_queue_t queue,
                                       uint64_t tag,
                                       struct hms_error_t *error);

/**
 * The queue gets an `HMS_COMPLETION_WRITABLE` with `tag`, once, when the stream may have room.
 */
hms_status_t hms_stream_submit_send(struct hms_stream_t stream,
                                    struct hms_queue_t queue,
                                    uint64_t tag,
                                    struct hms_error_t *error);

/**
 * Nothing more from this end (half-close). Receiving goes on. May be repeated.
 */
hms_status_t hms_stream_finish(struct hms_stream_t stream, struct hms_error_t *error);

/**
 * Tears the stream down: both ends get CANCELLED, messages on their way are dropped. Nothing happens when it has ended.
 */
hms_status_t hms_stream_cancel(struct hms_stream_t stream,
                               struct hms_error_t *error);

/**
 * What is known of a stream.
 * @param out set its `struct_size` first.
 */
hms_status_t hms_stream_info(struct hms_stream_t stream,
                             struct hms_stream_info_t *out,
                             struct hms_error_t *error);

/**
 * Closes an end. The caller's end is cancelled if the stream has not ended. `{0}` is fine.
 */
hms_status_t hms_stream_close(struct hms_stream_t stream, struct hms_error_t *error);

/**
 * An empty writer.
 * @param out a new handle; close it.
 */
hms_status_t hms_writer_new(struct hms_writer_t *out, struct hms_error_t *error);

/**
 * Writes null.
 */
hms_status_t hms_writer_null(struct hms_writer_t writer, struct hms_error_t *error);

/**
 * Writes a bool: 0 is false, everything else true.
 */
hms_status_t hms_writer_bool(struct hms_writer_t writer, uint32_t value, struct hms_error_t *error);

/**
 * Writes a signed integer.
 */
hms_status_t hms_writer_int(struct hms_writer_t writer, int64_t value, struct hms_error_t *error);

/**
 * Writes an unsigned integer.
 */
hms_status_t hms_writer_uint(struct hms_writer_t writer, uint64_t value, struct hms_error_t *error);

/**
 * Writes an integer of any size, given as decimal text such as `-18446744073709551617`.
 */
hms_status_t hms_writer_bigint(struct hms_writer_t writer, struct hms_str_t value, struct hms_error_t *error);

/**
 * Writes a 64-bit float; 1.0 stays a float.
 */
hms_status_t hms_writer_float(struct hms_writer_t writer, double value, struct hms_error_t *error);

/**
 * Writes text.
 */
hms_status_t hms_writer_text(struct hms_writer_t writer, struct hms_str_t value, struct hms_error_t *error);

/**
 * Writes bytes.
 */
hms_status_t hms_writer_bytes(struct hms_writer_t writer,
                              struct hms_bytes_t value,
                              struct hms_error_t *error);

/**
 * Writes a date-time, given as RFC 3339 text with an offset, such as `2026-11-21T05:00:00Z`.
 */
hms_status_t hms_writer_datetime(struct hms_writer_t writer,
                                 struct hms_str_t value,
                                 struct hms_error_t *error);

/**
 * Writes a UUID.
 * @param value 16 bytes.
 */
hms_status_t hms_writer_uuid(struct hms_writer_t writer, const uint8_t *value, struct hms_error_t *error);

/**
 * Writes a decimal number that keeps its digits, given as text such as `12.50`.
 */
hms_status_t hms_writer_decimal(struct hms_writer_t writer,
                                struct hms_str_t value,
                                struct hms_error_t *error);

/**
 * Writes a value that was encoded before, such as a constant part of many values: nothing is encoded again.
 * @param cbor its CBOR, as `hms_writer_finish` gave it; checked, and copied as it is.
 */
hms_status_t hms_writer_encoded(struct hms_writer_t writer,
                                struct hms_bytes_t cbor,
                                struct hms_error_t *error);

/**
 * Begins a list.
 * @param len number of items; `SIZE_MAX` = not known yet.
 */
hms_status_t hms_writer_begin_list(struct hms_writer_t writer, size_t len, struct hms_error_t *error);

/**
 * Ends the list begun last.
 */
hms_status_t hms_writer_end_list(struct hms_writer_t writer, struct hms_error_t *error);

/**
 * Begins a map; each value follows its key.
 * @param len number of pairs; `SIZE_MAX` = not known yet.
 */
hms_status_t hms_writer_begin_map(struct hms_writer_t writer, size_t len, struct hms_error_t *error);

/**
 * Ends the map begun last.
 */
hms_status_t hms_writer_end_map(struct hms_writer_t writer, struct hms_error_t *error);

/**
 * Writes a key of a map.
 */
hms_status_t hms_writer_key(struct hms_writer_t writer, struct hms_str_t key, struct hms_error_t *error);

/**
 * Finishes the value. The writer takes no more steps; close it.
 * @param out the CBOR bytes in a new buffer; release it, or give it away with `hms_call_reply_buffer`.
 * @return INVALID_ARGUMENT, with the path, when a step failed or something was left open.
 */
hms_status_t hms_writer_finish(struct hms_writer_t writer,
                               struct hms_buffer_t *out,
                               struct hms_error_t *error);

/**
 * Closes a writer. `{0}` is fine.
 */
hms_status_t hms_writer_close(struct hms_writer_t writer, struct hms_error_t *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HMSFFI_H */
