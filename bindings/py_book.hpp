// What Python sees of a matching engine: events, orders, levels, and the engine with its log.
#pragma once

#include <optional>
#include <string_view>

#include "bindings.hpp"
#include "walras/book/matching_engine.hpp"

namespace walras::python {

// Units: int where lots are whole units, else float.
nb::object book_units(Quantity q, std::int64_t lot_size);

struct PyEvent {
    book::MatchEvent e;
    std::int64_t lot_size;
};

struct PyEngine {
    book::MatchingEngine engine;
    book::MatchLog log;

    nb::list take() {
        nb::list out;
        for (const book::MatchEvent& e : log.events) { out.append(PyEvent{e, engine.config().lot_size}); }
        log.events.clear();
        return out;
    }
    nb::object level(const std::optional<book::DepthLevel>& l) const {
        if (!l) { return nb::none(); }
        return nb::make_tuple(l->price.to_double(), book_units(l->quantity, engine.config().lot_size), l->orders);
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

// The rows of a contiguous structured array of wl.book.COMMAND; returns the bytes of the events' array. The interpreter
// is free meanwhile. Throws ConfigError for rows of another size, OrderError for an unknown code, before anything is
// applied.
nb::bytes apply_rows(PyEngine& p, nb::handle commands);

// bind_book_day.cpp: phases, auctions, bands and tick tables.
void bind_tick_table(nb::module_& m);
void bind_trading_day(nb::class_<PyEngine>& engine);
// Settings of an engine, from Python; they throw ConfigError.
void set_ticks(book::MatchingEngineConfig& config, nb::handle tick_size);
void set_day(book::MatchingEngineConfig& config, std::string_view phase, std::string_view auction_rule);
book::BandWidth width_from_python(nb::handle value, const char* what);
book::BandAction band_action_of(std::string_view text);

void bind_book_events(nb::module_& m);

}  // namespace walras::python
