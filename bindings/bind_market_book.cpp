// Order books that a feed tells, for strategies and on their own: levels, queues and what traders read off them.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include "order_words.hpp"
#include "py_market_book.hpp"
#include "py_numbers.hpp"
#include "py_ticks.hpp"
#include "walras/book/analytics.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using book::Lots;
using book::MarketBook;
using model::BookAction;
using model::OrderSide;

PyLiveBook::PyLiveBook(std::shared_ptr<const Attachment> attachment, InstrumentId instrument)
    : PyMarketBook(nb::borrow<nb::str>(attachment->names->name(instrument)),
                   attachment->names->details(instrument)->lot_size),
      attachment_(std::move(attachment)),
      instrument_(instrument) {}

const MarketBook& PyLiveBook::get() const {
    const MarketBook* book = attachment_->get().book(instrument_);
    if (book == nullptr) { throw ConfigError("The book has not begun yet."); }
    return *book;
}

namespace {

// A book that Python builds.
class PyOwnBook final : public PyMarketBook {
public:
    PyOwnBook(const std::string& tick_size, const std::string& lot_size, const std::string& name,
              std::size_t window_ticks)
        : PyMarketBook(nb::str(name.c_str()), lot_of(lot_size)), book_(config_of(tick_size, window_ticks)) {}
    [[nodiscard]] const MarketBook& get() const override { return book_; }
    [[nodiscard]] MarketBook& book() { return book_; }

private:
    static std::int64_t lot_of(const std::string& text) {
        const std::int64_t lot = core::parse_fixed(text).value_or(0);
        if (lot <= 0) { throw ConfigError("lot_size = " + text + " is no positive number; give \"1\" or \"0.001\"."); }
        return lot;
    }
    static book::MarketBookConfig config_of(const std::string& tick_size, std::size_t window_ticks) {
        book::MarketBookConfig config;
        config.tick_size = Price{core::parse_fixed(tick_size).value_or(0)};
        if (config.tick_size.raw <= 0) {
            throw ConfigError("tick_size = " + tick_size + " is no positive number; give \"0.01\" or \"0.5\".");
        }
        config.window_ticks = window_ticks;
        return config;
    }
    MarketBook book_;
};

OrderSide side_of(const std::string& text) {
    if (text == "buy" || text == "bid") { return OrderSide::buy; }
    if (text == "sell" || text == "ask") { return OrderSide::sell; }
    throw ConfigError("side \"" + text + "\" is unknown; choose \"buy\" or \"sell\".");
}

std::optional<double> best(const PyMarketBook& b, OrderSide side) {
    if (!b.get().has(side)) { return std::nullopt; }
    return b.get().best_price(side).to_double();
}

double best_units(const PyMarketBook& b, OrderSide side) {
    return b.get().has(side) ? b.units(static_cast<double>(b.get().best_lots(side))) : 0.0;
}

Lots lots_of(const PyMarketBook& b, double units) {
    const double lots = units * 1e9 / static_cast<double>(b.lot_size());
    const auto whole = static_cast<Lots>(std::llround(lots));
    if (!(units >= 0) || !(lots < 9e18) || std::abs(lots - static_cast<double>(whole)) > 1e-6) {
        throw DataError(fmt::format("quantity {} is not a whole number of lots of {:.9g}; give a multiple of it.",
                                    units, static_cast<double>(b.lot_size()) / 1e9));
    }
    return whole;
}

Price price_of(double price) {
    const auto raw = core::fixed_from_double(price);
    if (!raw) {
        throw DataError(fmt::format("price {} is not a number that 1e-9 can hold; give a finite price.", price));
    }
    return Price{*raw};
}

nb::list levels(const PyMarketBook& b, OrderSide side, std::size_t n) {
    std::vector<book::TickDepth> depth(std::min(n, b.get().level_count(side)));
    depth.resize(b.get().depth(side, depth));
    nb::list out;
    for (const book::TickDepth& level : depth) {
        out.append(nb::make_tuple(b.get().scale().price(level.tick).to_double(),
                                  b.units(static_cast<double>(level.lots)), level.orders));
    }
    return out;
}

void apply(PyOwnBook& b, BookAction action, const std::string& side, double price, double quantity,
           std::uint64_t order) {
    model::BookDelta delta;
    delta.action = action;
    delta.side = side_of(side);
    delta.price = price_of(price);
    delta.size = Quantity{lots_of(b, quantity)};
    delta.order = order;
    b.book().apply(delta, 0);
}

void apply_order(PyOwnBook& b, BookAction action, std::uint64_t order, double quantity) {
    model::BookDelta delta;
    delta.action = action;
    delta.size = Quantity{lots_of(b, quantity)};
    delta.order = order;
    b.book().apply(delta, 0);
}

// All ticks of one symbol of a stream, up to and including `until`. Returns how many there were.
std::uint64_t replay(PyOwnBook& b, TickReader& reader, const std::optional<std::string>& symbol, std::int64_t until) {
    data::TickStream& stream = *reader.stream;
    const nb::gil_scoped_release release;
    std::uint64_t n = 0;
    std::uint32_t wanted = symbol ? UINT32_MAX : 0;
    for (auto ticks = stream.next(); !ticks.empty(); ticks = stream.next()) {
        if (wanted == UINT32_MAX) {
            for (std::size_t i = 0; i < stream.symbols().size(); ++i) {
                if (stream.symbols()[i] == *symbol) { wanted = static_cast<std::uint32_t>(i); }
            }
        }
        for (const model::Tick& tick : ticks) {
            if (tick.ts_init.ns > until) { return n; }
            if (tick.instrument.value != wanted) { continue; }
            b.book().apply(tick);
            ++n;
        }
    }
    if (symbol && wanted == UINT32_MAX) {
        std::string known;
        for (const std::string& s : stream.symbols()) { known += (known.empty() ? "" : ", ") + s; }
        throw DataError("the file has no symbol \"" + *symbol + "\"; it has: " + known);
    }
    return n;
}

}  // namespace

void bind_market_book(nb::module_& m) {
    using Analytic = double (*)(const MarketBook&);
    const auto number = [](Analytic f) { return [f](const PyMarketBook& b) { return f(b.get()); }; };
    nb::class_<PyMarketBook>(m, "Book",
                             "An order book as a feed tells it. Prices in currency, quantities in units. What needs a "
                             "side that is empty is nan.")
        .def_prop_ro("instrument", &PyMarketBook::name)
        .def_prop_ro(
            "state", [](const PyMarketBook& b) { return std::string(model::to_string(b.get().state())); },
            "\"valid\", \"resyncing\" (something is missing), \"unverifiable\" (no snapshot to begin with) or "
            "\"halted\" (nothing trades).")
        .def_prop_ro("is_valid", [](const PyMarketBook& b) { return b.get().is_valid(); })
        .def_prop_ro("is_crossed", [](const PyMarketBook& b) { return b.get().is_crossed(); })
        .def_prop_ro("is_by_order", [](const PyMarketBook& b) { return b.get().is_by_order(); })
        .def_prop_ro(
            "sequence", [](const PyMarketBook& b) { return b.get().sequence(); }, "The feed's last number.")
        .def_prop_ro(
            "ts", [](const PyMarketBook& b) { return b.get().ts_event().ns; }, "ns UTC, the exchange's.")
        .def_prop_ro(
            "faults", [](const PyMarketBook& b) { return b.get().faults().total(); },
            "Messages that contradicted the book.")
        .def_prop_ro("bid", [](const PyMarketBook& b) { return best(b, OrderSide::buy); })
        .def_prop_ro("ask", [](const PyMarketBook& b) { return best(b, OrderSide::sell); })
        .def_prop_ro("bid_size", [](const PyMarketBook& b) { return best_units(b, OrderSide::buy); })
        .def_prop_ro("ask_size", [](const PyMarketBook& b) { return best_units(b, OrderSide::sell); })
        .def_prop_ro("mid", number(&book::mid_price))
        .def_prop_ro("microprice", number(&book::micro_price), "(bid ask_size + ask bid_size) / (bid_size + ask_size)")
        .def_prop_ro("spread_ticks", [](const PyMarketBook& b) { return book::spread_ticks(b.get()); })
        .def_prop_ro("spread_bps", number(&book::spread_bps))
        .def(
            "imbalance", [](const PyMarketBook& b, std::size_t n) { return book::imbalance(b.get(), n); },
            nb::arg("levels") = 1, "(bids - asks) / (bids + asks) over the best levels of each side, -1 to 1.")
        .def(
            "depth",
            [](const PyMarketBook& b, std::size_t n) {
                return nb::module_::import_("walras._depth")
                    .attr("Depth")(levels(b, OrderSide::buy, n), levels(b, OrderSide::sell, n));
            },
            nb::arg("levels") = 10, nb::sig("def depth(self, levels: int = 10) -> walras._depth.Depth"),
            "bids and asks, best first, each level (price, quantity, orders); orders is 0 in books by price.")
        .def(
            "level_count",
            [](const PyMarketBook& b, const std::string& side) { return b.get().level_count(side_of(side)); },
            nb::arg("side"))
        .def(
            "depth_within",
            [](const PyMarketBook& b, const std::string& side, double fraction) {
                return b.units(static_cast<double>(book::depth_within(b.get(), side_of(side), fraction)));
            },
            nb::arg("side"), nb::arg("fraction"), "Units of a side within this fraction of the mid: 0.001 = 0.1 %.")
        .def(
            "cost_to_trade",
            [](const PyMarketBook& b, const std::string& side, double quantity) {
                const book::TradeCost cost = book::cost_to_trade(b.get(), side_of(side), lots_of(b, quantity));
                nb::dict out;
                out["filled"] = b.units(static_cast<double>(cost.filled));
                out["average"] = cost.average;
                out["worst"] = cost.worst.to_double();
                out["slippage_bps"] = cost.slippage_bps;
                return out;
            },
            nb::arg("side"), nb::arg("quantity"),
            nb::sig("def cost_to_trade(self, side: str, quantity: float) -> dict[str, float]"),
            "What a market order of this side would meet: filled, average, worst, slippage_bps against the mid.")
        .def(
            "quantity_at",
            [](const PyMarketBook& b, const std::string& side, double price) {
                book::Ticks tick = 0;
                if (!b.get().scale().to_ticks(price_of(price), tick)) { return 0.0; }
                return b.units(static_cast<double>(b.get().lots_at(side_of(side), tick)));
            },
            nb::arg("side"), nb::arg("price"))
        .def(
            "queue_ahead",
            [](const PyMarketBook& b, std::uint64_t order) -> std::optional<double> {
                const auto lots = b.get().queue_ahead(order);
                if (!lots) { return std::nullopt; }
                return b.units(static_cast<double>(*lots));
            },
            nb::arg("order"), "By order: units that trade before this order of the feed; None for unknown ones.")
        .def_prop_ro("order_count", [](const PyMarketBook& b) { return b.get().order_count(); })
        .def("__repr__", [](const PyMarketBook& b) {
            const MarketBook& book = b.get();
            if (!book.has_both()) { return fmt::format("<Book {}>", nb::cast<std::string>(b.name())); }
            return fmt::format("<Book {} {:g} x {:.9g} | {:.9g} x {:g}, {}>", nb::cast<std::string>(b.name()),
                               best_units(b, OrderSide::buy), book.best_price(OrderSide::buy).to_double(),
                               book.best_price(OrderSide::sell).to_double(), best_units(b, OrderSide::sell),
                               model::to_string(book.state()));
        });
    struct PyFlow {
        book::OrderFlowImbalance flow;
        double unit = 1;
    };
    nb::class_<PyFlow>(m, "OrderFlowImbalance",
                       "What the changes of the best quotes add to demand less supply, in units (Cont, Kukanov and "
                       "Stoikov 2014). Call update after each packet.")
        .def(nb::init<>())
        .def(
            "update",
            [](PyFlow& f, const PyMarketBook& b) {
                f.unit = b.units(1);
                return b.units(static_cast<double>(f.flow.update(b.get())));
            },
            nb::arg("book"), "The packet's own contribution; 0 for the first one and while a side is empty.")
        .def_prop_ro(
            "value", [](const PyFlow& f) { return static_cast<double>(f.flow.value()) * f.unit; },
            "The sum since the last reset.")
        .def("reset", [](PyFlow& f) { f.flow.reset(); });
    const nb::class_<PyLiveBook, PyMarketBook> live(m, "LiveBook", "The book of a run; valid inside the callbacks.");
    static_cast<void>(live);
    nb::class_<PyOwnBook, PyMarketBook>(m, "OwnBook",
                                        "A book that is built by hand. Made by wl.book.L2Book and L3Book.")
        .def(nb::init<const std::string&, const std::string&, const std::string&, std::size_t>(), nb::arg("tick_size"),
             nb::arg("lot_size"), nb::arg("name"), nb::arg("window_ticks"))
        .def(
            "set_level",
            [](PyOwnBook& b, const std::string& side, double price, double quantity) {
                apply(b, BookAction::update, side, price, quantity, 0);
            },
            nb::arg("side"), nb::arg("price"), nb::arg("quantity"))
        .def(
            "add_order",
            [](PyOwnBook& b, std::uint64_t order, const std::string& side, double price, double quantity) {
                apply(b, BookAction::add, side, price, quantity, order);
            },
            nb::arg("order"), nb::arg("side"), nb::arg("price"), nb::arg("quantity"))
        .def(
            "update_order",
            [](PyOwnBook& b, std::uint64_t order, const std::string& side, double price, double quantity) {
                apply(b, BookAction::update, side, price, quantity, order);
            },
            nb::arg("order"), nb::arg("side"), nb::arg("price"), nb::arg("quantity"))
        .def(
            "reduce_order",
            [](PyOwnBook& b, std::uint64_t order, double quantity) {
                apply_order(b, BookAction::reduce, order, quantity);
            },
            nb::arg("order"), nb::arg("quantity"))
        .def(
            "fill_order",
            [](PyOwnBook& b, std::uint64_t order, double quantity) {
                apply_order(b, BookAction::fill, order, quantity);
            },
            nb::arg("order"), nb::arg("quantity"))
        .def(
            "remove_order", [](PyOwnBook& b, std::uint64_t order) { apply_order(b, BookAction::remove, order, 0); },
            nb::arg("order"))
        .def(
            "clear",
            [](PyOwnBook& b) {
                model::BookDelta delta;
                delta.action = BookAction::clear;
                b.book().apply(delta, model::flag_snapshot | model::flag_last);
            },
            "Both sides are empty, and that is known: the book is valid.")
        .def("replay", &replay, nb::arg("ticks"), nb::arg("symbol") = nb::none(), nb::arg("until") = INT64_MAX);
}

}  // namespace walras::python
