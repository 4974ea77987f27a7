// hms::Service and hms::Server: what hosts services.
#ifndef HMSFFI_DETAIL_SERVER_HPP
#define HMSFFI_DETAIL_SERVER_HPP

#include <hmsffi/detail/interceptor.hpp>
#include <hmsffi/detail/queue.hpp>
#include <hmsffi/detail/runtime.hpp>
#include <hmsffi/detail/site.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {
inline void close(hms_server_t server) noexcept { hms_server_close(server, nullptr); }
inline void close(hms_service_t service) noexcept { hms_service_close(service, nullptr); }
} // namespace detail

enum class StreamType : uint32_t {
    none = HMS_STREAM_TYPE_NONE,
    server = HMS_STREAM_TYPE_SERVER,
    client = HMS_STREAM_TYPE_CLIENT,
    bidirectional = HMS_STREAM_TYPE_BIDIRECTIONAL,
};

enum class Dispatch : uint32_t {
    automatic = HMS_DISPATCH_DEFAULT,
    direct = HMS_DISPATCH_DIRECT,
    pool = HMS_DISPATCH_POOL,
};

struct MethodOptions {
    std::string description{};
    StreamType stream_type = StreamType::none;
    Dispatch dispatch = Dispatch::automatic;
    // Time for a call; zero = the server's default.
    Duration timeout{0};
    // Two calls with the same arguments do no more than one.
    bool idempotent = false;
    // Short, and never calls back.
    bool leaf = false;
    Metadata metadata{};
    // Schemas of what callers send and what the handler answers, as JSON such as {"type": "STRING"} or as Protobuf messages;
    // empty = none.
    std::string input_schema{};
    std::string output_schema{};
    // Schemas of errors with data, each with the id by which the error names it.
    std::vector<std::string> error_schemas{};
};

// A service to be filled with methods and registered. The first step that fails is what `Server::add` answers.
class Service {
  public:
    explicit Service(std::string_view id, std::string_view version = "1.0.0") {
        hms_service_t out{0};
        keep([&](hms_error_t *error) { return hms_service_new(detail::str(id), detail::str(version), &out, error); });
        handle_ = detail::Owned<hms_service_t, detail::close>(out);
    }

    // The name and the description that people see.
    Service &describe(std::string_view display_name, std::string_view description) {
        return keep([&](hms_error_t *error) {
            return hms_service_describe(handle_.get(), detail::str(display_name), detail::str(description), error);
        });
    }
    Service &metadata(std::string_view key, std::string_view value) {
        return keep([&](hms_error_t *error) {
            return hms_service_set_metadata(handle_.get(), detail::str(key), detail::str(value), error);
        });
    }
    // Adds a method. The handler is any callable that takes `hms::Call &` or `const hms::Value &`. What it returns, a
    // Payload, a Value, whatever makes one, an Error, or an `expected` of these, is the answer; one that takes a Call and
    // returns void answers through the call. It may run on several threads at once. An hms::Exception that it throws
    // answers with its error, any other exception with UNKNOWN. `site` is the stack of an error that has none.
    template <class Handler>
    Service &method(std::string_view name, Handler handler, const MethodOptions &options = {}, Site site = Site::here()) {
        hms_handler_t raw{};
        raw.struct_size = sizeof raw;
        raw.ctx = new Handler(std::move(handler));
        raw.on_call = detail::on_call<Handler>;
        raw.drop = [](void *ctx) { delete static_cast<Handler *>(ctx); };
        hms_method_options_t how{};
        how.dispatch = static_cast<uint32_t>(options.dispatch);
        return add(name, how, raw, options, site);
    }
    // Adds a method whose calls the queue collects, as completions `request` with this tag. The dispatch of the options
    // is not looked at.
    Service &method(std::string_view name, const Queue &queue, uint64_t tag, const MethodOptions &options = {},
                    Site site = Site::here()) {
        hms_handler_t none{};
        none.struct_size = sizeof none;
        hms_method_options_t how{};
        how.dispatch = HMS_DISPATCH_HOP;
        how.queue = queue.raw();
        how.queue_tag = tag;
        return add(name, how, none, options, site);
    }

    const std::optional<Error> &error() const noexcept { return error_; }
    hms_service_t raw() const noexcept { return handle_.get(); }

  private:
    Service &add(std::string_view name, hms_method_options_t &how, const hms_handler_t &handler,
                 const MethodOptions &options, Site site) {
        const auto labels = detail::pair_views(options.metadata.pairs());
        const std::string place = site.of(name);
        how.struct_size = sizeof how;
        how.flags = (options.idempotent ? HMS_METHOD_IDEMPOTENT : 0) | (options.leaf ? HMS_METHOD_LEAF : 0);
        how.description = detail::str(options.description);
        how.stream_type = static_cast<uint32_t>(options.stream_type);
        how.timeout_ns = detail::nanoseconds(options.timeout);
        how.metadata = labels.data();
        how.metadata_count = labels.size();
        how.handler_site = detail::str(place);
        how.input_schema = detail::bytes(options.input_schema);
        how.output_schema = detail::bytes(options.output_schema);
        std::vector<hms_bytes_t> errors;
        for (const auto &schema : options.error_schemas) errors.push_back(detail::bytes(schema));
        how.error_schemas = errors.data();
        how.error_schema_count = errors.size();
        // Handed over even when an earlier step failed: the library then drops the handler.
        hms_error_t error{0};
        const auto status = hms_service_add_method(handle_.get(), detail::str(name), &how, &handler, &error);
        return note(status, error);
    }
    template <class Step> Service &keep(Step step) {
        if (error_) return *this;
        hms_error_t error{0};
        const auto status = step(&error);
        return note(status, error);
    }
    Service &note(hms_status_t status, hms_error_t error) {
        if (status == HMS_STATUS_OK) return *this;
        Error why = Error::adopt(status, error);
        if (!error_) error_ = std::move(why);
        return *this;
    }
    detail::Owned<hms_service_t, detail::close> handle_;
    std::optional<Error> error_;
};

struct ServerOptions {
    std::string name{};
    // Calls served at once; 0 = 100, -1 = no limit.
    int32_t max_concurrent_calls = 0;
    // Default time for a call; zero = 30 s.
    Duration call_timeout{0};
    // Handler threads; 0 = one per CPU, at least 4.
    uint32_t pool_threads = 0;
    // Bytes of a request, an answer or a message of a stream, at least 4096; 0 = 1 GiB.
    uint64_t max_message_size = 0;
};

// Hosts services. Its end withdraws them; calls inside are not waited for: `stop` does that.
class Server {
  public:
    // A server of the runtime that everything in this process shares, which lives as long as this server.
    static expected<Server> create(const ServerOptions &options = {}) {
        auto runtime = Runtime::default_instance();
        if (!runtime) return std::move(runtime.error());
        auto server = create(*runtime, options);
        if (server) server->runtime_ = std::move(*runtime);
        return server;
    }
    // A server of this runtime, which must outlive it.
    static expected<Server> create(hms_runtime_t runtime, const ServerOptions &options = {}) {
        hms_server_options_t raw{};
        raw.struct_size = sizeof raw;
        raw.name = detail::str(options.name);
        raw.max_concurrent_calls = options.max_concurrent_calls;
        raw.call_timeout_ns = detail::nanoseconds(options.call_timeout);
        raw.max_message_size = options.max_message_size;
        raw.pool_threads = options.pool_threads;
        hms_server_t out{0};
        hms_error_t error{0};
        const auto status = hms_server_new(runtime, &raw, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Server(out);
    }

    // Hosts a service; its calls are served once the server runs.
    expected<void> add(const Service &service) {
        if (service.error()) return *service.error();
        return step([&](hms_error_t *error) { return hms_service_register(handle_.get(), service.raw(), error); });
    }
    // Stops offering a service.
    expected<void> remove(std::string_view id) {
        return step([&](hms_error_t *error) { return hms_service_unregister(handle_.get(), detail::str(id), error); });
    }
    // Puts user code around every call from now on, inside the interceptors that were added before.
    expected<void> intercept(Interceptor interceptor) { return detail::intercept(handle_.get(), std::move(interceptor)); }
    expected<void> start() {
        return step([&](hms_error_t *error) { return hms_server_start(handle_.get(), error); });
    }
    // Takes no more calls and waits for those inside: DEADLINE_EXCEEDED when some still ran.
    expected<void> stop(Duration timeout) {
        return step([&](hms_error_t *error) {
            return hms_server_stop(handle_.get(), detail::nanoseconds(timeout), error);
        });
    }
    bool is_running() const noexcept {
        uint32_t out = 0;
        return hms_server_is_running(handle_.get(), &out, nullptr) == HMS_STATUS_OK && out != 0;
    }
    // Waits until it is stopped: false when the time was over first.
    expected<bool> wait(Duration timeout = forever) {
        uint32_t out = 0;
        hms_error_t error{0};
        const auto status = hms_server_wait(handle_.get(), detail::nanoseconds(timeout), &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return out != 0;
    }
    hms_server_t raw() const noexcept { return handle_.get(); }

  private:
    explicit Server(hms_server_t handle) noexcept : handle_(handle) {}
    template <class Step> static expected<void> step(Step step) {
        hms_error_t error{0};
        const auto status = step(&error);
        return detail::done(status, error);
    }
    // Before the server, which ends first.
    std::optional<Runtime> runtime_;
    detail::Owned<hms_server_t, detail::close> handle_;
};

}} // namespace hms

#endif
