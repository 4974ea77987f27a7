#ifndef ECHO_H
#define ECHO_H

#include <hmsffi/hmsffi.h>

/* Serves demo.echo.c/echo: the request goes back. */
void echo_bytes(void *ctx, hms_call_t call, const hms_request_t *request);

/* Reads a patient record and writes it anew. */
hms_status_t copy_record(hms_bytes_t from, hms_buffer_t *to, hms_error_t *error);

/* Serves demo.echo.c/record: a patient record is read and written anew. */
void echo_record(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
