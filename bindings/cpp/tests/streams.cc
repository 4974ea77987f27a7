// Streams both ways, half-close, failure and cancellation.
#include "check.hpp"

static hms::MethodOptions type(hms::StreamType type) {
    hms::MethodOptions options;
    options.stream_type = type;
    return options;
}

int main() {
    hms::Service service("streams");
    service.method(
        "up",
        [](hms::Call &call) -> hms::expected<void> {
            auto stream = ok(call.stream());
            const auto count = *ok(call.value()).get_if<int64_t>();
            for (int64_t i = 0; i < count; ++i) ok(stream.send(i));
            return {};
        },
        type(hms::StreamType::server));
    service.method(
        "echo",
        [](hms::Call &call) -> hms::expected<void> {
            auto stream = ok(call.stream());
            for (;;) {
                auto item = stream.receive();
                if (!item) return std::move(item.error());
                if (!*item) return {};
                if (ok(hms::decode(**item)) == hms::Value("fail")) return hms::Error(hms::Code::data_loss, "told to");
                ok(stream.send(std::move(**item)));
            }
        },
        type(hms::StreamType::bidirectional));
    World world(service);

    auto up = ok(world.client.open_stream("streams", "up", 200));
    for (int i = 0; i < 200; ++i) CHECK(ok(hms::decode(*ok(up.receive()))) == hms::Value(i));
    CHECK(!ok(up.receive()));

    auto echo = ok(world.client.open_stream("streams", "echo"));
    CHECK(echo.receive(std::chrono::milliseconds(10)).error().code() == hms::Code::deadline_exceeded);
    ok(echo.send("ping"));
    CHECK(ok(hms::decode(*ok(echo.receive()))) == hms::Value("ping"));
    ok(echo.finish());
    CHECK(!ok(echo.receive()));

    auto failing = ok(world.client.open_stream("streams", "echo"));
    ok(failing.send("fail"));
    CHECK(failing.receive().error().code() == hms::Code::data_loss);

    auto cancelled = ok(world.client.open_stream("streams", "echo"));
    ok(cancelled.cancel());
    CHECK(cancelled.receive().error().code() == hms::Code::cancelled);
}
