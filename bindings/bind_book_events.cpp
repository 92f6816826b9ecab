#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <string>

#include "py_book.hpp"
#include "walras/core/decimal.hpp"

namespace walras::python {

using book::MatchEvent;
using model::OrderStep;

nb::object book_units(Quantity q, std::int64_t lot_size) {
    if (lot_size % core::fixed_scale == 0) { return nb::int_(q.lots * (lot_size / core::fixed_scale)); }
    return nb::float_(core::fixed_to_double(static_cast<core::int128>(q.lots) * lot_size));
}

namespace {

nb::object price_or_none(Price p) { return p.is_zero() ? nb::none() : nb::object(nb::float_(p.to_double())); }
nb::object id_or_none(std::uint64_t id) { return id == 0 ? nb::none() : nb::object(nb::int_(id)); }
nb::str text(std::string_view t) { return nb::str(t.data(), t.size()); }

void bind_event(nb::module_& m) {
    nb::class_<PyEvent>(m, "MatchEvent",
                        "One thing that happened to one order of a matching engine, or, for a fill, to two.")
        .def_prop_ro(
            "kind", [](const PyEvent& p) { return text(to_string(p.e.step)); },
            "accepted, rejected, triggered, filled, canceled, expired, replaced, cancel_rejected or replace_rejected.")
        .def_prop_ro(
            "order", [](const PyEvent& p) { return p.e.order.value; }, "The order; of a fill the taker.")
        .def_prop_ro(
            "taker", [](const PyEvent& p) { return id_or_none(p.e.step == OrderStep::filled ? p.e.order.value : 0); },
            nb::sig("def taker(self) -> int | None"))
        .def_prop_ro(
            "maker", [](const PyEvent& p) { return id_or_none(p.e.maker.value); },
            nb::sig("def maker(self) -> int | None"), "Of a fill, the order that rested.")
        .def_prop_ro(
            "trade", [](const PyEvent& p) { return id_or_none(p.e.trade.value); },
            nb::sig("def trade(self) -> int | None"))
        .def_prop_ro(
            "side", [](const PyEvent& p) { return text(to_string(p.e.side)); }, "Of `order`.")
        .def_prop_ro(
            "price", [](const PyEvent& p) { return price_or_none(p.e.price); },
            nb::sig("def price(self) -> float | None"),
            "Filled: the maker's; triggered: the trigger; else the limit; None where there is none.")
        .def_prop_ro(
            "quantity", [](const PyEvent& p) { return book_units(p.e.quantity, p.lot_size); },
            nb::sig("def quantity(self) -> int | float"),
            "Filled: this execution; canceled, expired: what was left; else the order's total.")
        .def_prop_ro(
            "leaves", [](const PyEvent& p) { return book_units(p.e.leaves, p.lot_size); },
            nb::sig("def leaves(self) -> int | float"), "What of `order` can still trade.")
        .def_prop_ro(
            "maker_leaves", [](const PyEvent& p) { return book_units(p.e.maker_leaves, p.lot_size); },
            nb::sig("def maker_leaves(self) -> int | float"))
        .def_prop_ro(
            "owner", [](const PyEvent& p) { return p.e.owner.value; }, "Of `order`; 0 is nobody.")
        .def_prop_ro("maker_owner", [](const PyEvent& p) { return p.e.maker_owner.value; })
        .def_prop_ro(
            "is_auction", [](const PyEvent& p) { return p.e.is_auction; },
            "A fill by uncrossing: `order` is the buyer's, `maker` the seller's.")
        .def_prop_ro(
            "ts", [](const PyEvent& p) { return p.e.ts == time_min ? nb::none() : nb::object(nb::int_(p.e.ts.ns)); },
            nb::sig("def ts(self) -> int | None"), "The engine's time in ns UTC; None before the first advance_to.")
        .def_prop_ro(
            "reason",
            [](const PyEvent& p) {
                return p.e.reason == model::Reason::none ? nb::none() : nb::object(text(to_string(p.e.reason)));
            },
            nb::sig("def reason(self) -> str | None"))
        .def_prop_ro(
            "message",
            [](const PyEvent& p) {
                return p.e.reason == model::Reason::none ? text("") : text(model::describe(p.e.reason));
            },
            "The reason as a sentence.")
        .def("__repr__", [](const PyEvent& p) {
            const MatchEvent& e = p.e;
            std::string out = fmt::format("<{} {}", to_string(e.step), e.order.value);
            if (!e.maker.is_none()) { out += fmt::format(" x {}", e.maker.value); }
            out += fmt::format(" {}", core::format_fixed(static_cast<core::int128>(e.quantity.lots) * p.lot_size));
            if (!e.price.is_zero()) { out += fmt::format(" @ {}", core::format_fixed(e.price.raw)); }
            if (e.reason != model::Reason::none) { out += fmt::format(" {}", to_string(e.reason)); }
            return out + ">";
        });
}

void bind_order(nb::module_& m) {
    nb::class_<PySides>(m, "BookTop", "Best bid and ask: (price, quantity, orders), or None.")
        .def_prop_ro(
            "bid", [](const PySides& s) { return s.bid; },
            nb::sig("def bid(self) -> tuple[float, int | float, int] | None"))
        .def_prop_ro(
            "ask", [](const PySides& s) { return s.ask; },
            nb::sig("def ask(self) -> tuple[float, int | float, int] | None"))
        .def("__repr__", [](const PySides& s) {
            return fmt::format("<bid {} ask {}>", nb::repr(s.bid).c_str(), nb::repr(s.ask).c_str());
        });
    nb::class_<PyBookOrder>(m, "BookOrder", "A working order as the matching engine sees it.")
        .def_prop_ro("order", [](const PyBookOrder& p) { return p.o.id.value; })
        .def_prop_ro("owner", [](const PyBookOrder& p) { return p.o.owner.value; })
        .def_prop_ro("side", [](const PyBookOrder& p) { return text(to_string(p.o.side)); })
        .def_prop_ro("type", [](const PyBookOrder& p) { return text(to_string(p.o.type)); })
        .def_prop_ro("tif", [](const PyBookOrder& p) { return text(to_string(p.o.time_in_force)); })
        .def_prop_ro("status", [](const PyBookOrder& p) { return text(to_string(p.o.status)); })
        .def_prop_ro("post_only", [](const PyBookOrder& p) { return p.o.post_only; })
        .def_prop_ro("reduce_only", [](const PyBookOrder& p) { return p.o.reduce_only; })
        .def_prop_ro(
            "price", [](const PyBookOrder& p) { return price_or_none(p.o.price); },
            nb::sig("def price(self) -> float | None"))
        .def_prop_ro(
            "trigger", [](const PyBookOrder& p) { return price_or_none(p.o.trigger); },
            nb::sig("def trigger(self) -> float | None"),
            "Of a waiting stop, now; None while a trailing stop has seen no price.")
        .def_prop_ro(
            "quantity", [](const PyBookOrder& p) { return book_units(p.o.quantity, p.lot_size); },
            nb::sig("def quantity(self) -> int | float"))
        .def_prop_ro(
            "display",
            [](const PyBookOrder& p) {
                return p.o.display_quantity.is_zero() ? nb::none() : book_units(p.o.display_quantity, p.lot_size);
            },
            nb::sig("def display(self) -> int | float | None"), "Of an iceberg; None where all is shown.")
        .def_prop_ro(
            "displayed",
            [](const PyBookOrder& p) {
                return p.o.display_quantity.is_zero() ? nb::none() : book_units(p.o.displayed, p.lot_size);
            },
            nb::sig("def displayed(self) -> int | float | None"), "What the book shows of an iceberg now.")
        .def_prop_ro(
            "filled", [](const PyBookOrder& p) { return book_units(p.o.filled, p.lot_size); },
            nb::sig("def filled(self) -> int | float"))
        .def_prop_ro(
            "leaves", [](const PyBookOrder& p) { return book_units(p.o.leaves(), p.lot_size); },
            nb::sig("def leaves(self) -> int | float"))
        .def_prop_ro(
            "expire_time",
            [](const PyBookOrder& p) {
                return p.o.expire_time == time_max ? nb::none() : nb::object(nb::int_(p.o.expire_time.ns));
            },
            nb::sig("def expire_time(self) -> int | None"), "ns UTC.")
        .def("__repr__", [](const PyBookOrder& p) {
            return fmt::format("<order {}: {} {} {}>", p.o.id.value, to_string(p.o.side), to_string(p.o.type),
                               to_string(p.o.status));
        });
}

}  // namespace

void bind_book_events(nb::module_& m) {
    bind_event(m);
    bind_order(m);
}

}  // namespace walras::python
