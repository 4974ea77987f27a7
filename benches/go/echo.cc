#include "echo.h"

#include <hmsffi/hmsffi.hpp>

namespace {

hms::expected<void> serve() {
  auto runtime = hms::Runtime::default_instance();
  if (!runtime) return std::move(runtime.error());
  auto server = hms::Server::create(*runtime);
  if (!server) return std::move(server.error());
  hms::Service service("bench.cpp");
  service.method("echo", [](hms::Call &call) { return hms::Payload(call.body()); });
  if (auto added = server->add(service); !added) return added;
  // Serves as long as the process lives.
  static hms::Runtime kept_runtime = std::move(*runtime);
  static hms::Server kept = std::move(*server);
  return kept.start();
}

}  // namespace

hms_status_t bench_serve_cpp(hms_error_t *error) {
  const auto served = serve();
  return served ? HMS_STATUS_OK : served.error().write(error);
}
