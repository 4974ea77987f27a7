/* A host ends its own waits: the check that it set for its thread is asked every 100 ms, whatever the thread waits for. */
#include "world.h"

static atomic_int let_go;

static void slow(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    wait_for(&let_go, 1);
    hms_call_reply(call, request->body, NULL, NULL);
}

static void open_end(void *ctx, hms_call_t call, const hms_request_t *request) {
    slow(ctx, call, request);
}

static int32_t stop(void *ctx) { return atomic_fetch_add((atomic_int *)ctx, 1) >= 0; }

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void) {
    struct world world = open_world();
    hms_method_options_t pool = {.struct_size = sizeof pool, .dispatch = HMS_DISPATCH_POOL};
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_SERVER};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = slow};
    hms_handler_t stream_handler = {.struct_size = sizeof stream_handler, .on_call = open_end};
    serve_with(&world, "slow", &pool, &handler);
    serve_with(&world, "stream", &streaming, &stream_handler);
    hms_method_t method = bind(&world, "slow");
    hms_queue_t queue;
    hms_stream_t stream;
    hms_call_id_t id;
    OK(hms_queue_new(NULL, &queue, NULL));
    OK(hms_stream_open(world.client, HMS_STR("stream"), HMS_STR("run"), NOTHING, NULL, &stream, NULL));
    OK(hms_method_submit(method, NOTHING, NULL, &id, NULL));

    hms_buffer_t out;
    hms_completion_t completion;
    size_t count = 7;
    uint32_t word = 7;
    atomic_int asked = 0;
    const int64_t begun = now_ms();
    int32_t (*check)(void *) = stop;
    void *ctx = &asked;
    OK(hms_thread_interrupt(&check, &ctx, NULL));
    CHECK(check == NULL && ctx == NULL);
    OK(hms_thread_set_interrupt(stop, &asked, NULL));
    OK(hms_thread_interrupt(&check, &ctx, NULL));
    CHECK(check == stop && ctx == &asked);
    CHECK_STATUS(hms_method_call(method, NOTHING, NULL, &out, NULL), HMS_STATUS_CANCELLED);
    CHECK(atomic_load(&asked) == 1);
    CHECK_STATUS(hms_async_result(world.client, (hms_str_t){id.text, 32}, UINT64_MAX, &word, &out, NULL, NULL),
                 HMS_STATUS_CANCELLED);
    CHECK_STATUS(hms_stream_receive(stream, UINT64_MAX, &out, &word, NULL), HMS_STATUS_CANCELLED);
    OK(hms_queue_poll(queue, &completion, 1, UINT64_MAX, &count, NULL));
    CHECK(count == 0);
    OK(hms_server_wait(world.server, UINT64_MAX, &word, NULL));
    CHECK(word == 0);
    CHECK(atomic_load(&asked) == 5 && now_ms() - begun < 5000);

    /* Taken back, it is not asked any more. */
    OK(hms_thread_set_interrupt(NULL, NULL, NULL));
    OK(hms_queue_poll(queue, &completion, 1, SECOND / 4, &count, NULL));
    CHECK(count == 0 && atomic_load(&asked) == 5);

    atomic_store(&let_go, 1);
    OK(hms_stream_close(stream, NULL));
    OK(hms_queue_close(queue, NULL));
    OK(hms_method_close(method, NULL));
    close_world(&world);
    return 0;
}
