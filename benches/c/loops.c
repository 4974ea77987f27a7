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

double bench_bound(hms_method_t method, uint64_t calls) {
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

double bench_by_name(const char *service, const char *method, uint64_t calls) {
  hms_call_options_t options = raw_bytes();
  hms_client_t caller = client();
  hms_str_t service_name = text(service), method_name = text(method);
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

double bench_function_pointer(uint64_t calls) {
  uint8_t answer[BENCH_PAYLOAD];
  double start = now();
  for (uint64_t i = 0; i < calls; i++) copy_pointer(payload, answer);
  return (now() - start) / (double)calls;
}

typedef struct runner {
  pthread_barrier_t *both_ready;
  hms_method_t method;
  uint64_t calls;
  double ns;
} runner;

static void *run(void *ctx) {
  runner *self = ctx;
  pthread_barrier_wait(self->both_ready);
  self->ns = self->method.id ? bench_bound(self->method, self->calls)
                             : bench_function_pointer(self->calls);
  return NULL;
}

double bench_two_threads_bound(hms_method_t first, hms_method_t second, uint64_t calls) {
  pthread_barrier_t both_ready;
  pthread_barrier_init(&both_ready, NULL, 2);
  runner runners[2] = {{&both_ready, first, calls, 0}, {&both_ready, second, calls, 0}};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, &runners[0]) != 0) {
    fputs("cannot start a thread\n", stderr);
    exit(1);
  }
  run(&runners[1]);
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&both_ready);
  return runners[0].ns > runners[1].ns ? runners[0].ns : runners[1].ns;
}

double bench_two_threads_function_pointer(uint64_t calls) {
  hms_method_t none = {0};
  return bench_two_threads_bound(none, none, calls);
}
