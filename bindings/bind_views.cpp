// Views of a run that strategies hold: a position as it is now, the last bars.
#include <nanobind/stl/string.h>

#include <fmt/format.h>

#include "bar_object.hpp"
#include "py_views.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

namespace {

const portfolio::Position* position_of(const PositionView& view) {
    const strategy::Context& context = view.attachment->get();
    return context.portfolio().position(view.instrument, context.self());
}

double position_units(const PositionView& view) {
    const strategy::Context& context = view.attachment->get();
    return context.universe().at(view.instrument).units(context.position(view.instrument));
}

int position_is_open(PyObject* self) {
    const auto* view = nb::inst_ptr<PositionView>(nb::handle(self));
    try {
        return view->attachment->get().position(view->instrument).is_zero() ? 0 : 1;
    } catch (const std::exception& error) {
        PyErr_SetString(nb::module_::import_("walras._core").attr("ConfigError").ptr(), error.what());
        return -1;
    }
}

template <class Field>
Column<double> column(const History& history, Field field) {
    std::vector<double> out;
    out.reserve(history.bars.size());
    for (const auto& bar : history.bars) { out.push_back(field(bar.bar)); }
    return to_numpy(std::move(out));
}

}  // namespace

void bind_position(nb::module_& m) {
    static PyType_Slot slots[] = {{Py_nb_bool, reinterpret_cast<void*>(position_is_open)}, {0, nullptr}};
    const auto money = [](auto field) {
        return [field](const PositionView& v) {
            const portfolio::Position* p = position_of(v);
            return p == nullptr ? 0.0 : field(v.attachment->get().portfolio(), *p);
        };
    };
    nb::class_<PositionView>(m, "Position", nb::type_slots(slots),
                             "This strategy's position in one instrument; false when flat.")
        .def_prop_ro("quantity", &position_units, "Units; positive is long.")
        .def_prop_ro("is_long", [](const PositionView& v) { return position_units(v) > 0; })
        .def_prop_ro("is_short", [](const PositionView& v) { return position_units(v) < 0; })
        .def_prop_ro("average_price", money([](const portfolio::Portfolio& b, const portfolio::Position& p) {
                         return b.average_price(p).to_double();
                     }))
        .def_prop_ro("market_value", money([](const portfolio::Portfolio& b, const portfolio::Position& p) {
                         return b.market_value(p).to_double();
                     }))
        .def_prop_ro("unrealized", money([](const portfolio::Portfolio& b, const portfolio::Position& p) {
                         return b.unrealized(p).to_double();
                     }))
        .def_prop_ro("realized", money([](const portfolio::Portfolio&, const portfolio::Position& p) {
                         return p.realized.to_double();
                     }))
        .def_prop_ro(
            "fees", money([](const portfolio::Portfolio&, const portfolio::Position& p) { return p.fees.to_double(); }))
        .def("__float__", &position_units)
        .def("__repr__", [](const PositionView& v) {
            return fmt::format("Position({:.9g} {})", position_units(v),
                               v.attachment->get().universe().at(v.instrument).name());
        });
}

void bind_history(nb::module_& m) {
    nb::class_<History>(m, "History", "The last bars of one instrument, oldest first.")
        .def("__len__", [](const History& h) { return h.bars.size(); })
        .def("__getitem__",
             [](const History& h, std::int64_t i) {
                 const auto n = static_cast<std::int64_t>(h.bars.size());
                 if (i < 0) { i += n; }
                 if (i < 0 || i >= n) { throw nb::index_error("the history is shorter than that"); }
                 return make_bar(h.instrument.ptr(), h.bars[static_cast<std::size_t>(i)]);
             })
        .def_prop_ro(
            "open", [](const History& h) { return column(h, [](const model::Bar& b) { return b.open.to_double(); }); },
            nb::rv_policy::automatic)
        .def_prop_ro(
            "high", [](const History& h) { return column(h, [](const model::Bar& b) { return b.high.to_double(); }); },
            nb::rv_policy::automatic)
        .def_prop_ro(
            "low", [](const History& h) { return column(h, [](const model::Bar& b) { return b.low.to_double(); }); },
            nb::rv_policy::automatic)
        .def_prop_ro(
            "close",
            [](const History& h) { return column(h, [](const model::Bar& b) { return b.close.to_double(); }); },
            nb::rv_policy::automatic)
        .def_prop_ro(
            "volume", [](const History& h) { return column(h, [](const model::Bar& b) { return b.volume; }); },
            nb::rv_policy::automatic)
        .def_prop_ro(
            "ts",
            [](const History& h) {
                std::vector<std::int64_t> out;
                out.reserve(h.bars.size());
                for (const auto& bar : h.bars) { out.push_back(bar.ts.ns); }
                return to_numpy(std::move(out));
            },
            nb::rv_policy::automatic);
}

}  // namespace walras::python
