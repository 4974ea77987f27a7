/* Streams of all three types, back pressure, half-close, cancellation and failure. */
#include "world.h"

static void count_up(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_stream_t stream;
    OK(hms_call_stream(call, &stream, NULL));
    for (uint8_t i = 0; i < request->body.ptr[0]; i++)
        OK(hms_stream_send(stream, (hms_bytes_t){&i, 1}, HMS_CONTENT_TYPE_BYTES, UINT64_MAX, NULL, NULL));
    OK(hms_stream_close(stream, NULL));
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
}

static void total(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state, sum = 0;
    OK(hms_call_stream(call, &stream, NULL));
    for (;;) {
        OK(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL));
        if (state == HMS_STREAM_END) break;
        sum += (uint32_t)item.len;
        OK(hms_buffer_release(&item));
    }
    OK(hms_stream_close(stream, NULL));
    OK(hms_call_reply(call, (hms_bytes_t){(uint8_t *)&sum, sizeof sum}, NULL, NULL));
}

static void echo_all(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_call_stream(call, &stream, NULL));
    while (hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL) == HMS_STATUS_OK && state == HMS_STREAM_ITEM)
        if (hms_stream_send_buffer(stream, &item, UINT64_MAX, NULL, NULL) != HMS_STATUS_OK) break;
    OK(hms_stream_close(stream, NULL));
    hms_call_reply(call, NOTHING, NULL, NULL);
}

static atomic_int torn_down;
static void until_cancelled(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_call_stream(call, &stream, NULL));
    CHECK_STATUS(hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL), HMS_STATUS_CANCELLED);
    atomic_fetch_add(&torn_down, 1);
    OK(hms_stream_close(stream, NULL));
    CHECK_STATUS(hms_call_reply(call, NOTHING, NULL, NULL), HMS_STATUS_CANCELLED);
}

static void one_then_fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    OK(hms_call_stream(call, &stream, NULL));
    OK(hms_stream_send(stream, BYTES("one"), HMS_CONTENT_TYPE_BYTES, UINT64_MAX, NULL, NULL));
    OK(hms_stream_close(stream, NULL));
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_DATA_LOSS, .message = HMS_STR("torn")};
    OK(hms_call_fail(call, &failure, NULL));
}

static void serve_stream(struct world *world, const char *id, uint32_t type, on_call_fn on_call) {
    hms_method_options_t options = {.struct_size = sizeof options, .stream_type = type};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = on_call};
    serve_with(world, id, &options, &handler);
}

static hms_stream_t open_stream(struct world *world, const char *id, hms_bytes_t request) {
    hms_stream_t stream;
    OK(hms_stream_open(world->client, (hms_str_t){id, strlen(id)}, HMS_STR("run"), request, NULL, &stream, NULL));
    return stream;
}

static uint32_t receive(hms_stream_t stream, hms_buffer_t *item) {
    uint32_t state;
    OK(hms_stream_receive(stream, 10 * SECOND, item, &state, NULL));
    return state;
}

int main(void) {
    struct world world = open_world();
    serve_stream(&world, "up", HMS_STREAM_TYPE_SERVER, count_up);
    serve_stream(&world, "total", HMS_STREAM_TYPE_CLIENT, total);
    serve_stream(&world, "echo", HMS_STREAM_TYPE_BIDIRECTIONAL, echo_all);
    serve_stream(&world, "waits", HMS_STREAM_TYPE_BIDIRECTIONAL, until_cancelled);
    serve_stream(&world, "fails", HMS_STREAM_TYPE_SERVER, one_then_fails);
    hms_buffer_t item;
    uint32_t state, sent;

    hms_stream_t stream = open_stream(&world, "up", BYTES("\xc8"));
    for (uint8_t i = 0; i < 200; i++) {
        CHECK(receive(stream, &item) == HMS_STREAM_ITEM && item.len == 1 && item.data[0] == i);
        OK(hms_buffer_release(&item));
    }
    CHECK(receive(stream, &item) == HMS_STREAM_END);
    hms_stream_info_t info = {.struct_size = sizeof info};
    OK(hms_stream_info(stream, &info, NULL));
    CHECK(info.received == 200);
    OK(hms_stream_close(stream, NULL));

    static uint8_t body[10000];
    stream = open_stream(&world, "total", NOTHING);
    for (int i = 0; i < 300; i++)
        OK(hms_stream_send(stream, (hms_bytes_t){body, sizeof body}, HMS_CONTENT_TYPE_BYTES, UINT64_MAX, NULL, NULL));
    OK(hms_stream_finish(stream, NULL));
    OK(hms_stream_finish(stream, NULL));
    CHECK(receive(stream, &item) == HMS_STREAM_ITEM && item.len == 4);
    CHECK(memcmp(item.data, &(uint32_t){3000000}, 4) == 0);
    OK(hms_buffer_release(&item));
    CHECK(receive(stream, &item) == HMS_STREAM_END);
    OK(hms_stream_close(stream, NULL));

    stream = open_stream(&world, "echo", NOTHING);
    OK(hms_stream_receive(stream, SECOND / 100, &item, &state, NULL));
    CHECK(state == HMS_STREAM_PENDING);
    OK(hms_stream_send(stream, BYTES("ping"), HMS_CONTENT_TYPE_BYTES, UINT64_MAX, NULL, NULL));
    CHECK(receive(stream, &item) == HMS_STREAM_ITEM && is(item, "ping"));
    OK(hms_buffer_release(&item));
    OK(hms_stream_finish(stream, NULL));
    CHECK(receive(stream, &item) == HMS_STREAM_END);
    OK(hms_stream_close(stream, NULL));

    /* Nobody receives: the window of 64 messages fills up on both ways, then there is no room. */
    stream = open_stream(&world, "echo", NOTHING);
    int taken = 0;
    for (sent = 1; sent && taken < 1000; taken += (int)sent)
        OK(hms_stream_send(stream, BYTES("x"), HMS_CONTENT_TYPE_BYTES, SECOND / 5, &sent, NULL));
    CHECK(taken >= 64 && taken < 1000);
    CHECK_STATUS(hms_stream_send(stream, BYTES("x"), 0, 0, NULL, NULL), HMS_STATUS_DEADLINE_EXCEEDED);
    /* A buffer for which there was no room stays its sender's, who may try again. */
    hms_buffer_t message;
    OK(hms_buffer_copy(BYTES("kept"), HMS_CONTENT_TYPE_JSON, &message, NULL));
    for (int i = 0; i < 2; i++) {
        OK(hms_stream_send_buffer(stream, &message, 0, &sent, NULL));
        CHECK(sent == 0 && is(message, "kept") && message.content_type == HMS_CONTENT_TYPE_JSON);
    }
    CHECK_STATUS(hms_stream_send_buffer(stream, &message, 0, NULL, NULL), HMS_STATUS_DEADLINE_EXCEEDED);
    CHECK(message.owner == 0);
    OK(hms_stream_close(stream, NULL));

    stream = open_stream(&world, "waits", NOTHING);
    OK(hms_stream_cancel(stream, NULL));
    OK(hms_stream_cancel(stream, NULL));
    CHECK_STATUS(hms_stream_receive(stream, SECOND, &item, &state, NULL), HMS_STATUS_CANCELLED);
    OK(hms_stream_close(stream, NULL));
    stream = open_stream(&world, "waits", NOTHING);
    OK(hms_stream_close(stream, NULL));
    sleep_ms(200);
    CHECK(atomic_load(&torn_down) <= 2);

    stream = open_stream(&world, "fails", NOTHING);
    CHECK(receive(stream, &item) == HMS_STREAM_ITEM && is(item, "one"));
    OK(hms_buffer_release(&item));
    CHECK_STATUS(hms_stream_receive(stream, SECOND, &item, &state, NULL), HMS_STATUS_DATA_LOSS);
    OK(hms_stream_close(stream, NULL));

    close_world(&world);
    return 0;
}
