// What a caller says along with a call: metadata and time.
#include "check.hpp"

#include <future>

int main() {
    std::promise<void> woken;
    hms::Service service("options");
    service.method("metadata", [](hms::Call &call) { return call.metadata("who").value_or("nobody"); })
        .method("type", [](hms::Call &call) { return call.content_type_text(); })
        .method("sleeps", [&](hms::Call &call) {
            CHECK(call.deadline());
            woken.get_future().wait();
            return nullptr;
        });
    World world(service);
    hms::CallOptions options;
    options.metadata.set("who", "Ada");
    CHECK(ok(hms::decode(ok(world.client.call("options", "metadata", nullptr, options)))) == hms::Value("Ada"));
    CHECK(ok(hms::decode(ok(world.client.call("options", "metadata", nullptr)))) == hms::Value("nobody"));
    const std::vector<uint8_t> bytes{1};
    const hms::Payload picture(hms::Bytes(bytes), std::string_view("image/png"));
    CHECK(ok(hms::decode(ok(world.client.call("options", "type", picture)))) == hms::Value("image/png"));

    hms::CallReport report;
    hms::CallOptions way;
    way.report = &report;
    ok(world.client.call("options", "type", picture, way));
    CHECK(report.transport == hms::Transport::in_process);
    way.forbidden = {hms::Transport::in_process};
    CHECK(code(world.client.call("options", "type", picture, way)) == hms::Code::unavailable);
    CHECK(report.transport == hms::Transport::automatic);
    way.forbidden.clear();
    way.transport = hms::Transport::shared_memory;
    CHECK(code(world.client.call("options", "type", picture, way)) == hms::Code::unavailable);
    way.transport = hms::Transport::grpc;
    CHECK(code(world.client.call("options", "type", picture, way)) == hms::Code::unimplemented);

    for (const auto spin : {std::chrono::microseconds(-1), std::chrono::microseconds(0), std::chrono::microseconds(5)}) {
        hms::ClientOptions spinning;
        spinning.spin = spin;
        ok(ok(hms::Client::create(spinning)).list_services());
    }

    options.timeout = std::chrono::milliseconds(20);
    CHECK(code(world.client.call("options", "sleeps", nullptr, options)) == hms::Code::deadline_exceeded);
    woken.set_value();
    CHECK(code(world.client.call("options", "none")) == hms::Code::not_found);
    CHECK(world.client.bind("none", "none").error().code() == hms::Code::not_found);
    ok(world.server.stop(std::chrono::seconds(10)));
}
