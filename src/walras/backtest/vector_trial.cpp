#include "walras/backtest/vector_trial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "walras/backtest/vector_kernel.hpp"
#include "walras/core/decimal.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/returns.hpp"

namespace walras::backtest {
namespace {

bool is_plain(const model::Instrument& instrument) {
    return instrument.settlement == model::Settlement::full &&
           instrument.kind != model::InstrumentKind::currency_pair && !instrument.price_may_be_negative;
}

bool has_no_limits(const risk::RiskLimits& limits) {
    return limits.max_order_quantity.is_zero() && limits.max_order_notional.is_zero() &&
           limits.price_collar.is_zero() && limits.max_position.is_zero() && limits.max_gross_exposure.is_zero() &&
           limits.max_net_exposure.is_zero() && limits.check_buying_power && limits.max_orders_per_second == 0 &&
           limits.max_reference_age.ns == 0 && !limits.watches_equity();
}

// One currency, one position an instrument, nothing that accrues.
bool is_simple(const portfolio::AccountConfig& account) {
    return account.mode == portfolio::PositionMode::netting && account.balances.size() == 1 &&
           account.balances.front().currency == account.base_currency && account.debit_rate.is_zero() &&
           account.credit_rate.is_zero() && account.borrow_rate.is_zero() && account.instruments.empty();
}

bool is_instant(const ReplayConfig& replay) {
    constexpr std::uint64_t message = 1;
    return replay.latency->describe() == model::no_latency()->describe() &&
           replay.latency->order({replay.seed, message, {}}).ns == 0 &&
           replay.latency->response({replay.seed, message, {}}).ns == 0;
}

bool is_simple(const RunConfig& config) {
    return config.session.accounts.size() == 1 && is_simple(config.session.accounts.front()) &&
           config.replay.fill_at != FillAt::intrabar_path && config.replay.volume_share.is_zero() &&
           is_instant(config.replay) && config.at_end == AtEnd::keep && has_no_limits(config.session.limits) &&
           config.session.venue_of_instrument.empty();
}

// The rows of the run; none where a bar beyond its end opens before it, and could trade there.
std::optional<std::span<const data::TimedBar>> window(const data::BarSeries& bars, const RunConfig& config) {
    const auto closes_before = [](TimeNs t) { return [t](const data::TimedBar& row) { return row.ts < t; }; };
    const auto* first = std::partition_point(bars.begin(), bars.end(), closes_before(config.from));
    const auto* last = config.to == time_max
                           ? bars.end()
                           : std::partition_point(first, bars.end(), closes_before(TimeNs{config.to.ns + 1}));
    if (last != bars.end() && last->value.open_time <= config.to) { return std::nullopt; }
    return std::span{first, last};
}

// Prices beyond nine million do not survive the way to a double and back.
bool is_exact(std::span<const data::TimedBar> rows) {
    const auto returns = [](Price price) {
        const auto raw = core::fixed_from_double(price.to_double());
        return raw && *raw == price.raw;
    };
    return std::ranges::all_of(rows, [&](const data::TimedBar& row) {
        const model::Bar& bar = row.value;
        return returns(bar.open) && returns(bar.high) && returns(bar.low) && returns(bar.close);
    });
}

std::vector<double> closes_of(std::span<const data::TimedBar> rows) {
    std::vector<double> out(rows.size());
    std::ranges::transform(rows, out.begin(), [](const data::TimedBar& row) { return row.value.close.to_double(); });
    return out;
}

PoolConfig pool_of(const RunConfig& config) {
    const portfolio::AccountConfig& account = config.session.accounts.front();
    PoolConfig pool;
    pool.fill_at = config.replay.fill_at;
    pool.limit_fill = config.replay.limit_fill;
    pool.fees = config.replay.fees;
    pool.slippage = config.replay.slippage;
    pool.size_buffer = config.session.sizing.buffer;
    pool.account = account.kind;
    pool.cash = account.balances.front().amount;
    pool.initial_margin = account.initial_margin;
    pool.maintenance_margin = account.maintenance_margin;
    return pool;
}

}  // namespace

std::unique_ptr<VectorTrials> VectorTrials::prepare(const model::Universe& universe, const Data& data,
                                                    const strategy::Description& strategy, const RunConfig& config) {
    const bool only_bars = !data.bars.empty() && data.quotes.empty() && data.marks.empty() && data.actions.empty();
    if (!strategy.vector_form || !only_bars || !is_simple(config)) { return nullptr; }
    std::vector<const data::BarSeries*> all{data.bars};
    std::ranges::sort(all, {}, [](const data::BarSeries* bars) { return bars->instrument(); });
    std::vector<std::span<const data::TimedBar>> windows;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const model::Instrument& instrument = universe.at(all[i]->instrument());
        const bool is_alone = i == 0 || all[i - 1]->instrument() != all[i]->instrument();
        const auto rows = window(*all[i], config);
        if (!is_alone || !rows || !is_plain(instrument) || !is_exact(*rows) ||
            instrument.currency != config.session.accounts.front().base_currency ||
            all[i]->closes_only() != all.front()->closes_only()) {
            return nullptr;
        }
        windows.push_back(*rows);
    }
    std::unique_ptr<VectorTrials> trials{new VectorTrials(*strategy.vector_form)};
    trials->instruments_ = universe.size();
    trials->pool_ = pool_of(config);
    if (!trials->take_rows(windows)) { return nullptr; }
    for (std::size_t i = 0; i < all.size(); ++i) {
        trials->add(*all[i], windows[i], universe.at(all[i]->instrument()));
    }
    trials->periods_per_year_ = portfolio::stats::periods_per_year(trials->times_);
    return trials;
}

// The rows of all series together. False where bars of one row open at different times, or before the row before them
// has closed: then stages of several bars interleave.
bool VectorTrials::take_rows(std::span<const std::span<const data::TimedBar>> bars) {
    for (const auto& rows : bars) {
        for (const data::TimedBar& row : rows) { times_.push_back(row.ts); }
    }
    std::ranges::sort(times_);
    const auto twins = std::ranges::unique(times_);
    times_.erase(twins.begin(), twins.end());
    std::vector<TimeNs> opens(times_.size(), time_min);
    for (const auto& rows : bars) {
        std::size_t at = 0;
        for (const data::TimedBar& row : rows) {
            while (times_[at] < row.ts) { ++at; }
            const TimeNs open = row.value.open_time;
            if (opens[at] != time_min && opens[at] != open) { return false; }
            if (at > 0 && open < times_[at - 1]) { return false; }
            opens[at] = open;
        }
    }
    touches_.resize(times_.size());
    for (std::size_t row = 1; row < times_.size(); ++row) { touches_[row] = opens[row] == times_[row - 1]; }
    return !times_.empty();
}

VectorTrials::Series::Series(std::span<const data::TimedBar> bars) : cache(closes_of(bars)) {}

void VectorTrials::add(const data::BarSeries& bars, std::span<const data::TimedBar> rows,
                       const model::Instrument& instrument) {
    Series& series = series_.emplace_back(rows);
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    for (auto* column : {&series.open, &series.high, &series.low, &series.close, &series.volume}) {
        column->assign(times_.size(), missing);
    }
    series.mark.assign(times_.size(), 0);
    std::size_t bar = 0;
    for (std::size_t row = 0; row < times_.size(); ++row) {
        if (row > 0) { series.mark[row] = series.mark[row - 1]; }
        if (bar == rows.size() || rows[bar].ts != times_[row]) { continue; }
        const model::Bar& value = rows[bar++].value;
        series.open[row] = value.open.to_double();
        series.high[row] = value.high.to_double();
        series.low[row] = value.low.to_double();
        series.close[row] = value.close.to_double();
        series.volume[row] = value.volume;
        series.mark[row] = value.close.raw;
        series.row_of_bar.push_back(static_cast<std::uint32_t>(row));
    }
    VectorAsset& asset = series.asset;
    asset.instrument = &instrument;
    asset.bars.rows = times_.size();
    asset.bars.close = {series.close.data()};
    if (!bars.closes_only()) {
        asset.bars.open = {series.open.data()};
        asset.bars.high = {series.high.data()};
        asset.bars.low = {series.low.data()};
    }
    asset.bars.volume = {series.volume.data()};
    asset.bars.complete = rows.size() == times_.size();
}

std::optional<TrialRow> VectorTrials::run(const strategy::Parameters& parameters, VectorWorkspace& workspace) const {
    const double share = form_.share(parameters, instruments_);
    workspace.targets.resize(series_.size());
    workspace.assets.clear();
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const Series& series = series_[i];
        workspace.changes.clear();
        form_.sides(parameters, series.cache, workspace.changes);
        std::vector<Target>& targets = workspace.targets[i];
        targets.clear();
        for (const strategy::SideChange& change : workspace.changes) {
            targets.push_back({series.row_of_bar[change.row], change.side * share});
        }
        workspace.assets.push_back(series.asset);
        workspace.assets.back().targets = targets;
    }
    PoolRun run;
    vectorised::Kernel kernel{workspace.assets, pool_};
    TrialFacts facts;
    if (!kernel.run(run) || !fold(run, workspace, facts)) { return std::nullopt; }
    mark(run, workspace);
    facts.equity = workspace.equity;
    facts.starting_equity = run.start.to_double();
    facts.periods_per_year = periods_per_year_;
    return measure(facts, workspace.statistics);
}

// What the trade log of an event run would have seen: fills open a position, close it, or turn it around. False where
// one changes a part of it, as after a refusal.
bool VectorTrials::fold(const PoolRun& run, VectorWorkspace& workspace, TrialFacts& facts) const {
    workspace.lots.assign(series_.size(), {});
    workspace.held.clear();
    for (const VectorFill& fill : run.fills) {
        const model::Instrument& instrument = *series_[fill.asset].asset.instrument;
        const Quantity quantity = fill.signed_quantity();
        const Money cost = model::notional(fill.price, quantity, instrument);
        // A position counts from the first row at or after its fill.
        const std::uint32_t row = fill.at_open && touches_[fill.row] ? fill.row - 1 : fill.row;
        facts.traded_value += abs(cost).to_double();
        const Money fee{fill.fee};
        facts.fees_paid += fee.to_double();
        VectorWorkspace::Lot& lot = workspace.lots[fill.asset];
        Money opening_cost = cost;
        Money opening_fee = fee;
        if (!lot.quantity.is_zero()) {
            const bool opposite = (lot.quantity.lots > 0) != (quantity.lots > 0);
            if (!opposite || abs(quantity) < abs(lot.quantity)) { return false; }
            const Money closing_cost =
                abs(quantity) == abs(lot.quantity) ? cost : model::notional(fill.price, -lot.quantity, instrument);
            const Money closing_fee = model::proportional_cost(fee, abs(lot.quantity), abs(quantity));
            opening_cost -= closing_cost;
            opening_fee -= closing_fee;
            facts.trades.add((-lot.cost - closing_cost - (lot.fee + closing_fee)).to_double());
            workspace.held.push_back({lot.row, std::max(lot.row, row)});
        }
        lot = {lot.quantity + quantity, opening_cost, opening_fee, row};
    }
    for (const VectorWorkspace::Lot& lot : workspace.lots) {
        if (lot.quantity.is_zero()) { continue; }
        ++facts.open_trades;
        workspace.held.push_back({lot.row, static_cast<std::uint32_t>(times_.size()) - 1});
    }
    std::ranges::sort(workspace.held);
    std::uint32_t next = 0;  // the first row that is not yet counted
    for (const VectorWorkspace::Held& each : workspace.held) {
        if (each.to < next) { continue; }
        facts.exposed_rows += each.to + 1 - std::max(each.from, next);
        next = each.to + 1;
    }
    return true;
}

// mark_pool from prices that are integers already.
void VectorTrials::mark(const PoolRun& run, VectorWorkspace& workspace) const {
    const std::size_t rows = times_.size();
    workspace.equity.resize(rows);
    if (series_.size() == 1) {
        mark_one(run, workspace.equity);
        return;
    }
    std::vector<core::int128>& worth = workspace.worth;
    worth.resize(rows);
    Money cash = run.start;
    std::size_t row = 0;
    for (const VectorFill& fill : run.fills) {
        for (; row < fill.row; ++row) { worth[row] = cash.raw; }
        cash = fill.cash_after(cash, *series_[fill.asset].asset.instrument);
    }
    for (; row < rows; ++row) { worth[row] = cash.raw; }

    const auto value = [&](std::size_t asset, Quantity held, std::size_t from, std::size_t to) {
        const Series& series = series_[asset];
        for (std::size_t i = from; i < to; ++i) {
            worth[i] += model::notional(Price{series.mark[i]}, held, *series.asset.instrument).raw;
        }
    };
    for (VectorWorkspace::Lot& lot : workspace.lots) { lot = {}; }  // here: what is held since `row`
    for (const VectorFill& fill : run.fills) {
        VectorWorkspace::Lot& lot = workspace.lots[fill.asset];
        if (!lot.quantity.is_zero()) { value(fill.asset, lot.quantity, lot.row, fill.row); }
        lot.quantity += fill.signed_quantity();
        lot.row = fill.row;
    }
    for (std::size_t asset = 0; asset < series_.size(); ++asset) {
        const VectorWorkspace::Lot& lot = workspace.lots[asset];
        if (!lot.quantity.is_zero()) { value(asset, lot.quantity, lot.row, rows); }
    }
    std::ranges::transform(worth, workspace.equity.begin(), [](core::int128 raw) { return Money{raw}.to_double(); });
}

void VectorTrials::mark_one(const PoolRun& run, std::vector<double>& equity) const {
    const Series& series = series_.front();
    const std::size_t rows = equity.size();
    Money cash = run.start;
    Quantity held{};
    std::size_t row = 0;
    std::size_t next = 0;
    while (row < rows) {
        for (; next < run.fills.size() && run.fills[next].row <= row; ++next) {
            cash = run.fills[next].cash_after(cash, *series.asset.instrument);
            held += run.fills[next].signed_quantity();
        }
        const std::size_t until = next < run.fills.size() ? run.fills[next].row : rows;
        if (held.is_zero()) {
            std::fill(equity.begin() + static_cast<std::ptrdiff_t>(row),
                      equity.begin() + static_cast<std::ptrdiff_t>(until), cash.to_double());
        } else {
            for (std::size_t i = row; i < until; ++i) {
                const Money value = model::notional(Price{series.mark[i]}, held, *series.asset.instrument);
                equity[i] = (cash + value).to_double();
            }
        }
        row = until;
    }
}

}  // namespace walras::backtest
