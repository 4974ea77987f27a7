#ifndef ECHO_H
#define ECHO_H

#include <hmsffi/hmsffi.h>

/* Serves demo.echo.c/echo: the request goes back. */
void echo_bytes(void *ctx, hms_call_t call, const hms_request_t *request);

/* Serves demo.echo.c/record: a patient record is read and written anew. */
void echo_record(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
