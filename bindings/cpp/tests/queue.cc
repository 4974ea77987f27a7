// An event loop: a method that takes its calls from a queue, calls and streams whose completions a queue collects.
#include "check.hpp"

#include <poll.h>
#include <thread>

namespace {

using Kind = hms::Completion::Kind;

constexpr auto patience = std::chrono::seconds(10);

// The next completion, which is of this kind and has this tag.
hms::Completion next(const hms::Queue &queue, Kind kind, uint64_t tag) {
    auto completions = ok(queue.poll(patience, 1));
    CHECK(completions.size() == 1 && completions[0].kind == kind && completions[0].tag == tag);
    return std::move(completions[0]);
}

void a_method_takes_its_calls_from_a_queue() {
    auto requests = ok(hms::Queue::create({true})), answers = ok(hms::Queue::create());
    hms::Service service("hop");
    service.method("run", requests, 7);
    World world(service);
    auto run = ok(world.client.bind("hop", "run"));
    pollfd readable{ok(answers.fd()), POLLIN, 0};
    CHECK(::poll(&readable, 1, 0) == 0 && ok(answers.poll({})).empty());

    auto call = ok(run.submit(answers, 100, "asked"));
    auto request = next(requests, Kind::request, 7);
    CHECK(ok(request.call->value()) == hms::Value("asked") && request.call->method() == "run");
    ok(request.call->reply("answered", {{{"from", "loop"}}}));
    CHECK(::poll(&readable, 1, 10000) == 1);
    auto answer = next(answers, Kind::call, 100);
    CHECK(ok(hms::decode(ok(std::move(answer.answer)))) == hms::Value("answered"));
    CHECK(answer.metadata.find("from") && *answer.metadata.find("from") == "loop");
    CHECK(ok(hms::decode(ok(call.result()))) == hms::Value("answered"));

    ok(run.submit(answers, 101, nullptr));
    ok(next(requests, Kind::request, 7).call->fail(hms::Error(hms::Code::aborted, "no")));
    CHECK(code(next(answers, Kind::call, 101).answer) == hms::Code::aborted);

    // Let go without an answer.
    ok(run.submit(answers, 102, nullptr));
    next(requests, Kind::request, 7);
    CHECK(code(next(answers, Kind::call, 102).answer) == hms::Code::internal);

    auto given_up = ok(run.call_async(nullptr));
    auto kept = next(requests, Kind::request, 7);
    CHECK(ok(given_up.cancel()));
    CHECK(next(requests, Kind::cancelled, 7).cancelled.id == kept.call->raw().id && kept.call->is_cancelled());

    // Who polls alone cannot wait for itself: it is told so.
    CHECK(code(run.call(nullptr)) == hms::Code::aborted);

    std::thread closes([&] { ok(requests.close()); });
    const auto end = requests.poll();
    closes.join();
    CHECK(end.error().code() == hms::Code::unavailable || end.error().code() == hms::Code::failed_precondition);
    CHECK(code(run.call(nullptr)) == hms::Code::unavailable);
}

void streams_tell_when_they_can_go_on() {
    auto queue = ok(hms::Queue::create());
    hms::MethodOptions bidirectional;
    bidirectional.stream_type = hms::StreamType::bidirectional;
    hms::Service service("streams");
    service.method("run", queue, 1, bidirectional);
    World world(service);
    auto caller = ok(world.client.open_stream("streams", "run"));
    auto request = next(queue, Kind::request, 1);
    auto handler = ok(request.call->stream());

    ok(queue.submit_receive(handler, 2));
    CHECK(ok(queue.poll({})).empty());
    ok(caller.send("ping"));
    next(queue, Kind::readable, 2);
    CHECK(ok(hms::decode(*ok(handler.receive({})))) == hms::Value("ping"));

    while (caller.send("more", {})) {}
    ok(queue.submit_send(caller, 3));
    CHECK(ok(queue.poll({})).empty());
    for (int i = 0; i < 64; ++i) ok(handler.receive(patience));
    next(queue, Kind::writable, 3);
    ok(caller.send("again", {}));
    ok(request.call->reply({}));
}

} // namespace

int main() {
    a_method_takes_its_calls_from_a_queue();
    streams_tell_when_they_can_go_on();
}
