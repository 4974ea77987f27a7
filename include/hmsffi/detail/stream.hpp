// hms::Payload, what is sent, and hms::Stream, one end of a stream.
#ifndef HMSFFI_DETAIL_STREAM_HPP
#define HMSFFI_DETAIL_STREAM_HPP

#include <hmsffi/detail/value.hpp>

#include <chrono>

namespace hms { inline namespace HMSFFI_VARIANT {

using Duration = std::chrono::nanoseconds;
constexpr Duration forever = Duration::max();

namespace detail {
inline uint64_t nanoseconds(Duration time) noexcept {
    if (time == forever) return UINT64_MAX;
    return time.count() > 0 ? static_cast<uint64_t>(time.count()) : 0;
}
inline void close(hms_stream_t stream) noexcept { hms_stream_close(stream, nullptr); }
} // namespace detail

// The body of a request, an answer or a message. Bytes go as they are (application/octet-stream), anything else that
// makes a Value goes as CBOR. Borrows Bytes; they must live for the call that takes the payload.
class Payload {
  public:
    Payload() noexcept = default;
    // In an answer: of the content type of the request.
    Payload(Bytes bytes) noexcept : view_(bytes) {}
    Payload(Bytes bytes, ContentType type) noexcept : view_(bytes), type_(type) {}
    Payload(const std::vector<uint8_t> &bytes) noexcept : Payload(Bytes(bytes), ContentType::bytes) {}
    // With a content type that has no constant, such as "image/png"; borrowed too.
    Payload(Bytes bytes, std::string_view content_type) noexcept
        : view_(bytes), type_(ContentType::other), type_text_(content_type) {}
    Payload(const Buffer &buffer) noexcept
        : view_(buffer.bytes()), type_(buffer.content_type()), type_text_(buffer.content_type_text()) {}
    Payload(Buffer &&buffer) noexcept
        : own_(std::move(buffer)), view_(own_.bytes()), type_(own_.content_type()), type_text_(own_.content_type_text()) {}
    Payload(Encoded value) noexcept : encoded_(std::move(value)), view_(encoded_->bytes()), type_(ContentType::cbor) {}
    // Kept encoded; an error of the encoding is the error of the call that takes the payload.
    template <class T, std::enable_if_t<std::is_convertible_v<T &&, Value> && !std::is_convertible_v<T &&, Bytes> &&
                                             !std::is_same_v<std::decay_t<T>, Encoded>,
                                         int> = 0>
    Payload(T &&value) : Payload(encoded(Value(std::forward<T>(value)))) {}

    bool owns() const noexcept { return own_.size() != 0; }
    Bytes bytes() const noexcept { return view_; }
    ContentType content_type() const noexcept { return type_.value_or(ContentType::bytes); }
    // Empty when `content_type` says it.
    std::string_view content_type_text() const noexcept {
        return type_ == ContentType::other ? type_text_ : std::string_view();
    }
    // Whether the content type is left to what the payload answers.
    bool is_untyped() const noexcept { return !type_; }
    const std::optional<Error> &error() const noexcept { return error_; }
    Buffer take() noexcept { return std::move(own_); }

  private:
    static Payload encoded(const Value &value) {
        if (const auto *bytes = value.get_if<std::vector<uint8_t>>()) {
            if (auto copy = Buffer::copy_of(*bytes)) return std::move(*copy);
            else return failed(std::move(copy.error()));
        }
        if (auto cbor = value.encode()) return std::move(*cbor);
        else return failed(std::move(cbor.error()));
    }
    static Payload failed(Error error) {
        Payload payload;
        payload.error_ = std::move(error);
        return payload;
    }

    Buffer own_;
    std::optional<Encoded> encoded_;
    Bytes view_;
    std::optional<ContentType> type_;
    std::string_view type_text_;
    std::optional<Error> error_;
};

// One end of a stream. Moves, does not copy; one thread may send while another receives.
class Stream {
  public:
    explicit Stream(hms_stream_t handle) noexcept : handle_(handle) {}

    // Sends a message; waits for room while the other side lags behind. DEADLINE_EXCEEDED when there was none in time.
    expected<void> send(Payload payload, Duration timeout = forever) {
        if (payload.error()) return *payload.error();
        hms_error_t error{0};
        if (payload.owns()) {
            hms_buffer_t buffer = payload.take().release();
            return detail::done(hms_stream_send_buffer(handle_.get(), &buffer, detail::nanoseconds(timeout), nullptr, &error),
                                error);
        }
        return detail::done(hms_stream_send(handle_.get(), payload.bytes().raw(),
                                            static_cast<uint32_t>(payload.content_type()), detail::nanoseconds(timeout),
                                            nullptr, &error),
                            error);
    }

    // Receives a message; none = the other side sends nothing more. DEADLINE_EXCEEDED when there was none in time: the
    // stream goes on.
    expected<std::optional<Buffer>> receive(Duration timeout = forever) {
        hms_buffer_t buffer{};
        uint32_t state = 0;
        hms_error_t error{0};
        const auto status = hms_stream_receive(handle_.get(), detail::nanoseconds(timeout), &buffer, &state, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        if (state == HMS_STREAM_PENDING) return Error(Code::deadline_exceeded, "no message arrived in time");
        if (state == HMS_STREAM_END) return std::optional<Buffer>();
        return std::optional<Buffer>(Buffer(buffer));
    }

    // Nothing more from this end; receiving goes on.
    expected<void> finish() {
        hms_error_t error{0};
        return detail::done(hms_stream_finish(handle_.get(), &error), error);
    }

    // Tears the stream down: both ends get CANCELLED.
    expected<void> cancel() {
        hms_error_t error{0};
        return detail::done(hms_stream_cancel(handle_.get(), &error), error);
    }

    hms_stream_t raw() const noexcept { return handle_.get(); }

  private:
    detail::Owned<hms_stream_t, detail::close> handle_;
};

}} // namespace hms

#endif
