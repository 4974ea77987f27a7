// Errors keep what they hold on their way: code, message, stack, details and causes; exceptions become errors.
#include "check.hpp"

int main() {
    hms::Service service("errors");
    service
        .method("full",
                [](hms::Call &) {
                    hms::Error why(hms::Code::out_of_range, "too far");
                    why.with_stack("here").with_detail("limit", "7");
                    why.with_cause(hms::Error(hms::Code::not_found, "no such row"));
                    return why;
                })
        .method("exception", [](hms::Call &) -> hms::Value { throw hms::Exception(hms::Code::aborted, "given up"); })
        .method("plain", [](hms::Call &) { return hms::Error(hms::Code::aborted, "plain"); })
        .method("standard", [](const hms::Value &) -> hms::Value { throw std::runtime_error("went wrong"); })
        .method("other", [](const hms::Value &) -> hms::Value { throw 7; });
    World world(service);

    auto full = world.client.call("errors", "full");
    CHECK(code(full) == hms::Code::out_of_range && full.error().message() == "too far");
    CHECK(full.error().stack().find("here") != std::string::npos && !full.error().source().empty());
    bool limit = false;
    for (const auto &[key, value] : full.error().details()) limit = limit || (key == "limit" && value == "7");
    CHECK(limit);
    CHECK(full.error().cause() && full.error().cause()->code() == hms::Code::not_found);
    CHECK(full.error().cause()->message() == "no such row");

    // An error without a stack says at least whose it is.
    const auto plain = world.client.call("errors", "plain");
    CHECK(plain.error().stack().find("plain (errors.cc:") != std::string::npos);

    auto exception = world.client.call("errors", "exception");
    CHECK(code(exception) == hms::Code::aborted && exception.error().message() == "given up");
    auto standard = world.client.call("errors", "standard", hms::Map());
    CHECK(code(standard) == hms::Code::unknown && standard.error().message() == "went wrong");
    CHECK(code(world.client.call("errors", "other", nullptr)) == hms::Code::unknown);

    bool caught = false;
    try {
        (void)world.client.call("errors", "exception").value();
    } catch (const hms::Exception &thrown) {
        caught = thrown.code() == hms::Code::aborted;
    }
    CHECK(caught);

    // An error that a handler passes on keeps its causes.
    hms::Service relay("relay");
    relay.method("relay", [&](hms::Call &) -> hms::expected<hms::Buffer> { return world.client.call("errors", "full"); });
    relay.method("wrap", [&](hms::Call &) -> hms::expected<hms::Buffer> {
        auto inner = world.client.call("errors", "full");
        return hms::Error(hms::Code::internal, "wrapped").with_cause(inner.error());
    });
    ok(world.server.add(relay));
    auto relayed = world.client.call("relay", "relay");
    CHECK(code(relayed) == hms::Code::out_of_range && relayed.error().cause()->code() == hms::Code::not_found);
    auto wrapped = world.client.call("relay", "wrap");
    CHECK(code(wrapped) == hms::Code::internal && wrapped.error().cause()->code() == hms::Code::out_of_range);
    CHECK(wrapped.error().cause()->cause()->code() == hms::Code::not_found);

    hms::Service broken("\xff");
    CHECK(world.server.add(broken).error().code() == hms::Code::invalid_argument);
}
