#include "walras/data/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "walras/codec/lots.hpp"
#include "walras/core/column.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::data {
namespace {

[[noreturn]] void fail(const SeriesOptions& options, std::size_t row, const std::string& message) {
    throw DataError(fmt::format("{}, row {} (counted from 0): {}", options.source, row, message));
}

std::string text(Price price) { return core::format_fixed(price.raw); }

void check_price(const SeriesOptions& options, std::size_t row, const char* name, Price price) {
    if (price.raw > 0 || options.price_may_be_negative) { return; }
    fail(
        options, row,
        fmt::format("the {} is {}, but prices must be positive; remove or repair the row, or allow prices that are not "
                    "positive for this instrument",
                    name, text(price)));
}

void check_time(const SeriesOptions& options, std::size_t row, TimeNs ts) {
    if (ts.ns > time_min.ns + max_delay.ns && ts.ns < time_max.ns - max_delay.ns) { return; }
    fail(options, row, fmt::format("the time {} ns is off the scale; check the unit of the time column", ts.ns));
}

void check_order(const SeriesOptions& options, std::size_t row, TimeNs before, TimeNs ts, bool may_repeat) {
    if (ts > before || (may_repeat && ts == before)) { return; }
    fail(options, row,
         ts == before ? fmt::format("the time {} repeats that of the row before; keep one of the two", format_time(ts))
                      : fmt::format("the time {} is earlier than {} of the row before; sort the rows by time",
                                    format_time(ts), format_time(before)));
}

void check(const SeriesOptions& options, std::size_t row, const TimedBar* before, const TimedBar& current) {
    const model::Bar& bar = current.value;
    check_time(options, row, bar.open_time);
    if (bar.open_time > current.ts) {
        fail(options, row,
             fmt::format("the bar opens at {} and closes earlier, at {}; check the step", format_time(bar.open_time),
                         format_time(current.ts)));
    }
    if (before != nullptr) {
        check_order(options, row, before->ts, current.ts, false);
        if (bar.open_time < before->ts) {
            fail(options, row,
                 fmt::format(
                     "the bar opens at {}, before the bar before it closed at {}; check the step, and whether the "
                     "times are the bars' opens or closes",
                     format_time(bar.open_time), format_time(before->ts)));
        }
    }
    if (bar.high < bar.low) {
        fail(options, row,
             fmt::format("the high {} is below the low {}; repair or remove the row", text(bar.high), text(bar.low)));
    }
    if (bar.open < bar.low || bar.open > bar.high || bar.close < bar.low || bar.close > bar.high) {
        const bool is_open = bar.open < bar.low || bar.open > bar.high;
        fail(options, row,
             fmt::format("the {} {} is outside the bar's range [{}, {}]; repair or remove the row",
                         is_open ? "open" : "close", text(is_open ? bar.open : bar.close), text(bar.low),
                         text(bar.high)));
    }
    check_price(options, row, "low", bar.low);
    if (std::isinf(bar.volume) || bar.volume < 0) {
        fail(options, row,
             fmt::format("the volume is {}; it must be at least 0, or NaN where it is unknown", bar.volume));
    }
}

void check(const SeriesOptions& options, std::size_t row, const TimedQuote* before, const TimedQuote& current) {
    if (before != nullptr) { check_order(options, row, before->ts, current.ts, true); }
    const model::Quote& quote = current.value;
    // Rows that update one side leave the other at 0.
    const bool has_bid = !options.may_be_crossed || !quote.bid.is_zero();
    const bool has_ask = !options.may_be_crossed || !quote.ask.is_zero();
    if (has_bid) { check_price(options, row, "bid", quote.bid); }
    if (has_ask) { check_price(options, row, "ask", quote.ask); }
    if (quote.bid > quote.ask && !options.may_be_crossed) {
        fail(options, row,
             fmt::format("the quote is crossed: bid {} above ask {}; remove the row, or allow crossed quotes",
                         text(quote.bid), text(quote.ask)));
    }
    if (quote.bid_size.lots < 0 || quote.ask_size.lots < 0) {
        fail(options, row, "a size is negative; sizes are at least 0");
    }
}

void check(const SeriesOptions& options, std::size_t row, const TimedTrade* before, const TimedTrade& current) {
    if (before != nullptr) { check_order(options, row, before->ts, current.ts, true); }
    check_price(options, row, "price", current.value.price);
    if (current.value.size.lots < 0) { fail(options, row, "the size is negative; sizes are at least 0"); }
}

void check(const SeriesOptions& options, std::size_t row, const TimedMark* before, const TimedMark& current) {
    if (before != nullptr) { check_order(options, row, before->ts, current.ts, true); }
    check_price(options, row, "price", current.value.price);
}

void check(const SeriesOptions& options, std::size_t row, const TimedAction* before, const TimedAction& current) {
    if (before != nullptr) { check_order(options, row, before->ts, current.ts, true); }
    if (current.value.numerator <= 0 || current.value.denominator <= 0) {
        fail(options, row,
             fmt::format("the split {}:{} is not positive; write a 7 for 1 split as 7:1", current.value.numerator,
                         current.value.denominator));
    }
}

Price price_from(const SeriesOptions& options, std::size_t row, const char* name, double value) {
    const auto raw = core::fixed_from_double(value);
    if (!raw) [[unlikely]] {
        fail(options, row,
             fmt::format("the {} is {}: {}; repair or remove the row", name, value, core::describe(raw.error())));
    }
    return Price{*raw};
}

Quantity lots_from(const SeriesOptions& options, std::size_t row, const char* name, double units) {
    const auto lots = codec::whole_lots(units, options.lot_size);
    if (!lots) [[unlikely]] {
        fail(options, row,
             fmt::format("the {} {} is not a whole number of lots of {}; set the instrument's lot_size to the unit of "
                         "these sizes",
                         name, units, core::format_fixed(options.lot_size)));
    }
    return *lots;
}

void check_length(const SeriesOptions& options, const char* name, std::size_t length, std::size_t wanted) {
    if (length == wanted) { return; }
    throw DataError(fmt::format("{}: the column `{}` has {} rows and the times have {}; give columns of one length",
                                options.source, name, length, wanted));
}

}  // namespace

template <class Payload>
Series<Payload>::Series(InstrumentId instrument, std::vector<Row> rows, SeriesOptions options)
    : instrument_(instrument), rows_(std::move(rows)), options_(std::move(options)) {
    validate();
}

template <class Payload>
void Series<Payload>::validate() const {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        check_time(options_, row, rows_[row].ts);
        check(options_, row, row == 0 ? nullptr : &rows_[row - 1], rows_[row]);
    }
}

template <class Payload>
Series<Payload> Series<Payload>::with_instrument(InstrumentId instrument) const {
    Series copy = *this;
    copy.instrument_ = instrument;
    return copy;
}

template <class Payload>
std::span<const Timed<Payload>> Series<Payload>::between(TimeNs from, TimeNs to) const {
    const auto first = std::partition_point(rows_.begin(), rows_.end(), [from](const Row& r) { return r.ts < from; });
    const auto last = std::partition_point(first, rows_.end(), [to](const Row& r) { return r.ts < to; });
    return {first, last};
}

template class Series<model::Bar>;
template class Series<model::Quote>;
template class Series<model::Trade>;
template class Series<model::Mark>;
template class Series<model::CorporateAction>;

BarSeries make_bars(InstrumentId instrument, const BarColumns& columns, SeriesOptions options) {
    const std::size_t size = columns.close_time.size();
    check_length(options, "open_time", columns.open_time.size(), size);
    check_length(options, "open", columns.open.size(), size);
    check_length(options, "high", columns.high.size(), size);
    check_length(options, "low", columns.low.size(), size);
    check_length(options, "close", columns.close.size(), size);
    if (!columns.volume.empty()) { check_length(options, "volume", columns.volume.size(), size); }
    std::vector<TimedBar> rows;
    rows.reserve(size);
    core::prefer_huge_pages(rows.data(), size * sizeof(TimedBar));
    for (std::size_t i = 0; i < size; ++i) {
        TimedBar row;
        row.ts = TimeNs{columns.close_time[i]};
        model::Bar& bar = row.value;
        bar.open_time = TimeNs{columns.open_time[i]};
        bar.open = price_from(options, i, "open", columns.open[i]);
        bar.high = price_from(options, i, "high", columns.high[i]);
        bar.low = price_from(options, i, "low", columns.low[i]);
        bar.close = price_from(options, i, "close", columns.close[i]);
        bar.volume = columns.volume.empty() ? std::numeric_limits<double>::quiet_NaN() : columns.volume[i];
        rows.push_back(row);
    }
    return {instrument, std::move(rows), std::move(options)};
}

QuoteSeries make_quotes(InstrumentId instrument, const QuoteColumns& columns, SeriesOptions options) {
    const std::size_t size = columns.time.size();
    check_length(options, "bid", columns.bid.size(), size);
    check_length(options, "ask", columns.ask.size(), size);
    if (!columns.bid_size.empty()) { check_length(options, "bid_size", columns.bid_size.size(), size); }
    if (!columns.ask_size.empty()) { check_length(options, "ask_size", columns.ask_size.size(), size); }
    std::vector<TimedQuote> rows(size);
    for (std::size_t i = 0; i < size; ++i) {
        rows[i].ts = TimeNs{columns.time[i]};
        model::Quote& quote = rows[i].value;
        quote.bid = price_from(options, i, "bid", columns.bid[i]);
        quote.ask = price_from(options, i, "ask", columns.ask[i]);
        if (!columns.bid_size.empty() && !std::isnan(columns.bid_size[i])) {
            quote.bid_size = lots_from(options, i, "bid size", columns.bid_size[i]);
        }
        if (!columns.ask_size.empty() && !std::isnan(columns.ask_size[i])) {
            quote.ask_size = lots_from(options, i, "ask size", columns.ask_size[i]);
        }
    }
    return {instrument, std::move(rows), std::move(options)};
}

TradeSeries make_trades(InstrumentId instrument, const TradeColumns& columns, SeriesOptions options) {
    const std::size_t size = columns.time.size();
    check_length(options, "price", columns.price.size(), size);
    check_length(options, "size", columns.size.size(), size);
    if (!columns.trade_id.empty()) { check_length(options, "trade_id", columns.trade_id.size(), size); }
    if (!columns.aggressor.empty()) { check_length(options, "aggressor", columns.aggressor.size(), size); }
    std::vector<TimedTrade> rows(size);
    for (std::size_t i = 0; i < size; ++i) {
        rows[i].ts = TimeNs{columns.time[i]};
        model::Trade& trade = rows[i].value;
        trade.price = price_from(options, i, "price", columns.price[i]);
        trade.size = lots_from(options, i, "size", columns.size[i]);
        trade.trade = TradeId{columns.trade_id.empty() ? i + 1 : static_cast<std::uint64_t>(columns.trade_id[i])};
        if (!columns.aggressor.empty()) {
            trade.aggressor = columns.aggressor[i] > 0   ? model::AggressorSide::buyer
                              : columns.aggressor[i] < 0 ? model::AggressorSide::seller
                                                         : model::AggressorSide::none;
        }
    }
    return {instrument, std::move(rows), std::move(options)};
}

}  // namespace walras::data
