/* Handlers call on, a thousand deep, also on threads with little stack; a handler that sleeps does not keep its caller. */
#include "world.h"

static atomic_int deepest;

static void descend(void *ctx, hms_call_t call, const hms_request_t *request) {
    struct world *world = ctx;
    uint32_t left;
    memcpy(&left, request->body.ptr, sizeof left);
    hms_call_info_t info = {.struct_size = sizeof info};
    OK(hms_call_info(call, &info, NULL));
    if ((int)info.depth > atomic_load(&deepest)) atomic_store(&deepest, (int)info.depth);
    if (left == 0) {
        OK(hms_call_reply(call, request->body, NULL, NULL));
        return;
    }
    left--;
    hms_buffer_t out;
    hms_status_t status = hms_client_call(world->client, HMS_STR("descend"), HMS_STR("run"),
                                          (hms_bytes_t){(uint8_t *)&left, sizeof left}, NULL, &out, NULL);
    if (status == HMS_STATUS_OK) {
        OK(hms_call_reply_buffer(call, &out, NULL, NULL));
        return;
    }
    hms_failure_t failure = {.struct_size = sizeof failure, .code = status};
    OK(hms_call_fail(call, &failure, NULL));
}

static hms_status_t descend_from(struct world *world, uint32_t depth) {
    hms_buffer_t out;
    hms_status_t status = hms_client_call(world->client, HMS_STR("descend"), HMS_STR("run"),
                                          (hms_bytes_t){(uint8_t *)&depth, sizeof depth}, NULL, &out, NULL);
    if (status == HMS_STATUS_OK) OK(hms_buffer_release(&out));
    return status;
}

static void *with_little_stack(void *ctx) {
    /* Either it goes that deep or it is refused: it does not overflow. */
    hms_status_t status = descend_from(ctx, 1000);
    CHECK(status == HMS_STATUS_OK || status == HMS_STATUS_RESOURCE_EXHAUSTED);
    OK(descend_from(ctx, 4));
    return NULL;
}

static atomic_int woken, left;

static void sleeper(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    wait_for(&woken, 1);
    CHECK_STATUS(hms_call_reply(call, request->body, NULL, NULL), HMS_STATUS_CANCELLED);
    atomic_store(&left, 1);
}

/* It sleeps until its caller has gone: who waited for it would wait for ever. */
static void a_handler_that_sleeps_past_its_deadline_keeps_nobody(struct world *world) {
    hms_call_options_t options = {.struct_size = sizeof options, .timeout_ns = SECOND / 20};
    hms_buffer_t out;
    CHECK_STATUS(hms_client_call(world->client, HMS_STR("sleeper"), HMS_STR("run"), NOTHING, &options, &out, NULL),
                 HMS_STATUS_DEADLINE_EXCEEDED);
    CHECK(atomic_load(&left) == 0);
    atomic_store(&woken, 1);
    wait_for(&left, 1);
}

int main(void) {
    struct world world = open_world();
    /* Every level counts as a call. */
    OK(hms_server_close(world.server, NULL));
    hms_server_options_t many = {.struct_size = sizeof many, .max_concurrent_calls = -1};
    OK(hms_server_new(world.runtime, &many, &world.server, NULL));
    OK(hms_server_start(world.server, NULL));
    serve(&world, "descend", descend, &world);
    serve(&world, "sleeper", sleeper, NULL);

    OK(descend_from(&world, 999));
    CHECK(atomic_load(&deepest) == 999);

    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 64 * 1024) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, &attributes, with_little_stack, &world) == 0);
    CHECK(pthread_join(thread, NULL) == 0);

    a_handler_that_sleeps_past_its_deadline_keeps_nobody(&world);
    close_world(&world);
    return 0;
}
