// Every vector of tests/golden/values.json: the value encodes to its bytes, and each encoding decodes to the value.
#include "check.hpp"

#include <cmath>
#include <cstring>

namespace {

hms::Value list(hms::List items) { return items; }

hms::Value map(std::vector<std::pair<std::string, hms::Value>> entries) {
    hms::Map map;
    for (auto &[key, value] : entries) map.append(key, std::move(value));
    return map;
}

hms::Value nested(const char *kind, int depth, hms::Value innermost) {
    for (int i = 0; i < depth; ++i) {
        if (std::strcmp(kind, "list") == 0)
            innermost = hms::List{std::move(innermost)};
        else
            innermost = hms::Map{{"a", std::move(innermost)}};
    }
    return innermost;
}

std::vector<uint8_t> from_hex(std::string_view hex) {
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
}

struct Vectors {
    int failed = 0, seen = 0;
    hms::Value current;

    void expect(bool held, const char *name, const char *what) {
        ++seen;
        if (held) return;
        ++failed;
        std::fprintf(stderr, "%s: %s\n", name, what);
    }
    void value(const char *name, const char *hex, const hms::Value &expected) {
        current = expected;
        expect(ok(expected.encode()).bytes().copy() == from_hex(hex), name, "is encoded in another way");
        reads(name, hex);
    }
    // A NaN is no value's equal, not even its own.
    void reads(const char *name, const char *hex) {
        auto decoded = hms::Value::decode(from_hex(hex));
        expect(decoded && (*decoded == current || current != current), name, "is decoded to another value");
    }
    void also(const char *name, const char *other, const char *hex) {
        reads(name, other);
        auto decoded = ok(hms::Value::decode(from_hex(other)));
        expect(ok(decoded.encode()).bytes().copy() == from_hex(hex), name, "another encoding is kept");
    }
    void refused(const char *name, const char *hex, const char *reason) {
        auto decoded = hms::Value::decode(from_hex(hex));
        expect(!decoded && decoded.error().code() == hms::Code::invalid_argument &&
                   decoded.error().message().find(reason) != std::string::npos,
               name, "is not refused for its reason");
    }
};

} // namespace

int main() {
    Vectors vectors;
#define VALUE(name, hex, notation, ...) vectors.value(name, hex, __VA_ARGS__);
#define ALSO(name, other, hex) vectors.also(name, other, hex);
#define REFUSED(name, hex, reason) vectors.refused(name, hex, reason);
#include "golden.inc"
    CHECK(vectors.failed == 0 && vectors.seen > 300);
}
