// The library's log lines.
#ifndef HMSFFI_DETAIL_LOG_HPP
#define HMSFFI_DETAIL_LOG_HPP

#include <hmsffi/detail/result.hpp>

#include <functional>

namespace hms { inline namespace HMSFFI_VARIANT {

enum class LogLevel : uint32_t {
    debug = HMS_LOG_LEVEL_DEBUG,
    info = HMS_LOG_LEVEL_INFO,
    warning = HMS_LOG_LEVEL_WARNING,
    error = HMS_LOG_LEVEL_ERROR,
};

// Takes a line: its level, the part of the library that it is from, and the message. What it throws is ignored.
using LogSink = std::function<void(LogLevel level, std::string_view target, std::string_view message)>;

// Sends the process's lines of this level and above to a sink, on any thread, in the place of the one before. An empty
// sink: lines go nowhere.
inline expected<void> set_log_sink(LogSink sink, LogLevel min_level = LogLevel::info) {
    hms_error_t error{0};
    if (!sink) return detail::done(hms_log_set_sink(nullptr, &error), error);
    hms_log_sink_t raw{};
    raw.struct_size = sizeof raw;
    raw.min_level = static_cast<uint32_t>(min_level);
    raw.ctx = new LogSink(std::move(sink));
    raw.on_log = [](void *ctx, uint32_t level, hms_str_t target, hms_str_t message) {
        detail::contain([&] {
            (*static_cast<LogSink *>(ctx))(static_cast<LogLevel>(level), detail::view(target), detail::view(message));
        });
    };
    raw.drop = [](void *ctx) { delete static_cast<LogSink *>(ctx); };
    return detail::done(hms_log_set_sink(&raw, &error), error);
}

}} // namespace hms

#endif
