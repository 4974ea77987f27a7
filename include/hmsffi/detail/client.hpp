// hms::Client, hms::Method and hms::AsyncCall: what calls services.
#ifndef HMSFFI_DETAIL_CLIENT_HPP
#define HMSFFI_DETAIL_CLIENT_HPP

#include <hmsffi/detail/stream.hpp>

namespace hms {

namespace detail {
inline void close(hms_client_t client) noexcept { hms_client_close(client, nullptr); }
inline void close(hms_method_t method) noexcept { hms_method_close(method, nullptr); }
using SharedClient = std::shared_ptr<const Owned<hms_client_t, close>>;
} // namespace detail

struct CallOptions {
    // Time for the whole call; zero = the defaults of client, method and server.
    Duration timeout{0};
    // Goes along with the request.
    Metadata metadata{};
    // Where to put the answer's metadata; nullptr = not wanted.
    Metadata *response_metadata = nullptr;
};

namespace detail {

// The C form of a request's options. Not movable: it points into itself.
class RawCallOptions {
  public:
    RawCallOptions(const CallOptions &options, const Payload &payload) : pairs_(pair_views(options.metadata.pairs())) {
        raw_.struct_size = sizeof raw_;
        raw_.timeout_ns = nanoseconds(options.timeout);
        raw_.content_type = static_cast<uint32_t>(payload.content_type());
        raw_.content_type_text = str(payload.content_type_text());
        raw_.metadata = pairs_.data();
        raw_.metadata_count = pairs_.size();
        if (options.response_metadata) raw_.response_metadata = &answer_;
    }
    RawCallOptions(const RawCallOptions &) = delete;
    RawCallOptions &operator=(const RawCallOptions &) = delete;
    const hms_call_options_t *get() const noexcept { return &raw_; }
    hms_metadata_t answer() const noexcept { return answer_; }

  private:
    std::vector<hms_pair_t> pairs_;
    hms_metadata_t answer_{0};
    hms_call_options_t raw_{};
};

// Runs `call(bytes, options, out, error)` with a payload: what every way to call shares.
template <class Out, class Call>
expected<Out> send(const Payload &payload, const CallOptions &options, Call call) {
    if (payload.error()) return *payload.error();
    RawCallOptions raw(options, payload);
    Out out{};
    hms_error_t error{0};
    const auto status = call(payload.bytes().raw(), raw.get(), &out, &error);
    if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    if (options.response_metadata) *options.response_metadata = Metadata::adopt(raw.answer());
    return out;
}

} // namespace detail

// A call that runs by itself. Its id is valid in every language of the process.
class AsyncCall {
  public:
    enum class Status : uint32_t {
        unspecified = HMS_CALL_STATUS_UNSPECIFIED,
        ok = HMS_CALL_STATUS_OK,
        in_progress = HMS_CALL_STATUS_IN_PROGRESS,
        failed = HMS_CALL_STATUS_FAILED,
        cancelled = HMS_CALL_STATUS_CANCELLED,
        timeout = HMS_CALL_STATUS_TIMEOUT,
    };

    AsyncCall(detail::SharedClient client, std::string id) : client_(std::move(client)), id_(std::move(id)) {}

    const std::string &id() const noexcept { return id_; }
    expected<Status> status() const {
        uint32_t out = 0;
        hms_error_t error{0};
        const auto status = hms_async_status(client_->get(), detail::str(id_), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return static_cast<Status>(out);
    }
    // The answer, or why there is none; DEADLINE_EXCEEDED too when the call still runs after `timeout`. It can be asked
    // for again for 5 minutes.
    expected<Buffer> result(Duration timeout = forever) const {
        uint32_t ended = 0;
        hms_buffer_t out{};
        hms_error_t error{0};
        const auto status = hms_async_result(client_->get(), detail::str(id_), detail::nanoseconds(timeout), &ended, &out,
                                             nullptr, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        if (!ended) return Error(Code::deadline_exceeded, "the call still runs; ask again, or cancel it");
        return Buffer(out);
    }
    // True = cancelled, false = it had ended before.
    expected<bool> cancel() const {
        uint32_t out = 0;
        hms_error_t error{0};
        const auto status = hms_async_cancel(client_->get(), detail::str(id_), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return out != 0;
    }

  private:
    detail::SharedClient client_;
    std::string id_;
};

// One method of one service, resolved: the fast way to call. Usable on several threads at once.
class Method {
  public:
    expected<Buffer> call(const Payload &request, const CallOptions &options = {}) const {
        auto out = detail::send<hms_buffer_t>(request, options, [this](auto... with) {
            return hms_method_call(handle_.get(), with...);
        });
        if (!out) return std::move(out.error());
        return Buffer(*out);
    }
    // Starts a call on a handler thread. The answer's metadata is not given.
    expected<AsyncCall> call_async(const Payload &request, CallOptions options = {}) const {
        options.response_metadata = nullptr;
        auto out = detail::send<hms_call_id_t>(request, options, [this](auto... with) {
            return hms_method_submit(handle_.get(), with...);
        });
        if (!out) return std::move(out.error());
        return AsyncCall(client_, out->text);
    }
    // Opens a stream; `request` is what the handler sees as its request. A timeout is that of the whole stream.
    expected<Stream> open_stream(const Payload &request = {}, CallOptions options = {}) const {
        options.response_metadata = nullptr;
        auto out = detail::send<hms_stream_t>(request, options, [this](auto... with) {
            return hms_method_open_stream(handle_.get(), with...);
        });
        if (!out) return std::move(out.error());
        return Stream(*out);
    }
    hms_method_t raw() const noexcept { return handle_.get(); }

  private:
    friend class Client;
    Method(detail::SharedClient client, hms_method_t handle) noexcept : client_(std::move(client)), handle_(handle) {}
    // Before the method: a client outlives what was bound by it.
    detail::SharedClient client_;
    detail::Owned<hms_method_t, detail::close> handle_;
};

struct ClientOptions {
    // Default time for a call; zero = 30 s.
    Duration timeout{0};
    // Retries after a failure that cannot have run the handler; 0 = 3, -1 = none.
    int32_t max_retries = 0;
};

class RemoteService;

// Calls services. Copies share one client; usable on several threads at once.
class Client {
  public:
    static expected<Client> create(hms_runtime_t runtime, const ClientOptions &options = {}) {
        hms_client_options_t raw{};
        raw.struct_size = sizeof raw;
        raw.timeout_ns = detail::nanoseconds(options.timeout);
        raw.max_retries = options.max_retries;
        hms_client_t out{0};
        hms_error_t error{0};
        const auto status = hms_client_new(runtime, &raw, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Client(out);
    }

    // Calls a method by name and waits for the answer. `service` is an id or `id@version`, such as `billing@^1.2`.
    expected<Buffer> call(std::string_view service, std::string_view method, const Payload &request = {},
                          const CallOptions &options = {}) const {
        auto out = detail::send<hms_buffer_t>(request, options, [&](auto... with) {
            return hms_client_call(handle_->get(), detail::str(service), detail::str(method), with...);
        });
        if (!out) return std::move(out.error());
        return Buffer(*out);
    }
    // Resolves a method once, for many calls.
    expected<Method> bind(std::string_view service, std::string_view method) const {
        hms_method_t out{0};
        hms_error_t error{0};
        const auto status = hms_method_bind(handle_->get(), detail::str(service), detail::str(method), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Method(handle_, out);
    }
    // As Method::call_async, by name.
    expected<AsyncCall> call_async(std::string_view service, std::string_view method, const Payload &request = {},
                                   const CallOptions &options = {}) const {
        auto bound = bind(service, method);
        if (!bound) return std::move(bound.error());
        return bound->call_async(request, options);
    }
    // As Method::open_stream, by name.
    expected<Stream> open_stream(std::string_view service, std::string_view method, const Payload &request = {},
                                 const CallOptions &options = {}) const {
        auto bound = bind(service, method);
        if (!bound) return std::move(bound.error());
        return bound->open_stream(request, options);
    }

    // The services whose id matches a pattern: maps with service_id, display_name, description, version, methods and
    // metadata.
    expected<List> list_services(std::string_view name_pattern = "*") const {
        List services;
        std::string page;
        do {
            const Map request{{"name_pattern", name_pattern}, {"metadata_filter", Map()}, {"limit", 0}, {"page_token", page}};
            auto answer = registry("ListServices", request);
            if (!answer) return std::move(answer.error());
            if (const List *found = (*answer)["services"].get_if<List>())
                services.insert(services.end(), found->begin(), found->end());
            const auto *next = (*answer)["next_page_token"].get_if<std::string>();
            page = next ? *next : std::string();
        } while (!page.empty());
        return services;
    }
    // One service, when there is one now.
    inline expected<RemoteService> get_service(std::string_view id) const;

    hms_client_t raw() const noexcept { return handle_->get(); }

  private:
    explicit Client(hms_client_t handle)
        : handle_(std::make_shared<const detail::Owned<hms_client_t, detail::close>>(handle)) {}
    expected<Value> registry(std::string_view method, const Map &request) const {
        auto answer = call("hms.ffi.v1.ServiceRegistry", method, request);
        if (!answer) return std::move(answer.error());
        return decode(*answer);
    }
    detail::SharedClient handle_;
};

// A service as its callers see it: its methods by name, and what it says of itself.
class RemoteService {
  public:
    const std::string &id() const noexcept { return id_; }
    // service_id, display_name, description, version, methods and metadata.
    const Value &definition() const noexcept { return definition_; }
    expected<Buffer> call(std::string_view method, const Payload &request = {}, const CallOptions &options = {}) const {
        return client_.call(id_, method, request, options);
    }
    expected<Method> method(std::string_view name) const { return client_.bind(id_, name); }

  private:
    friend class Client;
    RemoteService(Client client, std::string id, Value definition)
        : client_(std::move(client)), id_(std::move(id)), definition_(std::move(definition)) {}
    Client client_;
    std::string id_;
    Value definition_;
};

inline expected<RemoteService> Client::get_service(std::string_view id) const {
    auto answer = registry("GetService", Map{{"service_id", id}});
    if (!answer) return std::move(answer.error());
    const Value &service = (*answer)["service"];
    return RemoteService(*this, std::string(id), service.is_null() ? std::move(*answer) : service);
}

} // namespace hms

#endif
