#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <map>

#include "bindings.hpp"
#include "walras/core/error.hpp"
#include "walras/model/instrument.hpp"

namespace walras::python {

using model::Instrument;
using model::InstrumentKind;
using model::Settlement;
using model::Universe;

namespace {

template <class Enum>
Enum parse_choice(const char* what, const std::string& text, const std::map<std::string, Enum>& choices) {
    const auto found = choices.find(text);
    if (found != choices.end()) { return found->second; }
    std::string known;
    for (const auto& [name, value] : choices) { known += (known.empty() ? "" : ", ") + name; }
    throw ConfigError(std::string(what) + " \"" + text + "\" is unknown; choose one of: " + known + ".");
}

}  // namespace

void bind_model(nb::module_& m) {
    nb::class_<Universe>(m, "Universe", "Instruments and currencies of one run, by dense index.")
        .def(nb::init<>())
        .def(
            "add_currency",
            [](Universe& u, const std::string& code, int decimals) { return u.add_currency(code, decimals).value; },
            nb::arg("code"), nb::arg("decimals"))
        .def(
            "currency", [](Universe& u, const std::string& code) { return u.currency(code).value; }, nb::arg("code"))
        .def("currency_code", [](const Universe& u, std::uint16_t id) { return u.at(CurrencyId{id}).code; })
        .def(
            "add",
            [](Universe& u, const std::string& symbol, const std::string& venue, const std::string& kind,
               const std::string& settlement, const std::string& currency, const std::optional<std::string>& base,
               std::int64_t tick_size, std::int64_t lot_size, std::int64_t multiplier, bool price_may_be_negative,
               std::optional<std::int64_t> expiry, const std::string& label) {
                Instrument i;
                i.label = label;
                i.symbol = symbol;
                i.venue = venue;
                i.kind = parse_choice<InstrumentKind>("Instrument kind", kind,
                                                      {{"equity", InstrumentKind::equity},
                                                       {"currency_pair", InstrumentKind::currency_pair},
                                                       {"future", InstrumentKind::future},
                                                       {"perpetual", InstrumentKind::perpetual},
                                                       {"option", InstrumentKind::option},
                                                       {"index", InstrumentKind::index}});
                i.settlement = parse_choice<Settlement>(
                    "Settlement", settlement, {{"full", Settlement::full}, {"variation", Settlement::variation}});
                i.currency = u.currency(currency);
                if (base) { i.base = u.currency(*base); }
                i.tick_size = Price{tick_size};
                i.lot_size = lot_size;
                i.multiplier = multiplier;
                i.price_may_be_negative = price_may_be_negative;
                if (expiry) { i.expiry = TimeNs{*expiry}; }
                return u.add(std::move(i)).value;
            },
            nb::arg("symbol"), nb::arg("venue"), nb::kw_only(), nb::arg("kind") = "equity",
            nb::arg("settlement") = "full", nb::arg("currency") = "USD", nb::arg("base") = nb::none(),
            nb::arg("tick_size") = 1, nb::arg("lot_size") = core::fixed_scale,
            nb::arg("multiplier") = core::fixed_scale, nb::arg("price_may_be_negative") = false,
            nb::arg("expiry") = nb::none(), nb::arg("label") = "")
        .def(
            "currency_of", [](const Universe& u, std::uint32_t id) { return u.at(InstrumentId{id}).currency.value; },
            nb::arg("instrument"))
        .def("name", [](const Universe& u, std::uint32_t id) { return u.at(InstrumentId{id}).name(); })
        .def("find", [](const Universe& u, const std::string& name) { return u.require(name).value; })
        .def("__len__", &Universe::size);
}

}  // namespace walras::python
