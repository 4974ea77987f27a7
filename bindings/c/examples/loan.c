#include <hmsffi/hmsffi.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 1 << 20 };

/* Doubles each byte, in memory that is lent for the answer. */
static void twice(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_buffer_t answer;
    uint8_t *data;
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_RESOURCE_EXHAUSTED};
    if (hms_call_loan(call, request->body.len, &answer, &data, NULL)) {
        hms_call_fail(call, &failure, NULL);
        return;
    }
    for (size_t i = 0; i < request->body.len; i++) data[i] = (uint8_t)(2 * request->body.ptr[i]);
    hms_call_reply_buffer(call, &answer, NULL, NULL);
}

static hms_status_t host(hms_server_t server, hms_error_t *error) {
    hms_service_t service;
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = twice};
    hms_status_t status = hms_service_new(HMS_STR("bytes"), HMS_STR("1.0.0"), &service, error);
    if (status) return status;
    status = hms_service_add_method(service, HMS_STR("twice"), NULL, &handler, error);
    if (!status) status = hms_service_register(server, service, error);
    if (!status) status = hms_server_start(server, error);
    hms_service_close(service, NULL);
    return status;
}

static hms_status_t send_ones(hms_client_t client, hms_error_t *error) {
    hms_method_t method;
    hms_buffer_t request = {0}, answer = {0};
    uint8_t *data;
    hms_call_report_t report = {.struct_size = sizeof report};
    hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_BYTES, .report = &report};
    hms_status_t status = hms_method_bind(client, HMS_STR("bytes"), HMS_STR("twice"), &method, error);
    if (status) return status;
    status = hms_method_loan(method, SIZE, &request, &data, error);
    if (!status) {
        memset(data, 1, SIZE);
        status = hms_method_call(method, (hms_bytes_t){data, SIZE}, &options, &answer, error);
    }
    if (!status) {
        printf("%zu bytes, %d copied\n", answer.len, (int)report.bytes_copied);
        printf("answer: %d %d %d\n", answer.data[0], answer.data[1], answer.data[SIZE - 1]);
    }
    hms_buffer_release(&answer);
    hms_buffer_release(&request);
    hms_method_close(method, NULL);
    return status;
}

int main(void) {
    hms_runtime_t runtime = {0};
    hms_server_t server = {0};
    hms_client_t client = {0};
    hms_error_t error = {0};
    /* A caller in another process does the same. */
    if (hms_runtime_default(&runtime, &error) || hms_server_new(runtime, NULL, &server, &error) || host(server, &error) ||
        hms_client_new(runtime, NULL, &client, &error) || send_ones(client, &error)) {
        hms_str_t message = hms_error_message(error);
        printf("%.*s\n", (int)message.len, message.ptr);
        hms_error_close(error);
        return 1;
    }
    hms_client_close(client, NULL);
    hms_server_close(server, NULL);
    hms_runtime_close(runtime, 1000000000, NULL);
    return 0;
}
