// The engine room of walras.backtest.from_signals, from_orders and from_target_weights.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>

#include "bindings.hpp"
#include "walras/backtest/vector_batch.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::python {
namespace {

using backtest::Matrix;
using backtest::PoolRun;
using backtest::VectorBatch;
using backtest::VectorFill;
using backtest::VectorOrder;

template <class T>
using View = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Table = nb::ndarray<nb::numpy, T, nb::ndim<2>>;

// A batch, what it borrows, and what came of it.
struct VectorRun {
    VectorBatch batch;
    nb::list borrowed;  // the arrays behind the matrices
    std::vector<PoolRun> pools;
    bool interrupted = false;
};

template <class T>
void take(VectorRun& run, const nb::dict& matrices, const char* name, Matrix<T>& out) {
    if (!matrices.contains(name)) { return; }
    const nb::object array = matrices[name];
    const auto view = nb::cast<View<T>>(array);
    if (view.shape(0) != run.batch.rows || view.shape(1) != run.batch.columns) {
        throw ConfigError(std::string(name) + " does not have the shape of close.");
    }
    out = {view.data(), view.stride(0), view.stride(1)};
    run.borrowed.append(array);
}

std::vector<TimeNs> times_of(const nb::handle array) {
    const auto view = nb::cast<nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>>(array);
    std::vector<TimeNs> out;
    out.reserve(view.shape(0));
    for (std::size_t i = 0; i < view.shape(0); ++i) { out.push_back(TimeNs{view.data()[i]}); }
    return out;
}

template <class T>
T choose_code(const nb::dict& d, const char* key) {
    return static_cast<T>(nb::cast<int>(d[key]));
}

// The settings are made by walras._vector, which has checked names and types; see there for meanings.
void configure(VectorBatch& batch, const nb::dict& d) {
    batch.accumulate = nb::cast<bool>(d["accumulate"]);
    batch.size = choose_code<model::SizeKind>(d, "size");
    batch.config.fill_at = choose_code<backtest::FillAt>(d, "fill_at");
    batch.config.limit_fill = choose_code<backtest::LimitFill>(d, "limit_fill");
    batch.config.account = choose_code<portfolio::AccountKind>(d, "account");
    batch.config.fees = nb::cast<std::shared_ptr<model::FeeModel>>(d["fees"]);
    batch.config.slippage = nb::cast<std::shared_ptr<backtest::SlippageModel>>(d["slippage"]);
    batch.config.size_buffer = Rate{nb::cast<std::int64_t>(d["size_buffer"])};
    batch.config.initial_margin = Rate{nb::cast<std::int64_t>(d["initial_margin"])};
    batch.config.maintenance_margin = Rate{nb::cast<std::int64_t>(d["maintenance_margin"])};
    if (d["pools"].is_none()) {  // each column is one
        for (std::uint32_t i = 0; i < batch.columns; ++i) { batch.pools.push_back({i}); }
    } else {
        batch.pools = nb::cast<std::vector<std::vector<std::uint32_t>>>(d["pools"]);
    }
    // One number for each, or one for all.
    const auto amounts = [&](const char* key, std::size_t count) {
        auto out = nb::cast<std::vector<std::int64_t>>(d[key]);
        if (out.size() == 1) { out.resize(count, out.front()); }
        if (out.size() != count) { throw ConfigError(std::string(key) + " has another length."); }
        return out;
    };
    for (const std::int64_t cash : amounts("cash", batch.pools.size())) {
        batch.cash.push_back(Money{core::int128{cash}});
    }
    batch.opens = times_of(d["opens"]);
    batch.closes = times_of(d["closes"]);
    const std::vector<std::int64_t> ticks = amounts("tick_size", batch.columns);
    const std::vector<std::int64_t> lots = amounts("lot_size", batch.columns);
    const std::vector<std::int64_t> multipliers = amounts("multiplier", batch.columns);
    batch.instruments.reserve(batch.columns);
    for (const nb::handle name : nb::cast<nb::list>(d["names"])) {
        const std::size_t i = batch.instruments.size();
        model::Instrument& instrument = batch.instruments.emplace_back();
        instrument.symbol = nb::cast<std::string>(name);
        instrument.label = instrument.symbol;
        instrument.venue = "SIM";
        instrument.tick_size = Price{ticks[i]};
        instrument.lot_size = lots[i];
        instrument.multiplier = multipliers[i];
        instrument.validate();
    }
}

std::shared_ptr<VectorRun> run_vector(const nb::dict& matrices, const nb::dict& settings, int threads) {
    auto run = std::make_shared<VectorRun>();
    VectorBatch& batch = run->batch;
    const auto close = nb::cast<View<double>>(matrices["close"]);
    batch.rows = close.shape(0);
    batch.columns = close.shape(1);
    for (const auto& [name, matrix] :
         {std::pair{"open", &batch.open}, std::pair{"high", &batch.high}, std::pair{"low", &batch.low},
          std::pair{"close", &batch.close}, std::pair{"volume", &batch.volume}, std::pair{"amount", &batch.amount},
          std::pair{"stop_loss", &batch.stop_loss}, std::pair{"trailing_stop", &batch.trailing_stop},
          std::pair{"take_profit", &batch.take_profit}, std::pair{"orders", &batch.orders}}) {
        take(*run, matrices, name, *matrix);
    }
    for (const auto& [name, matrix] :
         {std::pair{"enter_longs", &batch.enter_longs}, std::pair{"exit_longs", &batch.exit_longs},
          std::pair{"enter_shorts", &batch.enter_shorts}, std::pair{"exit_shorts", &batch.exit_shorts}}) {
        take(*run, matrices, name, *matrix);
    }
    configure(batch, settings);
    bool interrupted = false;
    {
        const nb::gil_scoped_release release;
        run->pools = backtest::run_batch(batch, threads, [&] {
            const nb::gil_scoped_acquire gil;
            interrupted = PyErr_CheckSignals() != 0;
            return !interrupted;
        });
    }
    if (interrupted) { throw nb::python_error(); }
    return run;
}

// ---- records as columns --------------------------------------------------------------------------------------------

template <class T, class Row, class Field>
nb::object column(const VectorRun& run, std::vector<Row> PoolRun::* rows, std::size_t count, Field field) {
    std::vector<T> out;
    out.reserve(count);
    for (std::uint32_t pool = 0; pool < run.pools.size(); ++pool) {
        for (const Row& row : run.pools[pool].*rows) { out.push_back(static_cast<T>(field(pool, row))); }
    }
    return nb::cast(to_numpy(std::move(out)));
}

template <class Row>
std::size_t count_of(const VectorRun& run, std::vector<Row> PoolRun::* rows) {
    std::size_t count = 0;
    for (const PoolRun& pool : run.pools) { count += (pool.*rows).size(); }
    return count;
}

template <class Enum>
nb::list names_of(int count) {
    nb::list names;
    for (int i = 0; i < count; ++i) { names.append(nb::cast(std::string{to_string(static_cast<Enum>(i))})); }
    return names;
}

const model::Instrument& instrument_of(const VectorRun& run, std::uint32_t pool, std::uint32_t asset) {
    return run.batch.instruments[run.batch.pools[pool][asset]];
}

std::int64_t time_of(const VectorBatch& batch, std::uint32_t row, bool at_open) {
    return at_open ? batch.opens[row].ns : batch.closes[row].ns;
}

nb::dict fill_columns(const VectorRun& run) {
    const std::size_t count = count_of(run, &PoolRun::fills);
    const auto add = [&]<class T>(T, auto field) { return column<T>(run, &PoolRun::fills, count, field); };
    using Row = VectorFill;
    nb::dict out;
    const std::int64_t whole = 0;
    const std::int32_t small = 0;
    const std::uint8_t code = 0;
    const double number = 0;
    out["pool"] = add(small, [](std::uint32_t pool, const Row&) { return pool; });
    out["column"] = add(small, [&](std::uint32_t pool, const Row& r) { return run.batch.pools[pool][r.asset]; });
    out["row"] = add(small, [](std::uint32_t, const Row& r) { return r.row; });
    out["order"] = add(whole, [](std::uint32_t, const Row& r) { return r.order; });
    out["ts"] = add(whole, [&](std::uint32_t, const Row& r) { return time_of(run.batch, r.row, r.at_open); });
    out["side"] =
        nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.side; }), names_of<model::OrderSide>(2));
    out["quantity"] = add(
        number, [&](std::uint32_t pool, const Row& r) { return instrument_of(run, pool, r.asset).units(r.quantity); });
    out["price"] = add(number, [](std::uint32_t, const Row& r) { return r.price.to_double(); });
    out["reference_price"] = add(number, [](std::uint32_t, const Row& r) { return r.reference.to_double(); });
    out["slippage"] = add(number, [&](std::uint32_t pool, const Row& r) {
        const Price worse{r.price.raw - r.reference.raw};
        return model::notional(worse, r.quantity, instrument_of(run, pool, r.asset)).to_double() *
               static_cast<double>(model::sign(r.side));
    });
    out["fee"] = add(number, [](std::uint32_t, const Row& r) { return Money{r.fee}.to_double(); });
    Money cash{};
    std::uint32_t of_pool = UINT32_MAX;
    out["cash"] = add(number, [&](std::uint32_t pool, const Row& r) {
        if (pool != of_pool) { cash = run.pools[pool].start; }
        of_pool = pool;
        cash = r.cash_after(cash, instrument_of(run, pool, r.asset));
        return cash.to_double();
    });
    out["liquidity"] = nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.liquidity; }),
                                      names_of<model::LiquiditySide>(3));
    out["rule"] = nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.rule; }),
                                 names_of<model::FillRule>(model::fill_rule_count));
    return out;
}

nb::dict order_columns(const VectorRun& run) {
    const std::size_t count = count_of(run, &PoolRun::orders);
    const auto add = [&]<class T>(T, auto field) { return column<T>(run, &PoolRun::orders, count, field); };
    using Row = VectorOrder;
    nb::dict out;
    const std::int64_t whole = 0;
    const std::int32_t small = 0;
    const std::uint8_t code = 0;
    const double number = 0;
    std::uint32_t in_pool = UINT32_MAX;
    std::int64_t last = 0;
    out["pool"] = add(small, [](std::uint32_t pool, const Row&) { return pool; });
    out["column"] = add(small, [&](std::uint32_t pool, const Row& r) { return run.batch.pools[pool][r.asset]; });
    out["row"] = add(small, [](std::uint32_t, const Row& r) { return r.row; });
    out["order"] = add(whole, [&](std::uint32_t pool, const Row&) {
        last = pool == in_pool ? last + 1 : 1;
        in_pool = pool;
        return last;
    });
    out["parent"] = add(whole, [](std::uint32_t, const Row& r) { return r.parent; });
    out["ts"] = add(whole, [&](std::uint32_t, const Row& r) { return time_of(run.batch, r.row, false); });
    out["ts_last"] =
        add(whole, [&](std::uint32_t, const Row& r) { return time_of(run.batch, r.row_last, r.ended_at_open); });
    out["side"] =
        nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.side; }), names_of<model::OrderSide>(2));
    out["type"] =
        nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.type; }), names_of<model::OrderType>(9));
    out["quantity"] = add(
        number, [&](std::uint32_t pool, const Row& r) { return instrument_of(run, pool, r.asset).units(r.quantity); });
    out["price"] = add(number, [](std::uint32_t, const Row& r) { return r.price.to_double(); });
    out["status"] = nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.status; }),
                                   names_of<model::OrderStatus>(model::order_status_count));
    out["reason"] = nb::make_tuple(add(code, [](std::uint32_t, const Row& r) { return r.reason; }),
                                   names_of<model::Reason>(model::reason_count));
    return out;
}

struct Trip {
    std::uint32_t pool;
    portfolio::RoundTrip trip;
};

nb::dict trade_columns(const VectorRun& run) {
    std::vector<Trip> rows;
    {
        const nb::gil_scoped_release release;
        for (const bool open : {false, true}) {
            for (std::uint32_t pool = 0; pool < run.pools.size(); ++pool) {
                const backtest::PoolTrades trades = backtest::trades_of(run.batch, pool, run.pools[pool]);
                for (const auto& trip : open ? trades.open : trades.closed) { rows.push_back({pool, trip}); }
            }
        }
    }
    const auto add = [&]<class T>(T, auto field) {
        std::vector<T> out;
        out.reserve(rows.size());
        for (const Trip& row : rows) { out.push_back(static_cast<T>(field(row.trip, row.pool))); }
        return nb::cast(to_numpy(std::move(out)));
    };
    using Row = portfolio::RoundTrip;
    const std::int64_t whole = 0;
    const std::int32_t small = 0;
    const std::uint8_t code = 0;
    const double number = 0;
    nb::dict out;
    out["pool"] = add(small, [](const Row&, std::uint32_t pool) { return pool; });
    out["column"] =
        add(small, [&](const Row& t, std::uint32_t pool) { return run.batch.pools[pool][t.instrument.value]; });
    out["side"] = add(code, [](const Row& t, std::uint32_t) { return t.side; });
    out["quantity"] = add(number, [&](const Row& t, std::uint32_t pool) {
        return instrument_of(run, pool, t.instrument.value).units(t.quantity);
    });
    out["entry_ts"] = add(whole, [](const Row& t, std::uint32_t) { return t.entry_time.ns; });
    out["exit_ts"] = add(whole, [](const Row& t, std::uint32_t) { return t.exit_time.ns; });
    out["entry_price"] = add(number, [](const Row& t, std::uint32_t) { return t.entry_price.to_double(); });
    out["exit_price"] = add(number, [](const Row& t, std::uint32_t) { return t.exit_price.to_double(); });
    out["pnl"] = add(number, [](const Row& t, std::uint32_t) { return t.gross.to_double(); });
    out["fees"] = add(number, [](const Row& t, std::uint32_t) { return t.fees.to_double(); });
    out["net_pnl"] = add(number, [](const Row& t, std::uint32_t) { return t.net().to_double(); });
    out["return_pct"] = add(number, [](const Row& t, std::uint32_t) { return t.return_on_entry() * 100; });
    out["duration"] = add(whole, [](const Row& t, std::uint32_t) { return t.duration().ns; });
    out["entry_rule"] = nb::make_tuple(add(code, [](const Row& t, std::uint32_t) { return t.entry_rule; }),
                                       names_of<model::FillRule>(model::fill_rule_count));
    out["exit_rule"] = nb::make_tuple(add(code, [](const Row& t, std::uint32_t) { return t.exit_rule; }),
                                      names_of<model::FillRule>(model::fill_rule_count));
    out["is_open"] = add(code, [](const Row& t, std::uint32_t) { return t.is_open; });
    return out;
}

// ---- curves and numbers --------------------------------------------------------------------------------------------

template <class Fill>
Table<double> by_columns(std::size_t rows, std::size_t columns, Fill fill) {
    auto* values = new std::vector<double>(rows * columns);
    nb::capsule owner(values, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    {
        const nb::gil_scoped_release release;
        for (std::size_t i = 0; i < columns; ++i) { fill(i, std::span{values->data() + i * rows, rows}); }
    }
    const auto height = static_cast<std::int64_t>(rows);
    const std::size_t shape[] = {rows, columns};
    const std::int64_t strides[] = {1, height == 0 ? 1 : height};
    return Table<double>(values->data(), 2, shape, owner, strides);
}

// One column a pool: "equity", "cash" or "gross".
Table<double> curve(const VectorRun& run, const std::string& which) {
    std::vector<double> unused(run.batch.rows);
    return by_columns(run.batch.rows, run.pools.size(), [&](std::size_t pool, std::span<double> out) {
        const auto assets = backtest::assets_of(run.batch, pool);
        const std::span<double> nothing;
        if (which == "equity") {
            backtest::mark_pool(assets, run.pools[pool], out);
        } else {
            const bool cash = which == "cash";
            backtest::mark_pool(assets, run.pools[pool], unused, cash ? out : nothing, cash ? nothing : out);
        }
    });
}

// Units held at each close, one column an asset.
Table<double> positions(const VectorRun& run) {
    std::vector<std::vector<const VectorFill*>> fills(run.batch.columns);
    for (std::size_t pool = 0; pool < run.pools.size(); ++pool) {
        for (const VectorFill& fill : run.pools[pool].fills) {
            fills[run.batch.pools[pool][fill.asset]].push_back(&fill);
        }
    }
    return by_columns(run.batch.rows, run.batch.columns, [&](std::size_t i, std::span<double> out) {
        Quantity held{};
        std::size_t row = 0;
        const model::Instrument& instrument = run.batch.instruments[i];
        for (const VectorFill* fill : fills[i]) {
            for (; row < fill->row; ++row) { out[row] = instrument.units(held); }
            held += fill->signed_quantity();
        }
        for (; row < out.size(); ++row) { out[row] = instrument.units(held); }
    });
}

nb::list statistics(const VectorRun& run, const std::vector<std::size_t>& pools, std::optional<double> periods) {
    std::vector<portfolio::stats::Statistic> rows;
    {
        const nb::gil_scoped_release release;
        rows = backtest::statistics_of(run.batch, pools, run.pools,
                                       periods.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    nb::list table;
    for (const auto& row : rows) {
        table.append(nb::make_tuple(std::string{row.key}, row.value, std::string{row.unit}, std::string{row.formula}));
    }
    return table;
}

}  // namespace

void bind_vector(nb::module_& m) {
    nb::class_<VectorRun>(m, "VectorRun", "What a vectorised run left: records, and curves on demand.")
        .def("fills", &fill_columns)
        .def("orders", &order_columns)
        .def("trades", &trade_columns)
        .def("curve", &curve, nb::arg("which"), "Shape (time, pool): equity, cash or gross.")
        .def("positions", &positions, "Units held at each close, shape (time, asset).")
        .def("statistics", &statistics, nb::arg("pools"), nb::arg("periods_per_year").none())
        .def(
            "hold",
            [](const VectorRun& run, const std::vector<std::uint32_t>& columns) {
                return to_numpy(backtest::hold(run.batch, columns));
            },
            nb::arg("columns"), nb::rv_policy::automatic)
        .def(
            "cash",
            [](const VectorRun& run) {
                std::vector<double> out;
                out.reserve(run.pools.size());
                for (const PoolRun& pool : run.pools) { out.push_back(pool.cash.to_double()); }
                return to_numpy(std::move(out));
            },
            nb::rv_policy::automatic, "At the end, by pool.")
        .def_prop_ro("fill_count", [](const VectorRun& run) { return count_of(run, &PoolRun::fills); })
        .def_prop_ro("order_count", [](const VectorRun& run) { return count_of(run, &PoolRun::orders); })
        .def_prop_ro(
            "ignored",
            [](const VectorRun& run) {
                std::size_t count = 0;
                for (const PoolRun& pool : run.pools) { count += pool.ignored; }
                return count;
            },
            "Signals and orders in rows in which their asset does not trade.")
        .def_prop_ro("margin_calls",
                     [](const VectorRun& run) {
                         std::size_t count = 0;
                         for (const PoolRun& pool : run.pools) { count += pool.margin_calls; }
                         return count;
                     })
        .def_prop_ro(
            "by_events",
            [](const VectorRun& run) {
                return std::ranges::count_if(run.pools, [](const PoolRun& pool) { return pool.by_events; });
            },
            "Pools that the event engine ran.");
    m.def("run_vector", &run_vector, nb::arg("matrices"), nb::arg("settings"), nb::kw_only(), nb::arg("threads") = 1,
          "The engine room of walras.backtest.from_signals and its siblings.");
}

}  // namespace walras::python
