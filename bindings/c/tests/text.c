/* Text that is not UTF-8 is refused wherever text is taken, also inside options, and nothing of it is kept.
 *
 * arguments.py sees to it that every text argument of every function has its case here. */
#include "world.h"

#define REFUSED(expression) CHECK_STATUS(expression, HMS_STATUS_INVALID_ARGUMENT)

/* A surrogate; the tests below use other kinds too. */
static const hms_str_t not_utf8 = {"\xed\xa0\x80", 3};
static const hms_str_t id = {"echo", 4}, run = {"run", 3}, empty = {NULL, 0};
static const hms_pair_t bad_key = {{"\xff", 1}, {"value", 5}}, bad_value = {{"key", 3}, {"\xc3", 1}};

static void servers_and_services(const struct world *world) {
    const hms_handler_t handler = {.struct_size = sizeof handler, .on_call = echo};
    const hms_runtime_options_t runtime_options = {.struct_size = sizeof runtime_options, .name = not_utf8};
    const hms_server_options_t server_options = {.struct_size = sizeof server_options, .name = not_utf8};
    const hms_method_options_t described = {.struct_size = sizeof described, .description = not_utf8};
    const hms_method_options_t placed = {.struct_size = sizeof placed, .handler_site = not_utf8};
    const hms_method_options_t labelled = {.struct_size = sizeof labelled, .metadata = &bad_value, .metadata_count = 1};
    const hms_runtime_options_t kept = {.struct_size = sizeof kept, .schemas = not_utf8};
    hms_runtime_t runtime;
    hms_server_t server;
    hms_service_t service;
    hms_buffer_t schema;
    REFUSED(hms_schema_of_message((hms_bytes_t){NULL, 0}, not_utf8, &schema, NULL));
    REFUSED(hms_runtime_new(&kept, &runtime, NULL));
    REFUSED(hms_runtime_new(&runtime_options, &runtime, NULL));
    REFUSED(hms_server_new(world->runtime, &server_options, &server, NULL));
    REFUSED(hms_component_load(world->runtime, not_utf8, NULL));
    REFUSED(hms_server_add_method(world->server, not_utf8, run, NULL, &handler, NULL));
    REFUSED(hms_server_add_method(world->server, id, not_utf8, NULL, &handler, NULL));
    REFUSED(hms_service_unregister(world->server, not_utf8, NULL));
    REFUSED(hms_service_new(not_utf8, empty, &service, NULL));
    REFUSED(hms_service_new(empty, not_utf8, &service, NULL));

    OK(hms_service_new(HMS_STR("text"), empty, &service, NULL));
    REFUSED(hms_service_describe(service, not_utf8, empty, NULL));
    REFUSED(hms_service_describe(service, empty, not_utf8, NULL));
    REFUSED(hms_service_set_metadata(service, not_utf8, empty, NULL));
    REFUSED(hms_service_set_metadata(service, HMS_STR("key"), not_utf8, NULL));
    REFUSED(hms_service_add_method(service, not_utf8, NULL, &handler, NULL));
    REFUSED(hms_service_add_method(service, run, &described, &handler, NULL));
    REFUSED(hms_service_add_method(service, run, &placed, &handler, NULL));
    REFUSED(hms_service_add_method(service, run, &labelled, &handler, NULL));
    OK(hms_service_add_method(service, run, NULL, &handler, NULL));
    OK(hms_service_close(service, NULL));
}

static void calls(const struct world *world) {
    const hms_pair_t *bad_pairs[] = {&bad_key, &bad_value};
    const hms_call_options_t typed = {.struct_size = sizeof typed, .content_type_text = not_utf8};
    hms_method_t method;
    hms_stream_t stream;
    hms_buffer_t out;
    uint32_t word;
    REFUSED(hms_client_call(world->client, not_utf8, run, NOTHING, NULL, &out, NULL));
    REFUSED(hms_client_call(world->client, id, not_utf8, NOTHING, NULL, &out, NULL));
    REFUSED(hms_client_call(world->client, id, run, NOTHING, &typed, &out, NULL));
    for (int i = 0; i < 2; i++) {
        const hms_call_options_t options = {.struct_size = sizeof options, .metadata = bad_pairs[i], .metadata_count = 1};
        REFUSED(hms_client_call(world->client, id, run, NOTHING, &options, &out, NULL));
    }
    REFUSED(hms_method_bind(world->client, not_utf8, run, &method, NULL));
    REFUSED(hms_method_bind(world->client, id, not_utf8, &method, NULL));
    const hms_bind_options_t some = {.struct_size = sizeof some, .expected = {(const uint8_t *)"{}", 2}};
    REFUSED(hms_method_bind_with(world->client, not_utf8, run, NULL, &method, NULL));
    REFUSED(hms_method_bind_with(world->client, id, not_utf8, NULL, &method, NULL));
    REFUSED(hms_client_fit(world->client, not_utf8, &some, &out, NULL));
    REFUSED(hms_stream_open(world->client, not_utf8, run, NOTHING, NULL, &stream, NULL));
    REFUSED(hms_stream_open(world->client, id, not_utf8, NOTHING, NULL, &stream, NULL));
    REFUSED(hms_async_status(world->client, not_utf8, &word, NULL));
    REFUSED(hms_async_result(world->client, not_utf8, 0, &word, &out, NULL, NULL));
    REFUSED(hms_async_cancel(world->client, not_utf8, &word, NULL));
}

static void inside(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    const hms_reply_options_t typed = {.struct_size = sizeof typed, .content_type_text = not_utf8};
    const hms_reply_options_t keyed = {.struct_size = sizeof keyed, .metadata = &bad_key, .metadata_count = 1};
    const hms_failure_t failures[] = {
        {.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_ABORTED, .message = not_utf8},
        {.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_ABORTED, .source = not_utf8},
        {.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_ABORTED, .stack = not_utf8},
        {.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_ABORTED, .details = &bad_value, .details_count = 1},
        {.struct_size = sizeof(hms_failure_t), .code = HMS_STATUS_ABORTED, .error_schema = not_utf8, .error_data = BYTES("\0")},
    };
    hms_str_t text;
    hms_error_t error;
    REFUSED(hms_call_metadata_get(call, not_utf8, &text, NULL));
    REFUSED(hms_call_reply(call, NOTHING, &typed, NULL));
    REFUSED(hms_call_reply(call, NOTHING, &keyed, NULL));
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        REFUSED(hms_call_fail(call, &failures[i], NULL));
        REFUSED(hms_error_make(&failures[i], &error, NULL));
    }
    /* Refused is not answered. */
    OK(hms_call_reply(call, request->body, NULL, NULL));
}

static void errors_and_metadata(const struct world *world) {
    hms_str_t text;
    hms_error_t error;
    hms_metadata_t metadata;
    hms_buffer_t out;
    REFUSED(hms_error_new(HMS_STATUS_ABORTED, not_utf8, &error));
    OK(hms_error_new(HMS_STATUS_ABORTED, empty, &error));
    REFUSED(hms_error_detail(error, not_utf8, &text));
    OK(hms_error_close(error));
    const hms_call_options_t options = {.struct_size = sizeof options, .response_metadata = &metadata};
    OK(hms_client_call(world->client, id, run, NOTHING, &options, &out, NULL));
    OK(hms_buffer_release(&out));
    REFUSED(hms_metadata_get(metadata, not_utf8, &text, NULL));
    OK(hms_metadata_close(metadata));
}

/* A new writer for each: one that has failed refuses everything. */
static hms_writer_t writer(void) {
    static hms_writer_t last;
    OK(hms_writer_close(last, NULL));
    OK(hms_writer_new(&last, NULL));
    return last;
}

static void values(void) {
    REFUSED(hms_writer_text(writer(), not_utf8, NULL));
    REFUSED(hms_writer_bigint(writer(), not_utf8, NULL));
    REFUSED(hms_writer_datetime(writer(), not_utf8, NULL));
    REFUSED(hms_writer_decimal(writer(), not_utf8, NULL));
    const hms_writer_t map = writer();
    OK(hms_writer_begin_map(map, 1, NULL));
    REFUSED(hms_writer_key(map, not_utf8, NULL));
    OK(hms_writer_close(map, NULL));

    hms_reader_t reader;
    uint32_t found;
    OK(hms_reader_new(BYTES("\xa0"), &reader, NULL));
    size_t pairs;
    OK(hms_reader_enter_map(reader, &pairs, NULL));
    REFUSED(hms_reader_find(reader, not_utf8, &found, NULL));
    OK(hms_reader_close(reader, NULL));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "inside", inside, NULL);
    servers_and_services(&world);
    calls(&world);
    hms_buffer_t out;
    OK(call(&world, "inside", &out, NULL));
    CHECK(is(out, "body"));
    OK(hms_buffer_release(&out));
    errors_and_metadata(&world);
    values();
    close_world(&world);
    return 0;
}
