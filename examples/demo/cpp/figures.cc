#include "figures.hpp"

#include <algorithm>
#include <cstdio>

namespace {

// Microseconds that one call takes: the median of 7 rounds.
template <class Call> double median(Call call) {
    constexpr int rounds = 7, calls = 2000;
    double times[rounds];
    for (double &time : times) {
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; ++i) call();
        time = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count() / calls;
    }
    std::sort(std::begin(times), std::end(times));
    return times[rounds / 2];
}

void write(std::string_view caller, const std::string &handler, double of_bytes, double of_record) {
    std::fprintf(stderr, "%s calls %s: %.2f us for 64 bytes, %.2f us for a record\n", std::string(caller).c_str(),
                 handler.c_str(), of_bytes, of_record);
}

// The ids of the services `demo.KIND.LANGUAGE`, and their languages.
std::vector<std::pair<std::string, std::string>> services(const hms::Client &client, const std::string &kind) {
    std::vector<std::pair<std::string, std::string>> found;
    const auto prefix = "demo." + kind + ".";
    for (const auto &service : client.list_services(prefix + "*").value()) {
        const auto id = service["service_id"].get<std::string>().value();
        found.emplace_back(id, id.substr(prefix.size()));
    }
    return found;
}

} // namespace

void write_figures(const hms::Client &client, const hms::Value &patient) {
    const std::vector<uint8_t> bytes(64);
    const auto encoded = patient.encode().value().bytes().copy();
    for (const auto &[id, handler] : services(client, "echo")) {
        const auto echo = client.bind(id, "echo").value();
        const auto record = client.bind(id, "record").value();
        const auto of_bytes = median([&] { return echo.call(bytes).value(); });
        const auto of_record = median([&] { return hms::decode(record.call(patient).value()).value(); });
        write("cpp", handler, of_bytes, of_record);
        // C and Rust have no host of their own: their components call here.
        for (const auto &[caller, language] : services(client, "caller")) {
            const hms::Map job{{"service", id}, {"record", encoded}};
            const auto figures = hms::decode(client.call(caller, "median", job).value()).value();
            write(language, handler, figures["bytes"].get<double>().value(), figures["record"].get<double>().value());
        }
    }
}
