#include "texts.h"

#include <stdlib.h>
#include <string.h>

hms_str_t hmsgo_next_text(hmsgo_texts_t *texts) {
	uint32_t len;
	memcpy(&len, texts->ptr, sizeof len);
	hms_str_t text = {(const char *)texts->ptr + sizeof len, len};
	texts->ptr += sizeof len + len;
	texts->len -= sizeof len + len;
	return text;
}

int hmsgo_pairs_of(hmsgo_pairs_t *out, hmsgo_texts_t texts) {
	size_t count = 0;
	for (hmsgo_texts_t rest = texts; rest.len > 0; count++) {
		hmsgo_next_text(&rest);
		hmsgo_next_text(&rest);
	}
	hms_pair_t *pairs = out->few;
	out->allocated = NULL;
	if (count > sizeof out->few / sizeof out->few[0]) {
		pairs = out->allocated = malloc(count * sizeof *pairs);
		if (pairs == NULL) return 0;
	}
	for (size_t i = 0; i < count; i++) {
		pairs[i].key = hmsgo_next_text(&texts);
		pairs[i].value = hmsgo_next_text(&texts);
	}
	out->pairs = pairs;
	out->count = count;
	return 1;
}

void hmsgo_pairs_free(hmsgo_pairs_t *pairs) { free(pairs->allocated); }

// Counts what does not fit, so that the caller can come back with more room.
typedef struct writer_t {
	uint8_t *room;
	size_t capacity;
	size_t len;
} writer_t;

static void write_text(writer_t *writer, hms_str_t text) {
	uint32_t len = (uint32_t)text.len;
	if (writer->len + sizeof len + len <= writer->capacity) {
		memcpy(writer->room + writer->len, &len, sizeof len);
		if (len > 0) memcpy(writer->room + writer->len + sizeof len, text.ptr, len);
	}
	writer->len += sizeof len + len;
}

size_t hmsgo_error_texts(uint64_t id, uint8_t *room, size_t capacity) {
	hms_error_t error = {id};
	writer_t writer = {room, capacity, 0};
	write_text(&writer, hms_error_message(error));
	write_text(&writer, hms_error_source(error));
	write_text(&writer, hms_error_stack(error));
	hms_str_t schema = {0};
	hms_buffer_t data = {0};
	// Without a type, or with data that did not arrive, both stay empty.
	hms_error_data(error, &schema, &data, NULL);
	write_text(&writer, schema);
	write_text(&writer, (hms_str_t){(const char *)data.data, data.len});
	hms_buffer_release(&data);
	size_t count = hms_error_detail_count(error);
	for (size_t i = 0; i < count; i++) {
		hms_str_t key, value;
		if (hms_error_detail_at(error, i, &key, &value) != HMS_STATUS_OK) break;
		write_text(&writer, key);
		write_text(&writer, value);
	}
	return writer.len;
}

size_t hmsgo_metadata_texts(uint64_t id, uint8_t *room, size_t capacity) {
	hms_metadata_t metadata = {id};
	writer_t writer = {room, capacity, 0};
	size_t count = hms_metadata_count(metadata);
	for (size_t i = 0; i < count; i++) {
		hms_str_t key, value;
		if (hms_metadata_at(metadata, i, &key, &value, NULL) != HMS_STATUS_OK) break;
		write_text(&writer, key);
		write_text(&writer, value);
	}
	return writer.len;
}

size_t hmsgo_call_metadata_texts(uint64_t id, size_t count, uint8_t *room, size_t capacity) {
	hms_call_t call = {id};
	writer_t writer = {room, capacity, 0};
	for (size_t i = 0; i < count; i++) {
		hms_str_t key, value;
		if (hms_call_metadata_at(call, i, &key, &value, NULL) != HMS_STATUS_OK) break;
		write_text(&writer, key);
		write_text(&writer, value);
	}
	return writer.len;
}
