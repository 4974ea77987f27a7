/* A million calls, and worlds opened and closed, leave nothing behind: handles, buffers, calls, threads, descriptors. */
#include "world.h"

#include <dirent.h>

static int descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    int count = 0;
    while (readdir(folder) != NULL) count++;
    closedir(folder);
    return count;
}

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED, .message = HMS_STR("no")};
    OK(hms_call_fail(call, &failure, NULL));
}

static void one_round(int calls) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "fails", fails, NULL);
    hms_method_t method = bind(&world, "echo");
    hms_queue_t queue;
    OK(hms_queue_new(NULL, &queue, NULL));
    hms_buffer_t out;
    for (int i = 0; i < calls; i++) {
        OK(hms_method_call(method, BYTES("a body of some bytes"), NULL, &out, NULL));
        OK(hms_buffer_release(&out));
        if (i % 100 != 0) continue;
        hms_error_t error;
        CHECK_STATUS(call(&world, "fails", &out, &error), HMS_STATUS_ABORTED);
        OK(hms_error_close(error));
        CHECK_STATUS(call(&world, "fails", &out, NULL), HMS_STATUS_ABORTED);
    }
    hms_call_options_t pool = {.struct_size = sizeof pool, .timeout_ns = 10 * SECOND};
    OK(hms_method_call(method, BYTES("x"), &pool, &out, NULL));
    OK(hms_buffer_release(&out));
    OK(hms_queue_close(queue, NULL));
    OK(hms_method_close(method, NULL));
    close_world(&world);
}

/* Threads end by themselves a little later. */
static hms_introspection_t settled(uint32_t threads) {
    hms_introspection_t now = introspect();
    for (int i = 0; i < 1000 && now.threads > threads; i++) {
        sleep_ms(10);
        now = introspect();
    }
    return now;
}

int main(void) {
    one_round(10);
    hms_introspection_t before = settled(0);
    int files = descriptors();
    one_round(1000000);
    for (int i = 0; i < 50; i++) one_round(100);
    hms_introspection_t after = settled(before.threads);
    CHECK(after.calls_total >= before.calls_total + 1000000);
    for (int i = 0; i < 16; i++) CHECK(after.handles[i] == before.handles[i]);
    CHECK(after.buffers == before.buffers && after.buffer_bytes == before.buffer_bytes);
    CHECK(after.queued_bytes == before.queued_bytes && after.calls == before.calls);
    CHECK(after.threads <= before.threads);
    CHECK(descriptors() == files);
    return 0;
}
