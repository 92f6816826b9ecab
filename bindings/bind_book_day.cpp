#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <tuple>
#include <vector>

#include "py_book.hpp"
#include "py_numbers.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

namespace {

struct PyIndicative {
    book::Indicative i;
    std::int64_t lot_size;
};

book::AuctionKind auction_kind_of(std::string_view text) {
    if (const auto kind = book::parse_auction_kind(text)) { return *kind; }
    throw ConfigError(fmt::format("Auction \"{}\" is unknown; choose one of: opening, closing, volatility.", text));
}

std::vector<book::TickRow> rows_from_python(nb::handle rows) {
    std::vector<book::TickRow> out;
    for (const nb::handle row : rows) {
        if (!nb::isinstance<nb::sequence>(row) || nb::isinstance<nb::str>(row) || nb::len(row) != 2) {
            throw ConfigError(fmt::format("Row {} of the tick table is {}; give pairs (from price, tick size).",
                                          out.size(), nb::repr(row).c_str()));
        }
        out.push_back({Price{setting_from_python(row[0], "From price")}, Price{setting_from_python(row[1], "Tick")}});
    }
    return out;
}

nb::object price_or_none(std::optional<Price> price) {
    return price ? nb::object(nb::float_(price->to_double())) : nb::none();
}

void bind_indicative(nb::module_& m) {
    nb::class_<PyIndicative>(m, "Indicative", "What an auction would do if it ended now.")
        .def_prop_ro(
            "price", [](const PyIndicative& p) { return price_or_none(p.i.price); },
            nb::sig("def price(self) -> float | None"), "None where nobody would trade.")
        .def_prop_ro(
            "volume", [](const PyIndicative& p) { return book_units(p.i.volume, p.lot_size); },
            nb::sig("def volume(self) -> int | float"))
        .def_prop_ro(
            "surplus", [](const PyIndicative& p) { return book_units(p.i.surplus, p.lot_size); },
            nb::sig("def surplus(self) -> int | float"),
            "Could trade at the price and finds nobody; buyers positive, sellers negative.")
        .def_prop_ro(
            "market_buys", [](const PyIndicative& p) { return book_units(p.i.market_buys, p.lot_size); },
            nb::sig("def market_buys(self) -> int | float"), "Quantity of market orders that wait.")
        .def_prop_ro(
            "market_sells", [](const PyIndicative& p) { return book_units(p.i.market_sells, p.lot_size); },
            nb::sig("def market_sells(self) -> int | float"))
        .def("__repr__", [](const PyIndicative& p) {
            if (!p.i.price) { return std::string("<indicative: nobody trades>"); }
            const auto units = [&](Quantity q) {
                return core::format_fixed(static_cast<core::int128>(q.lots) * p.lot_size);
            };
            return fmt::format("<indicative {} @ {} surplus {}>", units(p.i.volume), core::format_fixed(p.i.price->raw),
                               units(p.i.surplus));
        });
}

}  // namespace

void set_ticks(book::MatchingEngineConfig& config, nb::handle tick_size) {
    if (nb::isinstance<book::TickTable>(tick_size)) {
        config.tick_table = nb::cast<book::TickTable>(tick_size);
    } else if (nb::isinstance<nb::list>(tick_size) || nb::isinstance<nb::tuple>(tick_size)) {
        config.tick_table = book::TickTable(rows_from_python(tick_size));
    } else {
        if (tick_size.is_none()) {
            throw ConfigError("tick_size None is no price step; give one, e.g. \"0.01\", or a table of them.");
        }
        config.tick_size = Price{setting_from_python(tick_size, "tick_size")};
        return;
    }
    config.tick_size = config.tick_table.finest();
}

void set_day(book::MatchingEngineConfig& config, std::string_view phase, std::string_view auction_rule) {
    const auto first = book::parse_trading_phase(phase);
    if (!first) {
        throw ConfigError(fmt::format("phase \"{}\" is unknown; choose one of: pre_open, continuous, closed.", phase));
    }
    const auto rule = book::parse_auction_rule(auction_rule);
    if (!rule) {
        throw ConfigError(fmt::format("auction_rule \"{}\" is unknown; choose one of: max_volume, weighted_reference.",
                                      auction_rule));
    }
    config.phase = *first;
    config.auction_rule = *rule;
}

book::BandWidth width_from_python(nb::handle value, const char* what) {
    if (value.is_none()) { return {}; }
    book::BandWidth width;
    std::string text = nb::str(value).c_str();
    std::int64_t unit = 0;  // billionths of a basis point in one of the text's units
    if (text.ends_with('%')) {
        text.pop_back();
        unit = 100;
    } else if (text.ends_with("bps")) {
        text.resize(text.size() - 3);
        unit = 1;
    }
    if (unit == 0) {
        width.size = setting_from_python(value, what);
    } else {
        const auto raw = core::parse_fixed(text);
        if (!raw || *raw > 10'000 * core::fixed_scale) {
            throw ConfigError(fmt::format("{} {} is not a width; write e.g. \"5%\", \"50bps\" or \"1.00\".", what,
                                          nb::repr(value).c_str()));
        }
        width.kind = model::TrailingOffset::bps;
        width.size = *raw * unit;
    }
    if (width.size <= 0) {
        throw ConfigError(fmt::format("{} {} is not positive; None means no band.", what, nb::repr(value).c_str()));
    }
    return width;
}

book::BandAction band_action_of(std::string_view text) {
    if (const auto action = book::parse_band_action(text)) { return *action; }
    throw ConfigError(fmt::format("band_action \"{}\" is unknown; choose one of: reject, auction.", text));
}

void bind_tick_table(nb::module_& m) {
    bind_indicative(m);
    nb::class_<book::TickTable>(m, "TickTable",
                                "Tick sizes that depend on the price: rows of (from this price on, this tick), "
                                "ascending from 0. Raises ConfigError naming the row that makes no sense.")
        .def(
            "__init__",
            [](book::TickTable* self, nb::handle rows) { new (self) book::TickTable(rows_from_python(rows)); },
            nb::arg("rows"),
            nb::sig(
                "def __init__(self, rows: collections.abc.Iterable[tuple[str | int | float | decimal.Decimal, str | "
                "int | float | decimal.Decimal]]) -> None"))
        .def_static(
            "mifid", &book::TickTable::mifid, nb::arg("liquidity_band"),
            "The European Union's table (Delegated Regulation 2017/588, annex): liquidity band 1 (fewer than 10 "
            "trades a day) to 6 (9,000 and more).")
        .def(
            "tick_at",
            [](const book::TickTable& t, nb::handle price) {
                return t.tick_at(Price{fixed_from_python(price, "Price")}).to_double();
            },
            nb::arg("price"), nb::sig("def tick_at(self, price: str | int | float | decimal.Decimal) -> float"))
        .def(
            "allows",
            [](const book::TickTable& t, nb::handle price) {
                return t.allows(Price{fixed_from_python(price, "Price")});
            },
            nb::arg("price"), nb::sig("def allows(self, price: str | int | float | decimal.Decimal) -> bool"))
        .def_prop_ro(
            "rows",
            [](const book::TickTable& t) {
                std::vector<std::tuple<double, double>> out;
                for (const book::TickRow& row : t.rows()) {
                    out.emplace_back(row.from.to_double(), row.tick.to_double());
                }
                return out;
            },
            "(from price, tick size), ascending.")
        .def("__repr__",
             [](const book::TickTable& t) { return fmt::format("<TickTable of {} rows>", t.rows().size()); });
}

void bind_trading_day(nb::class_<PyEngine>& engine) {
    engine
        .def(
            "pre_open", [](PyEngine& p) { p.engine.pre_open(); },
            "The next day begins: orders are collected. From closed. Raises OrderError elsewhere.")
        .def(
            "open_auction",
            [](PyEngine& p, std::string_view kind) {
                p.engine.open_auction(auction_kind_of(kind), p.log);
                return p.take();
            },
            nb::arg("kind") = "opening", nb::sig("def open_auction(self, kind: str = 'opening') -> list[MatchEvent]"),
            "A call begins: \"opening\", \"closing\" or \"volatility\". Orders for it that wait join the queues. From "
            "pre_open, continuous or halted.")
        .def(
            "uncross",
            [](PyEngine& p) {
                p.engine.uncross(p.log);
                return p.take();
            },
            nb::sig("def uncross(self) -> list[MatchEvent]"),
            "The call ends: all fills at one price, then what becomes of market and auction-only orders that are left. "
            "The market is continuous afterwards, or closed after a closing auction.")
        .def(
            "halt", [](PyEngine& p) { p.engine.halt(); }, "Only cancels are taken until resume() or open_auction().")
        .def(
            "resume", [](PyEngine& p) { p.engine.resume(); }, "Back to the phase before the halt.")
        .def(
            "close", [](PyEngine& p) { p.engine.close(); }, "Only cancels are taken until pre_open().")
        .def_prop_ro(
            "phase", [](const PyEngine& p) { return std::string(to_string(p.engine.phase())); },
            "pre_open, auction, continuous, halted or closed.")
        .def_prop_ro(
            "auction",
            [](const PyEngine& p) -> std::optional<std::string> {
                if (p.engine.phase() != book::TradingPhase::auction) { return std::nullopt; }
                return std::string(to_string(p.engine.auction_kind()));
            },
            "The kind of the auction that is on, or None.")
        .def(
            "indicative",
            [](const PyEngine& p) { return PyIndicative{p.engine.indicative(), p.engine.config().lot_size}; },
            "Price and volume if the call ended now.")
        .def(
            "set_reference_price",
            [](PyEngine& p, nb::handle price) {
                p.engine.set_reference_price(Price{fixed_from_python(price, "Reference price")});
            },
            nb::arg("price"),
            nb::sig("def set_reference_price(self, price: str | int | float | decimal.Decimal) -> None"),
            "The static reference, e.g. yesterday's close: of static bands, and of auctions before the first trade.")
        .def_prop_ro(
            "reference_price", [](const PyEngine& p) { return price_or_none(p.engine.reference_price()); },
            nb::sig("def reference_price(self) -> float | None"),
            "The price of the last auction, or what set_reference_price said.")
        .def(
            "price_range",
            [](const PyEngine& p) -> nb::object {
                const auto range = p.engine.price_range();
                if (!range) { return nb::none(); }
                return nb::make_tuple(range->low.to_double(), range->high.to_double());
            },
            nb::sig("def price_range(self) -> tuple[float, float] | None"),
            "The lowest and highest price that the bands allow now; None where none binds.");
}

}  // namespace walras::python
