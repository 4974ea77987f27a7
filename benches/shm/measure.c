#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

_Noreturn void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* How often this process gave up its CPU of its own accord: tells a parked round trip from a spun
 * one. */
static long voluntary_switches(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw;
}

static uint64_t timed(measured_call call, void *ctx, uint64_t number) {
  uint8_t request[ECHO_SIZE] = {0}, answer[ECHO_SIZE];
  memcpy(request, &number, sizeof number);
  memcpy(request + ECHO_SIZE - sizeof number, &number, sizeof number);
  uint64_t start = now();
  call(ctx, request, answer);
  uint64_t took = now() - start;
  if (memcmp(request, answer, ECHO_SIZE) != 0) {
    fputs("the answer is not the request\n", stderr);
    exit(1);
  }
  return took;
}

static int by_size(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

void print_times(const char *name, uint64_t *times, size_t count, double switches) {
  qsort(times, count, sizeof *times, by_size);
  printf(
      "{\"case\": \"%s\", \"median_ns\": %lu, \"p99_ns\": %lu, \"calls\": %zu, \"switches\": "
      "%.2f}\n",
      name, (unsigned long)times[count / 2], (unsigned long)times[count - 1 - count / 100], count,
      switches);
}

uint64_t *room_for_times(size_t count) {
  uint64_t *times = malloc(count * sizeof *times);
  if (count == 0 || times == NULL) fail("no room for the times");
  return memset(times, 1, count * sizeof *times);
}

void measure(const char *name, measured_call call, void *ctx, size_t calls) {
  uint64_t *times = room_for_times(calls), number = 0;
  for (size_t i = 0; i < calls / 10 + 100; i++) timed(call, ctx, ++number);
  long before = voluntary_switches();
  for (size_t i = 0; i < calls; i++) times[i] = timed(call, ctx, ++number);
  print_times(name, times, calls, (double)(voluntary_switches() - before) / (double)calls);
  free(times);
}
