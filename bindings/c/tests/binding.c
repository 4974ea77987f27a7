/* A method is bound in the version of a service that its caller was made for, or refused with each difference. */
#include "world.h"

static void say_version(void *ctx, hms_call_t call, const hms_request_t *request) {
    (void)request;
    const char *version = ctx;
    OK(hms_call_reply(call, (hms_bytes_t){(const uint8_t *)version, strlen(version)}, NULL, NULL));
}

static void host(struct world *world, const char *version, const char *input) {
    const hms_handler_t handler = {.struct_size = sizeof handler, .ctx = (void *)version, .on_call = say_version};
    const hms_method_options_t options = {.struct_size = sizeof options,
                                          .input_schema = {(const uint8_t *)input, strlen(input)}};
    hms_service_t service;
    OK(hms_service_new(HMS_STR("billing"), (hms_str_t){version, strlen(version)}, &service, NULL));
    OK(hms_service_set_metadata(service, HMS_STR("hms.validate"), HMS_STR("never"), NULL));
    OK(hms_service_add_method(service, HMS_STR("charge"), &options, &handler, NULL));
    OK(hms_service_register(world->server, service, NULL));
    OK(hms_service_close(service, NULL));
}

static hms_bind_options_t made_for(hms_bytes_t definition, uint32_t binding) {
    return (hms_bind_options_t){.struct_size = sizeof(hms_bind_options_t), .binding = binding, .expected = definition};
}

static int holds(const void *text, size_t len, const char *part) { return memmem(text, len, part, strlen(part)) != NULL; }

#define DEFINITION(version)                                                                                            \
    BYTES("{\"service_id\": \"billing\", \"version\": \"" version "\", \"methods\": ["                                 \
          "{\"name\": \"charge\", \"input_schema\": {\"type\": \"INTEGER\", \"constraints\": {\"minimum\": 0}}}]}")

static void expect_version(struct world *world, hms_bind_options_t options, const char *version) {
    hms_method_t method;
    hms_buffer_t out;
    OK(hms_method_bind_with(world->client, HMS_STR("billing"), HMS_STR("charge"), &options, &method, NULL));
    OK(hms_method_call(method, NOTHING, NULL, &out, NULL));
    CHECK(is(out, version));
    OK(hms_buffer_release(&out));
    OK(hms_method_close(method, NULL));
}

int main(void) {
    struct world world = open_world();
    host(&world, "1.2.0", "{\"type\": \"INTEGER\", \"constraints\": {\"minimum\": 0}}");
    host(&world, "1.3.0", "{\"type\": \"INTEGER\", \"constraints\": {\"minimum\": 0}}");
    host(&world, "1.4.0", "{\"type\": \"INTEGER\", \"constraints\": {\"minimum\": 5}}");
    expect_version(&world, made_for(DEFINITION("1.2.0"), 0), "1.3.0");
    expect_version(&world, made_for(DEFINITION("1.2.0"), HMS_BINDING_LOOSE), "1.3.0");
    expect_version(&world, made_for(DEFINITION("1.2.0"), HMS_BINDING_STRICT), "1.2.0");
    expect_version(&world, made_for(NOTHING, 0), "1.4.0");

    hms_buffer_t report;
    hms_bind_options_t options = made_for(DEFINITION("1.2.0"), HMS_BINDING_LOOSE);
    OK(hms_client_fit(world.client, HMS_STR("billing"), &options, &report, NULL));
    CHECK(report.content_type == HMS_CONTENT_TYPE_JSON);
    CHECK(holds(report.data, report.len, "\"fits\":true") && holds(report.data, report.len, "\"provided_version\":\"1.3.0\""));
    OK(hms_buffer_release(&report));

    hms_error_t error = {0};
    CHECK_STATUS(hms_client_fit(world.client, HMS_STR("billing@1.4.0"), &options, &report, &error),
                 HMS_STATUS_FAILED_PRECONDITION);
    const hms_str_t message = hms_error_message(error);
    CHECK(holds(message.ptr, message.len, "charge input_schema $ minimum: expected 0, provided 5 (the caller must move)"));
    OK(hms_error_close(error));

    hms_method_t method;
    options.binding = 7;
    CHECK_STATUS(hms_method_bind_with(world.client, HMS_STR("billing"), HMS_STR("charge"), &options, &method, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);
    options = made_for(NOTHING, HMS_BINDING_STRICT);
    CHECK_STATUS(hms_method_bind_with(world.client, HMS_STR("billing"), HMS_STR("charge"), &options, &method, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);

    OK(hms_service_compare(DEFINITION("1.2.0"), DEFINITION("2.0.0"), HMS_BINDING_LOOSE, &report, NULL));
    CHECK(holds(report.data, report.len, "\"fits\":false"));
    OK(hms_buffer_release(&report));
    CHECK_STATUS(hms_service_compare(DEFINITION("1.2.0"), DEFINITION("2.0.0"), 7, &report, NULL), HMS_STATUS_INVALID_ARGUMENT);
    close_world(&world);
    return 0;
}
