// Simulated markets. Arrays are views into the market: they show each step without a copy, and keep it alive.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bindings.hpp"
#include "py_market.hpp"
#include "py_models.hpp"
#include "sim_config.hpp"
#include "walras/core/error.hpp"
#include "walras/core/hash.hpp"
#include "walras/sim/market.hpp"
#include "walras/sim/presets.hpp"

namespace walras::python {

nb::dict tape_columns(std::span<const sim::TapeTrade> trades, Price tick_size) {
    std::vector<std::uint64_t> ticks;
    std::vector<double> prices;
    std::vector<std::int64_t> lots, takers, makers;
    std::vector<std::int8_t> sides;
    for (const sim::TapeTrade& t : trades) {
        ticks.push_back(t.tick);
        prices.push_back(Price{t.price * tick_size.raw}.to_double());
        lots.push_back(t.lots);
        takers.push_back(static_cast<std::int64_t>(t.taker_owner) - 1);
        makers.push_back(static_cast<std::int64_t>(t.maker_owner) - 1);
        sides.push_back(t.aggressor == model::OrderSide::buy ? std::int8_t{1} : std::int8_t{-1});
    }
    nb::dict out;
    out["tick"] = to_numpy(std::move(ticks));
    out["price"] = to_numpy(std::move(prices));
    out["quantity"] = to_numpy(std::move(lots));
    out["taker"] = to_numpy(std::move(takers));
    out["maker"] = to_numpy(std::move(makers));
    out["side"] = to_numpy(std::move(sides));
    return out;
}

void PyHooks::on_orders(std::span<const sim::Sent> sent) {
    if (orders.empty() || sent.empty()) { return; }
    const nb::gil_scoped_acquire gil;
    std::vector<std::int64_t> agents, lots;
    std::vector<std::uint32_t> symbols;
    std::vector<double> prices;
    std::vector<std::int8_t> sides;
    std::vector<std::uint8_t> cancels;
    for (const sim::Sent& o : sent) {
        agents.push_back(o.agent);
        lots.push_back(o.lots);
        symbols.push_back(o.symbol);
        prices.push_back(Price{o.limit * market.config().symbols[o.symbol].tick_size.raw}.to_double());
        sides.push_back(o.side == model::OrderSide::buy ? std::int8_t{1} : std::int8_t{-1});
        cancels.push_back(o.is_cancel ? 1 : 0);
    }
    nb::dict columns;
    columns["agent"] = to_numpy(std::move(agents));
    columns["symbol"] = to_numpy(std::move(symbols));
    columns["side"] = to_numpy(std::move(sides));
    columns["price"] = to_numpy(std::move(prices));
    columns["quantity"] = to_numpy(std::move(lots));
    columns["cancel"] = to_numpy(std::move(cancels));
    for (const nb::object& f : orders) {
        call_within_tick([&] { return f(columns); });
    }
}

void PyHooks::on_trades(std::uint32_t symbol, std::span<const sim::TapeTrade> tape) {
    if (trades.empty() || tape.empty()) { return; }
    const nb::gil_scoped_acquire gil;
    const sim::SymbolConfig& spec = market.config().symbols[symbol];
    const nb::dict columns = tape_columns(tape, spec.tick_size);
    for (const nb::object& f : trades) {
        call_within_tick([&] { return f(spec.name, columns); });
    }
}

void PyHooks::on_tick(const sim::MarketView& view, const sim::TickCounts&) {
    if (ticks.empty()) { return; }
    const nb::gil_scoped_acquire gil;
    for (const nb::object& f : ticks) {
        call_within_tick([&] { return f(view.tick); });
    }
}

namespace {

std::uint32_t symbol_index(const PyMarket& p, nb::handle symbol) {
    const auto& symbols = p.market.config().symbols;
    std::int64_t number = 0;
    if (PyLong_Check(symbol.ptr()) && nb::try_cast<std::int64_t>(symbol, number) && number >= 0 &&
        number < static_cast<std::int64_t>(symbols.size())) {
        return static_cast<std::uint32_t>(number);
    }
    std::string text;
    std::vector<std::string_view> names;
    if (nb::try_cast<std::string>(symbol, text)) {
        for (std::uint32_t s = 0; s < symbols.size(); ++s) {
            if (symbols[s].name == text) { return s; }
            names.push_back(symbols[s].name);
        }
    }
    throw ConfigError(fmt::format("This market has no symbol {}{}; market.symbols lists them.",
                                  nb::repr(symbol).c_str(), core::did_you_mean(text, names)));
}

// A column of an array of structs, without a copy; the market stays alive.
template <class T, class Struct>
nb::object column(nb::handle owner, const std::vector<Struct>& rows, const T Struct::* member) {
    static_assert(sizeof(Struct) % sizeof(T) == 0);
    const T* first = rows.empty() ? nullptr : &(rows.data()->*member);
    const std::size_t shape[1] = {rows.size()};
    const std::int64_t strides[1] = {static_cast<std::int64_t>(sizeof(Struct) / sizeof(T))};
    return nb::cast(nb::ndarray<nb::numpy, const T, nb::ndim<1>>(first, 1, shape, owner, strides),
                    nb::rv_policy::reference);
}

// Steps until `ticks` are done; looks for Ctrl-C every so often and asks `progress`. Returns the ticks done.
std::uint64_t step(PyMarket& p, std::uint64_t ticks, nb::handle progress) {
    std::uint64_t done = 0;
    bool interrupted = false;
    std::uint64_t slice = 1;
    while (done < ticks && !interrupted) {
        const std::uint64_t many = std::min(slice, ticks - done);
        {
            const nb::gil_scoped_release release;
            const auto start = std::chrono::steady_clock::now();
            for (std::uint64_t i = 0; i < many; ++i) { p.market.step(); }
            // About twenty times a second.
            const auto spent = std::chrono::steady_clock::now() - start;
            if (spent < std::chrono::milliseconds(25)) {
                slice = std::min<std::uint64_t>(slice * 2, 1 << 20);
            } else if (spent > std::chrono::milliseconds(100)) {
                slice = std::max<std::uint64_t>(slice / 2, 1);
            }
        }
        done += many;
        if (PyErr_CheckSignals() != 0) { throw nb::python_error(); }
        if (!progress.is_none()) { interrupted = progress(done, ticks).is(nb::handle(Py_False)); }
    }
    return done;
}

nb::object agent_equity(nb::handle self) {
    auto& p = nb::cast<PyMarket&>(self);
    const sim::Agent agents = p.market.population().size();
    p.equity.resize(agents);
    {
        const nb::gil_scoped_release release;
        for (sim::Agent a = 0; a < agents; ++a) { p.equity[a] = p.market.equity(a).to_double(); }
    }
    const std::size_t shape[1] = {agents};
    return nb::cast(nb::ndarray<nb::numpy, const double, nb::ndim<1>>(p.equity.data(), 1, shape, self),
                    nb::rv_policy::reference);
}

nb::list depth(const PyMarket& p, nb::handle symbol, bool is_buy, std::size_t levels) {
    const std::uint32_t s = symbol_index(p, symbol);
    nb::list out;
    for (const book::DepthLevel& l :
         p.market.symbol(s).engine().depth(is_buy ? model::OrderSide::buy : model::OrderSide::sell, levels)) {
        out.append(nb::make_tuple(l.price.to_double(), l.quantity.lots, l.orders));
    }
    return out;
}

nb::dict tape(const PyMarket& p, nb::handle symbol) {
    const std::uint32_t s = symbol_index(p, symbol);
    return tape_columns(p.market.symbol(s).tape(), p.market.config().symbols[s].tick_size);
}

nb::dict candles(const PyMarket& p, nb::handle symbol) {
    const auto& kept = p.market.view().candles[symbol_index(p, symbol)];
    nb::dict out;
    const auto part = [&](const char* name, auto sim::Candle::* member) {
        std::vector<std::remove_cvref_t<decltype(kept[0].*member)>> values;
        values.reserve(kept.size());
        for (const sim::Candle& c : kept) { values.push_back(c.*member); }
        out[name] = to_numpy(std::move(values));
    };
    part("tick", &sim::Candle::tick);
    part("open", &sim::Candle::open);
    part("high", &sim::Candle::high);
    part("low", &sim::Candle::low);
    part("close", &sim::Candle::close);
    part("volume", &sim::Candle::volume);
    return out;
}

nb::dict counts(const sim::TickCounts& c) {
    nb::dict out;
    out["awake"] = c.awake;
    out["orders"] = c.orders;
    out["trades"] = c.trades;
    nb::dict refusals;
    for (std::size_t r = 0; r < sim::refusal_count; ++r) {
        refusals[std::string{to_string(static_cast<sim::Refusal>(r))}.c_str()] = c.refusals[r];
    }
    out["refusals"] = refusals;
    return out;
}

nb::dict messages(const PyMarket& p) {
    nb::dict out;
    const sim::EventLoop* events = p.market.events();
    for (std::size_t k = 0; events != nullptr && k < sim::message_kinds; ++k) {
        out[std::string{to_string(static_cast<sim::MessageKind>(k))}.c_str()] = events->messages()[k];
    }
    return out;
}

nb::list groups(const PyMarket& p) {
    nb::list out;
    for (const sim::Group& g : p.market.population().groups) {
        nb::dict row;
        row["name"] = g.name;
        row["kind"] = g.spec->name;
        row["tier"] = g.spec->tier;
        row["begin"] = g.begin;
        row["end"] = g.end;
        row["first_holding"] = g.first_holding;
        row["width"] = g.width;
        row["cash"] = g.cash.to_double();
        out.append(row);
    }
    return out;
}

// Shares of one symbol by agent; 0 for agents that do not trade it.
Column<std::int64_t> positions(const PyMarket& p, nb::handle symbol) {
    const std::uint32_t s = symbol_index(p, symbol);
    const sim::Population& population = p.market.population();
    std::vector<std::int64_t> out(population.size());
    for (const sim::Group& g : population.groups) {
        for (sim::Agent a = g.begin; a < g.end; ++a) {
            if (const std::uint32_t h = g.holding_of(a, s); h < g.width) {
                out[a] = population.holdings_of(g, a)[h].position;
            }
        }
    }
    return to_numpy(std::move(out));
}

Column<double> cash(const PyMarket& p) {
    std::vector<double> out;
    out.reserve(p.market.population().size());
    for (const sim::Purse& purse : p.market.population().purses) { out.push_back(purse.cash.to_double()); }
    return to_numpy(std::move(out));
}

nb::list news(const PyMarket& p) {
    constexpr std::array<const char*, 4> kinds{"earnings", "guidance", "rate", "sector"};
    nb::list out;
    for (const sim::NewsEvent& e : p.market.view().news) {
        nb::dict row;
        row["kind"] = kinds[static_cast<std::size_t>(e.kind)];
        const bool has_symbol = e.kind == sim::NewsKind::earnings || e.kind == sim::NewsKind::guidance;
        row["symbol"] = has_symbol ? nb::cast(p.market.config().symbols[e.symbol].name) : nb::none();
        row["sector"] = e.kind == sim::NewsKind::rate ? nb::none() : nb::cast(std::string{to_string(e.sector)});
        row["magnitude"] = e.magnitude;
        row["sentiment"] = e.sentiment;
        row["tick"] = e.tick;
        row["duration"] = e.duration;
        out.append(row);
    }
    return out;
}

// What can be seen of symbols without a copy.
using ViewMember = std::variant<double sim::SymbolView::*, std::int64_t sim::SymbolView::*>;
struct ViewColumn {
    std::string_view name;
    ViewMember member;
};
constexpr std::array<ViewColumn, 11> view_columns{{{"last", &sim::SymbolView::last_price},
                                                   {"mid", &sim::SymbolView::mid},
                                                   {"fair", &sim::SymbolView::fair},
                                                   {"sentiment", &sim::SymbolView::sentiment},
                                                   {"tick_size", &sim::SymbolView::tick_size},
                                                   {"volume", &sim::SymbolView::volume},
                                                   {"total_volume", &sim::SymbolView::total_volume},
                                                   {"bid_ticks", &sim::SymbolView::bid},
                                                   {"ask_ticks", &sim::SymbolView::ask},
                                                   {"bid_lots", &sim::SymbolView::bid_lots},
                                                   {"ask_lots", &sim::SymbolView::ask_lots}}};

nb::object views(nb::handle self, const std::string& name) {
    const auto& rows = nb::cast<const PyMarket&>(self).market.view().symbols;
    const auto found = std::ranges::find(view_columns, std::string_view{name}, &ViewColumn::name);
    if (found == view_columns.end()) { throw ConfigError(fmt::format("A market has no column {}.", name)); }
    return std::visit([&](auto member) { return column(self, rows, member); }, found->member);
}

// Functions that users attach often hold the market that they are attached to: Python's collector must see them.
int visit_hooks(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    if (!nb::inst_ready(self)) { return 0; }
    const auto* market = nb::inst_ptr<PyMarket>(self);
    for (const auto* list : {&market->hooks.orders, &market->hooks.trades, &market->hooks.ticks}) {
        for (const nb::object& f : *list) { Py_VISIT(f.ptr()); }
    }
    for (const sim::Group& group : market->market.population().groups) {
        if (const auto* kind = dynamic_cast<const HoldsPython*>(group.kind.get())) { Py_VISIT(kind->rule.ptr()); }
    }
    return 0;
}
int clear_hooks(PyObject* self) {
    auto* market = nb::inst_ptr<PyMarket>(self);
    for (auto* list : {&market->hooks.orders, &market->hooks.trades, &market->hooks.ticks}) { list->clear(); }
    for (const sim::Group& group : market->market.population().groups) {
        if (auto* kind = dynamic_cast<HoldsPython*>(group.kind.get())) { kind->rule = nb::none(); }
    }
    return 0;
}
PyType_Slot market_slots[] = {  // NOLINT(*-avoid-c-arrays)
    {Py_tp_traverse, reinterpret_cast<void*>(visit_hooks)},
    {Py_tp_clear, reinterpret_cast<void*>(clear_hooks)},
    {0, nullptr}};

}  // namespace

void bind_sim(nb::module_& m) {
    bind_sim_kinds(m);
    nb::class_<PyMarket> market(m, "SimMarket", nb::type_slots(market_slots),
                                "A simulated market. Use it through walras.sim.Market.");
    market
        .def(
            "__init__",
            [](PyMarket* self, const nb::dict& config, int threads) {
                const sim::MarketConfig read = market_config_from_python(config);
                const nb::gil_scoped_release release;
                new (self) PyMarket(read, threads);
            },
            nb::arg("config"), nb::arg("threads"))
        .def("step", &step, nb::arg("ticks"), nb::arg("progress") = nb::none())
        .def("column", &views, nb::arg("name"),
             "A view by symbol: last, mid, fair, sentiment, volume, bid_ticks, ask_ticks (-2^63: none), tick_size, "
             "bid_lots, "
             "ask_lots, total_volume.")
        .def(
            "bid_ask",
            [](const PyMarket& p, nb::handle symbol) {
                const sim::SymbolView& v = p.market.view().symbols[symbol_index(p, symbol)];
                const auto side = [&](sim::Ticks price, sim::Lots lots) -> nb::object {
                    if (price == sim::no_price) { return nb::none(); }
                    return nb::make_tuple(v.price(price), lots);
                };
                return nb::make_tuple(side(v.bid, v.bid_lots), side(v.ask, v.ask_lots));
            },
            nb::arg("symbol"))
        .def(
            "feature_rows",
            [](const PyMarket& p, const std::vector<std::string>& names, const std::optional<std::string>& missing) {
                return feature_rows(p.market, names, missing);
            },
            nb::arg("names"), nb::arg("missing").none())
        .def("depth", &depth, nb::arg("symbol"), nb::arg("is_buy"), nb::arg("levels"))
        .def("tape", &tape, nb::arg("symbol"))
        .def("candles", &candles, nb::arg("symbol"))
        .def("positions", &positions, nb::arg("symbol"))
        .def("cash", &cash)
        .def("equity", &agent_equity)
        .def("starting_equity",
             [](const PyMarket& p) {
                 std::vector<double> out(p.market.population().size());
                 for (sim::Agent a = 0; a < out.size(); ++a) { out[a] = p.market.starting_equity(a).to_double(); }
                 return to_numpy(std::move(out));
             })
        .def(
            "on_orders", [](PyMarket& p, nb::object f) { p.hook(&PyHooks::orders, std::move(f)); }, nb::arg("f"))
        .def(
            "on_trades", [](PyMarket& p, nb::object f) { p.hook(&PyHooks::trades, std::move(f)); }, nb::arg("f"))
        .def(
            "on_tick", [](PyMarket& p, nb::object f) { p.hook(&PyHooks::ticks, std::move(f)); }, nb::arg("f"))
        .def("unhook", &PyMarket::unhook, nb::arg("f"))
        .def("groups", &groups)
        .def("news", &news)
        .def("counts", [](const PyMarket& p) { return counts(p.market.counts()); })
        .def("totals", [](const PyMarket& p) { return counts(p.market.totals()); })
        .def("messages", &messages, "Of the clock of events, by kind; empty with the clock of ticks.")
        .def("config", [](const PyMarket& p) { return market_config_to_python(p.market.config()); })
        .def("fees", [](const PyMarket& p) { return p.market.fees().to_double(); })
        .def("save",
             [](const PyMarket& p) {
                 core::ArchiveWriter out;
                 {
                     const nb::gil_scoped_release release;
                     p.market.save(out);
                 }
                 return nb::bytes(out.data().data(), out.data().size());
             })
        .def(
            "load",
            [](PyMarket& p, const nb::bytes& saved) {
                core::ArchiveReader in({static_cast<const std::byte*>(saved.data()), saved.size()});
                const nb::gil_scoped_release release;
                p.market.load(in);
            },
            nb::arg("saved"))
        .def_prop_ro("tick", [](const PyMarket& p) { return p.market.tick(); })
        .def_prop_ro("now", [](const PyMarket& p) { return p.market.now().ns; })
        .def_prop_ro("agents", [](const PyMarket& p) { return p.market.population().size(); })
        .def_prop_ro("threads", [](const PyMarket& p) { return p.market.threads(); })
        .def_prop_ro("signature", [](const PyMarket& p) { return core::format_hash(p.market.signature()); });

    m.def(
        "sim_preset", [](const std::string& name) { return market_config_to_python(sim::preset(name)); },
        nb::arg("name"), "The configuration of a preset.");
    m.def(
        "check_sim_config", [](const nb::dict& config) { market_config_from_python(config).validate(); },
        nb::arg("config"), "Raises ConfigError where no market can have this configuration.");
    m.def(
        "sim_presets",
        [] {
            nb::dict out;
            for (const sim::Preset& p : sim::presets()) {
                out[std::string{p.name}.c_str()] = nb::cast(std::string{p.summary});
            }
            return out;
        },
        "Names of presets, and what they are.");
}

}  // namespace walras::python
