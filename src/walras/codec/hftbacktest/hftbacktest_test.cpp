#include "walras/codec/hftbacktest/hftbacktest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "walras/codec/tick_pieces.hpp"
#include "walras/core/error.hpp"
#include "walras/core/random.hpp"

using namespace walras;
using namespace walras::codec;
using model::BookAction;
using model::EventKind;
using model::Tick;

namespace {

TickOptions thousandths() {
    TickOptions options;
    options.source = "a.npy";
    options.lot_size = 1'000'000;
    return options;
}

std::vector<Tick> read(std::span<const HftRecord> rows, std::size_t piece = 0) {
    const auto decoder = hftbacktest_decoder(thousandths());
    return decode_all(*decoder, std::as_bytes(rows), piece);
}

std::string error_of(const HftRecord& row) {
    try {
        (void)read({&row, 1});
    } catch (const DataError& error) { return error.what(); }
    return "no error";
}

HftRecord row(std::uint64_t ev, std::int64_t at, double px, double qty, std::uint64_t order = 0) {
    return {ev | hft::exch_event | hft::local_event, at - 1, at, px, qty, order, 0, 0};
}

std::vector<HftRecord> write(const std::vector<Tick>& ticks) {
    HftEncoder encoder(1'000'000, "ticks");
    std::vector<HftRecord> out;
    encoder.encode(ticks, out);
    return out;
}

Tick level(std::int64_t at, model::OrderSide side, double price, std::int64_t lots, std::uint8_t flags) {
    Tick tick(EventKind::book_delta, InstrumentId{0}, TimeNs{at - 1}, TimeNs{at});
    tick.flags = flags;
    tick.sequence = static_cast<std::uint64_t>(at);
    tick.delta.action = BookAction::update;
    tick.delta.side = side;
    tick.delta.price = Price::of(price);
    tick.delta.size = Quantity{lots};
    return tick;
}

}  // namespace

TEST_CASE("ticks of a book by price, quotes and trades go to hftbacktest's records and come back the same") {
    core::Random random({.seed = 7});
    std::vector<Tick> ticks;
    using enum model::OrderSide;
    for (int i = 1; i < 3000; ++i) {
        const auto pick = random.below(20);
        const double price = 100.0 + 0.1 * static_cast<double>(random.below(100));
        const auto lots = static_cast<std::int64_t>(random.below(5000));
        if (pick == 0) {
            Tick clear = level(i, buy, 0, 0, model::flag_snapshot);
            clear.delta = model::BookDelta{};
            clear.delta.action = BookAction::clear;
            ticks.push_back(clear);
            ticks.push_back(level(i, buy, price, lots, model::flag_snapshot));
            ticks.push_back(level(i, sell, price + 20, lots, model::flag_snapshot | model::flag_last));
        } else if (pick < 10) {
            ticks.push_back(level(i, buy, price, lots, 0));
            ticks.push_back(level(i, sell, price + 20, lots, model::flag_last));
        } else if (pick < 15) {
            Tick quote(EventKind::quote, InstrumentId{0}, TimeNs{i - 1}, TimeNs{i});
            quote.sequence = static_cast<std::uint64_t>(i);
            quote.quote = {Price::of(price), Price::of(price + 0.1), Quantity{lots}, Quantity{1}};
            ticks.push_back(quote);
        } else {
            Tick trade(EventKind::trade, InstrumentId{0}, TimeNs{i - 1}, TimeNs{i});
            trade.sequence = 9;
            trade.trade.price = Price::of(price);
            trade.trade.size = Quantity{lots};
            trade.trade.trade = TradeId{static_cast<std::uint64_t>(i)};
            trade.trade.aggressor = static_cast<model::AggressorSide>(pick % 3);
            ticks.push_back(trade);
        }
    }
    const auto rows = write(ticks);
    for (const std::size_t piece : {0U, 63U, 64U, 65U, 1000U, 8192U}) {
        const auto back = read(rows, piece);
        REQUIRE(back.size() == ticks.size());
        CHECK(std::memcmp(back.data(), ticks.data(), ticks.size() * sizeof(Tick)) == 0);
    }
}

TEST_CASE("rows that only the exchange's clock has did not reach us") {
    HftRecord other = row(hft::trade | hft::buy, 5, 100, 1);
    other.ev &= ~hft::local_event;
    const std::vector rows{other, row(hft::trade | hft::buy, 6, 100, 1)};
    CHECK(read(rows).size() == 1);
}

TEST_CASE("rows of two orders are split so that each clock sees its own") {
    std::vector<HftRecord> rows;
    core::Random random({.seed = 3});
    std::int64_t now = 1000;
    for (int i = 0; i < 500; ++i) {
        now += static_cast<std::int64_t>(random.below(5));
        HftRecord one = row(hft::trade | hft::buy, now, 100, 1, static_cast<std::uint64_t>(i));
        one.exch_ts = now - static_cast<std::int64_t>(random.below(20));
        rows.push_back(one);
    }
    std::int64_t exchange = 0;
    std::int64_t local = 0;
    std::vector<bool> seen(rows.size());
    std::uint64_t next_local = 0;
    for (const HftRecord& one : in_both_orders(rows)) {
        if ((one.ev & hft::exch_event) != 0) {
            CHECK(one.exch_ts >= exchange);
            exchange = one.exch_ts;
            CHECK_FALSE(seen[one.order_id]);
            seen[one.order_id] = true;
        }
        if ((one.ev & hft::local_event) != 0) {
            CHECK(one.local_ts >= local);
            local = one.local_ts;
            CHECK(one.order_id == next_local++);
        }
    }
    CHECK(next_local == rows.size());
    CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
    // Rows that are in order for both stay as they are.
    for (HftRecord& one : rows) { one.exch_ts = one.local_ts; }
    CHECK(in_both_orders(rows).size() == rows.size());
}

TEST_CASE("orders: a fill is told, and what it changes is a change of its own") {
    const std::vector rows{row(hft::add_order | hft::buy, 1, 100, 5, 42), row(hft::fill | hft::buy, 2, 100, 2, 42),
                           row(hft::modify_order | hft::buy, 2, 100, 3, 42),
                           row(hft::cancel_order | hft::buy, 3, 0, 0, 42)};
    const auto ticks = read(rows);
    REQUIRE(ticks.size() == 4);
    CHECK(ticks[0].delta.action == BookAction::add);
    CHECK(ticks[1].delta.action == BookAction::fill_notice);
    CHECK(ticks[2].delta.action == BookAction::update);
    CHECK(ticks[2].delta.size.lots == 3000);
    CHECK(ticks[3].delta.action == BookAction::remove);
    const auto again = write(ticks);
    REQUIRE(again.size() == 4);
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bytes are what is promised
    CHECK(std::memcmp(again.data(), rows.data(), sizeof(HftRecord) * 4) == 0);
    // ITCH's executions change the book themselves.
    std::vector<Tick> fills(ticks.begin(), ticks.begin() + 1);
    fills.push_back(ticks[0]);
    fills[1].delta.action = BookAction::fill;
    fills[1].delta.size = Quantity{2000};
    fills.push_back(fills[1]);
    fills[2].delta.size = Quantity{3000};
    const auto written = write(fills);
    REQUIRE(written.size() == 5);
    CHECK((written[1].ev & hft::kind_mask) == hft::fill);
    CHECK((written[2].ev & hft::kind_mask) == hft::modify_order);
    CHECK(written[2].qty == 3);
    CHECK((written[4].ev & hft::kind_mask) == hft::cancel_order);
}

TEST_CASE("a clear reaches to the farthest price that was told") {
    auto ticks = std::vector{level(1, model::OrderSide::buy, 99, 1, 0), level(1, model::OrderSide::sell, 105, 1, 4)};
    Tick clear = level(2, model::OrderSide::buy, 0, 0, 0);
    clear.delta = model::BookDelta{};
    clear.delta.action = BookAction::clear;
    ticks.push_back(clear);
    const auto rows = write(ticks);
    REQUIRE(rows.size() == 4);
    CHECK(rows[2].px == 99);
    CHECK(rows[3].px == 105);
    const auto back = read(rows);
    REQUIRE(back.size() == 4);
    CHECK(back[2].delta.action == BookAction::clear);
    CHECK(back[3].delta.action == BookAction::state);
    CHECK(back[3].delta.order == static_cast<std::uint64_t>(model::BookState::unverifiable));
}

TEST_CASE("broken records are refused with row, fact and remedy") {
    CHECK(error_of(row(hft::depth | hft::buy, 1, NAN, 1)).find("a.npy, row 0: px is nan") == 0);
    CHECK(error_of(row(hft::depth | hft::buy, 1, -1, 1)).find("px is -1") != std::string::npos);
    CHECK(error_of(row(hft::depth | hft::buy, 1, 1, -1)).find("qty is -1") != std::string::npos);
    CHECK(error_of(row(hft::depth | hft::buy, 1, 1, 0.0001)).find("lot_size") != std::string::npos);
    CHECK(error_of(row(hft::depth, 1, 1, 1)).find("not one side") != std::string::npos);
    CHECK(error_of(row(99, 1, 1, 1)).find("no event of kind 99") != std::string::npos);
    CHECK(error_of(row(hft::add_order | hft::buy, 1, 1, 1)).find("id 0") != std::string::npos);
    const std::vector back{row(hft::trade, 5, 1, 1), row(hft::trade, 4, 1, 1)};
    CHECK_THROWS_WITH_AS((void)read(back), doctest::Contains("local_ts 4 lies before 5"), DataError);
    const auto decoder = hftbacktest_decoder(thousandths());
    CHECK_THROWS_WITH_AS((void)decode_all(*decoder, std::string_view("0123456789012345")),
                         doctest::Contains("16 bytes into a record of 64"), DataError);
}
