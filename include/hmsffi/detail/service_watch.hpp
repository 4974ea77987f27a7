// hms::ServiceWatch: the services that run, and every change of them.
#ifndef HMSFFI_DETAIL_SERVICE_WATCH_HPP
#define HMSFFI_DETAIL_SERVICE_WATCH_HPP

#include <hmsffi/detail/stream.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

struct ServiceEvent {
    enum class Type : int64_t { added = 1, modified = 2, removed = 3 };
    Type type = Type::added;
    // A map as `Client::list_services` gives.
    Value service{};
};

// Gives the services that match, each as added, then their changes. Its end watches no more.
class ServiceWatch {
  public:
    explicit ServiceWatch(Stream events) noexcept : events_(std::move(events)) {}

    // The next event; none = the runtime was closed. DEADLINE_EXCEEDED when there was none in time: the watch goes on.
    expected<std::optional<ServiceEvent>> next(Duration timeout = forever) {
        auto message = events_.receive(timeout);
        if (!message) return std::move(message.error());
        if (!*message) return std::optional<ServiceEvent>();
        auto event = decode(**message);
        if (!event) return std::move(event.error());
        const auto type = (*event)["type"].get<int64_t>();
        if (!type) return type.error();
        return std::optional<ServiceEvent>({static_cast<ServiceEvent::Type>(*type), (*event)["service"]});
    }

    // Ends the wait of another thread with CANCELLED, and the watch.
    expected<void> cancel() { return events_.cancel(); }

  private:
    Stream events_;
};

}} // namespace hms

#endif
