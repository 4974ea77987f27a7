#include "patients.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace {

using Texts = std::vector<std::string>;

struct Range {
    const char *name, *low, *high;
};
constexpr Range ranges[] = {
    {"bmi", "10", "60"}, {"bp", "40", "200"}, {"tc", "50", "500"},    {"ldl", "10", "400"},
    {"hdl", "5", "200"}, {"tch", "1", "20"},  {"ltg", "2", "8"},      {"glu", "30", "400"},
    {"sex_code", "1", "2"}, {"progression", "0", "1000"},
};

hms::Error invalid(std::string message) { return hms::Error(hms::Code::invalid_argument, std::move(message)); }

Texts cells(const std::string &row) {
    Texts found;
    std::string cell;
    for (std::istringstream rest(row); std::getline(rest, cell, ',');) found.push_back(cell);
    return found;
}

Patient record(size_t number, const Texts &names, const Texts &row) {
    if (row.size() != names.size()) throw hms::Exception(invalid("row " + std::to_string(number) + " is not complete"));
    char digits[24];
    std::snprintf(digits, sizeof digits, "%03zu", number);
    Patient patient{std::string("P") + digits, std::string("Patient ") + digits};
    for (size_t i = 0; i < names.size(); ++i) {
        if (names[i] == "age")
            patient.age = std::stoll(row[i]);
        else
            patient.attributes[names[i] == "sex" ? "sex_code" : names[i]] = row[i];
    }
    return patient;
}

bool all_digits(std::string_view text, size_t most) {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Decimal text as a count of ten-thousandths.
hms::expected<int64_t> parse(const std::string &name, std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    const auto fraction = point < text.size() ? text.substr(point + 1) : std::string_view("0");
    if (!all_digits(whole, 6) || !all_digits(fraction, 4))
        return invalid("attribute " + name + " is not a decimal number: \"" + std::string(text) + "\"");
    return std::stoll(std::string(whole) + std::string(fraction) + std::string(4 - fraction.size(), '0'));
}

hms::expected<void> validate(const Patient &patient, const Range &range) {
    const auto found = patient.attributes.find(range.name);
    if (found == patient.attributes.end()) return invalid("attribute " + std::string(range.name) + " is missing");
    const auto &text = found->second;
    const auto value = parse(range.name, text);
    if (!value) return value.error();
    if (*value >= *parse(range.name, range.low) && *value <= *parse(range.name, range.high)) return {};
    return invalid(patient.id + ": " + range.name + " " + text + " is outside " + range.low + ".." + range.high);
}

} // namespace

std::vector<Patient> read_patients(const std::string &path) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) throw hms::Exception(hms::Code::not_found, path + " cannot be read");
    const auto names = cells(line);
    std::vector<Patient> patients;
    while (std::getline(file, line)) patients.push_back(record(patients.size() + 1, names, cells(line)));
    return patients;
}

hms::expected<void> validate(const Patient &patient) {
    const auto age = patient.age;
    if (age < 18 || age > 100) return invalid(patient.id + ": age " + std::to_string(age) + " is outside 18..100");
    for (const auto &range : ranges)
        if (auto in = validate(patient, range); !in) return in;
    return {};
}
