// Kinds of agents: what the catalogue says of them, and kinds that are written in Python.
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "py_market.hpp"
#include "sim_config.hpp"
#include "walras/core/error.hpp"
#include "walras/sim/entrance.hpp"
#include "walras/sim/kind.hpp"

namespace walras::python {
namespace {

template <class T>
using Answer = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

nb::list kinds() {
    nb::list out;
    for (const sim::KindSpec* spec : sim::agent_kinds()) {
        nb::dict row;
        row["name"] = spec->name;
        row["title"] = spec->title;
        row["tier"] = spec->tier;
        row["rule"] = spec->rule;
        nb::list parameters;
        for (const core::Parameter& q : spec->parameters) {
            nb::dict parameter;
            parameter["name"] = q.name;
            parameter["default"] = value_to_python(q.default_value);
            parameter["minimum"] = q.minimum;
            parameter["maximum"] = q.maximum;
            parameter["unit"] = q.unit;
            parameter["help"] = q.help;
            parameters.append(parameter);
        }
        row["parameters"] = parameters;
        sim::MarketConfig config;
        config.groups.push_back(spec->defaults);
        row["defaults"] = market_config_to_python(config)["groups"][0];
        out.append(row);
    }
    return out;
}

// A kind whose rule is a Python object with `start(group)` and `decide(view, agents)`. The market calls it from its own
// thread, once a tick with all agents of the group that are awake.
class PythonKind final : public sim::AgentKind, public HoldsPython {
public:
    explicit PythonKind(nb::object held) : HoldsPython(std::move(held)) {}
    ~PythonKind() override {
        const nb::gil_scoped_acquire gil;
        rule = nb::object();
    }

    void start(const sim::StartContext& context) override {
        const nb::gil_scoped_acquire gil;
        nb::dict group;
        group["name"] = context.group.name;
        group["agents"] = context.group.size();
        group["seed"] = context.config.seed;
        nb::list symbols;
        for (const sim::SymbolConfig& s : context.config.symbols) { symbols.append(s.name); }
        group["symbols"] = symbols;
        rule.attr("start")(group);
    }

    [[nodiscard]] bool is_parallel() const override { return false; }

    void decide(const sim::MarketView& view, std::span<const sim::Agent> awake, sim::Entrance& entrance) override {
        const nb::gil_scoped_acquire gil;
        const nb::object answer =
            call_within_tick([&] { return rule.attr("decide")(show(view), describe(awake, entrance)); });
        if (!answer.is_none()) { take(answer, view, awake.size(), entrance); }
    }

private:
    // Arrays by symbol.
    static nb::dict show(const sim::MarketView& view) {
        std::vector<double> last, mid, fair, sentiment, bid, ask;
        for (const sim::SymbolView& s : view.symbols) {
            last.push_back(s.last_price);
            mid.push_back(s.mid);
            fair.push_back(s.fair);
            sentiment.push_back(s.sentiment);
            bid.push_back(s.bid == sim::no_price ? std::nan("") : s.price(s.bid));
            ask.push_back(s.ask == sim::no_price ? std::nan("") : s.price(s.ask));
        }
        nb::dict out;
        out["tick"] = view.tick;
        out["last"] = to_numpy(std::move(last));
        out["mid"] = to_numpy(std::move(mid));
        out["bid"] = to_numpy(std::move(bid));
        out["ask"] = to_numpy(std::move(ask));
        out["fair"] = to_numpy(std::move(fair));
        out["sentiment"] = to_numpy(std::move(sentiment));
        return out;
    }
    // Arrays by agent that is awake.
    static nb::dict describe(std::span<const sim::Agent> awake, sim::Entrance& entrance) {
        std::vector<std::uint32_t> index, symbol;
        std::vector<std::int64_t> position, working;
        std::vector<double> cash, first, second;
        for (std::size_t i = 0; i < awake.size(); ++i) {
            sim::Trader t = entrance.trader(i);
            index.push_back(t.index());
            symbol.push_back(t.symbol());
            position.push_back(t.position());
            working.push_back(t.is_working() ? t.ticket().leaves : 0);
            cash.push_back(t.free_cash().to_double());
            first.push_back(t.uniform());
            second.push_back(t.uniform());
        }
        nb::dict out;
        out["index"] = to_numpy(std::move(index));
        out["symbol"] = to_numpy(std::move(symbol));
        out["position"] = to_numpy(std::move(position));
        out["working"] = to_numpy(std::move(working));
        out["cash"] = to_numpy(std::move(cash));
        out["uniform"] = to_numpy(std::move(first));
        out["uniform2"] = to_numpy(std::move(second));
        return out;
    }
    // (quantity, price): one entry an agent that is awake. quantity > 0 buys, < 0 sells, 0 does nothing; a price of NaN
    // is at the market.
    void take(const nb::object& answer, const sim::MarketView& view, std::size_t awake, sim::Entrance& entrance) const {
        Answer<std::int64_t> quantity;
        Answer<double> price;
        nb::tuple pair;
        if (!nb::try_cast<nb::tuple>(answer, pair) || pair.size() != 2 || !nb::try_cast(pair[0], quantity) ||
            !nb::try_cast(pair[1], price) || quantity.size() != awake || price.size() != awake) {
            throw ConfigError(
                fmt::format("{}.decide must answer (quantity, price): an array of int64 and one of "
                            "float64, one entry for each of the {} agents that are awake.",
                            nb::repr(rule.type()).c_str(), awake));
        }
        for (std::size_t i = 0; i < awake; ++i) {
            const std::int64_t lots = quantity.data()[i];
            if (lots == 0) { continue; }
            sim::Trader t = entrance.trader(i);
            const sim::SymbolView& s = view.symbols[t.symbol()];
            const double limit = price.data()[i];
            if (std::isnan(limit)) {
                lots > 0 ? t.buy_now(s, lots) : t.sell_now(s, -lots);
            } else {
                lots > 0 ? t.buy(s.at_most(limit), lots) : t.sell(s.at_least(limit), -lots);
            }
        }
    }
};

void register_python_kind(const nb::dict& group, const std::string& title, const std::string& rule,
                          const nb::list& parameters, nb::object make) {
    nb::dict config;
    nb::list groups;
    groups.append(group);
    config["groups"] = groups;
    sim::KindSpec spec;
    spec.defaults = market_config_from_python(config).groups.front();
    spec.name = spec.defaults.kind;
    spec.title = title;
    spec.rule = rule;
    for (const nb::handle item : parameters) {
        const auto p = nb::cast<nb::dict>(item);
        spec.parameters.push_back({.name = nb::cast<std::string>(p["name"]),
                                   .default_value = value_from_python(p["default"], "default"),
                                   .minimum = -1e300,
                                   .maximum = 1e300,
                                   .unit = "",
                                   .help = ""});
    }
    // Kinds live as long as the process; the interpreter may be gone by then.
    spec.make = [factory = make.release()](const core::Parameters& p) -> std::unique_ptr<sim::AgentKind> {
        const nb::gil_scoped_acquire gil;
        nb::dict values;
        for (const auto& [name, value] : p.values()) { values[name.c_str()] = value_to_python(value); }
        return std::make_unique<PythonKind>(factory(values));
    };
    sim::register_kind(std::move(spec));
}

}  // namespace

void bind_sim_kinds(nb::module_& m) {
    m.def("sim_kinds", &kinds, "Every kind of agent: rule, parameters, defaults.");
    m.def("register_sim_kind", &register_python_kind, nb::arg("group"), nb::arg("title"), nb::arg("rule"),
          nb::arg("parameters"), nb::arg("make"), "A kind of agent that is written in Python.");
}

}  // namespace walras::python
