// hms::Value: what travels as CBOR, as docs/values.md says.
#ifndef HMSFFI_DETAIL_VALUE_HPP
#define HMSFFI_DETAIL_VALUE_HPP

#include <hmsffi/detail/buffer.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <memory>
#include <type_traits>

namespace hms { inline namespace HMSFFI_VARIANT {

class Value;
struct Entry;

using Uuid = std::array<uint8_t, 16>;

// An integer past 64 bits, as decimal text.
struct BigInt {
    std::string text;
    bool operator==(const BigInt &other) const { return text == other.text; }
};
// A decimal number that keeps its digits, as text such as "12.50".
struct Decimal {
    std::string text;
    bool operator==(const Decimal &other) const { return text == other.text; }
};
// RFC 3339 text with an offset, such as "2026-11-21T05:00:00Z".
struct DateTime {
    std::string text;
    bool operator==(const DateTime &other) const { return text == other.text; }
};

// A value as its CBOR: encoded once, sent many times, alone or as a part of other values. Copies share the bytes; may be used
// on any thread.
class Encoded {
  public:
    // INVALID_ARGUMENT as Value::encode.
    static inline expected<Encoded> of(const Value &value);

    Bytes bytes() const noexcept { return cbor_ ? cbor_->bytes() : Bytes(); }
    // The value, made anew.
    inline expected<Value> value() const;
    inline bool operator==(const Encoded &other) const noexcept;

  private:
    explicit Encoded(Buffer cbor) : cbor_(std::make_shared<const Buffer>(std::move(cbor))) {}
    std::shared_ptr<const Buffer> cbor_;
};

using List = std::vector<Value>;

// Keys and values in their order.
class Map {
  public:
    Map() = default;
    inline Map(std::initializer_list<Entry> entries);

    // The value of a key, or nullptr.
    inline const Value *find(std::string_view key) const noexcept;
    // The value of a key, put at the end as null when it is new.
    inline Value &operator[](std::string_view key);
    inline bool operator==(const Map &other) const;

    const std::vector<Entry> &entries() const noexcept { return entries_; }
    // Adds without looking whether the key is there; writing a key twice is an error.
    inline void append(std::string key, Value value);
    inline size_t size() const noexcept;

  private:
    std::vector<Entry> entries_;
};

// One value of any kind. An integer is int64_t when it fits, else uint64_t, else BigInt. What was read is never Encoded.
class Value {
  public:
    using Variant = std::variant<std::nullptr_t, bool, int64_t, uint64_t, BigInt, double, std::string,
                                 std::vector<uint8_t>, DateTime, Uuid, Decimal, List, Map, Encoded>;

    Value(std::nullptr_t = nullptr) noexcept {}
    Value(bool value) : held_(value) {}
    template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0> Value(T value) {
        if constexpr (std::is_unsigned_v<T>) {
            if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
                held_ = static_cast<uint64_t>(value);
            else
                held_ = static_cast<int64_t>(value);
        } else {
            held_ = static_cast<int64_t>(value);
        }
    }
    Value(double value) : held_(value) {}
    Value(const char *text) : held_(std::string(text)) {}
    Value(std::string_view text) : held_(std::string(text)) {}
    Value(std::string text) : held_(std::move(text)) {}
    Value(std::vector<uint8_t> bytes) : held_(std::move(bytes)) {}
    Value(BigInt value) : held_(std::move(value)) {}
    Value(DateTime value) : held_(std::move(value)) {}
    Value(Uuid value) : held_(value) {}
    Value(Decimal value) : held_(std::move(value)) {}
    Value(List list) : held_(std::move(list)) {}
    Value(Map map) : held_(std::move(map)) {}
    Value(Encoded encoded) : held_(std::move(encoded)) {}

    // The value as T, one of the types of Variant, or nullptr when it is of another kind.
    template <class T> const T *get_if() const noexcept { return std::get_if<T>(&held_); }
    template <class T> T *get_if() noexcept { return std::get_if<T>(&held_); }
    // The value as T, or INVALID_ARGUMENT.
    template <class T> expected<T> get() const {
        if (const T *found = get_if<T>()) return *found;
        return Error(Code::invalid_argument, std::string("the value is of another kind: ") + kind());
    }
    bool is_null() const noexcept { return held_.index() == 0; }
    // The value of a key of a map; null when there is none or this is no map.
    const Value &operator[](std::string_view key) const noexcept {
        static const Value null;
        const Map *map = get_if<Map>();
        const Value *found = map ? map->find(key) : nullptr;
        return found ? *found : null;
    }
    // The name of the kind, such as "integer".
    const char *kind() const noexcept {
        static constexpr const char *names[] = {"null", "bool",      "integer", "integer", "integer", "float", "text",
                                                "bytes", "date-time", "UUID",    "Decimal", "list",    "map",   "encoded value"};
        return names[held_.index()];
    }
    const Variant &variant() const noexcept { return held_; }
    bool operator==(const Value &other) const { return held_ == other.held_; }
    bool operator!=(const Value &other) const { return !(*this == other); }

    // The CBOR bytes of this value. INVALID_ARGUMENT, with the path, for text that is not UTF-8 and the like.
    inline expected<Buffer> encode() const;
    // Reads CBOR bytes.
    static inline expected<Value> decode(Bytes cbor);

  private:
    Variant held_{nullptr};
};

struct Entry {
    std::string key;
    Value value;
    bool operator==(const Entry &other) const { return key == other.key && value == other.value; }
};

inline Map::Map(std::initializer_list<Entry> entries) : entries_(entries) {}
inline size_t Map::size() const noexcept { return entries_.size(); }
inline bool Map::operator==(const Map &other) const { return entries_ == other.entries_; }
inline void Map::append(std::string key, Value value) { entries_.push_back({std::move(key), std::move(value)}); }
inline const Value *Map::find(std::string_view key) const noexcept {
    for (const Entry &entry : entries_)
        if (entry.key == key) return &entry.value;
    return nullptr;
}
inline Value &Map::operator[](std::string_view key) {
    for (Entry &entry : entries_)
        if (entry.key == key) return entry.value;
    append(std::string(key), nullptr);
    return entries_.back().value;
}

namespace detail {

inline void close(hms_writer_t writer) noexcept { hms_writer_close(writer, nullptr); }
inline void close(hms_reader_t reader) noexcept { hms_reader_close(reader, nullptr); }

// Writes a value. A step that fails makes the writer's finish fail: nothing is checked here.
struct Write {
    hms_writer_t to;
    void operator()(std::nullptr_t) const { hms_writer_null(to, nullptr); }
    void operator()(bool value) const { hms_writer_bool(to, value, nullptr); }
    void operator()(int64_t value) const { hms_writer_int(to, value, nullptr); }
    void operator()(uint64_t value) const { hms_writer_uint(to, value, nullptr); }
    void operator()(double value) const { hms_writer_float(to, value, nullptr); }
    void operator()(const BigInt &value) const { hms_writer_bigint(to, str(value.text), nullptr); }
    void operator()(const std::string &value) const { hms_writer_text(to, str(value), nullptr); }
    void operator()(const std::vector<uint8_t> &value) const { hms_writer_bytes(to, Bytes(value).raw(), nullptr); }
    void operator()(const DateTime &value) const { hms_writer_datetime(to, str(value.text), nullptr); }
    void operator()(const Uuid &value) const { hms_writer_uuid(to, value.data(), nullptr); }
    void operator()(const Decimal &value) const { hms_writer_decimal(to, str(value.text), nullptr); }
    void operator()(const Encoded &value) const { hms_writer_encoded(to, value.bytes().raw(), nullptr); }
    void operator()(const List &list) const {
        // Refused steps are not entered: a list that is too deep would otherwise be walked to its end.
        if (hms_writer_begin_list(to, list.size(), nullptr) != HMS_STATUS_OK) return;
        for (const Value &item : list) std::visit(*this, item.variant());
        hms_writer_end_list(to, nullptr);
    }
    void operator()(const Map &map) const {
        if (hms_writer_begin_map(to, map.size(), nullptr) != HMS_STATUS_OK) return;
        for (const Entry &entry : map.entries()) {
            hms_writer_key(to, str(entry.key), nullptr);
            std::visit(*this, entry.value.variant());
        }
        hms_writer_end_map(to, nullptr);
    }
};

// Reads the next value. The bytes were checked whole, so that depth is bounded.
class Read {
  public:
    explicit Read(hms_reader_t from) noexcept : from_(from) {}

    Value next() {
        uint32_t kind = HMS_KIND_END;
        keep(hms_reader_kind(from_, &kind, error()));
        switch (kind) {
        case HMS_KIND_BOOL: return step<uint32_t>(hms_reader_bool) != 0;
        case HMS_KIND_INT: return integer();
        case HMS_KIND_FLOAT: return step<double>(hms_reader_float);
        case HMS_KIND_BIGINT: return BigInt{text(hms_reader_bigint)};
        case HMS_KIND_TEXT: return text(hms_reader_text);
        case HMS_KIND_DATETIME: return DateTime{text(hms_reader_datetime)};
        case HMS_KIND_DECIMAL: return Decimal{text(hms_reader_decimal)};
        case HMS_KIND_BYTES: return Bytes(step<hms_bytes_t>(hms_reader_bytes)).copy();
        case HMS_KIND_UUID: return uuid();
        case HMS_KIND_LIST: return list();
        case HMS_KIND_MAP: return map();
        default: keep(hms_reader_null(from_, error())); return nullptr;
        }
    }
    expected<void> result() { return done(status_, std::exchange(error_, hms_error_t{0})); }

  private:
    template <class T> T step(hms_status_t (*read)(hms_reader_t, T *, hms_error_t *)) {
        T out{};
        keep(read(from_, &out, error()));
        return out;
    }
    std::string text(hms_status_t (*read)(hms_reader_t, hms_str_t *, hms_error_t *)) {
        return std::string(view(step<hms_str_t>(read)));
    }
    Value integer() {
        int64_t value = 0;
        if (hms_reader_int(from_, &value, nullptr) == HMS_STATUS_OK) return value;
        return step<uint64_t>(hms_reader_uint);
    }
    Value uuid() {
        Uuid out{};
        keep(hms_reader_uuid(from_, out.data(), error()));
        return out;
    }
    Value list() {
        List list;
        step<size_t>(hms_reader_enter_list);
        uint32_t kind = HMS_KIND_END;
        while (status_ == HMS_STATUS_OK && hms_reader_kind(from_, &kind, nullptr) == HMS_STATUS_OK && kind != HMS_KIND_END)
            list.push_back(next());
        keep(hms_reader_leave(from_, error()));
        return list;
    }
    Value map() {
        Map map;
        step<size_t>(hms_reader_enter_map);
        hms_str_t key{};
        uint32_t found = 0;
        while (status_ == HMS_STATUS_OK && hms_reader_next_key(from_, &key, &found, nullptr) == HMS_STATUS_OK && found) {
            std::string name(view(key));
            map.append(std::move(name), next());
        }
        keep(hms_reader_leave(from_, error()));
        return map;
    }
    // The first error counts; where to write it: nowhere when there is one.
    hms_error_t *error() noexcept { return status_ == HMS_STATUS_OK ? &error_ : nullptr; }
    void keep(hms_status_t status) noexcept {
        if (status_ == HMS_STATUS_OK) status_ = status;
    }

    hms_reader_t from_;
    hms_status_t status_ = HMS_STATUS_OK;
    hms_error_t error_{0};
};

} // namespace detail

inline expected<Buffer> Value::encode() const {
    hms_writer_t handle{0};
    hms_error_t error{0};
    auto status = hms_writer_new(&handle, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    const detail::Owned<hms_writer_t, detail::close> writer(handle);
    std::visit(detail::Write{handle}, held_);
    hms_buffer_t out{};
    status = hms_writer_finish(handle, &out, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    return Buffer(out);
}

inline expected<Value> Value::decode(Bytes cbor) {
    hms_reader_t handle{0};
    hms_error_t error{0};
    const auto status = hms_reader_new(cbor.raw(), &handle, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    const detail::Owned<hms_reader_t, detail::close> reader(handle);
    detail::Read read(handle);
    Value value = read.next();
    if (auto result = read.result(); !result) return std::move(result.error());
    return value;
}

inline expected<Encoded> Encoded::of(const Value &value) {
    auto cbor = value.encode();
    if (!cbor) return std::move(cbor.error());
    return Encoded(std::move(*cbor));
}
inline expected<Value> Encoded::value() const { return Value::decode(bytes()); }
inline bool Encoded::operator==(const Encoded &other) const noexcept {
    return std::equal(bytes().begin(), bytes().end(), other.bytes().begin(), other.bytes().end());
}

// Reads a payload by its content type: CBOR is decoded, raw bytes are a value of bytes, others INVALID_ARGUMENT.
inline expected<Value> decode(Bytes bytes, ContentType type) {
    if (type == ContentType::cbor) return Value::decode(bytes);
    if (type == ContentType::bytes) return Value(bytes.copy());
    return Error(Code::invalid_argument, "only CBOR and raw bytes can be read as a value; read the bytes themselves");
}
inline expected<Value> decode(const Buffer &buffer) { return decode(buffer.bytes(), buffer.content_type()); }

}} // namespace hms

#endif
