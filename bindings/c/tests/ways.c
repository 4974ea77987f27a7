/* Which way a call takes, must take and must not take. To another process: tests/twoprocess. */
#include "world.h"

static hms_method_t method;

static hms_status_t called(hms_call_options_t options, hms_call_report_t *report) {
    hms_buffer_t answer = {0};
    options.struct_size = sizeof options;
    options.report = report;
    hms_status_t status = hms_method_call(method, BYTES("x"), &options, &answer, NULL);
    hms_buffer_release(&answer);
    return status;
}

static void a_call_tells_what_it_took(void) {
    hms_call_report_t report = {.struct_size = sizeof report};
    OK(called((hms_call_options_t){0}, &report));
    /* The answer is copied into memory of its own. */
    CHECK(report.transport == HMS_TRANSPORT_IN_PROCESS && report.bytes_copied == 1);
    OK(called((hms_call_options_t){.transport = HMS_TRANSPORT_IN_PROCESS}, &report));
    CHECK(report.transport == HMS_TRANSPORT_IN_PROCESS);
    OK(called((hms_call_options_t){.forbidden_transports = 1 << HMS_TRANSPORT_SHARED_MEMORY}, &report));
    CHECK(report.transport == HMS_TRANSPORT_IN_PROCESS);
}

static void a_way_that_does_not_lead_there_is_unavailable(void) {
    hms_call_report_t report = {.struct_size = sizeof report};
    CHECK_STATUS(called((hms_call_options_t){.transport = HMS_TRANSPORT_SHARED_MEMORY}, &report), HMS_STATUS_UNAVAILABLE);
    CHECK(report.transport == 0);
    CHECK_STATUS(called((hms_call_options_t){.forbidden_transports = 1 << HMS_TRANSPORT_IN_PROCESS}, NULL),
                 HMS_STATUS_UNAVAILABLE);
}

static void what_is_not_there_is_refused(struct world *world) {
    CHECK_STATUS(called((hms_call_options_t){.transport = HMS_TRANSPORT_GRPC}, NULL), HMS_STATUS_UNIMPLEMENTED);
    CHECK_STATUS(called((hms_call_options_t){.transport = 9}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(called((hms_call_options_t){.forbidden_transports = 1}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(called((hms_call_options_t){.forbidden_transports = 1 << 9}, NULL), HMS_STATUS_INVALID_ARGUMENT);
    const uint32_t grpc = HMS_TRANSPORT_GRPC;
    const hms_server_options_t options = {.struct_size = sizeof options, .transports = &grpc, .transports_count = 1};
    hms_server_t server;
    CHECK_STATUS(hms_server_new(world->runtime, &options, &server, NULL), HMS_STATUS_UNIMPLEMENTED);
}

static void a_client_keeps_to_its_way(struct world *world) {
    hms_client_options_t options = {.struct_size = sizeof options, .transport = HMS_TRANSPORT_SHARED_MEMORY};
    hms_client_t client;
    hms_method_t bound;
    OK(hms_client_new(world->runtime, &options, &client, NULL));
    CHECK_STATUS(hms_method_bind(client, HMS_STR("echo"), HMS_STR("run"), &bound, NULL), HMS_STATUS_UNAVAILABLE);
    OK(hms_client_close(client, NULL));
}

int main(void) {
    struct world world = open_world();
    serve(&world, "echo", echo, NULL);
    method = bind(&world, "echo");
    a_call_tells_what_it_took();
    a_way_that_does_not_lead_there_is_unavailable();
    what_is_not_there_is_refused(&world);
    a_client_keeps_to_its_way(&world);
    OK(hms_method_close(method, NULL));
    close_world(&world);
    return 0;
}
