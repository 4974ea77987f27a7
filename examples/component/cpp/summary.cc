// Step 5 of the demo pipeline: see examples/demo/PIPELINE.md.
#include "summary.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace {

struct Item {
    std::string id;
    int64_t score;
    int64_t progression;
};
using Items = std::vector<Item>;

int64_t divide(int64_t a, int64_t b) { return (2 * a + b) / (2 * b); }

std::string tenths(int64_t count) { return std::to_string(count / 10) + "." + std::to_string(count % 10); }

std::string padded(const std::string &text, size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string row(const std::string &name, Items::const_iterator first, Items::const_iterator last) {
    const auto count = last - first;
    const auto sum = std::accumulate(first, last, int64_t{0}, [](int64_t sum, const Item &it) { return sum + it.progression; });
    return padded(name, 6) + "  " + padded(std::to_string(count), 8) + "  " + padded(tenths(first->score), 12) + "  " +
           padded(tenths(std::prev(last)->score), 13) + "  " + padded(tenths(divide(sum * 10, count)), 16) + "\n";
}

std::string table(Items &items) {
    std::sort(items.begin(), items.end(),
              [](const Item &a, const Item &b) { return std::tie(a.score, a.id) < std::tie(b.score, b.id); });
    std::string text = "decile  patients  lowest score  highest score  mean progression\n";
    const auto decile = [&](size_t place) { return place * 10 / items.size() + 1; };
    const auto at = [&](size_t place) { return items.cbegin() + static_cast<Items::difference_type>(place); };
    for (size_t first = 0, last = 0; first < items.size(); first = last) {
        while (last < items.size() && decile(last) == decile(first)) ++last;
        text += row(std::to_string(decile(first)), at(first), at(last));
    }
    return text + row("all", items.cbegin(), items.cend());
}

hms::expected<int64_t> number(const hms::Value &item, std::string_view key) {
    if (const auto *found = item[key].get_if<int64_t>(); found && *found >= 0 && *found <= 1'000'000'000) return *found;
    return hms::Error(hms::Code::invalid_argument, "line item: " + std::string(key) + " must be 0..1000000000");
}

hms::expected<Item> read(const hms::Buffer &message) {
    const auto value = hms::decode(message);
    if (!value) return value.error();
    const auto *id = (*value)["id"].get_if<std::string>();
    if (!id) return hms::Error(hms::Code::invalid_argument, "line item: id must be text");
    const auto score = number(*value, "score");
    if (!score) return score.error();
    const auto progression = number(*value, "progression");
    if (!progression) return progression.error();
    return Item{*id, *score, *progression};
}

} // namespace

hms::expected<hms::Value> by_decile(hms::Call &call) {
    auto stream = call.stream();
    if (!stream) return std::move(stream.error());
    Items items;
    for (;;) {
        auto message = stream->receive();
        if (!message) return std::move(message.error());
        if (!*message) break;
        auto item = read(**message);
        if (!item) return std::move(item.error());
        items.push_back(std::move(*item));
    }
    if (items.empty()) return hms::Error(hms::Code::invalid_argument, "a summary needs at least one patient");
    const auto patients = items.size();
    return hms::Value(hms::Map{{"patients", patients}, {"text", table(items)}});
}
