/* The process-wide runtime is one, private ones see only their own services, and closing one lets its calls end. */
#include "world.h"

static atomic_int inside, left;

static void slow(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    atomic_fetch_add(&inside, 1);
    sleep_ms(300);
    atomic_fetch_add(&left, 1);
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static void *call_slow(void *ctx) {
    hms_buffer_t out;
    OK(call(ctx, "slow", &out, NULL));
    OK(hms_buffer_release(&out));
    return NULL;
}

static void the_default_runtime_is_one(void) {
    hms_runtime_t one, two;
    OK(hms_runtime_default(&one, NULL));
    OK(hms_runtime_default(&two, NULL));
    CHECK(one.id != two.id);
    struct world world = {.runtime = one};
    OK(hms_server_new(one, NULL, &world.server, NULL));
    OK(hms_server_start(world.server, NULL));
    serve(&world, "everywhere", echo, NULL);
    OK(hms_client_new(two, NULL, &world.client, NULL));
    hms_buffer_t out;
    OK(call(&world, "everywhere", &out, NULL));
    OK(hms_buffer_release(&out));
    OK(hms_runtime_close(two, SECOND, NULL));
    OK(call(&world, "everywhere", &out, NULL));
    OK(hms_buffer_release(&out));

    struct world own = open_world();
    CHECK_STATUS(call(&own, "everywhere", &out, NULL), HMS_STATUS_NOT_FOUND);
    serve(&own, "hidden", echo, NULL);
    CHECK_STATUS(call(&world, "hidden", &out, NULL), HMS_STATUS_NOT_FOUND);
    close_world(&own);
    close_world(&world);
}

static void closing_waits_for_calls_as_long_as_it_may(void) {
    pthread_t thread;
    struct world world = open_world();
    serve(&world, "slow", slow, NULL);
    CHECK(pthread_create(&thread, NULL, call_slow, &world) == 0);
    wait_for(&inside, 1);
    OK(hms_runtime_close(world.runtime, 10 * SECOND, NULL));
    CHECK(atomic_load(&left) == 1);
    CHECK(pthread_join(thread, NULL) == 0);
    hms_buffer_t out;
    CHECK(call(&world, "slow", &out, NULL) != HMS_STATUS_OK);
    OK(hms_client_close(world.client, NULL));
    OK(hms_server_close(world.server, NULL));

    world = open_world();
    serve(&world, "slow", slow, NULL);
    CHECK(pthread_create(&thread, NULL, call_slow, &world) == 0);
    wait_for(&inside, 2);
    CHECK_STATUS(hms_runtime_close(world.runtime, SECOND / 100, NULL), HMS_STATUS_DEADLINE_EXCEEDED);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(atomic_load(&left) == 2);
    OK(hms_client_close(world.client, NULL));
    OK(hms_server_close(world.server, NULL));
}

static void services_say_who_they_are(void) {
    struct world world = open_world();
    hms_service_t service, taken;
    hms_buffer_t id;
    hms_buffer_t out;
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = echo};
    OK(hms_service_new(HMS_STR(""), HMS_STR(""), &service, NULL));
    OK(hms_service_add_method(service, HMS_STR("run"), NULL, &handler, NULL));
    OK(hms_service_register(world.server, service, NULL));
    OK(hms_service_id(service, &id, NULL));
    CHECK(id.len > 0);
    const hms_str_t name = {(const char *)id.data, id.len};
    OK(hms_client_call(world.client, name, HMS_STR("run"), NOTHING, NULL, &out, NULL));
    OK(hms_buffer_release(&out));

    /* The same id and version with other methods. */
    OK(hms_service_new(name, HMS_STR(""), &taken, NULL));
    OK(hms_service_add_method(taken, HMS_STR("walk"), NULL, &handler, NULL));
    CHECK_STATUS(hms_service_register(world.server, taken, NULL), HMS_STATUS_ALREADY_EXISTS);
    OK(hms_server_add_method(world.server, name, HMS_STR("later"), NULL, &handler, NULL));
    OK(hms_client_call(world.client, name, HMS_STR("later"), NOTHING, NULL, &out, NULL));
    OK(hms_buffer_release(&out));
    OK(hms_service_close(taken, NULL));
    OK(hms_service_unregister(world.server, name, NULL));
    CHECK_STATUS(hms_service_unregister(world.server, name, NULL), HMS_STATUS_NOT_FOUND);
    OK(hms_service_close(service, NULL));
    OK(hms_buffer_release(&id));
    close_world(&world);
}

int main(void) {
    the_default_runtime_is_one();
    closing_waits_for_calls_as_long_as_it_may();
    services_say_who_they_are();
    return 0;
}
