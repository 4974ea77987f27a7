// What is encoded decodes as an equal value of the same kind; what is no value is an error.
#include "check.hpp"

int main() {
    const hms::Value all = hms::Map{
        {"null", nullptr}, {"bool", true}, {"int", INT64_MIN}, {"uint", UINT64_MAX}, {"float", 1.0}, {"text", "\xc3\xa9"},
        {"big", hms::BigInt{"-18446744073709551617"}}, {"bytes", std::vector<uint8_t>{0, 255}},
        {"time", hms::DateTime{"2026-11-21T05:00:00Z"}}, {"uuid", hms::Uuid{1, 2, 3}}, {"decimal", hms::Decimal{"-0.00"}},
        {"list", hms::List{1, hms::List{}, hms::Map{}}}};
    const auto back = ok(hms::Value::decode(ok(all.encode())));
    CHECK(back == all);
    CHECK(back["float"].get_if<double>() && back["int"].get_if<int64_t>() && back["uint"].get_if<uint64_t>());
    CHECK(back["none"].is_null() && hms::Value(1)["none"].is_null());
    CHECK(back["int"].get<std::string>().error().code() == hms::Code::invalid_argument);
    CHECK(hms::Value(uint64_t{7}) == hms::Value(7));

    CHECK(hms::Value("\xff").encode().error().code() == hms::Code::invalid_argument);
    CHECK((hms::Value(hms::Map{{"a", 1}, {"a", 2}}).encode().error().code() == hms::Code::invalid_argument));
    hms::Value deep = nullptr;
    for (int i = 0; i < 64; ++i) deep = hms::List{deep};
    CHECK(ok(hms::Value::decode(ok(deep.encode()))) == deep);
    CHECK(hms::Value(hms::List{deep}).encode().error().code() == hms::Code::invalid_argument);
    const auto settings = ok(hms::Encoded::of(hms::Map{{"mode", "fast"}, {"steps", hms::List{1, 2}}}));
    CHECK(ok(settings.value())["mode"] == "fast");
    const auto twice = ok(hms::Value::decode(ok(hms::Value(hms::List{settings, hms::Map{{"a", settings}}}).encode())));
    CHECK((twice == hms::List{ok(settings.value()), hms::Map{{"a", ok(settings.value())}}}));
    CHECK(hms::Value(settings) == hms::Value(settings) && hms::Value(settings) != ok(settings.value()));
    hms::Service service("constants");
    service.method("get", [&](hms::Call &) { return settings; });
    service.method("echo", [](hms::Call &call) { return call.value().value(); });
    World world(service);
    CHECK(ok(hms::decode(ok(world.client.call("constants", "get")))) == ok(settings.value()));
    for (int i = 0; i < 2; ++i)
        CHECK(ok(hms::decode(ok(world.client.call("constants", "echo", settings)))) == ok(settings.value()));
    CHECK((ok(hms::decode(ok(world.client.call("constants", "echo", hms::Map{{"a", settings}})))) ==
           hms::Map{{"a", ok(settings.value())}}));

    const auto deepest = ok(hms::Encoded::of(deep));
    CHECK(hms::Value(hms::List{deepest}).encode().error().message().find("more than 64 lists and maps") != std::string::npos);
    CHECK(hms::Encoded::of("\xff").error().code() == hms::Code::invalid_argument);

    CHECK(hms::Value::decode({}).error().code() == hms::Code::invalid_argument);
    CHECK(hms::Value::decode(std::vector<uint8_t>{0xa1, 0x61, 0x61}).error().message().find("$.a") == 0);
}
