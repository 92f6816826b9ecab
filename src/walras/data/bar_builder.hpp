// Trades to bars as they come: by time, by count (trades, volume, value) and by what the flow of trades tells
// (imbalance and run bars of Lopez de Prado, "Advances in Financial Machine Learning", 2018, ch. 2.3).
//
// One thread owns a builder. A copy is a checkpoint: both go on alike. Trades come in order of time. Every trade is in
// exactly one bar, in the order in which it came, but for those outside the sessions, which are counted in `skipped`.
//
// The trade that reaches a threshold closes its bar and is in it whole: what it overshoots stays there and the next bar
// begins at zero. Thresholds by count are integers and exact; those by flow are estimates in doubles.
//
// Bars never overlap and their closes increase. A bar by time is stamped with the end of its interval. Any other one
// opens and closes at its first and last trade; where that is the stamp of the bar before, it closes 1 ns later.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/time.hpp"

namespace walras::data {

enum class BarKind : std::uint8_t {
    time,
    tick,    // every n trades
    volume,  // every n lots
    dollar,  // every n of value, price x size
    tick_imbalance,
    volume_imbalance,
    dollar_imbalance,
    tick_run,
    volume_run,
    dollar_run,
};
inline constexpr int bar_kind_count = 10;
std::string_view to_string(BarKind kind);
std::optional<BarKind> parse_bar_kind(std::string_view name);

// Trades are taken from `open` up to, not including, `close`.
struct BarSession {
    TimeNs open, close;
};

struct BarRule {
    BarKind kind = BarKind::time;

    // ---- time: [origin + k step, origin + (k + 1) step), or in each session from its open on, the last one shorter
    DurationNs step{};
    TimeNs origin{};
    bool includes_close = false;       // (open, close] in place of [open, close)
    bool carries_empty = false;        // an interval without trades is a flat bar at the last close; else it has no bar
    std::vector<BarSession> sessions;  // in order, apart; none: always open. All kinds skip trades outside.

    // ---- tick, volume, dollar: trades, lots, or 1e-9 x lots
    core::int128 threshold = 0;

    // ---- imbalance and run
    double expected_ticks = 0;   // E0[T] before there is a bar; the first bar has so many trades
    double span = 20;            // of the exponentially weighted means over bars: alpha = 2 / (span + 1)
    std::int64_t min_ticks = 1;  // E0[T] stays in [min_ticks, max_ticks], and so does each bar
    std::int64_t max_ticks = INT64_MAX;

    // b(t) by the change of price alone; else the aggressor says it where it is known.
    bool ignores_aggressor = false;

    // Throws ConfigError.
    void validate() const;
};

struct BarTrade {
    TimeNs ts{};
    Price price{};
    std::int64_t lots = 0;
    int aggressor = 0;       // +1 the buyer took, -1 the seller, 0 unknown
    bool sets_price = true;  // false: counts in volume, value and number, not in open, high, low and close
};

// `value` is the sum of price x lots. Bought are the lots of trades with b(t) = 1, see BarBuilder.
struct TradeBar {
    TimeNs open_time{}, close_time{};
    Price open{}, high{}, low{}, close{};
    std::int64_t lots = 0;
    std::int64_t buy_lots = 0;
    std::int64_t trades = 0;
    core::int128 value = 0;
};

// b(t) is +1 where the buyer took and -1 where the seller did; where that is not known it is the sign of the last
// change of price (the tick rule), 0 before the first change.
class BarBuilder {
public:
    explicit BarBuilder(BarRule rule);

    // Appends the bars that this trade completes: by time those before it, else at most the one that it is in.
    // Throws DataError for a trade before the last one and for negative lots.
    void add(const BarTrade& trade, std::vector<TradeBar>& out) {
        dispatch([&]<BarKind Kind>() { step<Kind>(trade, out); });
    }
    // Many in one go. `next(i)` gives the i-th of `count` trades.
    template <class Next>
    void add_all(std::size_t count, Next next, std::vector<TradeBar>& out) {
        dispatch([&]<BarKind Kind>() {
            for (std::size_t i = 0; i < count; ++i) { step<Kind>(next(i), out); }
        });
    }
    // By time: it is `now`; bars whose interval is over come out, without waiting for a trade. `now` itself is still to
    // come.
    void advance_to(TimeNs now, std::vector<TradeBar>& out);
    // The bar that has begun, as it is; nothing where none has. Its stamps are those that it would have.
    [[nodiscard]] std::optional<TradeBar> unfinished() const;

    [[nodiscard]] const BarRule& rule() const { return rule_; }
    // Trades outside the sessions, and trades that set no price before one did.
    [[nodiscard]] std::int64_t skipped() const { return skipped_; }
    // Imbalance and run bars: E0[T], and the threshold of the bar that builds; 0 in the first.
    [[nodiscard]] double expected_ticks() const { return expected_ticks_; }
    [[nodiscard]] double expected_flow() const { return flow_threshold_; }

private:
    struct Interval {
        std::int64_t start, end;
    };
    // What b(t) v(t) adds up to in the bar that builds.
    struct Flow {
        double buy = 0, sell = 0;
        std::int64_t buy_ticks = 0;
    };
    // Exponentially weighted means over the bars before; the first bar is their first value.
    struct Expectation {
        double imbalance = 0;                // b v per trade
        double buy_share = 0;                // P[b = 1]
        double buy_size = 0, sell_size = 0;  // E[v | b = 1], E[v | b = -1]
        bool has_buy = false, has_sell = false;
    };

    template <class Body>
    void dispatch(Body body);
    template <BarKind Kind>
    void step(const BarTrade& trade, std::vector<TradeBar>& out);
    template <BarKind Kind>
    [[nodiscard]] bool is_complete() const;
    bool open_session(std::int64_t t);
    bool enter(std::int64_t t, std::vector<TradeBar>& out);
    [[nodiscard]] Interval interval_at(std::int64_t t) const;
    [[nodiscard]] std::optional<Interval> interval_after(const Interval& interval);
    void fill_until(std::int64_t start, std::vector<TradeBar>& out);
    void flat(std::vector<TradeBar>& out);
    void close_bar(std::vector<TradeBar>& out);
    void stamp(TradeBar& bar) const;
    void learn();
    [[noreturn]] void refuse(const BarTrade& trade) const;

    BarRule rule_;
    TradeBar bar_;  // builds; `trades` is 0 where none does
    Flow flow_;
    Expectation expected_;
    double expected_ticks_ = 0;
    double flow_threshold_ = 0;
    Interval interval_{INT64_MIN, INT64_MIN};  // by time: the one that builds
    std::int64_t last_ts_ = INT64_MIN;
    std::int64_t last_close_ = INT64_MIN;  // stamp of the bar before
    std::int64_t skipped_ = 0;
    std::size_t session_ = 0;
    Price last_price_;        // of any trade: the tick rule
    Price last_close_price_;  // of trades that set a price
    bool has_last_ = false;
    bool has_price_ = false;      // ever
    bool bar_has_price_ = false;  // in this bar
    bool has_interval_ = false;   // by time: ever
    bool is_open_ = false;        // `interval_` is not over
    bool is_warm_ = false;        // the first bar by flow is over
    int side_ = 0;                // b of the trade before
};

}  // namespace walras::data

#include "walras/data/bar_builder_impl.hpp"
