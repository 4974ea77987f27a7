// Errors and results: hms::Error, hms::Exception, hms::expected.
#ifndef HMSFFI_DETAIL_RESULT_HPP
#define HMSFFI_DETAIL_RESULT_HPP

#include <hmsffi/hmsffi.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Code with and without exceptions can be linked together: the names differ, so that neither gets the other's `value()`.
#if defined(__cpp_exceptions)
#define HMSFFI_EXCEPTIONS 1
#define HMSFFI_VARIANT throwing
#else
#define HMSFFI_EXCEPTIONS 0
#define HMSFFI_VARIANT aborting
#endif

namespace hms { inline namespace HMSFFI_VARIANT {

// Status codes, numbered as in hmsffi.h.
enum class Code : hms_status_t {
    ok = HMS_STATUS_OK,
    cancelled = HMS_STATUS_CANCELLED,
    unknown = HMS_STATUS_UNKNOWN,
    invalid_argument = HMS_STATUS_INVALID_ARGUMENT,
    deadline_exceeded = HMS_STATUS_DEADLINE_EXCEEDED,
    not_found = HMS_STATUS_NOT_FOUND,
    already_exists = HMS_STATUS_ALREADY_EXISTS,
    permission_denied = HMS_STATUS_PERMISSION_DENIED,
    resource_exhausted = HMS_STATUS_RESOURCE_EXHAUSTED,
    failed_precondition = HMS_STATUS_FAILED_PRECONDITION,
    aborted = HMS_STATUS_ABORTED,
    out_of_range = HMS_STATUS_OUT_OF_RANGE,
    unimplemented = HMS_STATUS_UNIMPLEMENTED,
    internal = HMS_STATUS_INTERNAL,
    unavailable = HMS_STATUS_UNAVAILABLE,
    data_loss = HMS_STATUS_DATA_LOSS,
    unauthenticated = HMS_STATUS_UNAUTHENTICATED,
};

// The name of a code, such as "NOT_FOUND".
inline const char *name(Code code) noexcept { return hms_status_name(static_cast<hms_status_t>(code)); }

using Pairs = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline std::string_view view(hms_str_t text) noexcept {
    return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

inline hms_str_t str(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline hms_bytes_t bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// The views of pairs, for the structs of the C interface. The pairs must outlive them.
inline std::vector<hms_pair_t> pair_views(const Pairs &pairs) {
    std::vector<hms_pair_t> views;
    views.reserve(pairs.size());
    for (const auto &[key, value] : pairs) views.push_back({str(key), str(value)});
    return views;
}

// A handle that is closed when this object ends. Moves, does not copy.
template <class Handle, void (*Close)(Handle)> class Owned {
  public:
    Owned() noexcept = default;
    explicit Owned(Handle handle) noexcept : handle_(handle) {}
    Owned(Owned &&other) noexcept : handle_(other.release()) {}
    Owned &operator=(Owned &&other) noexcept {
        if (this != &other) {
            reset();
            handle_ = other.release();
        }
        return *this;
    }
    Owned(const Owned &) = delete;
    Owned &operator=(const Owned &) = delete;
    ~Owned() { reset(); }

    Handle get() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_.id != 0; }
    Handle release() noexcept { return std::exchange(handle_, Handle{0}); }
    void reset() noexcept {
        if (handle_.id != 0) Close(release());
    }

  private:
    Handle handle_{0};
};

inline void close(hms_error_t error) noexcept { hms_error_close(error); }

} // namespace detail

class Value;
template <class T> class expected;

// A failure: what happened, where, and why.
class Error {
  public:
    Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

    Code code() const noexcept { return code_; }
    // For people, without the code.
    const std::string &message() const noexcept { return message_; }
    // The component that failed, as `service/method`; empty when not known.
    const std::string &source() const noexcept { return source_; }
    // The stack of the handler as its language prints it; empty when there is none.
    const std::string &stack() const noexcept { return stack_; }
    const Pairs &details() const noexcept { return details_; }
    // The error behind this one, nearer to where the failure began; nullptr when there is none.
    const Error *cause() const noexcept { return cause_.get(); }

    // Adds to an error that a handler answers with.
    Error &with_source(std::string source) { return source_ = std::move(source), *this; }
    Error &with_stack(std::string stack) { return stack_ = std::move(stack), *this; }
    Error &with_detail(std::string key, std::string value) {
        details_.emplace_back(std::move(key), std::move(value));
        return *this;
    }
    Error &with_cause(Error cause) { return cause_ = std::make_shared<const Error>(std::move(cause)), *this; }

    // Data of a type that the method declares, for callers in all languages: hmsffi/detail/error_data.hpp.
    template <class T> Error &with_data(const T &data);
    // The same with the id of the type's schema. Data that cannot be sent are left out, and the message says so.
    inline Error &with_data(std::string_view schema, const Value &data);
    // Of which type it is: the id of its schema; empty = of none, without data.
    inline std::string_view schema() const noexcept;
    // Its data, whatever their type. NOT_FOUND when it is of none, DATA_LOSS when they did not arrive whole.
    inline expected<Value> data() const;
    // Its data as a T, if it is of that type and they can be read as such.
    template <class T> std::optional<T> data() const;

    // The code, the message and every cause, one a line.
    std::string to_string() const {
        std::string text = std::string(name(code_)) + ": " + message_;
        if (!source_.empty()) text += " [" + source_ + "]";
        if (cause_) text += "\n  caused by " + cause_->to_string();
        return text;
    }

    // Takes over an error of the C interface.
    static Error adopt(hms_status_t status, hms_error_t handle) {
        const Handle owned(handle);
        Error error(static_cast<Code>(status), std::string(detail::view(hms_error_message(handle))));
        error.source_ = detail::view(hms_error_source(handle));
        error.stack_ = detail::view(hms_error_stack(handle));
        hms_str_t key{}, value{};
        for (size_t i = 0, n = hms_error_detail_count(handle); i < n; ++i)
            if (hms_error_detail_at(handle, i, &key, &value) == HMS_STATUS_OK)
                error.details_.emplace_back(detail::view(key), detail::view(value));
        if (hms_error_t cause = hms_error_cause(handle); cause.id != 0)
            error.cause_ = std::make_shared<const Error>(adopt(hms_error_code(cause), cause));
        return error;
    }

    // Writes it for a C function that answers with a status, such as a component's init, and gives the status.
    hms_status_t write(hms_error_t *error) const {
        if (error)
            described({}, {}, [&](const hms_failure_t &failure) { return hms_error_make(&failure, error, nullptr); });
        return static_cast<hms_status_t>(code_);
    }

    // Ends a call with this error. The chain of causes goes along.
    hms_status_t answer(hms_call_t call, hms_error_t *error) const {
        return described({}, {}, [&](const hms_failure_t &failure) { return hms_call_fail(call, &failure, error); });
    }

  private:
    using Handle = detail::Owned<hms_error_t, detail::close>;

    // The error as the library takes it, with data beside those that are among its details.
    template <typename Take> hms_status_t described(std::string_view schema, hms_bytes_t data, Take take) const {
        const auto views = detail::pair_views(details_);
        hms_failure_t failure{};
        failure.struct_size = sizeof failure;
        failure.code = static_cast<hms_status_t>(code_);
        failure.message = detail::str(message_);
        failure.source = detail::str(source_);
        failure.stack = detail::str(stack_);
        failure.details = views.data();
        failure.details_count = views.size();
        failure.error_schema = detail::str(schema);
        failure.error_data = data;
        hms_error_t cause{0};
        if (cause_) cause_->write(&cause);
        const Handle owned(cause);
        failure.cause = cause;
        return take(failure);
    }

    Code code_;
    std::string message_, source_, stack_;
    Pairs details_;
    std::shared_ptr<const Error> cause_;
};

// What `expected::value` throws. Thrown by a handler, it answers the call with its error.
class Exception : public std::runtime_error {
  public:
    explicit Exception(Error error) : std::runtime_error(error.to_string()), error_(std::move(error)) {}
    Exception(Code code, std::string message) : Exception(Error(code, std::move(message))) {}
    const hms::Error &error() const noexcept { return error_; }
    Code code() const noexcept { return error_.code(); }

  private:
    hms::Error error_;
};

namespace detail {
[[noreturn]] inline void raise([[maybe_unused]] const Error &error) {
#if HMSFFI_EXCEPTIONS
    throw Exception(error);
#else
    std::abort();
#endif
}
} // namespace detail

// The result of whatever can fail: a value or an Error. `value()` throws hms::Exception when it is an error; in a
// program built without exceptions it calls std::abort, so ask first.
template <class T> class [[nodiscard]] expected {
  public:
    using value_type = T;
    expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    expected(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    template <class U, class = std::enable_if_t<std::is_convertible_v<U &&, T> && !std::is_same_v<std::decay_t<U>, T> &&
                                                !std::is_same_v<std::decay_t<U>, Error> &&
                                                !std::is_same_v<std::decay_t<U>, expected>>>
    expected(U &&value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T &value() & { return check(), *std::get_if<0>(&state_); }
    const T &value() const & { return check(), *std::get_if<0>(&state_); }
    T value() && { return check(), std::move(*std::get_if<0>(&state_)); }

    // Only after asking whether there is a value.
    T &operator*() noexcept { return *std::get_if<0>(&state_); }
    const T &operator*() const noexcept { return *std::get_if<0>(&state_); }
    T *operator->() noexcept { return std::get_if<0>(&state_); }
    const T *operator->() const noexcept { return std::get_if<0>(&state_); }

    // Only after asking whether there is an error.
    Error &error() noexcept { return *std::get_if<1>(&state_); }
    const Error &error() const noexcept { return *std::get_if<1>(&state_); }

  private:
    void check() const {
        if (!has_value()) detail::raise(*std::get_if<1>(&state_));
    }
    std::variant<T, Error> state_;
};

template <> class [[nodiscard]] expected<void> {
  public:
    using value_type = void;
    expected() noexcept = default;
    expected(Error error) : error_(std::move(error)) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (error_) detail::raise(*error_);
    }
    Error &error() noexcept { return *error_; }
    const Error &error() const noexcept { return *error_; }

  private:
    std::optional<Error> error_;
};

namespace detail {

// Runs foreign code that gives an `expected`; what it throws becomes the error. No exception passes into the library.
template <class Code> auto caught(Code code) noexcept -> decltype(code()) {
#if HMSFFI_EXCEPTIONS
    try {
        return code();
    } catch (const Exception &thrown) {
        return thrown.error();
    } catch (const std::exception &thrown) {
        return Error(hms::Code::unknown, thrown.what());
    } catch (...) {
        return Error(hms::Code::unknown, "something was thrown that is no std::exception");
    }
#else
    return code();
#endif
}

// Runs foreign code that has nobody to tell an error to.
template <class Code> void contain(Code code) noexcept {
    (void)caught([&]() -> expected<void> { return code(), expected<void>(); });
}

// The result of a C function without an output.
inline expected<void> done(hms_status_t status, hms_error_t error) {
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return {};
}
} // namespace detail

}} // namespace hms

#endif
