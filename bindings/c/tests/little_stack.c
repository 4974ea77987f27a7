/* All that a program does with the library fits into a thread of 64 KiB: world, handler, caller, waits, values. */
#include "world.h"

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_error_t cause;
    OK(hms_error_new(HMS_STATUS_NOT_FOUND, HMS_STR("no such row"), &cause));
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED, .message = HMS_STR("no"),
                             .cause = cause};
    OK(hms_call_fail(call, &failure, NULL));
    OK(hms_error_close(cause));
}

static void streams_back(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_call_stream(call, &stream, NULL));
    OK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
    OK(hms_stream_send_buffer(stream, &item, UINT64_MAX, NULL, NULL));
    OK(hms_stream_close(stream, NULL));
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
}

static void calls(struct world *world) {
    hms_buffer_t out;
    hms_error_t error;
    hms_call_options_t pool = {.struct_size = sizeof pool, .timeout_ns = 60 * SECOND};
    OK(call(world, "echo", &out, NULL));
    OK(hms_buffer_release(&out));
    OK(hms_client_call(world->client, HMS_STR("echo"), HMS_STR("run"), BYTES("x"), &pool, &out, NULL));
    OK(hms_buffer_release(&out));
    CHECK_STATUS(call(world, "fails", &out, &error), HMS_STATUS_ABORTED);
    OK(hms_error_close(error));
    CHECK_STATUS(call(world, "nobody", &out, &error), HMS_STATUS_NOT_FOUND);
    OK(hms_error_close(error));

    hms_method_t method = bind(world, "echo");
    hms_call_id_t id;
    uint32_t done;
    OK(hms_method_submit(method, BYTES("x"), NULL, &id, NULL));
    OK(hms_async_result(world->client, (hms_str_t){id.text, 32}, UINT64_MAX, &done, &out, NULL, NULL));
    OK(hms_buffer_release(&out));
    hms_queue_t queue;
    hms_completion_t completion;
    size_t count;
    OK(hms_queue_new(NULL, &queue, NULL));
    OK(hms_queue_submit(queue, method, BYTES("x"), NULL, 1, NULL, NULL));
    OK(hms_queue_poll(queue, &completion, 1, UINT64_MAX, &count, NULL));
    CHECK(count == 1);
    OK(hms_buffer_release(&completion.buffer));
    OK(hms_queue_close(queue, NULL));
    OK(hms_method_close(method, NULL));
}

static void streams(struct world *world) {
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_stream_open(world->client, HMS_STR("stream"), HMS_STR("run"), NOTHING, NULL, &stream, NULL));
    OK(hms_stream_send(stream, BYTES("x"), 0, UINT64_MAX, NULL, NULL));
    OK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
    CHECK(state == HMS_STREAM_ITEM && is(item, "x"));
    OK(hms_buffer_release(&item));
    OK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
    CHECK(state == HMS_STREAM_END);
    OK(hms_stream_close(stream, NULL));
}

/* As deep as a value may be, and the library's own services, which decode and encode. */
static void values(struct world *world) {
    enum { DEEPEST = 64 };
    uint8_t deep[DEEPEST + 1];
    memset(deep, 0x81, DEEPEST);
    deep[DEEPEST] = 0xf6;
    hms_reader_t reader;
    OK(hms_reader_new((hms_bytes_t){deep, sizeof deep}, &reader, NULL));
    OK(hms_reader_skip(reader, NULL));
    OK(hms_reader_close(reader, NULL));
    hms_buffer_t out;
    OK(hms_client_call(world->client, HMS_STR("hms.ffi.v1.ServiceRegistry"), HMS_STR("ListServices"), BYTES("\xa0"), NULL,
                       &out, NULL));
    OK(hms_buffer_release(&out));
}

static void *everything(void *unused) {
    (void)unused;
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "fails", fails, NULL);
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_BIDIRECTIONAL};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = streams_back};
    serve_with(&world, "stream", &streaming, &handler);
    calls(&world);
    streams(&world);
    values(&world);
    close_world(&world);
    return NULL;
}

int main(void) {
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 64 * 1024) == 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, &attributes, everything, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(pthread_attr_destroy(&attributes) == 0);
    return 0;
}
