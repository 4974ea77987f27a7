// hms::Runtime: a world of services.
#ifndef HMSFFI_DETAIL_RUNTIME_HPP
#define HMSFFI_DETAIL_RUNTIME_HPP

#include <hmsffi/detail/stream.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

namespace detail {
inline void close(hms_runtime_t runtime) noexcept { hms_runtime_close(runtime, 0, nullptr); }
} // namespace detail

// A world of services. Ends with its last object: calls that still run are not waited for, see `close`.
class Runtime {
  public:
    // The one that everything in this process shares.
    static expected<Runtime> default_instance() {
        hms_runtime_t out{0};
        hms_error_t error{0};
        const auto status = hms_runtime_default(&out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Runtime(out);
    }
    // A private one: its services are seen only by its own clients. `schemas` is the file that keeps the schemas that are
    // registered in it; empty = they are in memory.
    static expected<Runtime> create(std::string_view name = {}, std::string_view schemas = {}) {
        hms_runtime_options_t options{};
        options.struct_size = sizeof options;
        options.name = detail::str(name);
        options.schemas = detail::str(schemas);
        hms_runtime_t out{0};
        hms_error_t error{0};
        const auto status = hms_runtime_new(&options, &out, &error);
        if (status != HMS_STATUS_OK) return Error::adopt(status, error);
        return Runtime(out);
    }

    // Closes it, and lets calls that run end for at most `timeout`: DEADLINE_EXCEEDED when some still ran.
    expected<void> close(Duration timeout) {
        hms_error_t error{0};
        return detail::done(hms_runtime_close(handle_.release(), detail::nanoseconds(timeout), &error), error);
    }
    hms_runtime_t raw() const noexcept { return handle_.get(); }
    operator hms_runtime_t() const noexcept { return raw(); }

  private:
    explicit Runtime(hms_runtime_t handle) noexcept : handle_(handle) {}
    detail::Owned<hms_runtime_t, detail::close> handle_;
};

// Loads a component, a shared library in any language: see hms_component_load.
inline expected<void> load_component(hms_runtime_t runtime, std::string_view path) {
    hms_error_t error{0};
    return detail::done(hms_component_load(runtime, detail::str(path), &error), error);
}

}} // namespace hms

#endif
