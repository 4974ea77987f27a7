// One client, one bound method, many threads; and services that come and go meanwhile.
#include "check.hpp"

#include <atomic>
#include <thread>

int main() {
    hms::Service service("threads");
    std::atomic<int> calls{0};
    service.method("count", [&](hms::Call &call) {
        ++calls;
        return call.body();
    });
    World world(service);
    auto method = ok(world.client.bind("threads", "count"));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 2000; ++i) CHECK(ok(hms::decode(ok(method.call(i * thread)))) == hms::Value(i * thread));
        });
    for (int i = 0; i < 50; ++i) {
        hms::Service other("other");
        other.method("none", [](hms::Call &) { return 0; });
        ok(world.server.add(other));
        ok(world.client.call("other", "none"));
        ok(world.server.remove("other"));
    }
    for (auto &thread : threads) thread.join();
    CHECK(calls == 8000);
    ok(world.server.stop(std::chrono::seconds(10)));
    CHECK(!world.server.is_running());
}
