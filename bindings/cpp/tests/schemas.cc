// Parameters and answers are checked against the schemas of their method.
#include "check.hpp"

namespace {

std::string text(const hms::Buffer &buffer) { return std::string(buffer.text()); }

void forms_and_differences() {
    const auto converted = ok(hms::convert_schema(R"({"type": "integer", "not": {}})", hms::SchemaForm::json_schema,
                                                  hms::SchemaForm::json));
    CHECK(text(converted.schema) == R"({"type":"INTEGER"})");
    CHECK(text(converted.losses).find(R"("keyword":"not")") != std::string::npos);
    CHECK(code(hms::convert_schema("{", hms::SchemaForm::json, hms::SchemaForm::protobuf)) == hms::Code::invalid_argument);

    CHECK(text(ok(hms::compare_schemas(R"({"type": "INTEGER"})", R"({"type": "INTEGER"})"))) == "[]");
    const auto wider = text(ok(hms::compare_schemas(R"({"type": "INTEGER"})", R"({"type": "NUMBER"})")));
    CHECK(wider.find(R"("moves_first":"reader")") != std::string::npos);
    CHECK(code(hms::compare_schemas("{", "{}")) == hms::Code::invalid_argument);
}

// What protoc writes of: syntax = "proto3"; message Greeting { int64 times = 1; }
const std::string_view descriptors = "\x0a\x2c\x0a\x07" "a.proto" "\x22\x19\x0a\x08" "Greeting"
                                     "\x12\x0d\x0a\x05" "times" "\x18\x01\x20\x01\x28\x03" "\x62\x06" "proto3";

void a_message_of_protobuf_has_a_schema() {
    const hms::Bytes bytes(descriptors.data(), descriptors.size());
    const auto schema = ok(hms::schema_of_message(bytes, "Greeting"));
    CHECK(text(schema) == text(ok(hms::schema_of_message(bytes))));
    const std::string_view message = "\x08\x03";
    const auto json = ok(hms::convert_payload(schema.text(), hms::Bytes(message.data(), message.size()),
                                              hms::ContentType::protobuf, hms::ContentType::json));
    CHECK(text(json.payload) == R"({"times":3})");
    CHECK(code(hms::schema_of_message(bytes, "Other")) == hms::Code::not_found);
    CHECK(code(hms::schema_of_message(hms::Bytes("\xff", 1))) == hms::Code::invalid_argument);
}

void payloads_change_their_encoding() {
    const auto schema = R"({"type": "OBJECT", "fields": [{"name": "n", "schema": {"type": "INTEGER",
        "metadata": {"hms.protobuf.number": "1"}}}]})";
    const std::string_view json = R"({"x": 1.0, "n": 3})";
    const hms::Bytes payload(json.data(), json.size());
    const auto convert = [&](hms::ContentType to, hms::Layout layout = hms::Layout::any) {
        return hms::convert_payload(schema, payload, hms::ContentType::json, to, layout);
    };
    const auto message = ok(convert(hms::ContentType::protobuf));
    CHECK(message.payload.text() == "\x08\x03" && message.payload.content_type() == hms::ContentType::protobuf);
    CHECK(text(message.losses).find(R"("path":"$.x")") != std::string::npos);
    const auto cbor = ok(convert(hms::ContentType::cbor, hms::Layout::deterministic));
    CHECK(cbor.payload.text() == "\xa2\x61n\x03\x61x\xf9\x3c" + std::string(1, '\0'));
    CHECK(code(convert(hms::ContentType::bytes)) == hms::Code::invalid_argument);
}

// Asks the schema registry of a runtime that keeps schemas in this file.
hms::Value ask(const std::string &file, std::string_view method, const hms::Map &request) {
    auto runtime = ok(hms::Runtime::create("keeping", file));
    auto client = ok(hms::Client::create(runtime));
    return ok(hms::decode(ok(client.call("hms.ffi.v1.SchemaRegistry", method, request))));
}

void a_file_keeps_schemas() {
    char folder[] = "/tmp/hms-schemas-XXXXXX";
    CHECK(mkdtemp(folder));
    const std::string file = std::string(folder) + "/schemas";
    ask(file, "RegisterSchema", hms::Map{{"schema", hms::Map{{"schema_id", "kept"}, {"type", 5}}}});
    CHECK(ask(file, "GetSchema", hms::Map{{"schema_id", "kept"}})["schema"]["type"] == hms::Value(5));
    CHECK(std::remove(file.c_str()) == 0 && std::remove(folder) == 0);
}

} // namespace

int main() {
    forms_and_differences();
    a_message_of_protobuf_has_a_schema();
    payloads_change_their_encoding();
    a_file_keeps_schemas();
    bool seen = false;
    hms::MethodOptions greeting;
    greeting.input_schema = R"({"type": "OBJECT", "fields": [
        {"name": "name", "required": true, "schema": {"type": "STRING"}},
        {"name": "times", "schema": {"type": "INTEGER", "constraints": {"minimum": 1}}, "default_value": "MQ=="}]})";
    greeting.error_schemas = {R"({"schema_id": "gone", "type": "NULL"})"};
    hms::MethodOptions number;
    number.output_schema = R"({"type": "INTEGER"})";
    hms::Service service("greet");
    service.metadata("hms.validate", "always")
        .method("hello", [&](const hms::Value &params) { seen = true; return params; }, greeting)
        .method("lie", [](const hms::Value &) { return hms::Value("three"); }, number);
    World world(service);

    const auto refused = world.client.call("greet", "hello", hms::Map{{"times", 0}});
    CHECK(code(refused) == hms::Code::invalid_argument && !seen);
    CHECK(refused.error().message() == "greet.hello: $.times: 0 is below the minimum 1; $.name: required");
    bool told = false;
    for (const auto &[key, value] : refused.error().details())
        told = told || (key == "hms.violations" && value.find("\"code\":\"required\"") != std::string::npos);
    CHECK(told);

    const auto greeted = ok(hms::decode(ok(world.client.call("greet", "hello", hms::Map{{"name", "Ada"}}))));
    CHECK(seen && greeted == hms::Value(hms::Map{{"name", "Ada"}, {"times", 1}}));
    CHECK(code(world.client.call("greet", "lie", nullptr)) == hms::Code::internal);

    hms::MethodOptions wrong;
    wrong.output_schema = R"({"type": "UNION"})";
    hms::Service other("other");
    other.method("m", [](const hms::Value &) { return hms::Value(nullptr); }, wrong);
    const auto added = world.server.add(other);
    CHECK(!added && added.error().code() == hms::Code::invalid_argument);
    return 0;
}
