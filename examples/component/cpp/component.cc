// A component: services written in C++ for a process whose main program is in another language.
//
//     cmake -S . -B build -DCMAKE_PREFIX_PATH=PREFIX && cmake --build build
//
// The host loads it with its own load_component. Copy this file, and write your services in the place of `start`.
#include "summary.hpp"

#if defined(__GNUC__)
#define EXPORT extern "C" __attribute__((visibility("default")))
#else
#define EXPORT extern "C"
#endif

namespace {

// What the schemas say is checked for each message before the handler gets it: see docs/schemas.md.
constexpr const char *line_item = R"({"type": "OBJECT", "description": "What became of a record", "fields": [
    {"name": "id", "required": true, "schema": {"type": "STRING"}},
    {"name": "score", "required": true, "description": "In tenths of a point",
     "schema": {"type": "INTEGER", "constraints": {"minimum": 0, "maximum": 1000000000}}},
    {"name": "progression", "required": true,
     "schema": {"type": "INTEGER", "constraints": {"minimum": 0, "maximum": 1000000000}}}]})";
constexpr const char *summary_text = R"({"type": "OBJECT", "fields": [
    {"name": "patients", "required": true, "schema": {"type": "INTEGER"}},
    {"name": "text", "required": true, "schema": {"type": "STRING"}}]})";

hms::expected<void> start(hms::Server &server) {
    hms::MethodOptions stream;
    stream.stream_type = hms::StreamType::client;
    stream.input_schema = line_item;
    stream.output_schema = summary_text;
    hms::Service summary("demo.summary");
    summary.describe("summary", "Sums line items up").method("by_decile", by_decile, stream);

    hms::MethodOptions leaf;
    leaf.leaf = true;
    hms::Service echo("demo.echo.cpp");
    echo.describe("echo", "Gives back what it gets")
        .method("echo", [](hms::Call &call) { return call.body(); }, leaf)
        .method("record", [](const hms::Value &record) { return record; }, leaf);

    for (const auto *service : {&summary, &echo})
        if (auto added = server.add(*service); !added) return added;
    return server.start();
}

} // namespace

EXPORT uint32_t hmsffi_component_abi(void) { return (uint32_t{HMS_ABI_MAJOR} << 16) | HMS_ABI_MINOR; }

EXPORT hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
    hms::ServerOptions options;
    options.name = "summary";
    auto server = hms::Server::create(runtime, options);
    if (!server) return server.error().write(error);
    if (auto started = start(*server); !started) return started.error().write(error);
    // A component is never unloaded: its server lives as long as the process.
    static hms::Server kept = std::move(*server);
    return HMS_STATUS_OK;
}
