// What the clients that `hms stubs` writes are made of: calls and streams with types.
#ifndef HMSFFI_TYPED_HPP
#define HMSFFI_TYPED_HPP

#include <hmsffi/detail/client.hpp>
#include <hmsffi/detail/error_data.hpp>

namespace hms { inline namespace HMSFFI_VARIANT { namespace typed {

template <class T> Value to_value(const T &value) { return Convert<T>::to(value); }

// Reads a payload as T.
template <class T> expected<T> read(const Buffer &buffer) {
    auto value = decode(buffer);
    if (!value) return std::move(value.error());
    return Convert<T>::from(*value);
}

// Calls a method and reads its answer as T; void discards it.
template <class T>
expected<T> call(const RemoteService &service, std::string_view method, const Payload &request, const CallOptions &options) {
    auto answer = service.call(method, request, options);
    if (!answer) return std::move(answer.error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return read<T>(*answer);
}

// The fields of a map, read one after the other. The first error counts.
class Fields {
  public:
    explicit Fields(const Value &value) : map_(value.get_if<Map>()) {
        if (!map_) error_ = mismatch("map", value);
    }
    // A field that must be there.
    template <class T> void required(const char *key, T &out) {
        const Value *found = find(key);
        if (found)
            take(key, *found, out);
        else if (!error_)
            error_ = Error(Code::invalid_argument, "$." + std::string(key) + ": required");
    }
    // One that need not.
    template <class T> void optional(const char *key, T &out) {
        if (const Value *found = find(key)) take(key, *found, out);
    }
    // What was made of them.
    template <class T> expected<T> done(T made) {
        if (error_) return std::move(*error_);
        return expected<T>(std::move(made));
    }

  private:
    const Value *find(const char *key) const { return error_ ? nullptr : map_->find(key); }
    template <class T> void take(const char *key, const Value &found, T &out) {
        auto made = Convert<T>::from(found);
        if (made)
            out = std::move(*made);
        else
            error_ = within("." + std::string(key), made.error());
    }
    const Map *map_;
    std::optional<Error> error_;
};

// Adds a field.
template <class T> void put(Map &map, const char *key, const T &value) { map.append(key, to_value(value)); }
// Adds a field where it is there.
template <class T> void put(Map &map, const char *key, const std::optional<T> &value, bool is_optional) {
    if (value || !is_optional) put(map, key, value);
}

// The text of an enum's value in a table of all.
template <class T, size_t N> Value name_of(const std::pair<T, const char *> (&names)[N], T value) {
    for (const auto &[one, name] : names)
        if (one == value) return name;
    return nullptr;
}
// The enum's value of a text.
template <class T, size_t N> expected<T> named(const std::pair<T, const char *> (&names)[N], const Value &value) {
    const auto *text = value.get_if<std::string>();
    if (!text) return mismatch("text", value);
    for (const auto &[one, name] : names)
        if (*text == name) return one;
    return Error(Code::invalid_argument, "$: \"" + *text + "\" is none of the values");
}

// The caller's end of a stream on which messages of one type come.
template <class Received> class IncomingStream {
  public:
    explicit IncomingStream(Stream stream) noexcept : stream_(std::move(stream)) {}

    // As Stream::receive.
    expected<std::optional<Received>> receive(Duration timeout = forever) {
        auto buffer = stream_.receive(timeout);
        if (!buffer) return std::move(buffer.error());
        if (!*buffer) return std::optional<Received>();
        auto message = read<Received>(**buffer);
        if (!message) return std::move(message.error());
        return std::optional<Received>(std::move(*message));
    }
    // Tears the stream down: both ends get CANCELLED.
    expected<void> cancel() { return stream_.cancel(); }

  protected:
    Stream stream_;
};

// The caller's end of a stream on which messages of one type go and those of another come.
template <class Sent, class Received> class DuplexStream : public IncomingStream<Received> {
  public:
    using IncomingStream<Received>::IncomingStream;

    // As Stream::send.
    expected<void> send(const Sent &message, Duration timeout = forever) {
        return this->stream_.send(to_value(message), timeout);
    }
    // Nothing more from this end; receiving goes on.
    expected<void> finish() { return this->stream_.finish(); }
    // Ends sending and gives the one answer of a client stream.
    expected<Received> result(Duration timeout = forever) {
        if (auto finished = finish(); !finished) return std::move(finished.error());
        auto answer = this->receive(timeout);
        if (!answer) return std::move(answer.error());
        if (!*answer) return Error(Code::failed_precondition, "the stream ended without a message");
        return std::move(**answer);
    }
};

// Opens a stream of a method as one of these.
template <class Typed>
expected<Typed> open(const RemoteService &service, std::string_view method, const Payload &request, const CallOptions &options) {
    auto stream = service.open_stream(method, request, options);
    if (!stream) return std::move(stream.error());
    return Typed(std::move(*stream));
}

}}} // namespace hms::typed

#endif
