// A backtest as one call: instruments, series, strategies and settings in, numbers out.
//
// Everything is borrowed for the duration of the call except the result. Any number of runs may share series, models
// and universes; each has its own session. The result is a pure function of the arguments: same inputs, same signature.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "walras/backtest/book_venue.hpp"
#include "walras/backtest/reactive_venue.hpp"
#include "walras/backtest/replay_venue.hpp"
#include "walras/core/column.hpp"
#include "walras/engine/session.hpp"
#include "walras/portfolio/statistics.hpp"
#include "walras/portfolio/trades.hpp"

namespace walras::backtest {

// What happens to positions that are open when the data end.
enum class AtEnd : std::uint8_t {
    keep,           // stay open, valued at the last mark
    close,          // closed at the last close
    close_at_open,  // closed at the open of the last bar (what backtesting.py does)
};

struct Data {
    std::vector<const data::BarSeries*> bars;
    std::vector<const data::QuoteSeries*> quotes;
    std::vector<const data::MarkSeries*> marks;
    std::vector<const data::ActionSeries*> actions;
    // Books and ticks; instruments that they name trade against them, whatever else there is. Read once.
    data::TickStream* ticks = nullptr;
    std::vector<InstrumentId> ticked;  // the instruments of `ticks`
    // A world of its own, such as a simulated market, which trades every instrument in place of all that stands above.
    model::Venue* world = nullptr;
    std::function<void()> end_world;  // its data are over; what is closed now trades at the last prices
};

struct RunConfig {
    ReplayConfig replay;
    BookVenueConfig books;  // fees, latency, seed and session closes are those of `replay`
    engine::SessionConfig session;
    AtEnd at_end = AtEnd::keep;
    TimeNs from = time_min;  // rows before it are skipped
    TimeNs to = time_max;    // the run ends with it
    bool record_equity = true;
    DurationNs equity_step{};  // at most one row of the curve in each; 0: a row for every timestamp
    engine::JournalSink* journal = nullptr;
    // Asked every `progress_interval` timestamps with the time reached and the rows handled; false ends the run early
    // (what was done is kept). May throw.
    std::function<bool(TimeNs, std::uint64_t)> progress;
    std::uint32_t progress_interval = 8192;  // fewer where a timestamp is work, as in a simulated market
};

struct FillRecord {
    OrderId order{};
    TradeId trade{};
    InstrumentId instrument{};
    StrategyId strategy{};
    PositionId position{};
    TimeNs ts{};
    model::OrderSide side = model::OrderSide::buy;
    Quantity quantity{};
    Price price{};
    Price reference{};
    Money fee{};
    CurrencyId fee_currency{};
    model::LiquiditySide liquidity{};
    model::FillRule rule{};
};

// What an order said before a replace changed it, until `ts` at its venue; Result::orders has what it said last.
struct RevisionRecord {
    OrderId order{};
    std::uint32_t revision = 0;
    TimeNs ts{};
    Quantity quantity{};  // the total
    Price limit{};
};

struct Equity {  // one row per timestamp: all accounts together, in the base currency of the first
    core::Column<std::int64_t> ts;
    core::Column<double> equity;
    core::Column<double> cash;
    core::Column<double> gross_exposure;
    core::Column<double> benchmark;  // buy and hold: mean over the instruments of price / first price (1 before it)
};

struct AccountResult {
    std::string name;
    CurrencyId base_currency{};
    bool is_valued = false;  // at the end every balance and position had a rate; else the next three are empty
    Money start_equity{};
    Money final_equity{};
    portfolio::EquityChange explained{};
    std::vector<portfolio::Balance> balances;  // at the end, those that are not zero
};

struct Result {
    std::vector<model::Order> orders;
    std::vector<std::pair<OrderId, std::string>> refusals;  // why orders were denied, with numbers
    std::vector<RevisionRecord> revisions;                  // as replaces ended them
    std::vector<FillRecord> fills;
    std::vector<portfolio::RoundTrip> trades;       // closed, in the order of their exits
    std::vector<portfolio::RoundTrip> open_trades;  // valued at the last marks
    Equity equity;
    std::vector<portfolio::Position> positions;
    std::vector<model::Event> cash_flows;
    std::vector<exec::Anomaly> anomalies;
    std::vector<model::ExecutionState> executions;  // parent orders; Order::execution names their children
    std::vector<FillNote> notes;                    // of the order that was to be explained
    std::vector<ImpactRow> impact;                  // where the market reacts
    Reactions reactions;                            // likewise
    double traded_value = 0;                        // sum of |notional| over fills, in the base currency
    double fees_paid = 0;                           // likewise
    // All accounts, in the base currency of the first; the first alone where nothing converts the others, and zero
    // where it has no value itself.
    Money start_equity{};
    Money final_equity{};
    std::vector<AccountResult> accounts;
    std::uint64_t signature = 0;
    std::uint64_t outbound_signature = 0;
    std::uint64_t event_count = 0;
    int margin_calls = 0;
    bool interrupted = false;
};

// Throws what strategies throw, DataError, ConfigError, LedgerError.
Result run(const model::Universe& universe, const Data& data, std::span<strategy::Strategy* const> strategies,
           const RunConfig& config);

// Performance of the equity curve and the trades; empty if no equity was recorded. Apart from `run`, because a search
// over thousands of runs seldom wants all of it.
std::vector<portfolio::stats::Statistic> statistics(const Result& result);

}  // namespace walras::backtest
