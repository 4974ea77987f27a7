/* A component: services written in C for a process whose main program is in another language.
 *
 *     cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build build
 *
 * The host loads it with its own load_component. Copy this file, and write your services in the place of `register_all`.
 */
#include "render.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

/* A component is never unloaded: its server lives as long as the process. */
static hms_server_t server;

static void echo(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)ctx;
    hms_call_reply(call, request->body, NULL, NULL);
}

struct method {
    hms_str_t service;
    hms_str_t description;
    hms_str_t method;
    uint32_t flags;
    void (*on_call)(void *, hms_call_t, const hms_request_t *);
};

static hms_status_t register_service(const struct method *it, hms_error_t *error) {
    hms_service_t service;
    hms_status_t status = hms_service_new(it->service, HMS_STR("1.0.0"), &service, error);
    if (status != HMS_STATUS_OK) return status;

    hms_method_options_t options = {.struct_size = sizeof options, .flags = it->flags};
    hms_handler_t handler = {.struct_size = sizeof handler, .on_call = it->on_call};
    status = hms_service_describe(service, it->service, it->description, error);
    if (status == HMS_STATUS_OK) status = hms_service_add_method(service, it->method, &options, &handler, error);
    if (status == HMS_STATUS_OK) status = hms_service_register(server, service, error);
    hms_service_close(service, NULL);
    return status;
}

static hms_status_t register_all(hms_error_t *error) {
    const struct method methods[] = {
        {HMS_STR("demo.render"), HMS_STR("Writes patient records as lines"), HMS_STR("line"), HMS_METHOD_LEAF,
         render_line},
        {HMS_STR("demo.echo.c"), HMS_STR("Gives bytes back"), HMS_STR("echo"), HMS_METHOD_LEAF, echo},
    };
    hms_status_t status = HMS_STATUS_OK;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0] && status == HMS_STATUS_OK; i++)
        status = register_service(&methods[i], error);
    return status == HMS_STATUS_OK ? hms_server_start(server, error) : status;
}

EXPORT uint32_t hmsffi_component_abi(void) { return ((uint32_t)HMS_ABI_MAJOR << 16) | HMS_ABI_MINOR; }

EXPORT hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
    hms_server_options_t options = {.struct_size = sizeof options, .name = HMS_STR("render")};
    hms_status_t status = hms_server_new(runtime, &options, &server, error);
    if (status != HMS_STATUS_OK) return status;
    status = register_all(error);
    if (status != HMS_STATUS_OK) hms_server_close(server, NULL);
    return status;
}
