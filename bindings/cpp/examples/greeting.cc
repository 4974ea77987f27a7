#include <hmsffi/hmsffi.hpp>

#include <iostream>

// Takes a value and returns its answer. It may run on several threads at once.
hms::expected<hms::Value> greet(const hms::Value &request) {
    const auto *name = request["name"].get_if<std::string>();
    if (!name) return hms::Error(hms::Code::invalid_argument, "a name is needed");
    return hms::Value("Hello, " + *name + "!");
}

int main() try {
    auto server = hms::Server::create().value();
    server.add(hms::Service("greeting").method("greet", greet)).value();
    server.start().value();

    auto client = hms::Client::create().value();
    auto answer = client.call("greeting", "greet", hms::Map{{"name", "Ada"}}).value();
    std::cout << hms::decode(answer).value().get<std::string>().value() << "\n";

    // A result can be asked instead: nothing is thrown.
    if (auto failed = client.call("greeting", "greet", hms::Map()); !failed)
        std::cout << hms::name(failed.error().code()) << ": " << failed.error().message() << "\n";
    server.stop(std::chrono::seconds(1)).value();
} catch (const hms::Exception &problem) {
    std::cerr << problem.what() << "\n";
    return 1;
}
