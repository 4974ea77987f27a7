#ifndef PATIENTS_HPP
#define PATIENTS_HPP

#include <hmsffi/hmsffi.hpp>

// The records of a file, as ../PIPELINE.md defines them.
std::vector<hms::Map> read_patients(const std::string &path);

// Step 1: a record with a value outside of its range is INVALID_ARGUMENT.
hms::expected<void> validate(const hms::Map &patient);

#endif
