/* exit [COMPONENT...]: ends while its threads are inside calls, streams and queues. Status 0 is the test. */
#define _GNU_SOURCE
#include <hmsffi/hmsffi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hms_client_t client;

static void check(hms_status_t status, hms_error_t error) {
  if (status == HMS_STATUS_OK) return;
  hms_str_t message = hms_error_message(error);
  fprintf(stderr, "%s: %.*s\n", hms_status_name(status), (int)message.len, message.ptr);
  _exit(1);
}

static void nap(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  usleep(500);
  hms_call_reply(call, request->body, NULL, NULL);
}

static void serve(hms_runtime_t runtime) {
  hms_error_t error = {0};
  hms_server_t server;
  hms_service_t service;
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = nap};
  check(hms_server_new(runtime, NULL, &server, &error), error);
  check(hms_service_new(HMS_STR("exit"), HMS_STR("1.0.0"), &service, &error), error);
  check(hms_service_add_method(service, HMS_STR("nap"), NULL, &handler, &error), error);
  check(hms_service_register(server, service, &error), error);
  check(hms_server_start(server, &error), error);
}

static void *call_for_ever(void *service) {
  hms_str_t name = {service, strlen(service)};
  hms_str_t method = strcmp(service, "exit") == 0 ? HMS_STR("nap") : HMS_STR("relay");
  hms_bytes_t body = {(const uint8_t *)"x", 1};
  for (unsigned i = 0;; i++) {
    hms_buffer_t answer = {0};
    hms_call_options_t options = {.struct_size = sizeof options,
                                  .content_type = HMS_CONTENT_TYPE_BYTES,
                                  .timeout_ns = i % 2 ? 1000000000 : 0};
    hms_client_call(client, name, method, body, &options, &answer, NULL);
    hms_buffer_release(&answer);
  }
  return NULL;
}

static void start(void *service) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, call_for_ever, service) != 0) _exit(1);
  pthread_detach(thread);
}

int main(int argc, char **argv) {
  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_queue_t queue;
  check(hms_runtime_default(&runtime, &error), error);
  check(hms_client_new(runtime, NULL, &client, &error), error);
  check(hms_queue_new(NULL, &queue, &error), error);
  serve(runtime);
  start("exit");
  start("exit");
  /* The name of a component's file is that of its relay: see tests/oneprocess/components. */
  for (int i = 1; i < argc; i++) {
    static char names[8][64];
    hms_str_t path = {argv[i], strlen(argv[i])};
    check(hms_component_load(runtime, path, &error), error);
    const char *file = strrchr(argv[i], '/') + 1;
    snprintf(names[i], sizeof names[i], "relay.%.*s", (int)strcspn(file, "."), file);
    start(names[i]);
  }
  usleep(3000 + (unsigned)getpid() % 4000);
  return 0;
}
