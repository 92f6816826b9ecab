#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include "bindings.hpp"
#include "py_numbers.hpp"
#include "walras/book/consolidated_book.hpp"
#include "walras/book/nbbo.hpp"
#include "walras/book/opportunities.hpp"
#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::python {
namespace {

using QuoteDoubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using QuoteTimes = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using QuoteVenues = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// One venue's quotes as NumPy has them: ts, bid, ask, bid_size, ask_size.
struct VenueColumns {
    QuoteTimes time;
    QuoteDoubles bid, ask, bid_size, ask_size;

    explicit VenueColumns(const nb::tuple& columns)
        : time(nb::cast<QuoteTimes>(columns[0])),
          bid(nb::cast<QuoteDoubles>(columns[1])),
          ask(nb::cast<QuoteDoubles>(columns[2])),
          bid_size(nb::cast<QuoteDoubles>(columns[3])),
          ask_size(nb::cast<QuoteDoubles>(columns[4])) {
        for (const QuoteDoubles* column : {&bid, &ask, &bid_size, &ask_size}) {
            if (column->shape(0) != time.shape(0)) {
                throw DataError("columns of quotes differ in length; give one price and one size a time");
            }
        }
    }
    [[nodiscard]] std::size_t size() const { return time.shape(0); }
};

Price venue_price(double value, std::size_t row) {
    const auto raw = core::fixed_from_double(value);
    if (!raw) { throw DataError(fmt::format("row {}: the price {} is not finite or beyond 9.2e9", row, value)); }
    return Price{*raw};
}

// An unknown size is no lots.
Quantity venue_lots(double value, std::int64_t lot_size, std::size_t row) {
    if (std::isnan(value)) { return {}; }
    const auto raw = core::fixed_from_double(value);
    if (!raw || *raw % lot_size != 0) {
        throw DataError(fmt::format("row {}: the size {} is not a whole number of lots of {}", row, value,
                                    core::format_fixed(lot_size)));
    }
    return Quantity{*raw / lot_size};
}

model::Quote quote_at(const VenueColumns& columns, std::size_t i, std::int64_t lot_size) {
    return {venue_price(columns.bid.data()[i], i), venue_price(columns.ask.data()[i], i),
            venue_lots(columns.bid_size.data()[i], lot_size, i), venue_lots(columns.ask_size.data()[i], lot_size, i)};
}

double venue_units(std::int64_t lots, std::int64_t lot_size) {
    return core::fixed_to_double(static_cast<core::int128>(lots) * lot_size);
}

template <class T, class Row, class Value>
nb::object venue_column(const std::vector<Row>& rows, Value value) {
    std::vector<T> out;
    out.reserve(rows.size());
    for (const Row& row : rows) { out.push_back(value(row)); }
    return nb::cast(to_numpy(std::move(out)));
}

nb::dict nbbo_columns(const nb::tuple& quotes, const QuoteVenues& venue, std::size_t venues, bool national,
                      bool one_sided, std::optional<std::int64_t> max_age, std::int64_t lot_size) {
    const VenueColumns columns(quotes);
    if (venue.shape(0) != columns.size()) { throw DataError("venues and quotes differ in length; give one a row"); }
    book::NbboConfig config;
    config.venues = venues;
    config.rows = national ? book::RowsOf::nation : book::RowsOf::exchange;
    config.is_one_sided = one_sided;
    if (max_age) { config.max_age = DurationNs{*max_age}; }
    struct Row {
        TimeNs ts;
        book::NationalQuote quote;
    };
    std::vector<Row> rows;
    book::Nbbo nbbo(config);
    {
        const nb::gil_scoped_release release;
        bool has_begun = false;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const TimeNs ts{columns.time.data()[i]};
            const bool is_changed = nbbo.update(ts, venue.data()[i], quote_at(columns, i, lot_size));
            has_begun |= nbbo.quote().has_both();
            if (is_changed && has_begun) { rows.push_back({ts, nbbo.quote()}); }
        }
    }
    nb::dict out;
    out["ts"] = venue_column<std::int64_t>(rows, [](const Row& r) { return r.ts.ns; });
    out["bid"] = venue_column<double>(rows, [](const Row& r) { return r.quote.bid.price.to_double(); });
    out["ask"] = venue_column<double>(rows, [](const Row& r) { return r.quote.ask.price.to_double(); });
    out["bid_size"] =
        venue_column<double>(rows, [&](const Row& r) { return venue_units(r.quote.bid.size.lots, lot_size); });
    out["ask_size"] =
        venue_column<double>(rows, [&](const Row& r) { return venue_units(r.quote.ask.size.lots, lot_size); });
    out["bid_venues"] = venue_column<std::uint64_t>(rows, [](const Row& r) { return r.quote.bid.venues; });
    out["ask_venues"] = venue_column<std::uint64_t>(rows, [](const Row& r) { return r.quote.ask.venues; });
    const book::NbboCounts& counts = nbbo.counts();
    nb::dict told;
    told["rows"] = counts.rows;
    told["locked"] = counts.locked;
    told["crossed"] = counts.crossed;
    told["locked_ns"] = counts.locked_time.ns;
    told["crossed_ns"] = counts.crossed_time.ns;
    told["expired"] = counts.expired;
    out["counts"] = told;
    return out;
}

nb::dict find_opportunities(const nb::list& venues, std::optional<std::int64_t> max_age, std::int64_t lot_size) {
    std::vector<VenueColumns> columns;
    for (const nb::handle venue : venues) { columns.emplace_back(nb::cast<nb::tuple>(venue)); }
    book::Opportunities finder(columns.size(), max_age ? DurationNs{*max_age} : DurationNs{INT64_MAX});
    {
        const nb::gil_scoped_release release;
        std::vector<std::size_t> at(columns.size(), 0);
        while (true) {
            std::size_t next = columns.size();
            std::int64_t first = INT64_MAX;
            for (std::size_t v = 0; v < columns.size(); ++v) {
                if (at[v] < columns[v].size() && (next == columns.size() || columns[v].time.data()[at[v]] < first)) {
                    first = columns[v].time.data()[at[v]];
                    next = v;
                }
            }
            if (next == columns.size()) { break; }
            finder.update(TimeNs{first}, next, quote_at(columns[next], at[next], lot_size));
            ++at[next];
        }
        finder.finish();
    }
    using book::Opportunity;
    const std::vector<Opportunity>& found = finder.found();
    nb::dict out;
    out["start"] = venue_column<std::int64_t>(found, [](const Opportunity& o) { return o.start.ns; });
    out["end"] = venue_column<std::int64_t>(found, [](const Opportunity& o) { return o.end.ns; });
    out["buy_venue"] = venue_column<std::int64_t>(found, [](const Opportunity& o) { return o.buy_venue; });
    out["sell_venue"] = venue_column<std::int64_t>(found, [](const Opportunity& o) { return o.sell_venue; });
    out["buy_price"] = venue_column<double>(found, [](const Opportunity& o) { return o.first.buy.to_double(); });
    out["sell_price"] = venue_column<double>(found, [](const Opportunity& o) { return o.first.sell.to_double(); });
    out["edge"] = venue_column<double>(found, [](const Opportunity& o) { return o.first.edge().to_double(); });
    out["size"] =
        venue_column<double>(found, [&](const Opportunity& o) { return venue_units(o.first.size.lots, lot_size); });
    out["widest_time"] = venue_column<std::int64_t>(found, [](const Opportunity& o) { return o.widest_time.ns; });
    out["widest_buy"] = venue_column<double>(found, [](const Opportunity& o) { return o.widest.buy.to_double(); });
    out["widest_sell"] = venue_column<double>(found, [](const Opportunity& o) { return o.widest.sell.to_double(); });
    out["widest_edge"] = venue_column<double>(found, [](const Opportunity& o) { return o.widest.edge().to_double(); });
    out["widest_size"] =
        venue_column<double>(found, [&](const Opportunity& o) { return venue_units(o.widest.size.lots, lot_size); });
    out["is_open"] =
        venue_column<std::uint8_t>(found, [](const Opportunity& o) { return static_cast<std::uint8_t>(o.is_open); });
    out["moments"] = finder.moments();
    return out;
}

struct PyConsolidatedBook {
    book::ConsolidatedBook book;
    std::int64_t lot_size;

    [[nodiscard]] Quantity lots(nb::handle size) const {
        const std::int64_t raw = fixed_from_python(size, "Size");
        if (raw % lot_size != 0 || raw < 0) {
            throw DataError(fmt::format("The size {} is not a whole number of lots of {}; set lot_size.",
                                        core::format_fixed(raw), core::format_fixed(lot_size)));
        }
        return Quantity{raw / lot_size};
    }
    // (price, size of all, size of each venue), best first.
    [[nodiscard]] nb::list levels(book::ConsolidatedBook::Side side, std::size_t count) const {
        nb::list out;
        std::vector<book::Lots> by_venue(book.size());
        book.total().visit(side, [&](book::Ticks tick, const book::OrderLevel& level) {
            if (nb::len(out) >= count) { return false; }
            book.lots_by_venue(side, tick, by_venue);
            nb::list sizes;
            for (const book::Lots lots : by_venue) { sizes.append(venue_units(lots, lot_size)); }
            out.append(
                nb::make_tuple(book.total().scale().price(tick).to_double(), venue_units(level.lots, lot_size), sizes));
            return true;
        });
        return out;
    }
};

model::OrderSide venue_side(std::string_view text) {
    if (const auto side = model::parse_order_side(text)) { return *side; }
    throw ConfigError(fmt::format("Side \"{}\" is unknown; choose one of: buy, sell.", text));
}

}  // namespace

void bind_venues(nb::module_& m) {
    m.def("nbbo_columns", &nbbo_columns, nb::arg("quotes"), nb::arg("venue"), nb::kw_only(), nb::arg("venues"),
          nb::arg("national"), nb::arg("one_sided"), nb::arg("max_age").none(), nb::arg("lot_size"),
          "See walras.book.nbbo.");
    m.def("find_opportunities", &find_opportunities, nb::arg("venues"), nb::kw_only(), nb::arg("max_age").none(),
          nb::arg("lot_size"), "See walras.book.opportunities.");
    nb::class_<PyConsolidatedBook>(m, "ConsolidatedBook", "See walras.book.ConsolidatedBook.")
        .def(
            "__init__",
            [](PyConsolidatedBook* self, std::size_t venues, nb::handle tick_size, nb::handle lot_size,
               std::size_t window_ticks) {
                book::MarketBookConfig config;
                config.tick_size = Price{setting_from_python(tick_size, "tick_size")};
                config.window_ticks = window_ticks;
                const std::int64_t lot = setting_from_python(lot_size, "lot_size");
                if (config.tick_size.raw < 1 || lot < 1) {
                    throw ConfigError("Tick size and lot size must be positive.");
                }
                new (self) PyConsolidatedBook{book::ConsolidatedBook(venues, config), lot};
            },
            nb::arg("venues"), nb::arg("tick_size"), nb::arg("lot_size"), nb::arg("window_ticks") = 4096)
        .def(
            "apply_quote",
            [](PyConsolidatedBook& self, std::size_t venue, nb::handle bid, nb::handle ask, nb::handle bid_size,
               nb::handle ask_size) {
                self.book.apply(venue,
                                model::Quote{Price{fixed_from_python(bid, "Bid")}, Price{fixed_from_python(ask, "Ask")},
                                             self.lots(bid_size), self.lots(ask_size)});
            },
            nb::arg("venue"), nb::arg("bid"), nb::arg("ask"), nb::arg("bid_size"), nb::arg("ask_size"))
        .def(
            "apply_level",
            [](PyConsolidatedBook& self, std::size_t venue, std::string_view side, nb::handle price, nb::handle size) {
                model::BookDelta delta;
                delta.action = model::BookAction::update;
                delta.side = venue_side(side);
                delta.price = Price{fixed_from_python(price, "Price")};
                delta.size = self.lots(size);
                self.book.apply(venue, delta);
            },
            nb::arg("venue"), nb::arg("side"), nb::arg("price"), nb::arg("size"))
        .def(
            "clear_venue",
            [](PyConsolidatedBook& self, std::size_t venue) {
                model::BookDelta delta;
                delta.action = model::BookAction::clear;
                self.book.apply(venue, delta);
            },
            nb::arg("venue"))
        .def(
            "levels",
            [](const PyConsolidatedBook& self, std::string_view side, std::size_t count) {
                return self.levels(venue_side(side), count);
            },
            nb::arg("side"), nb::arg("count"),
            nb::sig("def levels(self, side: str, count: int) -> list[tuple[float, float, list[float]]]"))
        .def(
            "best_venue",
            [](const PyConsolidatedBook& self, std::string_view side) {
                return self.book.best_venue(venue_side(side));
            },
            nb::arg("side"))
        .def_prop_ro("is_crossed", [](const PyConsolidatedBook& self) { return self.book.total().is_crossed(); });
}

}  // namespace walras::python
