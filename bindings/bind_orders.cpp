#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <fmt/format.h>

#include <optional>

#include "py_orders.hpp"
#include "walras/model/money.hpp"

namespace walras::python {

PyOrder snapshot(const PyContext& context, const model::Order& order) {
    const auto& tags = context.tags();
    return {order, context.names().details(order.terms.instrument),
            nb::borrow<nb::str>(context.names().name(order.terms.instrument)),
            order.tag == 0 ? "" : tags[order.tag - 1]};
}

namespace {

template <class Number>
std::optional<double> number_or_none(Number raw, double value) {
    return raw == 0 ? std::nullopt : std::optional{value};
}

double units_of(const model::Instrument& instrument, Quantity q) { return instrument.units(q); }

std::string text(std::string_view view) { return std::string{view}; }

// "" where nothing went wrong.
std::string reason_text(model::Reason reason) { return reason == model::Reason::none ? "" : text(to_string(reason)); }

}  // namespace

void bind_orders(nb::module_& m) {
    nb::class_<PyOrder>(m, "Order", "A snapshot of an order.")
        .def_prop_ro("id", [](const PyOrder& o) { return o.order.id.value; })
        .def_prop_ro("client_id",
                     [](const PyOrder& o) {
                         return o.order.revision == 0 ? fmt::format("{}", o.order.id.value)
                                                      : fmt::format("{}-{}", o.order.id.value, o.order.revision);
                     })
        .def_prop_ro("instrument", [](const PyOrder& o) { return o.instrument_name; })
        .def_prop_ro("side", [](const PyOrder& o) { return text(to_string(o.order.terms.side)); })
        .def_prop_ro("type", [](const PyOrder& o) { return text(to_string(o.order.terms.type)); })
        .def_prop_ro("tif", [](const PyOrder& o) { return text(to_string(o.order.terms.time_in_force)); })
        .def_prop_ro("status", [](const PyOrder& o) { return text(to_string(o.order.status)); })
        .def_prop_ro("pending", [](const PyOrder& o) { return text(to_string(o.order.pending)); })
        .def_prop_ro("is_open", [](const PyOrder& o) { return o.order.is_open(); })
        .def_prop_ro("quantity", [](const PyOrder& o) { return units_of(*o.instrument, o.order.terms.quantity); })
        .def_prop_ro("filled", [](const PyOrder& o) { return units_of(*o.instrument, o.order.filled); })
        .def_prop_ro("leaves", [](const PyOrder& o) { return units_of(*o.instrument, o.order.leaves()); })
        .def_prop_ro("average_price",
                     [](const PyOrder& o) {
                         return number_or_none(
                             o.order.filled.lots,
                             model::average_price(o.order.filled_notional, o.order.filled, *o.instrument).to_double());
                     })
        .def_prop_ro(
            "limit",
            [](const PyOrder& o) { return number_or_none(o.order.terms.price.raw, o.order.terms.price.to_double()); })
        .def_prop_ro("stop",
                     [](const PyOrder& o) {
                         return number_or_none(o.order.terms.trigger.raw, o.order.terms.trigger.to_double());
                     })
        .def_prop_ro("reason", [](const PyOrder& o) { return reason_text(o.order.reason); })
        .def_prop_ro("parent", [](const PyOrder& o) { return o.order.parent.value; })
        .def_ro("tag", &PyOrder::tag)
        .def_prop_ro("ts_init", [](const PyOrder& o) { return o.order.ts_init.ns; })
        .def_prop_ro("ts_last", [](const PyOrder& o) { return o.order.ts_last.ns; })
        .def("__repr__", [](const PyOrder& o) {
            return fmt::format("Order({} {} {} {:.9g} {}: {}, filled {:.9g})", o.order.id.value,
                               to_string(o.order.terms.side), to_string(o.order.terms.type),
                               units_of(*o.instrument, o.order.terms.quantity), o.instrument->name(),
                               to_string(o.order.status), units_of(*o.instrument, o.order.filled));
        });
    nb::class_<PyOrderUpdate>(m, "OrderUpdate", "One step of an order's life.")
        .def_ro("order", &PyOrderUpdate::order)
        .def_prop_ro("id", [](const PyOrderUpdate& u) { return u.report.order.value; })
        .def_prop_ro("step", [](const PyOrderUpdate& u) { return text(to_string(u.report.step)); })
        .def_prop_ro("status", [](const PyOrderUpdate& u) { return text(to_string(u.order.order.status)); })
        .def_prop_ro("instrument", [](const PyOrderUpdate& u) { return u.order.instrument_name; })
        .def_prop_ro("side", [](const PyOrderUpdate& u) { return text(to_string(u.order.order.terms.side)); })
        .def_prop_ro("quantity",
                     [](const PyOrderUpdate& u) { return units_of(*u.order.instrument, u.report.quantity); })
        .def_prop_ro(
            "price",
            [](const PyOrderUpdate& u) { return number_or_none(u.report.price.raw, u.report.price.to_double()); })
        .def_prop_ro("fee", [](const PyOrderUpdate& u) { return u.report.fee.to_double(); })
        .def_prop_ro("liquidity", [](const PyOrderUpdate& u) { return text(to_string(u.report.liquidity)); })
        .def_prop_ro("rule", [](const PyOrderUpdate& u) { return text(to_string(u.report.rule)); })
        .def_prop_ro("reason", [](const PyOrderUpdate& u) { return reason_text(u.report.reason); })
        .def_prop_ro("message",
                     [](const PyOrderUpdate& u) {
                         return u.report.reason == model::Reason::none ? "" : text(describe(u.report.reason));
                     })
        .def_prop_ro("is_fill", [](const PyOrderUpdate& u) { return u.report.step == model::OrderStep::filled; })
        .def_prop_ro("ts", [](const PyOrderUpdate& u) { return u.ts.ns; })
        .def("__repr__", [](const PyOrderUpdate& u) {
            return fmt::format(
                "OrderUpdate(order {} {}{}{})", u.report.order.value, to_string(u.report.step),
                u.report.step == model::OrderStep::filled
                    ? fmt::format(" {:.9g} @ {:.9g}", units_of(*u.order.instrument, u.report.quantity),
                                  u.report.price.to_double())
                    : "",
                u.report.reason == model::Reason::none ? "" : fmt::format(" ({})", describe(u.report.reason)));
        });
    nb::class_<PyQuote>(m, "Quote", "The best bid and ask.")
        .def_ro("instrument", &PyQuote::instrument)
        .def_prop_ro("ts", [](const PyQuote& q) { return q.ts.ns; })
        .def_prop_ro("bid", [](const PyQuote& q) { return q.quote.bid.to_double(); })
        .def_prop_ro("ask", [](const PyQuote& q) { return q.quote.ask.to_double(); })
        .def_prop_ro("mid", [](const PyQuote& q) { return (q.quote.bid.to_double() + q.quote.ask.to_double()) / 2; })
        .def_prop_ro("bid_size", [](const PyQuote& q) { return units_of(*q.details, q.quote.bid_size); })
        .def_prop_ro("ask_size", [](const PyQuote& q) { return units_of(*q.details, q.quote.ask_size); });
    nb::class_<PyTrade>(m, "Trade", "A trade print.")
        .def_ro("instrument", &PyTrade::instrument)
        .def_prop_ro("ts", [](const PyTrade& t) { return t.ts.ns; })
        .def_prop_ro("price", [](const PyTrade& t) { return t.trade.price.to_double(); })
        .def_prop_ro("size", [](const PyTrade& t) { return units_of(*t.details, t.trade.size); })
        .def_prop_ro("aggressor", [](const PyTrade& t) { return text(to_string(t.trade.aggressor)); });
}

}  // namespace walras::python
