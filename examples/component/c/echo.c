/* What the figures of the demo call: see examples/demo/PIPELINE.md. */
#include "echo.h"

void echo_bytes(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_call_reply(call, request->body, NULL, NULL);
}

static hms_status_t copy(hms_reader_t from, hms_writer_t to, hms_error_t *error);

static hms_status_t copy_list(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
    size_t length;
    hms_status_t status = hms_reader_enter_list(from, &length, error);
    if (status == HMS_STATUS_OK) hms_writer_begin_list(to, length, NULL);
    for (size_t i = 0; i < length && status == HMS_STATUS_OK; i++) status = copy(from, to, error);
    hms_writer_end_list(to, NULL);
    return status == HMS_STATUS_OK ? hms_reader_leave(from, error) : status;
}

static hms_status_t copy_map(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
    size_t length;
    hms_status_t status = hms_reader_enter_map(from, &length, error);
    if (status == HMS_STATUS_OK) hms_writer_begin_map(to, length, NULL);
    for (size_t i = 0; i < length && status == HMS_STATUS_OK; i++) {
        hms_str_t key;
        uint32_t found;
        status = hms_reader_next_key(from, &key, &found, error);
        if (status != HMS_STATUS_OK) break;
        hms_writer_key(to, key, NULL);
        status = copy(from, to, error);
    }
    hms_writer_end_map(to, NULL);
    return status == HMS_STATUS_OK ? hms_reader_leave(from, error) : status;
}

/* Copies the next value. A record has no kinds but these: any other is the error of reading it as text. A failed step
 * of the writer makes `hms_writer_finish` fail. */
static hms_status_t copy(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
    uint32_t kind;
    int64_t number;
    hms_str_t text;
    hms_status_t status = hms_reader_kind(from, &kind, error);
    if (status != HMS_STATUS_OK) return status;
    switch (kind) {
    case HMS_KIND_LIST:
        return copy_list(from, to, error);
    case HMS_KIND_MAP:
        return copy_map(from, to, error);
    case HMS_KIND_INT:
        status = hms_reader_int(from, &number, error);
        if (status == HMS_STATUS_OK) hms_writer_int(to, number, NULL);
        return status;
    default:
        status = hms_reader_text(from, &text, error);
        if (status == HMS_STATUS_OK) hms_writer_text(to, text, NULL);
        return status;
    }
}

hms_status_t copy_record(hms_bytes_t from, hms_buffer_t *to, hms_error_t *error) {
    hms_reader_t reader = {0};
    hms_writer_t writer = {0};
    hms_status_t status = hms_reader_new(from, &reader, error);
    if (status == HMS_STATUS_OK) status = hms_writer_new(&writer, error);
    if (status == HMS_STATUS_OK) status = copy(reader, writer, error);
    if (status == HMS_STATUS_OK) status = hms_writer_finish(writer, to, error);
    hms_reader_close(reader, NULL);
    hms_writer_close(writer, NULL);
    return status;
}

void echo_record(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_error_t error = {0};
    hms_buffer_t record;
    hms_status_t status = copy_record(request->body, &record, &error);
    if (status == HMS_STATUS_OK) {
        hms_call_reply_buffer(call, &record, NULL, NULL);
    } else {
        hms_failure_t failure = {.struct_size = sizeof failure, .code = status, .message = hms_error_message(error)};
        hms_call_fail(call, &failure, NULL);
        hms_error_close(error);
    }
}
