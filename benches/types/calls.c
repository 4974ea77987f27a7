/* What a schema costs a caller in C: calls RECORD SCHEMA, of which the first is CBOR. One line of JSON. */
#define _POSIX_C_SOURCE 200809L
#include <hmsffi/hmsffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 41, CALLS = 50000, LARGEST = 1 << 16 };

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

static hms_bytes_t contents(const char *path, uint8_t *place) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  hms_bytes_t view = {place, fread(place, 1, LARGEST, file)};
  fclose(file);
  return view;
}

static void echo(void *ctx, hms_call_t call, const hms_request_t *inbound) {
  (void)ctx;
  hms_call_reply(call, inbound->body, NULL, NULL);
}

static void serve(hms_runtime_t runtime, hms_bytes_t schema) {
  hms_error_t error = {0};
  hms_server_t server;
  hms_service_t service;
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = echo};
  hms_method_options_t checked = {
      .struct_size = sizeof checked, .input_schema = schema, .output_schema = schema};
  check(hms_server_new(runtime, NULL, &server, &error), error);
  check(hms_service_new(text("bench.c"), text("1.0.0"), &service, &error), error);
  check(hms_service_add_method(service, text("patient"), NULL, &handler, &error), error);
  check(hms_service_add_method(service, text("checked_patient"), &checked, &handler, &error), error);
  check(hms_service_register(server, service, &error), error);
  check(hms_server_start(server, &error), error);
}

/* Nanoseconds of one call. */
static double block(hms_method_t method, hms_bytes_t record) {
  hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_CBOR};
  struct timespec began, ended;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (int call = 0; call < CALLS; call++) {
    hms_error_t error = {0};
    hms_buffer_t answer = {0};
    check(hms_method_call(method, record, &options, &answer, &error), error);
    hms_buffer_release(&answer);
  }
  clock_gettime(CLOCK_MONOTONIC, &ended);
  return ((double)(ended.tv_sec - began.tv_sec) * 1e9 + (double)(ended.tv_nsec - began.tv_nsec)) / CALLS;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv) {
  static uint8_t record_place[LARGEST], schema_place[LARGEST];
  if (argc != 3) return 2;
  hms_bytes_t record = contents(argv[1], record_place), schema = contents(argv[2], schema_place);

  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_client_t client;
  hms_method_t plain, checked;
  check(hms_runtime_default(&runtime, &error), error);
  serve(runtime, schema);
  check(hms_client_new(runtime, NULL, &client, &error), error);
  check(hms_method_bind(client, text("bench.c"), text("patient"), &plain, &error), error);
  check(hms_method_bind(client, text("bench.c"), text("checked_patient"), &checked, &error), error);

  double with_schema[BLOCKS], without[BLOCKS];
  /* The first block warms up. */
  for (int at = -1; at < BLOCKS; at++) {
    double first = block(checked, record), second = block(plain, record);
    if (at < 0) continue;
    with_schema[at] = first;
    without[at] = second;
  }
  qsort(with_schema, BLOCKS, sizeof *with_schema, ascending);
  qsort(without, BLOCKS, sizeof *without, ascending);
  printf("{\"title\": \"C: a call to C with a patient record in CBOR, validated\", \"ns\": %.1f, "
         "\"against\": \"the same without a schema\", \"against_ns\": %.1f, \"limit\": null}\n",
         with_schema[BLOCKS / 2], without[BLOCKS / 2]);
  return 0;
}
