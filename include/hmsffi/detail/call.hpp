// hms::Call: one inbound call, seen from its handler.
#ifndef HMSFFI_DETAIL_CALL_HPP
#define HMSFFI_DETAIL_CALL_HPP

#include <hmsffi/detail/stream.hpp>

#include <functional>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {
inline void close(hms_call_t call) noexcept { hms_call_close(call, nullptr); }
} // namespace detail

struct ReplyOptions {
    // Goes back with the answer.
    Metadata metadata{};
};

// An inbound call. The Call that a handler gets is valid until the handler returns; `retain` gives one that lives on and
// may be answered on any thread. A retained Call that ends without an answer gives the caller INTERNAL.
class Call {
  public:
    Call(hms_call_t handle, const hms_request_t &request) noexcept : handle_(handle), request_(request) {}

    // The request; valid until the call is answered.
    Bytes body() const noexcept { return Bytes(request_.body); }
    ContentType content_type() const noexcept { return static_cast<ContentType>(request_.content_type); }
    std::string_view content_type_text() const noexcept { return detail::view(request_.content_type_text); }
    // The request, read by its content type.
    expected<Value> value() const { return decode(body(), content_type()); }

    // The value of a metadata key of the request.
    std::optional<std::string_view> metadata(std::string_view key) const noexcept {
        hms_str_t out{};
        if (hms_call_metadata_get(handle_, detail::str(key), &out, nullptr) != HMS_STATUS_OK) return std::nullopt;
        return detail::view(out);
    }
    // When the caller stops waiting; none = never.
    std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
        if (request_.deadline_ns == 0) return std::nullopt;
        return std::chrono::steady_clock::time_point(
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(Duration(request_.deadline_ns)));
    }
    // Whether nobody waits for the answer any more.
    bool is_cancelled() const noexcept {
        uint32_t out = 0;
        return hms_call_is_cancelled(handle_, &out, nullptr) != HMS_STATUS_OK || out != 0;
    }
    // Number of calls above this one in its chain.
    uint32_t depth() const noexcept { return info().depth; }
    std::string_view service() const noexcept { return detail::view(info().service); }
    std::string_view method() const noexcept { return detail::view(info().method); }

    // Runs `callback` when the caller stops waiting before the call is answered; on any thread. What it throws is ignored.
    expected<void> on_cancel(std::function<void()> callback) {
        auto *kept = new std::function<void()>(std::move(callback));
        hms_error_t error{0};
        const auto status = hms_call_on_cancel(
            handle_, [](void *ctx) { detail::contain([&] { (*static_cast<std::function<void()> *>(ctx))(); }); }, kept,
            [](void *ctx) { delete static_cast<std::function<void()> *>(ctx); }, &error);
        return detail::done(status, error);
    }

    // Memory for an answer of `size` bytes: fill it, then give it as the answer with `std::move(loan).take()`. A caller in
    // another process of this machine gets it without a copy.
    expected<Loan> loan(size_t size) const {
        return Loan::of([&](auto... out) { return hms_call_loan(handle_, size, out...); });
    }
    // The request as a buffer that may be kept when the call is over. What is large and came from another process is not
    // copied.
    expected<Buffer> request() const {
        hms_buffer_t out{};
        hms_error_t error{0};
        const auto status = hms_call_request_buffer(handle_, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Buffer(out);
    }

    // Answers. FAILED_PRECONDITION when it was answered before, CANCELLED when nobody waits any more. A payload or metadata
    // that cannot be sent (text that is not UTF-8) is INVALID_ARGUMENT here and for the caller.
    expected<void> reply(Payload payload, const ReplyOptions &options = {}) {
        if (payload.error()) return refused(*payload.error());
        const auto pairs = detail::pair_views(options.metadata.pairs());
        hms_reply_options_t raw{};
        raw.struct_size = sizeof raw;
        if (!payload.is_untyped()) raw.content_type = static_cast<uint32_t>(payload.content_type());
        // A copy: the buffer is consumed while it is read.
        const std::string type_text(payload.content_type_text());
        raw.content_type_text = detail::str(type_text);
        raw.metadata = pairs.data();
        raw.metadata_count = pairs.size();
        hms_error_t error{0};
        hms_status_t status;
        if (payload.owns()) {
            hms_buffer_t buffer = payload.take().release();
            status = hms_call_reply_buffer(handle_, &buffer, &raw, &error);
        } else {
            status = hms_call_reply(handle_, payload.bytes().raw(), &raw, &error);
        }
        if (status == HMS_STATUS_INVALID_ARGUMENT) return refused(Error::adopt(status, error));
        retained_.release();
        return detail::done(status, error);
    }
    // Answers with a failure. One whose text cannot be sent keeps its code.
    expected<void> fail(const Error &why) {
        hms_error_t error{0};
        const auto status = why.answer(handle_, &error);
        retained_.release();
        if (status != HMS_STATUS_INVALID_ARGUMENT) return detail::done(status, error);
        const Error refusal = Error::adopt(status, error);
        for (const Code code : {why.code(), Code::unknown})
            if (Error(code, "the handler's error cannot be sent: " + refusal.message()).answer(handle_, nullptr) !=
                HMS_STATUS_INVALID_ARGUMENT)
                break;
        return refusal;
    }

    // A Call that lives on after the handler returned. Call it inside the handler.
    expected<Call> retain() {
        hms_error_t error{0};
        const auto status = hms_call_retain(handle_, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return adopt(handle_);
    }
    // Takes over a retained call of the C interface.
    static expected<Call> adopt(hms_call_t handle) {
        detail::Owned<hms_call_t, detail::close> owned(handle);
        hms_request_t request{};
        request.struct_size = sizeof request;
        hms_error_t error{0};
        const auto status = hms_call_request(handle, &request, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        Call call(handle, request);
        call.retained_ = std::move(owned);
        return call;
    }

    // The handler's end of the stream beside this call. The answer ends the stream.
    expected<Stream> stream() {
        hms_stream_t out{0};
        hms_error_t error{0};
        const auto status = hms_call_stream(handle_, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Stream(out);
    }

    hms_call_t raw() const noexcept { return handle_; }
    operator hms_call_t() const noexcept { return handle_; }

  private:
    hms_call_info_t info() const noexcept {
        hms_call_info_t out{};
        out.struct_size = sizeof out;
        hms_call_info(handle_, &out, nullptr);
        return out;
    }

    expected<void> refused(Error why) {
        (void)fail(why);
        return why;
    }

    hms_call_t handle_;
    hms_request_t request_;
    detail::Owned<hms_call_t, detail::close> retained_;
};

namespace detail {

template <class T> struct is_expected : std::false_type {};
template <class T> struct is_expected<expected<T>> : std::true_type {};

// Answers with what a handler returned.
template <class Result> void answer(Call &call, Result &&result) {
    if constexpr (is_expected<std::decay_t<Result>>::value) {
        if (!result) {
            (void)call.fail(result.error());
        } else if constexpr (std::is_void_v<typename std::decay_t<Result>::value_type>) {
            (void)call.reply(Payload());
        } else {
            answer(call, std::move(*result));
        }
    } else if constexpr (std::is_same_v<std::decay_t<Result>, Error>) {
        (void)call.fail(result);
    } else {
        (void)call.reply(Payload(std::forward<Result>(result)));
    }
}

template <class Handler, class Argument> void run(Handler &handler, Call &call, Argument &argument) {
    if constexpr (std::is_void_v<std::invoke_result_t<Handler &, Argument &>>)
        std::invoke(handler, argument);
    else
        answer(call, std::invoke(handler, argument));
}

template <class Handler> void serve(Handler &handler, Call &call) {
    if constexpr (std::is_invocable_v<Handler &, Call &>) {
        run(handler, call, call);
    } else {
        static_assert(std::is_invocable_v<Handler &, const Value &>,
                      "a handler takes hms::Call & or const hms::Value &");
        static_assert(!std::is_void_v<std::invoke_result_t<Handler &, const Value &>>,
                      "a handler of a value returns its answer: it has no call to give it to");
        auto request = call.value();
        if (!request)
            (void)call.fail(request.error());
        else
            run(handler, call, std::as_const(*request));
    }
}

// What the library calls: no exception passes. `ctx` is the handler.
template <class Handler> void on_call(void *ctx, hms_call_t handle, const hms_request_t *request) noexcept {
    Call call(handle, *request);
    const auto served =
        caught([&]() -> expected<void> { return serve(*static_cast<Handler *>(ctx), call), expected<void>(); });
    if (!served) (void)call.fail(served.error());
}

} // namespace detail

}} // namespace hms

#endif
