// The demo pipeline with C++ as the host (see ../PIPELINE.md): host DATA COMPONENT...
// host DATA apart: all services are in other processes.
#include "figures.hpp"
#include "patients.hpp"

#include <cstdio>

namespace {

struct Step {
    const char *service, *method;
};
constexpr Step steps[] = {
    {"demo.units", "convert"}, {"demo.risk", "score"}, {"demo.render", "line"}, {"demo.summary", "by_decile"}};

std::string lacking(const hms::Client &client) {
    std::string missing;
    for (const auto &step : steps)
        if (!client.bind(step.service, step.method))
            missing += std::string(missing.empty() ? "" : ", ") + step.service + "." + step.method;
    return missing;
}

void run(const hms::Client &client, const std::vector<hms::Map> &patients) {
    const auto convert = client.bind("demo.units", "convert").value();
    auto summary = client.open_stream("demo.summary", "by_decile").value();
    size_t done = 0;
    for (const auto &patient : patients) {
        validate(patient).value();
        auto item = convert.call(patient).value();
        std::printf("%s\n", hms::decode(item).value()["line"].get<std::string>().value().c_str());
        summary.send(std::move(item)).value();
        if (++done % 100 == 0 || done == patients.size())
            std::fprintf(stderr, "%zu of %zu records\n", done, patients.size());
    }
    summary.finish().value();
    const auto text = hms::decode(summary.receive().value().value()).value()["text"].get<std::string>().value();
    std::printf("\n%s", text.c_str());
}

} // namespace

int main(int count, char **arguments) try {
    if (count < 2) throw hms::Exception(hms::Code::invalid_argument, "usage: host DATA COMPONENT...");
    const auto runtime = hms::Runtime::default_instance().value();
    const bool is_apart = count == 3 && std::string_view(arguments[2]) == "apart";
    for (int i = 2; i < count && !is_apart; ++i) hms::load_component(runtime, arguments[i]).value();
    const auto client = hms::Client::create().value();
    const auto patients = read_patients(arguments[1]);
    if (const auto missing = lacking(client); !missing.empty())
        std::fprintf(stderr, "these steps are not here, so no record is processed: %s\n", missing.c_str());
    else
        run(client, patients);
    write_figures(client, patients.at(0));
    return 0;
} catch (const hms::Exception &failure) {
    std::fprintf(stderr, "%s\n", failure.error().message().c_str());
    return 1;
} catch (const std::exception &failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
}
