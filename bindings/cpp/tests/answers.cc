// A call that is retained is answered later, by another thread, or gives INTERNAL when it is let go.
#include "check.hpp"

#include <thread>

int main() {
    hms::Service service("answers");
    std::vector<std::thread> threads;
    service
        .method("later",
                [&](hms::Call &call) {
                    threads.emplace_back([later = ok(call.retain())]() mutable {
                        CHECK(ok(later.value()) == hms::Value("asked"));
                        ok(later.reply("late", {{{"from", "afar"}}}));
                        CHECK(later.reply("again").error().code() == hms::Code::failed_precondition);
                    });
                })
        .method("dropped", [](hms::Call &call) { auto later = ok(call.retain()); })
        .method("forgotten", [](hms::Call &) {})
        .method("bad value", [](hms::Call &) { return "\xff"; })
        .method("bad metadata",
                [&](hms::Call &call) {
                    threads.emplace_back([later = ok(call.retain())]() mutable {
                        CHECK(later.reply("late", {{{"key", "\xff"}}}).error().code() == hms::Code::invalid_argument);
                    });
                })
        .method("bad exception", [](hms::Call &) { throw std::runtime_error("\xff"); })
        .method("no code", [](hms::Call &) { return hms::Error(static_cast<hms::Code>(77), "what"); })
        .method("time left", [](hms::Call &call) { return call.deadline().has_value(); });
    World world(service);
    hms::CallOptions options;
    hms::Metadata answered;
    options.response_metadata = &answered;
    CHECK(ok(hms::decode(ok(world.client.call("answers", "later", "asked", options)))) == hms::Value("late"));
    CHECK(answered.find("from") && *answered.find("from") == "afar");

    // What cannot be sent is told to both sides: nobody waits for ever.
    CHECK(code(world.client.call("answers", "bad value")) == hms::Code::invalid_argument);
    CHECK(code(world.client.call("answers", "bad metadata")) == hms::Code::invalid_argument);
    CHECK(code(world.client.call("answers", "bad exception")) == hms::Code::unknown);
    CHECK(code(world.client.call("answers", "no code")) == hms::Code::unknown);

    // A call made elsewhere on behalf of an inbound one ends with it.
    hms::Service relay("relay");
    relay.method("on behalf", [&](hms::Call &call) {
        threads.emplace_back([&world, later = ok(call.retain())]() mutable {
            hms::CallOptions on_behalf;
            on_behalf.parent = later;
            auto answer = world.client.call("answers", "time left", nullptr, on_behalf);
            ok(later.reply(ok(std::move(answer))));
        });
    });
    ok(world.server.add(relay));
    hms::CallOptions timed;
    timed.timeout = std::chrono::seconds(10);
    CHECK(ok(hms::decode(ok(world.client.call("relay", "on behalf", nullptr, timed)))) == hms::Value(true));
    for (auto &thread : threads) thread.join();
    CHECK(code(world.client.call("answers", "dropped")) == hms::Code::internal);
    CHECK(code(world.client.call("answers", "forgotten")) == hms::Code::internal);
}
