#include <hmsffi/hmsffi.h>
#include <stdio.h>

static void greet(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    if (request->body.len == 0) {
        hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_INVALID_ARGUMENT,
                                 .message = HMS_STR("a name is needed")};
        hms_call_fail(call, &failure, NULL);
        return;
    }
    char text[64];
    int length = snprintf(text, sizeof text, "Hello, %.*s!", request->body.len > 40 ? 40 : (int)request->body.len,
                          (const char *)request->body.ptr);
    hms_call_reply(call, (hms_bytes_t){(const uint8_t *)text, (size_t)length}, NULL, NULL);
}

/* Shows an error and closes it. */
static void show(hms_error_t error) {
    hms_str_t message = hms_error_message(error);
    printf("%s: %.*s\n", hms_status_name(hms_error_code(error)), (int)message.len, message.ptr);
    hms_error_close(error);
}

static hms_status_t host(hms_server_t server, hms_error_t *error) {
    hms_service_t service;
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = greet};
    hms_status_t status = hms_service_new(HMS_STR("greeting"), HMS_STR("1.0.0"), &service, error);
    if (status) return status;
    status = hms_service_add_method(service, HMS_STR("greet"), NULL, &handler, error);
    if (!status) status = hms_service_register(server, service, error);
    if (!status) status = hms_server_start(server, error);
    hms_service_close(service, NULL);
    return status;
}

static void greet_with(hms_client_t client, hms_str_t name) {
    hms_bytes_t request = {(const uint8_t *)name.ptr, name.len};
    hms_buffer_t answer;
    hms_error_t error;
    if (hms_client_call(client, HMS_STR("greeting"), HMS_STR("greet"), request, NULL, &answer, &error)) {
        show(error);
        return;
    }
    printf("%.*s\n", (int)answer.len, (const char *)answer.data);
    hms_buffer_release(&answer);
}

int main(void) {
    hms_runtime_t runtime = {0};
    hms_server_t server = {0};
    hms_client_t client = {0};
    hms_error_t error;
    if (hms_runtime_default(&runtime, &error) || hms_server_new(runtime, NULL, &server, &error) || host(server, &error) ||
        hms_client_new(runtime, NULL, &client, &error)) {
        show(error);
        return 1;
    }
    greet_with(client, HMS_STR("Ada"));
    greet_with(client, HMS_STR(""));
    hms_client_close(client, NULL);
    hms_server_close(server, NULL);
    hms_runtime_close(runtime, 1000000000, NULL);
    return 0;
}
