/* Pairs and content types go along with a request and come back with its answer. */
#include "world.h"

static int equal(hms_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

/* Answers with the pairs of the request, in their order, and one more. */
static void mirror(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_pair_t pairs[4];
    hms_str_t value;
    CHECK(request->metadata_count == 2);
    for (uint32_t i = 0; i < 2; i++) OK(hms_call_metadata_at(call, i, &pairs[i].key, &pairs[i].value, NULL));
    CHECK_STATUS(hms_call_metadata_at(call, 2, &value, &value, NULL), HMS_STATUS_OUT_OF_RANGE);
    OK(hms_call_metadata_get(call, HMS_STR("who"), &value, NULL));
    CHECK(equal(value, "Ada"));
    CHECK_STATUS(hms_call_metadata_get(call, HMS_STR("none"), &value, NULL), HMS_STATUS_NOT_FOUND);
    pairs[2] = (hms_pair_t){HMS_STR("added"), HMS_STR("")};
    hms_reply_options_t options = {.struct_size = sizeof options, .metadata = pairs, .metadata_count = 3};
    OK(hms_call_reply(call, request->body, &options, NULL));
}

static void as_png(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    CHECK(request->content_type == HMS_CONTENT_TYPE_DEFAULT && equal(request->content_type_text, "image/svg+xml"));
    hms_reply_options_t options = {.struct_size = sizeof options, .content_type_text = HMS_STR("image/png")};
    OK(hms_call_reply(call, request->body, &options, NULL));
}

static void metadata_goes_both_ways(struct world *world) {
    const hms_pair_t sent[] = {{HMS_STR("who"), HMS_STR("Ada")}, {HMS_STR("where"), HMS_STR("\xc3\xa9t\xc3\xa9")}};
    hms_metadata_t metadata = {0};
    hms_call_options_t options = {.struct_size = sizeof options, .metadata = sent, .metadata_count = 2,
                                  .response_metadata = &metadata};
    hms_buffer_t out;
    hms_str_t key, value;
    OK(hms_client_call(world->client, HMS_STR("mirror"), HMS_STR("run"), NOTHING, &options, &out, NULL));
    OK(hms_buffer_release(&out));
    CHECK(hms_metadata_count(metadata) == 3);
    for (size_t i = 0; i < 2; i++) {
        OK(hms_metadata_at(metadata, i, &key, &value, NULL));
        CHECK(key.len == sent[i].key.len && memcmp(key.ptr, sent[i].key.ptr, key.len) == 0);
        CHECK(value.len == sent[i].value.len && memcmp(value.ptr, sent[i].value.ptr, value.len) == 0);
    }
    OK(hms_metadata_get(metadata, HMS_STR("added"), &value, NULL));
    CHECK(value.len == 0);
    CHECK_STATUS(hms_metadata_get(metadata, HMS_STR("none"), &value, NULL), HMS_STATUS_NOT_FOUND);
    CHECK_STATUS(hms_metadata_at(metadata, 3, &key, &value, NULL), HMS_STATUS_OUT_OF_RANGE);
    OK(hms_metadata_close(metadata));
}

static void content_types_with_and_without_a_number(struct world *world) {
    hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_JSON};
    hms_buffer_t out;
    OK(hms_client_call(world->client, HMS_STR("echo"), HMS_STR("run"), BYTES("{}"), &options, &out, NULL));
    CHECK(out.content_type == HMS_CONTENT_TYPE_JSON && equal(hms_buffer_content_type(&out), "application/json"));
    OK(hms_buffer_release(&out));
    options.content_type = 99;
    CHECK_STATUS(hms_client_call(world->client, HMS_STR("echo"), HMS_STR("run"), NOTHING, &options, &out, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);

    options = (hms_call_options_t){.struct_size = sizeof options, .content_type_text = HMS_STR("image/svg+xml")};
    OK(hms_client_call(world->client, HMS_STR("png"), HMS_STR("run"), BYTES("<svg/>"), &options, &out, NULL));
    CHECK(out.content_type == HMS_CONTENT_TYPE_DEFAULT && equal(hms_buffer_content_type(&out), "image/png"));
    OK(hms_buffer_release(&out));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "mirror", mirror, NULL);
    serve(&world, "png", as_png, NULL);
    metadata_goes_both_ways(&world);
    content_types_with_and_without_a_number(&world);
    close_world(&world);
    return 0;
}
