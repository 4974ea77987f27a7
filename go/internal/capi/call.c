// The way from Go into the library.
#include <string.h>

#include "serve.h"
#include "texts.h"

static int32_t interrupted(void *ctx) { return (int32_t)__atomic_load_n((uint32_t *)ctx, __ATOMIC_ACQUIRE); }

// Small answers are copied here, so that Go need not come back to release them.
static void hand_out(hmsgo_answer_t *answer, hms_buffer_t *buffer, uint8_t *room, size_t capacity) {
	answer->content_type = buffer->content_type;
	answer->len = buffer->len;
	if (buffer->content_type != 0 && buffer->len <= capacity) {
		if (buffer->len > 0) memcpy(room, buffer->data, buffer->len);
		hms_buffer_release(buffer);
	} else {
		// The address of nothing may be any number, which Go's garbage collector would take for a broken pointer.
		answer->data = buffer->len == 0 ? NULL : buffer->data;
		answer->owner = buffer->owner;
	}
}

// The library knows the parent of a call that is made on the thread of its parent's handler.
static uint64_t inherited(uint64_t parent) { return parent == hmsgo_serving() ? 0 : parent; }

static hms_call_options_t options_of(const hmsgo_terms_t *terms, const hmsgo_pairs_t *pairs) {
	return (hms_call_options_t){
		.struct_size = sizeof(hms_call_options_t),
		.timeout_ns = terms->timeout_ns,
		.content_type = terms->content_type,
		.content_type_text = terms->content_type_text,
		.metadata = pairs->pairs,
		.metadata_count = pairs->count,
		.parent = {inherited(terms->parent)},
	};
}

static hmsgo_answer_t call(hms_method_t method, hms_bytes_t request, hmsgo_terms_t *terms, uint8_t *room,
	size_t capacity) {
	hmsgo_answer_t answer = {.done = 1};
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_metadata_t metadata = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, terms->metadata)) {
		answer.status = HMS_STATUS_RESOURCE_EXHAUSTED;
		return answer;
	}
	hms_call_options_t options = options_of(terms, &pairs);
	if (terms->want_metadata) options.response_metadata = &metadata;
	answer.status = hms_method_call(method, request, &options, &response, &error);
	hmsgo_pairs_free(&pairs);
	answer.error = error.id;
	answer.metadata = metadata.id;
	if (answer.status == HMS_STATUS_OK) hand_out(&answer, &response, room, capacity);
	return answer;
}

hmsgo_answer_t hmsgo_method_call_plain(uint64_t method, const uint8_t *body, size_t len, uint32_t content_type,
	uint64_t parent, uint8_t *room, size_t capacity) {
	hmsgo_answer_t answer = {.done = 1};
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_call_options_t options = {
		.struct_size = sizeof options,
		.content_type = content_type,
		.parent = {inherited(parent)},
	};
	answer.status = hms_method_call((hms_method_t){method}, (hms_bytes_t){body, len}, &options, &response, &error);
	answer.error = error.id;
	if (answer.status == HMS_STATUS_OK) hand_out(&answer, &response, room, capacity);
	return answer;
}

hmsgo_answer_t hmsgo_method_call(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms, uint8_t *room,
	size_t capacity) {
	hms_bytes_t request = {body, len};
	if (terms.interrupt == NULL) return call((hms_method_t){method}, request, &terms, room, capacity);
	// Below a handler the thread is another language's, which may have an interrupt check of its own there.
	if (hmsgo_serving() != 0) return (hmsgo_answer_t){.done = 0};
	hms_thread_set_interrupt(interrupted, terms.interrupt, NULL);
	hmsgo_answer_t answer = call((hms_method_t){method}, request, &terms, room, capacity);
	hms_thread_set_interrupt(NULL, NULL, NULL);
	return answer;
}

hmsgo_submitted_t hmsgo_method_submit(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms) {
	hmsgo_submitted_t submitted = {0};
	hms_error_t error = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, terms.metadata)) {
		submitted.status = HMS_STATUS_RESOURCE_EXHAUSTED;
		return submitted;
	}
	hms_call_options_t options = options_of(&terms, &pairs);
	submitted.status = hms_method_submit((hms_method_t){method}, (hms_bytes_t){body, len}, &options, &submitted.id, &error);
	submitted.error = error.id;
	hmsgo_pairs_free(&pairs);
	return submitted;
}

hmsgo_answer_t hmsgo_async_result(uint64_t client, hms_str_t id, uint64_t timeout_ns, uint32_t want_metadata,
	uint8_t *room, size_t capacity) {
	hmsgo_answer_t answer = {0};
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_metadata_t metadata = {0};
	answer.status = hms_async_result((hms_client_t){client}, id, timeout_ns, &answer.done, &response,
		want_metadata ? &metadata : NULL, &error);
	answer.error = error.id;
	answer.metadata = metadata.id;
	if (answer.status == HMS_STATUS_OK && answer.done) hand_out(&answer, &response, room, capacity);
	return answer;
}

hmsgo_result_t hmsgo_async_status(uint64_t client, hms_str_t id) {
	hms_error_t error = {0};
	uint32_t out = 0;
	hms_status_t status = hms_async_status((hms_client_t){client}, id, &out, &error);
	return (hmsgo_result_t){status, error.id, out};
}

hmsgo_result_t hmsgo_async_cancel(uint64_t client, hms_str_t id) {
	hms_error_t error = {0};
	uint32_t out = 0;
	hms_status_t status = hms_async_cancel((hms_client_t){client}, id, &out, &error);
	return (hmsgo_result_t){status, error.id, out};
}

hmsgo_answer_t hmsgo_service_id(uint64_t service) {
	hmsgo_answer_t answer = {.done = 1};
	hms_buffer_t id = {0};
	hms_error_t error = {0};
	answer.status = hms_service_id((hms_service_t){service}, &id, &error);
	answer.error = error.id;
	if (answer.status == HMS_STATUS_OK) {
		answer.data = id.data;
		answer.len = id.len;
		answer.owner = id.owner;
	}
	return answer;
}

void hmsgo_buffer_release(uint64_t owner, const uint8_t *data, size_t len) {
	hms_buffer_t buffer = {.data = data, .len = len, .owner = owner};
	hms_buffer_release(&buffer);
}

hms_str_t hmsgo_buffer_content_type(uint64_t owner, const uint8_t *data, size_t len) {
	hms_buffer_t buffer = {.data = data, .len = len, .owner = owner};
	hms_str_t text = hms_buffer_content_type(&buffer);
	return text.len == 0 ? (hms_str_t){0} : text;
}
