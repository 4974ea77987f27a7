// Handlers: any callable, every shape of answer; dropped once.
#include "check.hpp"

static hms::Value free_function(const hms::Value &value) { return value; }

int main() {
    auto owned = std::make_shared<int>(1);
    {
        hms::Service service("handlers");
        service.describe("Handlers", "All shapes").metadata("team", "test");
        service.method("free", free_function)
            .method("text", [owned](const hms::Value &) { return "text"; })
            .method("number", [](hms::Call &) { return 7; })
            .method("bytes", [](hms::Call &) { return std::vector<uint8_t>{1, 2}; })
            .method("view", [](hms::Call &call) { return call.body(); })
            .method("nothing", [](hms::Call &) -> hms::expected<void> { return {}; })
            .method("own", [](hms::Call &) { return hms::Buffer::own(std::string("lent"), hms::ContentType::json); })
            .method("itself", [](hms::Call &call) { (void)call.reply(call.method()); });
        World world(service);
        const auto get = [&](const char *method) { return ok(world.client.call("handlers", method, hms::List{1, "a"})); };

        CHECK(ok(hms::decode(get("free"))) == hms::Value(hms::List{1, "a"}));
        CHECK(ok(hms::decode(get("text"))) == hms::Value("text"));
        CHECK(ok(hms::decode(get("number"))) == hms::Value(7));
        CHECK(get("bytes").content_type() == hms::ContentType::bytes && get("bytes").size() == 2);
        CHECK(get("view").content_type() == hms::ContentType::cbor);
        CHECK(get("nothing").size() == 0);
        CHECK(get("own").text() == "lent" && get("own").content_type() == hms::ContentType::json);
        CHECK(ok(hms::decode(get("itself"))) == hms::Value("itself"));
        CHECK(owned.use_count() == 2);
    }
    for (int i = 0; i < 1000 && owned.use_count() > 1; ++i) {
        const timespec time{0, 5000000};
        nanosleep(&time, nullptr);
    }
    CHECK(owned.use_count() == 1);
}
