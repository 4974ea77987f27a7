// hms::Queue: completions for an event loop.
#ifndef HMSFFI_DETAIL_QUEUE_HPP
#define HMSFFI_DETAIL_QUEUE_HPP

#include <hmsffi/detail/call.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {
inline void close(hms_queue_t queue) noexcept { hms_queue_close(queue, nullptr); }
} // namespace detail

// Something that a queue collected.
struct Completion {
    enum class Kind : uint32_t {
        // A call of `Method::submit` ended: `answer` and `metadata`.
        call = HMS_COMPLETION_CALL,
        // `Stream::receive` will not wait.
        readable = HMS_COMPLETION_READABLE,
        // A call arrived for a method that takes its calls from the queue: `call`.
        request = HMS_COMPLETION_REQUEST,
        // The caller of the call with the handle `cancelled` went away.
        cancelled = HMS_COMPLETION_CANCELLED,
        // A stream may have room.
        writable = HMS_COMPLETION_WRITABLE,
    };

    Kind kind = Kind::call;
    // As given at submission, or of the method.
    uint64_t tag = 0;
    expected<Buffer> answer = Buffer();
    Metadata metadata{};
    // To be answered, on any thread; one that ends without an answer gives the caller INTERNAL.
    std::optional<Call> call{};
    // As `Call::raw` of the call.
    hms_call_t cancelled{0};
};

struct QueueOptions {
    // One thread alone polls the queue: who would block that thread and wait for it is refused with ABORTED.
    bool single_thread = false;
};

// Collects completions. Its end fails the calls that it holds, or handed out and that have no answer yet, with
// UNAVAILABLE.
class Queue {
  public:
    static expected<Queue> create(const QueueOptions &options = {}) {
        hms_queue_options_t raw{};
        raw.struct_size = sizeof raw;
        raw.flags = options.single_thread ? HMS_QUEUE_SINGLE_THREAD : 0;
        hms_queue_t out{0};
        hms_error_t error{0};
        const auto status = hms_queue_new(&raw, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Queue(out);
    }

    // A descriptor that is readable while there are completions: for epoll and event loops. It belongs to the queue.
    expected<int> fd() const {
        int32_t out = -1;
        hms_error_t error{0};
        const auto status = hms_queue_fd(handle_.get(), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return out;
    }

    // Takes completions, at most so many; waits for the first. None when there was none in time, UNAVAILABLE when the
    // queue was closed.
    expected<std::vector<Completion>> poll(Duration timeout = forever, size_t at_most = 16) const {
        std::vector<hms_completion_t> raw(at_most);
        size_t count = 0;
        hms_error_t error{0};
        const auto status =
            hms_queue_poll(handle_.get(), raw.data(), raw.size(), detail::nanoseconds(timeout), &count, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        std::vector<Completion> completions;
        completions.reserve(count);
        for (size_t i = 0; i < count; ++i) take(raw[i], completions);
        return completions;
    }

    // One completion `readable` with this tag when the stream has something to receive.
    expected<void> submit_receive(const Stream &stream, uint64_t tag) const {
        hms_error_t error{0};
        return detail::done(hms_stream_submit_receive(stream.raw(), handle_.get(), tag, &error), error);
    }
    // One completion `writable` with this tag when the stream may have room.
    expected<void> submit_send(const Stream &stream, uint64_t tag) const {
        hms_error_t error{0};
        return detail::done(hms_stream_submit_send(stream.raw(), handle_.get(), tag, &error), error);
    }

    // Ends the polls of other threads with UNAVAILABLE, and all that the queue's own end does.
    expected<void> close() const {
        hms_error_t error{0};
        return detail::done(hms_queue_close(handle_.get(), &error), error);
    }
    hms_queue_t raw() const noexcept { return handle_.get(); }

  private:
    explicit Queue(hms_queue_t handle) noexcept : handle_(handle) {}

    static void take(const hms_completion_t &raw, std::vector<Completion> &completions) {
        Completion completion;
        completion.kind = static_cast<Completion::Kind>(raw.kind);
        completion.tag = raw.tag;
        switch (completion.kind) {
        case Completion::Kind::call:
            if (raw.status == HMS_STATUS_OK)
                completion.answer = Buffer(raw.buffer);
            else
                completion.answer = Error::adopt(raw.status, raw.error);
            if (raw.metadata.id != 0) completion.metadata = Metadata::adopt(raw.metadata);
            break;
        case Completion::Kind::request: {
            auto call = Call::adopt(raw.call);
            // It has ended meanwhile.
            if (!call) return;
            completion.call.emplace(std::move(*call));
            break;
        }
        case Completion::Kind::cancelled: completion.cancelled = raw.call; break;
        case Completion::Kind::readable:
        case Completion::Kind::writable: break;
        }
        completions.push_back(std::move(completion));
    }

    detail::Owned<hms_queue_t, detail::close> handle_;
};

}} // namespace hms

#endif
