/* What a writer writes, a reader reads, kind by kind; what is no value is refused with its path. */
#include "world.h"

static int equal(hms_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static const uint8_t uuid[16] = {1, 2, 3};

static hms_buffer_t written(void) {
    hms_writer_t writer;
    hms_buffer_t out;
    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_begin_map(writer, SIZE_MAX, NULL));
    OK(hms_writer_key(writer, HMS_STR("list"), NULL));
    OK(hms_writer_begin_list(writer, 10, NULL));
    OK(hms_writer_null(writer, NULL));
    OK(hms_writer_bool(writer, 2, NULL));
    OK(hms_writer_int(writer, INT64_MIN, NULL));
    OK(hms_writer_uint(writer, UINT64_MAX, NULL));
    OK(hms_writer_bigint(writer, HMS_STR("-18446744073709551617"), NULL));
    OK(hms_writer_float(writer, 1.0, NULL));
    OK(hms_writer_bytes(writer, BYTES("\0\1"), NULL));
    OK(hms_writer_datetime(writer, HMS_STR("2026-11-21T05:00:00+02:00"), NULL));
    OK(hms_writer_uuid(writer, uuid, NULL));
    OK(hms_writer_decimal(writer, HMS_STR("-0.00"), NULL));
    OK(hms_writer_end_list(writer, NULL));
    OK(hms_writer_key(writer, HMS_STR("text"), NULL));
    OK(hms_writer_text(writer, HMS_STR("\xc3\xa9"), NULL));
    OK(hms_writer_end_map(writer, NULL));
    OK(hms_writer_finish(writer, &out, NULL));
    OK(hms_writer_close(writer, NULL));
    CHECK(out.content_type == HMS_CONTENT_TYPE_CBOR);
    return out;
}

static void read_list(hms_reader_t reader) {
    size_t len;
    uint32_t truth, kind;
    int64_t number;
    uint64_t large;
    double real;
    hms_str_t text;
    hms_bytes_t bytes;
    uint8_t id[16];
    OK(hms_reader_enter_list(reader, &len, NULL));
    CHECK(len == 10);
    OK(hms_reader_null(reader, NULL));
    OK(hms_reader_bool(reader, &truth, NULL));
    OK(hms_reader_int(reader, &number, NULL));
    CHECK(truth == 1 && number == INT64_MIN);
    CHECK_STATUS(hms_reader_int(reader, &number, NULL), HMS_STATUS_OUT_OF_RANGE);
    CHECK_STATUS(hms_reader_text(reader, &text, NULL), HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_reader_uint(reader, &large, NULL));
    OK(hms_reader_bigint(reader, &text, NULL));
    CHECK(large == UINT64_MAX && equal(text, "-18446744073709551617"));
    OK(hms_reader_kind(reader, &kind, NULL));
    CHECK(kind == HMS_KIND_FLOAT);
    OK(hms_reader_float(reader, &real, NULL));
    OK(hms_reader_bytes(reader, &bytes, NULL));
    CHECK(real == 1.0 && bytes.len == 2 && bytes.ptr[1] == 1);
    OK(hms_reader_datetime(reader, &text, NULL));
    CHECK(equal(text, "2026-11-21T05:00:00+02:00"));
    OK(hms_reader_uuid(reader, id, NULL));
    OK(hms_reader_decimal(reader, &text, NULL));
    CHECK(memcmp(id, uuid, 16) == 0 && equal(text, "-0.00"));
    OK(hms_reader_kind(reader, &kind, NULL));
    CHECK(kind == HMS_KIND_END);
    OK(hms_reader_leave(reader, NULL));
}

static void refused(hms_bytes_t bytes, const char *reason) {
    hms_reader_t reader;
    hms_error_t error = {0};
    CHECK_STATUS(hms_reader_new(bytes, &reader, &error), HMS_STATUS_INVALID_ARGUMENT);
    hms_str_t message = hms_error_message(error);
    if (!equal(message, reason)) {
        fprintf(stderr, "%.*s, not %s\n", (int)message.len, message.ptr, reason);
        exit(1);
    }
    OK(hms_error_close(error));
}

/* A step that is refused, whatever the reason, is not left out of the value: the whole fails, and says where. */
static void nothing_is_left_out(hms_status_t (*bad_step)(hms_writer_t writer), const char *reason) {
    hms_writer_t writer;
    hms_buffer_t out;
    hms_error_t error = {0};
    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_begin_list(writer, SIZE_MAX, NULL));
    OK(hms_writer_null(writer, NULL));
    CHECK_STATUS(bad_step(writer), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_writer_null(writer, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_writer_end_list(writer, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_writer_finish(writer, &out, &error), HMS_STATUS_INVALID_ARGUMENT);
    hms_str_t message = hms_error_message(error);
    if (message.len < strlen(reason) || memcmp(message.ptr, reason, strlen(reason)) != 0) {
        fprintf(stderr, "%.*s, not %s\n", (int)message.len, message.ptr, reason);
        exit(1);
    }
    OK(hms_error_close(error));
    CHECK_STATUS(hms_writer_null(writer, NULL), HMS_STATUS_FAILED_PRECONDITION);
    OK(hms_writer_close(writer, NULL));
}

static hms_status_t text_not_utf8(hms_writer_t writer) { return hms_writer_text(writer, HMS_STR("\xff"), NULL); }
static hms_status_t no_bytes(hms_writer_t writer) { return hms_writer_bytes(writer, (hms_bytes_t){NULL, 1}, NULL); }
static hms_status_t no_uuid(hms_writer_t writer) { return hms_writer_uuid(writer, NULL, NULL); }
static hms_status_t bad_time(hms_writer_t writer) { return hms_writer_datetime(writer, HMS_STR("now"), NULL); }
static hms_status_t bad_encoded(hms_writer_t writer) { return hms_writer_encoded(writer, BYTES("\xa1\x61\x61\x61\xc3"), NULL); }
static hms_status_t two_encoded(hms_writer_t writer) { return hms_writer_encoded(writer, BYTES("\x01\x02"), NULL); }
static hms_status_t a_key(hms_writer_t writer) { return hms_writer_key(writer, HMS_STR("a"), NULL); }

/* What was encoded once stands alone and inside of other values. */
static void encoded_once(void) {
    hms_buffer_t constant = written(), out;
    const hms_bytes_t cbor = {constant.data, constant.len};
    hms_writer_t writer;
    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_encoded(writer, cbor, NULL));
    OK(hms_writer_finish(writer, &out, NULL));
    OK(hms_writer_close(writer, NULL));
    CHECK(out.len == cbor.len && memcmp(out.data, cbor.ptr, cbor.len) == 0);
    OK(hms_buffer_release(&out));

    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_begin_list(writer, 2, NULL));
    OK(hms_writer_encoded(writer, cbor, NULL));
    OK(hms_writer_encoded(writer, cbor, NULL));
    OK(hms_writer_end_list(writer, NULL));
    OK(hms_writer_finish(writer, &out, NULL));
    OK(hms_writer_close(writer, NULL));
    CHECK(out.len == 1 + 2 * cbor.len && out.data[0] == 0x82);
    CHECK(memcmp(out.data + 1 + cbor.len, cbor.ptr, cbor.len) == 0);
    OK(hms_buffer_release(&out));
    OK(hms_buffer_release(&constant));
}

int main(void) {
    encoded_once();
    hms_buffer_t cbor = written();
    hms_reader_t reader;
    size_t len;
    uint32_t found;
    hms_str_t text;
    OK(hms_reader_new((hms_bytes_t){cbor.data, cbor.len}, &reader, NULL));
    OK(hms_buffer_release(&cbor));
    OK(hms_reader_enter_map(reader, &len, NULL));
    OK(hms_reader_find(reader, HMS_STR("text"), &found, NULL));
    OK(hms_reader_text(reader, &text, NULL));
    CHECK(found == 1 && equal(text, "\xc3\xa9"));
    OK(hms_reader_find(reader, HMS_STR("none"), &found, NULL));
    CHECK(found == 0);
    OK(hms_reader_find(reader, HMS_STR("list"), &found, NULL));
    read_list(reader);
    OK(hms_reader_next_key(reader, &text, &found, NULL));
    CHECK(found == 1 && equal(text, "text"));
    OK(hms_reader_skip(reader, NULL));
    OK(hms_reader_next_key(reader, &text, &found, NULL));
    CHECK(found == 0);
    OK(hms_reader_leave(reader, NULL));
    OK(hms_reader_close(reader, NULL));

    refused(NOTHING, "$: the bytes end inside the value");
    refused(BYTES("\xf6\xf6\xf6"), "$: 2 bytes follow the value");
    refused(BYTES("\xa1\x61\x61\x62\xc3"), "$.a: the bytes end inside the value");
    refused(BYTES("\xa1\x61\x61\x61\xc3"), "$.a: text is not UTF-8");

    hms_writer_t writer;
    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_begin_list(writer, 1, NULL));
    CHECK_STATUS(hms_writer_finish(writer, &cbor, NULL), HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_writer_close(writer, NULL));
    nothing_is_left_out(text_not_utf8, "$[1]: text is not UTF-8");
    nothing_is_left_out(no_bytes, "$[1]: bytes is NULL");
    nothing_is_left_out(no_uuid, "$[1]: value is NULL");
    nothing_is_left_out(bad_time, "$[1]: \"now\" is not a date-time");
    nothing_is_left_out(bad_encoded, "$[1].a: text is not UTF-8");
    nothing_is_left_out(two_encoded, "$[1]: 1 byte follows the value");
    nothing_is_left_out(a_key, "$[1]: a key outside of a map");
    return 0;
}
