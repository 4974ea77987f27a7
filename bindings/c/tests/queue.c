/* An event loop: a method that takes its calls from a queue, and calls whose answers a queue collects. */
#include "world.h"

#include <poll.h>

static void *serve_queue(void *ctx) {
    const hms_queue_t queue = *(hms_queue_t *)ctx;
    hms_completion_t completions[4];
    size_t count;
    hms_status_t status;
    while ((status = hms_queue_poll(queue, completions, 4, UINT64_MAX, &count, NULL)) == HMS_STATUS_OK)
        for (size_t i = 0; i < count; i++) {
            CHECK(completions[i].tag == 7);
            if (completions[i].kind != HMS_COMPLETION_REQUEST) continue;
            hms_request_t request = {.struct_size = sizeof request};
            OK(hms_call_request(completions[i].call, &request, NULL));
            OK(hms_call_reply(completions[i].call, request.body, NULL, NULL));
        }
    CHECK(status == HMS_STATUS_UNAVAILABLE);
    return NULL;
}

static void serves_on_the_spot(void *ctx, hms_call_t call, const hms_request_t *request) {
    atomic_fetch_add((atomic_int *)ctx, 1);
    echo(NULL, call, request);
}

/* The handler of a method with a queue is for the one thread that polls it: who polls cannot wait for itself. */
static void a_handler_beside_a_queue_serves_the_thread_that_polls_it(uint32_t flags, int served) {
    struct world world = open_world();
    atomic_int calls = 0;
    hms_queue_t queue;
    hms_completion_t request;
    size_t count;
    hms_buffer_t out;
    hms_queue_options_t options = {.struct_size = sizeof options, .flags = flags};
    OK(hms_queue_new(&options, &queue, NULL));
    hms_method_options_t hop = {.struct_size = sizeof hop, .dispatch = HMS_DISPATCH_HOP, .queue = queue};
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &calls, .on_call = serves_on_the_spot};
    serve_with(&world, "hop", &hop, &handler);
    OK(hms_queue_poll(queue, &request, 1, 0, &count, NULL));
    /* Nobody else polls: who is not served waits until the end. */
    hms_call_options_t timed = {.struct_size = sizeof timed, .timeout_ns = served ? 60 * SECOND : SECOND / 20};
    const hms_status_t status =
        hms_client_call(world.client, HMS_STR("hop"), HMS_STR("run"), BYTES("body"), &timed, &out, NULL);
    CHECK_STATUS(status, served ? HMS_STATUS_OK : HMS_STATUS_DEADLINE_EXCEEDED);
    CHECK(atomic_load(&calls) == served);
    if (served) OK(hms_buffer_release(&out));

    /* Nobody serves a closed queue, not even who polled it. */
    OK(hms_queue_close(queue, NULL));
    CHECK_STATUS(call(&world, "hop", &out, NULL), HMS_STATUS_UNAVAILABLE);
    CHECK(atomic_load(&calls) == served);
    close_world(&world);
}

int main(void) {
    a_handler_beside_a_queue_serves_the_thread_that_polls_it(0, 0);
    a_handler_beside_a_queue_serves_the_thread_that_polls_it(HMS_QUEUE_SINGLE_THREAD, 1);
    struct world world = open_world();
    hms_queue_t requests, answers;
    hms_queue_options_t single = {.struct_size = sizeof single, .flags = HMS_QUEUE_SINGLE_THREAD};
    OK(hms_queue_new(&single, &requests, NULL));
    OK(hms_queue_new(NULL, &answers, NULL));
    hms_method_options_t options = {.struct_size = sizeof options, .dispatch = HMS_DISPATCH_HOP, .queue = requests,
                                    .queue_tag = 7};
    hms_handler_t none = {.struct_size = sizeof none};
    serve_with(&world, "hop", &options, &none);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, serve_queue, &requests) == 0);

    hms_buffer_t out;
    OK(call(&world, "hop", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));

    int32_t fd;
    OK(hms_queue_fd(answers, &fd, NULL));
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    CHECK(poll(&readable, 1, 0) == 0);
    hms_method_t method = bind(&world, "hop");
    for (uint64_t tag = 100; tag < 110; tag++)
        OK(hms_queue_submit(answers, method, BYTES("asked"), NULL, tag, NULL, NULL));
    uint64_t tags = 0;
    for (int arrived = 0; arrived < 10;) {
        CHECK(poll(&readable, 1, 10000) == 1);
        hms_completion_t completions[4];
        size_t count;
        OK(hms_queue_poll(answers, completions, 4, 0, &count, NULL));
        for (size_t i = 0; i < count; i++, arrived++) {
            CHECK(completions[i].kind == HMS_COMPLETION_CALL && completions[i].status == HMS_STATUS_OK);
            CHECK(is(completions[i].buffer, "asked"));
            tags += completions[i].tag;
            OK(hms_buffer_release(&completions[i].buffer));
        }
    }
    CHECK(tags == 1045);
    size_t count;
    hms_completion_t none_left;
    OK(hms_queue_poll(answers, &none_left, 1, SECOND / 100, &count, NULL));
    CHECK(count == 0);

    OK(hms_queue_close(requests, NULL));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(call(&world, "hop", &out, NULL), HMS_STATUS_UNAVAILABLE);
    OK(hms_queue_close(answers, NULL));
    CHECK_STATUS(hms_queue_poll(answers, &none_left, 1, 0, &count, NULL), HMS_STATUS_FAILED_PRECONDITION);
    OK(hms_method_close(method, NULL));
    close_world(&world);
    return 0;
}
