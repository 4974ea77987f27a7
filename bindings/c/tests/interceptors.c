/* Interceptors see every call of a server and may refuse it; when all let it pass they learn how it ended. The first added
 * is the outermost. */
#include "world.h"

struct record {
    const char *name;
    const char *refuses;
    hms_status_t with;
    atomic_int before, after, dropped;
    hms_status_t last;
};

static char trace[64];

static int equal(hms_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static hms_status_t before(void *ctx, const hms_intercepted_t *call, hms_error_t *error) {
    struct record *record = ctx;
    CHECK(equal(call->method, "run") && call->body.len == 4 && call->metadata_count == 1);
    CHECK(equal(call->metadata[0].key, "who"));
    atomic_fetch_add(&record->before, 1);
    strcat(trace, record->name);
    if (!equal(call->service, record->refuses)) return HMS_STATUS_OK;
    if (record->with == HMS_STATUS_PERMISSION_DENIED) OK(hms_error_new(record->with, HMS_STR("not you"), error));
    return record->with;
}

static void after(void *ctx, const hms_intercepted_t *call, hms_status_t status, uint64_t duration_ns) {
    struct record *record = ctx;
    CHECK(call->service.len > 0 && call->body.len == 0 && duration_ns < 60 * SECOND);
    atomic_fetch_add(&record->after, 1);
    strcat(trace, record->name);
    record->last = status;
}

static void drop(void *ctx) { atomic_fetch_add(&((struct record *)ctx)->dropped, 1); }

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED};
    OK(hms_call_fail(call, &failure, NULL));
}

static hms_status_t call_as_ada(struct world *world, const char *service, hms_error_t *error) {
    const hms_pair_t who = {HMS_STR("who"), HMS_STR("Ada")};
    hms_call_options_t options = {.struct_size = sizeof options, .metadata = &who, .metadata_count = 1};
    hms_buffer_t out;
    trace[0] = 0;
    hms_status_t status = hms_client_call(world->client, (hms_str_t){service, strlen(service)}, HMS_STR("run"),
                                          BYTES("body"), &options, &out, error);
    if (status == HMS_STATUS_OK) OK(hms_buffer_release(&out));
    return status;
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "fails", fails, NULL);
    serve(&world, "secret", echo, NULL);
    serve(&world, "busy", echo, NULL);
    struct record outer = {.name = "o", .refuses = "busy", .with = HMS_STATUS_RESOURCE_EXHAUSTED};
    struct record inner = {.name = "i", .refuses = "secret", .with = HMS_STATUS_PERMISSION_DENIED};
    struct record *records[] = {&outer, &inner};
    for (int i = 0; i < 2; i++) {
        hms_interceptor_t interceptor = {.struct_size = sizeof interceptor, .ctx = records[i], .before = before,
                                         .after = after, .drop = drop};
        OK(hms_server_intercept(world.server, &interceptor, NULL));
    }

    OK(call_as_ada(&world, "echo", NULL));
    CHECK(strcmp(trace, "oiio") == 0 && outer.last == HMS_STATUS_OK);
    CHECK_STATUS(call_as_ada(&world, "fails", NULL), HMS_STATUS_ABORTED);
    CHECK(strcmp(trace, "oiio") == 0 && inner.last == HMS_STATUS_ABORTED);

    hms_error_t error;
    CHECK_STATUS(call_as_ada(&world, "secret", &error), HMS_STATUS_PERMISSION_DENIED);
    CHECK(equal(hms_error_message(error), "not you"));
    CHECK(strcmp(trace, "oi") == 0);
    OK(hms_error_close(error));
    const int seen = atomic_load(&inner.before);
    CHECK_STATUS(call_as_ada(&world, "busy", &error), HMS_STATUS_RESOURCE_EXHAUSTED);
    CHECK(hms_error_message(error).len > 0 && atomic_load(&inner.before) == seen);
    OK(hms_error_close(error));

    /* Both functions may be missing; a wrong one is dropped. */
    hms_interceptor_t nothing = {.struct_size = sizeof nothing, .ctx = &inner, .flags = 1, .drop = drop};
    CHECK_STATUS(hms_server_intercept(world.server, &nothing, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&inner.dropped) == 1);
    hms_interceptor_t empty = {.struct_size = sizeof empty};
    OK(hms_server_intercept(world.server, &empty, NULL));
    OK(call_as_ada(&world, "echo", NULL));

    close_world(&world);
    wait_for(&outer.dropped, 1);
    wait_for(&inner.dropped, 2);
    CHECK(atomic_load(&outer.dropped) == 1 && atomic_load(&inner.dropped) == 2);
    return 0;
}
