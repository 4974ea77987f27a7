// Serves a method, calls it, and prints the answer.
#include <hmsffi/hmsffi.hpp>
#include <iostream>

int main() try {
  auto runtime = hms::Runtime::default_instance().value();
  auto server = hms::Server::create(runtime).value();
  hms::Service service("greet");
  service.method("hello", [](const hms::Value &) { return hms::Value("hello from C++"); });
  server.add(service).value();
  server.start().value();

  auto client = hms::Client::create(runtime).value();
  auto answer = hms::decode(client.call("greet", "hello", hms::Value()).value()).value();
  std::cout << answer.get<std::string>().value() << '\n';
} catch (const hms::Exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
