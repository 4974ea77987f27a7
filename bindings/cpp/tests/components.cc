// Components written in C and C++: steps 4 and 5 of the demo give what examples/demo/expected.txt says.
#include "check.hpp"

#include <fstream>
#include <sstream>

namespace {

// The line item's number: digits after the point dropped into a whole number of tenths.
int64_t tenths(const std::string &text) {
    std::string digits = text;
    digits.erase(digits.find('.'), 1);
    return std::stoll(digits);
}

std::vector<std::string> columns(const std::string &line, char by) {
    std::vector<std::string> found;
    std::string word;
    for (std::istringstream words(line); std::getline(words, word, by);)
        if (!word.empty()) found.push_back(word);
    return found;
}

// A record whose values are those of a line, and the progression of the data.
hms::Map record(const std::string &line, const std::string &row) {
    const auto word = columns(line, ' ');
    const auto cell = columns(row, ',');
    hms::Map attributes{{"sex_code", cell[1]}, {"bmi", cell[2]}, {"bp", cell[3]},    {"ltg", cell[8]},
                        {"tc_mmol", word[8]},  {"ldl_mmol", word[10]}, {"hdl_mmol", word[12]},
                        {"glu_mmol", word[14]}, {"score", word[18]},  {"progression", cell[10]}};
    return {{"attributes", attributes}, {"age", std::stoi(cell[0])}, {"unknown", hms::List{1, nullptr}}, {"id", word[0]}};
}

std::string failure(const hms::Client &client, const hms::Map &record) {
    auto answer = client.call("demo.render", "line", record);
    CHECK(!answer && answer.error().code() == hms::Code::invalid_argument);
    return answer.error().message();
}

void bad_records(const hms::Client &client, hms::Map good) {
    auto attributes = *good["attributes"].get_if<hms::Map>();
    for (const char *bad : {"", "x", "1.", ".5", "1.23456", "1234567", "-1", " 1", "1 "}) {
        attributes["bmi"] = bad;
        good["attributes"] = attributes;
        CHECK(failure(client, good) == "attribute bmi is not a decimal number: \"" + std::string(bad) + "\"");
    }
    good["attributes"] = hms::Map();
    CHECK(failure(client, good) == "attribute bmi is missing");
}

} // namespace

int main(int, char **argv) {
    auto runtime = ok(hms::Runtime::create("demo"));
    ok(hms::load_component(runtime, argv[1]));
    ok(hms::load_component(runtime, argv[2]));
    ok(hms::load_component(runtime, argv[2]));
    auto client = ok(hms::Client::create(runtime));

    std::ifstream expected(argv[3]), data(argv[4]);
    std::string line, row, summary;
    std::getline(data, row);
    auto stream = ok(client.open_stream("demo.summary", "by_decile"));
    hms::Map last;
    int64_t patients = 0;
    while (std::getline(expected, line) && !line.empty() && std::getline(data, row)) {
        last = record(line, row);
        auto answer = ok(client.call("demo.render", "line", last));
        CHECK(answer.content_type() == hms::ContentType::cbor);
        auto item = ok(hms::decode(answer));
        CHECK(*item["line"].get_if<std::string>() == line);
        CHECK(*item["score"].get_if<int64_t>() == tenths(columns(line, ' ').back()));
        CHECK(*item["progression"].get_if<int64_t>() == std::stoll(columns(row, ',')[10]));
        ok(stream.send(std::move(answer)));
        ++patients;
    }
    CHECK(patients == 442);
    ok(stream.finish());
    while (std::getline(expected, line)) summary += line + "\n";
    auto result = ok(hms::decode(*ok(stream.receive())));
    CHECK(*result["patients"].get_if<int64_t>() == patients);
    CHECK(*result["text"].get_if<std::string>() == summary);
    CHECK(!ok(stream.receive()));

    bad_records(client, last);
    auto empty = ok(client.open_stream("demo.summary", "by_decile"));
    ok(empty.finish());
    auto none = empty.receive();
    CHECK(!none && none.error().code() == hms::Code::invalid_argument);
    CHECK(none.error().message() == "a summary needs at least one patient");

    const auto cbor = ok(hms::Value(hms::Map{{"id", "P001"}}).encode()).bytes().copy();
    const hms::Map job{{"service", "demo.echo.cpp"}, {"record", cbor}};
    const auto figures = ok(hms::decode(ok(client.call("demo.caller.c", "median", job))));
    CHECK(*figures["bytes"].get_if<double>() > 0 && *figures["record"].get_if<double>() > 0);
    const hms::Map nobody{{"service", "demo.echo.none"}, {"record", cbor}};
    CHECK(code(client.call("demo.caller.c", "median", nobody)) == hms::Code::not_found);
    CHECK(code(client.call("demo.caller.c", "median", 5)) == hms::Code::invalid_argument);

    const std::vector<uint8_t> bytes{0, 1, 255};
    for (const char *service : {"demo.echo.c", "demo.echo.cpp"}) {
        auto echoed = ok(client.call(service, "echo", bytes));
        CHECK(echoed.bytes().copy() == bytes && echoed.content_type() == hms::ContentType::bytes);
        CHECK(*ok(hms::decode(ok(client.call(service, "echo", "text")))).get_if<std::string>() == "text");
        const hms::Map attributes{{"bmi", "32.1"}};
        const hms::Map sent{{"id", "P001"}, {"age", 59}, {"contacts", hms::List{1, "b"}}, {"attributes", attributes}};
        CHECK(ok(hms::decode(ok(client.call(service, "record", sent)))) == hms::Value(sent));
    }
}
