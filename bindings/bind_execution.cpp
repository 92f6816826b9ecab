// Parent orders from Python: ctx.execute and what becomes of it. The algorithms come from walras.exec.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "order_words.hpp"
#include "py_execution.hpp"
#include "py_numbers.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using model::ExecutionRequest;
using model::ExecutionState;
using model::Instrument;

namespace {

// walras.exec has checked names and types; sizes are known here, for they need the instrument.
void read_parameters(ExecutionRequest& request, const nb::dict& parameters, const Instrument& instrument) {
    for (const auto& [key, value] : parameters) {
        const auto name = nb::cast<std::string>(key);
        if (value.is_none()) { continue; }
        if (name == "urgency") {
            request.urgency = model::parse_urgency(nb::cast<std::string>(value)).value_or(model::Urgency::passive);
        } else if (name == "duration") {
            request.duration = DurationNs{nb::cast<std::int64_t>(value)};
        } else if (name == "sweep") {
            request.sweep = nb::cast<bool>(value);
        } else if (name == "slices") {
            request.slices = nb::cast<int>(value);
        } else if (name == "randomize") {
            request.randomize = nb::cast<double>(value);
        } else if (name == "seed") {
            request.seed = nb::cast<std::uint64_t>(value);
        } else if (name == "curve") {
            request.curve = nb::cast<std::vector<double>>(value);
        } else if (name == "rate") {
            request.rate = nb::cast<double>(value);
        } else if (name == "max_rate") {
            request.max_rate = nb::cast<double>(value);
        } else if (name == "min_clip") {
            request.min_clip = quantity_from_python(value, instrument);
        } else if (name == "max_clip") {
            request.max_clip = quantity_from_python(value, instrument);
        } else if (name == "display") {
            request.display = quantity_from_python(value, instrument);
        } else {
            throw ConfigError(fmt::format("An execution has no parameter \"{}\"; make it by walras.exec.", name));
        }
    }
}

std::uint64_t execute(PyContext& self, nb::handle key, const std::string& side, nb::handle quantity, nb::handle algo,
                      nb::handle limit, nb::handle start) {
    const Instrument& instrument = self.get().universe().at(self.names().find(key));
    ExecutionRequest request;
    request.instrument = instrument.id;
    const auto parsed = model::parse_order_side(side);
    if (!parsed) { throw ConfigError(fmt::format("side = \"{}\" must be \"buy\" or \"sell\".", side)); }
    request.side = *parsed;
    request.quantity = quantity_from_python(quantity, instrument);
    if (!nb::hasattr(algo, "name") || !nb::hasattr(algo, "parameters")) {
        throw ConfigError("algo must come from walras.exec, such as exec.twap(duration=\"10min\").");
    }
    const auto algorithm = model::parse_execution_algorithm(nb::cast<std::string>(algo.attr("name")));
    if (!algorithm) { throw ConfigError("algo must be one of twap, vwap, pov and iceberg of walras.exec."); }
    request.algorithm = *algorithm;
    read_parameters(request, nb::dict(algo.attr("parameters")), instrument);
    if (!limit.is_none()) { request.limit = price_from_python(limit, instrument, "Limit"); }
    if (!start.is_none()) { request.start = time_from_python(start, "Start"); }
    return self.get().execute(request).value;
}

double lot_price(const PyExecution& e, double (ExecutionState::*measure)(std::int64_t) const) {
    return (e.state.*measure)(e.instrument->lot_value());
}

}  // namespace

PyExecution snapshot(const PyContext& context, const ExecutionState& state) {
    const InstrumentId id = state.request.instrument;
    return {state, context.names().details(id), nb::borrow<nb::str>(context.names().name(id))};
}

void bind_execution(nb::module_& m, nb::class_<PyContext>& context) {
    using E = PyExecution;
    nb::class_<E>(m, "Execution", "A parent order as it was: a quantity that an algorithm works with child orders.")
        .def_prop_ro("id", [](const E& e) { return e.state.id.value; })
        .def_prop_ro("instrument", [](const E& e) { return e.instrument_name; })
        .def_prop_ro("side", [](const E& e) { return std::string{to_string(e.state.request.side)}; })
        .def_prop_ro("algorithm", [](const E& e) { return std::string{to_string(e.state.request.algorithm)}; })
        .def_prop_ro(
            "status", [](const E& e) { return std::string{to_string(e.state.status)}; },
            "pending, working, closing, filled, expired or canceled.")
        .def_prop_ro("is_open", [](const E& e) { return e.state.is_open(); })
        .def_prop_ro("quantity", [](const E& e) { return e.instrument->units(e.state.request.quantity); })
        .def_prop_ro("filled", [](const E& e) { return e.instrument->units(e.state.filled); })
        .def_prop_ro("leaves", [](const E& e) { return e.instrument->units(e.state.leaves()); })
        .def_prop_ro(
            "children", [](const E& e) { return e.state.children; }, "Child orders so far.")
        .def_prop_ro(
            "refused", [](const E& e) { return e.state.refused; }, "Children that were denied or rejected.")
        .def_prop_ro(
            "average_price", [](const E& e) { return lot_price(e, &ExecutionState::average_price); },
            "0 before the first fill.")
        .def_prop_ro(
            "arrival_price", [](const E& e) { return e.state.arrival.to_double(); }, "The mid at the start.")
        .def_prop_ro(
            "market_vwap", [](const E& e) { return e.state.market_vwap(); }, "Of what others traded meanwhile.")
        .def_prop_ro(
            "participation", [](const E& e) { return e.state.participation(); }, "Filled over what others traded.")
        .def_prop_ro(
            "slippage_bps", [](const E& e) { return lot_price(e, &ExecutionState::slippage_bps); },
            "The average against the arrival price; positive is worse.")
        .def_prop_ro(
            "shortfall_bps", [](const E& e) { return lot_price(e, &ExecutionState::shortfall_bps); },
            "Implementation shortfall (Perold 1988): what is not filled counts at the last mid.");
    context
        .def(
            "execute", &execute, nb::arg("instrument"), nb::arg("side"), nb::arg("quantity"), nb::arg("algo"),
            nb::kw_only(), nb::arg("limit") = nb::none(), nb::arg("start") = nb::none(),
            "Works a quantity (units) by an algorithm of walras.exec, never beyond `limit`, from `start` on (now). Its "
            "child orders reach on_order, its end on_execution. Returns the execution's id.")
        .def(
            "execution",
            [](const PyContext& c, std::uint64_t id) -> std::optional<PyExecution> {
                const ExecutionState* state = c.get().execution(ExecutionId{id});
                if (state == nullptr) { return std::nullopt; }
                return snapshot(c, *state);
            },
            nb::arg("execution"), "How far it is; None for an unknown id.")
        .def(
            "cancel_execution",
            [](PyContext& c, std::uint64_t id) {
                if (c.get().execution(ExecutionId{id}) == nullptr) {
                    throw OrderError(
                        fmt::format("Execution {} does not exist; give the number that ctx.execute returned.", id));
                }
                c.get().cancel_execution(ExecutionId{id});
            },
            nb::arg("execution"), "Its children too. Nothing happens if it has ended already.");
}

}  // namespace walras::python
