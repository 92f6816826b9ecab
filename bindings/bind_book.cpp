#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "py_book.hpp"
#include "py_numbers.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using book::MatchingEngine;
using book::MatchingEngineConfig;
using book::OwnerId;
using model::OrderStep;

namespace {

[[noreturn]] void fail_grid(const char* what, std::int64_t raw, const char* grid, std::int64_t step) {
    const auto below = static_cast<std::int64_t>(core::divide_floor(raw, step)) * step;
    throw OrderError(fmt::format("{} {} is not a multiple of the {} {}; the nearest are {} and {}.", what,
                                 core::format_fixed(raw), grid, core::format_fixed(step), core::format_fixed(below),
                                 core::format_fixed(static_cast<core::int128>(below) + step)));
}

// An offset from a price, which a tick table says nothing about.
Price offset_of(const char* what, nb::handle value, const MatchingEngineConfig& config) {
    if (value.is_none()) { return {}; }
    const std::int64_t raw = fixed_from_python(value, what);
    if (raw % config.tick_size.raw != 0) { fail_grid(what, raw, "tick size", config.tick_size.raw); }
    return Price{raw};
}

Price price_of(const char* what, nb::handle value, const MatchingEngineConfig& config) {
    if (config.tick_table.empty() || value.is_none()) { return offset_of(what, value, config); }
    const Price price{fixed_from_python(value, what)};
    if (!config.tick_table.allows(price)) {
        throw OrderError(fmt::format("{} {} is not a multiple of the tick size {} there; the nearest are {} and {}.",
                                     what, core::format_fixed(price.raw),
                                     core::format_fixed(config.tick_table.tick_at(price).raw),
                                     core::format_fixed(config.tick_table.floor(price).raw),
                                     core::format_fixed(config.tick_table.ceil(price).raw)));
    }
    return price;
}

Quantity quantity_of(const char* what, nb::handle value, const MatchingEngineConfig& config) {
    if (value.is_none()) { return {}; }
    const std::int64_t raw = fixed_from_python(value, what);
    const auto lots = config.lots_in(raw);
    if (!lots) { fail_grid(what, raw, "lot size", config.lot_size); }
    return *lots;
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
    fail_choice("Order type", text,
                {market, limit, stop, stop_limit, trailing_stop, trailing_stop_limit, market_to_limit,
                 market_if_touched, limit_if_touched});
}
model::TimeInForce tif_of(std::string_view text) {
    using enum model::TimeInForce;
    if (const auto tif = model::parse_time_in_force(text)) { return *tif; }
    fail_choice("Time in force", text, {gtc, ioc, fok, gtd, day, at_the_open, at_the_close});
}
book::SelfTradePolicy self_trade_of(std::string_view text) {
    using enum book::SelfTradePolicy;
    if (const auto policy = book::parse_self_trade_policy(text)) { return *policy; }
    fail_choice("self_trade", text, {cancel_newest, cancel_oldest, cancel_both, none});
}

nb::list submit(PyEngine& p, std::string_view side, std::string_view type, nb::handle quantity, nb::handle price,
                std::string_view tif, std::uint32_t owner, std::optional<std::uint64_t> order, bool post_only,
                bool reduce_only, nb::handle trigger, nb::handle trailing_offset, nb::handle limit_offset,
                nb::handle expire_time, nb::handle display) {
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
    t.quantity = quantity_of("Quantity", quantity, config);
    t.display_quantity = quantity_of("Display", display, config);
    t.price = price_of("Price", price, config);
    t.trigger = price_of("Trigger", trigger, config);
    if (!trailing_offset.is_none()) {
        std::string word = nb::str(trailing_offset).c_str();
        if (word.ends_with("bps")) {
            word.resize(word.size() - 3);
            const auto raw = core::parse_fixed(word);
            if (!raw) {
                throw OrderError(fmt::format("Trailing offset {} is not one: {}; write e.g. \"25bps\".",
                                             nb::repr(trailing_offset).c_str(), core::describe(raw.error())));
            }
            t.trailing_kind = model::TrailingOffset::bps;
            t.trailing_offset = *raw;
        } else {
            t.trailing_offset = offset_of("Trailing offset", trailing_offset, config).raw;
        }
    }
    t.limit_offset = offset_of("Limit offset", limit_offset, config).raw;
    if (!expire_time.is_none()) { t.expire_time = time_from_python(expire_time, "Time"); }
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

}  // namespace

void bind_book(nb::module_& m) {
    bind_book_events(m);
    bind_tick_table(m);
    m.def("book_words", &words_of, nb::arg("what"), "The words behind the codes of the array interface.");

    nb::class_<PyEngine> engine(m, "MatchingEngine", "See walras.book.MatchingEngine.");
    bind_trading_day(engine);
    engine
        .def(
            "__init__", [](PyEngine* self, const PyEngine& other) { new (self) PyEngine{other.engine, {}}; },
            nb::arg("other"))
        .def(
            "__init__",
            [](PyEngine* self, nb::handle tick_size, nb::handle lot_size, std::string_view self_trade,
               bool price_may_be_negative, std::string_view phase, std::string_view auction_rule,
               nb::handle static_band, nb::handle dynamic_band, std::string_view band_action, nb::handle min_display,
               std::size_t window_ticks, std::size_t expected_orders) {
                MatchingEngineConfig config;
                set_ticks(config, tick_size);
                config.lot_size = setting_from_python(lot_size, "lot_size");
                config.self_trade = self_trade_of(self_trade);
                config.price_may_be_negative = price_may_be_negative;
                set_day(config, phase, auction_rule);
                config.bands.static_width = width_from_python(static_band, "static_band");
                config.bands.dynamic_width = width_from_python(dynamic_band, "dynamic_band");
                config.bands.action = band_action_of(band_action);
                if (!min_display.is_none()) {
                    const auto lots = config.lots_in(setting_from_python(min_display, "min_display"));
                    if (!lots) {
                        throw ConfigError(fmt::format("min_display {} is not a multiple of lot_size {}; round it.",
                                                      nb::str(min_display).c_str(),
                                                      core::format_fixed(config.lot_size)));
                    }
                    config.min_display = *lots;
                }
                config.window_ticks = window_ticks;
                config.expected_orders = expected_orders;
                new (self) PyEngine{MatchingEngine(config), {}};
            },
            nb::arg("tick_size") = "0.01", nb::arg("lot_size") = "1", nb::kw_only(),
            nb::arg("self_trade") = "cancel_newest", nb::arg("price_may_be_negative") = false,
            nb::arg("phase") = "continuous", nb::arg("auction_rule") = "max_volume",
            nb::arg("static_band") = nb::none(), nb::arg("dynamic_band") = nb::none(),
            nb::arg("band_action") = "reject", nb::arg("min_display") = nb::none(), nb::arg("window_ticks") = 4096,
            nb::arg("expected_orders") = 1024,
            nb::sig(
                "def __init__(self, tick_size: TickTable | str | int | float | decimal.Decimal | "
                "collections.abc.Sequence[tuple[str | int | float | decimal.Decimal, str | int | float | "
                "decimal.Decimal]] = '0.01', lot_size: str | int | float | decimal.Decimal = '1', *, self_trade: str = "
                "'cancel_newest', price_may_be_negative: bool = False, phase: str = 'continuous', auction_rule: str = "
                "'max_volume', static_band: str | int | float | decimal.Decimal | None = None, dynamic_band: str | int "
                "| "
                "float | decimal.Decimal | None = None, band_action: str = 'reject', min_display: str | int | float | "
                "decimal.Decimal | None = None, window_ticks: int = 4096, expected_orders: int = 1024) -> None"))
        .def("submit", &submit, nb::kw_only(), nb::arg("side"), nb::arg("type") = "limit", nb::arg("quantity"),
             nb::arg("price") = nb::none(), nb::arg("tif") = "gtc", nb::arg("owner") = 0, nb::arg("order") = nb::none(),
             nb::arg("post_only") = false, nb::arg("reduce_only") = false, nb::arg("trigger") = nb::none(),
             nb::arg("trailing_offset") = nb::none(), nb::arg("limit_offset") = nb::none(),
             nb::arg("expire_time") = nb::none(), nb::arg("display") = nb::none(),
             nb::sig(
                 "def submit(self, *, side: str, type: str = 'limit', quantity: str | int | float | decimal.Decimal, "
                 "price: str | int | float | decimal.Decimal | None = None, tif: str = 'gtc', owner: int = 0, order: "
                 "int "
                 "| None = None, post_only: bool = False, reduce_only: bool = False, trigger: str | int | float | "
                 "decimal.Decimal | None = None, trailing_offset: str | int | float | decimal.Decimal | None = None, "
                 "limit_offset: str | int | float | decimal.Decimal | None = None, expire_time: int | str | "
                 "datetime.datetime | None = None, display: str | int | float | decimal.Decimal | None = None) -> "
                 "list[MatchEvent]"),
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
            [](PyEngine& p, std::uint64_t order, nb::handle quantity, nb::handle price, nb::handle trigger,
               nb::handle display) {
                const MatchingEngineConfig& c = p.engine.config();
                if (!quantity.is_none() && quantity_of("Quantity", quantity, c).is_zero()) {
                    throw OrderError("Quantity 0 says nothing: it is the new total; to end the order call cancel().");
                }
                p.engine.replace({OrderId{order}, quantity_of("Quantity", quantity, c), price_of("Price", price, c),
                                  price_of("Trigger", trigger, c), quantity_of("Display", display, c)},
                                 p.log);
                return p.take();
            },
            nb::arg("order"), nb::kw_only(), nb::arg("quantity") = nb::none(), nb::arg("price") = nb::none(),
            nb::arg("trigger") = nb::none(), nb::arg("display") = nb::none(),
            nb::sig(
                "def replace(self, order: int, *, quantity: str | int | float | decimal.Decimal | None = None, price: "
                "str | int | float | decimal.Decimal | None = None, trigger: str | int | float | decimal.Decimal | "
                "None "
                "= None, display: str | int | float | decimal.Decimal | None = None) -> list[MatchEvent]"),
            "Changes a working order; `quantity` is the new total. Keeps its priority if only the quantity falls. An "
            "iceberg's new `display` is for its next part.")
        .def(
            "advance_to",
            [](PyEngine& p, nb::handle time) {
                p.engine.advance_to(time_from_python(time, "Time"), p.log);
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
            nb::sig("def end_of_session(self) -> list[MatchEvent]"), "DAY, at-the-open and at-the-close orders expire.")
        .def(
            "set_position",
            [](PyEngine& p, std::uint32_t owner, nb::handle quantity) {
                p.engine.set_position(OwnerId{owner}, quantity_of("Quantity", quantity, p.engine.config()), p.log);
                return p.take();
            },
            nb::arg("owner"), nb::arg("quantity"),
            nb::sig("def set_position(self, owner: int, quantity: str | int | float | decimal.Decimal) -> "
                    "list[MatchEvent]"),
            "What an owner holds from outside (long is positive); fills keep it up to date from then on.")
        .def(
            "position",
            [](const PyEngine& p, std::uint32_t owner) {
                return book_units(p.engine.position(OwnerId{owner}), p.engine.config().lot_size);
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
                return ahead ? book_units(*ahead, p.engine.config().lot_size) : nb::none();
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
