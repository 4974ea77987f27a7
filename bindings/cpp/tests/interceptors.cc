// User code around the calls of a server, and a sink for the library's log lines.
#include "check.hpp"

#include <mutex>

namespace {

void calls_are_seen_refused_and_measured() {
    hms::Service service("guarded");
    service.method("open", [](hms::Call &call) { return call.body(); })
        .method("fails", [](hms::Call &) { return hms::Error(hms::Code::data_loss, "torn"); });
    World world(service);
    std::vector<std::string> ended;
    ok(world.server.intercept({
        [](const hms::Intercepted &call) -> hms::expected<void> {
            const auto who = call.metadata("who");
            if (!who) return hms::Error(hms::Code::unauthenticated, "who are you?");
            if (*who == "Eve") throw hms::Exception(hms::Code::permission_denied, "not you");
            if (*who == "Mallory") throw 7;
            CHECK(call.service() == "guarded" && call.content_type() == hms::ContentType::cbor && call.body().size() > 0);
            return {};
        },
        [&](const hms::Intercepted &call, hms::Code code, hms::Duration duration) {
            CHECK(duration.count() >= 0);
            ended.push_back(std::string(call.method()) + " " + hms::name(code));
            throw 7;
        },
    }));
    ok(world.server.intercept({}));

    const auto as = [&](const char *who, const char *method) {
        hms::CallOptions options;
        options.metadata.set("who", who);
        return code(world.client.call("guarded", method, "x", options));
    };
    CHECK(code(world.client.call("guarded", "open", "x")) == hms::Code::unauthenticated);
    CHECK(as("Eve", "open") == hms::Code::permission_denied);
    CHECK(as("Mallory", "open") == hms::Code::unknown);
    CHECK(ended.empty());
    CHECK(as("Ada", "open") == hms::Code::ok && as("Ada", "fails") == hms::Code::data_loss);
    CHECK((ended == std::vector<std::string>{"open OK", "fails DATA_LOSS"}));
}

void log_lines_arrive(const char *component) {
    auto runtime = ok(hms::Runtime::create());
    std::mutex lock;
    std::string lines;
    ok(hms::set_log_sink([&](hms::LogLevel level, std::string_view target, std::string_view message) {
        const std::lock_guard<std::mutex> held(lock);
        CHECK(level == hms::LogLevel::info && !target.empty());
        lines += std::string(message) + "\n";
        throw 7;
    }));
    ok(hms::load_component(runtime, component));
    CHECK(lines.find(component) != std::string::npos);
    ok(hms::set_log_sink({}));
}

} // namespace

int main(int, char **arguments) {
    calls_are_seen_refused_and_measured();
    log_lines_arrive(arguments[1]);
}
