#include <nanobind/stl/string.h>

#include "bindings.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

void bind_core(nb::module_& m) {
    const nb::exception<WalrasError> base(m, "WalrasError", PyExc_Exception);
    const nb::exception<DataError> data(m, "DataError", base.ptr());
    const nb::exception<OrderError> order(m, "OrderError", base.ptr());
    const nb::exception<LedgerError> ledger(m, "LedgerError", base.ptr());
    const nb::exception<RiskRefusal> refusal(m, "RiskRefusal", base.ptr());
    const nb::exception<ConfigError> config(m, "ConfigError", base.ptr());
    const nb::exception<ModelError> model(m, "ModelError", base.ptr());
    const nb::exception<VenueError> venue(m, "VenueError", base.ptr());
    const nb::exception<InvariantError> invariant(m, "InvariantError", base.ptr());

    m.def(
        "parse_fixed",
        [](const std::string& text) {
            const auto raw = core::parse_fixed(text);
            if (!raw) {
                throw ConfigError("\"" + text +
                                  "\" is not a decimal number: " + std::string(core::describe(raw.error())) + ".");
            }
            return *raw;
        },
        nb::arg("text"), "A decimal number to units of 1e-9. Raises ConfigError if it is malformed or too fine.");
    m.def(
        "format_fixed", [](std::int64_t raw, int decimals) { return core::format_fixed(raw, decimals); },
        nb::arg("raw"), nb::arg("decimals") = 0, "Units of 1e-9 as the shortest exact decimal text.");
}

}  // namespace walras::python
