/* Asynchronous calls by id: status, result as often as wanted, from any client of the runtime; cancellation. */
#include "world.h"

static atomic_int inside, let_go, told, hook_dropped;

static void waits(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    atomic_fetch_add(&inside, 1);
    wait_for(&let_go, 1);
    const hms_pair_t pairs[] = {{HMS_STR("from"), HMS_STR("waits")}};
    hms_reply_options_t options = {.struct_size = sizeof options, .metadata = pairs, .metadata_count = 1};
    OK(hms_call_reply(call, request->body, &options, NULL));
}

static void fails(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_DATA_LOSS, .message = HMS_STR("torn")};
    OK(hms_call_fail(call, &failure, NULL));
}

static void tell(void *ctx) {
    CHECK(ctx == &told);
    atomic_fetch_add(&told, 1);
}

static void drop(void *ctx) {
    CHECK(ctx == &told);
    atomic_fetch_add(&hook_dropped, 1);
}

static void until_cancelled(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    OK(hms_call_on_cancel(call, tell, &told, drop, NULL));
    atomic_fetch_add(&inside, 1);
    wait_for(&told, 1);
    uint32_t cancelled;
    OK(hms_call_is_cancelled(call, &cancelled, NULL));
    CHECK(cancelled == 1);
    CHECK_STATUS(hms_call_reply(call, NOTHING, NULL, NULL), HMS_STATUS_CANCELLED);
}

static hms_call_id_t submit(struct world *world, const char *service) {
    hms_method_t method = bind(world, service);
    hms_call_id_t id;
    OK(hms_method_submit(method, BYTES("body"), NULL, &id, NULL));
    OK(hms_method_close(method, NULL));
    CHECK(strlen(id.text) == 32 && strspn(id.text, "0123456789abcdef") == 32);
    return id;
}

static hms_str_t text_of(const hms_call_id_t *id) { return (hms_str_t){id->text, strlen(id->text)}; }

static uint32_t status_of(hms_client_t client, const hms_call_id_t *id) {
    uint32_t status;
    OK(hms_async_status(client, text_of(id), &status, NULL));
    return status;
}

static void a_result_is_read_by_any_client_and_more_than_once(struct world *world) {
    hms_call_id_t id = submit(world, "waits");
    hms_buffer_t out;
    uint32_t done = 7;
    wait_for(&inside, 1);
    CHECK(status_of(world->client, &id) == HMS_CALL_STATUS_IN_PROGRESS);
    OK(hms_async_result(world->client, text_of(&id), 0, &done, &out, NULL, NULL));
    CHECK(done == 0);
    OK(hms_async_result(world->client, text_of(&id), SECOND / 100, &done, &out, NULL, NULL));
    CHECK(done == 0);

    atomic_store(&let_go, 1);
    hms_client_t other;
    OK(hms_client_new(world->runtime, NULL, &other, NULL));
    for (int i = 0; i < 2; i++) {
        hms_metadata_t metadata;
        hms_str_t from;
        OK(hms_async_result(other, text_of(&id), UINT64_MAX, &done, &out, &metadata, NULL));
        CHECK(done == 1 && is(out, "body"));
        OK(hms_metadata_get(metadata, HMS_STR("from"), &from, NULL));
        CHECK(from.len == 5 && memcmp(from.ptr, "waits", 5) == 0);
        OK(hms_metadata_close(metadata));
        OK(hms_buffer_release(&out));
    }
    CHECK(status_of(other, &id) == HMS_CALL_STATUS_OK);
    uint32_t cancelled = 7;
    OK(hms_async_cancel(other, text_of(&id), &cancelled, NULL));
    CHECK(cancelled == 0);
    OK(hms_client_close(other, NULL));
}

static void a_failure_is_the_result(struct world *world) {
    hms_call_id_t id = submit(world, "fails");
    hms_buffer_t out;
    hms_error_t error;
    uint32_t done = 0;
    CHECK_STATUS(hms_async_result(world->client, text_of(&id), UINT64_MAX, &done, &out, NULL, &error),
                 HMS_STATUS_DATA_LOSS);
    CHECK(hms_error_message(error).len == 4 && status_of(world->client, &id) == HMS_CALL_STATUS_FAILED);
    OK(hms_error_close(error));
}

static void a_cancelled_call_ends_at_once_and_its_handler_is_told(struct world *world) {
    hms_call_id_t id = submit(world, "until_cancelled");
    hms_buffer_t out;
    uint32_t cancelled = 0, done;
    wait_for(&inside, 2);
    OK(hms_async_cancel(world->client, text_of(&id), &cancelled, NULL));
    CHECK(cancelled == 1 && status_of(world->client, &id) == HMS_CALL_STATUS_CANCELLED);
    CHECK_STATUS(hms_async_result(world->client, text_of(&id), UINT64_MAX, &done, &out, NULL, NULL),
                 HMS_STATUS_CANCELLED);
    wait_for(&hook_dropped, 1);
    OK(hms_async_cancel(world->client, text_of(&id), NULL, NULL));
}

static void ids_of_nobody_are_not_found(struct world *world) {
    struct world another = open_world();
    hms_call_id_t id = submit(world, "fails");
    uint32_t word;
    hms_buffer_t out;
    CHECK_STATUS(hms_async_status(another.client, text_of(&id), &word, NULL), HMS_STATUS_NOT_FOUND);
    const hms_str_t bad[] = {HMS_STR(""), HMS_STR("00000000000000000000000000000000"), HMS_STR("no hexadecimal digits")};
    for (int i = 0; i < 3; i++) {
        CHECK(hms_async_status(world->client, bad[i], &word, NULL) != HMS_STATUS_OK);
        CHECK(hms_async_result(world->client, bad[i], 0, &word, &out, NULL, NULL) != HMS_STATUS_OK);
        CHECK(hms_async_cancel(world->client, bad[i], &word, NULL) != HMS_STATUS_OK);
    }
    close_world(&another);
}

int main(void) {
    struct world world = open_world();
    serve(&world, "waits", waits, NULL);
    serve(&world, "fails", fails, NULL);
    serve(&world, "until_cancelled", until_cancelled, NULL);
    a_result_is_read_by_any_client_and_more_than_once(&world);
    a_failure_is_the_result(&world);
    a_cancelled_call_ends_at_once_and_its_handler_is_told(&world);
    ids_of_nobody_are_not_found(&world);
    close_world(&world);
    CHECK(atomic_load(&told) == 1 && atomic_load(&hook_dropped) == 1);
    return 0;
}
