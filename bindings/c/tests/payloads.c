/* Payloads of no bytes and of 64 MiB arrive as they were; lengths that cannot be are refused before memory is touched. */
#include "world.h"

static void changed(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    uint8_t *answer = malloc(request->body.len);
    CHECK(answer != NULL);
    for (size_t i = 0; i < request->body.len; i++) answer[i] = request->body.ptr[i] ^ 0xff;
    hms_buffer_t buffer;
    OK(hms_buffer_lend((hms_bytes_t){answer, request->body.len}, HMS_CONTENT_TYPE_BYTES, free, answer, &buffer, NULL));
    OK(hms_call_reply_buffer(call, &buffer, NULL, NULL));
}

static void large_ones_arrive(struct world *world) {
    const size_t len = (size_t)64 << 20;
    uint8_t *body = malloc(len);
    CHECK(body != NULL);
    for (size_t i = 0; i < len; i++) body[i] = (uint8_t)(i * 7 + (i >> 13));
    const char *services[] = {"echo", "changed"};
    hms_call_options_t pool = {.struct_size = sizeof pool, .timeout_ns = 60 * SECOND};
    for (int turn = 0; turn < 4; turn++) {
        const char *service = services[turn % 2];
        hms_buffer_t out;
        OK(hms_client_call(world->client, (hms_str_t){service, strlen(service)}, HMS_STR("run"),
                           (hms_bytes_t){body, len}, turn < 2 ? NULL : &pool, &out, NULL));
        CHECK(out.len == len);
        for (size_t i = 0; i < len; i += 4099) CHECK(out.data[i] == (uint8_t)(turn % 2 ? body[i] ^ 0xff : body[i]));
        OK(hms_buffer_release(&out));
    }
    free(body);
}

static void empty_ones_arrive(struct world *world) {
    hms_buffer_t out;
    OK(hms_client_call(world->client, HMS_STR("echo"), HMS_STR("run"), NOTHING, NULL, &out, NULL));
    CHECK(out.len == 0);
    OK(hms_buffer_release(&out));
}

/* No pointer is followed for these lengths: the bytes behind it are one. */
static void impossible_lengths_are_refused(struct world *world) {
    static const uint8_t one = 1;
    const size_t lengths[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1};
    hms_method_t method = bind(world, "echo");
    hms_buffer_t out;
    for (int i = 0; i < 3; i++) {
        const hms_bytes_t bytes = {&one, lengths[i]};
        const hms_str_t text = {(const char *)&one, lengths[i]};
        const hms_pair_t pair = {HMS_STR("key"), HMS_STR("value")};
        hms_call_options_t options = {.struct_size = sizeof options, .metadata = &pair, .metadata_count = lengths[i]};
        CHECK_STATUS(hms_method_call(method, bytes, NULL, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(hms_method_call(method, NOTHING, &options, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(hms_client_call(world->client, text, text, NOTHING, NULL, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(hms_buffer_copy(bytes, 0, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(hms_buffer_lend(bytes, 0, free, NULL, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
        CHECK_STATUS(hms_reader_new(bytes, &(hms_reader_t){0}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    }
    OK(hms_method_close(method, NULL));
}

/* CBOR that claims more than there is does not make the reader take memory for it. */
static void claimed_lengths_are_refused(void) {
    hms_reader_t reader;
    const hms_bytes_t claims[] = {BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), BYTES("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"),
                                  BYTES("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"), BYTES("\x5b\x00\xff\xff\xff\xff\xff\xff\xff")};
    for (int i = 0; i < 4; i++) CHECK_STATUS(hms_reader_new(claims[i], &reader, NULL), HMS_STATUS_INVALID_ARGUMENT);
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "changed", changed, NULL);
    empty_ones_arrive(&world);
    large_ones_arrive(&world);
    impossible_lengths_are_refused(&world);
    claimed_lengths_are_refused();
    close_world(&world);
    return 0;
}
