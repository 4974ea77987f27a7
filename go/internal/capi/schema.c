#include "shim.h"

#include "call.h"

static hms_bytes_t bytes_of(hms_str_t text) { return (hms_bytes_t){(const uint8_t *)text.ptr, text.len}; }

static void settle(hmsgo_room_t *room, hms_status_t status, hms_error_t error, hms_buffer_t *buffer) {
	hmsgo_settle(room, status, error, (hms_metadata_t){0}, 1, buffer);
}

void hmsgo_schema_convert(hms_str_t schema, uint32_t from, uint32_t to, hmsgo_room_t *room, hmsgo_room_t *losses) {
	hms_buffer_t converted = {0}, lost = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_schema_convert(bytes_of(schema), from, to, &converted, &lost, &error);
	settle(room, status, error, &converted);
	settle(losses, HMS_STATUS_OK, (hms_error_t){0}, &lost);
}

void hmsgo_schema_of_message(const uint8_t *descriptors, size_t len, hms_str_t message, hmsgo_room_t *room) {
	hms_buffer_t schema = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_schema_of_message((hms_bytes_t){descriptors, len}, message, &schema, &error);
	settle(room, status, error, &schema);
}

void hmsgo_payload_convert(hms_str_t schema, const uint8_t *payload, size_t len, uint32_t from, uint32_t to, uint32_t layout,
	hmsgo_room_t *room, hmsgo_room_t *losses) {
	hms_buffer_t converted = {0}, lost = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_payload_convert(bytes_of(schema), (hms_bytes_t){payload, len}, from, to, layout, &converted,
		&lost, &error);
	settle(room, status, error, &converted);
	settle(losses, HMS_STATUS_OK, (hms_error_t){0}, &lost);
}

void hmsgo_schema_compare(hms_str_t old, hms_str_t fresh, hmsgo_room_t *room) {
	hms_buffer_t differences = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_schema_compare(bytes_of(old), bytes_of(fresh), &differences, &error);
	settle(room, status, error, &differences);
}

void hmsgo_service_compare(hms_str_t expected, hms_str_t provided, uint32_t binding, hmsgo_room_t *room) {
	hms_buffer_t report = {0};
	hms_error_t error = {0};
	hms_status_t status = hms_service_compare(bytes_of(expected), bytes_of(provided), binding, &report, &error);
	settle(room, status, error, &report);
}
