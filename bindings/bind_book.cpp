#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <concepts>
#include <cstring>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "walras/book/matching_engine.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using book::MatchEvent;
using book::MatchingEngine;
using book::MatchingEngineConfig;
using book::MatchLog;
using book::OwnerId;
using model::OrderStep;

namespace {

// One row of the command array of `apply`; python/walras/book.py has its NumPy dtype.
struct CommandRow {
    std::uint8_t kind, side, type, tif, post_only, reduce_only, trailing_bps, padding1;
    std::uint64_t order;
    std::uint32_t owner, padding2;
    std::int64_t quantity, price, trigger, trailing_offset, limit_offset, expire_time;
};
static_assert(sizeof(CommandRow) == 72);

// ---- numbers from Python ----

[[noreturn]] void fail_number(const char* what, nb::handle value, std::string_view why) {
    throw OrderError(fmt::format("{} {} is not usable: {}.", what, nb::repr(value).c_str(), why));
}

// str, Decimal, float (nearest 1e-9) and int to units of 1e-9.
std::int64_t fixed_of(const char* what, nb::handle value) {
    PyObject* p = value.ptr();
    if (PyFloat_Check(p)) {
        const auto raw = core::fixed_from_double(PyFloat_AS_DOUBLE(p));
        if (!raw) { fail_number(what, value, core::describe(raw.error())); }
        return *raw;
    }
    if (PyIndex_Check(p) && !PyBool_Check(p)) {
        const nb::object number = nb::steal(PyNumber_Index(p));
        int overflow = 0;
        const long long whole = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
        std::int64_t raw = 0;
        if (overflow != 0 || __builtin_mul_overflow(whole, core::fixed_scale, &raw)) {
            fail_number(what, value, core::describe(core::DecimalError::out_of_range));
        }
        return raw;
    }
    const nb::str text = nb::str(value);
    const auto raw = core::parse_fixed(text.c_str());
    if (!raw) { fail_number(what, value, core::describe(raw.error())); }
    return *raw;
}

[[noreturn]] void fail_grid(const char* what, std::int64_t raw, const char* grid, std::int64_t step) {
    const auto below = static_cast<std::int64_t>(core::divide_floor(raw, step)) * step;
    throw OrderError(fmt::format("{} {} is not a multiple of the {} {}; the nearest are {} and {}.", what,
                                 core::format_fixed(raw), grid, core::format_fixed(step), core::format_fixed(below),
                                 core::format_fixed(static_cast<core::int128>(below) + step)));
}

Price price_of(const char* what, nb::handle value, const MatchingEngineConfig& config) {
    if (value.is_none()) { return {}; }
    const std::int64_t raw = fixed_of(what, value);
    if (raw % config.tick_size.raw != 0) { fail_grid(what, raw, "tick size", config.tick_size.raw); }
    return Price{raw};
}

Quantity quantity_of(nb::handle value, const MatchingEngineConfig& config) {
    if (value.is_none()) { return {}; }
    const std::int64_t raw = fixed_of("Quantity", value);
    const auto lots = config.lots_in(raw);
    if (!lots) { fail_grid("Quantity", raw, "lot size", config.lot_size); }
    return *lots;
}

// int (ns), aware datetime, np.datetime64 or ISO text to ns UTC.
TimeNs time_of(nb::handle value) {
    if (PyLong_Check(value.ptr())) { return TimeNs{nb::cast<std::int64_t>(value)}; }
    nb::object time = nb::borrow(value);
    if (nb::isinstance<nb::str>(time)) {
        try {
            time = nb::module_::import_("datetime").attr("datetime").attr("fromisoformat")(time);
        } catch (const nb::python_error&) {
            throw OrderError(
                fmt::format("Time {} is not ISO 8601; write e.g. 2024-01-02T10:00:00Z.", nb::repr(value).c_str()));
        }
    }
    if (nb::hasattr(time, "utctimetuple")) {
        if (time.attr("tzinfo").is_none()) {
            throw OrderError(fmt::format("Time {} has no time zone; append Z or an offset.", nb::repr(value).c_str()));
        }
        const auto seconds = nb::module_::import_("calendar").attr("timegm")(time.attr("utctimetuple")());
        return TimeNs{nb::cast<std::int64_t>(seconds) * 1'000'000'000 +
                      nb::cast<std::int64_t>(time.attr("microsecond")) * 1000};
    }
    if (nb::hasattr(time, "astype")) {
        return TimeNs{nb::cast<std::int64_t>(nb::int_(time.attr("astype")("datetime64[ns]").attr("astype")("int64")))};
    }
    throw OrderError(fmt::format("Time {} is not one; give ns as int, an aware datetime, datetime64 or ISO text.",
                                 nb::repr(value).c_str()));
}

template <class Enum>
[[noreturn]] void fail_choice(const char* what, std::string_view text, std::initializer_list<Enum> choices) {
    std::string known;
    for (const Enum choice : choices) { known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(choice)); }
    throw ConfigError(fmt::format("{} \"{}\" is unknown; choose one of: {}.", what, text, known));
}

model::OrderSide side_of(std::string_view text) {
    using enum model::OrderSide;
    if (const auto side = model::parse_order_side(text)) { return *side; }
    fail_choice("Side", text, {buy, sell});
}
model::OrderType type_of(std::string_view text) {
    using enum model::OrderType;
    if (const auto type = model::parse_order_type(text)) { return *type; }
    fail_choice("Order type", text, {market, limit, stop, stop_limit, trailing_stop, trailing_stop_limit});
}
model::TimeInForce tif_of(std::string_view text) {
    using enum model::TimeInForce;
    if (const auto tif = model::parse_time_in_force(text)) { return *tif; }
    fail_choice("Time in force", text, {gtc, ioc, fok, gtd, day});
}
book::SelfTradePolicy self_trade_of(std::string_view text) {
    using enum book::SelfTradePolicy;
    if (const auto policy = book::parse_self_trade_policy(text)) { return *policy; }
    fail_choice("self_trade", text, {cancel_newest, cancel_oldest, cancel_both, none});
}

// ---- numbers to Python ----

// Units: int where lots are whole units, else float.
nb::object units(Quantity q, std::int64_t lot_size) {
    if (lot_size % core::fixed_scale == 0) { return nb::int_(q.lots * (lot_size / core::fixed_scale)); }
    return nb::float_(core::fixed_to_double(static_cast<core::int128>(q.lots) * lot_size));
}
nb::object price_or_none(Price p) { return p.is_zero() ? nb::none() : nb::object(nb::float_(p.to_double())); }
nb::object id_or_none(std::uint64_t id) { return id == 0 ? nb::none() : nb::object(nb::int_(id)); }
nb::str text(std::string_view t) { return nb::str(t.data(), t.size()); }

struct PyEvent {
    MatchEvent e;
    std::int64_t lot_size;
};

struct PyEngine {
    MatchingEngine engine;
    MatchLog log;

    nb::list take() {
        nb::list out;
        for (const MatchEvent& e : log.events) { out.append(PyEvent{e, engine.config().lot_size}); }
        log.events.clear();
        return out;
    }
    nb::object level(const std::optional<book::DepthLevel>& l) const {
        if (!l) { return nb::none(); }
        return nb::make_tuple(l->price.to_double(), units(l->quantity, engine.config().lot_size), l->orders);
    }
    nb::list side(model::OrderSide which, std::size_t levels) const {
        nb::list out;
        for (const book::DepthLevel& l : engine.depth(which, levels)) { out.append(level(l)); }
        return out;
    }
};

struct PySides {
    nb::object bid, ask;
};
struct PyBookOrder {
    book::OrderView o;
    std::int64_t lot_size;
};

void apply_row(PyEngine& p, const CommandRow& row) {
    switch (row.kind) {
        case 0: {
            book::NewOrder n;
            n.id = OrderId{row.order};
            n.owner = OwnerId{row.owner};
            n.terms.side = static_cast<model::OrderSide>(row.side);
            n.terms.type = static_cast<model::OrderType>(row.type);
            n.terms.time_in_force = static_cast<model::TimeInForce>(row.tif);
            n.terms.post_only = row.post_only != 0;
            n.terms.reduce_only = row.reduce_only != 0;
            n.terms.trailing_kind = row.trailing_bps != 0 ? model::TrailingOffset::bps : model::TrailingOffset::price;
            n.terms.quantity = Quantity{row.quantity};
            n.terms.price = Price{row.price};
            n.terms.trigger = Price{row.trigger};
            n.terms.trailing_offset = row.trailing_offset;
            n.terms.limit_offset = row.limit_offset;
            if (row.expire_time != 0) { n.terms.expire_time = TimeNs{row.expire_time}; }
            p.engine.submit(n, p.log);
            break;
        }
        case 1: p.engine.cancel(OrderId{row.order}, p.log); break;
        case 2:
            p.engine.replace({OrderId{row.order}, Quantity{row.quantity}, Price{row.price}, Price{row.trigger}}, p.log);
            break;
        case 3: p.engine.advance_to(TimeNs{row.expire_time}, p.log); break;
        default: break;
    }
}

// The rows of a contiguous structured array of CommandRow; returns the bytes of the events' array.
nb::bytes apply_rows(PyEngine& p, nb::handle commands) {
    Py_buffer view;
    if (PyObject_GetBuffer(commands.ptr(), &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0) { throw nb::python_error(); }
    if (view.itemsize != sizeof(CommandRow)) {
        const auto size = view.itemsize;
        PyBuffer_Release(&view);
        throw ConfigError(
            fmt::format("A command row of {} bytes is not one; make the array with dtype=wl.book.COMMAND.", size));
    }
    const auto n = static_cast<std::size_t>(view.len) / sizeof(CommandRow);
    const auto* rows = static_cast<const std::byte*>(view.buf);
    std::size_t bad = n;
    p.log.events.clear();
    {
        const nb::gil_scoped_release free;
        CommandRow row;
        for (std::size_t i = 0; i < n && bad == n; ++i) {
            std::memcpy(&row, rows + i * sizeof row, sizeof row);
            if (row.kind > 3 || row.side > 1 || row.type > 8 || row.tif > 6) { bad = i; }
        }
        for (std::size_t i = 0; i < n && bad == n; ++i) {
            std::memcpy(&row, rows + i * sizeof row, sizeof row);
            apply_row(p, row);
        }
    }
    PyBuffer_Release(&view);
    if (bad != n) {
        throw OrderError(
            fmt::format("Row {}: kind, side, type or tif is not a known code; no row was applied. The codes "
                        "are positions in wl.book.KINDS, SIDES, TYPES and TIFS.",
                        bad));
    }
    nb::bytes out(p.log.events.data(), p.log.events.size() * sizeof(MatchEvent));
    p.log.events.clear();
    return out;
}

nb::list submit(PyEngine& p, std::string_view side, std::string_view type, nb::handle quantity, nb::handle price,
                std::string_view tif, std::uint32_t owner, std::optional<std::uint64_t> order, bool post_only,
                bool reduce_only, nb::handle trigger, nb::handle trailing_offset, nb::handle limit_offset,
                nb::handle expire_time) {
    const MatchingEngineConfig& config = p.engine.config();
    book::NewOrder n;
    n.id = OrderId{order.value_or(0)};
    n.owner = OwnerId{owner};
    model::OrderTerms& t = n.terms;
    t.side = side_of(side);
    t.type = type_of(type);
    t.time_in_force = tif_of(tif);
    t.post_only = post_only;
    t.reduce_only = reduce_only;
    t.quantity = quantity_of(quantity, config);
    t.price = price_of("Price", price, config);
    t.trigger = price_of("Trigger", trigger, config);
    if (!trailing_offset.is_none()) {
        std::string word = nb::str(trailing_offset).c_str();
        if (word.ends_with("bps")) {
            word.resize(word.size() - 3);
            const auto raw = core::parse_fixed(word);
            if (!raw) { fail_number("Trailing offset", trailing_offset, core::describe(raw.error())); }
            t.trailing_kind = model::TrailingOffset::bps;
            t.trailing_offset = *raw;
        } else {
            t.trailing_offset = price_of("Trailing offset", trailing_offset, config).raw;
        }
    }
    t.limit_offset = price_of("Limit offset", limit_offset, config).raw;
    if (!expire_time.is_none()) { t.expire_time = time_of(expire_time); }
    p.engine.submit(n, p.log);
    return p.take();
}

template <class Enum>
std::vector<std::string> names(std::size_t count) {
    std::vector<std::string> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) { out.emplace_back(to_string(static_cast<Enum>(i))); }
    return out;
}

// The words behind the codes of the array interface.
std::vector<std::string> words_of(std::string_view what) {
    if (what == "side") { return names<model::OrderSide>(2); }
    if (what == "type") { return names<model::OrderType>(9); }
    if (what == "tif") { return names<model::TimeInForce>(7); }
    if (what == "step") { return names<OrderStep>(model::order_step_count); }
    if (what == "reason") { return names<model::Reason>(static_cast<std::size_t>(model::reason_count)); }
    throw ConfigError(fmt::format("Words for \"{}\" are unknown; choose one of: side, type, tif, step, reason.", what));
}

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
            "quantity", [](const PyEvent& p) { return units(p.e.quantity, p.lot_size); },
            nb::sig("def quantity(self) -> int | float"),
            "Filled: this execution; canceled, expired: what was left; else the order's total.")
        .def_prop_ro(
            "leaves", [](const PyEvent& p) { return units(p.e.leaves, p.lot_size); },
            nb::sig("def leaves(self) -> int | float"), "What of `order` can still trade.")
        .def_prop_ro(
            "maker_leaves", [](const PyEvent& p) { return units(p.e.maker_leaves, p.lot_size); },
            nb::sig("def maker_leaves(self) -> int | float"))
        .def_prop_ro(
            "owner", [](const PyEvent& p) { return p.e.owner.value; }, "Of `order`; 0 is nobody.")
        .def_prop_ro("maker_owner", [](const PyEvent& p) { return p.e.maker_owner.value; })
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
            "quantity", [](const PyBookOrder& p) { return units(p.o.quantity, p.lot_size); },
            nb::sig("def quantity(self) -> int | float"))
        .def_prop_ro(
            "filled", [](const PyBookOrder& p) { return units(p.o.filled, p.lot_size); },
            nb::sig("def filled(self) -> int | float"))
        .def_prop_ro(
            "leaves", [](const PyBookOrder& p) { return units(p.o.leaves(), p.lot_size); },
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

void bind_book(nb::module_& m) {
    bind_event(m);
    bind_order(m);
    m.def("book_words", &words_of, nb::arg("what"), "The words behind the codes of the array interface.");

    nb::class_<PyEngine>(m, "MatchingEngine", "See walras.book.MatchingEngine.")
        .def(
            "__init__", [](PyEngine* self, const PyEngine& other) { new (self) PyEngine{other.engine, {}}; },
            nb::arg("other"))
        .def(
            "__init__",
            [](PyEngine* self, nb::handle tick_size, nb::handle lot_size, std::string_view self_trade,
               bool price_may_be_negative, std::size_t window_ticks, std::size_t expected_orders) {
                MatchingEngineConfig config;
                config.tick_size = Price{fixed_of("tick_size", tick_size)};
                config.lot_size = fixed_of("lot_size", lot_size);
                config.self_trade = self_trade_of(self_trade);
                config.price_may_be_negative = price_may_be_negative;
                config.window_ticks = window_ticks;
                config.expected_orders = expected_orders;
                new (self) PyEngine{MatchingEngine(config), {}};
            },
            nb::arg("tick_size") = "0.01", nb::arg("lot_size") = "1", nb::kw_only(),
            nb::arg("self_trade") = "cancel_newest", nb::arg("price_may_be_negative") = false,
            nb::arg("window_ticks") = 4096, nb::arg("expected_orders") = 1024,
            nb::sig(
                "def __init__(self, tick_size: str | int | float | decimal.Decimal = '0.01', lot_size: str | int | "
                "float "
                "| decimal.Decimal = '1', *, self_trade: str = 'cancel_newest', price_may_be_negative: bool = False, "
                "window_ticks: int = 4096, expected_orders: int = 1024) -> None"))
        .def("submit", &submit, nb::kw_only(), nb::arg("side"), nb::arg("type") = "limit", nb::arg("quantity"),
             nb::arg("price") = nb::none(), nb::arg("tif") = "gtc", nb::arg("owner") = 0, nb::arg("order") = nb::none(),
             nb::arg("post_only") = false, nb::arg("reduce_only") = false, nb::arg("trigger") = nb::none(),
             nb::arg("trailing_offset") = nb::none(), nb::arg("limit_offset") = nb::none(),
             nb::arg("expire_time") = nb::none(),
             nb::sig(
                 "def submit(self, *, side: str, type: str = 'limit', quantity: str | int | float | decimal.Decimal, "
                 "price: str | int | float | decimal.Decimal | None = None, tif: str = 'gtc', owner: int = 0, order: "
                 "int "
                 "| None = None, post_only: bool = False, reduce_only: bool = False, trigger: str | int | float | "
                 "decimal.Decimal | None = None, trailing_offset: str | int | float | decimal.Decimal | None = None, "
                 "limit_offset: str | int | float | decimal.Decimal | None = None, expire_time: int | str | "
                 "datetime.datetime | None = None) -> list[MatchEvent]"),
             "Sends an order; returns what happened, in order: accepted or rejected first.\n\n"
             "Raises OrderError for numbers off the grid (naming the nearest valid ones), ConfigError for unknown "
             "words.")
        .def(
            "cancel",
            [](PyEngine& p, std::uint64_t order) {
                p.engine.cancel(OrderId{order}, p.log);
                return p.take();
            },
            nb::arg("order"), nb::sig("def cancel(self, order: int) -> list[MatchEvent]"),
            "canceled, or cancel_rejected where no such order works.")
        .def(
            "replace",
            [](PyEngine& p, std::uint64_t order, nb::handle quantity, nb::handle price, nb::handle trigger) {
                const MatchingEngineConfig& c = p.engine.config();
                p.engine.replace({OrderId{order}, quantity_of(quantity, c), price_of("Price", price, c),
                                  price_of("Trigger", trigger, c)},
                                 p.log);
                return p.take();
            },
            nb::arg("order"), nb::kw_only(), nb::arg("quantity") = nb::none(), nb::arg("price") = nb::none(),
            nb::arg("trigger") = nb::none(),
            nb::sig(
                "def replace(self, order: int, *, quantity: str | int | float | decimal.Decimal | None = None, price: "
                "str "
                "| int | float | decimal.Decimal | None = None, trigger: str | int | float | decimal.Decimal | None = "
                "None) -> list[MatchEvent]"),
            "Changes a working order; `quantity` is the new total. Keeps its priority if only the quantity falls.")
        .def(
            "advance_to",
            [](PyEngine& p, nb::handle time) {
                p.engine.advance_to(time_of(time), p.log);
                return p.take();
            },
            nb::arg("time"), nb::sig("def advance_to(self, time: int | str | datetime.datetime) -> list[MatchEvent]"),
            "Moves the clock (int: ns UTC); GTD orders expire. Time never goes back.")
        .def(
            "end_of_session",
            [](PyEngine& p) {
                p.engine.end_of_session(p.log);
                return p.take();
            },
            nb::sig("def end_of_session(self) -> list[MatchEvent]"), "DAY orders expire.")
        .def(
            "set_position",
            [](PyEngine& p, std::uint32_t owner, nb::handle quantity) {
                p.engine.set_position(OwnerId{owner}, quantity_of(quantity, p.engine.config()), p.log);
                return p.take();
            },
            nb::arg("owner"), nb::arg("quantity"),
            nb::sig("def set_position(self, owner: int, quantity: str | int | float | decimal.Decimal) -> "
                    "list[MatchEvent]"),
            "What an owner holds from outside (long is positive); fills keep it up to date from then on.")
        .def(
            "position",
            [](const PyEngine& p, std::uint32_t owner) {
                return units(p.engine.position(OwnerId{owner}), p.engine.config().lot_size);
            },
            nb::arg("owner"), nb::sig("def position(self, owner: int) -> int | float"))
        .def(
            "top",
            [](const PyEngine& p) {
                const book::TopOfBook top = p.engine.top();
                return PySides{p.level(top.bid), p.level(top.ask)};
            },
            "Best bid and ask.")
        .def(
            "levels", [](const PyEngine& p, std::string_view side, std::size_t n) { return p.side(side_of(side), n); },
            nb::arg("side"), nb::arg("levels") = 10,
            nb::sig("def levels(self, side: str, levels: int = 10) -> list[tuple[float, int | float, int]]"),
            "(price, quantity, orders) of one side, best first.")
        .def(
            "order",
            [](const PyEngine& p, std::uint64_t id) -> std::optional<PyBookOrder> {
                const auto o = p.engine.order(OrderId{id});
                return o ? std::optional(PyBookOrder{*o, p.engine.config().lot_size}) : std::nullopt;
            },
            nb::arg("order"), "A working order, or None.")
        .def(
            "orders",
            [](const PyEngine& p) {
                std::vector<std::uint64_t> out;
                for (const OrderId id : p.engine.orders()) { out.push_back(id.value); }
                return out;
            },
            "Ids of all working orders, in order of arrival.")
        .def(
            "queue_ahead",
            [](const PyEngine& p, std::uint64_t id) {
                const auto ahead = p.engine.queue_ahead(OrderId{id});
                return ahead ? units(*ahead, p.engine.config().lot_size) : nb::none();
            },
            nb::arg("order"), nb::sig("def queue_ahead(self, order: int) -> int | float | None"),
            "Quantity that trades before a resting order does, at its price.")
        .def_prop_ro(
            "last_price",
            [](const PyEngine& p) {
                const auto last = p.engine.last_price();
                return last ? nb::object(nb::float_(last->to_double())) : nb::none();
            },
            nb::sig("def last_price(self) -> float | None"))
        .def_prop_ro("tick_size", [](const PyEngine& p) { return p.engine.config().tick_size.to_double(); })
        .def_prop_ro("lot_size", [](const PyEngine& p) { return core::fixed_to_double(p.engine.config().lot_size); })
        .def_prop_ro(
            "grid",
            [](const PyEngine& p) {
                return nb::make_tuple(p.engine.config().tick_size.raw, p.engine.config().lot_size);
            },
            nb::sig("def grid(self) -> tuple[int, int]"), "Tick and lot size in units of 1e-9.")
        .def("apply_rows", &apply_rows, nb::arg("commands"), nb::sig("def apply_rows(self, commands: object) -> bytes"),
             "See walras.book.MatchingEngine.apply.")
        .def("__len__", [](const PyEngine& p) { return p.engine.order_count(); });
}

}  // namespace walras::python
