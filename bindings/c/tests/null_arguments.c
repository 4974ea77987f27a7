/* arguments.py sees to it that every pointer of every function has its case here.
 *
 * A missing output or a NULL pointer with a length is INVALID_ARGUMENT for every function, never a crash; a missing
 * `error` is fine, and so is NULL where the header says so. */
#include "world.h"

#define REFUSED(expression) CHECK_STATUS(expression, HMS_STATUS_INVALID_ARGUMENT)

static const hms_bytes_t no_bytes = {NULL, 4};
static const hms_str_t no_text = {NULL, 4};
static const hms_str_t id = {"echo", 4}, run = {"run", 3}, empty = {NULL, 0};

static void drop_counted(void *ctx) { atomic_fetch_add((atomic_int *)ctx, 1); }

static void runtimes_servers_and_services(const struct world *world) {
    atomic_int dropped = 0;
    const hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &dropped, .on_call = echo, .drop = drop_counted};
    const hms_handler_t no_function = {.struct_size = sizeof handler, .ctx = &dropped, .drop = drop_counted};
    const hms_pair_t *no_pairs = NULL;
    const hms_method_options_t no_labels = {.struct_size = sizeof no_labels, .metadata = no_pairs, .metadata_count = 2};
    const hms_server_options_t no_transports = {.struct_size = sizeof no_transports, .transports_count = 2};
    hms_service_t service;
    hms_server_t server;
    hms_error_t error = {0};
    REFUSED(hms_runtime_default(NULL, &error));
    CHECK(hms_error_code(error) == HMS_STATUS_INVALID_ARGUMENT && hms_error_message(error).len > 0);
    OK(hms_error_close(error));
    REFUSED(hms_runtime_default(NULL, NULL));
    REFUSED(hms_runtime_new(NULL, NULL, NULL));
    REFUSED(hms_runtime_new(&(hms_runtime_options_t){.struct_size = sizeof(hms_runtime_options_t), .name = no_text},
                            &(hms_runtime_t){0}, NULL));
    REFUSED(hms_runtime_new(&(hms_runtime_options_t){.struct_size = sizeof(hms_runtime_options_t), .schemas = no_text},
                            &(hms_runtime_t){0}, NULL));
    REFUSED(hms_server_new(world->runtime, NULL, NULL, NULL));
    REFUSED(hms_server_new(world->runtime, &no_transports, &server, NULL));
    REFUSED(hms_server_is_running(world->server, NULL, NULL));
    REFUSED(hms_server_wait(world->server, 0, NULL, NULL));
    REFUSED(hms_service_new(id, id, NULL, NULL));
    REFUSED(hms_service_new(no_text, empty, &service, NULL));
    REFUSED(hms_service_new(id, no_text, &service, NULL));
    REFUSED(hms_service_unregister(world->server, no_text, NULL));
    REFUSED(hms_server_add_method(world->server, no_text, run, NULL, &handler, NULL));
    REFUSED(hms_server_add_method(world->server, id, no_text, NULL, &handler, NULL));
    REFUSED(hms_server_add_method(world->server, id, HMS_STR("other"), &no_labels, &handler, NULL));
    REFUSED(hms_server_intercept(world->server, NULL, NULL));
    REFUSED(hms_service_register(world->server, (hms_service_t){0}, NULL));
    CHECK(atomic_load(&dropped) == 3);
    /* A method without a handler is known, and nobody serves it. */
    hms_buffer_t out;
    OK(hms_server_add_method(world->server, id, HMS_STR("idle"), NULL, NULL, NULL));
    CHECK_STATUS(hms_client_call(world->client, id, HMS_STR("idle"), NOTHING, NULL, &out, NULL), HMS_STATUS_UNAVAILABLE);

    OK(hms_service_new(empty, empty, &service, NULL));
    REFUSED(hms_service_describe(service, no_text, empty, NULL));
    REFUSED(hms_service_describe(service, empty, no_text, NULL));
    REFUSED(hms_service_set_metadata(service, no_text, empty, NULL));
    REFUSED(hms_service_set_metadata(service, id, no_text, NULL));
    REFUSED(hms_service_id(service, NULL, NULL));
    REFUSED(hms_service_add_method(service, no_text, NULL, &handler, NULL));
    REFUSED(hms_service_add_method(service, run, &no_labels, &handler, NULL));
    REFUSED(hms_service_add_method(service, run, NULL, &no_function, NULL));
    CHECK(atomic_load(&dropped) == 6);
    OK(hms_service_add_method(service, run, NULL, NULL, NULL));
    OK(hms_service_close(service, NULL));

    OK(hms_server_new(world->runtime, NULL, &server, NULL));
    OK(hms_server_start(server, NULL));
    OK(hms_server_stop(server, 0, NULL));
    OK(hms_server_close(server, NULL));
}

static void schemas(void) {
    const hms_bytes_t any = {(const uint8_t *)"{}", 2};
    hms_buffer_t out;
    REFUSED(hms_schema_convert(no_bytes, HMS_SCHEMA_FORM_JSON_SCHEMA, HMS_SCHEMA_FORM_JSON, &out, NULL, NULL));
    REFUSED(hms_schema_convert(any, HMS_SCHEMA_FORM_JSON_SCHEMA, HMS_SCHEMA_FORM_JSON, NULL, NULL, NULL));
    REFUSED(hms_schema_compare(no_bytes, any, &out, NULL));
    REFUSED(hms_schema_compare(any, no_bytes, &out, NULL));
    REFUSED(hms_schema_compare(any, any, NULL, NULL));
    REFUSED(hms_service_compare(no_bytes, any, 0, &out, NULL));
    REFUSED(hms_service_compare(any, no_bytes, 0, &out, NULL));
    REFUSED(hms_service_compare(any, any, 0, NULL, NULL));
    REFUSED(hms_schema_of_message(no_bytes, empty, &out, NULL));
    REFUSED(hms_schema_of_message(any, no_text, &out, NULL));
    REFUSED(hms_schema_of_message(any, empty, NULL, NULL));
    REFUSED(hms_payload_convert(no_bytes, any, 1, 1, 0, &out, NULL, NULL));
    REFUSED(hms_payload_convert(any, no_bytes, 1, 1, 0, &out, NULL, NULL));
    REFUSED(hms_payload_convert(any, any, 1, 1, 0, NULL, NULL, NULL));
}

static void calls(const struct world *world, hms_method_t method) {
    const hms_call_options_t no_pairs = {.struct_size = sizeof no_pairs, .metadata_count = 2};
    const hms_call_options_t no_type = {.struct_size = sizeof no_type, .content_type_text = no_text};
    hms_buffer_t out;
    hms_call_id_t call_id;
    uint32_t word;
    REFUSED(hms_client_new(world->runtime, NULL, NULL, NULL));
    REFUSED(hms_client_call(world->client, id, run, NOTHING, NULL, NULL, NULL));
    REFUSED(hms_client_call(world->client, no_text, run, NOTHING, NULL, &out, NULL));
    REFUSED(hms_client_call(world->client, id, no_text, NOTHING, NULL, &out, NULL));
    REFUSED(hms_client_call(world->client, id, run, no_bytes, NULL, &out, NULL));
    REFUSED(hms_client_call(world->client, id, run, NOTHING, &no_pairs, &out, NULL));
    REFUSED(hms_method_bind(world->client, id, run, NULL, NULL));
    REFUSED(hms_method_bind(world->client, no_text, run, &method, NULL));
    REFUSED(hms_method_bind(world->client, id, no_text, &method, NULL));
    const hms_bind_options_t none = {.struct_size = sizeof none, .expected = no_bytes};
    const hms_bind_options_t some = {.struct_size = sizeof some, .expected = {(const uint8_t *)"{}", 2}};
    REFUSED(hms_method_bind_with(world->client, id, run, NULL, NULL, NULL));
    REFUSED(hms_method_bind_with(world->client, no_text, run, NULL, &method, NULL));
    REFUSED(hms_method_bind_with(world->client, id, no_text, NULL, &method, NULL));
    REFUSED(hms_method_bind_with(world->client, id, run, &none, &method, NULL));
    REFUSED(hms_client_fit(world->client, no_text, &some, &out, NULL));
    REFUSED(hms_client_fit(world->client, id, NULL, &out, NULL));
    REFUSED(hms_client_fit(world->client, id, &none, &out, NULL));
    OK(hms_client_fit(world->client, id, &some, NULL, NULL));
    REFUSED(hms_method_flags(method, NULL, NULL));
    REFUSED(hms_method_loan(method, 1, NULL, &(uint8_t *){NULL}, NULL));
    REFUSED(hms_method_loan(method, 1, &out, NULL, NULL));
    REFUSED(hms_method_call(method, NOTHING, NULL, NULL, NULL));
    REFUSED(hms_method_call(method, no_bytes, NULL, &out, NULL));
    REFUSED(hms_method_call(method, NOTHING, &no_pairs, &out, NULL));
    REFUSED(hms_method_call(method, NOTHING, &no_type, &out, NULL));
    REFUSED(hms_method_submit(method, NOTHING, NULL, NULL, NULL));
    REFUSED(hms_method_submit(method, no_bytes, NULL, &call_id, NULL));
    REFUSED(hms_async_status(world->client, no_text, &word, NULL));
    REFUSED(hms_async_status(world->client, id, NULL, NULL));
    REFUSED(hms_async_result(world->client, no_text, 0, &word, &out, NULL, NULL));
    REFUSED(hms_async_result(world->client, id, 0, NULL, &out, NULL, NULL));
    REFUSED(hms_async_result(world->client, id, 0, &word, NULL, NULL, NULL));
    REFUSED(hms_async_cancel(world->client, no_text, &word, NULL));
    OK(hms_method_submit(method, NOTHING, NULL, &call_id, NULL));
    OK(hms_async_cancel(world->client, (hms_str_t){call_id.text, 32}, NULL, NULL));
}

static void streams_and_queues(const struct world *world, hms_method_t method, hms_method_t stream_method) {
    hms_stream_t stream;
    hms_queue_t queue;
    hms_completion_t completion;
    hms_buffer_t item;
    uint32_t state;
    size_t count;
    REFUSED(hms_method_open_stream(stream_method, NOTHING, NULL, NULL, NULL));
    REFUSED(hms_method_open_stream(stream_method, no_bytes, NULL, &stream, NULL));
    REFUSED(hms_stream_open(world->client, no_text, run, NOTHING, NULL, &stream, NULL));
    REFUSED(hms_stream_open(world->client, id, no_text, NOTHING, NULL, &stream, NULL));
    REFUSED(hms_stream_open(world->client, id, run, no_bytes, NULL, &stream, NULL));
    REFUSED(hms_stream_open(world->client, id, run, NOTHING, NULL, NULL, NULL));
    OK(hms_method_open_stream(stream_method, NOTHING, NULL, &stream, NULL));
    REFUSED(hms_stream_send(stream, no_bytes, 0, 0, &state, NULL));
    REFUSED(hms_stream_send_buffer(stream, NULL, 0, &state, NULL));
    REFUSED(hms_stream_receive(stream, 0, NULL, &state, NULL));
    REFUSED(hms_stream_receive(stream, 0, &item, NULL, NULL));
    REFUSED(hms_stream_info(stream, NULL, NULL));
    REFUSED(hms_queue_new(NULL, NULL, NULL));
    OK(hms_queue_new(NULL, &queue, NULL));
    OK(hms_stream_submit_receive(stream, queue, 1, NULL));
    OK(hms_stream_submit_send(stream, queue, 2, NULL));
    hms_buffer_t message;
    OK(hms_buffer_copy(BYTES("x"), 0, &message, NULL));
    OK(hms_stream_send(stream, BYTES("x"), 0, SECOND, NULL, NULL));
    OK(hms_stream_send_buffer(stream, &message, SECOND, NULL, NULL));
    OK(hms_stream_finish(stream, NULL));
    OK(hms_stream_cancel(stream, NULL));
    OK(hms_stream_close(stream, NULL));

    REFUSED(hms_queue_fd(queue, NULL, NULL));
    REFUSED(hms_queue_poll(queue, NULL, 1, 0, &count, NULL));
    REFUSED(hms_queue_poll(queue, &completion, 1, 0, NULL, NULL));
    REFUSED(hms_queue_submit(queue, method, no_bytes, NULL, 0, NULL, NULL));
    OK(hms_queue_close(queue, NULL));
}

static void inside_a_handler(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    const hms_reply_options_t no_pairs = {.struct_size = sizeof no_pairs, .metadata_count = 2};
    const hms_failure_t no_details = {.struct_size = sizeof no_details, .code = 2, .details_count = 2};
    const hms_failure_t no_schema = {.struct_size = sizeof no_schema, .code = 2, .error_schema = no_text};
    const hms_failure_t no_data = {.struct_size = sizeof no_data, .code = 2, .error_schema = id, .error_data = no_bytes};
    const hms_failure_t no_message = {.struct_size = sizeof no_message, .code = 2, .message = no_text};
    hms_str_t text;
    REFUSED(hms_call_reply(call, no_bytes, NULL, NULL));
    REFUSED(hms_call_reply(call, NOTHING, &no_pairs, NULL));
    REFUSED(hms_call_reply_buffer(call, NULL, NULL, NULL));
    REFUSED(hms_call_fail(call, NULL, NULL));
    REFUSED(hms_call_fail(call, &no_details, NULL));
    REFUSED(hms_call_fail(call, &no_message, NULL));
    REFUSED(hms_call_fail(call, &no_schema, NULL));
    REFUSED(hms_call_fail(call, &no_data, NULL));
    REFUSED(hms_call_request(call, NULL, NULL));
    REFUSED(hms_call_info(call, NULL, NULL));
    REFUSED(hms_call_request_buffer(call, NULL, NULL));
    REFUSED(hms_call_loan(call, 1, NULL, &(uint8_t *){NULL}, NULL));
    REFUSED(hms_call_loan(call, 1, &(hms_buffer_t){0}, NULL, NULL));
    REFUSED(hms_call_metadata_at(call, 0, NULL, &text, NULL));
    REFUSED(hms_call_metadata_at(call, 0, &text, NULL, NULL));
    REFUSED(hms_call_metadata_get(call, no_text, &text, NULL));
    REFUSED(hms_call_metadata_get(call, id, NULL, NULL));
    REFUSED(hms_call_is_cancelled(call, NULL, NULL));
    REFUSED(hms_call_on_cancel(call, NULL, NULL, NULL, NULL));
    REFUSED(hms_call_stream(call, NULL, NULL));
    OK(hms_call_retain(call, NULL));
    OK(hms_call_reply(call, request->body, NULL, NULL));
    CHECK_STATUS(hms_call_close(call, NULL), HMS_STATUS_FAILED_PRECONDITION);
}

static void until_end(void *ctx, hms_call_t call, const hms_request_t *request) {
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    (void)ctx, (void)request;
    OK(hms_call_stream(call, &stream, NULL));
    while (hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL) == HMS_STATUS_OK && state == HMS_STREAM_ITEM)
        OK(hms_buffer_release(&item));
    OK(hms_stream_close(stream, NULL));
}

static void errors_metadata_and_buffers(const struct world *world) {
    hms_buffer_t out;
    hms_str_t text;
    hms_error_t error;
    hms_metadata_t metadata;
    OK(hms_error_new(HMS_STATUS_ABORTED, empty, &error));
    REFUSED(hms_error_new(HMS_STATUS_ABORTED, empty, NULL));
    REFUSED(hms_error_new(HMS_STATUS_ABORTED, no_text, &error));
    const hms_failure_t failure = {.struct_size = sizeof failure, .code = HMS_STATUS_ABORTED};
    REFUSED(hms_error_make(NULL, &error, NULL));
    REFUSED(hms_error_make(&failure, NULL, NULL));
    REFUSED(hms_error_detail(error, no_text, &text));
    REFUSED(hms_error_detail(error, id, NULL));
    REFUSED(hms_error_detail_at(error, 0, NULL, &text));
    REFUSED(hms_error_detail_at(error, 0, &text, NULL));
    REFUSED(hms_error_data(error, NULL, &out, NULL));
    REFUSED(hms_error_data(error, &text, NULL, NULL));
    OK(hms_error_close(error));

    const hms_call_options_t options = {.struct_size = sizeof options, .response_metadata = &metadata};
    OK(hms_client_call(world->client, id, run, NOTHING, &options, &out, NULL));
    OK(hms_buffer_release(&out));
    REFUSED(hms_metadata_at(metadata, 0, NULL, &text, NULL));
    REFUSED(hms_metadata_at(metadata, 0, &text, NULL, NULL));
    REFUSED(hms_metadata_get(metadata, no_text, &text, NULL));
    REFUSED(hms_metadata_get(metadata, id, NULL, NULL));
    OK(hms_metadata_close(metadata));

    REFUSED(hms_buffer_copy(no_bytes, 0, &out, NULL));
    REFUSED(hms_buffer_copy(NOTHING, 0, NULL, NULL));
    REFUSED(hms_buffer_lend(BYTES("x"), 0, NULL, NULL, &out, NULL));
    REFUSED(hms_buffer_lend(no_bytes, 0, drop_counted, NULL, &out, NULL));
    REFUSED(hms_buffer_lend(NOTHING, 0, drop_counted, NULL, NULL, NULL));
    CHECK(hms_buffer_content_type(NULL).len == 0);
    OK(hms_buffer_release(NULL));
}

static void a_reader_has_to_put_it_somewhere(void) {
    hms_reader_t reader;
    hms_str_t text;
    uint32_t word;
    REFUSED(hms_reader_new(no_bytes, &reader, NULL));
    REFUSED(hms_reader_new(BYTES("\xf6"), NULL, NULL));
    OK(hms_reader_new(BYTES("\xa1\x61\x61\xf6"), &reader, NULL));
    REFUSED(hms_reader_kind(reader, NULL, NULL));
    REFUSED(hms_reader_bool(reader, NULL, NULL));
    REFUSED(hms_reader_int(reader, NULL, NULL));
    REFUSED(hms_reader_uint(reader, NULL, NULL));
    REFUSED(hms_reader_bigint(reader, NULL, NULL));
    REFUSED(hms_reader_float(reader, NULL, NULL));
    REFUSED(hms_reader_text(reader, NULL, NULL));
    REFUSED(hms_reader_bytes(reader, NULL, NULL));
    REFUSED(hms_reader_datetime(reader, NULL, NULL));
    REFUSED(hms_reader_uuid(reader, NULL, NULL));
    REFUSED(hms_reader_decimal(reader, NULL, NULL));
    REFUSED(hms_reader_enter_list(reader, NULL, NULL));
    REFUSED(hms_reader_enter_map(reader, NULL, NULL));
    size_t pairs;
    OK(hms_reader_enter_map(reader, &pairs, NULL));
    REFUSED(hms_reader_next_key(reader, NULL, &word, NULL));
    REFUSED(hms_reader_next_key(reader, &text, NULL, NULL));
    REFUSED(hms_reader_find(reader, no_text, &word, NULL));
    REFUSED(hms_reader_find(reader, id, NULL, NULL));
    OK(hms_reader_next_key(reader, &text, &word, NULL));
    OK(hms_reader_null(reader, NULL));
    OK(hms_reader_leave(reader, NULL));
    CHECK_STATUS(hms_reader_skip(reader, NULL), HMS_STATUS_OUT_OF_RANGE);
    OK(hms_reader_close(reader, NULL));
}

static void a_writer_needs_something_to_write(void) {
    hms_writer_t writer;
    hms_buffer_t out;
    REFUSED(hms_writer_new(NULL, NULL));
    OK(hms_writer_new(&writer, NULL));
    OK(hms_writer_begin_list(writer, 5, NULL));
    OK(hms_writer_null(writer, NULL));
    OK(hms_writer_bool(writer, 1, NULL));
    OK(hms_writer_int(writer, 1, NULL));
    OK(hms_writer_uint(writer, 1, NULL));
    OK(hms_writer_float(writer, 1, NULL));
    OK(hms_writer_end_list(writer, NULL));
    REFUSED(hms_writer_begin_map(writer, 0, NULL));
    REFUSED(hms_writer_end_map(writer, NULL));
    OK(hms_writer_close(writer, NULL));
    OK(hms_writer_new(&writer, NULL));
    REFUSED(hms_writer_text(writer, no_text, NULL));
    REFUSED(hms_writer_bytes(writer, no_bytes, NULL));
    REFUSED(hms_writer_encoded(writer, no_bytes, NULL));
    REFUSED(hms_writer_bigint(writer, no_text, NULL));
    REFUSED(hms_writer_datetime(writer, no_text, NULL));
    REFUSED(hms_writer_decimal(writer, no_text, NULL));
    REFUSED(hms_writer_uuid(writer, NULL, NULL));
    REFUSED(hms_writer_key(writer, no_text, NULL));
    REFUSED(hms_writer_finish(writer, NULL, NULL));
    /* What was refused makes the whole value fail: nothing is left out in silence. */
    REFUSED(hms_writer_finish(writer, &out, NULL));
    OK(hms_writer_close(writer, NULL));
}

static void the_process(const struct world *world) {
    atomic_int dropped = 0;
    const hms_log_sink_t no_function = {.struct_size = sizeof no_function, .ctx = &dropped, .drop = drop_counted};
    REFUSED(hms_introspect(NULL, NULL));
    REFUSED(hms_core_instance_id(NULL, NULL));
    REFUSED(hms_log_set_sink(&no_function, NULL));
    CHECK(atomic_load(&dropped) == 1);
    OK(hms_log_set_sink(NULL, NULL));
    REFUSED(hms_component_load(world->runtime, no_text, NULL));
    REFUSED(hms_thread_interrupt(NULL, NULL, NULL));
    OK(hms_thread_set_interrupt(NULL, NULL, NULL));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "inside", inside_a_handler, NULL);
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_BIDIRECTIONAL};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = until_end};
    serve_with(&world, "stream", &streaming, &handler);
    hms_method_t method = bind(&world, "echo"), stream_method = bind(&world, "stream");
    hms_buffer_t out;

    runtimes_servers_and_services(&world);
    schemas();
    calls(&world, method);
    OK(call(&world, "inside", &out, NULL));
    OK(hms_buffer_release(&out));
    streams_and_queues(&world, method, stream_method);
    errors_metadata_and_buffers(&world);
    a_reader_has_to_put_it_somewhere();
    a_writer_needs_something_to_write();
    the_process(&world);

    /* After all that a call without a place for errors is as good as before. */
    OK(hms_method_call(method, BYTES("still"), NULL, &out, NULL));
    CHECK(is(out, "still"));
    OK(hms_buffer_release(&out));
    OK(hms_method_close(method, NULL));
    OK(hms_method_close(stream_method, NULL));
    OK(hms_client_close(world.client, NULL));
    OK(hms_server_close(world.server, NULL));
    OK(hms_runtime_close(world.runtime, SECOND, NULL));
    return 0;
}
