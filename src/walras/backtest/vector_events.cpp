// The vectorised semantics as a strategy of the event engine. The kernel does the same without events; this says what
// "the same" is, and takes over where the kernel does not go.
#include <algorithm>
#include <optional>

#include "walras/backtest/backtest.hpp"
#include "walras/backtest/vector_rules.hpp"
#include "walras/model/money.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::backtest {
namespace {

using model::OrderSide;
using model::SizeKind;

constexpr std::int64_t second = 1'000'000'000;

// On each bar: what the signals or the orders of its row ask for.
class SignalStrategy final : public strategy::Strategy {
public:
    SignalStrategy(std::span<const VectorAsset> assets, std::span<const TimeNs> times)
        : assets_(assets), times_(times), next_(assets.size()) {}

    void on_bars(strategy::Context& context, std::span<const strategy::ClosedBar> bars) override {
        while (times_[row_] < bars.front().ts) { ++row_; }
        free_.begin_timestamp();
        for (const strategy::ClosedBar& bar : bars) {
            const VectorAsset& asset = assets_[bar.instrument.value];
            if (!asset.targets.empty()) {
                if (const Target* found = target_at(bar.instrument.value)) {
                    context.target_percent(bar.instrument, Rate::of(free_.take(context, bar.instrument, found->share)));
                }
            } else if (!asset.orders.empty()) {
                order(context, bar.instrument, asset);
            } else if (const std::uint8_t bits = bits_at(bar.instrument.value); bits != 0) {
                signal(context, bar.instrument, asset, bits);
            }
        }
    }

private:
    std::uint8_t bits_at(std::uint32_t asset) {
        const auto signals = assets_[asset].signals;
        std::size_t& next = next_[asset];
        while (next < signals.size() && signals[next].row < row_) { ++next; }
        return next < signals.size() && signals[next].row == row_ ? signals[next].bits : std::uint8_t{0};
    }

    const Target* target_at(std::uint32_t asset) {
        const auto targets = assets_[asset].targets;
        std::size_t& next = next_[asset];
        while (next < targets.size() && targets[next].row < row_) { ++next; }
        return next < targets.size() && targets[next].row == row_ ? &targets[next] : nullptr;
    }

    static model::Request request(InstrumentId instrument, OrderSide side) {
        model::Request out;
        out.terms.instrument = instrument;
        out.terms.side = side;
        return out;
    }

    static void set_size(model::Request& request, const vectorised::Amount& amount) {
        if (amount.kind == SizeKind::lots) {
            request.terms.quantity = amount.lots;
        } else {
            request.size = amount.size();
        }
    }

    void signal(strategy::Context& context, InstrumentId id, const VectorAsset& asset, std::uint8_t bits) const {
        const Quantity held = context.position(id);
        const vectorised::Wish wish = vectorised::wish_of(bits, held.lots, asset.rules.accumulate);
        if (wish.close) {
            // Reduce-only: where a stop is gapped over at the same open, there is nothing left to close.
            model::Request close = request(id, held.lots > 0 ? OrderSide::sell : OrderSide::buy);
            close.terms.quantity = abs(held);
            close.terms.reduce_only = true;
            context.place(close);
        }
        if (!wish.enter) { return; }
        const auto amount = vectorised::entry_amount(asset, row_);
        if (!amount) { return; }
        model::Request entry = request(id, wish.side);
        set_size(entry, *amount);
        const vectorised::Protection protection = vectorised::protection_at(asset.rules, row_);
        if (protection.has_stop()) {
            entry.stop_loss.emplace();
            entry.stop_loss->distance = protection.stop;
            entry.stop_loss->trailing_offset = protection.trail;
            entry.stop_loss->trailing_kind = model::TrailingOffset::bps;
        }
        if (protection.has_target()) { entry.take_profit.emplace().distance = protection.target; }
        context.place(entry);
    }

    void order(strategy::Context& context, InstrumentId id, const VectorAsset& asset) const {
        const auto ask = vectorised::order_at(asset, row_);
        if (!ask) { return; }
        model::Request out = request(id, ask->side);
        set_size(out, ask->amount);
        context.place(out);
    }

    std::span<const VectorAsset> assets_;
    std::span<const TimeNs> times_;
    std::vector<std::size_t> next_;  // by asset: cursor into its signals
    strategy::FreeShare free_;
    std::size_t row_ = 0;
};

data::BarSeries series_of(const VectorAsset& asset, InstrumentId id, std::span<const TimeNs> times) {
    std::vector<data::TimedBar> rows;
    rows.reserve(asset.bars.rows);
    for (std::size_t row = 0; row < asset.bars.rows; ++row) {
        if (!vectorised::is_bar(asset.bars, row)) { continue; }
        model::Bar bar = vectorised::bar_at(asset.bars, row);
        bar.open_time = TimeNs{row == 0 ? times[0].ns - 1 : times[row - 1].ns + 1};
        rows.push_back({times[row], bar});
    }
    data::SeriesOptions options;
    options.source = asset.instrument->name();
    options.closes_only = asset.bars.open.empty();
    return {id, std::move(rows), options};
}

struct Clock {  // from times back to rows
    std::span<const TimeNs> times;
    [[nodiscard]] std::uint32_t row(TimeNs ts) const {
        return static_cast<std::uint32_t>(std::ranges::lower_bound(times, ts) - times.begin());
    }
    [[nodiscard]] bool is_open(TimeNs ts) const { return times[row(ts)] != ts; }
};

PoolRun translate(const Result& result, const Clock& clock, Money start) {
    PoolRun run;
    run.start = run.cash = start;
    run.by_events = true;
    run.margin_calls = static_cast<std::uint32_t>(result.margin_calls);
    for (const model::Order& order : result.orders) {
        VectorOrder& out = run.orders.emplace_back();
        out.row = clock.row(order.ts_init);
        out.asset = order.terms.instrument.value;
        out.parent = static_cast<std::uint32_t>(order.parent.value);
        out.row_last = clock.row(order.ts_last);
        out.ended_at_open = clock.is_open(order.ts_last);
        out.side = order.terms.side;
        out.type = order.terms.type;
        out.status = order.status;
        out.reason = order.reason;
        out.quantity = order.terms.quantity;
        out.price = model::is_stop(order.terms.type) ? order.terms.trigger : order.terms.price;
    }
    return run;
}

}  // namespace

PoolRun run_pool_by_events(std::span<const VectorAsset> assets, const PoolConfig& config,
                           std::span<const TimeNs> given_times) {
    vectorised::check_pool(assets, config, given_times);
    const std::size_t rows = assets.front().bars.rows;
    std::vector<TimeNs> counted;
    if (given_times.empty()) {
        for (std::size_t row = 0; row < rows; ++row) {
            counted.push_back(TimeNs{static_cast<std::int64_t>(row + 1) * second});
        }
    }
    const std::span<const TimeNs> times = given_times.empty() ? counted : given_times;

    model::Universe universe;
    const CurrencyId currency = universe.currency(vectorised::no_currency);
    std::vector<data::BarSeries> series;
    series.reserve(assets.size());
    for (const VectorAsset& asset : assets) {
        model::Instrument instrument = *asset.instrument;
        instrument.symbol = std::to_string(series.size());
        instrument.venue = "POOL";
        instrument.label.clear();
        instrument.currency = currency;
        series.push_back(series_of(asset, universe.add(std::move(instrument)), times));
    }
    PoolRun nothing;
    nothing.start = nothing.cash = config.cash;
    nothing.by_events = true;
    if (std::ranges::all_of(series, &data::BarSeries::empty)) { return nothing; }

    RunConfig run;
    run.replay.fill_at = config.fill_at;
    run.replay.limit_fill = config.limit_fill;
    run.replay.fees = config.fees;
    run.replay.slippage = config.slippage;
    run.session.sizing.buffer = config.size_buffer;
    run.session.history = 1;
    run.record_equity = false;
    portfolio::AccountConfig account;
    account.kind = config.account;
    account.base_currency = currency;
    account.balances = {{currency, config.cash}};
    account.initial_margin = config.initial_margin;
    account.maintenance_margin = config.maintenance_margin;
    run.session.accounts = {account};
    Data data;
    for (const data::BarSeries& one : series) { data.bars.push_back(&one); }
    SignalStrategy strategy{assets, times};
    std::array<strategy::Strategy*, 1> strategies{&strategy};
    const Result result = backtest::run(universe, data, strategies, run);

    const Clock clock{times};
    PoolRun out = translate(result, clock, config.cash);
    for (const FillRecord& fill : result.fills) {
        VectorFill& row = out.fills.emplace_back();
        row.row = clock.row(fill.ts);
        row.asset = fill.instrument.value;
        row.order = static_cast<std::uint32_t>(fill.order.value);
        row.at_open = clock.is_open(fill.ts);
        row.side = fill.side;
        row.liquidity = fill.liquidity;
        row.rule = fill.rule;
        row.quantity = fill.quantity;
        row.price = fill.price;
        row.reference = fill.reference;
        row.fee = core::checked_narrow(fill.fee.raw);
        out.cash = row.cash_after(out.cash, universe.at(fill.instrument));
    }
    out.ignored = vectorised::count_ignored(assets);
    return out;
}

}  // namespace walras::backtest
