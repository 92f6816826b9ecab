#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <limits>

#include "bindings.hpp"
#include "py_context.hpp"
#include "py_numbers.hpp"
#include "walras/backtest/backtest.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::python {
namespace {

using backtest::Result;
using backtest::RunConfig;

template <class Enum>
Enum choose(const char* what, const std::string& text, std::initializer_list<std::pair<const char*, Enum>> choices) {
    std::string known;
    for (const auto& [name, value] : choices) {
        if (text == name) { return value; }
        known += std::string(known.empty() ? "" : ", ") + name;
    }
    throw ConfigError(std::string(what) + " \"" + text + "\" is unknown; choose one of: " + known + ".");
}

// One strategy of a run: a name of the library with its parameters, or a Python object.
struct Cast {
    std::vector<std::unique_ptr<strategy::Strategy>> owned;
    std::vector<strategy::Strategy*> borrowed;
    bool python = false;
    bool interrupted = false;  // Ctrl-C inside a callback
};

strategy::Value value_from_python(nb::handle value, const std::string& name) {
    if (PyBool_Check(value.ptr())) { return nb::cast<bool>(value); }
    if (PyLong_Check(value.ptr())) { return nb::cast<std::int64_t>(value); }
    if (PyFloat_Check(value.ptr())) { return nb::cast<double>(value); }
    if (nb::isinstance<nb::str>(value)) { return nb::cast<std::string>(value); }
    const nb::object index = nb::steal(PyNumber_Index(value.ptr()));  // NumPy integers
    if (index.is_valid()) { return nb::cast<std::int64_t>(index); }
    PyErr_Clear();
    const nb::object number = nb::steal(PyNumber_Float(value.ptr()));
    if (number.is_valid()) { return nb::cast<double>(number); }
    PyErr_Clear();
    throw ConfigError("Parameter " + name + " must be a number, a bool or text.");
}

std::map<std::string, strategy::Value> values_from_python(const nb::dict& given) {
    std::map<std::string, strategy::Value> values;
    for (const auto& [key, value] : given) {
        const auto name = nb::cast<std::string>(key);
        values[name] = value_from_python(value, name);
    }
    return values;
}

void cast_strategies(Cast& cast, const nb::list& strategies, const NameTable& names, std::vector<std::string>& tags) {
    for (const nb::handle item : strategies) {
        if (nb::isinstance<nb::tuple>(item)) {  // (name, parameters)
            const auto pair = nb::cast<nb::tuple>(item);
            cast.owned.push_back(
                strategy::make(nb::cast<std::string>(pair[0]), values_from_python(nb::cast<nb::dict>(pair[1]))));
        } else {
            cast.python = true;
            cast.owned.push_back(wrap_strategy(nb::borrow(item), names, tags, cast.interrupted));
        }
        cast.borrowed.push_back(cast.owned.back().get());
    }
}

portfolio::AccountConfig account_from_python(const nb::dict& d, model::Universe& universe) {
    portfolio::AccountConfig account;
    const auto rate = [&](const char* key, Rate fallback) {
        return d.contains(key) ? Rate{nb::cast<std::int64_t>(d[key])} : fallback;
    };
    account.name = nb::cast<std::string>(d["name"]);
    account.kind = choose<portfolio::AccountKind>(
        "Account kind", nb::cast<std::string>(d["kind"]),
        {{"cash", portfolio::AccountKind::cash}, {"margin", portfolio::AccountKind::margin}});
    account.mode = choose<portfolio::PositionMode>(
        "Position mode", nb::cast<std::string>(d["mode"]),
        {{"netting", portfolio::PositionMode::netting}, {"hedging", portfolio::PositionMode::hedging}});
    account.base_currency = universe.currency(nb::cast<std::string>(d["base_currency"]));
    for (const auto& [code, amount] : nb::cast<nb::dict>(d["balances"])) {
        account.balances.push_back({universe.currency(nb::cast<std::string>(code)),
                                    Money{core::int128{setting_from_python(amount, "Balance")}}});
    }
    account.initial_margin = rate("initial_margin", account.initial_margin);
    account.maintenance_margin = rate("maintenance_margin", account.maintenance_margin);
    account.debit_rate = rate("debit_rate", account.debit_rate);
    account.credit_rate = rate("credit_rate", account.credit_rate);
    account.borrow_rate = rate("borrow_rate", account.borrow_rate);
    if (d.contains("day_count")) { account.day_count = nb::cast<int>(d["day_count"]); }
    if (d.contains("venues")) { account.venues = nb::cast<std::vector<std::string>>(d["venues"]); }
    return account;
}

risk::RiskLimits limits_from_python(const nb::dict& d) {
    risk::RiskLimits limits;
    for (const auto& item : d) {
        const nb::handle value = item.second;
        const auto name = nb::cast<std::string>(item.first);
        const auto raw = [&] { return setting_from_python(value, name.c_str()); };
        if (name == "max_order_quantity") {
            limits.max_order_quantity = Quantity{raw() / core::fixed_scale};
        } else if (name == "max_order_notional") {
            limits.max_order_notional = Money{raw()};
        } else if (name == "price_collar") {
            limits.price_collar = Rate{raw()};
        } else if (name == "max_position") {
            limits.max_position = Quantity{raw() / core::fixed_scale};
        } else if (name == "max_gross_exposure") {
            limits.max_gross_exposure = Money{raw()};
        } else if (name == "max_net_exposure") {
            limits.max_net_exposure = Money{raw()};
        } else if (name == "check_buying_power") {
            limits.check_buying_power = nb::cast<bool>(value);
        } else if (name == "max_orders_per_second") {
            limits.max_orders_per_second = nb::cast<int>(value);
        } else if (name == "max_reference_age") {
            limits.max_reference_age = DurationNs{raw()};
        } else if (name == "max_daily_loss") {
            limits.max_daily_loss = Money{raw()};
        } else if (name == "max_drawdown") {
            limits.max_drawdown = Rate{raw()};
        } else {
            throw ConfigError("Risk limit \"" + name +
                              "\" is unknown; there are: max_order_quantity, max_order_notional, "
                              "price_collar, max_position, max_gross_exposure, max_net_exposure, check_buying_power, "
                              "max_orders_per_second, max_reference_age, max_daily_loss, max_drawdown.");
        }
    }
    return limits;
}

// ---- results as columns --------------------------------------------------------------------------------------------

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
    nb::list tag_names;
    tag_names.append(nb::cast(""));
    for (const std::string& tag : tags) { tag_names.append(nb::cast(tag)); }
    out["tags"] = tag_names;
    nb::dict refusals;
    for (const auto& [id, text] : result.refusals) { refusals[nb::cast(id.value)] = text; }
    out["refusals"] = refusals;
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

std::string money_text(Money amount, int decimals) { return core::format_fixed(amount.raw, decimals); }

nb::dict result_columns(Result&& from, const model::Universe& universe, const std::vector<std::string>& tags) {
    const auto shared = std::make_shared<Result>(std::move(from));
    Result& result = *shared;
    nb::dict out;
    out["orders"] = order_columns(result, universe, tags);
    out["fills"] = fill_columns(result, universe);
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

// The settings dictionary is made by walras.backtest, which has checked names and types; see there for meanings.
RunConfig config_from_python(const nb::dict& d, model::Universe& universe) {
    RunConfig config;
    using backtest::FillAt;
    config.replay.fill_at = choose<FillAt>("fill_at", nb::cast<std::string>(d["fill_at"]),
                                           {{"next_open", FillAt::next_open},
                                            {"next_close", FillAt::next_close},
                                            {"this_close", FillAt::this_close},
                                            {"intrabar_path", FillAt::intrabar_path}});
    config.replay.limit_fill =
        choose<backtest::LimitFill>("limit_fill", nb::cast<std::string>(d["limit_fill"]),
                                    {{"touch", backtest::LimitFill::touch}, {"cross", backtest::LimitFill::cross}});
    config.replay.volume_share = Rate{nb::cast<std::int64_t>(d["volume_share"])};
    config.replay.quotes_slip = nb::cast<bool>(d["quotes_slip"]);
    config.replay.seed = nb::cast<std::uint64_t>(d["seed"]);
    config.replay.quote_size_limits = nb::cast<bool>(d["quote_size_limits"]);
    config.replay.fees = nb::cast<std::shared_ptr<backtest::FeeModel>>(d["fees"]);
    config.replay.slippage = nb::cast<std::shared_ptr<backtest::SlippageModel>>(d["slippage"]);
    config.replay.latency = nb::cast<std::shared_ptr<backtest::LatencyModel>>(d["latency"]);
    for (const auto t : nb::cast<std::vector<std::int64_t>>(d["session_closes"])) {
        config.replay.session_closes.push_back(TimeNs{t});
    }
    for (const nb::handle account : nb::cast<nb::list>(d["accounts"])) {
        config.session.accounts.push_back(account_from_python(nb::cast<nb::dict>(account), universe));
    }
    config.session.limits = limits_from_python(nb::cast<nb::dict>(d["risk"]));
    config.session.sizing.buffer = Rate{nb::cast<std::int64_t>(d["size_buffer"])};
    config.session.history = nb::cast<std::size_t>(d["history"]);
    config.at_end = choose<backtest::AtEnd>("at_end", nb::cast<std::string>(d["at_end"]),
                                            {{"keep", backtest::AtEnd::keep},
                                             {"close", backtest::AtEnd::close},
                                             {"close_at_open", backtest::AtEnd::close_at_open}});
    if (!d["from"].is_none()) { config.from = TimeNs{nb::cast<std::int64_t>(d["from"])}; }
    if (!d["to"].is_none()) { config.to = TimeNs{nb::cast<std::int64_t>(d["to"])}; }
    return config;
}

nb::dict run(model::Universe& universe, const nb::list& bars, const nb::list& quotes, const nb::list& marks,
             const nb::list& actions, const nb::list& strategies, const nb::dict& settings, nb::handle progress) {
    RunConfig config = config_from_python(settings, universe);
    backtest::Data data;
    for (const nb::handle s : bars) { data.bars.push_back(nb::inst_ptr<data::BarSeries>(s)); }
    for (const nb::handle s : quotes) { data.quotes.push_back(nb::inst_ptr<data::QuoteSeries>(s)); }
    for (const nb::handle s : marks) { data.marks.push_back(nb::inst_ptr<data::MarkSeries>(s)); }
    for (const nb::handle s : actions) { data.actions.push_back(nb::inst_ptr<data::ActionSeries>(s)); }
    std::vector<std::string> tags;
    const NameTable names{universe};
    Cast cast;
    cast_strategies(cast, strategies, names, tags);
    // Ctrl-C is looked for here; the caller's progress may also end the run.
    config.progress = [&](TimeNs now, std::uint64_t events) {
        const nb::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) {
            PyErr_Clear();
            return false;
        }
        if (progress.is_none()) { return true; }
        try {
            const nb::object answer = progress(now.ns, events);
            return !answer.is(nb::handle(Py_False));
        } catch (const nb::python_error& error) {
            if (error.matches(PyExc_KeyboardInterrupt)) { return false; }  // Ctrl-C met the progress bar
            throw;
        }
    };
    std::optional<engine::JournalFile> journal;
    if (!settings["journal"].is_none()) {
        journal.emplace(nb::cast<std::string>(settings["journal"]),
                        nb::cast<std::string>(settings["journal_metadata"]));
        config.journal = &*journal;
    }
    Result result;
    if (cast.python) {
        result = backtest::run(universe, data, cast.borrowed, config);
    } else {
        const nb::gil_scoped_release release;
        result = backtest::run(universe, data, cast.borrowed, config);
    }
    result.interrupted = result.interrupted || cast.interrupted;
    if (journal) { journal->close(); }
    return result_columns(std::move(result), universe, tags);
}

Money money(nb::handle value, const char* what) { return Money{core::int128{setting_from_python(value, what)}}; }

}  // namespace

void bind_backtest(nb::module_& m) {
    nb::class_<backtest::FeeModel>(m, "FeeModel", "What a fill costs. Made by walras.fees.")
        .def("describe", &backtest::FeeModel::describe, "In words.")
        .def("__repr__", [](const backtest::FeeModel& model) { return "<FeeModel: " + model.describe() + ">"; })
        .def_prop_ro(
            "proportional", [](const backtest::FeeModel& model) { return model.proportional().to_double(); },
            "The most that it takes of a purchase, as a fraction.");
    nb::class_<backtest::SlippageModel>(m, "SlippageModel", "How much worse a taker trades. Made by walras.slippage.")
        .def("describe", &backtest::SlippageModel::describe, "In words.")
        .def("__repr__",
             [](const backtest::SlippageModel& model) { return "<SlippageModel: " + model.describe() + ">"; });
    nb::class_<backtest::LatencyModel>(m, "LatencyModel", "How long messages travel. Made by walras.latency.")
        .def("describe", &backtest::LatencyModel::describe, "In words.")
        .def("__repr__",
             [](const backtest::LatencyModel& model) { return "<LatencyModel: " + model.describe() + ">"; });
    const auto fee = [](const backtest::FeeModelPtr& p) { return std::const_pointer_cast<backtest::FeeModel>(p); };
    const auto slip = [](const backtest::SlippageModelPtr& p) {
        return std::const_pointer_cast<backtest::SlippageModel>(p);
    };
    const auto wait = [](const backtest::LatencyModelPtr& p) {
        return std::const_pointer_cast<backtest::LatencyModel>(p);
    };
    m.def(
        "rate_fees",
        [fee](nb::handle maker, nb::handle taker, std::optional<int> decimals) {
            return fee(backtest::rate_fees(Rate{setting_from_python(maker, "Maker rate")},
                                           Rate{setting_from_python(taker, "Taker rate")}, decimals));
        },
        nb::arg("maker"), nb::arg("taker"), nb::arg("decimals") = nb::none());
    m.def(
        "per_unit_fees",
        [fee](nb::handle per_unit, nb::handle minimum, nb::handle maximum_rate, std::optional<int> decimals) {
            return fee(backtest::per_unit_fees(money(per_unit, "Fee per unit"), money(minimum, "Minimum fee"),
                                               Rate{setting_from_python(maximum_rate, "Maximum rate")}, decimals));
        },
        nb::arg("per_unit"), nb::arg("minimum"), nb::arg("maximum_rate"), nb::arg("decimals") = nb::none());
    m.def(
        "tiered_fees",
        [fee](const nb::list& tiers, std::optional<int> decimals) {
            std::vector<backtest::FeeTier> out;
            for (const nb::handle tier : tiers) {
                const auto t = nb::cast<nb::tuple>(tier);
                out.push_back({money(t[0], "Tier"), Rate{setting_from_python(t[1], "Maker rate")},
                               Rate{setting_from_python(t[2], "Taker rate")}});
            }
            return fee(backtest::tiered_fees(std::move(out), decimals));
        },
        nb::arg("tiers"), nb::arg("decimals") = nb::none());
    m.def(
        "spread_slippage", [slip](double half_spread) { return slip(backtest::spread_slippage(half_spread)); },
        nb::arg("half_spread"));
    m.def(
        "volume_share_slippage",
        [slip](double limit, double impact) { return slip(backtest::volume_share_slippage(limit, impact)); },
        nb::arg("limit"), nb::arg("impact"));
    m.def(
        "square_root_slippage",
        [slip](double coefficient) { return slip(backtest::square_root_slippage(coefficient)); },
        nb::arg("coefficient"));
    m.def(
        "constant_latency",
        [wait](std::int64_t order, std::int64_t response) {
            return wait(backtest::constant_latency({order}, {response}));
        },
        nb::arg("order_ns"), nb::arg("response_ns"));
    m.def(
        "sampled_latency",
        [wait](std::int64_t minimum, std::int64_t mean_excess, std::uint64_t seed) {
            return wait(backtest::sampled_latency({minimum}, {mean_excess}, seed));
        },
        nb::arg("minimum_ns"), nb::arg("mean_excess_ns"), nb::arg("seed"));
    m.def(
        "check_strategy",
        [](const std::string& name, const nb::dict& given) {
            static_cast<void>(strategy::make(name, values_from_python(given)));
        },
        nb::arg("name"), nb::arg("parameters"), "Raises ConfigError if the library cannot build this strategy.");
    m.def("run_backtest", &run, nb::arg("universe"), nb::kw_only(), nb::arg("bars"), nb::arg("quotes"),
          nb::arg("marks"), nb::arg("actions"), nb::arg("strategies"), nb::arg("settings"),
          nb::arg("progress") = nb::none(), "The engine room of walras.backtest.run.");
}

}  // namespace walras::python
