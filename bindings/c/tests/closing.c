/* Handles may be closed while calls run, and by any callback: what runs ends, and `drop` runs once, after it. */
#include "world.h"

struct slow {
    struct world *world;
    atomic_int inside, go_on, left, dropped;
};

static void slow_call(void *ctx, hms_call_t call, const hms_request_t *request) {
    struct slow *slow = ctx;
    atomic_fetch_add(&slow->inside, 1);
    wait_for(&slow->go_on, 1);
    CHECK(atomic_load(&slow->dropped) == 0);
    atomic_fetch_add(&slow->left, 1);
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static void slow_drop(void *ctx) {
    struct slow *slow = ctx;
    CHECK(atomic_load(&slow->left) == atomic_load(&slow->inside));
    atomic_fetch_add(&slow->dropped, 1);
}

static void *call_slow(void *ctx) {
    hms_buffer_t out;
    OK(call(ctx, "slow", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));
    return NULL;
}

static void a_service_closed_while_calls_run(void) {
    struct world world = open_world();
    struct slow slow = {.world = &world};
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &slow, .on_call = slow_call, .drop = slow_drop};
    serve_with(&world, "slow", NULL, &handler);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, call_slow, &world) == 0);
    wait_for(&slow.inside, 3);

    CHECK_STATUS(hms_server_stop(world.server, SECOND / 100, NULL), HMS_STATUS_DEADLINE_EXCEEDED);
    OK(hms_service_unregister(world.server, HMS_STR("slow"), NULL));
    hms_buffer_t out;
    CHECK_STATUS(call(&world, "slow", &out, NULL), HMS_STATUS_NOT_FOUND);
    OK(hms_server_close(world.server, NULL));
    CHECK(atomic_load(&slow.dropped) == 0);

    atomic_store(&slow.go_on, 1);
    for (int i = 0; i < 3; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    wait_for(&slow.dropped, 1);
    OK(hms_client_close(world.client, NULL));
    OK(hms_runtime_close(world.runtime, SECOND, NULL));
    CHECK(atomic_load(&slow.dropped) == 1);
}

static void close_everything(void *ctx, hms_call_t call, const hms_request_t *request) {
    struct slow *slow = ctx;
    OK(hms_server_stop(slow->world->server, SECOND, NULL));
    OK(hms_server_close(slow->world->server, NULL));
    OK(hms_client_close(slow->world->client, NULL));
    hms_runtime_close(slow->world->runtime, 0, NULL);
    CHECK(atomic_load(&slow->dropped) == 0);
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static void a_handler_closes_what_runs_it(void) {
    struct world world = open_world();
    struct slow slow = {.world = &world};
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &slow, .on_call = close_everything, .drop = slow_drop};
    serve_with(&world, "closes", NULL, &handler);
    hms_buffer_t out;
    OK(call(&world, "closes", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));
    wait_for(&slow.dropped, 1);
}

/* Closes all that there is, once. */
static atomic_int closing, closed;

static void close_all(void *ctx) {
    struct world *world = ctx;
    if (atomic_fetch_add(&closing, 1) > 0) return;
    OK(hms_server_close(world->server, NULL));
    OK(hms_client_close(world->client, NULL));
    OK(hms_runtime_close(world->runtime, 0, NULL));
    atomic_store(&closed, 1);
}

static struct world open_world_to_close(void) {
    atomic_store(&closing, 0);
    atomic_store(&closed, 0);
    return open_world();
}

static hms_status_t close_before(void *ctx, const hms_intercepted_t *call, hms_error_t *error) {
    (void)call, (void)error;
    close_all(ctx);
    return HMS_STATUS_OK;
}

static void close_after(void *ctx, const hms_intercepted_t *call, hms_status_t status, uint64_t duration_ns) {
    (void)call, (void)status, (void)duration_ns;
    close_all(ctx);
}

static void an_interceptor_closes_what_runs_it(int before) {
    struct world world = open_world_to_close();
    serve(&world, "echo", echo, NULL);
    hms_interceptor_t interceptor = {.struct_size = sizeof interceptor, .ctx = &world,
                                     .before = before ? close_before : NULL, .after = before ? NULL : close_after};
    OK(hms_server_intercept(world.server, &interceptor, NULL));
    hms_buffer_t out;
    OK(call(&world, "echo", &out, NULL));
    CHECK(is(out, "body") && atomic_load(&closed) == 1);
    OK(hms_buffer_release(&out));
}

static atomic_int waiting;

static void until_closed(void *ctx, hms_call_t call, const hms_request_t *request) {
    OK(hms_call_on_cancel(call, close_all, ctx, NULL, NULL));
    atomic_store(&waiting, 1);
    wait_for(&closed, 1);
    hms_call_reply(call, request->body, NULL, NULL);
}

static void a_cancelled_call_closes_what_it_is_of(void) {
    struct world world = open_world_to_close();
    serve(&world, "waits", until_closed, &world);
    hms_method_t method = bind(&world, "waits");
    hms_call_id_t id;
    OK(hms_method_submit(method, NOTHING, NULL, &id, NULL));
    wait_for(&waiting, 1);
    OK(hms_async_cancel(world.client, (hms_str_t){id.text, 32}, NULL, NULL));
    wait_for(&closed, 1);
    OK(hms_method_close(method, NULL));
}

static void a_handler_that_is_dropped_closes_the_rest(void) {
    struct world world = open_world_to_close();
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &world, .on_call = echo, .drop = close_all};
    serve_with(&world, "echo", NULL, &handler);
    OK(hms_service_unregister(world.server, HMS_STR("echo"), NULL));
    wait_for(&closed, 1);
}

static void lent_memory_that_is_released_closes_the_rest(void) {
    struct world world = open_world_to_close();
    hms_buffer_t buffer;
    OK(hms_buffer_lend(BYTES("x"), 0, close_all, &world, &buffer, NULL));
    OK(hms_buffer_release(&buffer));
    CHECK(atomic_load(&closed) == 1);
}

static void a_refused_handler_is_dropped(void) {
    struct world world = open_world();
    struct slow slow = {.world = &world};
    hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &slow, .on_call = slow_call, .drop = slow_drop};
    CHECK_STATUS(hms_service_add_method((hms_service_t){0}, HMS_STR("run"), NULL, &handler, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&slow.dropped) == 1);
    close_world(&world);
}

int main(void) {
    a_service_closed_while_calls_run();
    a_handler_closes_what_runs_it();
    an_interceptor_closes_what_runs_it(1);
    an_interceptor_closes_what_runs_it(0);
    a_cancelled_call_closes_what_it_is_of();
    a_handler_that_is_dropped_closes_the_rest();
    lent_memory_that_is_released_closes_the_rest();
    a_refused_handler_is_dropped();
    return 0;
}
