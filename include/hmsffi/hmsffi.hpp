// hmsffi for C++17: services and calls between languages. Needs nothing but libhmsffi; all of it is in namespace hms.
//
//  - Whatever can fail returns hms::expected<T>: test it, or take `value()`, which throws hms::Exception.
//  - Objects close what they hold when they end. They move; copies exist where stated.
//  - Times are std::chrono durations; hms::forever waits without an end.
//  - Built without exceptions (-fno-exceptions), `value()` of an error calls std::abort, and handlers answer failures by
//    returning an hms::Error. Code built either way can be linked together, but does not share these types.
#ifndef HMSFFI_HMSFFI_HPP
#define HMSFFI_HMSFFI_HPP

#include <hmsffi/detail/client.hpp>
#include <hmsffi/detail/error_data.hpp>
#include <hmsffi/detail/log.hpp>
#include <hmsffi/detail/server.hpp>

#endif
