#ifndef PATIENTS_HPP
#define PATIENTS_HPP

#include "units.hpp"

using Patient = units::ConvertParams;

// The records of a file, as ../PIPELINE.md defines them.
std::vector<Patient> read_patients(const std::string &path);

// Step 1: a record with a value outside of its range is INVALID_ARGUMENT.
hms::expected<void> validate(const Patient &patient);

#endif
