#include "convert.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_SCHEMA = 1 << 16 };

static size_t read_schema(char *text) {
  const char *path = getenv("RELAY_SCHEMA");
  FILE *file = path ? fopen(path, "rb") : NULL;
  if (!file) return 0;
  const size_t length = fread(text, 1, LONGEST_SCHEMA, file);
  fclose(file);
  return length;
}

void relay_convert(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  static const uint32_t encodings[] = {HMS_CONTENT_TYPE_CBOR, HMS_CONTENT_TYPE_JSON,
                                       HMS_CONTENT_TYPE_PROTOBUF, HMS_CONTENT_TYPE_CBOR};
  char text[LONGEST_SCHEMA];
  const hms_bytes_t schema = {(const uint8_t *)text, read_schema(text)};
  hms_bytes_t payload = request->body;
  hms_buffer_t held = {0};
  hms_error_t error = {0};
  hms_status_t status = HMS_STATUS_OK;
  for (size_t i = 0; i < 3 && !status; i++) {
    hms_buffer_t converted = {0};
    status = hms_payload_convert(schema, payload, encodings[i], encodings[i + 1],
                                 HMS_LAYOUT_DETERMINISTIC, &converted, NULL, &error);
    hms_buffer_release(&held);
    held = converted;
    payload = (hms_bytes_t){held.data, held.len};
  }
  if (status) {
    hms_failure_t failure = {.struct_size = sizeof failure, .code = status, .cause = error};
    hms_call_fail(call, &failure, NULL);
    hms_error_close(error);
  } else {
    hms_call_reply_buffer(call, &held, NULL, NULL);
  }
}
