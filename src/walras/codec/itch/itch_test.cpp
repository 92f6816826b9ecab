#include "walras/codec/itch/itch.hpp"

#include <doctest/doctest.h>

#include <string>

#include "walras/codec/resting_orders.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;
using model::AggressorSide;
using model::BookAction;
using model::EventKind;
using model::OrderSide;
using model::Tick;

namespace {

std::string big(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) { out += static_cast<char>(value >> (8 * i)); }
    return out;
}
std::string stock(std::string name) {
    name.resize(8, ' ');
    return name;
}
// Type, stock locate 7, tracking number 9, time.
std::string head(char type, std::uint64_t time, std::uint64_t locate = 7) {
    return type + big(locate, 2) + big(9, 2) + big(time, 6);
}
std::string framed(const std::string& message) { return big(message.size(), 2) + message; }

const std::string start = head('S', 1, 0) + "O";
const std::string name_abc = head('R', 2) + stock("ABC") + std::string(20, 'x');
std::string add(std::uint64_t order, char side, std::uint64_t size, std::uint64_t price, std::uint64_t time = 10) {
    return head('A', time) + big(order, 8) + side + big(size, 4) + stock("ABC") + big(price, 4);
}

std::vector<Tick> decode(const std::string& bytes, TickOptions options = {}) {
    const auto decoder = itch::make_decoder(std::move(options));
    std::vector<Tick> out;
    const std::size_t used = decoder->decode(std::as_bytes(std::span(bytes)), true, out);
    CHECK(used == bytes.size());
    return out;
}

// What one message becomes behind the start, the name and orders 1 (buys 300 at 10.00) and 2 (sells 200 at 10.05).
std::vector<Tick> after_two_orders(const std::string& message) {
    std::vector<Tick> out = decode(framed(start) + framed(name_abc) + framed(add(1, 'B', 300, 100'000)) +
                                   framed(add(2, 'S', 200, 100'500)) + framed(message));
    REQUIRE(out.size() >= 3);
    out.erase(out.begin(), out.begin() + 3);
    return out;
}

void check_delta(const Tick& tick, BookAction action, std::uint64_t order, OrderSide side, double price, int size) {
    CHECK(tick.kind == EventKind::book_delta);
    CHECK(tick.delta.action == action);
    CHECK(tick.delta.order == order);
    CHECK(tick.delta.side == side);
    CHECK(tick.delta.price == Price::of(price));
    CHECK(tick.delta.size.lots == size);
}
void check_trade(const Tick& tick, double price, int size, std::uint64_t id, AggressorSide aggressor) {
    CHECK(tick.kind == EventKind::trade);
    CHECK(tick.trade.price == Price::of(price));
    CHECK(tick.trade.size.lots == size);
    CHECK(tick.trade.trade.value == id);
    CHECK(tick.trade.aggressor == aggressor);
}

}  // namespace

TEST_CASE("an ITCH order is an add with the time of day, the date and the number of its message") {
    const auto ticks = decode(framed(add(5, 'S', 100, 1'234'500, 34'200'000'000'001)),
                              {.date = 86'400'000'000'000, .feed_delay = DurationNs{50}});
    REQUIRE(ticks.size() == 1);
    check_delta(ticks[0], BookAction::add, 5, OrderSide::sell, 123.45, 100);
    CHECK(ticks[0].ts_event.ns == 120'600'000'000'001);
    CHECK(ticks[0].ts_init.ns == 120'600'000'000'051);
    CHECK(ticks[0].sequence == 1);
    CHECK(ticks[0].flags == model::flag_last);
    const auto attributed = decode(framed("F" + add(5, 'B', 100, 1'234'500).substr(1) + "MPID"));
    REQUIRE(attributed.size() == 1);
    check_delta(attributed[0], BookAction::add, 5, OrderSide::buy, 123.45, 100);
}

TEST_CASE("an ITCH day begins with an empty market that can be trusted, a file that is cut in front does not") {
    const auto whole = decode(framed(start) + framed(name_abc) + framed(name_abc));
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].delta.action == BookAction::clear);
    CHECK(whole[0].flags == (model::flag_snapshot | model::flag_last));
    CHECK(decode(framed(name_abc)).empty());
}

TEST_CASE("an ITCH execution is a trade against the resting side, then a fill of the order") {
    const auto ticks = after_two_orders(head('E', 20) + big(1, 8) + big(120, 4) + big(77, 8));
    REQUIRE(ticks.size() == 2);
    check_trade(ticks[0], 10.00, 120, 77, AggressorSide::seller);
    CHECK_FALSE(ticks[0].has(model::flag_last));
    check_delta(ticks[1], BookAction::fill, 1, OrderSide::buy, 10.00, 120);
    CHECK(ticks[1].has(model::flag_last));
    CHECK(ticks[0].sequence == ticks[1].sequence);
}

TEST_CASE("an ITCH execution with a price trades at that price, and only if it is printable") {
    const std::string message = head('C', 20) + big(2, 8) + big(50, 4) + big(78, 8) + "Y" + big(100'300, 4);
    const auto ticks = after_two_orders(message);
    REQUIRE(ticks.size() == 2);
    check_trade(ticks[0], 10.03, 50, 78, AggressorSide::buyer);
    check_delta(ticks[1], BookAction::fill, 2, OrderSide::sell, 10.03, 50);
    std::string silent = message;
    silent[31] = 'N';
    const auto hidden = after_two_orders(silent);
    REQUIRE(hidden.size() == 1);
    check_delta(hidden[0], BookAction::fill, 2, OrderSide::sell, 10.03, 50);
}

TEST_CASE("ITCH cancels reduce, deletes remove, replaces remove and add on the same side") {
    auto ticks = after_two_orders(head('X', 20) + big(1, 8) + big(100, 4));
    REQUIRE(ticks.size() == 1);
    check_delta(ticks[0], BookAction::reduce, 1, OrderSide::buy, 10.00, 100);
    ticks = after_two_orders(head('D', 20) + big(2, 8));
    REQUIRE(ticks.size() == 1);
    check_delta(ticks[0], BookAction::remove, 2, OrderSide::sell, 10.05, 200);
    ticks = after_two_orders(head('U', 20) + big(2, 8) + big(3, 8) + big(150, 4) + big(100'600, 4));
    REQUIRE(ticks.size() == 2);
    check_delta(ticks[0], BookAction::remove, 2, OrderSide::sell, 10.05, 200);
    CHECK_FALSE(ticks[0].has(model::flag_last));
    check_delta(ticks[1], BookAction::add, 3, OrderSide::sell, 10.06, 150);
}

TEST_CASE("an ITCH order that was executed to the end is forgotten, so is one that was replaced") {
    const std::string fill = head('E', 20) + big(1, 8) + big(300, 4) + big(77, 8);
    const auto ticks = decode(framed(add(1, 'B', 300, 100'000)) + framed(fill) + framed(fill));
    REQUIRE(ticks.size() == 4);  // add, trade, fill, and a fill of an order that nobody knows: no price, no trade
    check_delta(ticks[3], BookAction::fill, 1, OrderSide::buy, 0, 300);
    const auto unknown = decode(framed(add(1, 'B', 300, 100'000)) +
                                framed(head('U', 20) + big(9, 8) + big(3, 8) + big(150, 4) + big(100'600, 4)));
    REQUIRE(unknown.size() == 2);
    check_delta(unknown[1], BookAction::remove, 9, OrderSide::buy, 0, 0);
    CHECK(unknown[1].has(model::flag_last));
}

TEST_CASE("ITCH trades against hidden orders and crosses have no aggressor, an empty cross is nothing") {
    auto ticks =
        after_two_orders(head('P', 20) + big(0, 8) + "B" + big(10, 4) + stock("ABC") + big(100'200, 4) + big(80, 8));
    REQUIRE(ticks.size() == 1);
    check_trade(ticks[0], 10.02, 10, 80, AggressorSide::none);
    const auto cross = [](std::uint64_t size) {
        return head('Q', 20) + big(size, 8) + stock("ABC") + big(100'200, 4) + big(81, 8) + "O";
    };
    ticks = after_two_orders(cross(5000));
    REQUIRE(ticks.size() == 1);
    check_trade(ticks[0], 10.02, 5000, 81, AggressorSide::none);
    CHECK(after_two_orders(cross(0)).empty());
}

TEST_CASE("every other type of ITCH message has its length and says nothing") {
    for (const char type : std::string("SYLVWKJhBINO")) {
        CAPTURE(type);
        std::string message = head(type, 20);
        message.resize(itch::message_size(type), ' ');
        CHECK(after_two_orders(message).empty());
    }
    CHECK(itch::message_size('Z') == 0);
}

TEST_CASE("ITCH's trading actions halt a book, and trading goes on with what was known of it") {
    const auto action = [](char state, std::uint64_t time) {
        return framed(head('H', time) + stock("ABC") + std::string(1, state) + " MWC1");
    };
    const std::string bytes = framed(start) + framed(name_abc) + action('T', 3) + framed(add(1, 'B', 300, 100'000)) +
                              action('P', 20) + action('H', 21) + action('Q', 22) + action('T', 23) + action('T', 24);
    const auto ticks = decode(bytes);
    REQUIRE(ticks.size() == 4);  // clear, add, halted, valid
    CHECK(ticks[2].delta.action == BookAction::state);
    CHECK(ticks[2].delta.order == static_cast<std::uint64_t>(model::BookState::halted));
    CHECK(ticks[3].delta.order == static_cast<std::uint64_t>(model::BookState::valid));
    const auto late = decode(action('H', 5) + action('T', 6));  // a file without the beginning of the day
    REQUIRE(late.size() == 2);
    CHECK(late[1].delta.order == static_cast<std::uint64_t>(model::BookState::unverifiable));
    CHECK_THROWS_AS(decode(action('x', 5)), DataError);
}

TEST_CASE("bare ITCH messages and the empty one at the end of NASDAQ's files are read too") {
    const auto bare = decode(start + name_abc + add(1, 'B', 300, 100'000));
    REQUIRE(bare.size() == 2);
    check_delta(bare[1], BookAction::add, 1, OrderSide::buy, 10.00, 300);
    CHECK(decode(framed(add(1, 'B', 300, 100'000)) + std::string(2, '\0')).size() == 1);
}

TEST_CASE("ITCH stocks are counted as they appear, and those that are not wanted are left out") {
    const auto other = head('A', 5, 8) + big(1, 8) + "B" + big(100, 4) + stock("XYZ") + big(100'000, 4);
    const auto gone = head('D', 6, 8) + big(1, 8);
    const auto decoder = itch::make_decoder({.symbols = {"ABC"}});
    std::vector<Tick> out;
    const std::string bytes = framed(other) + framed(gone) + framed(add(2, 'S', 200, 100'500)) +
                              framed(head('D', 7, 99) + big(1, 8));  // of a stock that was never named
    decoder->decode(std::as_bytes(std::span(bytes)), true, out);
    REQUIRE(out.size() == 1);
    CHECK(out[0].delta.order == 2);
    CHECK(out[0].sequence == 3);
    CHECK(decoder->symbols() == std::vector<std::string>{"ABC"});
    CHECK(decode(framed(other) + framed(add(2, 'S', 200, 100'500)))[1].instrument.value == 1);
}

TEST_CASE("sizes of ITCH are shares, and a lot that does not divide them is refused") {
    CHECK(decode(framed(add(1, 'B', 300, 100'000)), {.lot_size = 1'000'000})[0].delta.size.lots == 300'000);
    CHECK(decode(framed(add(1, 'B', 300, 100'000)), {.lot_size = 100'000'000'000})[0].delta.size.lots == 3);
    CHECK_THROWS_WITH_AS(decode(framed(add(1, 'B', 350, 100'000)), {.source = "f", .lot_size = 100'000'000'000}),
                         "f, message 1: the size 350 is no whole number of lots of 100; set a smaller lot_size",
                         DataError);
    CHECK_THROWS_AS(itch::make_decoder({.lot_size = 0}), ConfigError);
}

TEST_CASE("broken ITCH is a DataError with file, message and fact") {
    const std::string good = framed(add(1, 'B', 300, 100'000));
    const auto refuses = [&](const std::string& bytes, const char* why) {
        CHECK_THROWS_WITH_AS(decode(good + bytes, {.source = "f.itch"}), doctest::Contains(why), DataError);
    };
    refuses(framed("Z"), "f.itch, message 2: ITCH 5.0 has no type 0x5a");
    refuses(framed(start + "x"), "f.itch, message 2: type S has 12 bytes, the length says 13");
    refuses(good.substr(0, 20), "f.itch, message 2: the file ends 20 bytes into it");
    refuses(std::string(1, '\0'), "the file ends 1 bytes into it");
    refuses(framed(add(2, 'X', 300, 100'000)), "neither buys (B) nor sells (S)");
    refuses(framed(add(2, 'B', 0, 100'000)), "a size of 0 shares");
    refuses(framed(add(0, 'B', 1, 100'000)), "an order with the number 0");
}

TEST_CASE("an ITCH decoder stops behind the message that fills a chunk, and goes on from there") {
    std::string bytes;
    for (std::uint64_t i = 1; i <= 10'000; ++i) { bytes += framed(add(i, 'B', 1 + i % 500, 100'000, i)); }
    const auto decoder = itch::make_decoder({});
    std::vector<Tick> some;
    std::uint64_t next = 1;
    auto left = std::as_bytes(std::span(bytes));
    while (!left.empty()) {
        some.clear();
        left = left.subspan(decoder->decode(left, true, some));
        CHECK(some.size() <= TickDecoder::chunk);
        for (const Tick& tick : some) { REQUIRE(tick.delta.order == next++); }
    }
    CHECK(next == 10'001);
}

TEST_CASE("resting orders are what a map of them would be, and need the room of those that rest at once") {
    RestingOrders table;
    std::vector<RestingOrder> model(2000);
    core::Random random({.seed = 7});
    for (int step = 0; step < 200'000; ++step) {
        const std::uint64_t id = 1 + random.below(1999);
        const auto size = static_cast<std::uint32_t>(1 + random.below(100));
        if (random.below(2) == 0) {
            model[id] = RestingOrder::of(id * 64, size, size, size % 2 == 0 ? OrderSide::buy : OrderSide::sell);
            table.put(model[id]);
        } else {
            const RestingOrder was = table.take(id * 64, size);
            REQUIRE(was.id == model[id].id);
            REQUIRE(was.size_and_side == model[id].size_and_side);
            if (model[id].id != 0 && model[id].size() > size) {
                model[id].size_and_side -= size << 1;
            } else {
                model[id] = {};
            }
        }
    }
    CHECK(table.size() < 2000);
    CHECK(table.capacity() == 4096);
}
