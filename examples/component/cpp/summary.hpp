#ifndef SUMMARY_HPP
#define SUMMARY_HPP

#include <hmsffi/hmsffi.hpp>

// Serves demo.summary/by_decile: a stream of line items in, the summary out.
hms::expected<hms::Value> by_decile(hms::Call &call);

#endif
