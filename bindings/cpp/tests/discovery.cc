// Services are found, described and watched.
#include "check.hpp"

namespace {

hms::Service greeting(std::string_view id) {
    hms::Service service(id, "2.1.0");
    service.describe("Greeting", "Says hello").metadata("team", "front");
    service.method("greet", [](hms::Call &call) { return call.body(); });
    return service;
}

std::vector<std::string> ids(const hms::List &services) {
    std::vector<std::string> found;
    for (const auto &service : services) found.push_back(*service["service_id"].get_if<std::string>());
    return found;
}

using Type = hms::ServiceEvent::Type;

void next(hms::ServiceWatch &watch, Type type, const std::string &id) {
    const auto event = ok(watch.next(std::chrono::seconds(10)));
    CHECK(event && event->type == type && event->service["service_id"] == hms::Value(id));
}

} // namespace

int main() {
    World world(greeting("greeting.one"));
    auto watch = ok(world.client.watch_services("greeting.*"));
    auto all = ok(world.client.watch_services());
    auto own = ok(world.client.watch_services("hms.ffi.v1.ServiceR*"));
    next(own, Type::added, "hms.ffi.v1.ServiceRegistry");
    next(all, Type::added, "greeting.one");
    CHECK(all.next(std::chrono::milliseconds(10)).error().code() == hms::Code::deadline_exceeded);
    next(watch, Type::added, "greeting.one");
    ok(world.server.add(greeting("greeting.two")));
    next(watch, Type::added, "greeting.two");

    CHECK((ids(ok(world.client.list_services("greeting.*"))) == std::vector<std::string>{"greeting.one", "greeting.two"}));
    CHECK(ok(world.client.list_services("greeting.*", {{"team", "back"}})).empty());
    CHECK(ok(world.client.list_services("greeting.*", {{"team", "front"}})).size() == 2);
    // The library's own services are there for who names them.
    CHECK(ids(ok(world.client.list_services())).size() == 2 && ids(ok(world.client.list_services("*Registry"))).empty());
    const auto named = ids(ok(world.client.list_services("hms.ffi.v1.ServiceR*")));
    CHECK(named == std::vector<std::string>{"hms.ffi.v1.ServiceRegistry"});

    auto service = world.client.get_service("greeting.one");
    auto definition = ok(service.definition());
    CHECK(definition["display_name"] == hms::Value("Greeting") && definition["version"] == hms::Value("2.1.0"));
    CHECK(definition["metadata"]["team"] == hms::Value("front"));
    const auto *methods = definition["methods"].get_if<hms::List>();
    CHECK(methods && methods->size() == 1 && (*methods)[0]["name"] == hms::Value("greet"));
    CHECK(ok(hms::decode(ok(service.call("greet", "hello")))) == hms::Value("hello"));
    CHECK(ok(hms::decode(ok(ok(service.bind("greet")).call("bound")))) == hms::Value("bound"));
    CHECK(ok(hms::decode(ok(ok(service.call_async("greet", "later")).result()))) == hms::Value("later"));

    auto nobody = world.client.get_service("greeting.three");
    CHECK(nobody.definition().error().code() == hms::Code::not_found);
    CHECK(code(nobody.call("greet")) == hms::Code::not_found);

    ok(world.server.remove("greeting.one"));
    next(watch, Type::removed, "greeting.one");
    ok(watch.cancel());
    CHECK(watch.next().error().code() == hms::Code::cancelled);

    // Nobody has to make a runtime: all that name none share one.
    auto server = ok(hms::Server::create());
    ok(server.add(greeting("greeting.shared")));
    ok(server.start());
    auto client = ok(hms::Client::create());
    CHECK(ok(hms::decode(ok(client.call("greeting.shared", "greet", "x")))) == hms::Value("x"));
    CHECK(ids(ok(client.list_services("greeting.*"))) == std::vector<std::string>{"greeting.shared"});
}
