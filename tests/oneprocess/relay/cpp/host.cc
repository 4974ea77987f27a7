// A process with a main program in C++: see ../README.md.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <hmsffi/hmsffi.hpp>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

extern "C" hms_status_t hmsffi_component_init(hms_runtime_t runtime, hms_error_t *error);

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  char escaped[8];
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      out += '\\';
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
      continue;
    }
    out += byte;
  }
  return out + '"';
}

std::string pairs(const hms::Pairs &pairs) {
  std::string out;
  for (const auto &[key, value] : pairs)
    out += (out.empty() ? "" : ", ") + quoted(key) + ": " + quoted(value);
  return "{" + out + "}";
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string from_hex(const std::string &digits) {
  std::string bytes;
  for (size_t at = 0; at + 1 < digits.size(); at += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  return bytes;
}

std::string answer(std::string_view bytes, const hms::Metadata &metadata = {}) {
  return R"({"answer": ")" + hex(bytes) + R"(", "metadata": )" + pairs(metadata.pairs()) + "}";
}

std::string chain(const hms::Error *error) {
  std::string out;
  for (; error; error = error->cause()) {
    out += out.empty() ? "" : ", ";
    out += R"({"code": )" + std::to_string(static_cast<int>(error->code())) + R"(, "message": )" +
           quoted(error->message()) + R"(, "stack": )" + quoted(error->stack()) +
           R"(, "details": )" + pairs(error->details()) + "}";
  }
  return R"({"error": [)" + out + "]}";
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Serves `call` and `submit`.
std::string start(const hms::Client &client, const std::string &command, std::istringstream &words) {
  std::string service, method, content_type, body, timeout_ms, pair;
  for (auto *word : {&service, &method, &content_type, &body, &timeout_ms, &pair})
    std::getline(words, *word, ' ');
  const auto file = body.rfind('@', 0) == 0 ? body.substr(1) : "";
  const auto bytes = file.empty() ? from_hex(body) : read_file(file);
  const hms::Payload request(hms::Bytes(bytes.data(), bytes.size()), content_type);
  hms::Metadata metadata;
  hms::CallOptions options;
  options.timeout = std::chrono::milliseconds(std::stoll(timeout_ms));
  if (const auto equals = pair.find('='); equals != pair.npos)
    options.metadata.set(pair.substr(0, equals), pair.substr(equals + 1));
  if (command == "submit")
    return answer(client.call_async(service, method, request, options).value().id());
  options.response_metadata = &metadata;
  const auto reply = client.call(service, method, request, options).value();
  if (file.empty()) return answer(reply.bytes().text(), metadata);
  std::ofstream(file, std::ios::binary) << reply.bytes().text();
  return answer("", metadata);
}

std::string lend(const hms::Client &client, std::istringstream &words) {
  std::string service;
  size_t size = 0;
  words >> service >> size;
  const auto method = client.bind(service, "invert").value();
  auto loan = method.loan(size).value();
  for (size_t i = 0; i < size; ++i) loan.data()[i] = static_cast<uint8_t>(i % 251);
  hms::CallReport report;
  hms::CallOptions options;
  options.report = &report;
  const auto answer = method.call(loan.bytes(), options).value();
  bool right = answer.size() == size;
  for (size_t i = 0; right && i < size; ++i)
    right = answer.data()[i] == static_cast<uint8_t>(~(i % 251));
  return R"({"answer": ")" + std::string(right ? "" : "00") + R"(", "transport": )" +
         std::to_string(static_cast<uint32_t>(report.transport)) + R"(, "copied": )" +
         std::to_string(report.bytes_copied) + "}";
}

std::string obey(const hms::Client &client, hms_runtime_t runtime, const std::string &line) {
  std::istringstream words(line);
  std::string command, rest;
  std::getline(words, command, ' ');
  if (command == "call" || command == "submit") return start(client, command, words);
  if (command == "lend") return lend(client, words);
  std::getline(words, rest);
  if (command == "load") {
    hms::load_component(runtime, rest).value();
    return answer("");
  }
  const auto call = client.get_call(rest);
  if (command == "cancel") {
    call.cancel().value();
    return answer("");
  }
  hms::Metadata metadata;
  const auto reply = call.result(hms::forever, &metadata).value();
  return answer(reply.bytes().text(), metadata);
}

}  // namespace

int main(int count, char **words) {
  const auto runtime = hms::Runtime::default_instance().value();
  const bool serves = count < 2 || std::string_view(words[1]) != "caller";
  if (serves && hmsffi_component_init(runtime, nullptr) != HMS_STATUS_OK) return 1;
  const auto client = hms::Client::create().value();
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << obey(client, runtime, line) << std::endl;
    } catch (const hms::Exception &failure) {
      std::cout << chain(&failure.error()) << std::endl;
    }
  }
}
