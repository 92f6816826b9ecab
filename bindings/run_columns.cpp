#include "run_columns.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <limits>

#include "walras/backtest/trial_statistics.hpp"
#include "walras/model/money.hpp"

namespace walras::python {

using backtest::Result;

namespace {

// A column of enumerators: one byte a row, with the names of all values. Python makes it text without a string a row.
template <class Enum, class Row, class Field>
nb::tuple codes(const std::vector<Row>& rows, int count, Field field) {
    std::vector<std::uint8_t> out;
    out.reserve(rows.size());
    for (const Row& row : rows) { out.push_back(static_cast<std::uint8_t>(field(row))); }
    nb::list names;
    for (int i = 0; i < count; ++i) { names.append(nb::cast(std::string{to_string(static_cast<Enum>(i))})); }
    return nb::make_tuple(to_numpy(std::move(out)), names);
}

template <class Row, class Field>
nb::list texts(const std::vector<Row>& rows, Field field) {
    nb::list out;
    for (const Row& row : rows) { out.append(nb::cast(std::string{field(row)})); }
    return out;
}

template <class T, class Row, class Field>
nb::object numbers(const std::vector<Row>& rows, Field field) {
    std::vector<T> out;
    out.reserve(rows.size());
    for (const Row& row : rows) { out.push_back(static_cast<T>(field(row))); }
    return nb::cast(to_numpy(std::move(out)));
}

nb::dict fill_columns(const Result& result, const model::Universe& universe) {
    const auto& rows = result.fills;
    using Row = backtest::FillRecord;
    nb::dict out;
    out["order"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.order.value; });
    out["trade"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.trade.value; });
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.ts.ns; });
    out["instrument"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.instrument.value; });
    out["strategy"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.strategy.value; });
    out["position"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.position.value; });
    out["side"] = codes<model::OrderSide>(rows, 2, [](const Row& r) { return r.side; });
    out["quantity"] = numbers<double>(rows, [&](const Row& r) { return universe.at(r.instrument).units(r.quantity); });
    out["price"] = numbers<double>(rows, [](const Row& r) { return r.price.to_double(); });
    out["reference_price"] = numbers<double>(rows, [](const Row& r) { return r.reference.to_double(); });
    out["fee"] = numbers<double>(rows, [](const Row& r) { return r.fee.to_double(); });
    out["fee_currency"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.fee_currency.value; });
    out["slippage"] = numbers<double>(rows, [&](const Row& r) {
        const Money paid = model::notional(Price{r.price.raw - r.reference.raw}, r.quantity, universe.at(r.instrument));
        return paid.to_double() * static_cast<double>(model::sign(r.side));
    });
    out["liquidity"] = codes<model::LiquiditySide>(rows, 3, [](const Row& r) { return r.liquidity; });
    out["rule"] = codes<model::FillRule>(rows, model::fill_rule_count, [](const Row& r) { return r.rule; });
    return out;
}

nb::dict order_columns(const Result& result, const model::Universe& universe, const std::vector<std::string>& tags) {
    const auto& rows = result.orders;
    using Row = model::Order;
    nb::dict out;
    out["order"] = numbers<std::int64_t>(rows, [](const Row& o) { return o.id.value; });
    out["revision"] = numbers<std::int32_t>(rows, [](const Row& o) { return o.revision; });
    out["parent"] = numbers<std::int64_t>(rows, [](const Row& o) { return o.parent.value; });
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& o) { return o.ts_init.ns; });
    out["ts_last"] = numbers<std::int64_t>(rows, [](const Row& o) { return o.ts_last.ns; });
    out["instrument"] = numbers<std::int32_t>(rows, [](const Row& o) { return o.terms.instrument.value; });
    out["strategy"] = numbers<std::int32_t>(rows, [](const Row& o) { return o.strategy.value; });
    out["side"] = codes<model::OrderSide>(rows, 2, [](const Row& o) { return o.terms.side; });
    out["type"] = codes<model::OrderType>(rows, 9, [](const Row& o) { return o.terms.type; });
    out["tif"] = codes<model::TimeInForce>(rows, 7, [](const Row& o) { return o.terms.time_in_force; });
    out["quantity"] =
        numbers<double>(rows, [&](const Row& o) { return universe.at(o.terms.instrument).units(o.terms.quantity); });
    out["limit"] = numbers<double>(rows, [](const Row& o) { return o.terms.price.to_double(); });
    out["stop"] = numbers<double>(rows, [](const Row& o) { return o.terms.trigger.to_double(); });
    out["filled"] =
        numbers<double>(rows, [&](const Row& o) { return universe.at(o.terms.instrument).units(o.filled); });
    out["average_price"] = numbers<double>(rows, [&](const Row& o) {
        return o.filled.is_zero()
                   ? 0.0
                   : model::average_price(o.filled_notional, o.filled, universe.at(o.terms.instrument)).to_double();
    });
    out["status"] = codes<model::OrderStatus>(rows, model::order_status_count, [](const Row& o) { return o.status; });
    out["reason"] = codes<model::Reason>(rows, model::reason_count, [](const Row& o) { return o.reason; });
    out["tag"] = numbers<std::int32_t>(rows, [](const Row& o) { return o.tag; });
    out["execution"] = numbers<std::int64_t>(rows, [](const Row& o) { return o.execution.value; });
    nb::list tag_names;
    tag_names.append(nb::cast(""));
    for (const std::string& tag : tags) { tag_names.append(nb::cast(tag)); }
    out["tags"] = tag_names;
    nb::dict refusals;
    for (const auto& [id, text] : result.refusals) { refusals[nb::cast(id.value)] = text; }
    out["refusals"] = refusals;
    return out;
}

nb::dict revision_columns(const Result& result) {
    const auto& rows = result.revisions;
    using Row = backtest::RevisionRecord;
    nb::dict out;
    out["order"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.order.value; });
    out["revision"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.revision; });
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.ts.ns; });
    out["limit"] = numbers<double>(rows, [](const Row& r) { return r.limit.to_double(); });
    return out;
}

nb::dict execution_columns(const Result& result, const model::Universe& universe) {
    const auto& rows = result.executions;
    using Row = model::ExecutionState;
    const auto units = [&](const Row& e, Quantity q) { return universe.at(e.request.instrument).units(q); };
    const auto value = [&](const Row& e) { return universe.at(e.request.instrument).lot_value(); };
    nb::dict out;
    out["execution"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.id.value; });
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.start.ns; });
    out["ts_last"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.finished.ns; });
    out["instrument"] = numbers<std::int32_t>(rows, [](const Row& e) { return e.request.instrument.value; });
    out["strategy"] = numbers<std::int32_t>(rows, [](const Row& e) { return e.strategy.value; });
    out["side"] = codes<model::OrderSide>(rows, 2, [](const Row& e) { return e.request.side; });
    out["algorithm"] = codes<model::ExecutionAlgorithm>(rows, 4, [](const Row& e) { return e.request.algorithm; });
    out["urgency"] = codes<model::Urgency>(rows, 2, [](const Row& e) { return e.request.urgency; });
    out["status"] = codes<model::ExecutionStatus>(rows, 6, [](const Row& e) { return e.status; });
    out["quantity"] = numbers<double>(rows, [&](const Row& e) { return units(e, e.request.quantity); });
    out["filled"] = numbers<double>(rows, [&](const Row& e) { return units(e, e.filled); });
    out["average_price"] = numbers<double>(rows, [&](const Row& e) { return e.average_price(value(e)); });
    out["arrival_price"] = numbers<double>(rows, [](const Row& e) { return e.arrival.to_double(); });
    out["market_vwap"] = numbers<double>(rows, [](const Row& e) { return e.market_vwap(); });
    out["market_volume"] = numbers<double>(rows, [&](const Row& e) { return e.market_volume * units(e, Quantity{1}); });
    out["participation"] = numbers<double>(rows, [](const Row& e) { return e.participation(); });
    out["slippage_bps"] = numbers<double>(rows, [&](const Row& e) { return e.slippage_bps(value(e)); });
    out["shortfall_bps"] = numbers<double>(rows, [&](const Row& e) { return e.shortfall_bps(value(e)); });
    out["children"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.children; });
    out["refused"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.refused; });
    return out;
}

nb::dict flow_columns(const Result& result, const model::Universe& universe) {
    const auto& rows = result.cash_flows;
    using Row = model::Event;
    nb::dict out;
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& e) { return e.ts_event.ns; });
    out["kind"] = texts(rows, [](const Row& e) { return to_string(e.cash.kind); });
    out["amount"] = numbers<double>(rows, [](const Row& e) { return e.cash.amount.to_double(); });
    out["currency"] = texts(rows, [&](const Row& e) { return universe.at(e.cash.currency).code; });
    out["strategy"] = numbers<std::int32_t>(rows, [](const Row& e) { return e.cash.strategy.value; });
    return out;
}

nb::dict trade_columns(const Result& result, const model::Universe& universe) {
    std::vector<portfolio::RoundTrip> rows = result.trades;
    rows.insert(rows.end(), result.open_trades.begin(), result.open_trades.end());
    using Row = portfolio::RoundTrip;
    nb::dict out;
    out["instrument"] = numbers<std::int32_t>(rows, [](const Row& t) { return t.instrument.value; });
    out["strategy"] = numbers<std::int32_t>(rows, [](const Row& t) { return t.strategy.value; });
    out["side"] = codes<model::OrderSide>(rows, 2, [](const Row& t) { return t.side; });
    out["quantity"] = numbers<double>(rows, [&](const Row& t) { return universe.at(t.instrument).units(t.quantity); });
    out["entry_ts"] = numbers<std::int64_t>(rows, [](const Row& t) { return t.entry_time.ns; });
    out["exit_ts"] = numbers<std::int64_t>(rows, [](const Row& t) { return t.exit_time.ns; });
    out["entry_price"] = numbers<double>(rows, [](const Row& t) { return t.entry_price.to_double(); });
    out["exit_price"] = numbers<double>(rows, [](const Row& t) { return t.exit_price.to_double(); });
    out["pnl"] = numbers<double>(rows, [](const Row& t) { return t.gross.to_double(); });
    out["fees"] = numbers<double>(rows, [](const Row& t) { return t.fees.to_double(); });
    out["net_pnl"] = numbers<double>(rows, [](const Row& t) { return t.net().to_double(); });
    out["return_pct"] = numbers<double>(rows, [](const Row& t) { return 100 * t.return_on_entry(); });
    out["duration"] = numbers<std::int64_t>(rows, [](const Row& t) { return t.duration().ns; });
    out["entry_rule"] = codes<model::FillRule>(rows, model::fill_rule_count, [](const Row& t) { return t.entry_rule; });
    out["exit_rule"] = codes<model::FillRule>(rows, model::fill_rule_count, [](const Row& t) { return t.exit_rule; });
    out["entry_order"] = numbers<std::int64_t>(rows, [](const Row& t) { return t.entry_order.value; });
    out["exit_order"] = numbers<std::int64_t>(rows, [](const Row& t) { return t.exit_order.value; });
    out["is_open"] = numbers<std::int8_t>(rows, [](const Row& t) { return t.is_open ? 1 : 0; });
    return out;
}

// How far a market that reacts went from the recorded one. NaN where a side is empty.
nb::dict impact_columns(const Result& result) {
    using Row = backtest::ImpactRow;
    const auto price = [](Price value) {
        return value.is_zero() ? std::numeric_limits<double>::quiet_NaN() : value.to_double();
    };
    const std::vector<Row>& rows = result.impact;
    nb::dict out;
    out["ts"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.ts.ns; });
    out["instrument"] = numbers<std::int32_t>(rows, [](const Row& r) { return r.instrument.value; });
    out["recorded_bid"] = numbers<double>(rows, [&](const Row& r) { return price(r.recorded_bid); });
    out["recorded_ask"] = numbers<double>(rows, [&](const Row& r) { return price(r.recorded_ask); });
    out["bid"] = numbers<double>(rows, [&](const Row& r) { return price(r.bid); });
    out["ask"] = numbers<double>(rows, [&](const Row& r) { return price(r.ask); });
    return out;
}

nb::dict reaction_counts(const backtest::Reactions& reactions) {
    nb::dict out;
    out["packets"] = reactions.packets;
    out["packets_apart"] = reactions.packets_apart;
    out["met_us"] = reactions.met_us;
    out["unmet"] = reactions.unmet;
    out["gone"] = reactions.gone;
    out["crossed"] = reactions.crossed;
    out["healed"] = reactions.healed;
    return out;
}

std::string money_text(Money amount, int decimals) { return core::format_fixed(amount.raw, decimals); }

}  // namespace

nb::dict result_columns(Result&& from, const model::Universe& universe, const std::vector<std::string>& tags) {
    const auto shared = std::make_shared<Result>(std::move(from));
    Result& result = *shared;
    nb::dict out;
    out["orders"] = order_columns(result, universe, tags);
    nb::list notes;
    if (!result.notes.empty()) {
        for (const std::string& line : backtest::explain(result.notes, universe.at(result.notes.front().instrument))) {
            notes.append(nb::cast(line));
        }
    }
    out["explanation"] = notes;
    out["impact"] = impact_columns(result);
    out["reactions"] = reaction_counts(result.reactions);
    out["fills"] = fill_columns(result, universe);
    out["revisions"] = revision_columns(result);
    out["executions"] = execution_columns(result, universe);
    out["cash_flows"] = flow_columns(result, universe);
    out["trades"] = trade_columns(result, universe);
    // Computed when somebody asks.
    const auto statistics = nb::cpp_function([shared] {
        std::vector<portfolio::stats::Statistic> rows;
        {
            const nb::gil_scoped_release release;
            rows = backtest::statistics(*shared);
        }
        nb::list table;
        for (const auto& row : rows) {
            table.append(
                nb::make_tuple(std::string{row.key}, row.value, std::string{row.unit}, std::string{row.formula}));
        }
        return table;
    });
    out["statistics"] = statistics;
    out["trial"] = nb::cpp_function([shared] {  // the row that a sweep keeps
        backtest::TrialWorkspace workspace;
        const backtest::TrialRow row = backtest::measure(*shared, workspace);
        return to_numpy(std::vector<double>(row.begin(), row.end()));
    });
    nb::dict equity;
    equity["ts"] = share_with_numpy(result.equity.ts, shared);
    equity["equity"] = share_with_numpy(result.equity.equity, shared);
    equity["cash"] = share_with_numpy(result.equity.cash, shared);
    equity["gross"] = share_with_numpy(result.equity.gross_exposure, shared);
    equity["benchmark"] = share_with_numpy(result.equity.benchmark, shared);
    out["equity"] = equity;
    // NaN where a balance or position has no rate to the base currency.
    const auto value = [](const backtest::AccountResult& account, Money amount) {
        return account.is_valued ? amount.to_double() : std::numeric_limits<double>::quiet_NaN();
    };
    out["start_equity"] = value(result.accounts.front(), result.start_equity);
    out["final_equity"] = value(result.accounts.front(), result.final_equity);
    nb::dict accounts;
    for (const backtest::AccountResult& account : result.accounts) {
        nb::dict balances;
        for (const auto& [currency, amount] : account.balances) {
            balances[universe.at(currency).code.c_str()] = money_text(amount, universe.at(currency).decimals);
        }
        nb::dict explained;
        explained["trading"] = value(account, account.explained.trading);
        explained["fees"] = value(account, account.explained.fees);
        explained["flows"] = value(account, account.explained.flows);
        explained["carry"] = value(account, account.explained.carry);
        explained["currency"] = value(account, account.explained.currency);
        nb::dict row;
        row["currency"] = universe.at(account.base_currency).code;
        row["start_equity"] = value(account, account.start_equity);
        row["final_equity"] = value(account, account.final_equity);
        row["balances"] = balances;
        row["explained"] = explained;
        accounts[account.name.c_str()] = row;
    }
    out["accounts"] = accounts;
    nb::list anomalies;
    for (const auto& anomaly : result.anomalies) {
        anomalies.append(nb::make_tuple(anomaly.event.report.order.value, std::string{model::describe(anomaly.error)}));
    }
    out["anomalies"] = anomalies;
    nb::list currencies;
    for (std::uint16_t i = 0; i < universe.currency_count(); ++i) {
        currencies.append(nb::cast(universe.at(CurrencyId{i}).code));
    }
    out["currencies"] = currencies;
    out["signature"] = core::format_hash(result.signature);
    out["event_count"] = result.event_count;
    out["margin_calls"] = result.margin_calls;
    out["interrupted"] = result.interrupted;
    return out;
}

}  // namespace walras::python
