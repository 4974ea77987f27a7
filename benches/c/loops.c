#define _POSIX_C_SOURCE 200809L
#include "loops.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint8_t payload[BENCH_PAYLOAD];

static void check(hms_status_t status, hms_error_t error) {
  if (status == HMS_STATUS_OK) return;
  hms_str_t message = hms_error_message(error);
  fprintf(stderr, "%s: %.*s\n", hms_status_name(status), (int)message.len, message.ptr);
  exit(1);
}

static hms_str_t text(const char *literal) {
  hms_str_t view = {literal, strlen(literal)};
  return view;
}

static hms_bytes_t request(void) {
  hms_bytes_t view = {payload, sizeof payload};
  return view;
}

static hms_call_options_t raw_bytes(void) {
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES};
  return options;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *inbound) {
  (void)ctx;
  hms_call_reply(call, inbound->body, NULL, NULL);
}

static hms_client_t client(void) {
  static hms_client_t shared;
  if (shared.id == 0) {
    hms_error_t error = {0};
    hms_runtime_t runtime;
    check(hms_runtime_default(&runtime, &error), error);
    check(hms_client_new(runtime, NULL, &shared, &error), error);
  }
  return shared;
}

void bench_serve_echo(const char *service) {
  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_server_t server;
  hms_service_t definition;
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = echo};
  check(hms_runtime_default(&runtime, &error), error);
  check(hms_server_new(runtime, NULL, &server, &error), error);
  check(hms_service_new(text(service), text("1.0.0"), &definition, &error), error);
  check(hms_service_add_method(definition, text("first"), NULL, &handler, &error), error);
  check(hms_service_add_method(definition, text("second"), NULL, &handler, &error), error);
  check(hms_service_register(server, definition, &error), error);
  check(hms_server_start(server, &error), error);
}

hms_method_t bench_bind(const char *service, const char *method) {
  hms_error_t error = {0};
  hms_method_t bound;
  check(hms_method_bind(client(), text(service), text(method), &bound, &error), error);
  return bound;
}

double bench_bound(const void *ctx, uint64_t calls) {
  hms_method_t method = *(const hms_method_t *)ctx;
  hms_call_options_t options = raw_bytes();
  double start = now();
  for (uint64_t i = 0; i < calls; i++) {
    hms_error_t error = {0};
    hms_buffer_t answer;
    check(hms_method_call(method, request(), &options, &answer, &error), error);
    hms_buffer_release(&answer);
  }
  return (now() - start) / (double)calls;
}

double bench_by_name(const void *ctx, uint64_t calls) {
  const bench_name *name = ctx;
  hms_call_options_t options = raw_bytes();
  hms_client_t caller = client();
  hms_str_t service_name = text(name->service), method_name = text(name->method);
  double start = now();
  for (uint64_t i = 0; i < calls; i++) {
    hms_error_t error = {0};
    hms_buffer_t answer;
    check(hms_client_call(caller, service_name, method_name, request(), &options, &answer, &error),
          error);
    hms_buffer_release(&answer);
  }
  return (now() - start) / (double)calls;
}

static void copy(const uint8_t *from, uint8_t *to) { memcpy(to, from, BENCH_PAYLOAD); }

/* Read anew for each call, so that the compiler cannot call `copy` by name. */
static void (*volatile copy_pointer)(const uint8_t *, uint8_t *) = copy;

double bench_function_pointer(const void *ctx, uint64_t calls) {
  (void)ctx;
  uint8_t answer[BENCH_PAYLOAD];
  double start = now();
  for (uint64_t i = 0; i < calls; i++) copy_pointer(payload, answer);
  return (now() - start) / (double)calls;
}

typedef struct runner {
  pthread_t thread;
  pthread_barrier_t *all_ready;
  bench_loop loop;
  const void *ctx;
  uint64_t calls;
  double ns;
} runner;

static void *run(void *ctx) {
  runner *self = ctx;
  pthread_barrier_wait(self->all_ready);
  self->ns = self->loop(self->ctx, self->calls);
  return NULL;
}

double bench_on_threads(bench_loop loop, const void *const *contexts, int count, uint64_t calls) {
  enum { MOST = 2 };
  runner runners[MOST];
  pthread_barrier_t all_ready;
  double slowest = 0;
  if (count > MOST) abort();
  pthread_barrier_init(&all_ready, NULL, (unsigned)count);
  for (int i = 0; i < count; i++) {
    runners[i] = (runner){.all_ready = &all_ready, .loop = loop, .ctx = contexts[i], .calls = calls};
    if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) != 0) {
      fputs("cannot start a thread\n", stderr);
      exit(1);
    }
  }
  for (int i = 0; i < count; i++) {
    pthread_join(runners[i].thread, NULL);
    if (runners[i].ns > slowest) slowest = runners[i].ns;
  }
  pthread_barrier_destroy(&all_ready);
  return slowest;
}
