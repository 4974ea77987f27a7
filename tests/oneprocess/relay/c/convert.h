#ifndef HMSFFI_TESTS_RELAY_CONVERT_H
#define HMSFFI_TESTS_RELAY_CONVERT_H

#include <hmsffi/hmsffi.h>

/* A handler: takes its request through all encodings, as the schema in the file RELAY_SCHEMA tells. */
void relay_convert(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
