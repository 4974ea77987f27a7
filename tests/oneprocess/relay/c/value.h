#ifndef HMSFFI_TESTS_RELAY_VALUE_H
#define HMSFFI_TESTS_RELAY_VALUE_H

#include <hmsffi/hmsffi.h>

/* A handler: reads its request step by step and answers with what it wrote. */
void relay_value(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
