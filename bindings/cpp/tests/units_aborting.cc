// A unit of `units` that is built without exceptions.
#include <hmsffi/hmsffi.hpp>

int value_of_an_error() {
    const hms::Value text("x");
    const auto number = text.get<int64_t>();
    return number ? static_cast<int>(number.value()) : static_cast<int>(number.error().code());
}
