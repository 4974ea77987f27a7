/* Our own echo between two processes: echo server ADDRESS, or echo client ADDRESS CALLS [MODE]. MODE: bytes to copy in and
 * out, or `flight`: 64 calls at once from as many threads. */
#define _POSIX_C_SOURCE 200809L
#include <hmsffi/hmsffi.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../measure.h"

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

static hms_call_options_t raw_bytes(void) {
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES};
  return options;
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *inbound) {
  (void)ctx;
  hms_call_reply(call, inbound->body, NULL, NULL);
}

/* The processes of a test meet in its folder. */
static hms_runtime_t runtime_at(char *address) {
  hms_error_t error = {0};
  hms_runtime_t runtime;
  setenv("XDG_RUNTIME_DIR", dirname(address), 1);
  setenv("HMSFFI_DOMAIN", "bench", 1);
  check(hms_runtime_default(&runtime, &error), error);
  return runtime;
}

static void serve(hms_runtime_t runtime) {
  hms_error_t error = {0};
  hms_server_t server;
  hms_service_t service;
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = echo};
  check(hms_server_new(runtime, NULL, &server, &error), error);
  check(hms_service_new(text("echo"), text("1.0.0"), &service, &error), error);
  check(hms_service_add_method(service, text("echo"), NULL, &handler, &error), error);
  check(hms_service_register(server, service, &error), error);
  check(hms_server_start(server, &error), error);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}

typedef struct caller {
  hms_method_t method;
  uint8_t *large;
  size_t size;
} caller;

static void call(void *ctx, const uint8_t *request, uint8_t *answer) {
  caller *own = ctx;
  hms_error_t error = {0};
  hms_buffer_t buffer = {0};
  hms_call_options_t options = raw_bytes();
  hms_bytes_t body = {request, ECHO_SIZE};
  if (own->large != NULL) {
    memcpy(own->large, request, ECHO_SIZE);
    body = (hms_bytes_t){own->large, own->size};
  }
  check(hms_method_call(own->method, body, &options, &buffer, &error), error);
  if (buffer.len != body.len) fail("an answer of another length");
  memcpy(answer, buffer.data, ECHO_SIZE);
  hms_buffer_release(&buffer);
}

enum { IN_FLIGHT = 64 };

typedef struct batch {
  caller *caller;
  size_t calls;
} batch;

static void *call_many(void *ctx) {
  batch *own = ctx;
  uint8_t request[ECHO_SIZE] = {0}, answer[ECHO_SIZE];
  for (size_t i = 0; i < own->calls; i++) call(own->caller, request, answer);
  return NULL;
}

/* The time per call when many threads call at once. */
static void measure_flight(const char *name, caller *own, size_t calls) {
  batch share = {own, calls / IN_FLIGHT + 1};
  struct timespec start, end;
  pthread_t threads[IN_FLIGHT];
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < IN_FLIGHT; i++)
    if (pthread_create(&threads[i], NULL, call_many, &share) != 0) fail("pthread_create");
  for (int i = 0; i < IN_FLIGHT; i++) pthread_join(threads[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double took = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
  double each = took / ((double)share.calls * IN_FLIGHT);
  printf("{\"case\": \"%s\", \"median_ns\": %.0f, \"p99_ns\": %.0f, \"calls\": %zu, \"switches\": 0}\n",
         name, each, each, share.calls * IN_FLIGHT);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  hms_runtime_t runtime = runtime_at(argv[2]);
  if (strcmp(argv[1], "server") == 0) serve(runtime);
  if (argc < 4) return 2;
  hms_error_t error = {0};
  hms_client_t client;
  caller own = {0};
  check(hms_client_new(runtime, NULL, &client, &error), error);
  check(hms_method_bind(client, text("echo"), text("echo"), &own.method, &error), error);
  size_t calls = strtoull(argv[3], NULL, 10);
  if (argc > 4 && strcmp(argv[4], "flight") == 0) {
    measure_flight("c, 64 in flight", &own, calls);
    return 0;
  }
  if (argc > 4) {
    own.size = strtoull(argv[4], NULL, 10);
    own.large = calloc(1, own.size);
  }
  measure("c", call, &own, calls);
  return 0;
}
