#ifndef HMSFFI_BENCHES_ECHO_H
#define HMSFFI_BENCHES_ECHO_H

#include <hmsffi/hmsffi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A service written in C++ whose method `echo` answers with its request. */
hms_status_t bench_serve_cpp(hms_error_t *error);

#ifdef __cplusplus
}
#endif

#endif
