// Types become values and back; what does not fit is an error that names the place.
#include "check.hpp"

#include <hmsffi/typed.hpp>

namespace {

struct Point {
    double x{};
    std::optional<uint8_t> weight{};
    std::optional<hms::Box<Point>> next{};
    bool operator==(const Point &other) const { return x == other.x && weight == other.weight && next == other.next; }
};

using Shape = std::variant<Point, std::string, std::vector<int64_t>>;

template <class T> std::string refusal(const hms::Value &value) {
    const auto made = hms::Convert<T>::from(value);
    return made ? "taken" : made.error().message();
}

} // namespace

namespace hms { inline namespace HMSFFI_VARIANT {
template <> struct Convert<Point> {
    static Value to(const Point &from) {
        Map map;
        typed::put(map, "x", from.x);
        typed::put(map, "weight", from.weight, true);
        typed::put(map, "next", from.next, false);
        return map;
    }
    static expected<Point> from(const Value &value) {
        Point made;
        typed::Fields fields(value);
        fields.required("x", made.x);
        fields.optional("weight", made.weight);
        fields.optional("next", made.next);
        return fields.done(std::move(made));
    }
};
}} // namespace hms

int main() {
    const Point point{1.5, 200, Point{2, {}, {}}};
    const auto value = hms::typed::to_value(point);
    CHECK(value == hms::Value(hms::Map{{"x", 1.5}, {"weight", 200}, {"next", hms::Map{{"x", 2.0}, {"next", nullptr}}}}));
    Point back = ok(hms::Convert<Point>::from(value));
    CHECK(back == point);
    Point copy = back;
    (*copy.next)->x = 3;
    CHECK((*back.next)->x == 2);
    hms::Box<Point> empty, set = Point{};
    CHECK(!empty && set && !(empty == set) && empty == hms::Box<Point>(empty) && hms::typed::to_value(empty).is_null());
    empty = set;
    CHECK(empty == set && empty->x == 0);

    const auto encoded = ok(hms::Encoded::of(value));
    CHECK(hms::typed::to_value(std::map<std::string, hms::Encoded>{{"a", encoded}}) == hms::Value(hms::Map{{"a", encoded}}));

    CHECK(ok(hms::Convert<double>::from(7)) == 7 && ok(hms::Convert<int64_t>::from(7.0)) == 7);
    CHECK(refusal<int64_t>(7.5) == "$: needs integer, found float");
    CHECK(refusal<int64_t>(-0.0) == "$: needs integer, found float");
    CHECK(refusal<uint8_t>(256) == "$: 256 is not an unsigned 8-bit integer");
    CHECK(refusal<uint64_t>(-1) == "$: -1 is not an unsigned 64-bit integer");
    CHECK(refusal<int64_t>(UINT64_MAX) == "$: 18446744073709551615 is not a 64-bit integer");
    CHECK(refusal<double>(INT64_MAX) == "$: needs float, found integer");
    CHECK(refusal<Point>(hms::Map{}) == "$.x: required");
    CHECK(refusal<Point>(hms::Map{{"x", 1}, {"next", hms::Map{{"x", "1"}}}}) == "$.next.x: needs float, found text");
    CHECK(refusal<Point>(1) == "$: needs map, found integer");
    CHECK(refusal<hms::DateTime>("2026-11-21T05:00:00Z") == "$: needs date-time, found text");
    using Table = std::map<std::string, std::vector<bool>>;
    CHECK(refusal<Table>(hms::Map{{"a", hms::List{true, 1}}}) == "$.a[1]: needs bool, found integer");

    CHECK(ok(hms::Convert<Shape>::from(hms::Map{{"x", 1}})) == Shape(Point{1, {}, {}}));
    CHECK(ok(hms::Convert<Shape>::from("text")) == Shape(std::string("text")));
    CHECK(ok(hms::Convert<Shape>::from(hms::List{})) == Shape(std::vector<int64_t>{}));
    CHECK(refusal<Shape>(hms::Map{{"y", 1}}) == "$: needs one of 3 types, found map");
}
