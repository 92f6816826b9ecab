// Recorded market data in memory: one series is one instrument's rows of one kind, sorted by time.
//
// A series is built once, checked once and never changed: any number of threads may read it, and any number of runs may
// replay it. Rows are stored as they are replayed (56 bytes a bar, 40 a quote), not as 128-byte events.
//
// Invariants after construction:
//   times   bars: strictly increasing closes, and no bar opens before the bar before it closed; quotes, trades, marks:
//           never decreasing; all at least `max_delay` away from time_min and time_max.
//   prices  positive unless `price_may_be_negative`; low <= open, close <= high; bid <= ask where both sides are there.
// A double becomes a price by one rule: nearest 1e-9 (core::fixed_from_double). Whatever breaks a rule is a DataError
// that names the source, the row (counted from 0), the fact, the value and the remedy.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/core/time.hpp"
#include "walras/model/event.hpp"

namespace walras::data {

// The longest feed delay; times keep this distance from the ends of the scale, so that adding one never overflows.
inline constexpr DurationNs max_delay = days(366);

// A row: when it became known where it happened (Event::ts_event) and what it says. A bar's `ts` is its close.
template <class Payload>
struct Timed {
    TimeNs ts{};
    Payload value{};
};
using TimedBar = Timed<model::Bar>;
using TimedQuote = Timed<model::Quote>;
using TimedTrade = Timed<model::Trade>;
using TimedMark = Timed<model::Mark>;
using TimedAction = Timed<model::CorporateAction>;
static_assert(sizeof(TimedBar) == 56 && sizeof(TimedQuote) == 40);

struct SeriesOptions {
    std::string source = "series";              // named in errors: a file or a frame
    bool price_may_be_negative = false;         // prices <= 0 are allowed
    bool may_be_crossed = false;                // quotes: bid > ask is allowed (rows that update one venue of many)
    bool closes_only = false;                   // bars: the source had closes, so open = high = low = close
    std::int64_t lot_size = core::fixed_scale;  // units of 1e-9 in one lot: quote and trade sizes become lots
};

// Columns as they come from outside; all of one length.
struct BarColumns {
    std::span<const std::int64_t> open_time;   // ns UTC
    std::span<const std::int64_t> close_time;  // ns UTC
    std::span<const double> open, high, low, close;
    std::span<const double> volume;  // empty: the source has none, stored as NaN
};
struct QuoteColumns {
    std::span<const std::int64_t> time;
    std::span<const double> bid, ask;
    std::span<const double> bid_size, ask_size;  // units; empty or NaN: unknown, stored as 0
};
struct TradeColumns {
    std::span<const std::int64_t> time;
    std::span<const double> price, size;
    std::span<const std::int64_t> trade_id;  // empty: 1, 2, 3 ...
    std::span<const std::int8_t> aggressor;  // +1 buyer, -1 seller, 0 none; empty: none
};

// One instrument's rows of one kind. Movable and copyable; share it as `std::shared_ptr<const Series<...>>`.
template <class Payload>
class Series {
public:
    using Row = Timed<Payload>;

    Series() = default;
    // Takes rows that are fixed point already and checks them. Throws DataError.
    Series(InstrumentId instrument, std::vector<Row> rows, SeriesOptions options = {});

    [[nodiscard]] InstrumentId instrument() const { return instrument_; }
    [[nodiscard]] std::span<const Row> rows() const { return rows_; }
    [[nodiscard]] const Row* begin() const { return rows_.data(); }
    [[nodiscard]] const Row* end() const { return rows_.data() + rows_.size(); }
    [[nodiscard]] const Row& operator[](std::size_t row) const { return rows_[row]; }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] const SeriesOptions& options() const { return options_; }
    [[nodiscard]] bool closes_only() const { return options_.closes_only; }
    // The same rows under another instrument: ids belong to a Universe, and each run has its own.
    [[nodiscard]] Series with_instrument(InstrumentId instrument) const;
    // Rows with from <= ts < to.
    [[nodiscard]] std::span<const Row> between(TimeNs from, TimeNs to) const;

private:
    void validate() const;

    InstrumentId instrument_ = no_instrument;
    std::vector<Row> rows_;
    SeriesOptions options_;
};

using BarSeries = Series<model::Bar>;
using QuoteSeries = Series<model::Quote>;
using TradeSeries = Series<model::Trade>;
using MarkSeries = Series<model::Mark>;
using ActionSeries = Series<model::CorporateAction>;

extern template class Series<model::Bar>;
extern template class Series<model::Quote>;
extern template class Series<model::Trade>;
extern template class Series<model::Mark>;
extern template class Series<model::CorporateAction>;

// Doubles to series by the one rule. Throw DataError: a length that differs, a NaN, a price out of range, a size that
// is not a whole number of lots, and everything that the constructor checks.
[[nodiscard]] BarSeries make_bars(InstrumentId instrument, const BarColumns& columns, SeriesOptions options = {});
[[nodiscard]] QuoteSeries make_quotes(InstrumentId instrument, const QuoteColumns& columns, SeriesOptions options = {});
[[nodiscard]] TradeSeries make_trades(InstrumentId instrument, const TradeColumns& columns, SeriesOptions options = {});

}  // namespace walras::data
