// Streams, seen from either end.
#include "call.h"

hmsgo_result_t hmsgo_stream_open(uint64_t method, const uint8_t *body, size_t len, hmsgo_terms_t terms) {
	hms_error_t error = {0};
	hms_stream_t stream = {0};
	hmsgo_pairs_t pairs;
	if (!hmsgo_pairs_of(&pairs, terms.metadata)) return (hmsgo_result_t){HMS_STATUS_RESOURCE_EXHAUSTED, 0, 0};
	hms_call_options_t options = hmsgo_options_of(&terms, &pairs);
	hms_status_t status = hms_method_open_stream((hms_method_t){method}, (hms_bytes_t){body, len}, &options, &stream, &error);
	hmsgo_pairs_free(&pairs);
	return (hmsgo_result_t){status, error.id, stream.id};
}

hmsgo_result_t hmsgo_call_stream(uint64_t call) {
	hms_error_t error = {0};
	hms_stream_t stream = {0};
	hms_status_t status = hms_call_stream((hms_call_t){call}, &stream, &error);
	return (hmsgo_result_t){status, error.id, stream.id};
}

hmsgo_result_t hmsgo_stream_send(uint64_t stream, const uint8_t *body, size_t len, uint32_t content_type) {
	hms_error_t error = {0};
	hms_status_t status = hms_stream_send((hms_stream_t){stream}, (hms_bytes_t){body, len}, content_type, UINT64_MAX, NULL,
		&error);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_stream_send_buffer(uint64_t stream, hms_buffer_t *body) {
	hms_error_t error = {0};
	hms_status_t status = hms_stream_send_buffer((hms_stream_t){stream}, body, UINT64_MAX, NULL, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

void hmsgo_stream_receive(uint64_t stream, hmsgo_room_t *room) {
	hms_error_t error = {0};
	hms_buffer_t message = {0};
	uint32_t state = 0;
	hms_status_t status = hms_stream_receive((hms_stream_t){stream}, UINT64_MAX, &message, &state, &error);
	hmsgo_settle(room, status, error, (hms_metadata_t){0}, state, &message);
}

hmsgo_result_t hmsgo_stream_finish(uint64_t stream) {
	hms_error_t error = {0};
	hms_status_t status = hms_stream_finish((hms_stream_t){stream}, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

hmsgo_result_t hmsgo_stream_cancel(uint64_t stream) {
	hms_error_t error = {0};
	hms_status_t status = hms_stream_cancel((hms_stream_t){stream}, &error);
	return (hmsgo_result_t){status, error.id, 0};
}

void hmsgo_stream_close(uint64_t stream) { hms_stream_close((hms_stream_t){stream}, NULL); }
