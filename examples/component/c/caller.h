#ifndef CALLER_H
#define CALLER_H

#include <hmsffi/hmsffi.h>

/* Serves demo.caller.c/median: what calls from C to a service cost. `ctx` is the client that calls. */
void caller_median(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
