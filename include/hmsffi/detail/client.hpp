// hms::Client, hms::Method and hms::AsyncCall: what calls services.
#ifndef HMSFFI_DETAIL_CLIENT_HPP
#define HMSFFI_DETAIL_CLIENT_HPP

#include <hmsffi/detail/queue.hpp>
#include <hmsffi/detail/runtime.hpp>
#include <hmsffi/detail/schema.hpp>
#include <hmsffi/detail/service_watch.hpp>

#include <algorithm>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {
inline void close(hms_client_t client) noexcept { hms_client_close(client, nullptr); }
inline void close(hms_method_t method) noexcept { hms_method_close(method, nullptr); }
// A client and, when nobody else holds it, the runtime that it needs: it ends first.
struct ClientHandle {
    std::optional<Runtime> runtime;
    Owned<hms_client_t, close> client;
    hms_client_t get() const noexcept { return client.get(); }
};
using SharedClient = std::shared_ptr<const ClientHandle>;
} // namespace detail

// How a call gets to its service.
enum class Transport : uint32_t {
    automatic = HMS_TRANSPORT_DEFAULT,
    in_process = HMS_TRANSPORT_IN_PROCESS,
    shared_memory = HMS_TRANSPORT_SHARED_MEMORY,
    local_socket = HMS_TRANSPORT_LOCAL_SOCKET,
    tcp = HMS_TRANSPORT_TCP,
    http = HMS_TRANSPORT_HTTP,
    grpc = HMS_TRANSPORT_GRPC,
    websocket = HMS_TRANSPORT_WEBSOCKET,
    message_queue = HMS_TRANSPORT_MESSAGE_QUEUE,
};

// What a call took.
struct CallReport {
    // The way that it took; automatic = it did not get as far.
    Transport transport = Transport::automatic;
    // Bytes of request and answer that the library copied, in both processes.
    uint64_t bytes_copied = 0;
};

struct CallOptions {
    // Time for the whole call; zero = the defaults of client, method and server.
    Duration timeout{0};
    // Goes along with the request.
    Metadata metadata{};
    // Where to put the answer's metadata; nullptr = not wanted.
    Metadata *response_metadata = nullptr;
    // The inbound call on whose behalf this one is made: its deadline and its chain are inherited. Needed where a retained
    // Call is served on another thread; inside a handler it is known.
    hms_call_t parent{0};
    // The way that the call must take. UNAVAILABLE when it does not lead to the service.
    Transport transport = Transport::automatic;
    // Ways that it must not take.
    std::vector<Transport> forbidden{};
    // Where to tell what the call took, also when it fails; nullptr = not wanted. For asynchronous calls and streams it
    // tells of the sending alone.
    CallReport *report = nullptr;
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
        raw_.parent = options.parent;
        if (options.response_metadata) raw_.response_metadata = &answer_;
        raw_.transport = static_cast<uint32_t>(options.transport);
        for (const Transport way : options.forbidden) raw_.forbidden_transports |= uint64_t(1) << static_cast<uint32_t>(way);
        if (options.report) raw_.report = &report_;
        report_.struct_size = sizeof report_;
    }
    RawCallOptions(const RawCallOptions &) = delete;
    RawCallOptions &operator=(const RawCallOptions &) = delete;
    const hms_call_options_t *get() const noexcept { return &raw_; }
    hms_metadata_t answer() const noexcept { return answer_; }
    CallReport report() const noexcept { return {static_cast<Transport>(report_.transport), report_.bytes_copied}; }

  private:
    std::vector<hms_pair_t> pairs_;
    hms_metadata_t answer_{0};
    hms_call_report_t report_{};
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
    if (options.report) *options.report = raw.report();
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
    // for again for 5 minutes. `response_metadata` gets the answer's metadata; nullptr = not wanted.
    expected<Buffer> result(Duration timeout = forever, Metadata *response_metadata = nullptr) const {
        uint32_t ended = 0;
        hms_buffer_t out{};
        hms_metadata_t metadata{0};
        hms_error_t error{0};
        const auto status = hms_async_result(client_->get(), detail::str(id_), detail::nanoseconds(timeout), &ended, &out,
                                             response_metadata ? &metadata : nullptr, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        if (!ended) return Error(Code::deadline_exceeded, "the call still runs; ask again, or cancel it");
        if (response_metadata) *response_metadata = Metadata::adopt(metadata);
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
    // Starts a call on a handler thread. The answer's metadata comes with its result.
    expected<AsyncCall> call_async(const Payload &request, CallOptions options = {}) const {
        options.response_metadata = nullptr;
        auto out = detail::send<hms_call_id_t>(request, options, [this](auto... with) {
            return hms_method_submit(handle_.get(), with...);
        });
        if (!out) return std::move(out.error());
        return AsyncCall(client_, out->text);
    }
    // As `call_async`; the queue gets a completion `call` with this tag when it has ended.
    expected<AsyncCall> submit(const Queue &queue, uint64_t tag, const Payload &request, CallOptions options = {}) const {
        options.response_metadata = nullptr;
        auto out = detail::send<hms_call_id_t>(request, options, [&](auto bytes, auto how, auto *id, auto *error) {
            return hms_queue_submit(queue.raw(), handle_.get(), bytes, how, tag, id, error);
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
    // Memory for a request of `size` bytes: fill it, then send it, or a part of it, with any call of this method. A service in
    // another process of this machine gets it without a copy. Take a new one for each request.
    expected<Loan> loan(size_t size) const {
        return Loan::of([&](auto... out) { return hms_method_loan(handle_.get(), size, out...); });
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
    // The way that its calls must take.
    Transport transport = Transport::automatic;
    // How long a thread that calls another process looks for its answer before it sleeps, in whole microseconds; zero = as is
    // found best, negative = not at all.
    Duration spin{0};
};

// What a program was made for.
struct ServiceOptions {
    // The message ServiceDefinition with version and schemas, as JSON (hms info NAME --definition writes it) or in Protobuf;
    // empty = any service of the name will do.
    std::string expected;
    // How close the service must be to it.
    Binding binding = Binding::loose;
};

class RemoteService;

// Calls services. Copies share one client; usable on several threads at once.
class Client {
  public:
    // A client of the runtime that everything in this process shares.
    static expected<Client> create(const ClientOptions &options = {}) {
        auto runtime = Runtime::default_instance();
        if (!runtime) return std::move(runtime.error());
        const hms_runtime_t raw = *runtime;
        return create(raw, options, std::move(*runtime));
    }
    // A client of this runtime, which must outlive it.
    static expected<Client> create(hms_runtime_t runtime, const ClientOptions &options = {}) {
        return create(runtime, options, std::nullopt);
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
    expected<Method> bind(std::string_view service, std::string_view method) const { return bind(service, method, {}); }
    // The same in the highest version that is what this program was made for, now and when services come and go:
    // FAILED_PRECONDITION with each difference in its detail `hms.differences` when there is none.
    expected<Method> bind(std::string_view service, std::string_view method, const ServiceOptions &options) const {
        const auto raw = bind_options(options);
        hms_method_t out{0};
        hms_error_t error{0};
        const auto status =
            hms_method_bind_with(handle_->get(), detail::str(service), detail::str(method), &raw, &out, &error);
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
    // An asynchronous call that somebody in this process started, in any language.
    AsyncCall get_call(std::string id) const { return AsyncCall(handle_, std::move(id)); }

    // One service. It need not be there yet: a call says whether it is.
    inline RemoteService get_service(std::string_view id) const;
    // The same of one that is what this program was made for. It is looked up at once, and refused as `bind` does it.
    inline expected<RemoteService> get_service(std::string_view id, const ServiceOptions &options) const;

    // The services whose id matches a pattern with * and ?, and whose metadata has these texts: maps with service_id,
    // display_name, description, version, methods and metadata. The library's own are there when the pattern begins with
    // `hms.`.
    expected<List> list_services(std::string_view name_pattern = "*", const Map &metadata = {}) const {
        List services;
        std::string page;
        do {
            auto answer = registry("ListServices", Map{{"name_pattern", name_pattern}, {"metadata_filter", metadata},
                                                       {"limit", 0}, {"page_token", page}});
            if (!answer) return std::move(answer.error());
            if (const List *found = (*answer)["services"].get_if<List>())
                services.insert(services.end(), found->begin(), found->end());
            const auto *next = (*answer)["next_page_token"].get_if<std::string>();
            page = next ? *next : std::string();
        } while (!page.empty());
        return services;
    }
    // The services that match, as `list_services`, then every change.
    expected<ServiceWatch> watch_services(std::string_view name_pattern = "*", const Map &metadata = {}) const {
        auto events =
            open_stream(registry_id, "WatchServices", Map{{"name_pattern", name_pattern}, {"metadata_filter", metadata}});
        if (!events) return std::move(events.error());
        return ServiceWatch(std::move(*events));
    }

    hms_client_t raw() const noexcept { return handle_->get(); }

  private:
    friend class RemoteService;
    static constexpr std::string_view registry_id = "hms.ffi.v1.ServiceRegistry";

    explicit Client(detail::SharedClient handle) noexcept : handle_(std::move(handle)) {}
    static expected<Client> create(hms_runtime_t runtime, const ClientOptions &options, std::optional<Runtime> kept) {
        hms_client_options_t raw{};
        raw.struct_size = sizeof raw;
        raw.timeout_ns = detail::nanoseconds(options.timeout);
        raw.max_retries = options.max_retries;
        raw.transport = static_cast<uint32_t>(options.transport);
        if (options.spin != Duration{0}) {
            const auto us = std::chrono::duration_cast<std::chrono::microseconds>(options.spin).count();
            raw.spin_us = us <= 0 ? -1 : static_cast<int32_t>(std::min<int64_t>(us, INT32_MAX));
        }
        hms_client_t out{0};
        hms_error_t error{0};
        const auto status = hms_client_new(runtime, &raw, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Client(std::make_shared<const detail::ClientHandle>(
            detail::ClientHandle{std::move(kept), detail::Owned<hms_client_t, detail::close>(out)}));
    }
    static hms_bind_options_t bind_options(const ServiceOptions &options) noexcept {
        hms_bind_options_t raw{};
        raw.struct_size = sizeof raw;
        raw.binding = options.expected.empty() ? 0 : static_cast<uint32_t>(options.binding);
        raw.expected = detail::bytes(options.expected);
        return raw;
    }
    // The registry says within its answer why it refused, and with which code in the metadata.
    expected<Value> registry(std::string_view method, const Map &request) const {
        Metadata metadata;
        CallOptions options;
        options.response_metadata = &metadata;
        auto answer = call(registry_id, method, request, options);
        if (!answer) return std::move(answer.error());
        auto value = decode(*answer);
        if (!value) return value;
        const auto *code = metadata.find("hms-error-code");
        const auto *message = (*value)["error_message"].get_if<std::string>();
        if (code && message) return Error(static_cast<Code>(std::atoi(code->c_str())), *message);
        return value;
    }
    detail::SharedClient handle_;
};

// A service as its callers see it. Where something is expected of it, each call resolves its method anew: bind those that are
// called often.
class RemoteService {
  public:
    const std::string &id() const noexcept { return id_; }
    expected<Buffer> call(std::string_view method, const Payload &request = {}, const CallOptions &options = {}) const {
        if (options_.expected.empty()) return client_.call(id_, method, request, options);
        auto bound = bind(method);
        if (!bound) return std::move(bound.error());
        return bound->call(request, options);
    }
    expected<AsyncCall> call_async(std::string_view method, const Payload &request = {},
                                   const CallOptions &options = {}) const {
        auto bound = bind(method);
        if (!bound) return std::move(bound.error());
        return bound->call_async(request, options);
    }
    expected<Stream> open_stream(std::string_view method, const Payload &request = {},
                                 const CallOptions &options = {}) const {
        auto bound = bind(method);
        if (!bound) return std::move(bound.error());
        return bound->open_stream(request, options);
    }
    expected<Method> bind(std::string_view method) const { return client_.bind(id_, method, options_); }
    // What the service says of itself: a map with service_id, display_name, description, version, methods and metadata.
    // NOT_FOUND when it is not there.
    expected<Value> definition() const {
        auto answer = client_.registry("GetService", Map{{"service_id", id_}});
        if (!answer) return answer;
        return (*answer)["service"];
    }

  private:
    friend class Client;
    RemoteService(Client client, std::string id, ServiceOptions options)
        : client_(std::move(client)), id_(std::move(id)), options_(std::move(options)) {}
    Client client_;
    std::string id_;
    ServiceOptions options_;
};

inline RemoteService Client::get_service(std::string_view id) const { return RemoteService(*this, std::string(id), {}); }

inline expected<RemoteService> Client::get_service(std::string_view id, const ServiceOptions &options) const {
    if (!options.expected.empty()) {
        const auto raw = bind_options(options);
        hms_error_t error{0};
        const auto status = hms_client_fit(handle_->get(), detail::str(id), &raw, nullptr, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
    }
    return RemoteService(*this, std::string(id), options);
}

}} // namespace hms

#endif
