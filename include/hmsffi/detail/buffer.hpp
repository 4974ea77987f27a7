// Bytes: hms::Bytes borrows them, hms::Buffer owns them.
#ifndef HMSFFI_DETAIL_BUFFER_HPP
#define HMSFFI_DETAIL_BUFFER_HPP

#include <hmsffi/detail/result.hpp>

#include <cstdint>

namespace hms { inline namespace HMSFFI_VARIANT {

enum class ContentType : uint32_t {
    other = HMS_CONTENT_TYPE_DEFAULT,
    cbor = HMS_CONTENT_TYPE_CBOR,
    protobuf = HMS_CONTENT_TYPE_PROTOBUF,
    json = HMS_CONTENT_TYPE_JSON,
    bytes = HMS_CONTENT_TYPE_BYTES,
};

// Borrowed bytes.
class Bytes {
  public:
    Bytes() noexcept = default;
    Bytes(const void *data, size_t size) noexcept : data_(static_cast<const uint8_t *>(data)), size_(size) {}
    Bytes(const std::vector<uint8_t> &bytes) noexcept : Bytes(bytes.data(), bytes.size()) {}
    Bytes(hms_bytes_t bytes) noexcept : Bytes(bytes.ptr, bytes.len) {}

    const uint8_t *data() const noexcept { return data_; }
    size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const uint8_t *begin() const noexcept { return data_; }
    const uint8_t *end() const noexcept { return data_ + size_; }
    uint8_t operator[](size_t at) const noexcept { return data_[at]; }
    // The same bytes as text; nothing is checked.
    std::string_view text() const noexcept {
        return empty() ? std::string_view() : std::string_view(reinterpret_cast<const char *>(data_), size_);
    }
    std::vector<uint8_t> copy() const { return std::vector<uint8_t>(begin(), end()); }
    hms_bytes_t raw() const noexcept { return {data_, size_}; }

  private:
    const uint8_t *data_ = nullptr;
    size_t size_ = 0;
};

// Bytes of the library, released when this object ends. Moves, does not copy; may be used on any thread.
class Buffer {
  public:
    Buffer() noexcept = default;
    explicit Buffer(hms_buffer_t buffer) noexcept : buffer_(buffer) {}
    Buffer(Buffer &&other) noexcept : buffer_(other.release()) {}
    Buffer &operator=(Buffer &&other) noexcept {
        if (this != &other) {
            hms_buffer_release(&buffer_);
            buffer_ = other.release();
        }
        return *this;
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer() { hms_buffer_release(&buffer_); }

    static expected<Buffer> copy_of(Bytes bytes, ContentType type = ContentType::bytes) {
        hms_buffer_t out{};
        hms_error_t error{0};
        const auto status = hms_buffer_copy(bytes.raw(), static_cast<uint32_t>(type), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Buffer(out);
    }

    // Moves a container of bytes (std::vector<uint8_t>, std::string) in without copying its bytes.
    template <class Container> static expected<Buffer> own(Container bytes, ContentType type = ContentType::bytes) {
        auto *kept = new Container(std::move(bytes));
        hms_buffer_t out{};
        hms_error_t error{0};
        const auto status = hms_buffer_lend(
            Bytes(kept->data(), kept->size()).raw(), static_cast<uint32_t>(type),
            [](void *ctx) { delete static_cast<Container *>(ctx); }, kept, &out, &error);
        if (status == HMS_STATUS_OK) return Buffer(out);
        delete kept;
        return Error::adopt(status, error);
    }

    Bytes bytes() const noexcept { return {buffer_.data, buffer_.len}; }
    operator Bytes() const noexcept { return bytes(); }
    const uint8_t *data() const noexcept { return buffer_.data; }
    size_t size() const noexcept { return buffer_.len; }
    std::string_view text() const noexcept { return bytes().text(); }
    ContentType content_type() const noexcept { return static_cast<ContentType>(buffer_.content_type); }
    // As text, such as "application/cbor". Borrowed.
    std::string_view content_type_text() const noexcept { return detail::view(hms_buffer_content_type(&buffer_)); }

    // Gives the buffer up to the caller.
    hms_buffer_t release() noexcept { return std::exchange(buffer_, hms_buffer_t{}); }

  private:
    hms_buffer_t buffer_{};
};

// Memory of the library to be filled and then sent: to another process of this machine without a copy. What it holds at
// first is not defined. Moves, does not copy.
class Loan {
  public:
    uint8_t *data() noexcept { return data_; }
    const uint8_t *data() const noexcept { return data_; }
    size_t size() const noexcept { return buffer_.size(); }
    uint8_t *begin() noexcept { return data_; }
    uint8_t *end() noexcept { return data_ + size(); }
    Bytes bytes() const noexcept { return buffer_.bytes(); }
    operator Bytes() const noexcept { return bytes(); }

    // As an answer, or a message of a stream: no more to be written.
    Buffer take() && { return std::move(buffer_); }

    // A loan that `lend(buffer, data, error)` of the C interface gives.
    template <class Lend> static expected<Loan> of(Lend lend) {
        hms_buffer_t buffer{};
        uint8_t *data = nullptr;
        hms_error_t error{0};
        const hms_status_t status = lend(&buffer, &data, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Loan(buffer, data);
    }

  private:
    Loan(hms_buffer_t buffer, uint8_t *data) noexcept : buffer_(buffer), data_(data) {}
    Buffer buffer_;
    uint8_t *data_;
};

// Pairs that travel with a request or its answer.
class Metadata {
  public:
    Metadata() = default;
    Metadata(std::initializer_list<Pairs::value_type> pairs) : pairs_(pairs) {}

    void set(std::string key, std::string value) {
        for (auto &pair : pairs_)
            if (pair.first == key) {
                pair.second = std::move(value);
                return;
            }
        pairs_.emplace_back(std::move(key), std::move(value));
    }
    // The value of a key, or nullptr.
    const std::string *find(std::string_view key) const noexcept {
        for (const auto &pair : pairs_)
            if (pair.first == key) return &pair.second;
        return nullptr;
    }
    const Pairs &pairs() const noexcept { return pairs_; }

    // Takes over metadata of the C interface.
    static Metadata adopt(hms_metadata_t handle) {
        Metadata metadata;
        hms_str_t key{}, value{};
        for (size_t i = 0, n = hms_metadata_count(handle); i < n; ++i)
            if (hms_metadata_at(handle, i, &key, &value, nullptr) == HMS_STATUS_OK)
                metadata.pairs_.emplace_back(detail::view(key), detail::view(value));
        hms_metadata_close(handle);
        return metadata;
    }

  private:
    Pairs pairs_;
};

}} // namespace hms

#endif
