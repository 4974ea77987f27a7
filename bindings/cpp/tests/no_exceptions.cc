// The same in a program built with -fno-exceptions: handlers fail by what they return.
#include "check.hpp"

int main() {
    hms::Service service("plain");
    service.method("twice", [](const hms::Value &value) -> hms::expected<hms::Value> {
        if (const auto *number = value.get_if<int64_t>()) return hms::Value(*number * 2);
        return hms::Error(hms::Code::invalid_argument, "a number is needed");
    });
    World world(service);
    CHECK(ok(hms::decode(ok(world.client.call("plain", "twice", 21)))) == hms::Value(42));
    CHECK(code(world.client.call("plain", "twice", "x")) == hms::Code::invalid_argument);
}
