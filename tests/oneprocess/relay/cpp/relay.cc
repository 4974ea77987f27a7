// relay.cpp: see ../README.md.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <hmsffi/hmsffi.hpp>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

std::atomic<int> given_up{0};

hms::expected<hms::Payload> pass_on(const hms::Client &client, std::string_view next,
                                    std::string_view rest) {
  auto answer = client.call("relay." + std::string(next), "relay",
                            hms::Bytes(rest.data(), rest.size()));
  if (answer) return hms::Payload(std::move(*answer));
  const auto code = answer.error().code();
  return hms::Error(code, "cpp could not pass it on").with_cause(std::move(answer.error()));
}

std::string instance() {
  uint8_t id[16];
  std::string text;
  hms_core_instance_id(id, nullptr);
  for (uint8_t byte : id) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string time_left(const hms::Call &call) {
  const auto deadline = call.deadline();
  if (!deadline) return "0";
  return std::to_string(nanoseconds(*deadline - steady_clock::now()).count());
}

hms::expected<hms::Payload> answer(const std::string &text) {
  auto buffer = hms::Buffer::own(text);
  if (!buffer) return std::move(buffer.error());
  return hms::Payload(std::move(*buffer));
}

hms::expected<hms::Payload> relay(const hms::Client &client, hms::Call &call) {
  std::string_view route = call.body().text();
  while (route.substr(0, 4) == "nap>") {
    std::this_thread::sleep_for(milliseconds(20));
    route.remove_prefix(4);
  }
  const auto arrow = route.find('>');
  if (arrow != route.npos) return pass_on(client, route.substr(0, arrow), route.substr(arrow + 1));
  if (route == "instance") return answer(instance());
  if (route == "time-left") return answer(time_left(call));
  if (route == "fail")
    return hms::Error(hms::Code::permission_denied, "cpp refuses").with_detail("language", "cpp");
  if (route == "wait") {
    while (!call.is_cancelled()) std::this_thread::sleep_for(milliseconds(20));
    given_up++;
    return answer("");
  }
  if (route == "given-up") return answer(std::to_string(given_up));
  if (route == "crash") throw std::out_of_range("cpp throws");
  return answer(std::string(route));
}

// Metadata is asked for by its key.
void mirror(hms::Call &call) {
  hms::ReplyOptions options;
  options.metadata.set("by", "cpp");
  if (const auto value = call.metadata("sent")) options.metadata.set(std::string(*value), "sent");
  call.reply(call.body(), options).value();
}

hms::expected<hms::Buffer> invert(hms::Call &call) {
  auto loan = call.loan(call.body().size());
  if (!loan) return std::move(loan.error());
  auto *out = loan->data();
  for (const uint8_t byte : call.body()) *out++ = static_cast<uint8_t>(~byte);
  return std::move(*loan).take();
}

hms::expected<hms::Payload> convert(hms::Call &call) {
  using hms::ContentType;
  const char *path = std::getenv("RELAY_SCHEMA");
  std::ifstream file(path ? path : "");
  const std::string schema{std::istreambuf_iterator<char>(file), {}};
  hms::Bytes payload = call.body();
  hms::Buffer held;
  auto from = ContentType::cbor;
  for (const auto to : {ContentType::json, ContentType::protobuf, ContentType::cbor}) {
    auto converted = hms::convert_payload(schema, payload, from, to, hms::Layout::deterministic);
    if (!converted) return std::move(converted.error());
    held = std::move(converted->payload);
    payload = held;
    from = to;
  }
  return hms::Payload(std::move(held));
}

hms::expected<void> serve(hms_runtime_t runtime) {
  auto client = hms::Client::create(runtime);
  if (!client) return std::move(client.error());
  auto server = hms::Server::create(runtime);
  if (!server) return std::move(server.error());
  hms::Service service("relay.cpp");
  service
      .method("relay",
              [client = *client](hms::Call &call) { return relay(client, call); })
      .method("invert", invert)
      .method("mirror", mirror)
      .method("echo", [](hms::Call &call) { return hms::Payload(call.body()); })
      .method("convert", convert)
      .method("value", [](const hms::Value &value) { return value; });
  auto added = server->add(service);
  if (!added) return added;
  // A component is never unloaded: its server lives as long as the process.
  static hms::Server kept = std::move(*server);
  return kept.start();
}

}  // namespace

extern "C" uint32_t hmsffi_component_abi() { return HMS_ABI_MAJOR << 16 | HMS_ABI_MINOR; }

extern "C" hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error) {
  const auto served = serve(runtime);
  return served ? HMS_STATUS_OK : served.error().write(error);
}
