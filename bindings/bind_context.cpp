#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <cmath>
#include <variant>

#include "order_words.hpp"
#include "py_execution.hpp"
#include "py_numbers.hpp"
#include "py_orders.hpp"
#include "py_views.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using model::Instrument;
using model::OrderSide;

namespace {

PyObject* context_position(PyObject* self, PyObject* instrument) {
    try {
        return nb::inst_ptr<PyContext>(nb::handle(self))->position(instrument);
    } catch (nb::python_error& error) { error.restore(); } catch (const std::exception& error) {
        PyErr_SetString(nb::module_::import_("walras._core").attr("ConfigError").ptr(), error.what());
    }
    return nullptr;
}

// An order as callers have it: the number that buy() returned, or what open_orders and on_order show.
using OrderKey = std::variant<std::uint64_t, const PyOrder*>;

OrderId id_of(const OrderKey& key) {
    const auto* number = std::get_if<std::uint64_t>(&key);
    return number != nullptr ? OrderId{*number} : std::get<const PyOrder*>(key)->order.id;
}

const model::Order& order_of(PyContext& c, OrderId id) {
    const model::Order* order = c.get().order(id);
    if (order == nullptr) {
        throw OrderError(fmt::format("Order {} does not exist; give the number that ctx.buy returned.", id.value));
    }
    return *order;
}

// buy(...) and sell(...): the same words, another side.
void bind_order_method(nb::class_<PyContext>& type, const char* name, OrderSide side, const char* doc) {
    type.def(
        name,
        [side](PyContext& self, nb::handle instrument, nb::handle quantity, nb::handle value, nb::handle percent,
               nb::handle limit, nb::handle stop, nb::handle touch, nb::handle trail, nb::handle trail_bps,
               nb::handle display, const std::string& tif, nb::handle expire, bool post_only, bool reduce_only,
               nb::handle stop_loss, nb::handle stop_loss_pct, nb::handle trailing_stop_loss,
               nb::handle trailing_stop_loss_bps, nb::handle take_profit, nb::handle take_profit_pct, nb::handle after,
               nb::handle oco, nb::handle ouo, const std::string& tag) {
            return place(self, instrument, side,
                         {quantity,
                          value,
                          percent,
                          limit,
                          stop,
                          touch,
                          trail,
                          trail_bps,
                          display,
                          tif,
                          expire,
                          post_only,
                          reduce_only,
                          stop_loss,
                          stop_loss_pct,
                          trailing_stop_loss,
                          trailing_stop_loss_bps,
                          take_profit,
                          take_profit_pct,
                          after,
                          oco,
                          ouo,
                          tag});
        },
        nb::arg("instrument"), nb::arg("quantity") = nb::none(), nb::kw_only(), nb::arg("value") = nb::none(),
        nb::arg("percent") = nb::none(), nb::arg("limit") = nb::none(), nb::arg("stop") = nb::none(),
        nb::arg("touch") = nb::none(), nb::arg("trail") = nb::none(), nb::arg("trail_bps") = nb::none(),
        nb::arg("display") = nb::none(), nb::arg("tif") = "gtc", nb::arg("expire") = nb::none(),
        nb::arg("post_only") = false, nb::arg("reduce_only") = false, nb::arg("stop_loss") = nb::none(),
        nb::arg("stop_loss_pct") = nb::none(), nb::arg("trailing_stop_loss") = nb::none(),
        nb::arg("trailing_stop_loss_bps") = nb::none(), nb::arg("take_profit") = nb::none(),
        nb::arg("take_profit_pct") = nb::none(), nb::arg("after") = nb::none(), nb::arg("oco") = nb::none(),
        nb::arg("ouo") = nb::none(), nb::arg("tag") = "", doc);
}

}  // namespace

void bind_context(nb::module_& m) {
    static PyMethodDef fast[] = {{"position", context_position, METH_O,
                                  "position(self, instrument: str, /) -> Position\n\nThis strategy's own position."},
                                 {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {{Py_tp_methods, fast}, {0, nullptr}};
    nb::class_<PyContext> context(m, "Context", nb::type_slots(slots),
                                  "What a strategy sees and may do. Valid inside the callbacks of its run.");
    constexpr const char* words =
        " at the market, or with limit= and stop= as limit, stop or stop-limit order; touch= waits for a price "
        "on the other side (ticks only); trail= (price) or trail_bps= makes a trailing stop; display= shows so much of "
        "a limit at a time (an iceberg, ticks only). Size: quantity (units), value (money) or percent (of equity, 0.5 "
        "or \"50%\"), the last two "
        "sized at "
        "the price at which they can trade. stop_loss, take_profit (prices), *_pct (distances from the fill) and "
        "trailing_stop_loss (price or _bps) attach protective orders. after=: wait for another order's fill; oco= or "
        "ouo=: "
        "an id of new_oco(), whose orders cancel or shrink each other. "
        "Returns the order's id; what becomes of it arrives in on_order.";
    static const std::string buy_doc = std::string("Buys") + words;
    static const std::string sell_doc = std::string("Sells") + words;
    bind_execution(m, context);
    bind_order_method(context, "buy", OrderSide::buy, buy_doc.c_str());
    bind_order_method(context, "sell", OrderSide::sell, sell_doc.c_str());
    context
        .def_prop_ro(
            "now", [](const PyContext& c) { return c.get().now().ns; }, "ns UTC; in on_start that of the first event.")
        .def_prop_ro("equity", [](const PyContext& c) { return c.get().equity().to_double(); })
        .def_prop_ro("cash", [](const PyContext& c) { return c.get().cash().to_double(); })
        .def(
            "balance",
            [](const PyContext& c, const std::string& code) {
                const auto currency = c.get().universe().find_currency(code);
                if (!currency) { throw ConfigError("Currency \"" + code + "\" is not part of this run."); }
                return c.get().portfolio().cash(*currency, AccountId{}).to_double();
            },
            nb::arg("currency"))
        .def_prop_ro("instruments",
                     [](const PyContext& c) {
                         nb::list out;
                         for (const Instrument& i : c.get().universe()) {
                             out.append(nb::handle(c.names().name(i.id)));
                         }
                         return nb::typed<nb::list, nb::str>(out);
                     })
        .def(
            "last_price",
            [](const PyContext& c, nb::handle key) -> std::optional<double> {
                const InstrumentId id = c.names().find(key);
                if (!c.get().portfolio().has_price(id)) { return std::nullopt; }
                return c.get().last_price(id).to_double();
            },
            nb::arg("instrument"), "None before the first price.")
        .def(
            "quote",
            [](const PyContext& c, nb::handle key) -> std::optional<PyQuote> {
                const InstrumentId id = c.names().find(key);
                const model::Quote* quote = c.get().quote(id);
                if (quote == nullptr) { return std::nullopt; }
                return (PyQuote{nb::borrow<nb::str>(c.names().name(id)), c.get().now(), *quote, c.names().details(id)});
            },
            nb::arg("instrument"))
        .def(
            "book", [](PyContext& c, nb::handle key) { return c.book(c.names().find(key)); }, nb::arg("instrument"),
            nb::sig("def book(self, instrument: object) -> Book | None"),
            "The order book as it has reached us; None before its first message.")
        .def(
            "history",
            [](const PyContext& c, nb::handle key, std::size_t n) {
                const InstrumentId id = c.names().find(key);
                const auto bars = c.get().history(id, n);
                return History{{bars.begin(), bars.end()}, nb::borrow(c.names().name(id))};
            },
            nb::arg("instrument"), nb::arg("n"))
        .def(
            "target", &target, nb::arg("instrument"), nb::kw_only(), nb::arg("quantity") = nb::none(),
            nb::arg("value") = nb::none(), nb::arg("percent") = nb::none(), nb::arg("tag") = "",
            "Orders what is missing to hold this many units, this much money or this share of equity (0.5 or \"50%\"); "
            "negative is short. Sized at the price at which it can trade.")
        .def(
            "close", [](PyContext& c, nb::handle key) { return c.get().close(c.names().find(key)).value; },
            nb::arg("instrument"), "A market order for the whole position; 0 if there is none.")
        .def(
            "cancel", [](PyContext& c, const OrderKey& key) { c.get().cancel(order_of(c, id_of(key)).id); },
            nb::arg("order"), "order: its number or itself. Nothing happens if it has ended already.")
        .def(
            "cancel_all",
            [](PyContext& c, nb::handle key) {
                if (!key.is_none()) {
                    c.get().cancel_all(c.names().find(key));
                    return;
                }
                for (const Instrument& i : c.get().universe()) { c.get().cancel_all(i.id); }
            },
            nb::arg("instrument") = nb::none())
        .def(
            "replace",
            [](PyContext& c, const OrderKey& key, nb::handle quantity, nb::handle limit, nb::handle stop) {
                const model::Order& order = order_of(c, id_of(key));
                const Instrument& instrument = c.get().universe().at(order.terms.instrument);
                if (quantity.is_none() && limit.is_none() && stop.is_none()) {
                    throw OrderError("replace() changes nothing; give quantity=, limit= or stop=.");
                }
                model::Replace change;
                change.order = order.id;
                if (!quantity.is_none()) { change.quantity = quantity_from_python(quantity, instrument); }
                if (!limit.is_none()) { change.price = price_from_python(limit, instrument, "Limit"); }
                if (!stop.is_none()) { change.trigger = price_from_python(stop, instrument, "Stop"); }
                if (!quantity.is_none() && change.quantity.lots <= 0) {
                    throw OrderError("Quantity must be positive: the new total; to end the order call cancel().");
                }
                if ((!limit.is_none() && change.price.is_zero()) || (!stop.is_none() && change.trigger.is_zero())) {
                    throw OrderError("A new limit or stop of 0 says nothing; give a price, or leave it out.");
                }
                c.get().replace(change);
            },
            nb::arg("order"), nb::kw_only(), nb::arg("quantity") = nb::none(), nb::arg("limit") = nb::none(),
            nb::arg("stop") = nb::none())
        .def(
            "order",
            [](const PyContext& c, const OrderKey& key) -> std::optional<PyOrder> {
                const model::Order* order = c.get().order(id_of(key));
                if (order == nullptr) { return std::nullopt; }
                return snapshot(c, *order);
            },
            nb::arg("order"))
        .def_prop_ro("open_orders",
                     [](const PyContext& c) {
                         nb::list out;
                         for (const OrderId id : c.get().open_orders()) {
                             const model::Order* order = c.get().order(id);
                             if (order->strategy == c.get().self()) { out.append(nb::cast(snapshot(c, *order))); }
                         }
                         return nb::typed<nb::list, PyOrder>(out);
                     })
        .def(
            "new_oco", [](PyContext& c) { return c.get().new_list().value; },
            "An id for orders that cancel each other: pass it to each of them as oco=.")
        .def(
            "wake_at", [](PyContext& c, nb::handle ts) { return c.get().wake_at(time_from_python(ts, "Time")).value; },
            nb::arg("ts"), "ts: ns UTC, an aware datetime, datetime64 or ISO text. Returns the timer's id.")
        .def(
            "wake_after",
            [](PyContext& c, nb::handle seconds) {
                return c.get().wake_after(duration_from_python(seconds, "seconds")).value;
            },
            nb::arg("seconds").none(), nb::sig("def wake_after(self, seconds: float | datetime.timedelta) -> int"),
            "seconds: a number or a timedelta. Returns the timer's id.")
        .def(
            "cancel_timer", [](PyContext& c, std::uint64_t id) { c.get().cancel_timer(TimerId{id}); }, nb::arg("timer"))
        .def("stop", [](PyContext& c) { c.get().stop(); }, "Ends the run after this event.");
}

}  // namespace walras::python
