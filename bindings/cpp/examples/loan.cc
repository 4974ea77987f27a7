#include <hmsffi/hmsffi.hpp>

#include <algorithm>
#include <iostream>

// Doubles each byte, in memory that is lent for the answer.
hms::expected<hms::Buffer> twice(hms::Call &call) {
    auto answer = call.loan(call.body().size());
    if (!answer) return std::move(answer.error());
    std::transform(call.body().begin(), call.body().end(), answer->begin(), [](uint8_t byte) { return uint8_t(2 * byte); });
    return std::move(*answer).take();
}

int main() try {
    auto server = hms::Server::create().value();
    server.add(hms::Service("bytes").method("twice", twice)).value();
    server.start().value();

    // A caller in another process does the same.
    auto client = hms::Client::create().value();
    auto method = client.bind("bytes", "twice").value();
    auto request = method.loan(1 << 20).value();
    std::fill(request.begin(), request.end(), uint8_t(1));
    hms::CallReport report;
    hms::CallOptions options;
    options.report = &report;
    auto answer = method.call(request.bytes(), options).value();
    std::cout << answer.size() << " bytes, " << report.bytes_copied << " copied\n";
    std::cout << "answer: " << int(answer.data()[0]) << "\n";
    server.stop(std::chrono::seconds(1)).value();
} catch (const hms::Exception &problem) {
    std::cerr << problem.what() << "\n";
    return 1;
}
