// The vectorised bar engine: columns of bars and decisions in, orders and fills out, without an event loop.
//
// It does what Session and ReplayVenue do for the strategy of vector_events.cpp, fill for fill and cent for cent: the
// same stages of a bar, the same gate, the same rounding points, in the same order. What the kernel does not walk
// itself (an assumed intrabar path, a margin call, ...) it hands to that strategy in the event engine, so that the
// answer never depends on which of the two gave it. docs/concepts/vectorised.md has the table.
//
// A pool is one account and the assets that trade from it. Pools do not see each other: any number of them may run on
// any number of threads, and the results do not depend on how many. Inputs are borrowed for the call.
//
// Rows count from 0. A row whose close is NaN is no bar for its asset: nothing is decided, nothing fills, the last mark
// stays. Prices become integers by the one rule of core/decimal.hpp, nearest 1e-9.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "walras/backtest/replay_venue.hpp"
#include "walras/model/order.hpp"
#include "walras/model/request.hpp"
#include "walras/portfolio/account.hpp"

namespace walras::backtest {

// One column of a matrix, as it lies in memory.
template <class T>
struct Strided {
    const T* data = nullptr;
    std::ptrdiff_t stride = 1;  // elements from one row to the next; 0 repeats the first

    [[nodiscard]] bool empty() const { return data == nullptr; }
    [[nodiscard]] const T& operator[](std::size_t row) const {
        return data[static_cast<std::ptrdiff_t>(row) * stride];  // NOLINT(clang-analyzer-core.*): not of an empty one
    }
};

// One asset's bars. Without `open` there are closes only. Without `high` and `low`, which come together, a bar reaches
// from the lower to the higher of its open and close.
struct VectorBars {
    std::size_t rows = 0;
    Strided<double> open, high, low, close;
    Strided<double> volume;  // only for slippage models that ask
    bool complete = false;   // a promise: no close is NaN
    // What each block of rows reaches, so that most rows need not be looked at; both or none. No price of the block is
    // lower or higher; a block without a bar says infinity and minus infinity.
    static constexpr std::size_t block = 64;
    Strided<double> block_low, block_high;
};

// What a row says about one asset, as a set of bits.
inline constexpr std::uint8_t enter_long = 1;
inline constexpr std::uint8_t exit_long = 2;
inline constexpr std::uint8_t enter_short = 4;
inline constexpr std::uint8_t exit_short = 8;

struct Signal {
    std::uint32_t row = 0;
    std::uint8_t bits = 0;
};

// From this row's close on: a part of equity to hold, negative for short.
struct Target {
    std::uint32_t row = 0;
    double share = 0;
};

// A number that may differ from row to row.
struct PerRow {
    double value = 0;
    Strided<double> rows;  // if not empty, it counts instead of `value`

    [[nodiscard]] double at(std::size_t row) const { return rows.empty() ? value : rows[row]; }
};

// How signals become orders.
struct SignalRules {
    model::SizeKind size = model::SizeKind::percent;  // lots (in units of the instrument), value or percent
    PerRow amount{1.0, {}};
    PerRow stop_loss;      // distance from the entry's fill as a fraction; 0 or NaN: none
    PerRow trailing_stop;  // likewise; not together with stop_loss in one row
    PerRow take_profit;
    bool accumulate = false;  // an entry adds to a position of its own side
};

// One asset of a pool and what is decided about it: signals by the rules, or an amount a row (an order or a target).
struct VectorAsset {
    const model::Instrument* instrument = nullptr;  // pays in full, in the pool's one currency
    VectorBars bars;
    // from_signals: rows in rising order, bits as above
    std::span<const Signal> signals;
    SignalRules rules;
    // from_orders and from_target_weights: NaN is no order, and so is 0 where it is no target. `size` says what the
    // numbers mean; what is no target is signed by side. Where it is not empty, signals are not looked at.
    Strided<double> orders;
    model::SizeKind size = model::SizeKind::lots;
    // Targets as the library's strategies place them: in rising order of rows, each as far as strategy/sizing.hpp finds
    // room in the account at that close. Where it is not empty, signals and orders are not looked at.
    std::span<const Target> targets;
};

struct PoolConfig {
    FillAt fill_at = FillAt::next_open;  // columns with closes only use next_close instead of opens and paths
    LimitFill limit_fill = LimitFill::touch;
    model::FeeModelPtr fees = model::no_fees();
    SlippageModelPtr slippage = no_slippage();
    Rate size_buffer{};  // exec::Sizing::buffer
    portfolio::AccountKind account = portfolio::AccountKind::margin;
    Money cash = Money::of(10'000);
    Rate initial_margin = Rate::of(1.0);
    Rate maintenance_margin = Rate::of(0.25);
};

// One execution, small: there may be one in every cell.
struct VectorFill {
    std::uint32_t row = 0;
    std::uint32_t asset = 0;  // within the pool
    std::uint32_t order = 0;  // number in `orders`, from 1
    bool at_open = false;     // when in the row: at its open, or at its close
    model::OrderSide side = model::OrderSide::buy;
    model::LiquiditySide liquidity = model::LiquiditySide::taker;
    model::FillRule rule = model::FillRule::none;
    Quantity quantity{};
    Price price{};
    Price reference{};     // before slippage
    std::int64_t fee = 0;  // 1e-9 of the currency, positive is paid

    [[nodiscard]] Quantity signed_quantity() const { return side == model::OrderSide::buy ? quantity : -quantity; }
    // What cash is after it, if it was `before`.
    [[nodiscard]] Money cash_after(Money before, const model::Instrument& instrument) const;
};
static_assert(sizeof(VectorFill) == 48);

// Orders are numbered from 1 as the event engine numbers them: an entry, then its stop, then its target.
struct VectorOrder {
    std::uint32_t row = 0;  // of the decision
    std::uint32_t asset = 0;
    std::uint32_t parent = 0;
    std::uint32_t row_last = 0;  // when it ended
    bool ended_at_open = false;
    model::OrderSide side = model::OrderSide::buy;
    model::OrderType type = model::OrderType::market;
    model::OrderStatus status = model::OrderStatus::initialized;
    model::Reason reason = model::Reason::none;
    Quantity quantity{};
    Price price{};  // limit of a target, trigger of a stop that does not trail
};

struct PoolRun {
    std::vector<VectorOrder> orders;
    std::vector<VectorFill> fills;  // in the order in which they happened
    Money start{};
    Money cash{};               // at the end
    std::uint32_t ignored = 0;  // signals and orders on rows without a bar
    std::uint32_t margin_calls = 0;
    bool by_events = false;  // the event engine gave the answer
};

// The bars of all assets have the same number of rows. `times`: when each row closes, strictly rising; only the event
// engine needs them, and empty means one second a row. Throws DataError, ConfigError, OrderError (a size that is not a
// whole number of lots) and LedgerError.
PoolRun run_pool(std::span<const VectorAsset> assets, const PoolConfig& config, std::span<const TimeNs> times = {});

// The same in the event engine, always. For tests and comparisons.
PoolRun run_pool_by_events(std::span<const VectorAsset> assets, const PoolConfig& config,
                           std::span<const TimeNs> times = {});

// Equity of a pool at each close: cash and positions at the last marks, exact and then rounded once to double.
// `equity` has one element a row; `cash` and `gross` likewise, or are empty.
void mark_pool(std::span<const VectorAsset> assets, const PoolRun& run, std::span<double> equity,
               std::span<double> cash = {}, std::span<double> gross = {});

// Rows with any bit, from byte columns of booleans; an empty column is false throughout. Contradictions say nothing: an
// entry and an exit of one side in one row, or entries of both sides, cancel each other.
void collect_signals(std::size_t rows, Strided<std::uint8_t> enter_longs, Strided<std::uint8_t> exit_longs,
                     Strided<std::uint8_t> enter_shorts, Strided<std::uint8_t> exit_shorts, std::vector<Signal>& out);

}  // namespace walras::backtest
