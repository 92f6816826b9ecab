#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "run_config.hpp"
#include "walras/backtest/sweep.hpp"
#include "walras/core/normal.hpp"
#include "walras/portfolio/overfit.hpp"

namespace walras::python {
namespace {

namespace stats = portfolio::stats;

template <class T>
using Input = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::vector<backtest::Axis> axes_from_python(const nb::list& given) {
    std::vector<backtest::Axis> axes;
    for (const nb::handle item : given) {
        const auto pair = nb::cast<nb::tuple>(item);
        backtest::Axis axis{nb::cast<std::string>(pair[0]), {}};
        for (const nb::handle value : nb::cast<nb::list>(pair[1])) {
            axis.values.push_back(strategy_value(value, axis.name));
        }
        axes.push_back(std::move(axis));
    }
    return axes;
}

backtest::ParameterSpace space_from_python(const nb::list& axes, bool is_grid,
                                           const std::optional<Input<std::uint64_t>>& only) {
    auto space = is_grid ? backtest::ParameterSpace::grid(axes_from_python(axes))
                         : backtest::ParameterSpace::list(axes_from_python(axes));
    if (!only) { return space; }
    return space.only({only->data(), only->data() + only->size()});
}

nb::dict run_sweep(model::Universe& universe, const std::string& strategy, const nb::list& axes, bool is_grid,
                   const std::optional<Input<std::uint64_t>>& only, const nb::list& bars, const nb::list& quotes,
                   const nb::list& marks, const nb::list& actions, const nb::dict& settings, int threads,
                   bool keep_returns, bool vectorised, nb::handle progress) {
    backtest::SweepConfig config;
    config.run = run_config(settings, universe);
    config.threads = threads;
    config.keep_returns = keep_returns;
    config.vectorised = vectorised;
    backtest::Data data;
    for (const nb::handle s : bars) { data.bars.push_back(nb::inst_ptr<data::BarSeries>(s)); }
    for (const nb::handle s : quotes) { data.quotes.push_back(nb::inst_ptr<data::QuoteSeries>(s)); }
    for (const nb::handle s : marks) { data.marks.push_back(nb::inst_ptr<data::MarkSeries>(s)); }
    for (const nb::handle s : actions) { data.actions.push_back(nb::inst_ptr<data::ActionSeries>(s)); }
    // Ctrl-C is looked for here; the caller's progress may also end the sweep.
    config.progress = [&](std::size_t done, std::size_t total) {
        const nb::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) {
            PyErr_Clear();
            return false;
        }
        if (progress.is_none()) { return true; }
        try {
            const nb::object answer = progress(done, total);
            return !answer.is(nb::handle(Py_False));
        } catch (const nb::python_error& error) {
            if (error.matches(PyExc_KeyboardInterrupt)) { return false; }  // Ctrl-C met the progress bar
            throw;
        }
    };
    const backtest::ParameterSpace space = space_from_python(axes, is_grid, only);
    backtest::SweepResult result;
    {
        const nb::gil_scoped_release release;
        result = backtest::sweep(universe, data, strategy, space, config);
    }
    nb::dict out;
    std::vector<std::uint8_t> status;
    status.reserve(result.status.size());
    for (const backtest::TrialStatus s : result.status) { status.push_back(static_cast<std::uint8_t>(s)); }
    out["status"] = to_numpy(std::move(status));
    out["statistics"] = to_numpy(std::move(result.statistics));
    out["messages"] = nb::cast(result.messages);
    out["returns"] = to_numpy(std::move(result.returns));
    out["periods"] = result.periods;
    out["interrupted"] = result.interrupted;
    out["vectorised"] = result.vectorised;
    return out;
}

}  // namespace

void bind_sweep(nb::module_& m) {
    m.def("run_sweep", &run_sweep, nb::arg("universe"), nb::kw_only(), nb::arg("strategy"), nb::arg("axes"),
          nb::arg("is_grid"), nb::arg("only") = nb::none(), nb::arg("bars"), nb::arg("quotes"), nb::arg("marks"),
          nb::arg("actions"), nb::arg("settings"), nb::arg("threads"), nb::arg("keep_returns"), nb::arg("vectorised"),
          nb::arg("progress") = nb::none(), "The engine room of walras.backtest.sweep.");
    m.def(
        "trial_statistics",
        [] {
            nb::list names;
            for (const std::string_view key : backtest::trial_statistics) { names.append(nb::cast(std::string{key})); }
            return names;
        },
        "What a sweep keeps of a trial, in order.");
    m.def(
        "trial_statuses",
        [] {
            nb::list names;
            for (int i = 0; i < backtest::trial_status_count; ++i) {
                names.append(nb::cast(std::string{to_string(static_cast<backtest::TrialStatus>(i))}));
            }
            return names;
        },
        "What can become of a trial, by code.");
    m.def("normal_cdf", &core::math::normal_cdf, nb::arg("x"));
    m.def("normal_quantile", &core::math::normal_quantile, nb::arg("p"));
    m.def(
        "probabilistic_sharpe",
        [](double sharpe, double observations, double skew, double kurtosis, double benchmark) {
            return stats::probabilistic_sharpe({sharpe, observations, skew, kurtosis}, benchmark);
        },
        nb::arg("sharpe"), nb::arg("observations"), nb::arg("skew"), nb::arg("kurtosis"), nb::arg("benchmark"));
    m.def("expected_maximum_sharpe", &stats::expected_maximum_sharpe, nb::arg("trials"), nb::arg("variance"));
    m.def(
        "probability_of_overfitting",
        [](const Input<double>& returns, std::size_t periods, int blocks) {
            stats::Overfitting found;
            {
                const nb::gil_scoped_release release;
                found = stats::probability_of_overfitting({returns.data(), returns.size()}, periods, blocks);
            }
            return nb::make_tuple(found.probability, found.mean_logit, to_numpy(std::move(found.logits)));
        },
        nb::arg("returns"), nb::arg("periods"), nb::arg("blocks"));
}

}  // namespace walras::python
