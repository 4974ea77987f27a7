// hms::ServiceWatch: the services that run, and every change of them.
#ifndef HMSFFI_DETAIL_SERVICE_WATCH_HPP
#define HMSFFI_DETAIL_SERVICE_WATCH_HPP

#include <hmsffi/detail/stream.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {

// The library's own services are shown to those who name them.
class OwnServices {
  public:
    explicit OwnServices(std::string_view name_pattern) noexcept : wanted_(name_pattern.substr(0, 4) == "hms.") {}
    bool shows(const Value &service) const {
        const auto *id = service["service_id"].get_if<std::string>();
        return wanted_ || !id || id->rfind("hms.ffi.v1.", 0) != 0;
    }

  private:
    bool wanted_;
};

} // namespace detail

struct ServiceEvent {
    enum class Type : int64_t { added = 1, modified = 2, removed = 3 };
    Type type = Type::added;
    // A map as `Client::list_services` gives.
    Value service{};
};

// Gives the services that match, each as added, then their changes. Its end watches no more.
class ServiceWatch {
  public:
    ServiceWatch(Stream events, detail::OwnServices own) noexcept : events_(std::move(events)), own_(own) {}

    // The next event; none = the runtime was closed. DEADLINE_EXCEEDED when there was none in time: the watch goes on.
    expected<std::optional<ServiceEvent>> next(Duration timeout = forever) {
        const auto begun = std::chrono::steady_clock::now();
        for (;;) {
            const Duration passed = std::chrono::steady_clock::now() - begun;
            auto message = events_.receive(timeout == forever ? forever : timeout - passed);
            if (!message) return std::move(message.error());
            if (!*message) return std::optional<ServiceEvent>();
            auto event = decode(**message);
            if (!event) return std::move(event.error());
            if (!own_.shows((*event)["service"])) continue;
            const auto type = (*event)["type"].get<int64_t>();
            if (!type) return type.error();
            return std::optional<ServiceEvent>({static_cast<ServiceEvent::Type>(*type), (*event)["service"]});
        }
    }

    // Ends the wait of another thread with CANCELLED, and the watch.
    expected<void> cancel() { return events_.cancel(); }

  private:
    Stream events_;
    detail::OwnServices own_;
};

}} // namespace hms

#endif
