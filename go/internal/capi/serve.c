// The way from the library into Go, and a handler's answer back.
#include "serve.h"

#include <stdlib.h>

#include "_cgo_export.h"
#include "texts.h"

static _Thread_local uint64_t serving;

uint64_t hmsgo_serving(void) { return serving; }

static void drop(void *ctx) { hmsgoDrop((uintptr_t)ctx); }

static void drop_handler(void *ctx) { hmsgoDropHandler((uintptr_t)ctx); }

static void on_cancel(void *ctx) { hmsgoCancelled((uintptr_t)ctx); }

static void on_log(void *ctx, uint32_t level, hms_str_t target, hms_str_t message) {
	hmsgoLog((uintptr_t)ctx, level, (char *)target.ptr, target.len,
		(char *)message.ptr, message.len);
}

static void on_call(void *ctx, hms_call_t call, const hms_request_t *request) {
	uint8_t room[1024];
	hmsgo_inbound_t inbound = {
		.call = call.id,
		.deadline_ns = request->deadline_ns,
		.body = request->body.ptr,
		.len = request->body.len,
		.content_type_text = request->content_type_text.ptr,
		.content_type_text_len = request->content_type_text.len,
		.content_type = request->content_type,
		.metadata_count = request->metadata_count,
		.room = room,
		.capacity = sizeof room,
	};
	uint64_t outer = serving;
	serving = call.id;
	hmsgoServe((uintptr_t)ctx, &inbound);
	serving = outer;
	if (inbound.answered) return;
	hms_bytes_t body = {room, inbound.answer_len};
	if (inbound.answer_content_type == inbound.content_type) {
		hms_call_reply(call, body, NULL, NULL);
		return;
	}
	hms_reply_options_t options = {
		.struct_size = sizeof options,
		.content_type = inbound.answer_content_type,
	};
	hms_call_reply(call, body, &options, NULL);
}

static hms_reply_options_t reply_options(uint32_t content_type, hms_str_t content_type_text, const hmsgo_pairs_t *pairs) {
	return (hms_reply_options_t){
		.struct_size = sizeof(hms_reply_options_t),
		.content_type = content_type,
		.content_type_text = content_type_text,
		.metadata = pairs->pairs,
		.metadata_count = pairs->count,
	};
}

hmsgo_result_t hmsgo_call_reply(uint64_t call, const uint8_t *body, size_t len, uint32_t content_type,
	hms_str_t content_type_text, hmsgo_texts_t metadata) {
	hms_error_t error = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, metadata)) return (hmsgo_result_t){HMS_STATUS_RESOURCE_EXHAUSTED, 0, 0};
	hms_reply_options_t options = reply_options(content_type, content_type_text, &pairs);
	hms_status_t status = hms_call_reply((hms_call_t){call}, (hms_bytes_t){body, len}, &options, &error);
	hmsgo_pairs_free(&pairs);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_call_reply_buffer(uint64_t call, hms_buffer_t *body, uint32_t content_type,
	hms_str_t content_type_text, hmsgo_texts_t metadata) {
	hms_error_t error = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, metadata)) return (hmsgo_result_t){HMS_STATUS_RESOURCE_EXHAUSTED, 0, 0};
	hms_reply_options_t options = reply_options(content_type, content_type_text, &pairs);
	hms_status_t status = hms_call_reply_buffer((hms_call_t){call}, body, &options, &error);
	hmsgo_pairs_free(&pairs);
	return (hmsgo_result_t){status, error.id, 0};
}

// What the library takes of a failure, out of `pairs`.
static hms_failure_t described(const hmsgo_failure_t *failure, const hmsgo_pairs_t *pairs) {
	return (hms_failure_t){
		.struct_size = sizeof(hms_failure_t),
		.code = failure->code,
		.message = failure->message,
		.source = failure->source,
		.stack = failure->stack,
		.details = pairs->pairs,
		.details_count = pairs->count,
		.cause = {failure->cause},
		.error_schema = failure->error_schema,
		.error_data = failure->error_data,
	};
}

hmsgo_result_t hmsgo_call_fail(uint64_t call, hmsgo_failure_t failure) {
	hms_error_t error = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, failure.details)) return (hmsgo_result_t){HMS_STATUS_RESOURCE_EXHAUSTED, 0, 0};
	hms_failure_t why = described(&failure, &pairs);
	hms_status_t status = hms_call_fail((hms_call_t){call}, &why, &error);
	hmsgo_pairs_free(&pairs);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_error_make(hmsgo_failure_t failure) {
	hms_error_t error = {0}, made = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, failure.details)) return (hmsgo_result_t){HMS_STATUS_RESOURCE_EXHAUSTED, 0, 0};
	hms_failure_t why = described(&failure, &pairs);
	hms_status_t status = hms_error_make(&why, &made, &error);
	hmsgo_pairs_free(&pairs);
	return (hmsgo_result_t){status, error.id, made.id};
}

uint32_t hmsgo_call_is_cancelled(uint64_t call) {
	uint32_t cancelled = 0;
	// A call that has ended is nobody's any more.
	return hms_call_is_cancelled((hms_call_t){call}, &cancelled, NULL) != HMS_STATUS_OK || cancelled;
}

hmsgo_result_t hmsgo_call_on_cancel(uint64_t call, uintptr_t handle) {
	hms_error_t error = {0};
	hms_status_t status = hms_call_on_cancel((hms_call_t){call}, on_cancel, (void *)handle, drop, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_log_set_sink(uintptr_t handle, uint32_t min_level) {
	hms_error_t error = {0};
	hms_log_sink_t sink = {
		.struct_size = sizeof sink,
		.min_level = min_level,
		.ctx = (void *)handle,
		.on_log = on_log,
		.drop = drop,
	};
	hms_status_t status = hms_log_set_sink(handle == 0 ? NULL : &sink, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

typedef struct added_t {
	hms_method_options_t options;
	hms_handler_t handler;
	hmsgo_pairs_t metadata;
	hms_bytes_t *error_schemas;
} added_t;

// The texts of a row as an array, to be freed; NULL where there are none, or no memory for them.
static hms_bytes_t *array_of(hmsgo_texts_t texts, size_t *count) {
	*count = 0;
	for (hmsgo_texts_t rest = texts; rest.len > 0; ++*count) hmsgo_next_text(&rest);
	hms_bytes_t *array = *count == 0 ? NULL : malloc(*count * sizeof *array);
	for (size_t i = 0; array != NULL && i < *count; i++) {
		hms_str_t text = hmsgo_next_text(&texts);
		array[i] = (hms_bytes_t){(const uint8_t *)text.ptr, text.len};
	}
	return array;
}

// Without memory for the labels the handler is still handed over, since the library must drop it.
static hms_status_t prepare(added_t *added, const hmsgo_method_spec_t *spec) {
	int fits = hmsgo_pairs_of(&added->metadata, spec->metadata);
	added->handler = (hms_handler_t){
		.struct_size = sizeof added->handler,
		.ctx = (void *)spec->handle,
		.on_call = on_call,
		.drop = drop_handler,
	};
	if (!fits) {
		drop_handler((void *)spec->handle);
		return HMS_STATUS_RESOURCE_EXHAUSTED;
	}
	added->options = (hms_method_options_t){
		.struct_size = sizeof added->options,
		.flags = spec->flags,
		.description = spec->description,
		.stream_type = spec->stream_type,
		.dispatch = spec->dispatch,
		.timeout_ns = spec->timeout_ns,
		.metadata = added->metadata.pairs,
		.metadata_count = added->metadata.count,
		.handler_site = spec->site,
		.input_schema = {(const uint8_t *)spec->input_schema.ptr, spec->input_schema.len},
		.output_schema = {(const uint8_t *)spec->output_schema.ptr, spec->output_schema.len},
	};
	// Without memory for them the array is missing, which the library refuses.
	added->error_schemas = array_of(spec->error_schemas, &added->options.error_schema_count);
	added->options.error_schemas = added->error_schemas;
	return HMS_STATUS_OK;
}

hmsgo_result_t hmsgo_service_add_method(uint64_t service, hmsgo_method_spec_t spec) {
	hms_error_t error = {0};
	added_t added;
	hms_status_t status = prepare(&added, &spec);
	if (status == HMS_STATUS_OK) {
		status = hms_service_add_method((hms_service_t){service}, spec.name, &added.options, &added.handler, &error);
		hmsgo_pairs_free(&added.metadata);
		free(added.error_schemas);
	}
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_server_add_method(uint64_t server, hms_str_t service, hmsgo_method_spec_t spec) {
	hms_error_t error = {0};
	added_t added;
	hms_status_t status = prepare(&added, &spec);
	if (status == HMS_STATUS_OK) {
		status = hms_server_add_method((hms_server_t){server}, service, spec.name, &added.options, &added.handler,
			&error);
		hmsgo_pairs_free(&added.metadata);
		free(added.error_schemas);
	}
	return (hmsgo_result_t){status, error.id, 0};
}
