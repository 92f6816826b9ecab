// Fees, slippage and latency: made by walras.fees, walras.slippage and walras.latency.
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "py_numbers.hpp"
#include "walras/backtest/queue_model.hpp"
#include "walras/backtest/slippage.hpp"
#include "walras/model/fees.hpp"
#include "walras/model/latency.hpp"

namespace walras::python {

namespace {

Money money(nb::handle value, const char* what) { return Money{core::int128{setting_from_python(value, what)}}; }

}  // namespace

void bind_models(nb::module_& m) {
    nb::class_<model::FeeModel>(m, "FeeModel", "What a fill costs. Made by walras.fees.")
        .def("describe", &model::FeeModel::describe, "In words.")
        .def("__repr__", [](const model::FeeModel& model) { return "<FeeModel: " + model.describe() + ">"; })
        .def_prop_ro(
            "proportional", [](const model::FeeModel& model) { return model.proportional().to_double(); },
            "The most that it takes of a purchase, as a fraction.");
    nb::class_<backtest::SlippageModel>(m, "SlippageModel", "How much worse a taker trades. Made by walras.slippage.")
        .def("describe", &backtest::SlippageModel::describe, "In words.")
        .def("__repr__",
             [](const backtest::SlippageModel& model) { return "<SlippageModel: " + model.describe() + ">"; });
    nb::class_<model::LatencyModel>(m, "LatencyModel", "How long messages travel. Made by walras.latency.")
        .def("describe", &model::LatencyModel::describe, "In words.")
        .def("__repr__", [](const model::LatencyModel& model) { return "<LatencyModel: " + model.describe() + ">"; });
    const auto fee = [](const model::FeeModelPtr& p) { return std::const_pointer_cast<model::FeeModel>(p); };
    const auto slip = [](const backtest::SlippageModelPtr& p) {
        return std::const_pointer_cast<backtest::SlippageModel>(p);
    };
    const auto wait = [](const model::LatencyModelPtr& p) { return std::const_pointer_cast<model::LatencyModel>(p); };
    m.def(
        "rate_fees",
        [fee](nb::handle maker, nb::handle taker, std::optional<int> decimals) {
            return fee(model::rate_fees(Rate{setting_from_python(maker, "Maker rate")},
                                        Rate{setting_from_python(taker, "Taker rate")}, decimals));
        },
        nb::arg("maker"), nb::arg("taker"), nb::arg("decimals") = nb::none());
    m.def(
        "per_unit_fees",
        [fee](nb::handle per_unit, nb::handle minimum, nb::handle maximum_rate, std::optional<int> decimals) {
            return fee(model::per_unit_fees(money(per_unit, "Fee per unit"), money(minimum, "Minimum fee"),
                                            Rate{setting_from_python(maximum_rate, "Maximum rate")}, decimals));
        },
        nb::arg("per_unit"), nb::arg("minimum"), nb::arg("maximum_rate"), nb::arg("decimals") = nb::none());
    m.def(
        "tiered_fees",
        [fee](const nb::list& tiers, std::optional<int> decimals) {
            std::vector<model::FeeTier> out;
            for (const nb::handle tier : tiers) {
                const auto t = nb::cast<nb::tuple>(tier);
                out.push_back({money(t[0], "Tier"), Rate{setting_from_python(t[1], "Maker rate")},
                               Rate{setting_from_python(t[2], "Taker rate")}});
            }
            return fee(model::tiered_fees(std::move(out), decimals));
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
        [wait](std::int64_t order, std::int64_t response, std::int64_t feed) {
            return wait(model::constant_latency({order}, {response}, {feed}));
        },
        nb::arg("order_ns"), nb::arg("response_ns"), nb::arg("feed_ns") = 0);
    m.def(
        "recorded_latency",
        [wait](const std::vector<std::array<std::int64_t, 3>>& trips) {
            std::vector<model::RecordedTrip> out;
            out.reserve(trips.size());
            for (const auto& t : trips) { out.push_back({TimeNs{t[0]}, TimeNs{t[1]}, TimeNs{t[2]}}); }
            return wait(model::recorded_latency(std::move(out)));
        },
        nb::arg("trips"));
    m.def(
        "with_feed_latency",
        [wait](std::shared_ptr<model::LatencyModel> orders, std::shared_ptr<model::LatencyModel> feed) {
            return wait(model::with_feed_latency(std::move(orders), std::move(feed)));
        },
        nb::arg("orders"), nb::arg("feed"));
    nb::class_<backtest::QueueModel>(m, "QueueModel",
                                     "What stands before our order at its price. Made by walras.queue.")
        .def("describe", &backtest::QueueModel::describe);
    const auto queue = [](const backtest::QueueModelPtr& p) {
        return std::const_pointer_cast<backtest::QueueModel>(p);
    };
    m.def("risk_averse_queue", [queue] { return queue(backtest::risk_averse_queue()); });
    m.def(
        "power_queue", [queue](double n, int form) { return queue(backtest::power_queue(n, form)); }, nb::arg("n"),
        nb::arg("form") = 1);
    m.def("log_queue", [queue](int form) { return queue(backtest::log_queue(form)); }, nb::arg("form") = 1);
    m.def(
        "sampled_latency",
        [wait](std::int64_t minimum, std::int64_t mean_excess, std::uint64_t seed) {
            return wait(model::sampled_latency({minimum}, {mean_excess}, seed));
        },
        nb::arg("minimum_ns"), nb::arg("mean_excess_ns"), nb::arg("seed"));
}

}  // namespace walras::python
