/* One live handle of each kind, a function that uses it and one that closes it. */
#ifndef EVERY_HANDLE_H
#define EVERY_HANDLE_H

#include "world.h"

struct handle {
    const char *name;
    uint64_t id;
    hms_status_t (*use)(uint64_t id, hms_error_t *error);
    hms_status_t (*close)(uint64_t id);
};

static inline hms_status_t use_runtime(uint64_t id, hms_error_t *error) {
    hms_client_t client;
    hms_status_t status = hms_client_new((hms_runtime_t){id}, NULL, &client, error);
    return status ? status : hms_client_close(client, error);
}

static inline hms_status_t use_server(uint64_t id, hms_error_t *error) {
    uint32_t running;
    return hms_server_is_running((hms_server_t){id}, &running, error);
}

static inline hms_status_t use_service(uint64_t id, hms_error_t *error) {
    return hms_service_describe((hms_service_t){id}, HMS_STR("name"), HMS_STR("text"), error);
}

static inline hms_status_t use_client(uint64_t id, hms_error_t *error) {
    hms_method_t method;
    hms_status_t status = hms_method_bind((hms_client_t){id}, HMS_STR("echo"), HMS_STR("run"), &method, error);
    return status ? status : hms_method_close(method, error);
}

static inline hms_status_t use_method(uint64_t id, hms_error_t *error) {
    uint32_t flags;
    return hms_method_flags((hms_method_t){id}, &flags, error);
}

static inline hms_status_t use_call(uint64_t id, hms_error_t *error) {
    hms_request_t request = {.struct_size = sizeof request};
    return hms_call_request((hms_call_t){id}, &request, error);
}

static inline hms_status_t use_stream(uint64_t id, hms_error_t *error) {
    hms_stream_info_t info = {.struct_size = sizeof info};
    return hms_stream_info((hms_stream_t){id}, &info, error);
}

static inline hms_status_t use_queue(uint64_t id, hms_error_t *error) {
    int32_t fd;
    return hms_queue_fd((hms_queue_t){id}, &fd, error);
}

static inline hms_status_t use_metadata(uint64_t id, hms_error_t *error) {
    hms_str_t value;
    return hms_metadata_get((hms_metadata_t){id}, HMS_STR("key"), &value, error);
}

static inline hms_status_t use_writer(uint64_t id, hms_error_t *error) {
    return hms_writer_begin_list((hms_writer_t){id}, SIZE_MAX, error);
}

static inline hms_status_t use_reader(uint64_t id, hms_error_t *error) {
    uint32_t kind;
    return hms_reader_kind((hms_reader_t){id}, &kind, error);
}

static inline hms_status_t close_runtime(uint64_t id) { return hms_runtime_close((hms_runtime_t){id}, SECOND, NULL); }
static inline hms_status_t close_server(uint64_t id) { return hms_server_close((hms_server_t){id}, NULL); }
static inline hms_status_t close_service(uint64_t id) { return hms_service_close((hms_service_t){id}, NULL); }
static inline hms_status_t close_client(uint64_t id) { return hms_client_close((hms_client_t){id}, NULL); }
static inline hms_status_t close_method(uint64_t id) { return hms_method_close((hms_method_t){id}, NULL); }
static inline hms_status_t close_call(uint64_t id) { return hms_call_close((hms_call_t){id}, NULL); }
static inline hms_status_t close_stream(uint64_t id) { return hms_stream_close((hms_stream_t){id}, NULL); }
static inline hms_status_t close_queue(uint64_t id) { return hms_queue_close((hms_queue_t){id}, NULL); }
static inline hms_status_t close_metadata(uint64_t id) { return hms_metadata_close((hms_metadata_t){id}); }
static inline hms_status_t close_writer(uint64_t id) { return hms_writer_close((hms_writer_t){id}, NULL); }
static inline hms_status_t close_reader(uint64_t id) { return hms_reader_close((hms_reader_t){id}, NULL); }

static inline void tell(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    const hms_pair_t pairs[] = {{HMS_STR("key"), HMS_STR("value")}};
    hms_reply_options_t options = {.struct_size = sizeof options, .metadata = pairs, .metadata_count = 1};
    OK(hms_call_reply(call, request->body, &options, NULL));
}

static atomic_int handed_over;
static hms_call_t held_call;

static inline void hold(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    OK(hms_call_retain(call, NULL));
    held_call = call;
    atomic_store(&handed_over, 1);
}

static inline void until_end(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx, (void)request;
    hms_stream_t stream;
    hms_buffer_t item;
    uint32_t state;
    OK(hms_call_stream(call, &stream, NULL));
    hms_stream_receive(stream, UINT64_MAX, &item, &state, NULL);
    OK(hms_stream_close(stream, NULL));
    hms_call_reply(call, NOTHING, NULL, NULL);
}

enum { KINDS = 11 };

/* Ordered so that they can be closed from the first to the last. */
static inline void every_handle(struct handle out[KINDS]) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    serve(&world, "tell", tell, NULL);
    serve(&world, "hold", hold, NULL);
    hms_method_options_t streaming = {.struct_size = sizeof streaming, .stream_type = HMS_STREAM_TYPE_CLIENT};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = until_end};
    serve_with(&world, "stream", &streaming, &handler);

    hms_metadata_t metadata;
    hms_buffer_t answer;
    hms_call_options_t options = {.struct_size = sizeof options, .response_metadata = &metadata};
    OK(hms_client_call(world.client, HMS_STR("tell"), HMS_STR("run"), NOTHING, &options, &answer, NULL));
    OK(hms_buffer_release(&answer));

    hms_method_t holding = bind(&world, "hold");
    hms_call_id_t id;
    OK(hms_method_submit(holding, NOTHING, NULL, &id, NULL));
    wait_for(&handed_over, 1);
    OK(hms_method_close(holding, NULL));

    hms_stream_t stream;
    hms_queue_t queue;
    hms_writer_t writer;
    hms_reader_t reader;
    hms_service_t service;
    OK(hms_stream_open(world.client, HMS_STR("stream"), HMS_STR("run"), NOTHING, NULL, &stream, NULL));
    OK(hms_queue_new(NULL, &queue, NULL));
    OK(hms_writer_new(&writer, NULL));
    OK(hms_reader_new(BYTES("\xf6"), &reader, NULL));
    OK(hms_service_new(HMS_STR("more"), HMS_STR(""), &service, NULL));

    const struct handle all[KINDS] = {
        {"metadata", metadata.id, use_metadata, close_metadata},
        {"call", held_call.id, use_call, close_call},
        {"stream", stream.id, use_stream, close_stream},
        {"queue", queue.id, use_queue, close_queue},
        {"writer", writer.id, use_writer, close_writer},
        {"reader", reader.id, use_reader, close_reader},
        {"method", bind(&world, "echo").id, use_method, close_method},
        {"service", service.id, use_service, close_service},
        {"client", world.client.id, use_client, close_client},
        {"server", world.server.id, use_server, close_server},
        {"runtime", world.runtime.id, use_runtime, close_runtime},
    };
    memcpy(out, all, sizeof all);
}

#endif
