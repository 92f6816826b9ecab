// A simulated market as Python holds it: with the functions that users attached.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "walras/sim/market.hpp"

namespace walras::python {

// What users attach. Each list is called in the order in which its functions came.
struct PyHooks final : sim::MarketHook {
    sim::Market& market;
    std::vector<nb::object> orders, trades, ticks;

    explicit PyHooks(sim::Market& m) : market(m) {}

    void on_orders(std::span<const sim::Sent> sent) override;
    void on_trades(std::uint32_t symbol, std::span<const sim::TapeTrade> tape) override;
    void on_tick(const sim::MarketView& view, const sim::TickCounts& counts) override;
};

// A kind of agents that is a Python object: the collector must see through the market to it, for its class often knows
// of variables that know the market.
struct HoldsPython {
    nb::object rule;
    explicit HoldsPython(nb::object held) : rule(std::move(held)) {}
    HoldsPython(const HoldsPython&) = delete;
    HoldsPython& operator=(const HoldsPython&) = delete;
    virtual ~HoldsPython() = default;
};

// Calls Python from inside a tick. Ctrl-C there waits until the tick is over, where somebody asks for signals: a market
// that stops in the middle of a tick is no market any more.
template <class Call>
nb::object call_within_tick(Call call) {
    try {
        return nb::object(call());
    } catch (const nb::python_error& error) {
        if (!error.matches(PyExc_KeyboardInterrupt)) { throw; }
        PyErr_SetInterrupt();
        return nb::none();
    }
}

struct PyMarket {
    sim::Market market;
    PyHooks hooks;
    bool is_hooked = false;
    std::vector<double> equity;  // of agents, as `agent_equity` computed it last

    PyMarket(const sim::MarketConfig& config, int threads) : market(config, threads), hooks(market) {}

    void hook(std::vector<nb::object> PyHooks::* list, nb::object f) {
        if (!is_hooked) { market.add_hook(&hooks); }
        is_hooked = true;
        (hooks.*list).push_back(std::move(f));
    }
    // Wherever it is attached; false if it is nowhere.
    bool unhook(const nb::object& f) {
        std::size_t gone = 0;
        for (auto* list : {&hooks.orders, &hooks.trades, &hooks.ticks}) {
            gone += std::erase_if(*list, [&](const nb::object& held) { return held.equal(f); });
        }
        return gone > 0;
    }
};

}  // namespace walras::python
