/* The library leaves a host's signals alone, and works where SIGPIPE still ends the process. */
#include "world.h"

#include <signal.h>

enum { LAST = 64 };

static void dispositions(struct sigaction out[LAST + 1]) {
    for (int number = 1; number <= LAST; number++) sigaction(number, NULL, &out[number]);
}

static void until_cancelled(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_call_stream(call, &stream, NULL));
    while (hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL) == HMS_STATUS_OK && state == HMS_STREAM_ITEM)
        OK(hms_buffer_release(&item));
    CHECK(hms_stream_send(stream, BYTES("late"), 0, 0, NULL, NULL) != HMS_STATUS_OK);
    OK(hms_stream_close(stream, NULL));
    hms_call_reply(call, NOTHING, NULL, NULL);
}

/* A call that is given up while it runs has nobody who waits for its answer. */
static void echo_if_wanted(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_status_t status = hms_call_reply(call, request->body, NULL, NULL);
    CHECK(status == HMS_STATUS_OK || status == HMS_STATUS_CANCELLED);
}

/* What breaks off: streams whose other end is gone, queues closed with completions inside, calls given up. */
static void break_everything_off(void) {
    struct world world = open_world();
    serve(&world, "echo", echo_if_wanted, NULL);
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_BIDIRECTIONAL};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = until_cancelled};
    serve_with(&world, "stream", &streaming, &handler);
    hms_method_t method = bind(&world, "echo");
    hms_queue_t queue;
    hms_stream_t stream;
    hms_call_id_t id;
    OK(hms_queue_new(NULL, &queue, NULL));
    for (uint64_t tag = 0; tag < 20; tag++) OK(hms_queue_submit(queue, method, BYTES("x"), NULL, tag, NULL, NULL));
    OK(hms_stream_open(world.client, HMS_STR("stream"), HMS_STR("run"), NOTHING, NULL, &stream, NULL));
    OK(hms_stream_send(stream, BYTES("x"), 0, SECOND, NULL, NULL));
    OK(hms_stream_submit_receive(stream, queue, 99, NULL));
    OK(hms_method_submit(method, BYTES("x"), NULL, &id, NULL));
    OK(hms_async_cancel(world.client, (hms_str_t){id.text, strlen(id.text)}, NULL, NULL));
    OK(hms_queue_close(queue, NULL));
    OK(hms_stream_close(stream, NULL));
    OK(hms_method_close(method, NULL));
    close_world(&world);
}

int main(void) {
    struct sigaction before[LAST + 1], after[LAST + 1];
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    memset(before, 0, sizeof before);
    memset(after, 0, sizeof after);
    dispositions(before);
    sigset_t blocked, still_blocked;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0);
    for (int i = 0; i < 20; i++) break_everything_off();
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &still_blocked) == 0);
    dispositions(after);
    for (int number = 1; number <= LAST; number++) {
        CHECK(before[number].sa_handler == after[number].sa_handler);
        CHECK(before[number].sa_flags == after[number].sa_flags);
        CHECK(sigismember(&blocked, number) == sigismember(&still_blocked, number));
    }
    return 0;
}
