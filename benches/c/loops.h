/* The measured loops, compiled into the drivers of C and Go. Payloads are 64 raw bytes; times are nanoseconds per call. */
#ifndef HMSFFI_BENCHES_LOOPS_H
#define HMSFFI_BENCHES_LOOPS_H

#include <hmsffi/hmsffi.h>

enum { BENCH_PAYLOAD = 64 };

/* A service with the methods `first` and `second`, which answer with their request. */
void bench_serve_echo(const char *service);

hms_method_t bench_bind(const char *service, const char *method);

/* A loop of `calls` calls: how long one of them takes. A loop that fails says why and ends the process. */
typedef double (*bench_loop)(const void *ctx, uint64_t calls);

/* ctx: hms_method_t */
double bench_bound(const void *ctx, uint64_t calls);

/* ctx: bench_name */
double bench_by_name(const void *ctx, uint64_t calls);

typedef struct bench_name {
  const char *service;
  const char *method;
} bench_name;

/* The same work through nothing but a function pointer; ctx: NULL */
double bench_function_pointer(const void *ctx, uint64_t calls);

/* Runs a loop on a thread of its own for each context, all at once: the slowest one's figure. */
double bench_on_threads(bench_loop loop, const void *const *contexts, int count, uint64_t calls);

#endif
