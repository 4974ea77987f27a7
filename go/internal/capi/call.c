// The way from Go into the library.
#include <string.h>

#include "call.h"
#include "serve.h"

static int32_t interrupted(void *ctx) { return (int32_t)__atomic_load_n((uint32_t *)ctx, __ATOMIC_ACQUIRE); }

hms_buffer_t hmsgo_room_buffer(const hmsgo_room_t *room) {
	return (hms_buffer_t){.data = (const uint8_t *)room->data, .len = room->len, .owner = room->owner,
		.content_type = room->content_type};
}

void hmsgo_settle(hmsgo_room_t *room, hms_status_t status, hms_error_t error, hms_metadata_t metadata, uint32_t done,
	hms_buffer_t *buffer) {
	room->status = status;
	room->error = error.id;
	room->metadata = metadata.id;
	room->done = done;
	room->content_type = buffer->content_type;
	room->len = buffer->len;
	if (buffer->content_type != 0 && buffer->len <= sizeof room->bytes) {
		room->owner = 0;
		if (buffer->len > 0) memcpy(room->bytes, buffer->data, buffer->len);
		hms_buffer_release(buffer);
	} else {
		room->owner = buffer->owner;
		room->data = (uintptr_t)buffer->data;
	}
}

// The library knows the parent of a call that is made on the thread of its parent's handler.
static uint64_t inherited(uint64_t parent) { return parent == hmsgo_serving() ? 0 : parent; }

hms_call_options_t hmsgo_options_of(const hmsgo_terms_t *terms, const hmsgo_pairs_t *pairs) {
	return (hms_call_options_t){
		.struct_size = sizeof(hms_call_options_t),
		.timeout_ns = terms->timeout_ns,
		.content_type = terms->content_type,
		.transport = terms->transport,
		.forbidden_transports = terms->forbidden_transports,
		.report = terms->report,
		.content_type_text = terms->content_type_text,
		.metadata = pairs->pairs,
		.metadata_count = pairs->count,
		.parent = {inherited(terms->parent)},
	};
}

static void call(hms_method_t method, hms_bytes_t request, const hmsgo_terms_t *terms, hmsgo_room_t *room) {
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_metadata_t metadata = {0};
	hms_status_t status = HMS_STATUS_RESOURCE_EXHAUSTED;
	hmsgo_pairs_t pairs;
	if (hmsgo_pairs_of(&pairs, terms->metadata)) {
		hms_call_options_t options = hmsgo_options_of(terms, &pairs);
		if (terms->want_metadata) options.response_metadata = &metadata;
		status = hms_method_call(method, request, &options, &response, &error);
		hmsgo_pairs_free(&pairs);
	}
	hmsgo_settle(room, status, error, metadata, 1, &response);
}

void hmsgo_method_call_plain(uint64_t method, const uint8_t *body, size_t len, uint32_t content_type, uint64_t parent,
	hmsgo_room_t *room) {
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_call_options_t options = {
		.struct_size = sizeof options,
		.content_type = content_type,
		.parent = {inherited(parent)},
	};
	hms_status_t status = hms_method_call((hms_method_t){method}, (hms_bytes_t){body, len}, &options, &response, &error);
	hmsgo_settle(room, status, error, (hms_metadata_t){0}, 1, &response);
}

void hmsgo_method_call(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms, hmsgo_room_t *room) {
	hms_bytes_t request = {body, len};
	if (terms.interrupt == NULL) {
		call((hms_method_t){method}, request, &terms, room);
		return;
	}
	// Below a handler the thread is another language's, which may have an interrupt check of its own there.
	if (hmsgo_serving() != 0) {
		room->status = HMS_STATUS_OK;
		room->done = 0;
		return;
	}
	int32_t (*check)(void *) = NULL;
	void *ctx = NULL;
	hms_thread_interrupt(&check, &ctx, NULL);
	hms_thread_set_interrupt(interrupted, terms.interrupt, NULL);
	call((hms_method_t){method}, request, &terms, room);
	hms_thread_set_interrupt(check, ctx, NULL);
}

hmsgo_submitted_t hmsgo_method_submit(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms) {
	hmsgo_submitted_t submitted = {0};
	hms_error_t error = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, terms.metadata)) {
		submitted.status = HMS_STATUS_RESOURCE_EXHAUSTED;
		return submitted;
	}
	hms_call_options_t options = hmsgo_options_of(&terms, &pairs);
	submitted.status = hms_method_submit((hms_method_t){method}, (hms_bytes_t){body, len}, &options, &submitted.id, &error);
	submitted.error = error.id;
	hmsgo_pairs_free(&pairs);
	return submitted;
}

void hmsgo_async_result(uint64_t client, hms_str_t id, uint64_t timeout_ns, uint32_t want_metadata,
	hmsgo_room_t *room) {
	hms_buffer_t response = {0};
	hms_error_t error = {0};
	hms_metadata_t metadata = {0};
	uint32_t done = 0;
	hms_status_t status = hms_async_result((hms_client_t){client}, id, timeout_ns, &done, &response,
		want_metadata ? &metadata : NULL, &error);
	hmsgo_settle(room, status, error, metadata, done, &response);
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

void hmsgo_service_id(uint64_t service, hmsgo_room_t *room) {
	hms_buffer_t id = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_service_id((hms_service_t){service}, &id, &error);
	hmsgo_settle(room, status, error, (hms_metadata_t){0}, 1, &id);
}

void hmsgo_room_release(hmsgo_room_t *room) {
	hms_buffer_t buffer = hmsgo_room_buffer(room);
	hms_buffer_release(&buffer);
	room->owner = 0;
}

hms_str_t hmsgo_room_content_type(const hmsgo_room_t *room) {
	hms_buffer_t buffer = hmsgo_room_buffer(room);
	hms_str_t text = hms_buffer_content_type(&buffer);
	return text.len == 0 ? (hms_str_t){0} : text;
}
