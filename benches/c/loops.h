/* The measured loops, compiled into the drivers of C and Go. Payloads are 64 raw bytes; times are nanoseconds per call. */
#ifndef HMSFFI_BENCHES_LOOPS_H
#define HMSFFI_BENCHES_LOOPS_H

#include <hmsffi/hmsffi.h>

enum { BENCH_PAYLOAD = 64 };

/* A service with the methods `first` and `second`, which answer with their request. */
void bench_serve_echo(const char *service);

hms_method_t bench_bind(const char *service, const char *method);

/* How long one of `calls` calls takes. A loop that fails says why and ends the process. */
double bench_bound(hms_method_t method, uint64_t calls);
double bench_by_name(const char *service, const char *method, uint64_t calls);

/* The same work through nothing but a function pointer. */
double bench_function_pointer(uint64_t calls);

/* Two threads at once, each with `calls` calls: how long one call of the slower thread takes. */
double bench_two_threads_bound(hms_method_t first, hms_method_t second, uint64_t calls);
double bench_two_threads_function_pointer(uint64_t calls);

#endif
