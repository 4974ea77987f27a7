/* Buffers are released once; lent memory is given back once, whoever used it last. */
#include "world.h"

static atomic_int given_back;
static void give_back(void *ctx) {
    CHECK(strcmp(ctx, "lent memory") == 0);
    atomic_fetch_add(&given_back, 1);
}
static char lent[] = "lent memory";

static void lend(hms_buffer_t *out) {
    OK(hms_buffer_lend((hms_bytes_t){(uint8_t *)lent, sizeof lent - 1}, HMS_CONTENT_TYPE_BYTES, give_back, lent, out, NULL));
}

static void reply_lent(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_buffer_t buffer;
    lend(&buffer);
    OK(hms_call_reply_buffer(call, &buffer, NULL, NULL));
    CHECK(buffer.owner == 0 && buffer.data == NULL && buffer.len == 0);
}

/* Options that name no content type leave the buffer's. */
static void reply_lent_with_options(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    const hms_reply_options_t options = {.struct_size = sizeof options};
    hms_buffer_t buffer;
    lend(&buffer);
    OK(hms_call_reply_buffer(call, &buffer, &options, NULL));
}

static void reply_typed(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    const hms_reply_options_t options = {.struct_size = sizeof options, .content_type_text = HMS_STR("text/csv")};
    OK(hms_call_reply(call, BYTES("a,b"), &options, NULL));
}

/* Hands the answer of another service on as it is. */
static void reply_relayed(void *ctx, hms_call_t inbound, const hms_request_t *request) {
    (void)request;
    hms_buffer_t buffer;
    OK(call(ctx, "typed", &buffer, NULL));
    OK(hms_call_reply_buffer(inbound, &buffer, NULL, NULL));
}

static void reply_lent_nothing(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    CHECK(request->content_type_text.len > 0);
    hms_buffer_t buffer;
    OK(hms_buffer_lend((hms_bytes_t){(uint8_t *)lent, 0}, HMS_CONTENT_TYPE_BYTES, give_back, lent, &buffer, NULL));
    CHECK(buffer.data == NULL && buffer.len == 0);
    OK(hms_call_reply_buffer(call, &buffer, NULL, NULL));
}

static void reply_nothing(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    CHECK(request->body.ptr == NULL && request->body.len == 0);
    OK(hms_call_reply(call, NOTHING, NULL, NULL));
}

static void content_types_stay_with_their_buffers(struct world *world) {
    hms_buffer_t buffer;
    serve(world, "lent.with.options", reply_lent_with_options, NULL);
    OK(call(world, "lent.with.options", &buffer, NULL));
    CHECK(buffer.content_type == HMS_CONTENT_TYPE_BYTES);
    OK(hms_buffer_release(&buffer));
    serve(world, "typed", reply_typed, NULL);
    serve(world, "relayed", reply_relayed, world);
    OK(call(world, "relayed", &buffer, NULL));
    hms_str_t type = hms_buffer_content_type(&buffer);
    CHECK(type.len == strlen("text/csv") && memcmp(type.ptr, "text/csv", type.len) == 0);
    OK(hms_buffer_release(&buffer));
}

static void nothing_is_at_null(struct world *world) {
    hms_buffer_t buffer;
    serve(world, "nothing", reply_nothing, NULL);
    serve(world, "lent.nothing", reply_lent_nothing, NULL);
    OK(hms_client_call(world->client, HMS_STR("nothing"), HMS_STR("run"), BYTES(""), NULL, &buffer, NULL));
    CHECK(buffer.data == NULL && buffer.len == 0);
    OK(hms_buffer_release(&buffer));
    int before = atomic_load(&given_back);
    OK(call(world, "lent.nothing", &buffer, NULL));
    CHECK(buffer.data == NULL && buffer.len == 0);
    OK(hms_buffer_release(&buffer));
    CHECK(atomic_load(&given_back) == before + 1);
}

int main(void) {
    hms_introspection_t before = introspect();
    hms_buffer_t buffer, copy;
    OK(hms_buffer_copy(BYTES("hello"), HMS_CONTENT_TYPE_JSON, &buffer, NULL));
    CHECK(is(buffer, "hello") && buffer.content_type == HMS_CONTENT_TYPE_JSON);
    hms_str_t type = hms_buffer_content_type(&buffer);
    CHECK(type.len == strlen("application/json") && memcmp(type.ptr, "application/json", type.len) == 0);
    CHECK(introspect().buffers == before.buffers + 1);
    copy = buffer;
    OK(hms_buffer_release(&buffer));
    CHECK(buffer.owner == 0 && buffer.data == NULL);
    OK(hms_buffer_release(&buffer));
    CHECK_STATUS(hms_buffer_release(&copy), HMS_STATUS_FAILED_PRECONDITION);

    lend(&buffer);
    CHECK((const char *)buffer.data == lent && atomic_load(&given_back) == 0);
    OK(hms_buffer_release(&buffer));
    CHECK(atomic_load(&given_back) == 1);

    struct world world = open_world();
    serve(&world, "lent", reply_lent, NULL);
    OK(call(&world, "lent", &buffer, NULL));
    CHECK((const char *)buffer.data == lent && buffer.content_type == HMS_CONTENT_TYPE_BYTES);
    CHECK(atomic_load(&given_back) == 1);
    OK(hms_buffer_release(&buffer));
    CHECK(atomic_load(&given_back) == 2);
    /* An answer that nobody takes. */
    lend(&buffer);
    CHECK_STATUS(hms_call_reply_buffer((hms_call_t){0}, &buffer, NULL, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&given_back) == 3 && buffer.owner == 0);
    content_types_stay_with_their_buffers(&world);
    nothing_is_at_null(&world);
    close_world(&world);
    CHECK(introspect().buffers == before.buffers && introspect().buffer_bytes == before.buffer_bytes);
    return 0;
}
