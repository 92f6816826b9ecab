#include "run_config.hpp"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "py_numbers.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using backtest::RunConfig;

namespace {

template <class Enum>
Enum choose(const char* what, const std::string& text, std::initializer_list<std::pair<const char*, Enum>> choices) {
    std::string known;
    for (const auto& [name, value] : choices) {
        if (text == name) { return value; }
        known += std::string(known.empty() ? "" : ", ") + name;
    }
    throw ConfigError(std::string(what) + " \"" + text + "\" is unknown; choose one of: " + known + ".");
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

}  // namespace

RunConfig run_config(const nb::dict& d, model::Universe& universe) {
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
    config.replay.fees = nb::cast<std::shared_ptr<model::FeeModel>>(d["fees"]);
    config.replay.slippage = nb::cast<std::shared_ptr<backtest::SlippageModel>>(d["slippage"]);
    config.replay.latency = nb::cast<std::shared_ptr<model::LatencyModel>>(d["latency"]);
    for (const auto t : nb::cast<std::vector<std::int64_t>>(d["session_closes"])) {
        config.replay.session_closes.push_back(TimeNs{t});
    }
    config.books.queue = nb::cast<std::shared_ptr<backtest::QueueModel>>(d["queue"]);
    config.books.partial_fills = nb::cast<bool>(d["partial_fills"]);
    config.books.remember_consumed = nb::cast<bool>(d["remember_consumed"]);
    config.books.explain = OrderId{nb::cast<std::uint64_t>(d["explain"])};
    config.books.reacts = nb::cast<bool>(d["reacts"]);
    config.books.show_own_orders = nb::cast<bool>(d["show_own_orders"]);
    config.equity_step = DurationNs{nb::cast<std::int64_t>(d["equity_step"])};
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

}  // namespace walras::python
