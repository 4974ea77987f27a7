// One crossing per operation: each function here folds what Go would otherwise do in several calls of the library.
// Names begin with hmsgo, because names that begin with hms_ belong to the library alone.
#ifndef HMSGO_SHIM_H
#define HMSGO_SHIM_H

#include <hmsffi/hmsffi.h>

// Texts are a flat row of {uint32_t length, bytes}, so that a Go slice of them holds no pointers.
typedef struct hmsgo_texts_t {
	const uint8_t *ptr;
	size_t len;
} hmsgo_texts_t;

typedef struct hmsgo_result_t {
	hms_status_t status;
	uint64_t error;
	uint64_t value;
} hmsgo_result_t;

// What a call is made with, beside its method and body.
typedef struct hmsgo_terms_t {
	uint64_t timeout_ns;
	uint64_t parent;
	uint32_t content_type;
	uint32_t want_metadata;
	uint32_t transport;
	uint64_t forbidden_transports;
	hms_str_t content_type_text;
	hmsgo_texts_t metadata;
	// Not NULL: the wait ends when it becomes 1.
	uint32_t *interrupt;
	// Where to tell what the call took; NULL = nowhere.
	hms_call_report_t *report;
} hmsgo_terms_t;

// Where an answer goes. Small bytes are copied here, so that Go need not come back to release them: then `owner` is 0. No
// member is a pointer, which spares Go to look at what it points to.
typedef struct hmsgo_room_t {
	hms_status_t status;
	uint32_t content_type;
	uint64_t error;
	uint64_t metadata;
	// 0: an asynchronous call still runs, or the interrupt cannot be used on this thread. Of a stream: HMS_STREAM_*.
	uint32_t done;
	size_t len;
	uint64_t owner;
	uintptr_t data;
	uint8_t bytes[4096];
} hmsgo_room_t;

// Without terms but a parent and a content type that has a number.
void hmsgo_method_call_plain(uint64_t method, const uint8_t *body, size_t len, uint32_t content_type, uint64_t parent,
	hmsgo_room_t *room);
void hmsgo_method_call(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms, hmsgo_room_t *room);

typedef struct hmsgo_submitted_t {
	hms_status_t status;
	uint64_t error;
	hms_call_id_t id;
} hmsgo_submitted_t;

hmsgo_submitted_t hmsgo_method_submit(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms);
void hmsgo_async_result(uint64_t client, hms_str_t id, uint64_t timeout_ns, uint32_t want_metadata,
	hmsgo_room_t *room);
hmsgo_result_t hmsgo_async_status(uint64_t client, hms_str_t id);
hmsgo_result_t hmsgo_async_cancel(uint64_t client, hms_str_t id);

void hmsgo_room_release(hmsgo_room_t *room);
// What the room holds of the library, whose owner is not 0.
hms_buffer_t hmsgo_room_buffer(const hmsgo_room_t *room);

// Memory to be filled for a request, or for an answer; all of it may be written.
hmsgo_result_t hmsgo_method_loan(uint64_t method, size_t len, hms_buffer_t *out);
hmsgo_result_t hmsgo_call_loan(uint64_t call, size_t len, hms_buffer_t *out);
hms_str_t hmsgo_room_content_type(const hmsgo_room_t *room);

// The texts of an object: the size that they need. They are written when they fit into `capacity`.
size_t hmsgo_error_texts(uint64_t error, uint8_t *room, size_t capacity);
size_t hmsgo_metadata_texts(uint64_t metadata, uint8_t *room, size_t capacity);
size_t hmsgo_call_metadata_texts(uint64_t call, size_t count, uint8_t *room, size_t capacity);
uint64_t hmsgo_error_cause(uint64_t error);
hms_status_t hmsgo_error_code(uint64_t error);
void hmsgo_error_close(uint64_t error);
void hmsgo_metadata_close(uint64_t metadata);

// A call as Go's handler sees it, and the place for a small answer.
typedef struct hmsgo_inbound_t {
	uint64_t call;
	uint64_t deadline_ns;
	const uint8_t *body;
	size_t len;
	const char *content_type_text;
	size_t content_type_text_len;
	uint32_t content_type;
	uint32_t metadata_count;
	uint8_t *room;
	size_t capacity;
	size_t answer_len;
	uint32_t answer_content_type;
	// 1: the call was answered, the room is not used.
	uint32_t answered;
} hmsgo_inbound_t;

hmsgo_result_t hmsgo_call_reply(uint64_t call, const uint8_t *body, size_t len, uint32_t content_type,
	hms_str_t content_type_text, hmsgo_texts_t metadata);
hmsgo_result_t hmsgo_call_reply_buffer(uint64_t call, hms_buffer_t *body, uint32_t content_type,
	hms_str_t content_type_text, hmsgo_texts_t metadata);

// Why a handler failed.
typedef struct hmsgo_failure_t {
	hms_status_t code;
	hms_str_t message;
	hms_str_t source;
	hms_str_t stack;
	hmsgo_texts_t details;
	// The handle of an error; 0 = none.
	uint64_t cause;
	hms_str_t error_schema;
	hms_bytes_t error_data;
} hmsgo_failure_t;

hmsgo_result_t hmsgo_call_fail(uint64_t call, hmsgo_failure_t failure);
hmsgo_result_t hmsgo_error_make(hmsgo_failure_t failure);
uint32_t hmsgo_call_is_cancelled(uint64_t call);
hmsgo_result_t hmsgo_call_on_cancel(uint64_t call, uintptr_t handle);

hmsgo_result_t hmsgo_stream_open(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms);
hmsgo_result_t hmsgo_call_stream(uint64_t call);
hmsgo_result_t hmsgo_stream_send(uint64_t stream, const uint8_t *body, size_t len, uint32_t content_type);
hmsgo_result_t hmsgo_stream_send_buffer(uint64_t stream, hms_buffer_t *body);
// The room's `done` is one of HMS_STREAM_*.
void hmsgo_stream_receive(uint64_t stream, hmsgo_room_t *room);
hmsgo_result_t hmsgo_stream_finish(uint64_t stream);
hmsgo_result_t hmsgo_stream_cancel(uint64_t stream);
void hmsgo_stream_close(uint64_t stream);

hmsgo_result_t hmsgo_runtime_default(void);
hmsgo_result_t hmsgo_runtime_new(hms_str_t name, hms_str_t schemas);
hmsgo_result_t hmsgo_runtime_close(uint64_t runtime, uint64_t timeout_ns);
hmsgo_result_t hmsgo_component_load(uint64_t runtime, hms_str_t path);

hmsgo_result_t hmsgo_client_new(uint64_t runtime, uint64_t timeout_ns, int32_t max_retries, uint32_t transport,
	hms_str_t auth_token, int32_t spin_us);
hmsgo_result_t hmsgo_client_close(uint64_t client);
// What is expected of a service: a definition, and one of HMS_BINDING_*; empty and 0 = nothing.
typedef struct hmsgo_expected_t {
	hms_str_t definition;
	uint32_t binding;
} hmsgo_expected_t;
hmsgo_result_t hmsgo_client_fit(uint64_t client, hms_str_t service, hmsgo_expected_t expected);
hmsgo_result_t hmsgo_method_bind(uint64_t client, hms_str_t service, hms_str_t method, hmsgo_expected_t expected);
hmsgo_result_t hmsgo_method_close(uint64_t method);

hmsgo_result_t hmsgo_server_new(uint64_t runtime, hms_str_t name, const uint32_t *transports, size_t transports_count,
	uint32_t auth_type, int32_t max_concurrent_calls, uint64_t call_timeout_ns, uint64_t max_message_size);
hmsgo_result_t hmsgo_server_start(uint64_t server);
hmsgo_result_t hmsgo_server_stop(uint64_t server, uint64_t timeout_ns);
hmsgo_result_t hmsgo_server_is_running(uint64_t server);
hmsgo_result_t hmsgo_server_wait(uint64_t server, uint64_t timeout_ns);
hmsgo_result_t hmsgo_server_close(uint64_t server);

hmsgo_result_t hmsgo_service_new(hms_str_t id, hms_str_t version, hms_str_t name, hms_str_t description,
	hmsgo_texts_t metadata);
// A method to be added to a service that is being built, or to one that a server hosts.
typedef struct hmsgo_method_spec_t {
	hms_str_t name;
	hms_str_t description;
	hms_str_t site;
	hmsgo_texts_t metadata;
	uint64_t timeout_ns;
	uint32_t flags;
	uint32_t dispatch;
	uint32_t stream_type;
	hms_str_t input_schema;
	hms_str_t output_schema;
	hmsgo_texts_t error_schemas;
	uintptr_t handle;
} hmsgo_method_spec_t;
hmsgo_result_t hmsgo_service_add_method(uint64_t service, hmsgo_method_spec_t spec);
hmsgo_result_t hmsgo_server_add_method(uint64_t server, hms_str_t service, hmsgo_method_spec_t spec);
hmsgo_result_t hmsgo_service_register(uint64_t server, uint64_t service);
void hmsgo_service_id(uint64_t service, hmsgo_room_t *room);
void hmsgo_service_close(uint64_t service);
hmsgo_result_t hmsgo_service_unregister(uint64_t server, hms_str_t service);

// Both rooms are to be released.
void hmsgo_schema_convert(hms_str_t schema, uint32_t from, uint32_t to, hmsgo_room_t *room, hmsgo_room_t *losses);
void hmsgo_schema_of_message(const uint8_t *descriptors, size_t len, hms_str_t message, hmsgo_room_t *room);
void hmsgo_payload_convert(hms_str_t schema, const uint8_t *payload, size_t len, uint32_t from, uint32_t to, uint32_t layout,
	hmsgo_room_t *room, hmsgo_room_t *losses);
void hmsgo_schema_compare(hms_str_t old, hms_str_t fresh, hmsgo_room_t *room);
void hmsgo_service_compare(hms_str_t expected, hms_str_t provided, uint32_t binding, hmsgo_room_t *room);

hmsgo_result_t hmsgo_log_set_sink(uintptr_t handle, uint32_t min_level);
hmsgo_result_t hmsgo_introspect(hms_introspection_t *out);
hmsgo_result_t hmsgo_instance_id(uint8_t *out);
uint64_t hmsgo_monotonic_ns(void);

#endif
