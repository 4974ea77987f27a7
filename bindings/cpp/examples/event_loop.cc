#include <hmsffi/hmsffi.hpp>

#include <poll.h>

#include <iostream>

// A program with an event loop: its thread serves the calls, and collects the answers of the calls that it makes.
int main() try {
    const auto queue = hms::Queue::create({/*single_thread=*/true}).value();
    auto server = hms::Server::create().value();
    server.add(hms::Service("clock").method("tick", queue, /*tag=*/1)).value();
    server.start().value();

    auto client = hms::Client::create().value();
    auto tick = client.bind("clock", "tick").value();
    tick.submit(queue, /*tag=*/2, "now").value();

    pollfd loop[] = {{queue.fd().value(), POLLIN, 0}};
    for (bool answered = false; !answered;) {
        poll(loop, 1, -1);
        for (auto &completion : queue.poll(/*timeout=*/{}).value()) {
            if (completion.kind == hms::Completion::Kind::request)
                completion.call->reply("tick").value();
            else if (completion.kind == hms::Completion::Kind::call) {
                std::cout << hms::decode(completion.answer.value()).value().get<std::string>().value() << "\n";
                answered = true;
            }
        }
    }
} catch (const hms::Exception &problem) {
    std::cerr << problem.what() << "\n";
    return 1;
}
