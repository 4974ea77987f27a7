/* The measuring loop of the C programs of this folder; the ones in Rust and Python do the same. */
#ifndef HMSFFI_BENCHES_SHM_MEASURE_H
#define HMSFFI_BENCHES_SHM_MEASURE_H

#include <stddef.h>
#include <stdint.h>

enum { ECHO_SIZE = 64 };

/* One round trip: writes `request`, reads the answer into `answer`, both of ECHO_SIZE bytes. */
typedef void (*measured_call)(void *ctx, const uint8_t *request, uint8_t *answer);

/* Warms up, times `calls` round trips one by one and prints a line of JSON. Each request is another
 * one, and an answer that is not its request ends the process. */
void measure(const char *name, measured_call call, void *ctx, size_t calls);

/* Nanoseconds of a clock that does not jump. */
uint64_t now(void);

/* Room for so many times, touched now, so that no page fault is timed. To be freed. */
uint64_t *room_for_times(size_t count);

/* Prints a line of JSON about times in nanoseconds, which it sorts. `switches`: for each of them. */
void print_times(const char *name, uint64_t *times, size_t count, double switches);

/* Says what failed and why (errno), and ends the process. */
_Noreturn void fail(const char *what);

#endif
