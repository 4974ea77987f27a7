/* Requests, answers and messages of streams that are larger than the server allows. */
#include "world.h"

enum { LIMIT = 8192 };

static uint8_t large[LIMIT + 1];
static atomic_int served;

/* The message names the limit, and what to do. */
static void too_large(hms_status_t status, hms_error_t error, const char *what) {
    CHECK_STATUS(status, HMS_STATUS_RESOURCE_EXHAUSTED);
    hms_str_t message = hms_error_message(error);
    CHECK(memmem(message.ptr, message.len, what, strlen(what)) != NULL);
    CHECK(memmem(message.ptr, message.len, "8193 bytes is over the limit of 8192", 36) != NULL);
    CHECK(memmem(message.ptr, message.len, "max_message_size", 16) != NULL);
    OK(hms_error_close(error));
}

static void counted_echo(void *ctx, hms_call_t call, const hms_request_t *request) {
    served++;
    echo(ctx, call, request);
}

static void grow(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_error_t error;
    too_large(hms_call_reply(call, (hms_bytes_t){large, sizeof large}, NULL, &error), error, "answer");
    CHECK_STATUS(hms_call_reply(call, NOTHING, NULL, NULL), HMS_STATUS_FAILED_PRECONDITION);
}

static void grow_without_copy(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_buffer_t answer;
    hms_error_t error;
    OK(hms_buffer_copy((hms_bytes_t){large, sizeof large}, HMS_CONTENT_TYPE_BYTES, &answer, NULL));
    too_large(hms_call_reply_buffer(call, &answer, NULL, &error), error, "answer");
}

static void send_large(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_error_t error;
    OK(hms_call_stream(call, &stream, NULL));
    too_large(hms_stream_send(stream, (hms_bytes_t){large, sizeof large}, 0, UINT64_MAX, NULL, &error), error, "message");
    OK(hms_stream_send(stream, (hms_bytes_t){large, LIMIT}, HMS_CONTENT_TYPE_BYTES, UINT64_MAX, NULL, NULL));
    OK(hms_stream_close(stream, NULL));
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
}

static hms_status_t echoed(hms_method_t method, size_t len, uint64_t timeout_ns, hms_error_t *error) {
    hms_call_options_t options = {.struct_size = sizeof options, .timeout_ns = timeout_ns};
    hms_buffer_t out = {0};
    hms_status_t status = hms_method_call(method, (hms_bytes_t){large, len}, &options, &out, error);
    if (status == HMS_STATUS_OK) CHECK(out.len == len);
    OK(hms_buffer_release(&out));
    return status;
}

int main(void) {
    struct world world = open_world();
    hms_server_options_t options = {.struct_size = sizeof options, .max_message_size = 4095};
    hms_server_t refused;
    CHECK_STATUS(hms_server_new(world.runtime, &options, &refused, NULL), HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_server_close(world.server, NULL));
    options.max_message_size = LIMIT;
    OK(hms_server_new(world.runtime, &options, &world.server, NULL));
    OK(hms_server_start(world.server, NULL));

    serve(&world, "echo", counted_echo, NULL);
    hms_method_t method = bind(&world, "echo");
    hms_error_t error;
    for (uint64_t timeout = 0; timeout <= SECOND; timeout += SECOND) {
        served = 0;
        OK(echoed(method, LIMIT, timeout, NULL));
        too_large(echoed(method, LIMIT + 1, timeout, &error), error, "request");
        CHECK(served == 1);
    }
    OK(hms_method_close(method, NULL));

    serve(&world, "grow", grow, NULL);
    serve(&world, "grow without copy", grow_without_copy, NULL);
    hms_buffer_t out = {0};
    too_large(call(&world, "grow", &out, &error), error, "answer");
    too_large(call(&world, "grow without copy", &out, &error), error, "answer");

    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_SERVER};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = send_large};
    serve_with(&world, "stream", &streaming, &handler);
    hms_stream_t stream;
    uint32_t state;
    OK(hms_stream_open(world.client, HMS_STR("stream"), HMS_STR("run"), NOTHING, NULL, &stream, NULL));
    OK(hms_stream_receive(stream, UINT64_MAX, &out, &state, NULL));
    CHECK(state == HMS_STREAM_ITEM && out.len == LIMIT);
    OK(hms_buffer_release(&out));
    OK(hms_stream_receive(stream, UINT64_MAX, &out, &state, NULL));
    CHECK(state == HMS_STREAM_END);
    OK(hms_stream_close(stream, NULL));
    CHECK(introspect().buffers == 0);
    close_world(&world);
    return 0;
}
