/* Schemas go from one form into another, differences are told, and a runtime keeps what is registered in its file. */
#include "world.h"

#include <unistd.h>

static int equal(hms_buffer_t buffer, const char *expected) {
    return buffer.len == strlen(expected) && memcmp(buffer.data, expected, buffer.len) == 0;
}

static int holds(hms_buffer_t buffer, const char *part) {
    const size_t length = strlen(part);
    for (size_t at = 0; at + length <= buffer.len; at++)
        if (memcmp(buffer.data + at, part, length) == 0) return 1;
    return 0;
}

static void schemas_change_their_form(void) {
    hms_buffer_t out, losses;
    const hms_bytes_t text = BYTES("{\"type\": \"integer\", \"minimum\": 1, \"not\": {}}");
    OK(hms_schema_convert(text, HMS_SCHEMA_FORM_JSON_SCHEMA, HMS_SCHEMA_FORM_JSON, &out, &losses, NULL));
    CHECK(equal(out, "{\"constraints\":{\"minimum\":1.0},\"type\":\"INTEGER\"}"));
    CHECK(out.content_type == HMS_CONTENT_TYPE_JSON);
    CHECK(equal(losses, "[{\"keyword\":\"not\",\"path\":\"\",\"reason\":\"there is no negation\"}]"));
    OK(hms_buffer_release(&losses));
    const hms_bytes_t own = {out.data, out.len};
    hms_buffer_t message, back;
    OK(hms_schema_convert(own, HMS_SCHEMA_FORM_JSON, HMS_SCHEMA_FORM_PROTOBUF, &message, NULL, NULL));
    CHECK(message.content_type == HMS_CONTENT_TYPE_PROTOBUF);
    OK(hms_schema_convert((hms_bytes_t){message.data, message.len}, HMS_SCHEMA_FORM_PROTOBUF, HMS_SCHEMA_FORM_JSON_SCHEMA,
                          &back, NULL, NULL));
    CHECK(holds(back, "\"minimum\":1,"));
    OK(hms_buffer_release(&back));
    OK(hms_buffer_release(&message));
    OK(hms_buffer_release(&out));
    for (uint32_t form = 0; form < 6; form++) {
        const int is_known = form >= HMS_SCHEMA_FORM_PROTOBUF && form <= HMS_SCHEMA_FORM_JSON_SCHEMA;
        CHECK_STATUS(hms_schema_convert(BYTES("{"), form, HMS_SCHEMA_FORM_JSON, &out, NULL, NULL),
                     HMS_STATUS_INVALID_ARGUMENT);
        if (is_known) continue;
        CHECK_STATUS(hms_schema_convert(BYTES("{}"), HMS_SCHEMA_FORM_JSON, form, &out, NULL, NULL),
                     HMS_STATUS_INVALID_ARGUMENT);
    }
}

static void differences_are_told(void) {
    hms_buffer_t out;
    OK(hms_schema_compare(BYTES("{\"type\": \"INTEGER\"}"), BYTES("{\"type\": \"NUMBER\"}"), &out, NULL));
    CHECK(holds(out, "\"moves_first\":\"reader\""));
    OK(hms_buffer_release(&out));
    CHECK_STATUS(hms_schema_compare(BYTES("{\"type\": \"INTEGER\"}"), BYTES("["), &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
}

static void payloads_change_their_encoding(void) {
    hms_buffer_t out, losses;
    const hms_bytes_t schema =
        BYTES("{\"type\": \"OBJECT\", \"fields\": [{\"name\": \"n\", \"schema\": {\"type\": \"INTEGER\","
              " \"metadata\": {\"hms.protobuf.number\": \"1\"}}}]}");
    OK(hms_payload_convert(schema, BYTES("{\"n\": 3, \"x\": 1}"), HMS_CONTENT_TYPE_JSON, HMS_CONTENT_TYPE_PROTOBUF,
                           HMS_LAYOUT_ANY, &out, &losses, NULL));
    CHECK(equal(out, "\x08\x03") && out.content_type == HMS_CONTENT_TYPE_PROTOBUF);
    CHECK(holds(losses, "\"path\":\"$.x\""));
    OK(hms_buffer_release(&losses));
    OK(hms_buffer_release(&out));
    OK(hms_payload_convert(schema, BYTES("{\"x\": 1.0, \"n\": 3}"), HMS_CONTENT_TYPE_JSON, HMS_CONTENT_TYPE_CBOR,
                           HMS_LAYOUT_DETERMINISTIC, &out, NULL, NULL));
    CHECK(out.len == 9 && memcmp(out.data, "\xa2\x61n\x03\x61x\xf9\x3c", 9) == 0);
    OK(hms_buffer_release(&out));
    hms_error_t error;
    CHECK_STATUS(hms_payload_convert(schema, BYTES("{\"n\": \"x\"}"), HMS_CONTENT_TYPE_JSON, HMS_CONTENT_TYPE_CBOR, 0, &out,
                                     NULL, &error),
                 HMS_STATUS_INVALID_ARGUMENT);
    OK(hms_error_close(error));
    for (uint32_t number = 4; number < 6; number++)
        CHECK_STATUS(hms_payload_convert(schema, BYTES("{}"), number, HMS_CONTENT_TYPE_CBOR, 0, &out, NULL, NULL),
                     HMS_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(hms_payload_convert(schema, BYTES("{}"), HMS_CONTENT_TYPE_JSON, HMS_CONTENT_TYPE_CBOR, 2, &out, NULL, NULL),
                 HMS_STATUS_INVALID_ARGUMENT);
}

static void messages_have_schemas(void) {
    /* a.proto: syntax = "proto3"; message A { bool yes = 1; } */
    const hms_bytes_t set = BYTES("\x0a\x23\x0a\x07" "a.proto" "\"\x10\x0a\x01" "A" "\x12\x0b\x0a\x03" "yes\x18\x01 \x01(\x08" "b\x06" "proto3");
    hms_buffer_t out;
    OK(hms_schema_of_message(set, HMS_STR("A"), &out, NULL));
    CHECK(holds(out, "\"schema_id\":\"A\"") && out.content_type == HMS_CONTENT_TYPE_JSON);
    OK(hms_buffer_release(&out));
    CHECK_STATUS(hms_schema_of_message(set, HMS_STR("B"), &out, NULL), HMS_STATUS_NOT_FOUND);
    CHECK_STATUS(hms_schema_of_message(BYTES("{"), HMS_STR(""), &out, NULL), HMS_STATUS_INVALID_ARGUMENT);
}

static hms_runtime_t keeping(const char *path) {
    hms_runtime_t runtime;
    const hms_runtime_options_t options = {.struct_size = sizeof options, .schemas = {path, strlen(path)}};
    OK(hms_runtime_new(&options, &runtime, NULL));
    return runtime;
}

static void ask(hms_runtime_t runtime, const char *method, const char *request, const char *told) {
    hms_client_t client;
    hms_buffer_t out;
    OK(hms_client_new(runtime, NULL, &client, NULL));
    const hms_call_options_t options = {.struct_size = sizeof options, .content_type = HMS_CONTENT_TYPE_JSON};
    OK(hms_client_call(client, HMS_STR("hms.ffi.v1.SchemaRegistry"), (hms_str_t){method, strlen(method)},
                       (hms_bytes_t){(const uint8_t *)request, strlen(request)}, &options, &out, NULL));
    if (!holds(out, told)) fprintf(stderr, "%.*s\n", (int)out.len, (const char *)out.data);
    CHECK(holds(out, told));
    OK(hms_buffer_release(&out));
    OK(hms_client_close(client, NULL));
}

static void what_is_registered_is_in_the_file(void) {
    char path[] = "/tmp/hmsffi-schemas-XXXXXX";
    CHECK(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/schemas", path);
    hms_runtime_t runtime = keeping(file);
    ask(runtime, "RegisterSchema", "{\"schema\": {\"schema_id\": \"age\", \"type\": 3}}", "\"success\":true");
    OK(hms_runtime_close(runtime, 0, NULL));
    runtime = keeping(file);
    ask(runtime, "GetSchema", "{\"schema_id\": \"age\"}", "\"hms.schema_version\":\"1\"");
    OK(hms_runtime_close(runtime, 0, NULL));
    CHECK(unlink(file) == 0 && rmdir(path) == 0);
    runtime = keeping("/nowhere/schemas");
    ask(runtime, "GetSchema", "{\"schema_id\": \"age\"}", "the schema file /nowhere/schemas cannot be opened");
    OK(hms_runtime_close(runtime, 0, NULL));
}

int main(void) {
    schemas_change_their_form();
    differences_are_told();
    payloads_change_their_encoding();
    messages_have_schemas();
    what_is_registered_is_in_the_file();
    return 0;
}
