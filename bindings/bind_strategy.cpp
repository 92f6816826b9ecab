#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <cmath>

#include "bar_object.hpp"
#include "py_context.hpp"
#include "walras/core/error.hpp"
#include "walras/model/money.hpp"
#include "walras/strategy/registry.hpp"

namespace walras::python {

using model::Instrument;
using model::OrderSide;
using model::OrderType;
using model::Request;
using model::SizeKind;

// ---- names and numbers ---------------------------------------------------------------------------------------------

NameTable::NameTable(const model::Universe& universe) : universe_(universe) {
    for (const Instrument& instrument : universe) {
        const std::string name = instrument.name();
        PyObject* text = PyUnicode_InternFromString(name.c_str());
        if (text == nullptr) { throw nb::python_error(); }
        names_.push_back(nb::steal(text));
        details_.push_back(std::make_shared<const Instrument>(instrument));
    }
}

InstrumentId NameTable::find(nb::handle instrument) const {
    for (std::size_t i = 0; i < names_.size() && i < 16; ++i) {
        if (names_[i].ptr() == instrument.ptr()) { return InstrumentId{static_cast<std::uint32_t>(i)}; }
    }
    if (nb::isinstance<nb::str>(instrument)) { return universe_.require(nb::cast<std::string>(instrument)); }
    for (const char* attribute : {"instrument", "name"}) {
        if (nb::hasattr(instrument, attribute)) { return find(instrument.attr(attribute)); }
    }
    throw ConfigError("An instrument is named by its text, as in \"KO.XNYS\" or bar.instrument; got " +
                      nb::cast<std::string>(nb::repr(instrument)) + ".");
}

std::int64_t fixed_from_python(nb::handle value, const char* what) {
    if (PyFloat_Check(value.ptr())) {
        const auto raw = core::fixed_from_double(PyFloat_AS_DOUBLE(value.ptr()));
        if (!raw) {
            throw OrderError(fmt::format("{} {}: {}; give a finite number.", what, PyFloat_AS_DOUBLE(value.ptr()),
                                         core::describe(raw.error())));
        }
        return *raw;
    }
    const bool numpy_bool = std::string_view{Py_TYPE(value.ptr())->tp_name}.starts_with("numpy.bool");
    if (PyBool_Check(value.ptr()) || numpy_bool) {
        throw OrderError(fmt::format("{} must be a number, not a bool.", what));
    }
    const std::string text = nb::cast<std::string>(nb::str(value));
    const auto raw = core::parse_fixed(text);
    if (!raw) {
        // NumPy floats print like floats; let Python make one of them.
        if (PyNumber_Check(value.ptr()) && !nb::isinstance<nb::str>(value)) {
            const nb::object number = nb::steal(PyNumber_Float(value.ptr()));
            if (number.is_valid()) { return fixed_from_python(number, what); }
            throw nb::python_error();
        }
        throw OrderError(fmt::format("{} \"{}\": {}; give a decimal number with at most nine decimals.", what, text,
                                     core::describe(raw.error())));
    }
    return *raw;
}

namespace {

Quantity quantity_from_python(nb::handle units, const Instrument& instrument, bool may_be_negative = false) {
    const std::int64_t raw = fixed_from_python(units, "Quantity");
    if (raw % instrument.lot_size != 0) {
        static_cast<void>(
            instrument.quantity_from_units(static_cast<double>(raw) / 1e9));  // throws with the nearest ones
    }
    if (raw < 0 && !may_be_negative) {
        throw OrderError(fmt::format("Quantity {} of {} is negative; sell instead of buying a negative quantity.",
                                     core::format_fixed(raw), instrument.name()));
    }
    return Quantity{raw / instrument.lot_size};
}

Price price_from_python(nb::handle value, const Instrument& instrument, const char* what) {
    const Price price{fixed_from_python(value, what)};
    if (!instrument.on_tick(price)) {
        const Price below = instrument.round_down_to_tick(price);
        throw OrderError(fmt::format("{} {} of {} is not a multiple of its tick size {}; the nearest are {} and {}.",
                                     what, core::format_fixed(price.raw), instrument.name(),
                                     core::format_fixed(instrument.tick_size.raw), core::format_fixed(below.raw),
                                     core::format_fixed((below + instrument.tick_size).raw)));
    }
    return price;
}

// 0.5 or "50%".
Rate rate_from_python(nb::handle value, const char* what) {
    if (nb::isinstance<nb::str>(value)) {
        std::string text = nb::cast<std::string>(value);
        if (text.ends_with('%')) {
            text.pop_back();
            const auto raw = core::parse_fixed(text);
            if (raw) { return Rate{*raw / 100}; }
        }
    }
    return Rate{fixed_from_python(value, what)};
}

double units_of(const Instrument& instrument, Quantity q) { return instrument.units(q); }

// ---- what Python sees of orders ------------------------------------------------------------------------------------

// A snapshot of an order.
struct PyOrder {
    model::Order order;
    std::shared_ptr<const Instrument> instrument;  // a copy, for snapshots outlive their run
    nb::str instrument_name;
    std::string tag;
};

// One step of an order's life, as on_order gets it.
struct PyOrderUpdate {
    model::OrderReport report;
    PyOrder order;
    TimeNs ts;
};

template <class Number>
std::optional<double> number_or_none(Number raw, double value) {
    return raw == 0 ? std::nullopt : std::optional{value};
}

}  // namespace

PyContext::PyContext(const NameTable& names, std::vector<std::string>& tags)
    : attachment_(std::make_shared<Attachment>(Attachment{nullptr, &names, &tags})) {}

strategy::Context& Attachment::get() const {
    if (context == nullptr) {
        throw ConfigError(
            "A context and its positions live only inside the callbacks of their run; read what you need "
            "there and keep the numbers.");
    }
    return *context;
}

PyObject* PyContext::position(nb::handle instrument) {
    const InstrumentId id = names().find(instrument);
    if (positions_.size() <= id.value) { positions_.resize(get().universe().size()); }
    nb::object& view = positions_[id.value];
    if (!view.is_valid()) { view = nb::cast(PositionView{attachment_, id}); }
    return nb::object(view).release().ptr();
}

namespace {

const portfolio::Position* position_of(const PositionView& view) {
    const strategy::Context& context = view.attachment->get();
    return context.portfolio().position(view.instrument, context.self());
}

double position_units(const PositionView& view) {
    const strategy::Context& context = view.attachment->get();
    return units_of(context.universe().at(view.instrument), context.position(view.instrument));
}

PyObject* context_position(PyObject* self, PyObject* instrument) {
    try {
        return nb::inst_ptr<PyContext>(nb::handle(self))->position(instrument);
    } catch (nb::python_error& error) { error.restore(); } catch (const std::exception& error) {
        PyErr_SetString(nb::module_::import_("walras._core").attr("ConfigError").ptr(), error.what());
    }
    return nullptr;
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

PyOrder snapshot(const PyContext& context, const model::Order& order) {
    const auto& tags = context.tags();
    return {order, context.names().details(order.terms.instrument),
            nb::borrow<nb::str>(context.names().name(order.terms.instrument)),
            order.tag == 0 ? "" : tags[order.tag - 1]};
}

std::uint32_t tag_of(std::vector<std::string>& tags, const std::string& tag) {
    if (tag.empty()) { return 0; }
    for (std::size_t i = tags.size(); i-- > 0;) {
        if (tags[i] == tag) { return static_cast<std::uint32_t>(i + 1); }
        if (tags.size() - i > 64) { break; }
    }
    tags.push_back(tag);
    return static_cast<std::uint32_t>(tags.size());
}

template <class Enum>
Enum parse_or_throw(const char* what, const std::string& text, std::optional<Enum> (*parse)(std::string_view),
                    const char* choices) {
    if (const auto value = parse(text)) { return *value; }
    throw OrderError(fmt::format("{} \"{}\" is unknown; choose one of: {}.", what, text, choices));
}

model::Leg leg_from_python(nb::handle price, nb::handle distance, nb::handle trailing, const Instrument& instrument,
                           const char* what) {
    model::Leg leg;
    if (!price.is_none()) { leg.price = price_from_python(price, instrument, what); }
    if (!distance.is_none()) {
        leg.distance = rate_from_python(distance, what);
        if (leg.distance.raw <= 0) { throw OrderError(fmt::format("{}: the distance must be positive.", what)); }
    }
    if (!trailing.is_none()) { leg.trailing_offset = fixed_from_python(trailing, what); }
    return leg;
}

// Everything that an order can say beside instrument, side and size. All are Python objects or plain values.
struct OrderWords {
    nb::handle quantity, value, percent;
    nb::handle limit, stop, trail, trail_bps;
    std::string tif;
    nb::handle expire;
    bool post_only = false;
    bool reduce_only = false;
    nb::handle stop_loss, stop_loss_pct, trailing_stop_loss, trailing_stop_loss_bps, take_profit, take_profit_pct;
    nb::handle after, oco, ouo;
    std::string tag;
};

void read_size(Request& request, const OrderWords& words, const Instrument& instrument) {
    const int sizes =
        (words.quantity.is_none() ? 0 : 1) + (words.value.is_none() ? 0 : 1) + (words.percent.is_none() ? 0 : 1);
    if (sizes != 1) {
        throw OrderError(
            "Give exactly one of quantity (units), value (money) and percent (of equity, 0.5 or \"50%\").");
    }
    if (!words.quantity.is_none()) {
        request.terms.quantity = quantity_from_python(words.quantity, instrument);
    } else if (!words.value.is_none()) {
        request.size.kind = SizeKind::value;
        request.size.value = Money{fixed_from_python(words.value, "Value")};
        if (request.size.value.raw <= 0) { throw OrderError("Value must be positive; the side says the direction."); }
    } else {
        request.size.kind = SizeKind::percent;
        request.size.percent = rate_from_python(words.percent, "Percent");
        if (request.size.percent.raw <= 0) {
            throw OrderError("Percent must be positive; the side says the direction.");
        }
    }
}

void read_prices(model::OrderTerms& terms, const OrderWords& words, const Instrument& instrument) {
    const bool trails = !words.trail.is_none() || !words.trail_bps.is_none();
    if (trails && !(words.stop.is_none() && words.limit.is_none())) {
        throw OrderError("A trailing stop takes neither stop nor limit; leave them out.");
    }
    if (!words.limit.is_none()) { terms.price = price_from_python(words.limit, instrument, "Limit"); }
    if (!words.stop.is_none()) { terms.trigger = price_from_python(words.stop, instrument, "Stop"); }
    if (trails) {
        terms.type = OrderType::trailing_stop;
        terms.trailing_kind = words.trail.is_none() ? model::TrailingOffset::bps : model::TrailingOffset::price;
        terms.trailing_offset =
            fixed_from_python(words.trail.is_none() ? words.trail_bps : words.trail, "Trailing offset");
    } else if (!words.stop.is_none()) {
        terms.type = words.limit.is_none() ? OrderType::stop : OrderType::stop_limit;
    } else if (!words.limit.is_none()) {
        terms.type = OrderType::limit;
    }
}

// Returns the order's id; its protective legs have the next ids, stop before target.
std::uint64_t place(PyContext& self, nb::handle instrument_key, OrderSide side, const OrderWords& words) {
    strategy::Context& context = self.get();
    const InstrumentId id = self.names().find(instrument_key);
    const Instrument& instrument = context.universe().at(id);
    Request request;
    auto& terms = request.terms;
    terms.instrument = id;
    terms.side = side;
    read_size(request, words, instrument);
    read_prices(terms, words, instrument);
    terms.time_in_force = parse_or_throw("Time in force", words.tif, &model::parse_time_in_force,
                                         "gtc, ioc, fok, gtd, day, at_the_open, at_the_close");
    if (!words.expire.is_none()) { terms.expire_time = TimeNs{nb::cast<std::int64_t>(words.expire)}; }
    terms.post_only = words.post_only;
    terms.reduce_only = words.reduce_only;
    if (!words.stop_loss.is_none() || !words.stop_loss_pct.is_none() || !words.trailing_stop_loss.is_none()) {
        request.stop_loss =
            leg_from_python(words.stop_loss, words.stop_loss_pct, words.trailing_stop_loss, instrument, "Stop loss");
    }
    if (!words.trailing_stop_loss_bps.is_none()) {
        if (request.stop_loss) {
            throw OrderError(
                "A bracket has one stop loss: give one of stop_loss, stop_loss_pct, trailing_stop_loss and "
                "trailing_stop_loss_bps.");
        }
        request.stop_loss =
            leg_from_python(nb::none(), nb::none(), words.trailing_stop_loss_bps, instrument, "Stop loss");
        request.stop_loss->trailing_kind = model::TrailingOffset::bps;
    }
    if (!words.take_profit.is_none() || !words.take_profit_pct.is_none()) {
        request.take_profit =
            leg_from_python(words.take_profit, words.take_profit_pct, nb::none(), instrument, "Take profit");
    }
    if (!words.after.is_none()) { request.after = OrderId{nb::cast<std::uint64_t>(words.after)}; }
    if (!words.oco.is_none()) {
        request.list = OrderListId{nb::cast<std::uint64_t>(words.oco)};
        request.contingency = model::Contingency::oco;
    }
    if (!words.ouo.is_none()) {
        if (!words.oco.is_none()) { throw OrderError("An order belongs to one list: give oco or ouo, not both."); }
        request.list = OrderListId{nb::cast<std::uint64_t>(words.ouo)};
        request.contingency = model::Contingency::ouo;
    }
    request.tag = tag_of(self.tags(), words.tag);
    return context.place(request).value;
}

std::uint64_t target(PyContext& self, nb::handle instrument_key, nb::handle quantity, nb::handle value,
                     nb::handle percent, const std::string& tag) {
    strategy::Context& context = self.get();
    const InstrumentId id = self.names().find(instrument_key);
    const Instrument& instrument = context.universe().at(id);
    const int sizes = (quantity.is_none() ? 0 : 1) + (value.is_none() ? 0 : 1) + (percent.is_none() ? 0 : 1);
    if (sizes != 1) { throw OrderError("Give exactly one of quantity, value and percent as the target."); }
    Request request;
    request.terms.instrument = id;
    if (!quantity.is_none()) {
        request.size.kind = SizeKind::target_lots;
        request.size.lots = quantity_from_python(quantity, instrument, true).lots;
    } else if (!value.is_none()) {
        request.size.kind = SizeKind::target_value;
        request.size.value = Money{fixed_from_python(value, "Value")};
    } else {
        request.size.kind = SizeKind::target_percent;
        request.size.percent = rate_from_python(percent, "Percent");
    }
    request.tag = tag_of(self.tags(), tag);
    return context.place(request).value;
}

// The last bars of one instrument as columns; [i] is a Bar, oldest first, negative indices from the newest.
struct History {
    std::vector<strategy::ClosedBar> bars;
    nb::object instrument;
};

template <class Field>
Column<double> column(const History& history, Field field) {
    std::vector<double> out;
    out.reserve(history.bars.size());
    for (const auto& bar : history.bars) { out.push_back(field(bar.bar)); }
    return to_numpy(std::move(out));
}

// ---- Python classes as strategies ----------------------------------------------------------------------------------

class PyStrategy final : public strategy::Strategy {
public:
    PyStrategy(nb::object self, const NameTable& names, std::vector<std::string>& tags, bool& interrupted)
        : self_(std::move(self)),
          names_(names),
          interrupted_(interrupted),
          context_object_(nb::cast(PyContext(names, tags))) {
        context_ = nb::inst_ptr<PyContext>(context_object_);
        base_ = nb::module_::import_("walras.strategy").attr("Strategy");
        on_start_ = find("on_start");
        on_bars_ = find("on_bars");
        on_bar_ = find("on_bar");
        on_quote_ = find("on_quote");
        on_trade_ = find("on_trade");
        on_order_ = find("on_order");
        on_timer_ = find("on_timer");
        on_stop_ = find("on_stop");
        if (nb::hasattr(self_, "warm_up")) { warm_up_ = nb::cast<std::size_t>(self_.attr("warm_up")); }
    }

    PyStrategy(const PyStrategy&) = delete;
    PyStrategy& operator=(const PyStrategy&) = delete;
    // The session is gone: a context that the strategy kept must not reach into it.
    ~PyStrategy() override { context_->attach(nullptr); }

    [[nodiscard]] std::size_t warm_up() const override { return warm_up_; }

    void on_start(strategy::Context& c) override {
        if (on_start_.is_valid()) { call(c, on_start_); }
    }

    void on_bars(strategy::Context& c, std::span<const strategy::ClosedBar> bars) override {
        if (on_bars_.is_valid()) {
            nb::dict slice;
            for (const auto& bar : bars) {
                PyObject* name = names_.name(bar.instrument);
                slice[nb::handle(name)] = make_bar(name, bar);
            }
            call(c, on_bars_, slice);
        }
        if (!on_bar_.is_valid()) { return; }
        for (const auto& bar : bars) { call(c, on_bar_, pool_.get(names_.name(bar.instrument), bar)); }
    }

    void on_quote(strategy::Context& c, InstrumentId instrument, const model::Quote& quote) override;
    void on_trade(strategy::Context& c, InstrumentId instrument, const model::Trade& trade) override;

    void on_order(strategy::Context& c, const model::Order& order, const model::OrderReport& report) override {
        if (!on_order_.is_valid()) { return; }
        context_->attach(&c);
        call(c, on_order_, nb::cast(PyOrderUpdate{report, snapshot(*context_, order), c.now()}));
    }

    void on_timer(strategy::Context& c, TimerId timer) override {
        if (on_timer_.is_valid()) { call(c, on_timer_, nb::cast(timer.value)); }
    }

    void on_stop(strategy::Context& c) override {
        if (on_stop_.is_valid()) { call(c, on_stop_); }
    }

private:
    // The bound method, or nothing where the class keeps the base's empty one.
    nb::object find(const char* name) {
        const nb::object own = nb::getattr(self_.type(), name, nb::none());
        if (own.is_none() || own.is(base_.attr(name))) { return {}; }
        return self_.attr(name);
    }

    template <class... Args>
    void call(strategy::Context& c, const nb::object& method, const Args&... args) {
        context_->attach(&c);
        PyObject* arguments[] = {nullptr, context_object_.ptr(), args.ptr()...};
        PyObject* result = PyObject_Vectorcall(method.ptr(), arguments + 1,
                                               (1 + sizeof...(args)) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
        context_->attach(nullptr);
        if (result == nullptr) {
            if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) == 0) { throw nb::python_error(); }
            PyErr_Clear();  // Ctrl-C ends the run and keeps what was done
            interrupted_ = true;
            c.stop();
            return;
        }
        Py_DECREF(result);
    }

    nb::object self_;
    const NameTable& names_;
    bool& interrupted_;
    nb::object context_object_;
    PyContext* context_ = nullptr;
    nb::object base_;
    nb::object on_start_, on_bars_, on_bar_, on_quote_, on_trade_, on_order_, on_timer_, on_stop_;
    std::size_t warm_up_ = 0;
    BarPool pool_;
};

struct PyQuote {
    nb::str instrument;
    TimeNs ts;
    model::Quote quote;
    std::shared_ptr<const Instrument> details;
};

struct PyTrade {
    nb::str instrument;
    TimeNs ts;
    model::Trade trade;
    std::shared_ptr<const Instrument> details;
};

void PyStrategy::on_quote(strategy::Context& c, InstrumentId instrument, const model::Quote& quote) {
    if (!on_quote_.is_valid()) { return; }
    call(c, on_quote_,
         nb::cast(PyQuote{nb::borrow<nb::str>(names_.name(instrument)), c.now(), quote, names_.details(instrument)}));
}

void PyStrategy::on_trade(strategy::Context& c, InstrumentId instrument, const model::Trade& trade) {
    if (!on_trade_.is_valid()) { return; }
    call(c, on_trade_,
         nb::cast(PyTrade{nb::borrow<nb::str>(names_.name(instrument)), c.now(), trade, names_.details(instrument)}));
}

std::string text(std::string_view view) { return std::string{view}; }

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
        .def_prop_ro("reason", [](const PyOrder& o) { return text(to_string(o.order.reason)); })
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
        .def_prop_ro("reason", [](const PyOrderUpdate& u) { return text(to_string(u.report.reason)); })
        .def_prop_ro("message", [](const PyOrderUpdate& u) { return text(describe(u.report.reason)); })
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
                for (const auto& bar : h.bars) { out.push_back(bar.ts.ns); }
                return to_numpy(std::move(out));
            },
            nb::rv_policy::automatic);
}

// buy(...) and sell(...): the same words, another side.
void bind_order_method(nb::class_<PyContext>& type, const char* name, OrderSide side, const char* doc) {
    type.def(
        name,
        [side](PyContext& self, nb::handle instrument, nb::handle quantity, nb::handle value, nb::handle percent,
               nb::handle limit, nb::handle stop, nb::handle trail, nb::handle trail_bps, const std::string& tif,
               nb::handle expire, bool post_only, bool reduce_only, nb::handle stop_loss, nb::handle stop_loss_pct,
               nb::handle trailing_stop_loss, nb::handle trailing_stop_loss_bps, nb::handle take_profit,
               nb::handle take_profit_pct, nb::handle after, nb::handle oco, nb::handle ouo, const std::string& tag) {
            return place(self, instrument, side,
                         {quantity,
                          value,
                          percent,
                          limit,
                          stop,
                          trail,
                          trail_bps,
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
        nb::arg("trail") = nb::none(), nb::arg("trail_bps") = nb::none(), nb::arg("tif") = "gtc",
        nb::arg("expire") = nb::none(), nb::arg("post_only") = false, nb::arg("reduce_only") = false,
        nb::arg("stop_loss") = nb::none(), nb::arg("stop_loss_pct") = nb::none(),
        nb::arg("trailing_stop_loss") = nb::none(), nb::arg("trailing_stop_loss_bps") = nb::none(),
        nb::arg("take_profit") = nb::none(), nb::arg("take_profit_pct") = nb::none(), nb::arg("after") = nb::none(),
        nb::arg("oco") = nb::none(), nb::arg("ouo") = nb::none(), nb::arg("tag") = "", doc);
}

void bind_context(nb::module_& m) {
    static PyMethodDef fast[] = {{"position", context_position, METH_O,
                                  "position(self, instrument: str, /) -> Position\n\nThis strategy's own position."},
                                 {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {{Py_tp_methods, fast}, {0, nullptr}};
    nb::class_<PyContext> context(m, "Context", nb::type_slots(slots),
                                  "What a strategy sees and may do. Valid inside the callbacks of its run.");
    constexpr const char* words =
        " at the market, or with limit= and stop= as limit, stop or stop-limit order; trail= (price) or trail_bps= "
        "makes a "
        "trailing stop. Size: quantity (units), value (money) or percent (of equity, 0.5 or \"50%\"), the last two "
        "sized at "
        "the price at which they can trade. stop_loss, take_profit (prices), *_pct (distances from the fill) and "
        "trailing_stop_loss (price or _bps) attach protective orders. after=: wait for another order's fill; oco= or "
        "ouo=: "
        "an id of new_oco(), whose orders cancel or shrink each other. "
        "Returns the order's id; what becomes of it arrives in on_order.";
    static const std::string buy_doc = std::string("Buys") + words;
    static const std::string sell_doc = std::string("Sells") + words;
    bind_order_method(context, "buy", OrderSide::buy, buy_doc.c_str());
    bind_order_method(context, "sell", OrderSide::sell, sell_doc.c_str());
    context
        .def_prop_ro(
            "now", [](const PyContext& c) { return c.get().now().ns; },
            "ns UTC; before the first event (on_start) the smallest time there is.")
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
            "cancel", [](PyContext& c, std::uint64_t id) { c.get().cancel(OrderId{id}); }, nb::arg("order"))
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
            [](PyContext& c, std::uint64_t id, nb::handle quantity, nb::handle limit, nb::handle stop) {
                const model::Order* order = c.get().order(OrderId{id});
                if (order == nullptr) { throw OrderError(fmt::format("Order {} does not exist.", id)); }
                const Instrument& instrument = c.get().universe().at(order->terms.instrument);
                model::Replace change;
                change.order = OrderId{id};
                if (!quantity.is_none()) { change.quantity = quantity_from_python(quantity, instrument); }
                if (!limit.is_none()) { change.price = price_from_python(limit, instrument, "Limit"); }
                if (!stop.is_none()) { change.trigger = price_from_python(stop, instrument, "Stop"); }
                c.get().replace(change);
            },
            nb::arg("order"), nb::kw_only(), nb::arg("quantity") = nb::none(), nb::arg("limit") = nb::none(),
            nb::arg("stop") = nb::none())
        .def(
            "order",
            [](const PyContext& c, std::uint64_t id) -> std::optional<PyOrder> {
                const model::Order* order = c.get().order(OrderId{id});
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
            "wake_at", [](PyContext& c, std::int64_t ts) { return c.get().wake_at(TimeNs{ts}).value; }, nb::arg("ts"))
        .def(
            "wake_after",
            [](PyContext& c, double seconds) {
                return c.get().wake_after(DurationNs{std::llround(seconds * 1e9)}).value;
            },
            nb::arg("seconds"))
        .def(
            "cancel_timer", [](PyContext& c, std::uint64_t id) { c.get().cancel_timer(TimerId{id}); }, nb::arg("timer"))
        .def("stop", [](PyContext& c) { c.get().stop(); }, "Ends the run after this event.");
}

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

std::unique_ptr<strategy::Strategy> wrap_strategy(nb::object strategy, const NameTable& names,
                                                  std::vector<std::string>& tags, bool& interrupted) {
    return std::make_unique<PyStrategy>(std::move(strategy), names, tags, interrupted);
}

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
