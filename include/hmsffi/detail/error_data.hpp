// Errors with data: hms::ErrorData, and the members of hms::Error for it.
#ifndef HMSFFI_DETAIL_ERROR_DATA_HPP
#define HMSFFI_DETAIL_ERROR_DATA_HPP

#include <hmsffi/detail/convert.hpp>

namespace hms { inline namespace HMSFFI_VARIANT {

// Makes a type that hms::Convert knows the data of errors. Specialize it with the id of the schema, which is one of the
// `error_schemas` of each method that fails with it:
//   static constexpr std::string_view schema = "OutOfStock";
template <class T> struct ErrorData;

template <class T> Error &Error::with_data(const T &data) { return with_data(ErrorData<T>::schema, Convert<T>::to(data)); }

inline Error &Error::with_data(std::string_view schema, const Value &data) {
    const auto kept = [&]() -> expected<void> {
        const auto cbor = data.encode();
        if (!cbor) return cbor.error();
        hms_error_t made{0}, error{0};
        const auto status = described(schema, cbor->bytes().raw(), [&](const hms_failure_t &failure) {
            return hms_error_make(&failure, &made, &error);
        });
        if (status != HMS_STATUS_OK) return adopt(status, error);
        *this = adopt(hms_error_code(made), made);
        return {};
    }();
    if (!kept) message_ += " (its data are not sent: " + kept.error().message() + ")";
    return *this;
}

inline std::string_view Error::schema() const noexcept {
    for (const auto &[key, value] : details_)
        if (key == "hms.error_schema") return value;
    return {};
}

inline expected<Value> Error::data() const {
    hms_error_t handle{0}, error{0};
    write(&handle);
    const Handle owned(handle);
    hms_str_t schema{};
    hms_buffer_t cbor{};
    const auto status = hms_error_data(handle, &schema, &cbor, &error);
    if (status != HMS_STATUS_OK) return adopt(status, error);
    return decode(Buffer(cbor));
}

template <class T> std::optional<T> Error::data() const {
    if (schema() != ErrorData<T>::schema) return {};
    const auto value = data();
    if (!value) return {};
    auto made = Convert<T>::from(*value);
    return made ? std::optional<T>(std::move(*made)) : std::nullopt;
}

}} // namespace hms

#endif
