// The demo pipeline with C++ as the host (see ../PIPELINE.md): host DATA COMPONENT...
// host DATA apart: all services are in other processes.
#include "figures.hpp"
#include "patients.hpp"
#include "summary.hpp"

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

void run(const hms::Client &client, const std::vector<Patient> &patients) {
    const units::Units units(client);
    auto deciles = summary::Summary(client).by_decile().value();
    size_t done = 0;
    for (const auto &patient : patients) {
        validate(patient).value();
        const auto item = units.convert(patient).value();
        std::printf("%s\n", item.line.c_str());
        deciles.send({item.id, item.score, item.progression}).value();
        if (++done % 100 == 0 || done == patients.size())
            std::fprintf(stderr, "%zu of %zu records\n", done, patients.size());
    }
    std::printf("\n%s", deciles.result().value().text.c_str());
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
    write_figures(client, hms::typed::to_value(patients.at(0)));
    return 0;
} catch (const hms::Exception &failure) {
    std::fprintf(stderr, "%s\n", failure.error().message().c_str());
    return 1;
} catch (const std::exception &failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
}
