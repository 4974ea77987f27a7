#define _POSIX_C_SOURCE 200809L
#include "crossings.h"

#include <time.h>

#include "_cgo_export.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void bench_empty(void) {}

double bench_callback(const void *ctx, uint64_t calls) {
  (void)ctx;
  double start = now();
  for (uint64_t i = 0; i < calls; i++) benchNothing();
  return (now() - start) / (double)calls;
}

double bench_export(const void *ctx, uint64_t calls) {
  (void)ctx;
  uint8_t request[64] = {0}, answer[64];
  double start = now();
  for (uint64_t i = 0; i < calls; i++) benchCopy(request, sizeof request, answer);
  return (now() - start) / (double)calls;
}
