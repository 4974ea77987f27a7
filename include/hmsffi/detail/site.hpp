// hms::Site: a place in the source.
#ifndef HMSFFI_DETAIL_SITE_HPP
#define HMSFFI_DETAIL_SITE_HPP

#include <string>
#include <string_view>

namespace hms {

// Where a handler was given, for the stacks of its errors. As a default argument, `here` is the place of the call.
struct Site {
    std::string_view file;
    int line;

    static constexpr Site here(const char *file = __builtin_FILE(), int line = __builtin_LINE()) noexcept {
        return {file, line};
    }
    // Such as `convert (units.cc:41)`.
    std::string of(std::string_view name) const {
        // npos + 1 is 0: the whole text.
        const std::string_view base = file.substr(file.find_last_of("/\\") + 1);
        return std::string(name) + " (" + std::string(base) + ":" + std::to_string(line) + ")";
    }
};

} // namespace hms

#endif
