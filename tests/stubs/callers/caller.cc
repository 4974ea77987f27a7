// Calls the services of this folder through typed clients.
#include "all_kinds.hpp"
#include "nasty.hpp"

#include <hmsffi/hmsffi.hpp>

#include <cstdlib>
#include <iostream>

using namespace all_kinds;

static void check(bool holds, const char *what) {
    if (holds) return;
    std::cerr << what << "\n";
    std::exit(1);
}

int main() {
    Record record;
    record.yes = true;
    record.count = -5;
    record.small = 255;
    record.large = UINT64_MAX;
    record.ratio = 0.5;
    record.text = "Ada";
    record.bytes = {1, 2};
    record.day = "2013-03-21";
    record.moment = hms::DateTime{"2013-03-21T20:04:00Z"};
    record.id = hms::Uuid{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    record.anything = hms::List{1, "two"};
    record.color = Color::dark_blue;
    record.list = {1, 2};
    record.map = {{"a", 1.5}};
    record.shape = Circle{2.5};
    record.maybe_list.emplace();
    record.maybe_null = Circle{1.5};
    record.inner = RecordInner{"down"};

    const hms::Client client = hms::Client::create().value();
    const AllKinds kinds(client);
    check(kinds.echo(record).value() == record, "the record is another");
    std::cout << "echo: the same\n";
    std::cout << "greet: " << kinds.greet({"Ada", 2}).value() << "\n";
    std::cout << "greet: " << kinds.greet({"Grace", {}}).value() << "\n";
    Tree third{"3", {}, {}, {}}, second{"2", {}, {}, {}}, first{"1", {}, {}, {}};
    third.by_name = {{"4", Tree{"4", {}, {}, {}}}};
    second.children = {third};
    first.left = second;
    std::cout << "depth: " << kinds.depth(first).value() << "\n";
    const Nest nested = kinds.nest({}).value();
    check(nested == Nest{{Nest{}}}, "the nest is another");
    std::cout << "nest: [[]]\n";
    const auto reversed = kinds.reverse({1, 2, 3}).value();
    std::cout << "reverse: " << +reversed[0] << " " << +reversed[1] << " " << +reversed[2] << "\n";
    kinds.nothing().value();
    std::cout << "nothing: done\n";
    std::cout << "anything: " << kinds.anything(7).value().get<int64_t>().value() << "\n";
    std::cout << "find: " << kinds.find("Ada").value().value_or("") << "\n";
    std::cout << "find: " << kinds.find("nobody").value().value_or("nobody") << "\n";
    hms::CallOptions options;
    options.timeout = std::chrono::seconds(10);
    options.metadata.set("who", "Ada");
    std::cout << "who: " << kinds.who(nullptr, options).value() << "\n";
    auto grown = kinds.grow(3).value();
    std::cout << "grow:";
    for (auto circle = grown.receive().value(); circle; circle = grown.receive().value()) std::cout << " " << circle->radius;
    std::cout << "\n";
    auto total = kinds.total().value();
    total.send({1.5}).value();
    total.send({3}).value();
    std::cout << "total: " << total.result().value() << "\n";
    auto label = kinds.label().value();
    label.send("one").value();
    label.send("two").value();
    label.finish().value();
    std::cout << "label:";
    for (auto one = label.receive().value(); one; one = label.receive().value()) std::cout << " " << one->text;
    std::cout << "\n";
    record.day = "someday";
    const auto refused = kinds.echo(record);
    check(!refused && refused.error().code() == hms::Code::invalid_argument, "it was not refused");
    std::cout << "refused: INVALID_ARGUMENT\n";
    const hms::Error too_few = kinds.order("tea").error();
    const auto stock = too_few.data<OutOfStock>().value();
    std::cout << "order: " << hms::name(too_few.code()) << ", " << stock.left << " of " << stock.item << " are left\n";
    check(!too_few.data<Closed>() && !stock.again, "it is of another type, too");
    std::cout << "order: closed until " << kinds.order("night").error().data<Closed>().value().value << "\n";
    auto never = kinds.grow(-1);
    const hms::Error closed = never ? never->receive().error() : never.error();
    std::cout << "grow: closed until " << closed.data<Closed>().value().value << "\n";
    nasty::Class odd;
    odd.class_ = "class";
    odd.for_ = "for";
    odd.n_2nd = "2nd";
    const nasty::Nasty names(client);
    const auto answer = names.class_(odd).value();
    check(answer == odd, "the class is another");
    std::cout << "class: " << answer.for_ << " " << answer.class_ << "\n";
    std::cout << "names: " << names.say_it().value() << " " << names.say_it2().value() << " "
              << names.constructor().value() << " " << names.list().value()[0] << "\n";
}
