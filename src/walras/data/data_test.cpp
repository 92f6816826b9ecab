#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "walras/core/error.hpp"
#include "walras/core/random.hpp"
#include "walras/data/merge.hpp"
#include "walras/data/series.hpp"

using namespace walras;
using namespace walras::data;

namespace {

constexpr std::int64_t minute = 60'000'000'000;

// Flat bars that close at the given minutes, at the price 100 + row.
BarSeries bars_at(std::uint32_t instrument, const std::vector<std::int64_t>& minutes) {
    std::vector<TimedBar> rows;
    rows.reserve(minutes.size());
    for (const std::int64_t m : minutes) {
        const Price price = Price::of(100.0 + static_cast<double>(rows.size()));
        rows.push_back({TimeNs{m * minute}, {TimeNs{m * minute - minute}, price, price, price, price, 1.0}});
    }
    return {InstrumentId{instrument}, std::move(rows)};
}

QuoteSeries quotes_at(std::uint32_t instrument, const std::vector<std::int64_t>& minutes) {
    std::vector<TimedQuote> rows;
    rows.reserve(minutes.size());
    for (const std::int64_t m : minutes) {
        rows.push_back({TimeNs{m * minute}, {Price::of(10), Price::of(11), Quantity{1}, Quantity{1}}});
    }
    return {InstrumentId{instrument}, std::move(rows)};
}

std::string message_of(const auto& act) {
    try {
        act();
    } catch (const DataError& error) { return error.what(); }
    return "no error";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Columns {
    std::vector<std::int64_t> open_time{0, minute}, close_time{minute, 2 * minute};
    std::vector<double> open{1, 2}, high{3, 3}, low{1, 1}, close{2, 3}, volume{10, 20};
    [[nodiscard]] BarSeries make(SeriesOptions options = {}) const {
        return make_bars(InstrumentId{0}, {open_time, close_time, open, high, low, close, volume}, std::move(options));
    }
};

}  // namespace

TEST_CASE("doubles become prices at the nearest 1e-9") {
    Columns c;
    c.close[0] = 2.1 + 0.2;  // 2.3000000000000003
    CHECK(c.make()[0].value.close.raw == 2'300'000'000);
    CHECK(c.make()[1].value.volume == 20);
}

TEST_CASE("a bar column without volume is stored as NaN") {
    Columns c;
    c.volume.clear();
    CHECK(std::isnan(c.make()[0].value.volume));
}

TEST_CASE("a broken bar is an error that names source, row, fact and remedy") {
    const auto with = [](const auto& change, SeriesOptions options = {}) {
        Columns c;
        change(c);
        options.source = "a.csv";
        return message_of([&] { (void)c.make(options); });
    };
    CHECK(contains(with([](Columns& c) { c.high[1] = 0.5; }),
                   "a.csv, row 1 (counted from 0): the high 0.5 is below the low 1"));
    CHECK(contains(with([](Columns& c) { c.open[1] = 9; }), "the open 9 is outside the bar's range [1, 3]"));
    CHECK(contains(with([](Columns& c) { c.close[0] = 0.5; }), "row 0 (counted from 0): the close 0.5 is outside"));
    CHECK(contains(with([](Columns& c) {
                       c.close_time[1] = minute;
                       c.open_time[1] = minute;
                   }),
                   "repeats that of the row before"));
    CHECK(contains(with([](Columns& c) {
                       c.close_time[1] = 5;
                       c.open_time[1] = 4;
                   }),
                   "sort the rows by time"));
    CHECK(contains(with([](Columns& c) { c.open_time[1] = minute - 1; }), "before the bar before it closed"));
    CHECK(contains(with([](Columns& c) { c.open_time[1] = 3 * minute; }), "closes earlier"));
    CHECK(contains(with([](Columns& c) { c.open[0] = std::nan(""); }), "the open is nan: the number is not finite"));
    CHECK(contains(with([](Columns& c) { c.high[0] = 1e300; }), "the number is outside"));
    CHECK(contains(with([](Columns& c) { c.volume[0] = -1; }), "the volume is -1"));
    CHECK(contains(with([](Columns& c) { c.close_time[1] = INT64_MAX; }), "off the scale"));
    CHECK(
        contains(with([](Columns& c) { c.volume.pop_back(); }), "the column `volume` has 1 rows and the times have 2"));
    const auto zero_low = [](Columns& c) { c.low[1] = 0; };
    CHECK(contains(with(zero_low), "the low is 0, but prices must be positive"));
    CHECK(with(zero_low, {.price_may_be_negative = true}) == "no error");
}

TEST_CASE("a crossed quote is an error unless it is allowed") {
    const std::vector<std::int64_t> time{1, 1};
    const std::vector<double> bid{1, 2}, ask{1, 1.5}, size{1, 1};
    const auto make = [&](SeriesOptions options) {
        return message_of([&] { (void)make_quotes(InstrumentId{0}, {time, bid, ask, size, size}, options); });
    };
    CHECK(contains(make({}), "row 1 (counted from 0): the quote is crossed: bid 2 above ask 1.5"));
    CHECK(make({.may_be_crossed = true}) == "no error");
}

TEST_CASE("sizes become whole lots or an error") {
    const std::vector<std::int64_t> time{1};
    const std::vector<double> price{1}, size{33.35399601000002}, half{0.5};
    const TradeSeries trades = make_trades(InstrumentId{0}, {time, price, size, {}, {}}, {.lot_size = 10});
    CHECK(trades[0].value.size.lots == 3'335'399'601);
    CHECK(trades[0].value.trade.value == 1);
    const auto message = message_of([&] { (void)make_trades(InstrumentId{0}, {time, price, half, {}, {}}); });
    CHECK(contains(message, "the size 0.5 is not a whole number of lots of 1; set the instrument's lot_size"));
}

TEST_CASE("rows between two times include the first and exclude the second") {
    const BarSeries series = bars_at(0, {1, 2, 3, 4});
    const auto rows = series.between(TimeNs{2 * minute}, TimeNs{4 * minute});
    REQUIRE(rows.size() == 2);
    CHECK(rows.front().ts.ns == 2 * minute);
}

TEST_CASE("a merge of nothing is at its end") {
    Merge merge;
    CHECK(merge.next_time() == time_max);
    const BarSeries none(InstrumentId{0}, {});
    Merge empty;
    empty.add(none);
    CHECK(empty.next_time() == time_max);
    CHECK_THROWS_AS(empty.next(), InvariantError);
}

TEST_CASE("one series comes back row by row") {
    const BarSeries series = bars_at(7, {1, 2, 5});
    Merge merge;
    merge.add(series);
    std::vector<std::int64_t> times;
    while (merge.next_time() != time_max) {
        const Slice& slice = merge.next();
        REQUIRE(slice.bars.size() == 1);
        CHECK(slice.bars[0].instrument == InstrumentId{7});
        CHECK(slice.bars[0]->ts == slice.time);
        times.push_back(slice.time.ns / minute);
    }
    CHECK(times == std::vector<std::int64_t>{1, 2, 5});
}

TEST_CASE("bars of one timestamp arrive together, in the order of add") {
    const BarSeries a = bars_at(0, {1, 2, 3});
    const BarSeries b = bars_at(1, {2, 3});
    const BarSeries c = bars_at(2, {1, 3, 4});
    Merge merge;
    merge.add(c);
    merge.add(a);
    merge.add(b);
    std::string seen;
    while (merge.next_time() != time_max) {
        const Slice& slice = merge.next();
        seen += std::to_string(slice.time.ns / minute) + ":";
        for (const BarRef& bar : slice.bars) { seen += std::to_string(bar.instrument.value); }
        seen += " ";
    }
    CHECK(seen == "1:20 2:01 3:201 4:2 ");
    CHECK(merge.row_count() == 8);
}

TEST_CASE("inside one timestamp quotes come before bars, whatever was added first, and repeated times stay together") {
    const BarSeries bars = bars_at(0, {1, 2});
    const QuoteSeries quotes = quotes_at(0, {1, 1, 3});
    Merge merge;
    const auto bar_handle = merge.add(bars);
    merge.add(quotes);
    CHECK(merge.peek_bar(bar_handle) == &bars[0]);
    const Slice& first = merge.next();
    CHECK(first.quotes.size() == 2);
    CHECK(first.bars.size() == 1);
    CHECK(merge.peek_bar(bar_handle) == &bars[1]);
    CHECK(merge.next().quotes.empty());
    CHECK(merge.peek_bar(bar_handle) == nullptr);
    CHECK(merge.next().bars.empty());
    CHECK(merge.next_time() == time_max);
}

TEST_CASE("a feed's delay moves when rows are known, not when they happened") {
    const BarSeries a = bars_at(0, {1, 2});
    const BarSeries b = bars_at(1, {1, 2});
    Merge merge;
    merge.add(a, DurationNs{1});
    merge.add(b);
    CHECK(merge.next().bars[0].instrument.value == 1);
    const Slice& late = merge.next();
    CHECK(late.time.ns == minute + 1);
    CHECK(late.bars[0]->ts.ns == minute);
}

TEST_CASE("a merge can be copied, rewound and moved forward") {
    const BarSeries a = bars_at(0, {1, 2, 3});
    const BarSeries b = bars_at(1, {3, 4});
    for (const bool alone : {true, false}) {
        Merge merge;
        merge.add(a);
        if (!alone) { merge.add(b); }
        merge.next();
        Merge copy = merge;
        merge.next();
        CHECK(copy.next().bars[0]->ts.ns == 2 * minute);
        CHECK(merge.next().bars[0]->ts.ns == 3 * minute);
        merge.rewind();
        CHECK(merge.next().bars[0]->ts.ns == minute);
        merge.seek(TimeNs{3 * minute});
        CHECK(merge.next().bars.size() == (alone ? 1 : 2));
    }
}

TEST_CASE("a merge equals a stable sort, for any number of series") {
    for (const std::size_t count : {1UL, 2UL, 7UL, 8UL, 9UL, 64UL, 65UL, 600UL}) {
        core::Random random({.seed = 42, .stream = static_cast<std::uint32_t>(count)});
        std::vector<BarSeries> bars;
        std::vector<QuoteSeries> quotes;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::vector<std::int64_t> minutes, ticks;
            for (std::int64_t m = 1; m < 40; ++m) {
                if (random.below(3) == 0) { minutes.push_back(m); }
                for (auto n = random.below(3); n > 0; --n) { ticks.push_back(m); }
            }
            bars.push_back(bars_at(i, minutes));
            quotes.push_back(quotes_at(i, ticks));
        }
        // What must come: (time, kind, instrument), rows in order.
        std::vector<std::tuple<std::int64_t, int, std::uint32_t, const void*>> expected;
        Merge merge;
        for (std::uint32_t i = 0; i < count; ++i) {
            merge.add(bars[i]);
            merge.add(quotes[i]);
            for (const TimedBar& row : bars[i].rows()) { expected.emplace_back(row.ts.ns, 1, i, &row); }
            for (const TimedQuote& row : quotes[i].rows()) { expected.emplace_back(row.ts.ns, 0, i, &row); }
        }
        std::sort(expected.begin(), expected.end());
        std::vector<std::tuple<std::int64_t, int, std::uint32_t, const void*>> got;
        while (merge.next_time() != time_max) {
            const Slice& slice = merge.next();
            for (const QuoteRef& q : slice.quotes) { got.emplace_back(slice.time.ns, 0, q.instrument.value, q.row); }
            for (const BarRef& b : slice.bars) { got.emplace_back(slice.time.ns, 1, b.instrument.value, b.row); }
        }
        CHECK_MESSAGE(got == expected, "series: ", count);
    }
}
