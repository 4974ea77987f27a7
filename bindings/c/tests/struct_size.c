/* Structs of an older header are read and filled as far as they go; sizes that none can have, and unknown bits, are
 * refused. */
#include "world.h"

static struct world world;
static hms_method_t method;
static hms_stream_t stream;
static const hms_str_t run = {"run", 3};

/* Each uses one struct, of the given size, where it belongs. */
#define SIZED(type, name) type name = {.struct_size = size}

static hms_status_t runtime_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_runtime_options_t, options);
    return hms_runtime_new(&options, &(hms_runtime_t){0}, error);
}

static hms_status_t server_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_server_options_t, options);
    return hms_server_new(world.runtime, &options, &(hms_server_t){0}, error);
}

static hms_status_t client_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_client_options_t, options);
    return hms_client_new(world.runtime, &options, &(hms_client_t){0}, error);
}

static hms_status_t bind_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_bind_options_t, options);
    return hms_method_bind_with(world.client, HMS_STR("echo"), run, &options, &(hms_method_t){0}, error);
}

static hms_status_t queue_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_queue_options_t, options);
    return hms_queue_new(&options, &(hms_queue_t){0}, error);
}

static hms_status_t method_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_method_options_t, options);
    return hms_server_add_method(world.server, HMS_STR("echo"), HMS_STR("more"), &options, NULL, error);
}

static hms_status_t handler(uint32_t size, hms_error_t *error) {
    SIZED(hms_handler_t, handler);
    return hms_server_add_method(world.server, HMS_STR("echo"), HMS_STR("more"), NULL, &handler, error);
}

static hms_status_t interceptor(uint32_t size, hms_error_t *error) {
    SIZED(hms_interceptor_t, interceptor);
    return hms_server_intercept(world.server, &interceptor, error);
}

static hms_status_t log_sink(uint32_t size, hms_error_t *error) {
    SIZED(hms_log_sink_t, sink);
    return hms_log_set_sink(&sink, error);
}

static hms_status_t call_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_call_options_t, options);
    return hms_method_call(method, NOTHING, &options, &(hms_buffer_t){0}, error);
}

static hms_status_t call_report(uint32_t size, hms_error_t *error) {
    SIZED(hms_call_report_t, report);
    hms_call_options_t options = {.struct_size = sizeof options, .report = &report};
    hms_buffer_t answer = {0};
    hms_status_t status = hms_method_call(method, NOTHING, &options, &answer, error);
    hms_buffer_release(&answer);
    return status;
}

static hms_status_t submit_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_call_options_t, options);
    return hms_method_submit(method, NOTHING, &options, &(hms_call_id_t){{0}}, error);
}

static hms_status_t stream_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_call_options_t, options);
    return hms_stream_open(world.client, HMS_STR("echo"), run, NOTHING, &options, &(hms_stream_t){0}, error);
}

static hms_status_t introspection(uint32_t size, hms_error_t *error) {
    SIZED(hms_introspection_t, out);
    return hms_introspect(&out, error);
}

static hms_status_t stream_info(uint32_t size, hms_error_t *error) {
    SIZED(hms_stream_info_t, out);
    return hms_stream_info(stream, &out, error);
}

static hms_status_t made_failure(uint32_t size, hms_error_t *error) {
    SIZED(hms_failure_t, failure);
    return hms_error_make(&failure, &(hms_error_t){0}, error);
}

static hms_call_t inside;

static hms_status_t failure(uint32_t size, hms_error_t *error) {
    SIZED(hms_failure_t, failure);
    return hms_call_fail(inside, &failure, error);
}

static hms_status_t reply_options(uint32_t size, hms_error_t *error) {
    SIZED(hms_reply_options_t, options);
    return hms_call_reply(inside, NOTHING, &options, error);
}

static hms_status_t call_info(uint32_t size, hms_error_t *error) {
    SIZED(hms_call_info_t, out);
    return hms_call_info(inside, &out, error);
}

struct user {
    const char *name;
    hms_status_t (*use)(uint32_t size, hms_error_t *error);
};

/* The message names the struct: whoever forgot to set the size finds it. */
static void refused(const struct user *users, size_t count) {
    const uint32_t sizes[] = {0, 3, 7, 4097, UINT32_MAX};
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
            hms_error_t error = {0};
            char text[256];
            CHECK_STATUS(users[i].use(sizes[at], &error), HMS_STATUS_INVALID_ARGUMENT);
            hms_str_t message = hms_error_message(error);
            snprintf(text, sizeof text, "%.*s", (int)message.len, message.ptr);
            if (strstr(text, users[i].name) == NULL) {
                fprintf(stderr, "%u: '%s' does not name %s\n", sizes[at], text, users[i].name);
                exit(1);
            }
            OK(hms_error_close(error));
        }
}

static void on_call(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    static const struct user users[] = {
        {"hms_failure_t", failure}, {"hms_reply_options_t", reply_options}, {"hms_call_info_t", call_info}};
    inside = call;
    refused(users, sizeof users / sizeof *users);
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static void sizes_that_none_can_have_are_refused(void) {
    static const struct user users[] = {
        {"hms_runtime_options_t", runtime_options}, {"hms_server_options_t", server_options},
        {"hms_client_options_t", client_options},   {"hms_queue_options_t", queue_options},
        {"hms_bind_options_t", bind_options},
        {"hms_method_options_t", method_options},   {"hms_handler_t", handler},
        {"hms_interceptor_t", interceptor},         {"hms_log_sink_t", log_sink},
        {"hms_call_options_t", call_options},       {"hms_call_options_t", submit_options},
        {"hms_call_options_t", stream_options},     {"hms_introspection_t", introspection},
        {"hms_call_report_t", call_report},
        {"hms_stream_info_t", stream_info},         {"hms_failure_t", made_failure}};
    refused(users, sizeof users / sizeof *users);
    hms_buffer_t out;
    OK(call(&world, "inside", &out, NULL));
    OK(hms_buffer_release(&out));
}

static void structs_of_other_headers_are_taken_as_far_as_they_go(void) {
    hms_buffer_t out;
    /* Up to the timeout and no further. */
    hms_call_options_t options = {.struct_size = offsetof(hms_call_options_t, content_type), .timeout_ns = SECOND,
                                  .metadata_count = 7};
    OK(hms_method_call(method, BYTES("old"), &options, &out, NULL));
    CHECK(is(out, "old"));
    OK(hms_buffer_release(&out));

    hms_introspection_t older = {.struct_size = offsetof(hms_introspection_t, handles), .buffers = 77};
    OK(hms_introspect(&older, NULL));
    CHECK(older.buffers == 77);

    /* Of what this library does not know zeros are fine, and anything that it would have to do is refused. */
    struct {
        hms_call_options_t known;
        uint64_t added;
    } newer = {.known = {.struct_size = sizeof newer}};
    OK(hms_method_call(method, BYTES("new"), &newer.known, &out, NULL));
    OK(hms_buffer_release(&out));
    newer.added = UINT64_C(1) << 63;
    hms_error_t error;
    CHECK_STATUS(hms_method_call(method, BYTES("new"), &newer.known, &out, &error), HMS_STATUS_INVALID_ARGUMENT);
    hms_str_t message = hms_error_message(error);
    CHECK(memmem(message.ptr, message.len, "hms_call_options_t.struct_size", 30) != NULL);
    OK(hms_error_close(error));
    /* What it fills it leaves alone there. */
    struct {
        hms_introspection_t known;
        uint64_t added;
    } wider = {.known = {.struct_size = sizeof wider}, .added = 77};
    OK(hms_introspect(&wider.known, NULL));
    CHECK(wider.added == 77 && wider.known.handles[HMS_HANDLE_RUNTIME] == 1);
}

static void unknown_bits_are_refused(void) {
    const uint32_t unknown = UINT32_C(1) << 31;
    const hms_call_options_t call_flags = {.struct_size = sizeof call_flags, .flags = unknown};
    const hms_queue_options_t queue_flags = {.struct_size = sizeof queue_flags, .flags = unknown};
    const hms_method_options_t method_flags = {.struct_size = sizeof method_flags, .flags = unknown};
    CHECK_STATUS(hms_method_call(method, NOTHING, &call_flags, &(hms_buffer_t){0}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_queue_new(&queue_flags, &(hms_queue_t){0}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_server_add_method(world.server, HMS_STR("echo"), HMS_STR("more"), &method_flags, NULL, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);
}

static void until_end(void *ctx, hms_call_t call, const hms_request_t *request) {
    hms_stream_t end;
    hms_buffer_t item;
    uint32_t state;
    (void)ctx, (void)request;
    OK(hms_call_stream(call, &end, NULL));
    hms_stream_receive(end, UINT64_MAX, &item, &state, NULL);
    OK(hms_stream_close(end, NULL));
}

int main(void) {
    world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "inside", on_call, NULL);
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_CLIENT};
    hms_handler_t streams = {.struct_size = sizeof streams, .on_call = until_end};
    serve_with(&world, "stream", &streaming, &streams);
    method = bind(&world, "echo");
    OK(hms_stream_open(world.client, HMS_STR("stream"), run, NOTHING, NULL, &stream, NULL));
    sizes_that_none_can_have_are_refused();
    structs_of_other_headers_are_taken_as_far_as_they_go();
    unknown_bits_are_refused();
    OK(hms_stream_close(stream, NULL));
    OK(hms_method_close(method, NULL));
    close_world(&world);
    return 0;
}
