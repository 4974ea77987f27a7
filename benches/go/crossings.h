/* Crossings between Go and C without hmsffi: what its calls are compared with. */
#ifndef HMSFFI_BENCHES_CROSSINGS_H
#define HMSFFI_BENCHES_CROSSINGS_H

#include <stdint.h>

void bench_empty(void);

/* A loop that calls an exported Go function; see loops.h. */
double bench_callback(const void *ctx, uint64_t calls);

/* The same with an exported Go function that copies 64 bytes, as one would write it by hand. */
double bench_export(const void *ctx, uint64_t calls);

#endif
