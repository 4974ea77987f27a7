#ifndef FIGURES_HPP
#define FIGURES_HPP

#include <hmsffi/hmsffi.hpp>

// Writes this host's row of the matrix to standard error, and those of the callers that its components have: the calls
// of every handler that is here.
void write_figures(const hms::Client &client, const hms::Value &patient);

#endif
