// Errors with data: of a type, of any, and of none; with exceptions and without.
#include "check.hpp"

namespace {

struct OutOfStock {
    int64_t left{};
    bool operator==(const OutOfStock &other) const { return left == other.left; }
};
struct Closed {};

} // namespace

namespace hms { inline namespace HMSFFI_VARIANT {
template <> struct Convert<OutOfStock> {
    static Value to(const OutOfStock &from) { return Map{{"left", from.left}}; }
    static expected<OutOfStock> from(const Value &value) {
        auto left = Convert<int64_t>::from(value["left"]);
        if (!left) return left.error();
        return OutOfStock{*left};
    }
};
template <> struct Convert<Closed> {
    static expected<Closed> from(const Value &) { return Closed{}; }
};
template <> struct ErrorData<OutOfStock> {
    static constexpr std::string_view schema = "out_of_stock";
};
template <> struct ErrorData<Closed> {
    static constexpr std::string_view schema = "closed";
};
}} // namespace hms

namespace {

hms::Error out_of_stock() {
    return hms::Error(hms::Code::failed_precondition, "3 left").with_detail("shelf", "7").with_data(OutOfStock{3});
}

void a_caller_gets_type_and_data(const World &world) {
    const auto sold = world.client.call("shop", "order");
    CHECK(code(sold) == hms::Code::failed_precondition && sold.error().message() == "3 left");
    CHECK(sold.error().schema() == "out_of_stock");
    CHECK(sold.error().data<OutOfStock>() == OutOfStock{3});
    CHECK(!sold.error().data<Closed>());
    CHECK(ok(sold.error().data()) == hms::Value(hms::Map{{"left", 3}}));

    const auto untyped = world.client.call("shop", "untyped");
    CHECK(untyped.error().data<OutOfStock>() == OutOfStock{4});

#if HMSFFI_EXCEPTIONS
    std::optional<OutOfStock> caught;
    try {
        (void)world.client.call("shop", "thrown").value();
    } catch (const hms::Exception &thrown) {
        caught = thrown.error().data<OutOfStock>();
    }
    CHECK(caught == OutOfStock{3});
#endif
}

void data_pass_through_handlers(const World &world) {
    hms::Service relay("relay");
    relay.method("pass", [&](hms::Call &) -> hms::expected<hms::Buffer> { return world.client.call("shop", "order"); })
        .method("wrap", [&](hms::Call &) {
            return hms::Error(hms::Code::aborted, "no").with_cause(world.client.call("shop", "order").error());
        });
    hms::Server server = ok(hms::Server::create(world.runtime.raw()));
    ok(server.add(relay));
    ok(server.start());
    CHECK(world.client.call("relay", "pass").error().data<OutOfStock>() == OutOfStock{3});
    const auto wrapped = world.client.call("relay", "wrap");
    CHECK(wrapped.error().schema().empty() && wrapped.error().cause()->data<OutOfStock>() == OutOfStock{3});
}

void data_that_cannot_be_read_hide_nothing() {
    const hms::Error plain(hms::Code::aborted, "why");
    CHECK(plain.schema().empty() && code(plain.data()) == hms::Code::not_found && !plain.data<OutOfStock>());

    hms::Error lost(hms::Code::aborted, "why");
    lost.with_detail("hms.error_schema", "out_of_stock").with_detail("hms.error_data", "no base64");
    CHECK(lost.schema() == "out_of_stock" && code(lost.data()) == hms::Code::data_loss && !lost.data<OutOfStock>());

    hms::Error other(hms::Code::aborted, "why");
    other.with_data("out_of_stock", hms::Map{{"left", "three"}});
    CHECK(!other.data<OutOfStock>() && ok(other.data())["left"] == hms::Value("three"));
}

void data_that_cannot_be_sent_do_not_hide_their_error() {
    hms::Error error(hms::Code::aborted, "why");
    error.with_data("out_of_stock", hms::Map{{"left", "\xff"}});
    CHECK(error.code() == hms::Code::aborted && error.schema().empty());
    CHECK(error.message() == "why (its data are not sent: $.left: text is not UTF-8: the byte at 0 is wrong)");
}

} // namespace

int main() {
    hms::MethodOptions options;
    options.error_schemas = {R"({"schema_id": "out_of_stock", "type": "OBJECT", "fields": [
        {"name": "left", "required": true, "schema": {"type": "INTEGER"}}]})"};
    hms::Service shop("shop");
    shop.metadata("hms.validate", "always")
        .method("order", [](hms::Call &) { return out_of_stock(); }, options)
        .method("untyped", [](hms::Call &) {
            return hms::Error(hms::Code::failed_precondition, "4 left").with_data("out_of_stock", hms::Map{{"left", 4}});
        }, options);
#if HMSFFI_EXCEPTIONS
    shop.method("thrown", [](hms::Call &) -> hms::Value { throw hms::Exception(out_of_stock()); }, options);
#endif
    World world(shop);
    a_caller_gets_type_and_data(world);
    data_pass_through_handlers(world);
    data_that_cannot_be_read_hide_nothing();
    data_that_cannot_be_sent_do_not_hide_their_error();
}
