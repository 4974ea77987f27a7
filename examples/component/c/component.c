/* A component: services written in C for a process whose main program is in another language.
 *
 *     cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build build
 *
 * The host loads it with its own load_component. Copy this file, and write your services in the place of `register_all`.
 */
#include "caller.h"
#include "echo.h"
#include "render.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

/* A component is never unloaded: its server and its client live as long as the process. */
static hms_server_t server;
static hms_client_t client;

struct method {
    hms_str_t name;
    uint32_t flags;
    void (*on_call)(void *, hms_call_t, const hms_request_t *);
    hms_str_t takes, gives;
};

/* What the schemas say is checked before the handler runs: see docs/schemas.md. */
static const char RECORD[] =
    "{\"type\": \"OBJECT\", \"fields\": ["
    "{\"name\": \"id\", \"required\": true, \"schema\": {\"type\": \"STRING\"}},"
    "{\"name\": \"attributes\", \"required\": true,"
    " \"schema\": {\"type\": \"MAP\", \"value_schema\": {\"type\": \"STRING\"}}}]}";
static const char LINE_ITEM[] =
    "{\"type\": \"OBJECT\", \"fields\": ["
    "{\"name\": \"id\", \"required\": true, \"schema\": {\"type\": \"STRING\"}},"
    "{\"name\": \"score\", \"required\": true, \"schema\": {\"type\": \"INTEGER\"}},"
    "{\"name\": \"progression\", \"required\": true, \"schema\": {\"type\": \"INTEGER\"}},"
    "{\"name\": \"line\", \"required\": true, \"schema\": {\"type\": \"STRING\"}}]}";

static hms_status_t register_service(hms_str_t id, hms_str_t description, const struct method *methods, size_t count,
                                     hms_error_t *error) {
    hms_service_t service;
    hms_status_t status = hms_service_new(id, HMS_STR("1.0.0"), &service, error);
    if (status != HMS_STATUS_OK) return status;

    status = hms_service_describe(service, id, description, error);
    for (size_t i = 0; i < count && status == HMS_STATUS_OK; i++) {
        hms_method_options_t options = {.struct_size = sizeof options, .flags = methods[i].flags,
                                        .input_schema = {(const uint8_t *)methods[i].takes.ptr, methods[i].takes.len},
                                        .output_schema = {(const uint8_t *)methods[i].gives.ptr, methods[i].gives.len}};
        hms_handler_t handler = {.struct_size = sizeof handler, .ctx = &client, .on_call = methods[i].on_call};
        status = hms_service_add_method(service, methods[i].name, &options, &handler, error);
    }
    if (status == HMS_STATUS_OK) status = hms_service_register(server, service, error);
    hms_service_close(service, NULL);
    return status;
}

static hms_status_t register_all(hms_error_t *error) {
    const struct method render = {HMS_STR("line"), HMS_METHOD_LEAF, render_line, HMS_STR(RECORD), HMS_STR(LINE_ITEM)};
    const struct method echo[] = {{HMS_STR("echo"), HMS_METHOD_LEAF, echo_bytes, {0}, {0}},
                                  {HMS_STR("record"), HMS_METHOD_LEAF, echo_record, {0}, {0}}};
    const struct method caller = {HMS_STR("median"), 0, caller_median, {0}, {0}};
    hms_status_t status =
        register_service(HMS_STR("demo.render"), HMS_STR("Writes patient records as lines"), &render, 1, error);
    if (status == HMS_STATUS_OK)
        status = register_service(HMS_STR("demo.echo.c"), HMS_STR("Gives back what it gets"), echo, 2, error);
    if (status == HMS_STATUS_OK)
        status = register_service(HMS_STR("demo.caller.c"), HMS_STR("Measures calls from C"), &caller, 1, error);
    return status == HMS_STATUS_OK ? hms_server_start(server, error) : status;
}

EXPORT uint32_t hmsffi_component_abi(void) { return ((uint32_t)HMS_ABI_MAJOR << 16) | HMS_ABI_MINOR; }

EXPORT hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
    hms_server_options_t options = {.struct_size = sizeof options, .name = HMS_STR("render")};
    hms_status_t status = hms_server_new(runtime, &options, &server, error);
    if (status != HMS_STATUS_OK) return status;
    status = hms_client_new(runtime, NULL, &client, error);
    if (status == HMS_STATUS_OK) status = register_all(error);
    if (status != HMS_STATUS_OK) {
        hms_client_close(client, NULL);
        hms_server_close(server, NULL);
    }
    return status;
}
