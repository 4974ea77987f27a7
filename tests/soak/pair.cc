// pair serve: serves `soak.cpp` until its standard input ends.
// pair call CALLS LANGUAGE...: makes CALLS calls of each of these; fails unless both ends are
// afterwards as large as before.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <hmsffi/hmsffi.hpp>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

namespace {

constexpr long most_growth_kib = 1024;
// Calls after which all is as large as it will ever be.
constexpr long warm = 30000;
// What has grown once may have to be collected; what leaks grows each time.
constexpr int rounds = 3;

struct Size {
  long kib = 0, descriptors = 0;
};

// What the process has for itself, and of memory that it shares; its files are none of that.
Size size() {
  Size now;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("RssAnon:", 0) == 0 || line.rfind("RssShmem:", 0) == 0)
      now.kib += std::stol(line.substr(line.find(':') + 1));
  using Folder = std::filesystem::directory_iterator;
  now.descriptors = std::distance(Folder("/proc/self/fd"), Folder());
  return now;
}

hms::expected<hms::Payload> told_size(hms::Call &) {
  const auto now = size();
  auto text = hms::Buffer::own(std::to_string(now.kib) + " " + std::to_string(now.descriptors));
  if (!text) return std::move(text.error());
  return hms::Payload(std::move(*text));
}

hms::expected<void> count(hms::Call &call) {
  auto stream = call.stream();
  if (!stream) return std::move(stream.error());
  for (int64_t i = 0; i < 3; i++)
    if (auto sent = stream->send(i); !sent) return sent;
  return {};
}

void serve() {
  auto server = hms::Server::create().value();
  hms::Service service("soak.cpp");
  hms::MethodOptions streams;
  streams.stream_type = hms::StreamType::server;
  service.method("echo", [](hms::Call &call) { return hms::Payload(call.body()); })
      .method("refuse",
              [](hms::Call &) -> hms::expected<hms::Payload> {
                return hms::Error(hms::Code::permission_denied, "refused");
              })
      .method("count", count, streams)
      .method("size", told_size);
  server.add(service).value();
  server.start().value();
  for (std::string line; std::getline(std::cin, line);) {
  }
}

void every_shape(const hms::Client &client, const std::string &service, long calls) {
  const std::string small(64, 'x'), large(20000, 'y');
  const auto echo = client.bind(service, "echo").value();
  for (long i = 0; i < calls; i++) {
    const auto &body = i % 100 == 50 ? large : small;
    if (echo.call(hms::Bytes(body.data(), body.size())).value().bytes().text() != body) throw "another answer";
    // These cross threads, or make an error with its stack.
    if (i % 100) continue;
    const auto refused = client.call(service, "refuse");
    if (refused || refused.error().code() != hms::Code::permission_denied) throw "not refused";
    auto stream = client.open_stream(service, "count").value();
    while (stream.receive().value()) {
    }
  }
}

Size size_of(const hms::Client &client, const std::string &service) {
  const auto answer = client.call(service, "size").value();
  std::istringstream text{std::string(answer.bytes().text())};
  Size there;
  text >> there.kib >> there.descriptors;
  return there;
}

bool stays(const char *where, Size before, Size after) {
  std::cout << ", " << after.kib - before.kib << " KiB more " << where;
  return after.kib - before.kib <= most_growth_kib && after.descriptors <= before.descriptors;
}

bool call(const hms::Client &client, const std::string &language, long calls) {
  const auto service = "soak." + language;
  every_shape(client, service, warm);
  bool here_stays = false, there_stays = false;
  for (int round = 0; round < rounds && !(here_stays && there_stays); round++) {
    const auto here = size(), there = size_of(client, service);
    every_shape(client, service, calls);
    std::cout << "cpp calls " << language << ": " << calls << " calls";
    here_stays |= stays("here", here, size());
    there_stays |= stays("there", there, size_of(client, service));
    std::cout << std::endl;
  }
  return here_stays && there_stays;
}

}  // namespace

int main(int count, char **words) try {
  if (count == 2 && words[1] == std::string("serve")) return serve(), 0;
  if (count < 3) return 2;
  const auto client = hms::Client::create().value();
  bool well = true;
  for (int word = 3; word < count; word++) well &= call(client, words[word], std::stol(words[2]));
  return well ? 0 : 1;
} catch (const hms::Exception &failure) {
  std::cerr << failure.what() << std::endl;
  return 1;
} catch (const char *what) {
  std::cerr << what << std::endl;
  return 1;
}
