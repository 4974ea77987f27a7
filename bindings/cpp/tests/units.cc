// The header in several units of one program, with and without exceptions: each keeps its own way to fail.
#include "check.hpp"

int value_of_an_error();

static hms::expected<hms::Value> twice(const hms::Value &value) {
    return hms::Value(value.get<int64_t>().value() * 2);
}

int main() {
    hms::Service service("units");
    service.method("twice", twice);
    World world(service);
    CHECK(ok(hms::decode(ok(world.client.call("units", "twice", 21)))) == hms::Value(42));
    CHECK(code(world.client.call("units", "twice", "x")) == hms::Code::invalid_argument);
    CHECK(value_of_an_error() == 3);
}
