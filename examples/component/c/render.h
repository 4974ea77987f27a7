#ifndef RENDER_H
#define RENDER_H

#include <hmsffi/hmsffi.h>

/* Serves demo.render/line: a patient record with its score in, a line item out. */
void render_line(void *ctx, hms_call_t call, const hms_request_t *request);

#endif
