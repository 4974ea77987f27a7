// A client gets the version of a service that it was made for, or is told why there is none.
#include "check.hpp"

namespace {

std::string amount(int least) {
    return R"({"type": "INTEGER", "constraints": {"minimum": )" + std::to_string(least) + "}}";
}

// A version of billing whose method says which it is.
hms::Service billing(std::string version, int least) {
    hms::Service service("billing", version);
    hms::MethodOptions options;
    options.input_schema = amount(least);
    service.method("charge", [version](const hms::Value &) { return hms::Value(version); }, options);
    return service;
}

// Made for this version, in which any amount could be charged.
hms::ServiceOptions made_for(const std::string &version, hms::Binding binding) {
    return {R"({"service_id": "billing", "version": ")" + version + R"(", "methods": [{"name": "charge", "input_schema": )" +
                amount(0) + "}]}",
            binding};
}

hms::Value charged(const hms::RemoteService &billing) { return ok(hms::decode(ok(billing.call("charge", 7)))); }

} // namespace

int main() {
    World world(billing("1.2.0", 0));
    ok(world.server.add(billing("1.3.0", 0)));
    ok(world.server.add(billing("1.4.0", 5)));

    const auto loose = ok(world.client.get_service("billing", made_for("1.2.0", hms::Binding::loose)));
    CHECK(charged(loose) == hms::Value("1.3.0"));
    CHECK(ok(hms::decode(ok(ok(loose.bind("charge")).call(7)))) == hms::Value("1.3.0"));
    CHECK(ok(hms::decode(ok(ok(loose.call_async("charge", 7)).result()))) == hms::Value("1.3.0"));
    CHECK(charged(ok(world.client.get_service("billing", made_for("1.2.0", hms::Binding::strict)))) == hms::Value("1.2.0"));
    CHECK(charged(ok(world.client.get_service("billing", hms::ServiceOptions{}))) == hms::Value("1.4.0"));

    const auto refused = world.client.get_service("billing@1.4.0", made_for("1.2.0", hms::Binding::loose));
    CHECK(!refused && refused.error().code() == hms::Code::failed_precondition);
    CHECK(refused.error().message().find("expected 0, provided 5 (the caller must move)") != std::string::npos);
    bool told = false;
    for (const auto &[key, value] : refused.error().details())
        told = told || (key == "hms.differences" && value.find(R"("must_move":"caller")") != std::string::npos);
    CHECK(told);
    CHECK(code(world.client.get_service("billing", {"{", hms::Binding::loose})) == hms::Code::invalid_argument);

    const auto wanted = made_for("1.2.0", hms::Binding::loose).expected, newer = made_for("2.0.0", hms::Binding::loose).expected;
    const auto report = ok(hms::compare_services(wanted, newer, hms::Binding::strict));
    CHECK(std::string(report.text()).find(R"("fits":false)") != std::string::npos);
}
