/* Serves a method, calls it, and prints the answer. */
#include <hmsffi/hmsffi.h>
#include <stdio.h>

static void hello(void *ctx, hms_call_t call, const hms_request_t *request) {
  (void)ctx;
  (void)request;
  hms_bytes_t body = {(const uint8_t *)"hello from C", 12};
  hms_call_reply(call, body, NULL, NULL);
}

static hms_status_t serve(hms_runtime_t runtime, hms_error_t *error) {
  hms_server_t server;
  hms_service_t service;
  hms_handler_t handler = {.struct_size = sizeof handler, .on_call = hello};
  hms_status_t status = hms_server_new(runtime, NULL, &server, error);
  if (!status) status = hms_service_new(HMS_STR("greet"), HMS_STR("1.0.0"), &service, error);
  if (!status) status = hms_service_add_method(service, HMS_STR("hello"), NULL, &handler, error);
  if (!status) status = hms_service_register(server, service, error);
  if (!status) status = hms_server_start(server, error);
  return status;
}

int main(void) {
  hms_error_t error = {0};
  hms_runtime_t runtime;
  hms_client_t client;
  hms_buffer_t answer = {0};
  hms_bytes_t nothing = {0};
  hms_call_options_t options = {.struct_size = sizeof options,
                                .content_type = HMS_CONTENT_TYPE_BYTES};
  hms_status_t status = hms_runtime_default(&runtime, &error);
  if (!status) status = serve(runtime, &error);
  if (!status) status = hms_client_new(runtime, NULL, &client, &error);
  if (!status)
    status = hms_client_call(client, HMS_STR("greet"), HMS_STR("hello"), nothing, &options, &answer,
                             &error);
  if (status) {
    hms_str_t message = hms_error_message(error);
    fprintf(stderr, "%s: %.*s\n", hms_status_name(status), (int)message.len, message.ptr);
    return 1;
  }
  printf("%.*s\n", (int)answer.len, (const char *)answer.data);
  hms_buffer_release(&answer);
  return 0;
}
