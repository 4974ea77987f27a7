#include "value.h"

static hms_status_t copy(hms_reader_t from, hms_writer_t to, hms_error_t *error);

static hms_status_t copy_list(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
  size_t length;
  uint32_t kind = HMS_KIND_NULL;
  hms_status_t status = hms_reader_enter_list(from, &length, error);
  if (!status) status = hms_writer_begin_list(to, length, error);
  while (!status) {
    status = hms_reader_kind(from, &kind, error);
    if (status || kind == HMS_KIND_END) break;
    status = copy(from, to, error);
  }
  if (!status) status = hms_reader_leave(from, error);
  if (!status) status = hms_writer_end_list(to, error);
  return status;
}

static hms_status_t copy_map(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
  size_t length;
  hms_str_t key;
  uint32_t found = 1;
  hms_status_t status = hms_reader_enter_map(from, &length, error);
  if (!status) status = hms_writer_begin_map(to, length, error);
  while (!status) {
    status = hms_reader_next_key(from, &key, &found, error);
    if (status || !found) break;
    status = hms_writer_key(to, key, error);
    if (!status) status = copy(from, to, error);
  }
  if (!status) status = hms_reader_leave(from, error);
  if (!status) status = hms_writer_end_map(to, error);
  return status;
}

#define COPY(type, kind)                                          \
  {                                                               \
    type value;                                                   \
    hms_status_t read = hms_reader_##kind(from, &value, error);   \
    return read ? read : hms_writer_##kind(to, value, error);     \
  }

static hms_status_t copy_int(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
  int64_t number;
  if (hms_reader_int(from, &number, NULL) == HMS_STATUS_OK)
    return hms_writer_int(to, number, error);
  COPY(uint64_t, uint)
}

static hms_status_t copy(hms_reader_t from, hms_writer_t to, hms_error_t *error) {
  uint32_t kind;
  hms_status_t status = hms_reader_kind(from, &kind, error);
  if (status) return status;
  switch (kind) {
    case HMS_KIND_NULL:
      status = hms_reader_null(from, error);
      return status ? status : hms_writer_null(to, error);
    case HMS_KIND_BOOL:
      COPY(uint32_t, bool)
    case HMS_KIND_INT:
      return copy_int(from, to, error);
    case HMS_KIND_BIGINT:
      COPY(hms_str_t, bigint)
    case HMS_KIND_FLOAT:
      COPY(double, float)
    case HMS_KIND_TEXT:
      COPY(hms_str_t, text)
    case HMS_KIND_BYTES:
      COPY(hms_bytes_t, bytes)
    case HMS_KIND_DATETIME:
      COPY(hms_str_t, datetime)
    case HMS_KIND_DECIMAL:
      COPY(hms_str_t, decimal)
    case HMS_KIND_UUID: {
      uint8_t id[16];
      status = hms_reader_uuid(from, id, error);
      return status ? status : hms_writer_uuid(to, id, error);
    }
    case HMS_KIND_LIST:
      return copy_list(from, to, error);
    default:
      return copy_map(from, to, error);
  }
}

void relay_value(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  hms_error_t error = {0};
  hms_reader_t from = {0};
  hms_writer_t to = {0};
  hms_buffer_t answer;
  hms_status_t status = hms_reader_new(request->body, &from, &error);
  if (!status) status = hms_writer_new(&to, &error);
  if (!status) status = copy(from, to, &error);
  if (!status) status = hms_writer_finish(to, &answer, &error);
  if (status) {
    hms_failure_t failure = {.struct_size = sizeof failure, .code = status, .cause = error};
    hms_call_fail(call, &failure, NULL);
  } else {
    hms_call_reply_buffer(call, &answer, NULL, NULL);
  }
  hms_error_close(error);
  hms_reader_close(from, NULL);
  hms_writer_close(to, NULL);
}
