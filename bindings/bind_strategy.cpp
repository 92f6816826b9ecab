#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "bar_object.hpp"
#include "py_orders.hpp"
#include "py_views.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::python {

namespace {

nb::list schema(const strategy::Description& description) {
    nb::list out;
    for (const auto& p : description.parameters) {
        nb::dict row;
        row["name"] = p.name;
        std::visit([&](const auto& v) { row["default"] = v; }, p.default_value);
        constexpr const char* types[] = {"bool", "int", "float", "str"};
        row["type"] = types[p.default_value.index()];
        row["minimum"] = p.minimum;
        row["maximum"] = p.maximum;
        row["unit"] = p.unit;
        row["help"] = p.help;
        out.append(row);
    }
    return out;
}

}  // namespace

void bind_strategy(nb::module_& m) {
    bind_bar(m);
    bind_orders(m);
    bind_position(m);
    bind_history(m);
    bind_context(m);
    m.def("strategy_library", [] {
        nb::list out;
        for (const auto& d : strategy::library()) {
            nb::dict row;
            row["name"] = d.name;
            row["title"] = d.title;
            row["theory"] = d.theory;
            row["parameters"] = schema(d);
            out.append(row);
        }
        return out;
    });
}

}  // namespace walras::python
