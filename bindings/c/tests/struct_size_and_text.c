/* Option structs of an older header are read as far as they go; wrong sizes, unknown bits and text that is not UTF-8
 * are refused. */
#include "world.h"

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    hms_method_t method = bind(&world, "echo");
    hms_buffer_t out;

    hms_call_options_t options = {.struct_size = 0};
    CHECK_STATUS(hms_method_call(method, NOTHING, &options, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
    options.struct_size = 3;
    CHECK_STATUS(hms_method_call(method, NOTHING, &options, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);

    /* Up to the timeout and no further. */
    options.struct_size = offsetof(hms_call_options_t, content_type);
    options.timeout_ns = SECOND;
    OK(hms_method_call(method, BYTES("old"), &options, &out, NULL));
    CHECK(is(out, "old"));
    OK(hms_buffer_release(&out));

    /* A newer header: zeros in what this library does not know are fine. */
    struct {
        hms_call_options_t known;
        uint64_t added;
    } newer = {.known = {.struct_size = sizeof newer}};
    OK(hms_method_call(method, BYTES("new"), &newer.known, &out, NULL));
    OK(hms_buffer_release(&out));
    /* What it would have to do is refused. */
    newer.added = UINT64_C(1) << 63;
    hms_error_t error;
    CHECK_STATUS(hms_method_call(method, BYTES("new"), &newer.known, &out, &error), HMS_STATUS_INVALID_ARGUMENT);
    hms_str_t message = hms_error_message(error);
    CHECK(memmem(message.ptr, message.len, "hms_call_options_t.struct_size", 30) != NULL);
    OK(hms_error_close(error));

    options = (hms_call_options_t){.struct_size = sizeof options, .flags = 1u << 31};
    CHECK_STATUS(hms_method_call(method, NOTHING, &options, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);

    const hms_pair_t bad[] = {{HMS_STR("key"), HMS_STR("\xff")}};
    options = (hms_call_options_t){.struct_size = sizeof options, .metadata = bad, .metadata_count = 1};
    CHECK_STATUS(hms_method_call(method, NOTHING, &options, &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_client_call(world.client, HMS_STR("\xc3"), HMS_STR("run"), NOTHING, NULL, &out, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);
    hms_service_t service;
    CHECK_STATUS(hms_service_new(HMS_STR("\xed\xa0\x80"), HMS_STR(""), &service, NULL), HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_service_new(HMS_STR("id"), HMS_STR("no version"), &service, NULL));
    CHECK_STATUS(hms_service_register(world.server, service, NULL), HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_service_close(service, NULL));

    OK(hms_method_close(method, NULL));
    close_world(&world);
    return 0;
}
