// Calls that run by themselves: result, failure, cancellation.
#include "check.hpp"

#include <atomic>
#include <thread>

int main() {
    std::atomic<bool> cancelled{false}, inside{false};
    hms::Service service("async");
    service.method("echo", [](hms::Call &call) { return call.body(); })
        .method("fails", [](hms::Call &) { return hms::Error(hms::Code::aborted, "no"); })
        .method("waits", [&](hms::Call &call) {
            ok(call.on_cancel([&] {
                cancelled = true;
                throw 7;
            }));
            inside = true;
            while (!call.is_cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        });
    World world(service);
    auto echo = ok(world.client.call_async("async", "echo", "text"));
    CHECK(ok(hms::decode(ok(echo.result()))) == hms::Value("text"));
    auto known = world.client.get_call(echo.id());
    hms::Metadata answered;
    CHECK(ok(hms::decode(ok(known.result(hms::forever, &answered)))) == hms::Value("text") && answered.pairs().empty());
    CHECK(ok(echo.status()) == hms::AsyncCall::Status::ok && echo.id().size() == 32);
    CHECK(code(ok(world.client.call_async("async", "fails")).result()) == hms::Code::aborted);

    auto waits = ok(world.client.call_async("async", "waits"));
    CHECK(code(waits.result(std::chrono::milliseconds(5))) == hms::Code::deadline_exceeded);
    while (!inside) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(ok(waits.cancel()));
    CHECK(code(waits.result()) == hms::Code::cancelled);
    for (int i = 0; i < 2000 && !cancelled; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(cancelled);
    ok(world.server.stop(std::chrono::seconds(10)));
}
