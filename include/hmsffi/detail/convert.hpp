// hms::Convert: types of C++ as values, and back.
#ifndef HMSFFI_DETAIL_CONVERT_HPP
#define HMSFFI_DETAIL_CONVERT_HPP

#include <hmsffi/detail/value.hpp>

#include <cmath>
#include <map>
#include <memory>
#include <optional>

namespace hms { inline namespace HMSFFI_VARIANT {

// How a type becomes a value and back; specialize it for types of your own:
//   static Value to(const T &);
//   static expected<T> from(const Value &);   // INVALID_ARGUMENT or OUT_OF_RANGE, with the place: "$.a[1]: ..."
template <class T, class = void> struct Convert;

// A value on the heap, copied with its owner: what a type needs that contains itself. Empty until it is set, and when it was
// moved from; as a value null.
template <class T> class Box {
  public:
    Box() noexcept = default;
    Box(T value) : held_(std::make_unique<T>(std::move(value))) {}
    Box(const Box &other) : held_(other.held_ ? std::make_unique<T>(*other) : nullptr) {}
    Box(Box &&other) noexcept = default;
    Box &operator=(const Box &other) { return *this = Box(other); }
    Box &operator=(Box &&other) noexcept = default;

    explicit operator bool() const noexcept { return held_ != nullptr; }
    // Not of an empty one.
    T &operator*() noexcept { return *held_; }
    const T &operator*() const noexcept { return *held_; }
    T *operator->() noexcept { return held_.get(); }
    const T *operator->() const noexcept { return held_.get(); }
    bool operator==(const Box &other) const {
        return held_ && other.held_ ? *held_ == *other : held_ == other.held_;
    }

  private:
    std::unique_ptr<T> held_;
};

namespace typed {

inline Error mismatch(std::string_view needs, const Value &found) {
    return Error(Code::invalid_argument, "$: needs " + std::string(needs) + ", found " + found.kind());
}
// The error of a part, with the way to it.
inline Error within(const std::string &step, const Error &error) {
    return Error(error.code(), "$" + step + error.message().substr(1));
}

} // namespace typed

template <> struct Convert<Value> {
    static Value to(const Value &value) { return value; }
    static expected<Value> from(const Value &value) { return expected<Value>(value); }
};

// Those that a value holds as they are.
template <class T>
struct Convert<T, std::enable_if_t<std::is_same_v<T, bool> || std::is_same_v<T, std::string> || std::is_same_v<T, DateTime> ||
                                   std::is_same_v<T, Uuid> || std::is_same_v<T, Decimal> || std::is_same_v<T, BigInt> ||
                                   std::is_same_v<T, std::nullptr_t> || std::is_same_v<T, std::vector<uint8_t>>>> {
    static Value to(const T &value) { return value; }
    static expected<T> from(const Value &value) {
        if (const T *held = value.get_if<T>()) return expected<T>(*held);
        return typed::mismatch(Value(T{}).kind(), value);
    }
};

// Those that are only sent.
template <> struct Convert<std::string_view> {
    static Value to(std::string_view value) { return value; }
};
template <> struct Convert<Encoded> {
    static Value to(const Encoded &value) { return value; }
};

// Other languages may send 1 as 1.0, and 1.0 as 1, up to 2^53.
template <> struct Convert<double> {
    static Value to(double value) { return value; }
    static expected<double> from(const Value &value) {
        if (const auto *held = value.get_if<double>()) return *held;
        const auto *whole = value.get_if<int64_t>();
        if (whole && *whole <= safe && *whole >= -safe) return static_cast<double>(*whole);
        return typed::mismatch("float", value);
    }
    static constexpr int64_t safe = int64_t{1} << 53;
};

template <class T> struct Convert<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
    static Value to(T value) { return value; }
    static expected<T> from(const Value &value) {
        if (const auto *held = value.get_if<int64_t>()) return fitting(*held);
        if (const auto *held = value.get_if<uint64_t>()) return fitting(*held);
        const auto *held = value.get_if<double>();
        if (held && std::floor(*held) == *held && std::fabs(*held) <= Convert<double>::safe && !(*held == 0 && std::signbit(*held)))
            return fitting(static_cast<int64_t>(*held));
        return typed::mismatch("integer", value);
    }

  private:
    template <class U> static expected<T> fitting(U value) {
        const T cast = static_cast<T>(value);
        if (static_cast<U>(cast) == value && (cast < T{}) == (value < U{})) return cast;
        const char *sign = std::is_unsigned_v<T> ? "an unsigned " : "a ";
        return Error(Code::out_of_range,
                     "$: " + std::to_string(value) + " is not " + sign + std::to_string(8 * sizeof(T)) + "-bit integer");
    }
};

template <class T> struct Convert<std::optional<T>> {
    static Value to(const std::optional<T> &value) { return value ? Convert<T>::to(*value) : Value(); }
    static expected<std::optional<T>> from(const Value &value) {
        if (value.is_null()) return std::optional<T>();
        auto made = Convert<T>::from(value);
        if (!made) return std::move(made.error());
        return std::optional<T>(std::move(*made));
    }
};

template <class T> struct Convert<Box<T>> {
    static Value to(const Box<T> &value) { return value ? Convert<T>::to(*value) : Value(); }
    static expected<Box<T>> from(const Value &value) {
        auto made = Convert<T>::from(value);
        if (!made) return std::move(made.error());
        return Box<T>(std::move(*made));
    }
};

template <class T> struct Convert<std::vector<T>, std::enable_if_t<!std::is_same_v<T, uint8_t>>> {
    static Value to(const std::vector<T> &items) {
        List list;
        list.reserve(items.size());
        for (const auto &item : items) list.push_back(Convert<T>::to(item));
        return list;
    }
    static expected<std::vector<T>> from(const Value &value) {
        const auto *list = value.get_if<List>();
        if (!list) return typed::mismatch("list", value);
        std::vector<T> items;
        items.reserve(list->size());
        for (const Value &item : *list) {
            auto made = Convert<T>::from(item);
            if (!made) return typed::within("[" + std::to_string(items.size()) + "]", made.error());
            items.push_back(std::move(*made));
        }
        return items;
    }
};

template <class T> struct Convert<std::map<std::string, T>> {
    static Value to(const std::map<std::string, T> &entries) {
        Map map;
        for (const auto &[key, value] : entries) map.append(key, Convert<T>::to(value));
        return map;
    }
    static expected<std::map<std::string, T>> from(const Value &value) {
        const auto *map = value.get_if<Map>();
        if (!map) return typed::mismatch("map", value);
        std::map<std::string, T> entries;
        for (const Entry &entry : map->entries()) {
            auto made = Convert<T>::from(entry.value);
            if (!made) return typed::within("." + entry.key, made.error());
            entries.emplace(entry.key, std::move(*made));
        }
        return entries;
    }
};

// The first that takes the value.
template <class... T> struct Convert<std::variant<T...>> {
    static Value to(const std::variant<T...> &value) {
        return std::visit([](const auto &held) { return Convert<std::decay_t<decltype(held)>>::to(held); }, value);
    }
    static expected<std::variant<T...>> from(const Value &value) {
        std::optional<std::variant<T...>> found;
        (void)(take<T>(value, found) || ...);
        if (found) return std::move(*found);
        return typed::mismatch("one of " + std::to_string(sizeof...(T)) + " types", value);
    }

  private:
    template <class U> static bool take(const Value &value, std::optional<std::variant<T...>> &found) {
        auto made = Convert<U>::from(value);
        if (made) found.emplace(std::in_place_type<U>, std::move(*made));
        return made.has_value();
    }
};

}} // namespace hms

#endif
