/* Our own echo between two processes: echo server ADDRESS, or echo client ADDRESS CALLS [MODE]. MODE: bytes to copy in and
 * out; `loan`: 1 MiB each way that is lent and, but for one call of CHECKED_ONCE_IN, not touched; `flight`: 64 calls at once
 * from one thread; or `threads`: 64 from as many threads. */
#define _POSIX_C_SOURCE 200809L
#include <hmsffi/hmsffi.h>
#include <libgen.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

enum { IN_FLIGHT = 64, LENT = 1 << 20, CHECKED = LENT - 1, CHECKED_ONCE_IN = 64 };

/* Answers in memory that it was lent, which it leaves as it is unless the request is CHECKED bytes long. */
static void lend(void *ctx, hms_call_t call, const hms_request_t *inbound) {
  (void)ctx;
  hms_error_t error = {0};
  hms_buffer_t loan;
  uint8_t *data;
  check(hms_call_loan(call, inbound->body.len, &loan, &data, &error), error);
  if (inbound->body.len == CHECKED) memcpy(data, inbound->body.ptr, ECHO_SIZE);
  hms_call_reply_buffer(call, &loan, NULL, NULL);
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
  hms_handler_t lender = {.struct_size = sizeof lender, .on_call = lend};
  check(hms_server_new(runtime, NULL, &server, &error), error);
  check(hms_service_new(text("echo"), text("1.0.0"), &service, &error), error);
  check(hms_service_add_method(service, text("echo"), NULL, &handler, &error), error);
  check(hms_service_add_method(service, text("lend"), NULL, &lender, &error), error);
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
  /* Calls with a loan so far. */
  size_t lent;
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

static void call_with_loan(void *ctx, const uint8_t *request, uint8_t *answer) {
  caller *own = ctx;
  hms_error_t error = {0};
  hms_buffer_t loan, buffer = {0};
  uint8_t *data;
  hms_call_options_t options = raw_bytes();
  const bool is_checked = own->lent++ % CHECKED_ONCE_IN == 0;
  check(hms_method_loan(own->method, LENT, &loan, &data, &error), error);
  if (is_checked) memcpy(data, request, ECHO_SIZE);
  const hms_bytes_t body = {data, is_checked ? CHECKED : LENT};
  check(hms_method_call(own->method, body, &options, &buffer, &error), error);
  if (buffer.len != body.len) fail("an answer of another length");
  memcpy(answer, is_checked ? buffer.data : request, ECHO_SIZE);
  hms_buffer_release(&buffer);
  hms_buffer_release(&loan);
}

/* The time per call when one thread has many under way, as the mean of each BLOCK. */
static void measure_flight(caller *own, size_t calls) {
  enum { BLOCK = 1000, WARM = 10 };
  hms_error_t error = {0};
  hms_queue_t queue;
  hms_call_options_t options = raw_bytes();
  const uint8_t request[ECHO_SIZE] = {0};
  const hms_bytes_t body = {request, ECHO_SIZE};
  hms_completion_t ended[IN_FLIGHT];
  check(hms_queue_new(NULL, &queue, &error), error);
  const size_t blocks = calls / BLOCK;
  uint64_t *times = room_for_times(WARM + blocks), start = now();
  size_t sent = 0, done = 0, counted = 0;
  for (size_t block = 0; block < WARM + blocks;) {
    for (; sent - done < IN_FLIGHT; sent++)
      check(hms_queue_submit(queue, own->method, body, &options, sent, NULL, &error), error);
    size_t count = 0;
    check(hms_queue_poll(queue, ended, IN_FLIGHT, UINT64_MAX, &count, &error), error);
    for (size_t i = 0; i < count; i++) {
      check(ended[i].status, ended[i].error);
      if (ended[i].buffer.len != ECHO_SIZE) fail("an answer of another length");
      hms_buffer_release(&ended[i].buffer);
    }
    done += count;
    if (done - counted < BLOCK) continue;
    const uint64_t end = now();
    times[block++] = (end - start) / (done - counted);
    start = end;
    counted = done;
  }
  print_times("c, 64 in flight", times + WARM, blocks, 0);
  free(times);
}

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
static void measure_threads(caller *own, size_t calls) {
  batch share = {own, calls / IN_FLIGHT + 1};
  pthread_t threads[IN_FLIGHT];
  const uint64_t start = now();
  for (int i = 0; i < IN_FLIGHT; i++)
    if (pthread_create(&threads[i], NULL, call_many, &share) != 0) fail("pthread_create");
  for (int i = 0; i < IN_FLIGHT; i++) pthread_join(threads[i], NULL);
  uint64_t each = (now() - start) / (share.calls * IN_FLIGHT);
  print_times("c, 64 threads", &each, 1, 0);
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
  size_t calls = strtoull(argv[3], NULL, 10);
  const char *mode = argc > 4 ? argv[4] : "";
  const char *method = strcmp(mode, "loan") == 0 ? "lend" : "echo";
  check(hms_method_bind(client, text("echo"), text(method), &own.method, &error), error);
  if (strcmp(mode, "flight") == 0) {
    measure_flight(&own, calls);
  } else if (strcmp(mode, "threads") == 0) {
    measure_threads(&own, calls);
  } else if (strcmp(mode, "loan") == 0) {
    measure("c, 1 MiB loaned", call_with_loan, &own, calls);
  } else {
    own.size = strtoull(mode, NULL, 10);
    own.large = own.size ? calloc(1, own.size) : NULL;
    measure("c", call, &own, calls);
  }
  return 0;
}
