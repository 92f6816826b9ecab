// What a vectorised run is worth telling: round trips, statistics, positions. Computed when somebody asks.
#include <algorithm>

#include "walras/backtest/vector_batch.hpp"
#include "walras/backtest/vector_rules.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest {
namespace {

TimeNs time_of(const VectorBatch& batch, const VectorFill& fill) {
    return fill.at_open ? batch.opens[fill.row] : batch.closes[fill.row];
}

model::Event event_of(const VectorBatch& batch, const VectorFill& fill, std::uint64_t number) {
    const TimeNs ts = time_of(batch, fill);
    model::Event event{model::EventKind::order, InstrumentId{fill.asset}, ts, ts};
    event.report.order = OrderId{fill.order};
    event.report.step = model::OrderStep::filled;
    event.report.trade = TradeId{number};
    event.report.quantity = fill.quantity;
    event.report.price = fill.price;
    event.report.reference = fill.reference;
    event.report.side = fill.side;
    event.report.fee = Money{fill.fee};
    event.report.rule = fill.rule;
    event.report.liquidity = fill.liquidity;
    return event;
}

// The last row in which an asset trades; rows if there is none.
std::size_t last_bar(const VectorBars& bars) {
    for (std::size_t row = bars.rows; row-- > 0;) {
        if (vectorised::is_bar(bars, row)) { return row; }
    }
    return bars.rows;
}

}  // namespace

// The ledger and the trade log of the event engine, fed with the fills.
PoolTrades trades_of(const VectorBatch& batch, std::size_t pool, const PoolRun& run) {
    PoolTrades out;
    if (run.fills.empty()) { return out; }
    model::Universe universe;
    const CurrencyId currency = universe.currency(vectorised::no_currency);
    for (const std::uint32_t column : batch.pools[pool]) {
        model::Instrument instrument = batch.instruments[column];
        instrument.symbol = std::to_string(universe.size());
        instrument.venue = "POOL";
        instrument.label.clear();
        instrument.currency = currency;
        universe.add(std::move(instrument));
    }
    portfolio::AccountConfig account;
    account.base_currency = currency;
    account.balances = {{currency, run.start}};
    portfolio::Portfolio ledger{universe, {account}, 1};
    portfolio::TradeLog log;
    std::uint64_t number = 0;
    for (const VectorFill& fill : run.fills) {
        const model::Event event = event_of(batch, fill, ++number);
        ledger.apply(event);
        log.apply(event, ledger);
    }
    for (std::size_t i = 0; i < batch.pools[pool].size(); ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        if (ledger.net_quantity(id).is_zero()) { continue; }
        VectorBars bars;
        bars.rows = batch.rows;
        bars.close = batch.close.column(batch.pools[pool][i]);
        const std::size_t row = last_bar(bars);
        ledger.mark(id, vectorised::price_of(bars.close[row]), batch.closes[row]);
    }
    out.closed.assign(log.closed().begin(), log.closed().end());
    out.open = log.open(ledger);
    return out;
}

std::vector<double> hold(const VectorBatch& batch, std::span<const std::uint32_t> columns) {
    std::vector<double> out(batch.rows, 0.0);
    for (const std::uint32_t column : columns) {
        const Strided<double> close = batch.close.column(column);
        double per_first = 0;
        double price = 0;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            if (close[row] == close[row]) { price = vectorised::price_of(close[row]).to_double(); }
            if (per_first == 0 && price != 0) { per_first = 1.0 / price; }
            out[row] += per_first == 0 ? 1.0 : price * per_first;
        }
    }
    const double each = 1.0 / static_cast<double>(columns.size());
    for (double& value : out) { value *= each; }
    return out;
}

std::vector<portfolio::stats::Statistic> statistics_of(const VectorBatch& batch, std::span<const std::size_t> pools,
                                                       std::span<const PoolRun> runs, double periods_per_year) {
    portfolio::stats::Performance performance;
    std::vector<double> equity(batch.rows, 0.0);
    std::vector<double> gross(batch.rows, 0.0);
    std::vector<double> one(batch.rows);
    std::vector<double> one_gross(batch.rows);
    std::vector<std::uint32_t> columns;
    PoolTrades trades;
    Money start{};
    for (const std::size_t pool : pools) {
        const PoolRun& run = runs[pool];
        const std::vector<VectorAsset> assets = assets_of(batch, pool);
        mark_pool(assets, run, one, {}, one_gross);
        for (std::size_t row = 0; row < batch.rows; ++row) {
            equity[row] += one[row];
            gross[row] += one_gross[row];
        }
        start += run.start;
        columns.insert(columns.end(), batch.pools[pool].begin(), batch.pools[pool].end());
        PoolTrades more = trades_of(batch, pool, run);
        std::ranges::move(more.closed, std::back_inserter(trades.closed));
        std::ranges::move(more.open, std::back_inserter(trades.open));
        for (const VectorFill& fill : run.fills) {
            const Money value = model::notional(fill.price, fill.quantity, *assets[fill.asset].instrument);
            performance.traded_value += abs(value).to_double();
            performance.fees_paid += Money{fill.fee}.to_double();
        }
        performance.orders += run.orders.size();
        performance.fills += run.fills.size();
    }
    if (pools.size() > 1) { std::ranges::stable_sort(trades.closed, {}, &portfolio::RoundTrip::exit_time); }
    const std::vector<double> benchmark = hold(batch, columns);
    performance.equity = equity;
    performance.gross = gross;
    performance.times = batch.closes;
    performance.starting_equity = start.to_double();
    performance.periods_per_year = periods_per_year;
    performance.benchmark = benchmark;
    performance.trades = trades.closed;
    performance.open_trades = trades.open;
    const auto table = portfolio::stats::summarize(performance);
    return {table.rows().begin(), table.rows().end()};
}

}  // namespace walras::backtest
