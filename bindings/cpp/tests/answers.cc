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
        .method("forgotten", [](hms::Call &) {});
    World world(service);
    hms::CallOptions options;
    hms::Metadata answered;
    options.response_metadata = &answered;
    CHECK(ok(hms::decode(ok(world.client.call("answers", "later", "asked", options)))) == hms::Value("late"));
    CHECK(answered.find("from") && *answered.find("from") == "afar");
    for (auto &thread : threads) thread.join();
    CHECK(code(world.client.call("answers", "dropped")) == hms::Code::internal);
    CHECK(code(world.client.call("answers", "forgotten")) == hms::Code::internal);
}
