// hms::Interceptor: user code around the calls of a server.
#ifndef HMSFFI_DETAIL_INTERCEPTOR_HPP
#define HMSFFI_DETAIL_INTERCEPTOR_HPP

#include <hmsffi/detail/stream.hpp>

#include <functional>

namespace hms { inline namespace HMSFFI_VARIANT {

// A call as an interceptor sees it; valid while the interceptor runs.
class Intercepted {
  public:
    explicit Intercepted(const hms_intercepted_t &call) noexcept : call_(call) {}

    std::string_view service() const noexcept { return detail::view(call_.service); }
    std::string_view method() const noexcept { return detail::view(call_.method); }
    // The request's bytes; empty after the call.
    Bytes body() const noexcept { return Bytes(call_.body); }
    ContentType content_type() const noexcept { return static_cast<ContentType>(call_.content_type); }
    // The value of a metadata key of the request; none after the call.
    std::optional<std::string_view> metadata(std::string_view key) const noexcept {
        for (size_t i = 0; i < call_.metadata_count; ++i)
            if (detail::view(call_.metadata[i].key) == key) return detail::view(call_.metadata[i].value);
        return std::nullopt;
    }

  private:
    const hms_intercepted_t &call_;
};

// Both may run on several threads at once, and either may be left empty.
struct Interceptor {
    // Before the handler; an error, returned or thrown, is the answer of the call.
    std::function<expected<void>(const Intercepted &call)> before{};
    // After a call that every interceptor let pass: how it ended, and how long it took. What it throws is ignored.
    std::function<void(const Intercepted &call, Code code, Duration duration)> after{};
};

namespace detail {

inline expected<void> intercept(hms_server_t server, Interceptor interceptor) {
    hms_interceptor_t raw{};
    raw.struct_size = sizeof raw;
    raw.ctx = new Interceptor(std::move(interceptor));
    raw.before = [](void *ctx, const hms_intercepted_t *call, hms_error_t *error) -> hms_status_t {
        const auto &before = static_cast<Interceptor *>(ctx)->before;
        if (!before) return HMS_STATUS_OK;
        const auto passed = caught([&] { return before(Intercepted(*call)); });
        return passed ? HMS_STATUS_OK : passed.error().write(error);
    };
    raw.after = [](void *ctx, const hms_intercepted_t *call, hms_status_t status, uint64_t duration_ns) {
        const auto &after = static_cast<Interceptor *>(ctx)->after;
        if (after)
            contain([&] { after(Intercepted(*call), static_cast<Code>(status), Duration(duration_ns)); });
    };
    raw.drop = [](void *ctx) { delete static_cast<Interceptor *>(ctx); };
    hms_error_t error{0};
    return done(hms_server_intercept(server, &raw, &error), error);
}

} // namespace detail

}} // namespace hms

#endif
