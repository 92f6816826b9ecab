// Commands of a matching engine as rows of an array.
#include <fmt/format.h>

#include <cstring>

#include "py_book.hpp"
#include "walras/core/error.hpp"

namespace walras::python {

using book::MatchEvent;
using book::OwnerId;

namespace {

// One row of the command array of `apply`; python/walras/book.py has its NumPy dtype.
struct CommandRow {
    std::uint8_t kind, side, type, tif, post_only, reduce_only, trailing_bps, padding1;
    std::uint64_t order;
    std::uint32_t owner, padding2;
    std::int64_t quantity, price, trigger, trailing_offset, limit_offset, expire_time, display;
};
static_assert(sizeof(CommandRow) == 80);

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
            n.terms.display_quantity = Quantity{row.display};
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
            p.engine.replace({OrderId{row.order}, Quantity{row.quantity}, Price{row.price}, Price{row.trigger},
                              Quantity{row.display}},
                             p.log);
            break;
        case 3: p.engine.advance_to(TimeNs{row.expire_time}, p.log); break;
        default: break;
    }
}

}  // namespace

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

}  // namespace walras::python
