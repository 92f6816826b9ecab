#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "py_context.hpp"
#include "py_market.hpp"
#include "py_ticks.hpp"
#include "run_columns.hpp"
#include "run_config.hpp"
#include "walras/backtest/backtest.hpp"
#include "walras/core/error.hpp"
#include "walras/sim/sim_venue.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::python {

namespace {

using backtest::Result;
using backtest::RunConfig;

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

nb::dict run(model::Universe& universe, const nb::list& bars, const nb::list& quotes, const nb::list& marks,
             const nb::list& actions, TickReader* ticks, const std::vector<std::uint32_t>& ticked,
             const nb::list& strategies, const nb::dict& settings, nb::handle progress, PyMarket* world,
             std::uint64_t world_ticks, std::size_t world_levels) {
    RunConfig config = run_config(settings, universe);
    backtest::Data data;
    for (const nb::handle s : bars) { data.bars.push_back(nb::inst_ptr<data::BarSeries>(s)); }
    for (const nb::handle s : quotes) { data.quotes.push_back(nb::inst_ptr<data::QuoteSeries>(s)); }
    for (const nb::handle s : marks) { data.marks.push_back(nb::inst_ptr<data::MarkSeries>(s)); }
    for (const nb::handle s : actions) { data.actions.push_back(nb::inst_ptr<data::ActionSeries>(s)); }
    if (ticks != nullptr) { data.ticks = ticks->stream.get(); }
    for (const std::uint32_t id : ticked) { data.ticked.push_back(InstrumentId{id}); }
    std::optional<sim::SimVenue> venue;
    if (world != nullptr) {
        venue.emplace(universe, world->market,
                      sim::SimVenueConfig{.fees = config.replay.fees,
                                          .latency = config.replay.latency,
                                          .seed = config.replay.seed,
                                          .ticks = world_ticks,
                                          .levels = world_levels,
                                          .session_closes = config.replay.session_closes});
        data.world = &*venue;
        data.end_world = [&venue] { venue->trade_at_end(); };
        config.progress_interval = 16;
    }
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

}  // namespace

strategy::Value strategy_value(nb::handle value, const std::string& name) { return value_from_python(value, name); }

void bind_backtest(nb::module_& m) {
    m.def(
        "check_strategy",
        [](const std::string& name, const nb::dict& given) {
            static_cast<void>(strategy::make(name, values_from_python(given)));
        },
        nb::arg("name"), nb::arg("parameters"), "Raises ConfigError if the library cannot build this strategy.");
    m.def("run_backtest", &run, nb::arg("universe"), nb::kw_only(), nb::arg("bars"), nb::arg("quotes"),
          nb::arg("marks"), nb::arg("actions"), nb::arg("ticks") = nb::none(),
          nb::arg("ticked") = std::vector<std::uint32_t>{}, nb::arg("strategies"), nb::arg("settings"),
          nb::arg("progress") = nb::none(), nb::arg("world").none() = nb::none(), nb::arg("world_ticks") = 0,
          nb::arg("world_levels") = 10, "The engine room of walras.backtest.run and walras.sim.run.");
}

}  // namespace walras::python
