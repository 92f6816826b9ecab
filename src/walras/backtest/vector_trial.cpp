#include "walras/backtest/vector_trial.hpp"

#include <algorithm>

#include "walras/core/decimal.hpp"
#include "walras/model/money.hpp"
#include "walras/portfolio/returns.hpp"
#include "walras/strategy/sizing.hpp"

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

// One currency, one position at a time, nothing that accrues.
bool is_simple(const portfolio::AccountConfig& account, CurrencyId currency) {
    return account.mode == portfolio::PositionMode::netting && account.base_currency == currency &&
           account.balances.size() == 1 && account.balances.front().currency == currency &&
           account.debit_rate.is_zero() && account.credit_rate.is_zero() && account.borrow_rate.is_zero() &&
           account.instruments.empty();
}

bool is_instant(const ReplayConfig& replay) {
    // Models do not say whether they wait, but all of them are asked the same way.
    constexpr std::uint64_t message = 1;
    return replay.latency->describe() == no_latency()->describe() &&
           replay.latency->order(replay.seed, message).ns == 0 &&
           replay.latency->response(replay.seed, message).ns == 0;
}

template <class Field>
std::vector<double> column(std::span<const data::TimedBar> rows, Field field) {
    std::vector<double> out(rows.size());
    std::ranges::transform(rows, out.begin(), field);
    return out;
}

}  // namespace

std::unique_ptr<VectorTrials> VectorTrials::prepare(const model::Universe& universe, const Data& data,
                                                    const strategy::Description& strategy, const RunConfig& config) {
    const bool one_series = data.bars.size() == 1 && data.quotes.empty() && data.marks.empty() && data.actions.empty();
    if (!strategy.vector_form || !one_series || config.session.accounts.size() != 1) { return nullptr; }
    const data::BarSeries& bars = *data.bars.front();
    const model::Instrument& instrument = universe.at(bars.instrument());
    const ReplayConfig& replay = config.replay;
    const bool path = replay.fill_at == FillAt::intrabar_path && !bars.closes_only();
    if (!is_plain(instrument) || path || !replay.volume_share.is_zero() || !is_instant(replay) ||
        config.at_end != AtEnd::keep || !has_no_limits(config.session.limits) ||
        !config.session.venue_of_instrument.empty() ||
        !is_simple(config.session.accounts.front(), instrument.currency)) {
        return nullptr;
    }
    const auto rows = bars.rows();
    const auto closes_before = [](TimeNs t) { return [t](const data::TimedBar& row) { return row.ts < t; }; };
    const auto* first = std::partition_point(bars.begin(), bars.end(), closes_before(config.from));
    const auto* last = config.to == time_max
                           ? bars.end()
                           : std::partition_point(first, bars.end(), closes_before(TimeNs{config.to.ns + 1}));
    // A bar beyond the end may still open before it, and trade there.
    if (first == last || (last != bars.end() && last->value.open_time <= config.to)) { return nullptr; }
    const auto window =
        rows.subspan(static_cast<std::size_t>(first - bars.begin()), static_cast<std::size_t>(last - first));
    std::unique_ptr<VectorTrials> trials{new VectorTrials(universe, strategy, config, window, bars.closes_only())};
    trials->asset_.instrument = &instrument;
    return trials->columns_are_exact(window) ? std::move(trials) : nullptr;
}

VectorTrials::VectorTrials(const model::Universe& universe, const strategy::Description& strategy,
                           const RunConfig& config, std::span<const data::TimedBar> rows, bool closes_only)
    : form_(*strategy.vector_form),
      instruments_(universe.size()),
      cache_(column(rows, [](const data::TimedBar& row) { return row.value.close.to_double(); })),
      open_(column(rows, [](const data::TimedBar& row) { return row.value.open.to_double(); })),
      high_(column(rows, [](const data::TimedBar& row) { return row.value.high.to_double(); })),
      low_(column(rows, [](const data::TimedBar& row) { return row.value.low.to_double(); })),
      volume_(column(rows, [](const data::TimedBar& row) { return row.value.volume; })) {
    const portfolio::AccountConfig& account = config.session.accounts.front();
    pool_.fill_at = config.replay.fill_at;
    pool_.limit_fill = config.replay.limit_fill;
    pool_.fees = config.replay.fees;
    pool_.slippage = config.replay.slippage;
    pool_.size_buffer = config.session.sizing.buffer;
    pool_.account = account.kind;
    pool_.cash = account.balances.front().amount;
    pool_.initial_margin = account.initial_margin;
    pool_.maintenance_margin = account.maintenance_margin;

    asset_.bars.rows = rows.size();
    asset_.bars.close = {cache_.closes().data()};
    if (!closes_only) {
        asset_.bars.open = {open_.data()};
        asset_.bars.high = {high_.data()};
        asset_.bars.low = {low_.data()};
    }
    asset_.bars.volume = {volume_.data()};
    asset_.bars.complete = true;
    asset_.rules.size = model::SizeKind::percent;

    std::vector<TimeNs> times;
    times.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        times.push_back(rows[i].ts);
        close_raw_.push_back(rows[i].value.close.raw);
        // A bar that opens when the one before it closes: at that time there was a position already.
        const bool touches = i > 0 && rows[i].value.open_time <= rows[i - 1].ts;
        opening_row_.push_back(static_cast<std::uint32_t>(touches ? i - 1 : i));
    }
    periods_per_year_ = portfolio::stats::periods_per_year(times);
}

// Prices beyond nine million do not survive the way to a double and back; such series take the other path.
bool VectorTrials::columns_are_exact(std::span<const data::TimedBar> rows) const {
    const auto returns = [](Price price) {
        const auto raw = core::fixed_from_double(price.to_double());
        return raw && *raw == price.raw;
    };
    return std::ranges::all_of(rows, [&](const data::TimedBar& row) {
        const model::Bar& bar = row.value;
        return returns(bar.open) && returns(bar.high) && returns(bar.low) && returns(bar.close);
    });
}

std::optional<TrialRow> VectorTrials::run(const strategy::Parameters& parameters, VectorWorkspace& workspace) const {
    workspace.changes.clear();
    form_.sides(parameters, cache_, workspace.changes);
    workspace.signals.clear();
    for (const strategy::SideChange& change : workspace.changes) {
        if (change.side < 0) { return std::nullopt; }  // how much may be sold short depends on what is held
        workspace.signals.push_back({change.row, change.side > 0 ? enter_long : exit_long});
    }
    VectorAsset asset = asset_;
    asset.signals = workspace.signals;
    // Entries begin flat, with all of equity free.
    double room = strategy::free_share(1.0);
    asset.rules.amount.value = Rate::of(strategy::take_share(room, form_.share(parameters, instruments_))).to_double();
    const PoolRun run = run_pool({&asset, 1}, pool_);
    if (run.by_events || run.margin_calls != 0) { return std::nullopt; }

    TrialFacts facts;
    collect(run, workspace, facts);
    return measure(facts, workspace.statistics);
}

// What the trade log and the observer of an event run would have seen. Fills alternate: a purchase of all, a sale of
// all.
void VectorTrials::collect(const PoolRun& run, VectorWorkspace& workspace, TrialFacts& facts) const {
    const auto rows = static_cast<std::uint32_t>(asset_.bars.rows);
    mark(run, workspace.equity);
    facts.equity = workspace.equity;
    facts.starting_equity = run.start.to_double();
    facts.periods_per_year = periods_per_year_;
    std::uint32_t covered = 0;  // rows before it are counted as exposed, or are not
    const auto row_of = [&](const VectorFill& fill) { return fill.at_open ? opening_row_[fill.row] : fill.row; };
    const auto expose = [&](std::uint32_t from, std::uint32_t to) {  // both included
        from = std::max(from, covered);
        if (to >= from) { facts.exposed_rows += to - from + 1; }
        covered = std::max(covered, to + 1);
    };
    Money spent{};
    const VectorFill* entry = nullptr;
    for (const VectorFill& fill : run.fills) {
        const Money notional = model::notional(fill.price, fill.quantity, *asset_.instrument);
        facts.traded_value += abs(notional).to_double();
        facts.fees_paid += fill.fee.to_double();
        if (entry == nullptr) {
            entry = &fill;
            spent = notional + fill.fee;
            continue;
        }
        facts.trades.add((notional - fill.fee - spent).to_double());
        expose(row_of(*entry), row_of(fill));
        entry = nullptr;
    }
    if (entry != nullptr) {
        facts.open_trades = 1;
        expose(row_of(*entry), rows - 1);
    }
}

// mark_pool for one complete column, from prices that are integers already.
void VectorTrials::mark(const PoolRun& run, std::vector<double>& equity) const {
    const std::size_t rows = asset_.bars.rows;
    equity.resize(rows);
    Money cash = run.start;
    Quantity held{};
    std::size_t row = 0;
    std::size_t next = 0;
    while (row < rows) {
        for (; next < run.fills.size() && run.fills[next].row <= row; ++next) {
            const VectorFill& fill = run.fills[next];
            cash = fill.cash;
            held += fill.side == model::OrderSide::buy ? fill.quantity : -fill.quantity;
        }
        const std::size_t until = next < run.fills.size() ? run.fills[next].row : rows;
        if (held.is_zero()) {
            std::fill(equity.begin() + static_cast<std::ptrdiff_t>(row),
                      equity.begin() + static_cast<std::ptrdiff_t>(until), cash.to_double());
        } else {
            for (std::size_t i = row; i < until; ++i) {
                equity[i] = (cash + model::notional(Price{close_raw_[i]}, held, *asset_.instrument)).to_double();
            }
        }
        row = until;
    }
}

}  // namespace walras::backtest
